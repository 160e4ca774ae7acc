"""What the systems show, on every database."""

from __future__ import annotations

from dataclasses import replace

from pmsync.connect.contract import Account, Stream
from pmsync.model.enums import Audience
from pmsync.model.record import RecordRef
from pmsync.model.values import EMPTY, Unobserved, known
from pmsync.store.pauses import Pause
from pmsync.store.people import PersonRow
from pmsync.store.scopes import ScopeRow


class TestObservations:
    def test_a_record_comes_back_whole(self, store, make):
        record = make.record(
            values={
                "title": known("x"),
                "priority": EMPTY,
                "labels": known(frozenset("ba")),
                "body": Unobserved("a hidden field"),
            },
            creator="bot",
            actor="ana",
            audience=Audience.PRIVATE,
            marker="pm1.x",
            references=("PAY-1", "https://x"),
            people={"assignee": "u1"},
            raw={"body": '{"type": "doc"}'},
        )
        with store.transaction() as tx:
            tx.observations.put([record])
            assert tx.observations.get(record.ref) == record
            assert tx.observations.get(make.ref()) is None

    def test_only_what_differs_is_returned_and_rewritten(self, store, make, statements):
        records = [make.record() for _ in range(3)]
        with store.transaction() as tx:
            assert tx.observations.put(records) == records
            changed = replace(records[1], values={"title": known("other")})
            assert tx.observations.put([records[0], changed, records[2]]) == [changed]
            statements.clear()
            assert tx.observations.put([records[0], changed]) == []
            assert not [text for text, _ in statements if text.startswith("INSERT")]
            assert tx.observations.many([record.ref for record in records])[changed.ref] == changed

    def test_the_order_of_values_and_labels_is_no_difference(self, store, make):
        record = make.record(values={"a": known(frozenset({"x", "y", "z"})), "b": EMPTY})
        with store.transaction() as tx:
            tx.observations.put([record])
            assert tx.observations.put([replace(record, values={"b": EMPTY, "a": known(frozenset({"z", "y", "x"}))})]) == []

    def test_empty_and_unobserved_differ(self, store, make):
        record = make.record(values={"priority": EMPTY})
        with store.transaction() as tx:
            tx.observations.put([record])
            assert tx.observations.put([replace(record, values={"priority": Unobserved("hidden")})])

    def test_of_two_sights_in_one_page_the_later_counts(self, store, make):
        first = make.record()
        later = replace(first, version="2")
        with store.transaction() as tx:
            assert tx.observations.put([first, later]) == [later]
            assert tx.observations.get(first.ref) == later

    def test_a_record_that_its_scopes_condition_excludes_comes_back_so(self, store, make):
        record = make.record()
        with store.transaction() as tx:
            tx.observations.put([record])
            assert tx.observations.put([replace(record, excluded=True)]) == [replace(record, excluded=True)]
            assert tx.observations.get(record.ref) == replace(record, excluded=True)

    def test_one_id_in_two_systems_is_two_records(self, store, make):
        here, there = make.record(make.ref("jira", "7")), make.record(make.ref("github", "7"), make.api)
        with store.transaction() as tx:
            assert tx.observations.put([here, there]) == [here, there]
            assert tx.observations.many([here.ref, there.ref]) == {here.ref: here, there.ref: there}

    def test_more_records_than_one_statement_takes_are_stored_together(self, store, make):
        records = [make.record() for _ in range(1203)]
        with store.transaction() as tx:
            assert len(tx.observations.put(records)) == 1203
            assert tx.observations.put(records) == []
            assert len(tx.observations.many([record.ref for record in records])) == 1203

    def test_comments_come_back_oldest_first_and_are_counted_when_they_differ(self, store, make):
        parent = make.ref()
        late = make.comment(parent, "late", 20.0, raw='{"type":"doc"}')
        early = make.comment(parent, "early", 10.0, audience=Audience.PRIVATE)
        with store.transaction() as tx:
            assert tx.observations.put_comments([late, early, make.comment(make.ref())]) == 3
            assert tx.observations.put_comments([late, replace(early, body="edited")]) == 1
            assert tx.observations.comments(parent) == [replace(early, body="edited"), late]


class TestCursors:
    def test_each_stream_of_each_scope_has_its_own_cursor(self, store, make):
        with store.transaction() as tx:
            assert tx.cursors.get(make.pay, Stream.ITEMS) is None
            tx.cursors.put(make.pay, Stream.ITEMS, "1")
            tx.cursors.put(make.pay, Stream.ITEMS, "2")
            tx.cursors.put(make.pay, Stream.COMMENTS, "c")
            tx.cursors.put(make.api, Stream.ITEMS, "")
        with store.transaction() as tx:
            assert tx.cursors.get(make.pay, "items") == "2"
            assert tx.cursors.get(make.pay, "comments") == "c"
            assert tx.cursors.get(make.api, "items") == ""
            tx.cursors.forget(make.pay)
            assert tx.cursors.get(make.pay, "comments") is None
            assert tx.cursors.get(make.api, "items") == ""


class TestScopes:
    def test_a_scope_comes_back_as_it_was_put_last(self, store, make):
        full = ScopeRow(
            make.api, Audience.PUBLIC, "R_1", "api", "https://x", "hash", 9, 1.5, 2.5, 3.5, 4.5, "quota", "why", "mark"
        )
        with store.transaction() as tx:
            assert tx.scopes.get(make.api) is None
            tx.scopes.put(ScopeRow(make.api))
            assert tx.scopes.get(make.api) == ScopeRow(make.api, Audience.INTERNAL)
            tx.scopes.put(full)
            tx.scopes.put(ScopeRow(make.pay))
            assert (tx.scopes.get(make.api), tx.scopes.get(make.pay)) == (full, ScopeRow(make.pay))
        with store.transaction() as tx:
            assert tx.scopes.many([make.pay, make.api]) == {make.pay: ScopeRow(make.pay), make.api: full}


class TestPeople:
    def test_accounts_are_kept_as_last_seen_each_system_for_itself(self, store):
        ana, bob = Account("u1", "Ana", "ana@acme.example"), Account("u2", "Bob", active=False)
        with store.transaction() as tx:
            tx.people.put("jira", [ana, bob])
            tx.people.put("github", [Account("ana-dev", "")])
            tx.people.put("jira", [replace(ana, name="Ana B.")])
            assert tx.people.all("jira") == [PersonRow("jira", replace(ana, name="Ana B.")), PersonRow("jira", bob)]

    def test_an_account_known_by_its_id_alone_waits_for_its_name(self, store):
        with store.transaction() as tx:
            tx.people.put("jira", [Account("u1", "Ana")])
            tx.people.seen("jira", ["u2", "u1", "u2"])
            tx.people.seen("jira", [])
            assert [row.account for row in tx.people.all("jira")] == [Account("u1", "Ana"), Account("u2", "")]


class TestHints:
    def test_a_hint_waits_once_until_it_was_followed(self, store):
        one, two = RecordRef("jira", "1"), RecordRef("jira", "2")
        with store.transaction() as tx:
            tx.inbox.add([one, two, one, RecordRef("github", "1")])
            tx.inbox.add([one])
            assert tx.inbox.take("jira", 10) == [one, two]
            assert tx.inbox.take("jira", 1) == [one]
            tx.inbox.done([one])
            assert tx.inbox.take("jira", 10) == [two]
            assert tx.inbox.take("github", 10) == [RecordRef("github", "1")]


class TestBirths:
    def test_records_are_found_by_the_moment_of_their_creation(self, store, make):
        first = make.record()
        with store.transaction() as tx:
            tx.observations.put([first])
            later = store.clock.now() + 1
            assert tx.observations.born(first.ref.system, first.created_at, later) == [first.ref]
            assert tx.observations.born(first.ref.system, first.created_at + 1, later) == []

    def test_only_what_is_tied_or_was_stored_before_counts(self, store, make):
        """A mass import shares one moment: at first contact none of it is of interest."""
        free, tied = make.record(), make.record()
        with store.transaction() as tx:
            tx.observations.put([free, tied])
            tx.links.add(replace(make.link(make.item(tx).uid), ref=tied.ref))
            now = store.clock.now()
            assert tx.observations.born(tied.ref.system, tied.created_at, now) == [tied.ref]
            assert set(tx.observations.born(tied.ref.system, tied.created_at, now + 1)) == {free.ref, tied.ref}


class TestPauses:
    def test_a_pause_stands_until_it_is_lifted(self, store, clock):
        with store.transaction() as tx:
            tx.pauses.put("jira", "ana", "migration")
            assert tx.pauses.all() == [Pause("jira", "ana", "migration", clock.now())]
            assert tx.pauses.lift("jira")
            assert not tx.pauses.lift("jira")
            assert tx.pauses.all() == []
