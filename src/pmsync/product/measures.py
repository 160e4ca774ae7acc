"""Reading an amount into the unit of a formula: shares, rates, efforts, scales. What cannot be read is refused with a remedy."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from pmsync.model.roadmap import Amount
from pmsync.product.evidence import Unusable

PER_QUARTER = {"": 1.0, "day": 365 / 4, "week": 13.0, "month": 3.0, "quarter": 1.0, "year": 0.25}
PER_WEEK = {"": 1.0, "day": 7.0, "week": 1.0, "month": 12 / 52, "quarter": 4 / 52, "year": 1 / 52}
MONTHS = {"months": 1.0, "weeks": 1 / 4, "days": 1 / 20, "hours": 1 / 160}
"""Of a person's work: a month has 4 weeks, 20 days, 160 hours."""
CALENDAR_WEEKS = {"": 1.0, "weeks": 1.0, "days": 1 / 5, "months": 13 / 3, "hours": 1 / 40}
IMPACTS = (0.25, 0.5, 1.0, 2.0, 3.0)
CONFIDENCES = (0.5, 0.8, 1.0)
RELATIVE = (1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 20.0)

Reader = Callable[[Amount], float]


@dataclass(frozen=True, slots=True)
class Measure:
    """How one input is read, and how far one notch of it goes.

    Attributes:
        read: the number in the formula's unit; raises ``Unusable``.
        ladder: the values that the scale knows; empty where any will do. A value off it is taken, with a warning.
        step: the length of a notch where there is no ladder; None for a quarter more, or a fifth less.
        bounds: what a notch does not leave.
    """

    read: Reader
    ladder: tuple[float, ...] = ()
    step: float | None = None
    bounds: tuple[float, float] = (0.0, math.inf)

    def notches(self, number: float) -> tuple[float, float]:
        """The values one notch below and above ``number``; itself at the end of the scale."""
        if self.ladder:
            lower = max((rung for rung in self.ladder if rung < number), default=number)
            return lower, min((rung for rung in self.ladder if rung > number), default=number)
        lower, upper = (number - self.step, number + self.step) if self.step is not None else (number * 0.8, number * 1.25)
        return max(self.bounds[0], min(number, lower)), min(self.bounds[1], max(number, upper))


def finite(amount: Amount) -> float:
    """The bare number.

    Raises:
        Unusable: it is not finite.
    """
    if not math.isfinite(amount.value):
        raise Unusable(f"{_said(amount)} is not a number to reckon with", "write a number")
    return amount.value


def at_least_zero(amount: Amount) -> float:
    """A number that may be 0."""
    number = finite(amount)
    if number < 0:
        raise Unusable(f"{_said(amount)} is below 0", "write 0 or more")
    return number


def per_quarter(amount: Amount) -> float:
    """A count per quarter; a bare number is one already."""
    return at_least_zero(amount) * _rate(amount, PER_QUARTER)


def per_week(amount: Amount) -> float:
    """Money per week; a bare number is one already."""
    return at_least_zero(amount) * _rate(amount, PER_WEEK)


def share(amount: Amount) -> float:
    """A share from 0 to 1: ``80%``, ``80`` and ``0.8`` are the same. 1 is all of it.

    Raises:
        Unusable: it is below 0 or above 100 %.
    """
    number = at_least_zero(amount)
    part = number / 100 if amount.unit == "%" or number > 1 else number
    if part > 1:
        raise Unusable(f"{_said(amount)} is above 100 %", "write how sure you are, from 0% to 100%")
    return part


def on_scale(low: float, high: float) -> Reader:
    """A number from ``low`` to ``high``; a percentage is read as that share of ``high``."""

    def read(amount: Amount) -> float:
        number = finite(amount) * (high / 100 if amount.unit == "%" else 1.0)
        if not low <= number <= high:
            raise Unusable(f"{_said(amount)} is not on the scale from {low:g} to {high:g}", f"write {low:g} to {high:g}")
        return number

    return read


def effort(unit: str, points_per_month: float | None) -> Reader:
    """An effort above 0 in ``unit`` (``months`` of a person, or ``points``); a bare number is in that unit."""

    def read(amount: Amount) -> float:
        number = above_zero(amount)
        if amount.unit in ("", unit):
            return number
        if points_per_month and "points" in (amount.unit, unit):
            return number / points_per_month if amount.unit == "points" else number * _months(amount) * points_per_month
        if "points" in (amount.unit, unit):
            raise Unusable(f"{_said(amount)} is not in {unit}", f"write it in {unit}, or give the profile its points_per_month")
        return number * _months(amount)

    return read


def weeks(amount: Amount) -> float:
    """A time on the calendar, above 0, in weeks (of five days); a bare number is in weeks."""
    number = above_zero(amount)
    if amount.unit not in CALENDAR_WEEKS:
        raise Unusable(f"{_said(amount)} is no duration", "write it in weeks, as 3w")
    return number * CALENDAR_WEEKS[amount.unit]


def above_zero(amount: Amount) -> float:
    """A divisor.

    Raises:
        Unusable: it is 0 or less: nothing costs nothing, and what seems to would come out on top of everything.
    """
    number = finite(amount)
    if number <= 0:
        raise Unusable(f"{_said(amount)} is not above 0", "estimate it, or leave it out: then the item is unscored")
    return number


def _months(amount: Amount) -> float:
    if amount.unit not in MONTHS:
        raise Unusable(f"{_said(amount)} is no effort", "write it in a person's months, weeks, days or hours, or in points")
    return MONTHS[amount.unit]


def _rate(amount: Amount, table: dict[str, float]) -> float:
    if amount.per not in table:
        raise Unusable(f"{_said(amount)} is over an unknown time", "write it per day, week, month, quarter or year")
    return table[amount.per]


def _said(amount: Amount) -> str:
    return amount.text or f"{amount.value:g}{amount.unit}"
