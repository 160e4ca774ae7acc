"""The formulas, as functions of plain numbers in the units that each docstring names. Reading amounts is ``measures``' task."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


def rice(reach: float, impact: float, confidence: float, effort: float) -> float:
    """Reach x impact x confidence / effort (Sean McBride, Intercom, 2016: "RICE: simple prioritization for product managers").

    Args:
        reach: people or events per quarter; 0 is legal.
        impact: 3 massive, 2 high, 1 medium, 0.5 low, 0.25 minimal, per person reached.
        confidence: share, 0 to 1; 1 high, 0.8 medium, 0.5 low, less is a moonshot.
        effort: person-months, above 0.

    Returns:
        impact-weighted people per quarter and person-month.
    """
    return reach * impact * confidence / effort


def ice(impact: float, confidence: float, ease: float) -> float:
    """Impact x confidence x ease (Sean Ellis, "Hacking Growth", 2017). The product, not the average that some use.

    Args:
        impact: 1 to 10.
        confidence: 1 to 10.
        ease: 1 to 10; the more, the *less* work.

    Returns:
        1 to 1000, without a unit.
    """
    return impact * confidence * ease


def wsjf(value: float, urgency: float, risk: float, size: float) -> float:
    """(Business value + time criticality + risk reduction or opportunity enablement) / job size (SAFe, "Weighted Shortest Job First").

    All four are relative to the other jobs of the batch, on 1, 2, 3, 5, 8, 13, 20, so that results are comparable within one batch only.
    A sum of relative guesses is not a cost of delay (J. Yip): where money is known, ``cd3`` says more.

    Args:
        value: to the users or the business.
        urgency: how the value falls with time.
        risk: what risk it takes away, or what it makes possible.
        size: of the job, above 0.
    """
    return (value + urgency + risk) / size


class Shape(StrEnum):
    """How the cost of a delay runs over time."""

    LINEAR = "linear"
    FIXED_DATE = "fixed_date"
    DECAYING = "decaying"


def cd3(cost_of_delay: float, duration: float, share: float = 1.0) -> float:
    """Cost of delay divided by duration (Donald Reinertsen 2009; Joshua Arnold, Black Swan Farming). It orders work, it is no case for an investment.

    Args:
        cost_of_delay: money per week.
        duration: weeks on the calendar (not effort), above 0.
        share: how much of the cost counts today, 0 to 1: ``cost_share``.

    Returns:
        money per week, for each week of doing it.
    """
    return cost_of_delay * share / duration


def cost_share(shape: Shape, *, duration: float, weeks_left: float | None, age: float, half_life: float) -> float:
    """How much of a cost of delay counts today.

    Args:
        shape: ``linear`` always all of it; ``fixed_date`` none before the last responsible moment, which is the duration before the
            date, all of it from then on; ``decaying`` halves every ``half_life`` weeks.
        duration: weeks.
        weeks_left: to the date; None where there is no date, which then counts as now.
        age: weeks since the cost was estimated.
        half_life: weeks, above 0.
    """
    if shape is Shape.FIXED_DATE:
        return 1.0 if weeks_left is None or weeks_left <= duration else 0.0
    return 0.5 ** (max(age, 0.0) / half_life) if shape is Shape.DECAYING else 1.0


def weighted(points: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """The weighted scorecard (the linear additive model: Keeney and Raiffa 1976): sum of weight x points, costs with negative weights.

    It is divided by the sum of the positive weights, so that 100 is the best there is. The points stand on fixed anchors: an outlier,
    or a new item, changes nobody else's score (normalising over the items at hand would).

    Args:
        points: by criterion, 0 to 100.
        weights: by criterion; the sum of the positive ones is above 0.
    """
    return sum(weights[name] * points[name] for name in sorted(weights)) / sum(
        weight for weight in weights.values() if weight > 0
    )


def value_per_effort(value: float, effort: float) -> float:
    """Value / effort: the return on the scarce thing.

    Args:
        value: in any one unit, the same for all.
        effort: in the profile's unit, above 0.
    """
    return value / effort


class Quadrant(StrEnum):
    """Where an item lies in the square of value and effort."""

    QUICK_WIN = "quick win"
    BIG_BET = "big bet"
    FILL_IN = "fill-in"
    MONEY_PIT = "money pit"


def quadrant(value: float, effort: float, borders: tuple[float, float]) -> Quadrant:
    """The quadrant by fixed borders ``(value, effort)``. Borders at the medians would move items that nobody touched."""
    if value >= borders[0]:
        return Quadrant.QUICK_WIN if effort <= borders[1] else Quadrant.BIG_BET
    return Quadrant.FILL_IN if effort <= borders[1] else Quadrant.MONEY_PIT


def opportunity(importance: float, satisfaction: float) -> float:
    """Importance + max(importance - satisfaction, 0) (Anthony Ulwick, "What Customers Want", 2005); of one segment of customers.

    Args:
        importance: share of the asked who rate it 4 or 5 of 5, times 10: 0 to 10.
        satisfaction: the same.

    Returns:
        0 to 20: above 15 extreme, 12 to 15 ripe, 10 to 12 worth a look, below that served well enough.
    """
    return importance + max(importance - satisfaction, 0.0)
