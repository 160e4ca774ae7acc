"""Times as exactly as somebody said them."""

from __future__ import annotations

from datetime import date

import pytest

from pmsync.model.periods import FiscalYear, Granularity, Period


@pytest.mark.parametrize(
    ("text", "first", "last", "granularity"),
    [
        ("2026Q1", date(2026, 1, 1), date(2026, 3, 31), Granularity.QUARTER),
        ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31), Granularity.QUARTER),
        ("2026H2", date(2026, 7, 1), date(2026, 12, 31), Granularity.HALF),
        ("2026", date(2026, 1, 1), date(2026, 12, 31), Granularity.YEAR),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29), Granularity.MONTH),
        ("2026-02-15", date(2026, 2, 15), date(2026, 2, 15), Granularity.DAY),
    ],
)
def test_a_time_reads_as_its_first_and_last_day(text, first, last, granularity):
    found = Period.parse(text)
    assert (found.first, found.last, found.granularity) == (first, last, granularity)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-13", "there is no month 13"),
        ("2026-02-30", "2026-02 has 28 days, so there is no day 30"),
        ("2026Q5", "a year has 4 quarters, so there is no Q5"),
        ("2026H3", "a year has 2 halves, so there is no H3"),
        ("soon", "write a time as 2026Q1"),
        ("0026-01", "the year 26 is out of range"),
    ],
)
def test_what_is_no_time_says_why(text, said):
    with pytest.raises(ValueError, match=said):
        Period.parse(text)


def test_a_fiscal_year_may_begin_in_any_month_and_be_named_by_its_start():
    found = Period.parse("2026Q1", FiscalYear(4))
    assert (found.first, found.last) == (date(2026, 4, 1), date(2026, 6, 30))


def test_a_fiscal_year_may_be_named_by_its_end():
    found = Period.parse("2026Q4", FiscalYear(7, named_by_end=True))
    assert (found.first, found.last) == (date(2026, 4, 1), date(2026, 6, 30))


def test_months_and_days_are_the_calendars_in_any_fiscal_year():
    assert Period.parse("2026-02", FiscalYear(10)) == Period.parse("2026-02")


def test_a_day_is_within_its_quarter():
    assert date(2026, 3, 31) in Period.parse("2026Q1")
    assert date(2026, 4, 1) not in Period.parse("2026Q1")
