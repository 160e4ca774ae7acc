"""When something is planned for, as exactly as somebody said it: a day, a month, a quarter, a half year or a year. Never more exactly."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

_YEAR = re.compile(r"[0-9]{4}")
_PART = re.compile(r"([0-9]{4})\s*-?\s*([QqHh])([0-9])")
_MONTH = re.compile(r"([0-9]{4})-([0-9]{1,2})")
_DAY = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_FORMS = "write a time as 2026Q1, 2026-02, 2026-02-15, 2026H1 or 2026"
_LENGTHS = {"Q": 3, "H": 6}
EARLIEST, LATEST = 1970, 2199
"""Years. What is outside is a slip of the finger."""


class Granularity(StrEnum):
    """How exactly a time was said."""

    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class FiscalYear:
    """When quarters, halves and years begin.

    Attributes:
        starts: the month of the first day, 1 to 12.
        named_by_end: the year is named after the calendar year in which it ends (2026Q1 of a year that starts in April is then April to
            June 2025); else after the one in which it begins.
    """

    starts: int = 1
    named_by_end: bool = False


CALENDAR = FiscalYear()


@dataclass(frozen=True, slots=True)
class Period:
    """A time as it was said: the first day, the last day (both within), and how exactly. ``text`` is the canonical spelling."""

    first: date
    last: date
    granularity: Granularity
    text: str

    @classmethod
    def parse(cls, text: str, fiscal: FiscalYear = CALENDAR) -> Period:
        """Read ``2026Q1``, ``2026H1``, ``2026``, ``2026-02`` or ``2026-02-15``. Months and days are always the calendar's.

        Raises:
            ValueError: it is none of these, or there is no such day; the message is a sentence for a person.
        """
        text = text.strip()
        if day := _DAY.fullmatch(text):
            one = _day(int(day[1]), int(day[2]), int(day[3]))
            return cls(one, one, Granularity.DAY, one.isoformat())
        if month := _MONTH.fullmatch(text):
            first = _day(int(month[1]), int(month[2]), 1)
            return cls(first, _months_on(first, 1), Granularity.MONTH, f"{first:%Y-%m}")
        if part := _PART.fullmatch(text):
            return _part(int(part[1]), part[2].upper(), int(part[3]), fiscal)
        if _YEAR.fullmatch(text):
            first = _fiscal_first(int(text), fiscal)
            return cls(first, _months_on(first, 12), Granularity.YEAR, text)
        raise ValueError(_FORMS)

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


def _part(year: int, letter: str, number: int, fiscal: FiscalYear) -> Period:
    length = _LENGTHS[letter]
    name, count = ("quarter", 4) if letter == "Q" else ("half", 2)
    if not 1 <= number <= count:
        raise ValueError(f"a year has {count} {'quarters' if letter == 'Q' else 'halves'}, so there is no {letter}{number}")
    start = _fiscal_first(year, fiscal)
    first = _shift(start, length * (number - 1))
    return Period(first, _months_on(first, length), Granularity(name), f"{year}{letter}{number}")


def _fiscal_first(year: int, fiscal: FiscalYear) -> date:
    earlier = fiscal.named_by_end and fiscal.starts > 1
    _day(year, 1, 1)
    return _day(year - 1 if earlier else year, fiscal.starts, 1)


def _day(year: int, month: int, day: int) -> date:
    if not EARLIEST <= year <= LATEST:
        raise ValueError(f"the year {year} is out of range ({EARLIEST} to {LATEST})")
    if not 1 <= month <= 12:
        raise ValueError(f"there is no month {month}")
    if not 1 <= day <= monthrange(year, month)[1]:
        raise ValueError(f"{year}-{month:02} has {monthrange(year, month)[1]} days, so there is no day {day}")
    return date(year, month, day)


def _shift(first: date, months: int) -> date:
    index = first.month - 1 + months
    return date(first.year + index // 12, index % 12 + 1, 1)


def _months_on(first: date, months: int) -> date:
    """The last day of the stretch of ``months`` months that begins on ``first``."""
    end = _shift(first, months - 1)
    return end.replace(day=monthrange(end.year, end.month)[1])
