"""Limits that stop a run before harm."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmsync.model.enums import Kind
from pmsync.model.record import RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Known
from pmsync.reconcile.operation import Change, Operation, OpKind
from pmsync.reconcile.rails import Limits, Step, closes, everything_moved, failing, judge, oscillates, ration, shrunk

PAY, API = ScopeRef("jira", "PAY"), ScopeRef("github", "acme/api")
OPEN = Limits(close="allow")


def update(number: int, field: str = "title", hub: str = "x", scope: ScopeRef = PAY) -> Operation:
    change = Change(field, field, EMPTY, Known(hub), Known(hub), "")
    ref = RecordRef(scope.system, str(number))
    return Operation(f"{scope.key}-{number}", OpKind.UPDATE, "i", scope, ref, "", Kind.BUG, (change,), None, "")


def create(number: int, scope: ScopeRef = API) -> Operation:
    return Operation(f"c{number}", OpKind.CREATE, "i", scope, None, "", Kind.BUG, (), "m", "")


def updates(count: int, **parts: object) -> list[Operation]:
    return [update(number, **parts) for number in range(count)]


def held(ops: Iterable[Operation], linked: int = 100, limits: Limits = OPEN, **more: object) -> int:
    return len(judge(list(ops), {PAY: linked, API: linked}, limits, **more).held)


class TestLimits:
    def test_c18_a_group_over_its_limit_is_held_whole(self) -> None:
        """C18: the bulk guard never writes the first n of a mistake."""
        assert held(create(n) for n in range(20)) == 0
        assert held(create(n) for n in range(21)) == 21

    def test_a_share_counts_what_is_linked_in_the_scope(self) -> None:
        assert held(updates(200), linked=1000) == 0
        assert held(updates(201), linked=1000) == 201

    def test_a_share_of_little_has_a_floor(self) -> None:
        assert held(updates(50), linked=60) == 0
        assert held(updates(51), linked=60) == 51

    def test_a_count_has_none(self) -> None:
        assert held(updates(4), limits=Limits(max_updates=3, close="allow")) == 4

    def test_each_scope_and_kind_is_judged_alone(self) -> None:
        ops = [*updates(3), *(create(n) for n in range(30)), *updates(2, scope=API)]
        verdict = judge(ops, {}, OPEN)
        assert [op.kind for op in verdict.allowed] == [OpKind.UPDATE] * 5
        assert len(verdict.held) == 30

    def test_the_reason_has_the_numbers(self) -> None:
        verdict = judge(updates(300), {PAY: 1000}, OPEN)
        said = "300 at once in jira:PAY, more than the 200 that max_updates allows (20% of 1,000 linked records)"
        assert verdict.held[0].reason == said

    def test_what_waits_for_review_is_held_and_does_not_count(self) -> None:
        ops = [create(n) for n in range(30)]
        review = {op.uid for op in ops[:15]}
        verdict = judge(ops, {}, OPEN, review=review)
        assert {one.op.uid for one in verdict.held} == review

    def test_what_completes_a_creation_is_exempt(self) -> None:
        ops = updates(90)
        assert held(ops, exempt={op.uid for op in ops}) == 0

    @given(st.lists(st.integers(0, 99), unique=True), st.integers(0, 60))
    def test_every_op_is_either_allowed_or_held_in_the_given_order(self, numbers: list[int], most: int) -> None:
        ops = [update(number) for number in numbers]
        verdict = judge(ops, {}, Limits(max_updates=most, close="allow"))
        assert [*verdict.allowed, *(one.op for one in verdict.held)] == ops


class TestCloses:
    @pytest.mark.parametrize(("status", "closing"), [("done", True), ("declined", True), ("in_review", False), ("odd", False)])
    def test_a_close_is_a_write_of_a_done_status(self, status: str, closing: bool) -> None:
        assert closes(update(1, "status", status)) is closing
        assert not closes(update(1, "title", status))

    def test_closes_are_held_where_the_config_says_never(self) -> None:
        verdict = judge([update(1, "status", "done"), update(2)], {}, Limits(close="never"))
        assert [one.op.uid for one in verdict.held] == ["PAY-1"]
        assert "close: never" in verdict.held[0].reason

    def test_many_closes_are_held_while_other_updates_go_on(self) -> None:
        ops = [*updates(6, field="status", hub="done"), *(update(100 + n) for n in range(9))]
        verdict = judge(ops, {PAY: 100}, OPEN)
        assert len(verdict.held) == 6
        assert len(verdict.allowed) == 9


class TestListing:
    @pytest.mark.parametrize(("before", "now"), [(0, 0), (0, 9), (100, 100), (100, 90), (4, 1), (1000, 900)])
    def test_a_plausible_listing_is_believed(self, before: int, now: int) -> None:
        assert shrunk(before, now) is None

    @pytest.mark.parametrize(("before", "now"), [(6, 0), (5000, 0), (100, 89), (1000, 899), (20, 14)])
    def test_an_empty_or_shrunk_listing_is_not(self, before: int, now: int) -> None:
        assert "taken for a failure" in (shrunk(before, now) or "")


class TestTrial:
    def of_item(self, number: int, item: str) -> Operation:
        return dataclasses.replace(update(number), item=item)

    def test_a_run_writes_ten_records_and_the_rest_waits_in_order(self) -> None:
        ops = [self.of_item(number, f"i{number}") for number in range(12)]
        assert ration(ops, frozenset()) == (tuple(ops[:10]), tuple(ops[10:]))

    def test_what_was_written_in_this_run_counts_and_may_be_written_again(self) -> None:
        ops = [self.of_item(number, f"i{number}") for number in range(4)]
        assert ration(ops, frozenset({"i3", "else"}), most=3) == ((ops[0], ops[3]), (ops[1], ops[2]))

    @given(st.lists(st.integers(0, 5)), st.frozensets(st.integers(0, 5)), st.integers(0, 6))
    def test_no_run_writes_more_items_than_it_may(self, items: list[int], written: frozenset[int], most: int) -> None:
        ops = [self.of_item(number, f"i{item}") for number, item in enumerate(items)]
        before = {f"i{item}" for item in written}
        now, later = ration(ops, before, most)
        assert sorted([*now, *later], key=lambda op: op.uid) == sorted(ops, key=lambda op: op.uid)
        assert len(before | {op.item for op in now}) <= max(most, len(before))


class TestAlarm:
    @pytest.mark.parametrize(("moved", "linked"), [(0, 0), (19, 19), (18, 20), (90, 100), (900, 1000)])
    def test_edits_that_people_make_are_believed(self, moved: int, linked: int) -> None:
        assert everything_moved(moved, linked) is None

    @pytest.mark.parametrize(("moved", "linked"), [(20, 20), (91, 100), (5000, 5000)])
    def test_edits_of_nearly_everything_are_not(self, moved: int, linked: int) -> None:
        assert f"{moved:,} of {linked:,} records" in (everything_moved(moved, linked) or "")


class TestFailing:
    @pytest.mark.parametrize(("sent", "failed"), [(0, 0), (4, 4), (11, 5), (1000, 499)])
    def test_a_failure_now_and_then_stops_nothing(self, sent: int, failed: int) -> None:
        assert failing(sent, failed) is None

    @pytest.mark.parametrize(("sent", "failed"), [(5, 5), (10, 5), (1000, 500)])
    def test_half_of_all_does(self, sent: int, failed: int) -> None:
        assert failing(sent, failed) == f"{failed:,} of {sent:,} writes failed"


class TestBreaker:
    def steps(self, text: str) -> list[Step]:
        """Lower case: our writes; upper case: a person's."""
        return [Step(Known(letter.lower()), letter.isupper()) for letter in text]

    @pytest.mark.parametrize("history", ["", "a", "ab", "abc", "abcde", "aBa", "abXab", "aab"])
    def test_writes_that_lead_on_are_believed(self, history: str) -> None:
        assert oscillates(self.steps(history)) is None

    @pytest.mark.parametrize("history", ["aba", "Xaba", "abab", "cdaba"])
    def test_c15_back_and_forth_without_a_person_stops(self, history: str) -> None:
        assert "back and forth" in (oscillates(self.steps(history)) or "")

    def test_c15_too_many_writes_without_a_person_stop(self) -> None:
        assert oscillates(self.steps("abcdef")) == "it was written 6 times with no person's edit between"
        assert oscillates(self.steps("abcXdef")) is None
        assert oscillates(self.steps("abc"), most=2) is not None
