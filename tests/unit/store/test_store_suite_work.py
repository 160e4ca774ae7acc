"""The work queue, plans, runs, notices and suggestions, on every database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pmsync.model.enums import Kind, Nature
from pmsync.store.errors import TooVague
from pmsync.store.ops import OpState


class TestDirty:
    def test_marks_are_taken_in_order_and_page_by_page(self, store, make):
        with store.transaction() as tx:
            tx.dirty.mark((f"item:{number}" for number in range(5)), make.pay, "changed remotely")
            first = tx.dirty.take(0, 3)
            assert [row.target for row in first] == ["item:0", "item:1", "item:2"]
            assert (first[0].scope, first[0].reason, first[0].attempts, first[0].not_before) == (
                make.pay,
                "changed remotely",
                0,
                0,
            )
            assert [row.target for row in tx.dirty.take(0, 3, after="item:2")] == ["item:3", "item:4"]

    def test_items_are_taken_by_what_they_are(self, store, make):
        """An item that is gone counts as work; records are no items."""
        with store.transaction() as tx:
            uids = {kind: make.item(tx, kind=kind).uid for kind in (Kind.BUG, Kind.RELEASE, Kind.FEEDBACK)}
            tx.dirty.mark([f"item:{uid}" for uid in uids.values()] + ["item:gone", "record:jira#1"], None, "x")
            taken = {nature: [row.target for row in tx.dirty.take_items(nature, 0, 10)] for nature in Nature}
        assert taken == {
            Nature.WORK: sorted([f"item:{uids[Kind.BUG]}", "item:gone"]),
            Nature.RELEASE: [f"item:{uids[Kind.RELEASE]}"],
            Nature.FEEDBACK: [f"item:{uids[Kind.FEEDBACK]}"],
            Nature.COMMENT: [],
        }

    def test_a_target_is_marked_once(self, store, make):
        with store.transaction() as tx:
            tx.dirty.mark(["item:a", "item:a"], make.pay, "x")
            [before] = tx.dirty.take(0, 10)
            tx.dirty.mark(["item:a"], None, "y")
            [after] = tx.dirty.take(0, 10)
            assert tx.dirty.count() == 1
            assert (after.scope, after.reason) == (None, "y")
            assert after.seq > before.seq

    def test_the_earlier_time_counts(self, store):
        with store.transaction() as tx:
            tx.dirty.mark(["a"], None, "later", 50)
            tx.dirty.mark(["b"], None, "earlier", 10)
            tx.dirty.mark(["a"], None, "now", 20)
            tx.dirty.mark(["b"], None, "later", 90)
            assert [(row.target, row.not_before) for row in tx.dirty.take(100, 10)] == [("a", 20), ("b", 10)]
            assert tx.dirty.take(9, 10) == []
            assert [row.target for row in tx.dirty.take(10, 10)] == ["b"]
            assert tx.dirty.count() == 2

    def test_marks_are_told_due_or_not(self, store):
        with store.transaction() as tx:
            tx.dirty.mark(["a"], None, "x")
            tx.dirty.mark(["b"], None, "x", 1e12)
            assert tx.dirty.marked(["a", "b", "c"]) == {"a", "b"}
            assert tx.dirty.marked([]) == set()

    def test_what_was_marked_again_is_not_done(self, store):
        with store.transaction() as tx:
            tx.dirty.mark(["a", "b"], None, "x")
            taken = tx.dirty.take(0, 10)
            tx.dirty.mark(["b"], None, "moved again")
            tx.dirty.done(taken)
            assert [row.reason for row in tx.dirty.take(0, 10)] == ["moved again"]

    def test_a_mark_made_after_done_is_not_taken_for_the_one_before(self, store):
        with store.transaction() as tx:
            tx.dirty.mark(["a"], None, "x")
            taken = tx.dirty.take(0, 10)
            tx.dirty.done(taken)
            tx.dirty.mark(["a"], None, "y")
            tx.dirty.done(taken)
            assert tx.dirty.count() == 1

    def test_postponed_work_counts_its_attempts(self, store):
        with store.transaction() as tx:
            tx.dirty.mark(["a"], None, "x")
            [row] = tx.dirty.take(0, 10)
            tx.dirty.postpone(row, 60)
            assert tx.dirty.take(59, 10) == []
            [later] = tx.dirty.take(60, 10)
            assert later == replace(row, attempts=1, not_before=60)

    def test_work_that_was_marked_meanwhile_is_not_postponed(self, store):
        with store.transaction() as tx:
            tx.dirty.mark(["a"], None, "x")
            [row] = tx.dirty.take(0, 10)
            tx.dirty.mark(["a"], None, "y")
            tx.dirty.postpone(row, 60)
            assert [row.reason for row in tx.dirty.take(0, 10)] == ["y"]

    def test_marking_nothing_does_nothing(self, store, statements):
        with store.transaction() as tx:
            before = len(statements)
            tx.dirty.mark([], None, "x")
            tx.dirty.done([])
            assert len(statements) == before


class TestPlans:
    def test_a_plan_comes_back_byte_for_byte(self, store, clock):
        body = bytes(range(256))
        with store.transaction() as tx:
            tx.plans.save("plan-1", body, {"create": 2}, True, "run-1")
            row = tx.plans.get("plan-1")
            assert (row.uid, row.body, row.counts, row.held, row.run) == ("plan-1", body, {"create": 2}, True, "run-1")
            assert (row.made_at, row.applied_at) == (clock.now(), None)
            assert tx.plans.get("plan") == row
            assert tx.plans.get("other") is None

    def test_held_plans_wait_until_they_are_applied(self, store, clock):
        with store.transaction() as tx:
            for name, held in (("b", True), ("c", False), ("a", True)):
                tx.plans.save(f"plan-{name}", b"{}", {}, held, "run")
                clock.sleep(1)
            assert [row.uid for row in tx.plans.held()] == ["plan-b", "plan-a"]
            tx.plans.applied("plan-b", "run-2")
            assert [row.uid for row in tx.plans.held()] == ["plan-a"]
            assert (tx.plans.get("plan-b").applied_at, tx.plans.get("plan-b").applied_run) == (clock.now(), "run-2")
            with pytest.raises(TooVague):
                tx.plans.get("plan")


class TestRuns:
    def test_a_run_says_how_it_ended(self, store, clock):
        with store.transaction() as tx:
            uid = tx.runs.start("sync", "--once")
            begun = tx.runs.get(uid)
            assert (begun.kind, begun.args, begun.started_at, begun.finished_at, begun.exit_code) == (
                "sync",
                "--once",
                1000.0,
                None,
                None,
            )
            clock.sleep(9)
            tx.runs.finish(uid, 3, {"pulled": 7})
            ended = tx.runs.get(uid[:10])
            assert (ended.finished_at, ended.exit_code, ended.counts) == (1009.0, 3, {"pulled": 7})

    def test_the_runs_that_wrote_something_are_told_latest_first(self, store, make):
        with store.transaction() as tx:
            runs = [tx.runs.start("sync", "") for _ in range(4)]
            for run, end in zip(runs, (OpState.CONFIRMED, OpState.CONFIRMED, OpState.NOT_SENT, None), strict=True):
                op = make.op(ref=make.ref())
                tx.ops.add(op, run, OpState.INTENT)
                if end is not None:
                    tx.ops.advance(op.uid, end)
            assert [row.uid for row in tx.runs.writers(5)] == [runs[1], runs[0]]
            assert [row.uid for row in tx.runs.writers(1)] == [runs[1]]


class TestNotices:
    def test_a_notice_is_news_once_and_counted_afterwards(self, store, make, clock):
        with store.transaction() as tx:
            assert tx.notices.raise_(make.pay, "unmapped", "Ready for QA", "map it") is True
            clock.sleep(5)
            assert tx.notices.raise_(make.pay, "unmapped", "Ready for QA", "map it, please") is False
            assert tx.notices.raise_(None, "unmapped", "Ready for QA", "another place") is True
            row = tx.notices.open()[0]
            assert (row.scope, row.code, row.subject, row.reason) == (make.pay, "unmapped", "Ready for QA", "map it, please")
            assert (row.count, row.first_at, row.last_at) == (2, 1000.0, 1005.0)
            assert tx.notices.get(make.pay, "unmapped", "Ready for QA") == row
            assert tx.notices.open()[1].scope is None

    def test_a_settled_notice_is_news_again(self, store, make, clock):
        with store.transaction() as tx:
            tx.notices.raise_(make.pay, "code", "s", "why")
            tx.notices.raise_(make.pay, "code", "s", "why")
            tx.notices.settle(make.pay, "code", "s")
            assert tx.notices.open() == []
            assert tx.notices.get(make.pay, "code", "s") is None
            clock.sleep(5)
            assert tx.notices.raise_(make.pay, "code", "s", "again") is True
            assert [(row.count, row.first_at) for row in tx.notices.open()] == [(1, 1005.0)]

    def test_one_query_answers_for_all_notices_that_do_not_stand(self, store, make, monkeypatch):
        """A round asks for hundreds that nobody ever raised; a database across a network must not be asked for each."""
        with store.transaction() as tx:
            tx.notices.raise_(make.pay, "code", "stands", "why")
        with store.transaction() as tx:
            assert tx.notices.get(make.pay, "code", "stands") is not None
            asked = []
            monkeypatch.setattr(type(tx.notices._session), "row", lambda self, *given: asked.append(given))
            monkeypatch.setattr(type(tx.notices._session), "run", lambda self, *given: asked.append(given))
            for number in range(50):
                assert tx.notices.get(make.pay, "code", str(number)) is None
                tx.notices.settle(make.pay, "code", str(number))
            assert not asked

    def test_a_notice_raised_in_the_same_transaction_is_found_and_settled(self, store, make):
        with store.transaction() as tx:
            assert tx.notices.get(make.pay, "code", "s") is None
            tx.notices.raise_(make.pay, "code", "s", "why")
            assert tx.notices.get(make.pay, "code", "s") is not None
            tx.notices.settle(make.pay, "code", "s")
            assert tx.notices.open() == []

    def test_more_notices_than_are_known_by_name_are_found_all_the_same(self, store, make, monkeypatch):
        monkeypatch.setattr("pmsync.store.notices.KNOWN", 3)
        with store.transaction() as tx:
            for number in range(6):
                tx.notices.raise_(make.pay, "code", str(number), "why")
        with store.transaction() as tx:
            assert all(tx.notices.get(make.pay, "code", str(number)) for number in range(6))
            tx.notices.settle(make.pay, "code", "5")
            assert len(tx.notices.open()) == 5

    def test_a_subject_longer_than_a_key_is_fine(self, store, make):
        with store.transaction() as tx:
            assert tx.notices.raise_(make.pay, "code", "x" * 32_767, "why")
            assert not tx.notices.raise_(make.pay, "code", "x" * 32_767, "why")


class TestSuggestions:
    def test_the_surest_comes_first_and_a_record_is_dropped_whole(self, store, make):
        one, two = make.ref(), make.ref()
        with store.transaction() as tx:
            tx.suggestions.put(one, "item-a", 0.5, "alike")
            tx.suggestions.put(one, "item-a", 0.7, "more alike")
            tx.suggestions.put(one, "item-b", 0.9, "very alike")
            tx.suggestions.put(two, "item-a", 0.8, "alike")
            assert [(row.record, row.item, row.score) for row in tx.suggestions.all(2)] == [
                (one, "item-b", 0.9),
                (two, "item-a", 0.8),
            ]
            tx.suggestions.drop(one)
            assert [(row.record, row.why) for row in tx.suggestions.all()] == [(two, "alike")]
