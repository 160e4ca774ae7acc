"""From scores to priorities: the ten steps one by one, and the laws that hold whatever comes."""

from __future__ import annotations

import dataclasses
import itertools
import json
import random
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pmsync.model.enums import Kind, Priority, Status
from pmsync.model.periods import Period
from pmsync.model.roadmap import Amount, Entry, Floor, Framework, Kano, Pin, PlannedRelease, Roadmap, Severity
from pmsync.product.contending import Facts, contenders
from pmsync.product.deciding import decide
from pmsync.product.evidence import Evidence, Score, Taken, Unscored
from pmsync.product.gates import Cap
from pmsync.product.priorities import DAY, Contender, Decided, HumanEdit, Policy, Ruling, Showing, Source, State, StepName
from pmsync.product.profiles import Profile, ProfileBook
from pmsync.product.telling import explain, reason

TODAY = date(2026, 2, 10)
NOW = datetime(2026, 2, 10, 12, tzinfo=UTC).timestamp()
VALUE = Profile("value", Framework.VALUE)
CARD = Profile("card", Framework.WEIGHTED, weights={"worth": 1})
LOOSE = Policy(max_changes=10_000)
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
HIGH, MEDIUM, LOW, CRITICAL, MINOR = Priority.HIGH, Priority.MEDIUM, Priority.LOW, Priority.CRITICAL, Priority.MINOR


def value(number: float, *, measured: bool = True) -> Score:
    """A score of value per effort, as if counted: its changes are no new estimate."""
    inputs = {
        "value": Taken(number, Evidence(Amount(number), "metric", measured=measured)),
        "effort": Taken(1.0, Evidence(Amount(1), "file")),
    }
    return Score(Framework.VALUE, round(number, 6), VALUE.fingerprint, TODAY, inputs=inputs)


def card(points: float, *, measured: bool = True) -> Score:
    inputs = {"worth": Taken(points, Evidence(Amount(points), "metric", measured=measured))}
    return Score(Framework.WEIGHTED, points, CARD.fingerprint, TODAY, inputs=inputs)


def one(key: str = "pay/x", **settings: object) -> Contender:
    """A contender scored on the fixed scale of 0 to 100, so that its band does not depend on others: 50 is medium."""
    given = {"line": "pay", "group": "work", "score": card(50), "profile": CARD, "before": MEDIUM} | settings
    return dataclasses.replace(Contender(key, "pay", "work"), **given)  # type: ignore[arg-type]  # keywords of a test


def ruled(contender: Contender, *others: Contender, state: State | None = None, policy: Policy = LOOSE) -> Ruling:
    return decide(state or State(), [contender, *others], NOW, policy).ruling(contender.key)


def crowd(values: Sequence[float], before: Callable[[int], Priority | None] = lambda _: None) -> list[Contender]:
    return [one(f"pay/{i:03}", score=value(v), profile=VALUE, before=before(i)) for i, v in enumerate(values)]


def said(ruling: Ruling, name: StepName) -> str:
    return next(step.said for step in ruling.steps if step.name is name)


def test_a_ruling_records_all_ten_steps_in_order() -> None:
    assert [step.name for step in ruled(one()).steps] == list(StepName)


def test_a_ranking_is_cut_into_the_default_shares() -> None:
    decided = decide(State(), crowd(range(1, 201)), NOW, LOOSE)
    counts = [sum(r.priority is priority for r in decided.rulings) for priority in Priority]
    assert counts == [10, 40, 80, 60, 10]


def test_lines_kinds_and_profiles_are_ranked_apart() -> None:
    mine = crowd(range(1, 41))
    theirs = [dataclasses.replace(c, key=f"web/{c.key}", line="web", score=value(10_000 + i)) for i, c in enumerate(mine)]
    bugs = [dataclasses.replace(c, key=f"pay/bug{c.key}", group="bugs", score=value(10_000 + i)) for i, c in enumerate(mine)]
    alone = decide(State(), mine, NOW, LOOSE)
    together = decide(State(), mine + theirs + bugs, NOW, LOOSE)
    assert all(together.ruling(ruling.key).priority is ruling.priority for ruling in alone.rulings)


def test_equal_scores_get_equal_priorities() -> None:
    decided = decide(State(), crowd([1, 2, 2, 2, 2, 3] * 5), NOW, LOOSE)
    twos = {ruling.priority for index, ruling in enumerate(decided.rulings) if index % 6 in (1, 2, 3, 4)}
    assert len(twos) == 1


@pytest.mark.parametrize(("points", "band"), [(90, CRITICAL), (70, HIGH), (50, MEDIUM), (20, LOW), (3, MINOR)])
def test_a_small_population_is_cut_by_thresholds_where_the_scale_has_ends(points: float, band: Priority) -> None:
    assert ruled(one(score=card(points))).priority is band


def test_a_small_population_without_thresholds_is_cut_by_rank() -> None:
    decided = decide(State(), crowd([1, 2, 3, 4, 5]), NOW, LOOSE)
    assert [ruling.priority for ruling in decided.rulings] == [LOW, LOW, MEDIUM, MEDIUM, HIGH]


def test_the_best_of_twenty_can_become_critical_in_spite_of_the_margin() -> None:
    state = decide(State(), crowd(range(1, 21)), NOW, LOOSE).state
    swapped = [*range(1, 19), 20, 19]
    for _ in range(2):
        decided = decide(state, crowd(swapped), NOW, LOOSE)
        state = decided.state
    assert decided.ruling("pay/018").priority is CRITICAL


def test_within_the_margin_of_a_cut_nothing_moves() -> None:
    state = decide(State(), [one(score=card(60))], NOW, LOOSE).state
    for _ in range(5):
        decided = decide(state, [one(score=card(67))], NOW, LOOSE)
        state = decided.state
    assert decided.rulings[0].priority is MEDIUM
    assert "not 3 points beyond the cut" in said(decided.rulings[0], StepName.HYSTERESIS)


def test_beyond_the_margin_two_runs_have_to_agree() -> None:
    state = decide(State(), [one(score=card(60))], NOW, LOOSE).state
    first = decide(state, [one(score=card(70))], NOW, LOOSE)
    second = decide(first.state, [one(score=card(70))], NOW, LOOSE)
    assert [first.rulings[0].priority, second.rulings[0].priority] == [MEDIUM, HIGH]
    assert "1 of 2 runs" in said(first.rulings[0], StepName.HYSTERESIS)
    assert "confirmed by 2 runs" in said(second.rulings[0], StepName.HYSTERESIS)


def test_a_move_that_two_runs_measure_differently_goes_to_the_nearer_band() -> None:
    state = decide(State(), [one(score=card(60))], NOW, LOOSE).state
    state = decide(state, [one(score=card(95))], NOW, LOOSE).state
    assert decide(state, [one(score=card(70))], NOW, LOOSE).rulings[0].priority is HIGH


def test_a_long_standing_wish_is_granted_without_more_runs() -> None:
    patient = dataclasses.replace(LOOSE, stability=dataclasses.replace(LOOSE.stability, confirm=10))
    state = decide(State(), [one(score=card(60))], NOW, patient).state
    state = decide(state, [one(score=card(80))], NOW, patient).state
    later = decide(state, [one(score=card(80))], NOW + 7 * DAY, patient)
    assert later.rulings[0].priority is HIGH


def test_a_new_estimate_is_not_waited_for() -> None:
    state = decide(State(), [one(score=card(60, measured=False))], NOW, LOOSE).state
    assert decide(state, [one(score=card(80, measured=False))], NOW, LOOSE).rulings[0].priority is HIGH


def test_an_unscored_item_keeps_its_priority_and_says_what_is_missing() -> None:
    ruling = ruled(one(score=Unscored("p", ("reach", "effort")), before=LOW))
    assert ruling.priority is LOW
    assert "reach, effort are missing" in said(ruling, StepName.SCORE)
    assert ruled(one(score=Unscored("p"), before=None)).priority is None


def test_a_floor_lifts_and_a_cap_holds_down() -> None:
    """Request 22: severity and priority are two things; one may set a floor under the other."""
    assert ruled(one(floor=Floor(CRITICAL, "severity S1"))).source is Source.FLOOR
    assert ruled(one(score=card(70), cap=Cap(LOW, "kano indifferent"))).priority is LOW
    assert ruled(one(cap=Cap(LOW, "kano indifferent"), floor=Floor(HIGH, "the label security"))).priority is HIGH


def test_what_blocks_a_higher_item_inherits_its_priority_through_others() -> None:
    top = one("pay/top", score=card(95), needs=frozenset({"pay/middle"}))
    middle, bottom = one("pay/middle", needs=frozenset({"pay/bottom"})), one("pay/bottom", score=Unscored("p"), before=None)
    decided = decide(State(), [top, middle, bottom], NOW, LOOSE)
    assert {ruling.priority for ruling in decided.rulings} == {CRITICAL}
    assert "pay/top waits for it" in said(decided.ruling("pay/bottom"), StepName.FLOOR)


def test_done_work_lends_nothing() -> None:
    top = one("pay/top", score=card(95), status=Status.DONE, before=CRITICAL, needs=frozenset({"pay/x"}))
    assert ruled(one(), top).priority is MEDIUM


def test_a_cycle_of_needs_ends_with_the_highest_of_it() -> None:
    ring = [one(f"pay/{i}", score=card(p), needs=frozenset({f"pay/{(i + 1) % 3}"})) for i, p in enumerate((95, 50, 20))]
    assert {ruling.priority for ruling in decide(State(), ring, NOW, LOOSE).rulings} == {CRITICAL}


def test_a_pin_beats_score_cap_and_inheritance() -> None:
    top = one("pay/top", score=card(95), needs=frozenset({"pay/x"}))
    ruling = ruled(one(pin=Pin(LOW, reason="parked"), cap=Cap(MINOR, "kano reverse")), top)
    assert (ruling.priority, ruling.source) == (LOW, Source.PIN)
    assert "parked" in said(ruling, StepName.PIN)


def test_a_pinned_item_lends_its_pin() -> None:
    top = one("pay/top", pin=Pin(CRITICAL), needs=frozenset({"pay/x"}))
    assert ruled(one(), top).priority is CRITICAL


def test_an_item_that_a_person_set_lends_what_the_person_said() -> None:
    lowered = HumanEdit(LOW, NOW - DAY, "ana", "jira PAY-1")
    assert ruled(one(), one("pay/top", score=card(95), edit=lowered, needs=frozenset({"pay/x"}))).priority is MEDIUM
    raised = HumanEdit(CRITICAL, NOW - DAY, "ana", "jira PAY-1")
    assert ruled(one(), one("pay/top", score=card(20), edit=raised, needs=frozenset({"pay/x"}))).priority is CRITICAL


def test_a_pin_ends_with_its_last_day() -> None:
    assert ruled(one(pin=Pin(HIGH, until=TODAY))).priority is HIGH
    ended = ruled(one(pin=Pin(HIGH, until=date(2026, 2, 9))))
    assert ended.priority is MEDIUM
    assert "ended on 2026-02-09" in said(ended, StepName.PIN)


def test_a_pin_against_a_floor_loses_with_a_warning_and_a_remedy() -> None:
    ruling = ruled(one(pin=Pin(LOW), floor=Floor(CRITICAL, "severity S1")))
    assert ruling.priority is CRITICAL
    assert "remove the pin" in ruling.warning
    assert not ruled(one(pin=Pin(CRITICAL), floor=Floor(HIGH, "the label security"))).warning


@pytest.mark.parametrize("status", [Status.IN_REVIEW, Status.DONE, Status.RELEASED, Status.DECLINED])
def test_what_is_nearly_done_is_left_alone(status: Status) -> None:
    assert ruled(one(score=card(95), status=status, floor=Floor(CRITICAL, "severity S1"))).priority is MEDIUM


@pytest.mark.parametrize(
    ("ships", "shipped", "frozen"),
    [(12, False, True), (13, False, True), (14, False, False), (9, False, False), (12, True, False)],
)
def test_the_last_days_before_a_release_are_frozen(ships: int, shipped: bool, frozen: bool) -> None:
    ruling = ruled(one(score=card(95), ships=date(2026, 2, ships), shipped=shipped))
    assert (ruling.source is Source.FROZEN) is frozen


def test_a_persons_fresh_edit_stands_and_is_told_as_an_override() -> None:
    """An engineer's edit is respected and visible: neither stomped in silence nor winning in silence."""
    ruling = ruled(one(score=card(95), before=LOW, edit=HumanEdit(LOW, NOW - DAY, "ana", "jira PAY-1")))
    assert (ruling.priority, ruling.source, ruling.override) == (LOW, Source.HUMAN, True)
    assert "ana set low in jira PAY-1; it stands until 2026-02-23; else it would be critical" in said(ruling, StepName.HUMAN)


def test_an_old_edit_stands_no_more_and_an_agreeing_one_is_no_override() -> None:
    assert ruled(one(score=card(95), edit=HumanEdit(LOW, NOW - 15 * DAY, "ana", "jira"))).priority is CRITICAL
    assert not ruled(one(edit=HumanEdit(MEDIUM, NOW, "ana", "jira"))).override


def test_more_changes_than_the_budget_are_held_all_together_until_approved() -> None:
    many = crowd(range(1, 41), lambda _: MINOR)
    held = decide(State(), many, NOW, Policy())
    assert held.held
    assert not any(ruling.changed for ruling in held.rulings)
    assert any(ruling.source is Source.HELD and ruling.wanted is CRITICAL for ruling in held.rulings)
    approved = decide(held.state, many, NOW, Policy(), approved=True)
    assert sum(ruling.changed for ruling in approved.rulings) == approved.asked > approved.limit


def test_a_place_is_written_only_where_it_would_show_something_else() -> None:
    """Requests 1 and 2: every place where the priority shows, compared as that place shows it; a lossy scale is no reason to write."""
    field = Showing("github field Priority", "Low", {LOW: "Low", MINOR: "Low", HIGH: "High"})
    label = Showing("github label", "priority:low", {LOW: "priority:low", MINOR: "priority:minor"})
    ruling = ruled(one(score=card(3), before=LOW, showings=(field, label)))
    assert [(write.place, write.shows, write.to) for write in ruling.writes] == [
        ("github label", "priority:low", "priority:minor")
    ]


def test_a_place_that_cannot_show_the_priority_is_named() -> None:
    assert ruled(one(score=card(95), showings=(Showing("desk tag", "", {LOW: "low"}),))).unshown == ("desk tag",)


def test_a_lift_goes_with_its_reason_even_where_nothing_is_scored() -> None:
    """An unscored item that inherited a priority returns to its own when nobody waits for it any more."""
    blocker = one("pay/x", score=None, profile=None, before=LOW)
    top = one("pay/top", score=card(95), before=CRITICAL, needs=frozenset({"pay/x"}))
    first = decide(State(), [blocker, top], NOW, LOOSE)
    assert first.ruling("pay/x").priority is CRITICAL
    lifted = dataclasses.replace(blocker, before=CRITICAL)
    done = dataclasses.replace(top, status=Status.DONE)
    assert decide(first.state, [lifted, done], NOW, LOOSE).ruling("pay/x").priority is LOW


def test_an_item_that_is_away_for_a_while_is_remembered() -> None:
    state = decide(State(), [one(score=card(60))], NOW, LOOSE).state
    state = decide(state, [], NOW + DAY, LOOSE).state
    assert decide(state, [one(score=card(80))], NOW + 2 * DAY, LOOSE).rulings[0].priority is MEDIUM
    assert not decide(state, [], NOW + 200 * DAY, LOOSE).state.items


def test_one_notch_in_one_input_tells_a_soft_rank_from_a_hard_one() -> None:
    """Request 42: raters seldom agree more closely than a notch; a rank that hangs on one is soft."""
    scores = [value(v) for v in (1, 10, 100, 101, 1000)]
    decided = decide(State(), [one(f"pay/{i}", score=s, profile=VALUE) for i, s in enumerate(scores)], NOW, LOOSE)
    near, far = decided.ruling("pay/2").reach, decided.ruling("pay/4").reach
    assert near is not None
    assert far is not None
    assert (near.best, near.rank, near.worst) == (2, 3, 3)
    assert (near.soft, far.soft) == (False, False)
    soft = decide(State(), [one(score=card(66))], NOW, LOOSE).rulings[0].reach
    assert soft is not None
    assert soft.soft


def test_explain_prints_inputs_steps_and_the_range_of_the_rank() -> None:
    """Request 42 once more: the numbers stand beside the result."""
    contender = one(score=card(80), before=MEDIUM)
    lines = explain(ruled(contender), contender.score)
    assert lines[0] == "pay/x: medium -> high (score)"
    assert lines[1] == "    worth 80, from metric"
    assert [line[:3].strip() for line in lines[2:12]] == [f"{number}." for number in range(1, 11)]
    assert lines[12] == "rank 1 of 1, soft: one notch in one input makes it 1 to 1"


def test_a_plans_line_says_why_in_one_clause() -> None:
    lines = {
        reason(ruled(one(score=card(80)))): "weighted 80, p50: rank 1 of 1 in pay work, new: high at once",
        reason(ruled(one(pin=Pin(LOW, reason="parked")))): "pinned to low: parked",
        reason(ruled(one(floor=Floor(CRITICAL, "severity S1")))): "severity S1: at least critical",
        reason(ruled(one(status=Status.DONE))): "the item is done: the priority stays medium",
        reason(ruled(one(score=None))): "unscored: nothing is known",
    }
    assert list(lines) == list(lines.values())


def test_a_state_survives_being_written_down() -> None:
    """The store keeps it between runs as plain data."""
    lifted = one("pay/y", score=None, floor=Floor(HIGH, "the label security"), before=None)
    state = decide(State(), [one(), lifted], NOW, LOOSE).state
    assert state.lifted
    assert msgspec.convert(json.loads(json.dumps(msgspec.to_builtins(state))), State) == state


def test_contenders_are_made_from_the_files_of_all_lines() -> None:
    """Request 39: one profile per line; needs across lines are found."""
    release = PlannedRelease("r1", "R 1", ship=Period.parse("2026-02-12"))
    pay = Roadmap(
        "pay",
        weights={"worth": 1},
        releases={"r1": release},
        items={
            "sso": Entry("sso", needs=("web/login",), release="r1", inputs={Framework.WEIGHTED: {"worth": Amount(90)}}),
            "leak": Entry("leak", kind=Kind.BUG, severity=Severity.S1, kano=Kano.INDIFFERENT),
        },
    )
    web = Roadmap("web", items={"login": Entry("login")})
    found = {
        c.key: c for c in contenders([pay, web], {"pay/sso": Facts(HIGH)}, ProfileBook(Profile("c", Framework.WEIGHTED)), TODAY)
    }
    sso, leak = found["pay/sso"], found["pay/leak"]
    assert isinstance(sso.score, Score)
    assert (sso.score.value, sso.needs, sso.ships, sso.before) == (90, {"web/login"}, date(2026, 2, 12), HIGH)
    assert (leak.group, leak.floor and leak.floor.priority, leak.cap and leak.cap.priority) == ("bugs", CRITICAL, LOW)
    assert isinstance(found["web/login"].score, Unscored)


# Laws.

SCORES = st.lists(st.floats(0.1, 1e6), min_size=1, max_size=60)
PRIORITIES = st.sampled_from([None, *Priority])


@st.composite
def worlds(draw: st.DrawFn) -> list[Contender]:
    """Contenders with everything that may bear upon them, needs and cycles included."""
    count = draw(st.integers(1, 14))
    keys = [f"pay/{index}" for index in range(count)]
    floors = st.one_of(st.none(), st.builds(Floor, st.sampled_from([CRITICAL, HIGH]), st.just("severity S1")))
    pins = st.one_of(st.none(), st.builds(Pin, st.sampled_from(list(Priority)), st.sampled_from([None, TODAY, date(2026, 1, 1)])))
    edits = st.one_of(
        st.none(), st.builds(HumanEdit, PRIORITIES, st.sampled_from([NOW, NOW - 30 * DAY]), st.just("ana"), st.just("jira"))
    )
    scores = st.one_of(st.none(), st.builds(value, st.floats(1, 100)), st.builds(card, st.floats(0, 100)))
    profiles = {Framework.VALUE: VALUE, Framework.WEIGHTED: CARD}
    drawn = {key: draw(scores) for key in keys}
    return [
        one(
            key,
            score=drawn[key],
            profile=None if drawn[key] is None else profiles[drawn[key].framework],
            before=draw(PRIORITIES),
            status=draw(st.sampled_from(list(Status))),
            floor=draw(floors),
            pin=draw(pins),
            edit=draw(edits),
            needs=frozenset(draw(st.lists(st.sampled_from(keys), max_size=2))),
        )
        for key in keys
    ]


def rested(contenders: Sequence[Contender], runs: int = 4) -> Decided:
    """Decided on again and again until nothing moves."""
    state = State()
    for _ in range(runs):
        decided = decide(state, contenders, NOW, LOOSE)
        state = decided.state
    return decided


@given(SCORES)
@QUICK
def test_a_higher_score_never_gets_a_lower_priority(scores: list[float]) -> None:
    """For items that are new; for old ones up to the margin, which the next law tells."""
    decided = decide(State(), crowd(scores), NOW, LOOSE)
    pairs = sorted(
        (score, ruling.priority.rank) for score, ruling in zip(scores, decided.rulings, strict=True) if ruling.priority
    )
    assert all(low[1] >= high[1] for low, high in itertools.pairwise(pairs) if low[0] < high[0])


@given(SCORES, st.randoms(use_true_random=False))
@QUICK
def test_at_rest_a_score_ahead_by_two_margins_never_has_a_lower_priority(scores: list[float], rng: random.Random) -> None:
    state = decide(State(), crowd(rng.sample(scores, len(scores))), NOW, LOOSE).state
    for _ in range(6):
        decided = decide(state, crowd(scores), NOW, LOOSE)
        state = decided.state
    seen = [(ruling.steps[1].numbers["percentile"], ruling.priority.rank) for ruling in decided.rulings if ruling.priority]
    assert all(a[1] <= b[1] for a in seen for b in seen if float(a[0]) >= float(b[0]) + 2 * LOOSE.stability.margin)


@given(worlds())
@QUICK
def test_a_pin_always_wins_unless_a_floor_a_freeze_or_a_fresh_edit_speaks_against_it(contenders: list[Contender]) -> None:
    for contender, ruling in zip(sorted(contenders, key=lambda c: c.key), rested(contenders).rulings, strict=True):
        fresh = contender.edit is not None and contender.edit.at == NOW
        frozen = contender.status.category.value == "done" or contender.status is Status.IN_REVIEW
        if contender.pin is None or not contender.pin.holds(TODAY) or fresh or frozen:
            continue
        floor = contender.floor.priority if contender.floor else contender.pin.priority
        assert ruling.priority is min(contender.pin.priority, floor, key=lambda priority: priority.rank)


@given(worlds(), st.integers(0, 5), st.sampled_from([0.0, 0.2, 0.5]))
@QUICK
def test_the_budget_is_never_exceeded(contenders: list[Contender], count: int, share: float) -> None:
    decided = decide(State(), contenders, NOW, Policy(max_changes=count, max_share=share))
    changes = sum(ruling.changed for ruling in decided.rulings)
    assert changes <= decided.limit
    assert decided.held == (decided.asked > decided.limit)


@given(worlds(), st.randoms(use_true_random=False))
@QUICK
def test_the_order_of_the_contenders_does_not_matter(contenders: list[Contender], rng: random.Random) -> None:
    assert decide(State(), contenders, NOW, LOOSE) == decide(State(), rng.sample(contenders, len(contenders)), NOW, LOOSE)


@given(worlds())
@QUICK
def test_deciding_again_on_what_was_decided_changes_nothing(contenders: list[Contender]) -> None:
    decided = rested(contenders)
    after = [dataclasses.replace(c, before=decided.ruling(c.key).priority) for c in contenders]
    again = decide(decided.state, after, NOW, LOOSE)
    assert [ruling.priority for ruling in again.rulings] == [ruling.priority for ruling in decided.rulings]


@given(worlds())
@QUICK
def test_no_open_item_is_below_its_floor_unless_it_is_frozen_or_a_person_said_so(contenders: list[Contender]) -> None:
    for contender, ruling in zip(sorted(contenders, key=lambda c: c.key), rested(contenders).rulings, strict=True):
        if contender.floor is not None and ruling.source not in (Source.FROZEN, Source.HUMAN):
            assert ruling.priority is not None
            assert ruling.priority.rank <= contender.floor.priority.rank
