"""Links, on every database: nothing is bound twice."""

from __future__ import annotations

from dataclasses import replace
from threading import Barrier, Thread

import pytest

from pmsync.model.enums import Role
from pmsync.model.item import LinkState
from pmsync.store import DoubleBinding, StoreError


class TestLinks:
    def test_a_link_comes_back_as_it_was_added(self, store, make):
        with store.transaction() as tx:
            link = make.link(make.item(tx).uid)
            tx.links.add(link)
            assert tx.links.get(link.uid) == link == tx.links.by_ref(link.ref)
            assert tx.links.get("unknown") is None

    def test_a_record_is_bound_to_one_item(self, store, make):
        with store.transaction() as tx:
            link = make.link(make.item(tx).uid)
            other = make.link(make.item(tx).uid, ref=link.ref)
            tx.links.add(link)
            with pytest.raises(DoubleBinding, match=link.item):
                tx.links.add(other)
            assert tx.links.by_ref(link.ref) == link

    @pytest.mark.parametrize("role", [Role.PRIMARY, Role.MIRROR])
    def test_an_item_has_one_record_of_a_role_in_a_scope(self, store, make, role):
        with store.transaction() as tx:
            item = make.item(tx).uid
            tx.links.add(make.link(item, role=role))
            with pytest.raises(DoubleBinding, match=f"{role} record in jira:PAY"):
                tx.links.add(make.link(item, role=role))
            tx.links.add(make.link(item, make.api, role=role))

    @pytest.mark.parametrize("role", [Role.EVIDENCE, Role.VIEW])
    def test_evidence_and_views_bind_freely(self, store, make, role):
        with store.transaction() as tx:
            item = make.item(tx).uid
            for _ in range(3):
                tx.links.add(make.link(item, role=role))
            assert len(tx.links.of_items([item])[item]) == 3

    @pytest.mark.parametrize("state", [LinkState.UNMANAGED, LinkState.GONE])
    def test_a_record_may_be_bound_anew_after_its_link_ended(self, store, make, state):
        with store.transaction() as tx:
            ended = make.link(make.item(tx).uid, state=state)
            alive = make.link(make.item(tx).uid, ref=ended.ref)
            tx.links.add(ended)
            assert tx.links.by_ref(ended.ref) == ended
            tx.links.add(alive)
            assert tx.links.by_ref(ended.ref) == alive

    def test_a_refused_link_leaves_the_transaction_usable(self, store, make):
        with store.transaction() as tx:
            item = make.item(tx).uid
            tx.links.add(make.link(item))
            with pytest.raises(DoubleBinding):
                tx.links.add(make.link(item))
            tx.links.add(make.link(item, make.api))
        with store.transaction() as tx:
            assert len(tx.links.of_items([item])[item]) == 2

    def test_a_link_follows_its_record(self, store, make):
        with store.transaction() as tx:
            link = make.link(make.item(tx).uid)
            tx.links.add(link)
            moved = replace(link, scope=make.api, key="api#1", url="https://x", state=LinkState.UNMANAGED, role=Role.EVIDENCE)
            tx.links.change(moved)
            assert tx.links.get(link.uid) == moved

    def test_a_change_cannot_bind_twice_either(self, store, make):
        with store.transaction() as tx:
            item = make.item(tx).uid
            ended, alive = make.link(item, state=LinkState.UNMANAGED), make.link(item)
            tx.links.add(ended)
            tx.links.add(alive)
            with pytest.raises(DoubleBinding):
                tx.links.change(replace(ended, state=LinkState.LINKED))
            assert tx.links.get(ended.uid) == ended

    def test_an_unknown_link_cannot_change(self, store, make):
        with pytest.raises(StoreError, match="no link"), store.transaction() as tx:
            tx.links.change(make.link(make.item(tx).uid))

    def test_links_are_found_by_key_url_and_remote_id_exactly(self, store, make):
        with store.transaction() as tx:
            link, other = make.link(make.item(tx).uid), make.link(make.item(tx).uid)
            tx.links.add(link)
            tx.links.add(other)
            for name in (link.key, link.url, link.ref.remote_id):
                assert tx.links.named(name) == [link]
            assert tx.links.named(link.key.lower()) == []

    def test_many_links_are_found_by_their_records(self, store, make):
        with store.transaction() as tx:
            links = [make.link(make.item(tx).uid, scope) for scope in (make.pay, make.api) for _ in range(600)]
            for link in links:
                tx.links.add(link)
            assert tx.links.by_refs([link.ref for link in links] + [make.ref()]) == {link.ref: link for link in links}

    def test_pages_of_a_scope_hold_its_linked_links_once(self, store, make):
        with store.transaction() as tx:
            links = [make.link(make.item(tx).uid) for _ in range(7)]
            for link in [*links, make.link(make.item(tx).uid, state=LinkState.GONE), make.link(make.item(tx).uid, make.api)]:
                tx.links.add(link)
            seen, after = [], ""
            while page := tx.links.in_scope(make.pay, after, limit=3):
                seen += page
                after = page[-1].uid
            assert seen == links
            assert tx.links.count(make.pay) == 7

    def test_of_two_threads_that_bind_one_record_one_is_refused(self, store, make):
        with store.transaction() as tx:
            rivals = [make.link(make.item(tx).uid) for _ in range(2)]
        rivals[1] = replace(rivals[1], ref=rivals[0].ref)
        start, outcomes = Barrier(2), []

        def bind(link):
            start.wait()
            try:
                with store.transaction() as tx:
                    tx.links.add(link)
                outcomes.append("bound")
            except DoubleBinding:
                outcomes.append("refused")

        threads = [Thread(target=bind, args=(link,)) for link in rivals]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["bound", "refused"]
