"""Scores: formulas, what input they take, and what is refused."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmsync.model.enums import Kind
from pmsync.model.roadmap import INPUTS, Amount, Entry, Framework, Kano, MetricInput, Moscow, Roadmap
from pmsync.product import formulas
from pmsync.product.evidence import Evidence, Score, Unscored
from pmsync.product.formulas import Quadrant, Shape
from pmsync.product.gates import cap_of, kano_of, lint_moscow, lint_wsjf
from pmsync.product.profiles import Anchor, Profile, ProfileBook, ProfileRule, with_weights
from pmsync.product.scoring import Occasion, evidence_of, inputs_of, score, wanted_metrics

TODAY = date(2026, 2, 1)
RICE = Profile("rice", Framework.RICE)
ICE = Profile("ice", Framework.ICE)
WSJF = Profile("wsjf", Framework.WSJF)
CD3 = Profile("cd3", Framework.CD3)
CARD = Profile("card", Framework.WEIGHTED, weights={"value": 60, "fit": 40, "cost": -50})
VALUE = Profile("value", Framework.VALUE)
OPPORTUNITY = Profile("opportunity", Framework.OPPORTUNITY)


def amounts(**given: float | Amount) -> dict[str, Evidence]:
    """Evidence from bare numbers and amounts."""
    return {name: Evidence(one if isinstance(one, Amount) else Amount(one), f"file:{name}") for name, one in given.items()}


def scored(profile: Profile, occasion: Occasion | None = None, **given: float | Amount) -> Score:
    outcome = score(profile, amounts(**given), occasion or Occasion(TODAY))
    assert isinstance(outcome, Score), outcome.why
    return outcome


def refused(profile: Profile, **given: float | Amount) -> Unscored:
    outcome = score(profile, amounts(**given), Occasion(TODAY))
    assert isinstance(outcome, Unscored)
    return outcome


@pytest.mark.parametrize(
    ("profile", "given", "value"),
    [
        (
            RICE,
            {"reach": Amount(4200, per="quarter"), "impact": 2, "confidence": Amount(80, "%"), "effort": Amount(2.5, "months")},
            2688,
        ),
        (RICE, {"reach": Amount(1400, per="month"), "impact": 2, "confidence": 0.8, "effort": Amount(10, "weeks")}, 2688),
        (RICE, {"reach": Amount(16800, per="year"), "impact": 2, "confidence": 80, "effort": Amount(50, "days")}, 2688),
        (RICE, {"reach": 0, "impact": 1, "confidence": 1, "effort": 1}, 0),
        (ICE, {"impact": 8, "confidence": Amount(70, "%"), "ease": 5}, 280),
        (WSJF, {"value": 8, "urgency": 5, "risk": 3, "size": 2}, 8),
        (CD3, {"cost_of_delay": Amount(5200, "EUR", "year"), "duration": Amount(4, "weeks")}, 25),
        (CARD, {"value": 80, "fit": 50, "cost": 20}, 58),
        (VALUE, {"value": 30, "effort": Amount(2, "months")}, 15),
        (OPPORTUNITY, {"importance": Amount(90, "%"), "satisfaction": 4}, 14),
        (OPPORTUNITY, {"importance": 5, "satisfaction": 9}, 5),
    ],
)
def test_a_formula_gives_the_value_that_its_authors_would_get(
    profile: Profile, given: dict[str, float | Amount], value: float
) -> None:
    assert scored(profile, **given).value == pytest.approx(value)


@pytest.mark.parametrize("framework", [f for f in Framework if f is not Framework.WEIGHTED])
def test_missing_input_means_unscored_with_the_list_of_what_is_missing(framework: Framework) -> None:
    """Never a score of 0: it would sort like something worthless."""
    outcome = score(Profile("p", framework), {}, Occasion(TODAY))
    assert isinstance(outcome, Unscored)
    assert outcome.missing == tuple(inputs_of(Profile("p", framework)))
    assert set(INPUTS[framework]) <= set(outcome.missing)


@pytest.mark.parametrize(
    ("profile", "given", "what", "remedy"),
    [
        (RICE, {"reach": 1, "impact": 1, "confidence": 1, "effort": 0}, "not above 0", "estimate it"),
        (RICE, {"reach": 1, "impact": 1, "confidence": 1, "effort": -2}, "not above 0", "estimate it"),
        (RICE, {"reach": 1, "impact": 1, "confidence": 800, "effort": 1}, "above 100 %", "0% to 100%"),
        (RICE, {"reach": -1, "impact": 1, "confidence": 1, "effort": 1}, "below 0", "0 or more"),
        (RICE, {"reach": float("nan"), "impact": 1, "confidence": 1, "effort": 1}, "not a number", "write a number"),
        (RICE, {"reach": 1, "impact": 1, "confidence": 1, "effort": Amount(5, "points")}, "not in months", "points_per_month"),
        (RICE, {"reach": Amount(1, per="decade"), "impact": 1, "confidence": 1, "effort": 1}, "unknown time", "quarter or year"),
        (ICE, {"impact": 11, "confidence": 5, "ease": 5}, "scale from 1 to 10", "1 to 10"),
        (WSJF, {"value": 1, "urgency": 1, "risk": 1, "size": 0}, "not above 0", "estimate it"),
        (CD3, {"cost_of_delay": 1, "duration": 0}, "not above 0", "estimate it"),
        (CD3, {"cost_of_delay": 1, "duration": Amount(3, "points")}, "no duration", "weeks"),
        (OPPORTUNITY, {"importance": 12, "satisfaction": 5}, "scale from 0 to 10", "0 to 10"),
        (Profile("c", Framework.WEIGHTED, weights={"a": 0, "b": 0}), {"a": 1, "b": 1}, "sum to 0", "above 0"),
        (Profile("c", Framework.WEIGHTED, weights={"a": 1}, anchors={"a": Anchor(5, 5)}), {"a": 1}, "are the same", "worth 0"),
        (Profile("none", None), {}, "no formula", "name a framework"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_remedy(
    profile: Profile, given: dict[str, float | Amount], what: str, remedy: str
) -> None:
    """Effort 0, confidence 800, weights that sum to 0 and their like."""
    (fault,) = refused(profile, **given).faults
    assert what in fault.message
    assert remedy in fault.remedy


def test_a_score_keeps_inputs_sources_dates_and_the_hash_of_its_profile() -> None:
    """Request 41: a score can be traced to what it was made of."""
    evidence = amounts(reach=100, impact=2, confidence=0.8, effort=2) | {
        "reach": Evidence(Amount(100), "metric users", date(2026, 1, 20), measured=True)
    }
    outcome = score(RICE, evidence, Occasion(TODAY))
    assert isinstance(outcome, Score)
    assert outcome.inputs["reach"].evidence == evidence["reach"]
    assert (outcome.at, outcome.profile) == (TODAY, RICE.fingerprint)


def test_the_fingerprint_changes_with_what_changes_scores_and_not_with_the_name() -> None:
    assert Profile("a", Framework.RICE).fingerprint == Profile("b", Framework.RICE).fingerprint
    assert CARD.fingerprint != Profile("card", Framework.WEIGHTED, weights={"value": 61, "fit": 40, "cost": -50}).fingerprint


def test_values_off_a_scale_are_taken_with_a_warning() -> None:
    warnings = scored(RICE, reach=1, impact=1.5, confidence=0.3, effort=1).warnings
    assert any("off the scale" in warning for warning in warnings)
    assert any("moonshot" in warning for warning in warnings)


def test_a_small_survey_is_flagged() -> None:
    evidence = {name: Evidence(Amount(5), "survey", sample=12) for name in ("importance", "satisfaction")}
    outcome = score(OPPORTUNITY, evidence, Occasion(TODAY))
    assert isinstance(outcome, Score)
    assert "12 answers" in outcome.warnings[0]


def test_moscow_goes_before_the_secondary_score() -> None:
    profile = Profile("m", Framework.RICE, moscow=True)
    must = scored(profile, Occasion(TODAY, Moscow.MUST), reach=1, impact=1, confidence=1, effort=1)
    could = scored(profile, Occasion(TODAY, Moscow.COULD), reach=9000, impact=3, confidence=1, effort=1)
    assert must.key > could.key
    assert score(profile, amounts(reach=1, impact=1, confidence=1, effort=1), Occasion(TODAY)).missing == ("moscow",)  # type: ignore[union-attr]  # unscored


def test_an_anchor_may_run_backwards_and_clamps() -> None:
    profile = Profile("c", Framework.WEIGHTED, weights={"age": 1}, anchors={"age": Anchor(worst=30, best=0)})
    assert scored(profile, age=15).value == 50
    assert scored(profile, age=90).value == 0


def test_one_outlier_changes_nobody_elses_scorecard() -> None:
    """Points stand on fixed anchors, not on the items at hand."""
    before = scored(CARD, value=80, fit=50, cost=20)
    scored(CARD, value=10_000, fit=50, cost=20)
    assert scored(CARD, value=80, fit=50, cost=20) == before


@pytest.mark.parametrize(("left", "share"), [(10.0, 0.0), (4.0, 1.0), (-1.0, 1.0), (None, 1.0)])
def test_a_fixed_date_costs_nothing_before_the_last_responsible_moment(left: float | None, share: float) -> None:
    assert formulas.cost_share(Shape.FIXED_DATE, duration=4, weeks_left=left, age=0, half_life=1) == share


def test_a_decaying_cost_halves() -> None:
    profile = Profile("d", Framework.CD3, shape=Shape.DECAYING, half_life=2)
    evidence = {"cost_of_delay": Evidence(Amount(100), "f", date(2026, 1, 18)), "duration": Evidence(Amount(1), "f")}
    outcome = score(profile, evidence, Occasion(TODAY))
    assert isinstance(outcome, Score)
    assert outcome.value == 50


def test_points_and_months_go_together_where_the_profile_says_how() -> None:
    profile = Profile("r", Framework.RICE, points_per_month=10)
    assert scored(profile, reach=100, impact=1, confidence=1, effort=Amount(20, "points")).value == 50
    points = Profile("v", Framework.VALUE, effort_unit="points", points_per_month=10)
    assert scored(points, value=100, effort=Amount(2, "weeks")).value == 20


def test_the_most_particular_profile_is_found() -> None:
    """Request 39: templates per product line and kind."""
    book = ProfileBook(
        RICE,
        (ProfileRule(ICE, kinds=frozenset({Kind.BUG})), ProfileRule(WSJF, "pay"), ProfileRule(CD3, "pay", frozenset({Kind.BUG}))),
    )
    found = [book.find(line, kind) for line in ("pay", "web") for kind in (Kind.BUG, Kind.EPIC)]
    assert found == [CD3, WSJF, ICE, RICE]


def test_a_lines_file_gives_the_weights_of_the_scorecard() -> None:
    roadmap = Roadmap("pay", weights={"value": 1.0})
    assert with_weights(Profile("c", Framework.WEIGHTED), roadmap).weights == {"value": 1.0}
    assert with_weights(RICE, roadmap) is RICE


def test_evidence_comes_from_the_file_then_from_metrics_and_other_systems() -> None:
    entry = Entry(
        "sso", effort=Amount(2, "months"), inputs={Framework.RICE: {"reach": MetricInput("users"), "impact": Amount(2)}}
    )
    users = Evidence(Amount(500), "metric users", measured=True)
    fields = {
        "confidence": Evidence(Amount(80, "%"), "jira PAY-1 Confidence"),
        "impact": Evidence(Amount(1), "jira PAY-1 Impact"),
    }
    found = evidence_of(entry, Framework.RICE, metrics={"users": users}, fields=fields)
    assert [found[name].amount.value for name in ("reach", "impact", "confidence", "effort")] == [500, 2, 80, 2]
    assert wanted_metrics(entry) == {"users"}


def test_a_metric_without_a_point_leaves_its_input_missing() -> None:
    entry = Entry("sso", inputs={Framework.RICE: {"reach": MetricInput("users")}})
    assert "reach" not in evidence_of(entry, Framework.RICE, fields={"reach": Evidence(Amount(9), "jira")})


@pytest.mark.parametrize(
    ("functional", "dysfunctional", "kano"),
    [
        (1, 5, Kano.PERFORMANCE),
        (1, 3, Kano.DELIGHTER),
        (3, 5, Kano.BASIC),
        (3, 3, Kano.INDIFFERENT),
        (5, 1, Kano.REVERSE),
        (1, 1, None),
        (5, 5, None),
    ],
)
def test_a_pair_of_answers_gives_its_kano_class(functional: int, dysfunctional: int, kano: Kano | None) -> None:
    assert kano_of(functional, dysfunctional) is kano


def test_kano_caps_what_nobody_cares_for() -> None:
    caps = [cap_of(Entry("x", kano=kano)) for kano in (Kano.INDIFFERENT, Kano.REVERSE, Kano.BASIC)]
    assert [cap.priority.value if cap else None for cap in caps] == ["low", "minor", None]


def test_too_many_musts_are_told() -> None:
    assert lint_moscow({"a": (Moscow.MUST, 7), "b": (Moscow.COULD, 3)}) is not None
    assert lint_moscow({"a": (Moscow.MUST, 6), "b": (None, 4)}) is None
    assert lint_moscow({}) is None


def test_a_wsjf_column_without_a_one_is_told() -> None:
    batch = [scored(WSJF, value=2, urgency=1, risk=1, size=1), scored(WSJF, value=3, urgency=1, risk=2, size=5)]
    assert lint_wsjf(batch) == ("no item has value 1: the smallest one should",)


def test_quadrants_have_fixed_borders() -> None:
    found = [formulas.quadrant(value, effort, (5, 3)) for value in (9, 1) for effort in (1, 9)]
    assert found == [Quadrant.QUICK_WIN, Quadrant.BIG_BET, Quadrant.FILL_IN, Quadrant.MONEY_PIT]


@given(st.floats(0, 1e6), st.sampled_from([0.25, 0.5, 1, 2, 3]), st.floats(0, 1), st.floats(0.1, 50))
@settings(deadline=None)
def test_rice_grows_with_reach_and_falls_with_effort(reach: float, impact: float, confidence: float, effort: float) -> None:
    base = formulas.rice(reach, impact, confidence, effort)
    assert formulas.rice(reach + 1, impact, confidence, effort) >= base
    assert formulas.rice(reach, impact, confidence, effort * 2) <= base


@given(st.sampled_from(list(Framework)), st.integers(0, 20), st.floats(1, 10))
@settings(deadline=None)
def test_a_notch_never_leaves_the_scale(framework: Framework, place: int, number: float) -> None:
    profile = CARD if framework is Framework.WEIGHTED else Profile("p", framework)
    measures = list(inputs_of(profile).values())
    lower, upper = measures[place % len(measures)].notches(number)
    assert lower <= number <= upper
