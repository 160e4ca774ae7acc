"""The life of an op, on every database."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from threading import Barrier, Thread

import pytest

from pmsync.store import AlreadyOpen, IllegalStep
from pmsync.store.ops import STEPS, OpState

PATHS = {
    OpState.PLANNED: [],
    OpState.INTENT: [OpState.INTENT],
    OpState.SENT: [OpState.INTENT, OpState.SENT],
    OpState.AMBIGUOUS: [OpState.INTENT, OpState.AMBIGUOUS],
    OpState.CONFIRMED: [OpState.INTENT, OpState.SENT, OpState.CONFIRMED],
    OpState.REJECTED: [OpState.INTENT, OpState.SENT, OpState.REJECTED],
    OpState.NOT_SENT: [OpState.INTENT, OpState.NOT_SENT],
    OpState.DROPPED: [OpState.DROPPED],
    OpState.RESOLVED: [OpState.INTENT, OpState.AMBIGUOUS, OpState.RESOLVED],
}
UNFINISHED = {OpState.PLANNED, OpState.INTENT, OpState.SENT, OpState.AMBIGUOUS}
LEGAL = {
    ("planned", "intent"),
    ("planned", "dropped"),
    ("intent", "sent"),
    ("intent", "ambiguous"),
    ("intent", "confirmed"),
    ("intent", "rejected"),
    ("intent", "not_sent"),
    ("intent", "dropped"),
    ("sent", "sent"),
    ("sent", "ambiguous"),
    ("sent", "confirmed"),
    ("sent", "rejected"),
    ("sent", "not_sent"),
    ("sent", "dropped"),
    ("ambiguous", "intent"),
    ("ambiguous", "sent"),
    ("ambiguous", "confirmed"),
    ("ambiguous", "resolved"),
}


def test_the_table_of_steps_is_the_one_agreed_upon():
    assert {(str(source), str(target)) for source, targets in STEPS.items() for target in targets} == LEGAL
    assert {state for state in OpState if not state.terminal} == UNFINISHED


class TestOps:
    def test_an_op_comes_back_frozen_as_it_was_planned(self, store, make, clock):
        create, update = make.op("item"), make.op("item", make.ref(), make.api)
        with store.transaction(durable=True) as tx:
            tx.ops.add(create, "run-1", plan="plan-1")
            tx.ops.add(update, "run-1", OpState.INTENT)
        with store.transaction() as tx:
            row = tx.ops.get(create.uid)
            assert (row.op, row.state, row.run, row.plan) == (create, OpState.PLANNED, "run-1", "plan-1")
            assert (row.ref, row.attempts, row.floor, row.sent_at, row.made_at) == (None, 0, "", None, clock.now())
            assert (tx.ops.get(update.uid).op, tx.ops.get(update.uid).ref) == (update, update.ref)
            assert tx.ops.get("unknown") is None

    @pytest.mark.parametrize("state", [state for state in OpState if state not in (OpState.PLANNED, OpState.INTENT)])
    def test_no_op_is_born_in_the_middle_of_its_life(self, store, make, state):
        with pytest.raises(IllegalStep), store.transaction() as tx:
            tx.ops.add(make.op(), "run", state)

    @pytest.mark.parametrize(("source", "target"), list(product(OpState, OpState)), ids=lambda state: str(state))
    def test_exactly_the_legal_steps_are_taken(self, store, make, source, target):
        with store.transaction() as tx:
            op = make.op()
            tx.ops.add(op, "run")
            for step in PATHS[source]:
                tx.ops.advance(op.uid, step)
            if (str(source), str(target)) in LEGAL:
                tx.ops.advance(op.uid, target)
                assert tx.ops.get(op.uid).state is target
            else:
                with pytest.raises(IllegalStep, match=f"is {source}.*become {target}"):
                    tx.ops.advance(op.uid, target)
                assert tx.ops.get(op.uid).state is source

    def test_an_unknown_op_takes_no_step(self, store):
        with store.transaction() as tx:
            with pytest.raises(IllegalStep, match="no op"):
                tx.ops.advance("unknown", OpState.INTENT)
            with pytest.raises(IllegalStep, match="not under way"):
                tx.ops.note("unknown", reason="x")

    def test_facts_are_recorded_and_stay_until_named_again(self, store, make):
        op, ref = make.op(), make.ref()
        with store.transaction() as tx:
            tx.ops.add(op, "run", OpState.INTENT)
            tx.ops.note(op.uid, floor="PAY-9", attempts=1)
            tx.ops.advance(op.uid, OpState.AMBIGUOUS, sent_at=5.0, quiet_until=305.0, reason="timed out", ref=None)
            row = tx.ops.get(op.uid)
            assert (row.floor, row.attempts, row.sent_at, row.quiet_until, row.reason) == ("PAY-9", 1, 5.0, 305.0, "timed out")
            tx.ops.advance(op.uid, OpState.SENT, ref=ref, retry_at=None)
            row = tx.ops.get(op.uid)
            assert (row.ref, row.floor, row.sent_at, row.op) == (ref, "PAY-9", 5.0, op)
            tx.ops.advance(op.uid, OpState.AMBIGUOUS)
            tx.ops.advance(op.uid, OpState.RESOLVED, outcome="landed")
            assert tx.ops.get(op.uid).outcome == "landed"
            with pytest.raises(IllegalStep):
                tx.ops.note(op.uid, reason="too late")

    @pytest.mark.parametrize("state", list(OpState))
    def test_a_second_create_waits_for_the_end_of_the_first(self, store, make, state):
        first, second = make.op("item"), make.op("item")
        with store.transaction() as tx:
            tx.ops.add(first, "run")
            for step in PATHS[state]:
                tx.ops.advance(first.uid, step)
            if state in UNFINISHED:
                with pytest.raises(AlreadyOpen, match="item in jira:PAY"):
                    tx.ops.add(second, "run")
                assert tx.ops.get(second.uid) is None
            else:
                tx.ops.add(second, "run")
            tx.ops.add(make.op("item", scope=make.api), "run")
            tx.ops.add(make.op("other item"), "run")

    @pytest.mark.parametrize("state", list(OpState))
    def test_a_second_op_on_a_record_waits_for_the_end_of_the_first(self, store, make, state):
        ref = make.ref()
        first = make.op("item", ref)
        with store.transaction() as tx:
            tx.ops.add(first, "run")
            for step in PATHS[state]:
                tx.ops.advance(first.uid, step)
            if state in UNFINISHED:
                with pytest.raises(AlreadyOpen, match="PAY-7"):
                    tx.ops.add(make.op("item", ref), "run")
            else:
                tx.ops.add(make.op("item", ref), "run")
            tx.ops.add(make.op("item", make.ref()), "run")

    def test_a_create_whose_record_is_known_keeps_others_off_it(self, store, make):
        create, ref = make.op("item"), make.ref()
        with store.transaction() as tx:
            tx.ops.add(create, "run", OpState.INTENT)
            tx.ops.advance(create.uid, OpState.SENT, ref=ref)
            with pytest.raises(AlreadyOpen):
                tx.ops.add(make.op("item", ref), "run")

    def test_a_create_cannot_learn_of_a_record_that_another_op_writes(self, store, make):
        create, ref = make.op("item"), make.ref()
        with store.transaction() as tx:
            tx.ops.add(make.op("other", ref), "run", OpState.INTENT)
            tx.ops.add(create, "run", OpState.INTENT)
            with pytest.raises(AlreadyOpen, match="writes to jira#"):
                tx.ops.advance(create.uid, OpState.SENT, ref=ref)
            assert tx.ops.get(create.uid).state is OpState.INTENT

    def test_open_ops_are_those_whose_fate_is_unknown(self, store, make, clock):
        with store.transaction() as tx:
            for state, path in PATHS.items():
                op = make.op(f"item-{state}")
                tx.ops.add(op, f"run-{state}")
                for step in path:
                    tx.ops.advance(op.uid, step)
                clock.sleep(1)
            unsettled = [OpState.INTENT, OpState.SENT, OpState.AMBIGUOUS]
            assert [row.state for row in tx.ops.open()] == unsettled
            found = tx.ops.open_for([f"item-{state}" for state in OpState])
            assert {item: [row.state for row in rows] for item, rows in found.items()} == {
                f"item-{state}": [state] for state in unsettled
            }

    def test_ops_are_listed_by_run(self, store, make, clock):
        ops = [make.op("item", make.ref()) for _ in range(4)]
        with store.transaction() as tx:
            for op in ops:
                tx.ops.add(op, "run-a" if op in ops[:2] else "run-b")
                clock.sleep(1)
            assert [row.op for row in tx.ops.of_run("run-a")] == ops[:2]

    def test_of_two_threads_that_create_for_one_item_one_is_refused(self, store, make):
        rivals = [make.op("item"), make.op("item")]
        start, outcomes = Barrier(2), []

        def plan(op):
            start.wait()
            try:
                with store.transaction(durable=True) as tx:
                    tx.ops.add(op, "run", OpState.INTENT)
                outcomes.append("intent")
            except AlreadyOpen:
                outcomes.append("refused")

        threads = [Thread(target=plan, args=(op,)) for op in rivals]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["intent", "refused"]

    def test_the_same_op_is_not_added_twice(self, store, make):
        op = make.op("item", make.ref())
        with store.transaction() as tx:
            tx.ops.add(op, "run")
            with pytest.raises(AlreadyOpen):
                tx.ops.add(replace(op, ref=make.ref()), "run")
