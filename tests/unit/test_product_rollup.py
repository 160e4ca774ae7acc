"""What the parts say of the whole, and where roadmap and trackers differ."""

from __future__ import annotations

import random
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmsync.model.enums import Priority, Status
from pmsync.model.periods import Period
from pmsync.model.roadmap import Decision, Entry, Horizon, Pin, Place, PlannedRelease, Roadmap, Verdict
from pmsync.product.drift import DriftKind, Seen, drift, intent_of
from pmsync.product.rollup import Block, Part, Rolled, cycles, roll_up

S = Status
TODAY = date(2026, 2, 10)


def below(*statuses: Status, own: Status = S.BACKLOG, shipped: bool = False) -> Rolled:
    """An epic with parts of these statuses."""
    parts = [Part("epic", own, shipped=shipped), *(Part(f"p{n}", status, "epic") for n, status in enumerate(statuses))]
    return roll_up(parts)["epic"]


@pytest.mark.parametrize(
    ("statuses", "whole"),
    [
        ((S.BACKLOG, S.BACKLOG), S.BACKLOG),
        ((S.INBOX, S.PLANNED), S.PLANNED),
        ((S.BACKLOG, S.IN_PROGRESS), S.IN_PROGRESS),
        ((S.BACKLOG, S.DONE), S.IN_PROGRESS),
        ((S.IN_REVIEW, S.DONE), S.IN_REVIEW),
        ((S.DONE, S.DONE), S.DONE),
        ((S.DONE, S.RELEASED), S.DONE),
        ((S.RELEASED, S.RELEASED), S.RELEASED),
        ((S.DONE, S.DECLINED), S.DONE),
        ((S.RELEASED, S.DUPLICATE), S.RELEASED),
    ],
)
def test_a_status_is_rolled_up_from_the_parts(statuses: tuple[Status, ...], whole: Status) -> None:
    """Request 36: nobody moves an epic by hand."""
    assert below(*statuses).status is whole


def test_done_is_not_released_until_the_release_is_out() -> None:
    parts = [Part("epic", S.BACKLOG), Part("a", S.DONE, "epic", shipped=True), Part("b", S.DONE, "epic")]
    assert roll_up(parts)["a"].status is S.RELEASED
    assert roll_up(parts)["epic"].status is S.DONE
    assert below(S.DONE, S.DONE, shipped=True).status is S.RELEASED


def test_progress_is_by_effort_where_everything_is_estimated_and_by_number_else() -> None:
    parts = [Part("epic", S.BACKLOG), Part("a", S.DONE, "epic", effort=9), Part("b", S.IN_PROGRESS, "epic", effort=1)]
    assert (roll_up(parts)["epic"].progress, roll_up(parts)["epic"].by_effort) == (0.9, True)
    assert (below(S.DONE, S.IN_PROGRESS).progress, below(S.DONE, S.BACKLOG).by_effort) == (0.5, False)


def test_progress_counts_the_last_parts_of_all_levels() -> None:
    parts = [
        Part("top", S.BACKLOG),
        Part("mid", S.BACKLOG, "top"),
        Part("a", S.DONE, "mid"),
        Part("b", S.BACKLOG, "mid"),
        Part("c", S.BACKLOG, "top"),
    ]
    whole = roll_up(parts)["top"]
    assert (whole.done, whole.total, whole.progress) == (1, 3, round(1 / 3, 6))


def test_declined_parts_do_not_count() -> None:
    assert (below(S.DONE, S.DECLINED).total, below(S.DONE, S.DECLINED).progress) == (1, 1)


def test_an_item_without_parts_is_itself() -> None:
    alone = roll_up([Part("a", S.IN_REVIEW)])["a"]
    assert (alone.status, alone.progress, alone.total, alone.blocked) == (S.IN_REVIEW, 0, 1, False)
    assert below(S.DECLINED, own=S.PLANNED).status is S.PLANNED


def test_an_epic_is_blocked_when_all_that_is_left_of_it_waits() -> None:
    """Across systems: the blocker may live anywhere, and need not be part of the epic."""
    parts = [
        Part("epic", S.IN_PROGRESS),
        Part("a", S.DONE, "epic"),
        Part("b", S.BACKLOG, "epic", frozenset({"github:api#1"})),
        Part("github:api#1", S.IN_PROGRESS),
    ]
    whole = roll_up(parts)["epic"]
    assert (whole.blocked, whole.blocks) == (True, (Block("b", "github:api#1"),))
    free = roll_up([*parts, Part("c", S.BACKLOG, "epic")])["epic"]
    assert (free.blocked, free.blocks) == (False, (Block("b", "github:api#1"),))
    done = roll_up([*parts[:3], Part("github:api#1", S.DONE)])["epic"]
    assert (done.blocked, done.blocks) == (False, ())


def test_what_cannot_be_right_is_told() -> None:
    assert "parts of it are not" in below(S.BACKLOG, own=S.DONE).contradiction
    assert "done only" in below(S.DONE, own=S.RELEASED).contradiction
    assert not below(S.DONE, own=S.IN_PROGRESS).contradiction


def test_parts_of_their_own_parts_are_told_and_do_no_harm() -> None:
    ring = [Part("a", S.DONE, "b"), Part("b", S.BACKLOG, "a"), Part("c", S.DONE, "a"), Part("self", S.DONE, "self")]
    assert cycles(ring) == ("a", "b", "self")
    assert roll_up(ring)["a"].total == 1
    assert len(roll_up(ring)) == 4


PARTS = st.lists(
    st.tuples(st.sampled_from(list(Status)), st.integers(0, 9), st.integers(0, 9), st.booleans()), min_size=1, max_size=10
)


@given(PARTS, st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_the_order_of_the_parts_does_not_matter(raw: list[tuple[Status, int, int, bool]], rng: random.Random) -> None:
    parts = [
        Part(f"p{n}", status, f"p{parent}", frozenset({f"p{need}"}), 1.0, shipped)
        for n, (status, parent, need, shipped) in enumerate(raw)
    ]
    rolled = roll_up(parts)
    assert rolled == roll_up(rng.sample(parts, len(parts)))
    assert all(0 <= one.progress <= 1 for one in rolled.values())


def line(*entries: Entry, **settings: object) -> Roadmap:
    return Roadmap("pay", items={one.key: one for one in entries}, **settings)  # type: ignore[arg-type]  # keywords of a test


def found(
    roadmap: Roadmap, seen: list[Seen] | None = None, rolled: Rolled | None = None
) -> list[tuple[DriftKind, str, str, str]]:
    shown = {"pay/sso": seen} if seen is not None else {}
    drifts = drift([roadmap], shown, {"pay/sso": rolled} if rolled is not None else {}, TODAY)
    return [(one.kind, one.what, one.roadmap, one.tracker) for one in drifts]


def test_what_a_tracker_shows_otherwise_is_drift_with_both_places() -> None:
    places = {"": Place("pay.yaml", 3, 3), "title": Place("pay.yaml", 4, 5)}
    roadmap = line(Entry("sso", "Single sign-on", when=Period.parse("2026Q2"), places=places))
    seen = Seen("jira PAY-1", {"title": "SSO", "due": "2026-06-30", "start": ""})
    drifts = drift([roadmap], {"pay/sso": [seen]}, {}, TODAY)
    assert str(drifts[0]) == "pay/sso title: pay.yaml:4:5 says Single sign-on, jira PAY-1 shows SSO"
    assert [(one.what, one.roadmap, one.tracker) for one in drifts[1:]] == [("start", "2026-04-01", "")]


def test_what_the_file_is_silent_about_and_what_a_tracker_does_not_show_is_no_drift() -> None:
    assert found(line(Entry("sso")), [Seen("jira PAY-1", {"title": "Anything", "priority": "high"})]) == []
    assert found(line(Entry("sso", "T")), [Seen("desk 4")]) == []


def test_only_a_pin_that_holds_is_a_priority_of_the_file() -> None:
    entry = Entry("sso", pin=Pin(Priority.HIGH, date(2026, 2, 1)))
    assert "priority" not in intent_of(line(entry), entry, TODAY)
    assert intent_of(line(entry), entry, date(2026, 2, 1))["priority"] == "high"


def test_a_link_without_a_record_is_drift() -> None:
    assert found(line(Entry("sso", links=("jira:PAY-1",)))) == [(DriftKind.NO_RECORD, "record", "jira:PAY-1", "")]
    assert found(line(Entry("sso", links=("jira:PAY-1",), horizon=Horizon.NOT_PLANNED))) == []


@pytest.mark.parametrize(
    "entry",
    [
        Entry("sso", horizon=Horizon.LATER),
        Entry("sso", horizon=Horizon.NOT_PLANNED),
        Entry("sso", decision=Decision(Verdict.DECLINED)),
    ],
)
def test_work_on_what_is_not_planned_for_now_is_drift(entry: Entry) -> None:
    assert [kind for kind, *_ in found(line(entry), rolled=below(S.IN_PROGRESS))] == [DriftKind.STATUS]


def test_what_should_be_done_by_now_is_late_and_what_waits_is_blocked() -> None:
    blocked = Rolled(S.IN_PROGRESS, 0.5, 1, 2, True, (Block("a", "tokens"),), False)
    entry = Entry("sso", when=Period.parse("2026-01"), horizon=Horizon.NOW)
    assert [(kind, told) for kind, _, _, told in found(line(entry), rolled=blocked)] == [
        (DriftKind.LATE, "in_progress (1 of 2 done)"),
        (DriftKind.BLOCKED, "waits for tokens"),
    ]


def test_open_work_in_a_shipped_release_is_drift() -> None:
    releases = {"r": PlannedRelease("r", "R 1", ship=Period.parse("2026-03-31"), shipped=True)}
    drifts = found(line(Entry("sso", release="r"), releases=releases), rolled=below(S.IN_PROGRESS))
    assert drifts == [(DriftKind.STATUS, "release", "R 1 is shipped", "in_progress (0 of 1 done)")]
