"""Selecting what fits a period: musts first, closure, locks, shares, what the next points buy, and the edits that follow."""

from __future__ import annotations

import random
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmsync.model.enums import Kind, Status
from pmsync.model.periods import Period
from pmsync.model.roadmap import Amount, Capacity, Decision, Entry, Framework, Horizon, Moscow, Roadmap, Verdict
from pmsync.product.evidence import Evidence, Score, Taken, Unscored, Unusable
from pmsync.product.profiles import RICE
from pmsync.product.scoring import Occasion, score
from pmsync.product.selection.propose import benefit_of, budget_of, choice_of, edits_of
from pmsync.product.selection.select import must_costs, next_gains, select
from pmsync.product.selection.values import Budget, Candidate

Q1 = Period.parse("2026Q1")
TODAY = date(2026, 1, 5)


def item(key: str, value: float | None, effort: float | None, needs: str = "", **settings: object) -> Candidate:
    return Candidate(key, value, effort, needs=frozenset(needs.split()), **settings)  # type: ignore[arg-type]  # keywords of a test


def test_the_best_set_is_better_than_the_best_ratio() -> None:
    """By value per effort ``a`` would go first, and leave no room for anything else."""
    chosen = select([item("a", 11, 6), item("b", 9, 5), item("c", 9, 5)], Budget(10))
    assert (chosen.chosen, chosen.value, chosen.effort, chosen.exact, chosen.gap) == (("b", "c"), 18, 10, True, 0)
    assert chosen.left == {"a": "it does not fit beside what is worth more"}


def test_musts_and_started_items_come_first_with_all_they_need() -> None:
    candidates = [
        item("must", 0, 3, "base", must=True),
        item("base", None, 2),
        item("begun", 1, 2, started=True),
        item("best", 99, 4),
    ]
    chosen = select(candidates, Budget(8))
    assert chosen.chosen == chosen.locked == ("base", "begun", "must")
    assert "best" in chosen.left


def test_an_item_comes_with_what_it_needs() -> None:
    candidates = [item("top", 50, 2, "mid"), item("mid", 0, 2, "base"), item("base", 0, 2), item("alone", 30, 3)]
    assert select(candidates, Budget(6)).chosen == ("base", "mid", "top")
    assert select(candidates, Budget(5)).chosen == ("alone",)


def test_items_that_need_each_other_come_together_or_not_at_all() -> None:
    ring = [item("a", 5, 2, "b"), item("b", 5, 2, "a"), item("c", 8, 3)]
    assert select(ring, Budget(4)).chosen == ("a", "b")
    assert select(ring, Budget(3)).chosen == ("c",)


def test_musts_that_do_not_fit_are_reported_as_the_smallest_set_that_overflows() -> None:
    candidates = [item("big", 1, 8, must=True), item("mid", 1, 5, must=True), item("small", 1, 1, must=True), item("other", 9, 1)]
    over = select(candidates, Budget(10))
    assert over.overflow == ("big", "mid")
    assert over.chosen == ("big", "mid", "small")
    assert over.left["other"] == "what is locked does not fit already"


def test_shares_go_before_value() -> None:
    candidates = [item("f1", 90, 5, bucket="feature"), item("f2", 80, 5, bucket="feature"), item("bug", 1, 2, bucket="bug")]
    chosen = select(candidates, Budget(10, buckets={"bug": 0.2}))
    assert "bug" in chosen.chosen
    assert [(share.name, share.wanted, share.given, share.short) for share in chosen.shares] == [("bug", 2, 2, 0)]


def test_shares_are_measured_exactly_however_coarse_the_efforts_are() -> None:
    candidates = [item("bug", 0, 10, bucket="bugs"), item("feature", 2, 5, bucket="features")]
    assert select(candidates, Budget(10, buckets={"bugs": 0.4, "features": 0.2})).chosen == ("bug",)


def test_a_share_without_enough_candidates_takes_nothing_from_the_others() -> None:
    chosen = select([item("f", 9, 8, bucket="feature"), item("bug", 1, 1, bucket="bug")], Budget(10, buckets={"bug": 0.5}))
    assert chosen.chosen == ("bug", "f")
    assert chosen.shares[0].short == 4


def test_every_line_gets_its_share() -> None:
    candidates = [item(f"a{n}", 50, 2, line="a") for n in range(6)] + [item(f"b{n}", 10, 2, line="b") for n in range(6)]
    chosen = select(candidates, Budget(10, lines={"a": 0.6, "b": 0.4})).chosen
    assert [sum(key.startswith(line) for key in chosen) for line in "ab"] == [3, 2]


def test_the_buffer_is_kept_free() -> None:
    assert select([item("a", 1, 9)], Budget(10, buffer=0.2)).chosen == ()


def test_what_nobody_estimated_or_what_waits_for_strangers_is_no_choice() -> None:
    candidates = [item("vague", 9, None), item("after", 9, 1, "vague"), item("far", 9, 1, "web/login"), item("plain", 1, 1)]
    chosen = select(candidates, Budget(10))
    assert chosen.chosen == ("plain",)
    assert chosen.left == {
        "vague": "nobody estimated its effort",
        "after": "it needs vague, which cannot be chosen",
        "far": "it needs web/login, which is not up for choice",
    }


def test_an_unscored_item_comes_in_only_where_something_needs_it() -> None:
    candidates = [item("blocker", None, 1), item("top", 5, 1, "blocker"), item("unknown", None, 1)]
    chosen = select(candidates, Budget(10))
    assert chosen.chosen == ("blocker", "top")
    assert "nobody scored it" in chosen.left["unknown"]


def test_halves_and_hundredths_of_effort_are_exact() -> None:
    chosen = select([item("a", 5, 0.5), item("b", 5, 1.25), item("c", 1, 0.25)], Budget(1.75))
    assert (chosen.chosen, chosen.effort, chosen.grain) == (("a", "b"), 1.75, 0)


def test_a_capacity_too_fine_to_tabulate_is_rounded_and_says_so() -> None:
    """Efforts are rounded up, so that the proposal fits; it is not called exact, and its bound and gap are told."""
    rng = random.Random(1)
    candidates = [item(f"i{n:03}", rng.randint(1, 99), rng.randint(1001, 19_999) / 1000) for n in range(100)]
    chosen = select(candidates, Budget(300))
    assert chosen.grain > 0
    assert not chosen.exact
    assert chosen.effort <= 300
    assert chosen.bound >= chosen.value


@pytest.mark.parametrize(
    ("budget", "words"),
    [
        (Budget(-1), "capacity"),
        (Budget(float("nan")), "capacity"),
        (Budget(1, buffer=1), "buffer"),
        (Budget(1, lines={"a": 0.7, "b": 0.5}), "120%"),
        (Budget(1, buckets={"a": -0.1}), "shares"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused_with_a_remedy(budget: Budget, words: str) -> None:
    with pytest.raises(Unusable, match=words) as refused:
        select([item("a", 1, 1)], budget)
    assert refused.value.remedy


def test_candidates_that_make_no_sense_are_refused() -> None:
    for candidates in ([item("a", -1, 1)], [item("a", 1, float("inf"))], [item("a", 1, 1), item("a", 2, 2)]):
        with pytest.raises(Unusable):
            select(candidates, Budget(1))


def test_what_the_next_points_would_buy() -> None:
    candidates = [item("a", 10, 5), item("b", 9, 4), item("c", 4, 3)]
    gains = next_gains(candidates, Budget(5), [2, 4])
    assert [(gain.extra, gain.value, gain.enters, gain.leaves) for gain in gains] == [
        (2, 3, ("b", "c"), ("a",)),
        (4, 9, ("b",), ()),
    ]


def test_what_a_must_costs() -> None:
    candidates = [item("must", 1, 5, must=True), item("good", 1, 1, must=True), item("best", 20, 5)]
    assert must_costs(candidates, Budget(6)) == {"good": 0, "must": 19}


def test_sixty_candidates_with_dependencies_are_exact() -> None:
    for seed in range(4):
        rng = random.Random(seed)
        candidates = [
            item(
                f"i{n:02}",
                rng.randint(1, 90),
                rng.randint(1, 13),
                " ".join(f"i{m:02}" for m in rng.sample(range(n), min(n, rng.choice((0, 1, 2))))),
            )
            for n in range(60)
        ]
        assert select(candidates, Budget(120)).exact


def test_many_candidates_with_dependencies_tell_the_bound_and_the_gap() -> None:
    rng = random.Random(2)
    candidates = [
        item(
            f"i{n:03}",
            rng.randint(1, 900),
            rng.randint(1, 13),
            " ".join(f"i{m:03}" for m in rng.sample(range(n), min(n, rng.choice((0, 2, 3))))),
        )
        for n in range(150)
    ]
    chosen = select(candidates, Budget(300))
    assert chosen.bound >= chosen.value
    assert chosen.gap <= 0.05
    by_key = {candidate.key: candidate for candidate in candidates}
    assert all(by_key[key].needs <= set(chosen.chosen) for key in chosen.chosen)


@st.composite
def cases(draw: st.DrawFn) -> list[Candidate]:
    count = draw(st.integers(1, 12))
    keys = [f"i{n}" for n in range(count)]
    needs = [draw(st.lists(st.sampled_from(keys), max_size=2)) for _ in keys]
    numbers = st.integers(0, 20)
    return [
        Candidate(key, draw(numbers), draw(numbers), needs=frozenset(need) - {key}) for key, need in zip(keys, needs, strict=True)
    ]


@given(cases(), st.integers(0, 60), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_the_order_of_the_candidates_does_not_matter(candidates: list[Candidate], capacity: int, rng: random.Random) -> None:
    assert select(candidates, Budget(capacity)) == select(rng.sample(candidates, len(candidates)), Budget(capacity))


@given(cases(), st.integers(0, 60), st.integers(0, 10))
@settings(max_examples=80, deadline=None)
def test_more_capacity_is_never_worth_less(candidates: list[Candidate], capacity: int, extra: int) -> None:
    assert select(candidates, Budget(capacity + extra)).value >= select(candidates, Budget(capacity)).value


# From roadmaps, and back to their lines.


def scored(reach: float, effort: float) -> Score:
    given = {"reach": reach, "impact": 1, "confidence": 1, "effort": effort}
    outcome = score(RICE, {name: Evidence(Amount(value), "f") for name, value in given.items()}, Occasion(TODAY))
    assert isinstance(outcome, Score)
    return outcome


def test_value_is_the_benefit_without_the_effort_which_selecting_weighs_itself() -> None:
    assert benefit_of(scored(300, 2)) == 300
    assert benefit_of(Score(Framework.WEIGHTED, 70, "p", TODAY, inputs={"a": Taken(70)})) == 70


def plan() -> Roadmap:
    points = {"effort": Amount(3, "points")}
    entries = [
        Entry("sso", horizon=Horizon.NEXT, moscow=Moscow.MUST, needs=("tokens",), **points),
        Entry("tokens", kind=Kind.DEBT, horizon=Horizon.NOW, when=Q1, **points),
        Entry("dark", horizon=Horizon.NOT_PLANNED, **points),
        Entry("later", when=Period.parse("2026Q3"), **points),
        Entry("old", horizon=Horizon.NOW, **points),
        Entry("done", **points),
        Entry("no", decision=Decision(Verdict.DECLINED), **points),
        Entry("odd", effort=Amount(2, "weeks")),
    ]
    return Roadmap(
        "pay", capacity=(Capacity(Q1, Amount(6, "points")),), shares={Kind.DEBT: 0.3}, items={e.key: e for e in entries}
    )


def test_a_periods_candidates_are_what_nobody_decided_against_or_planned_for_later() -> None:
    choice = choice_of([plan()], {"pay/old": scored(5, 1)}, {"pay/done": Status.DONE, "pay/old": Status.BACKLOG}, Q1)
    assert [candidate.key for candidate in choice.candidates] == ["pay/sso", "pay/tokens", "pay/old", "pay/odd"]
    assert choice.passed == {
        "pay/dark": "it is not planned",
        "pay/later": "it is planned for 2026Q3",
        "pay/done": "it is done",
        "pay/no": "it was declined",
    }
    assert "points_per_month" in choice.faults[0].remedy


def test_the_budget_is_read_from_the_files() -> None:
    assert budget_of([plan()], Q1) == Budget(6, buckets={Kind.DEBT: 0.3})
    with pytest.raises(Unusable, match="capacity for 2027"):
        budget_of([plan()], Period.parse("2027"))


def test_a_selection_becomes_edits_of_the_files_and_nothing_else() -> None:
    lines = [plan()]
    choice = choice_of(lines, {"pay/old": scored(5, 1), "pay/sso": Unscored("p")}, {"pay/done": Status.DONE}, Q1)
    edits = edits_of(select(choice.candidates, budget_of(lines, Q1)), lines, Q1)
    assert [(edit.key, edit.name, edit.before, edit.after) for edit in edits] == [
        ("pay/sso", "horizon", "next", "now"),
        ("pay/sso", "when", "", "2026Q1"),
        ("pay/old", "horizon", "now", "next"),
    ]
