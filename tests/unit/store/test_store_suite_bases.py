"""Agreed pairs and conflicts, on every database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pmsync.model.values import EMPTY, known
from pmsync.reconcile.view import Base, BaseWrite, Candidate, Dispute
from pmsync.store.bases import BaseRow
from pmsync.store.errors import TooVague


@pytest.fixture
def link(store, make):
    with store.transaction() as tx:
        link = make.link(make.item(tx).uid)
        tx.links.add(link)
    return link.uid


class TestBases:
    def test_a_pair_keeps_both_vocabularies_and_the_empty_value(self, store, link):
        pairs = {
            "priority": Base(known("10001"), known("high")),
            "labels": Base(known(frozenset("ab")), known(frozenset("a"))),
            "title": Base(EMPTY, EMPTY),
        }
        with store.transaction() as tx:
            tx.bases.put([BaseWrite(link, surface, base, "first seen") for surface, base in pairs.items()])
            assert tx.bases.of_links([link, "other"]) == {link: {surface: BaseRow(base) for surface, base in pairs.items()}}

    def test_a_later_pair_replaces_the_earlier(self, store, link):
        with store.transaction() as tx:
            tx.bases.put([BaseWrite(link, "title", Base(known("a"), known("a")), "")])
            tx.bases.put([BaseWrite(link, "title", Base(known("b"), EMPTY), "written")], "op-1")
            assert tx.bases.of_links([link])[link]["title"].base == Base(known("b"), EMPTY)

    def test_a_pair_that_stands_undone_does_so_until_the_next_agreement(self, store, link):
        with store.transaction() as tx:
            tx.bases.put([BaseWrite(link, "title", Base(known("a"), known("b")), "undo")], "op-1", undone="run-1")
            assert tx.bases.of_links([link])[link]["title"] == BaseRow(Base(known("a"), known("b")), undone="run-1")
            tx.bases.drifted(link, "title", 50.0)
            assert tx.bases.of_links([link])[link]["title"].undone == "run-1"
            tx.bases.put([BaseWrite(link, "title", Base(known("b"), known("b")), "both sides say the same")])
            assert tx.bases.of_links([link])[link]["title"].undone == ""

    def test_drift_keeps_its_first_moment_until_it_calms(self, store, link):
        with store.transaction() as tx:
            tx.bases.drifted(link, "priority", 50.0)
            tx.bases.drifted(link, "priority", 60.0)
            assert tx.bases.of_links([link])[link]["priority"] == BaseRow(None, 50.0)
            tx.bases.put([BaseWrite(link, "priority", Base(EMPTY, EMPTY), "")])
            assert tx.bases.of_links([link])[link]["priority"] == BaseRow(Base(EMPTY, EMPTY), 50.0)
            tx.bases.calmed(link, "priority")
            assert tx.bases.of_links([link])[link]["priority"] == BaseRow(Base(EMPTY, EMPTY), None)
            tx.bases.drifted(link, "priority", 70.0)
            assert tx.bases.of_links([link])[link]["priority"].drift_since == 70.0


def dispute(*values: str, field: str = "priority") -> Dispute:
    candidates = tuple(Candidate(f"link-{value}", "jira", known(value), value.title(), "ana", 5.0) for value in values)
    return Dispute(field, EMPTY, candidates)


class TestConflicts:
    def test_a_conflict_is_open_once_for_each_field(self, store):
        with store.transaction() as tx:
            first = tx.conflicts.put("item", dispute("high", "low"), "run")
            assert tx.conflicts.put("item", dispute("high", "medium"), "run") == first
            other = tx.conflicts.put("item", dispute("a", field="title"), "run")
            assert tx.conflicts.open_for(["item", "none"]) == {
                "item": {"priority": dispute("high", "medium"), "title": dispute("a", field="title")}
            }
            assert tx.conflicts.count_open() == 2
            assert {row.uid for row in tx.conflicts.list()} == {first, other}

    def test_every_value_that_ever_stood_in_it_is_kept(self, store, clock):
        with store.transaction() as tx:
            uid = tx.conflicts.put("item", dispute("high", "low"), "run")
            clock.sleep(1)
            tx.conflicts.put("item", dispute("high", "medium"), "run")
            assert [candidate.value.value for candidate in tx.conflicts.candidates(uid)][-1] == "medium"
            assert {candidate.shown for candidate in tx.conflicts.candidates(uid)} == {"High", "Low", "Medium"}

    def test_a_closed_conflict_says_who_chose_what_and_a_new_one_may_open(self, store, clock):
        with store.transaction() as tx:
            uid = tx.conflicts.put("item", dispute("high", "low"), "run")
            clock.sleep(5)
            tx.conflicts.close("item", "priority", known("high"), "ana")
            tx.conflicts.close("item", "title", EMPTY, "nobody: there is none")
            row = tx.conflicts.get(uid)
            assert (row.closed_at - row.opened_at, row.chosen, row.by) == (5, known("high"), "ana")
            assert tx.conflicts.open_for(["item"]) == {}
            again = tx.conflicts.put("item", dispute("low", "high"), "run")
            assert [row.uid for row in tx.conflicts.list()] == [again]
            assert [row.uid for row in tx.conflicts.list(open_only=False)] == [again, uid]
            assert tx.conflicts.get(uid).chosen == known("high")

    def test_a_conflict_closed_with_the_empty_value_was_chosen(self, store):
        with store.transaction() as tx:
            uid = tx.conflicts.put("item", dispute("high"), "run")
            assert tx.conflicts.get(uid).chosen is None
            tx.conflicts.close("item", "priority", EMPTY, "ana")
            assert tx.conflicts.get(uid).chosen == EMPTY

    def test_a_unique_beginning_of_its_name_is_enough(self, store):
        with store.transaction() as tx:
            uids = [tx.conflicts.put(f"item-{number}", dispute("a"), "run") for number in range(40)]
            assert tx.conflicts.get(uids[0][:12]).uid == uids[0]
            assert tx.conflicts.get("") is None
            assert tx.conflicts.get("zzz") is None
            common = next(uid[0] for uid in uids if sum(other[0] == uid[0] for other in uids) > 1)
            with pytest.raises(TooVague, match="several"):
                tx.conflicts.get(common)

    def test_values_of_a_dispute_come_back(self, store):
        mixed = replace(dispute("x"), base=known(frozenset("ab")), candidates=(Candidate("hub", "", EMPTY, "(empty)"),))
        with store.transaction() as tx:
            tx.conflicts.put("item", mixed, "run")
            assert tx.conflicts.open_for(["item"])["item"]["priority"] == mixed
