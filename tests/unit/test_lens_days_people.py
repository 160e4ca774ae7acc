"""Days and people: lossy maps that never look like an edit (GetPut), and never take away what they cannot show."""

from __future__ import annotations

import pytest

from pmsync.engine.roster import Roster
from pmsync.model.values import EMPTY, known
from pmsync.reconcile.laws import check_finite
from pmsync.reconcile.lens import Unmapped, Unrepresentable
from pmsync.reconcile.lenses import DayLens, PeopleLens

TIMES = [EMPTY, *map(known, ("2026Q1", "2026H1", "2026", "2026-02", "2026-02-15", "2026-03-31", "2026-06-30", "soon"))]
DAYS = [EMPTY, *map(known, ("2026-01-01", "2026-02-15", "2026-02-28", "2026-03-31", " 2026-12-31 ", "tomorrow"))]


@pytest.mark.parametrize("begins", [False, True])
def test_days_keep_the_laws(begins):
    assert check_finite(DayLens(begins), DAYS, TIMES) == []


@pytest.mark.parametrize(
    ("time", "begin", "end"),
    [
        ("2026Q1", "2026-01-01", "2026-03-31"),
        ("2026-02", "2026-02-01", "2026-02-28"),
        ("2026H2", "2026-07-01", "2026-12-31"),
        ("2026-02-15", "2026-02-15", "2026-02-15"),
    ],
)
def test_a_longer_time_shows_as_its_first_or_its_last_day(time, begin, end):
    assert DayLens(begins=True).put(known(time), EMPTY) == known(begin)
    assert DayLens().put(known(time), EMPTY) == known(end)


def test_a_quarter_stays_a_quarter_until_somebody_moves_the_day():
    """Granularity is kept: what a record shows of a quarter is no day that somebody decided upon."""
    lens = DayLens()
    assert lens.ingest(known("2026-03-31"), known("2026Q1")) == known("2026Q1")
    assert lens.ingest(known("2026-03-15"), known("2026Q1")) == known("2026-03-15")
    assert lens.ingest(EMPTY, known("2026Q1")) == EMPTY


def test_what_is_no_time_is_not_written():
    assert isinstance(DayLens().put(known("soon"), EMPTY), Unrepresentable)


PEOPLE = {"ana": {"t": "A1"}, "ben": {"t": "b2"}, "zoe": {"elsewhere": "z"}}
ROSTER = Roster.of(PEOPLE, "t")
HUBS = [known(frozenset(one)) for one in ((), ("ana",), ("ben",), ("ana", "ben"), ("zoe",), ("ana", "zoe"))]
SETS = [known(frozenset(one)) for one in ((), ("A1",), ("a1",), ("b2",), ("x",), ("a1", "x"), ("A1", "B2", "x"))]
ONES = [EMPTY, *map(known, ("A1", "a1", "b2", "B2"))]


def test_people_keep_the_laws_where_there_is_room_for_several():
    assert check_finite(PeopleLens(directory=ROSTER), SETS, HUBS) == []


def test_people_keep_the_laws_where_there_is_room_for_one():
    assert check_finite(PeopleLens(single=True, directory=ROSTER), ONES, HUBS) == []


def test_an_account_of_nobodys_stands_in_the_way_where_there_is_room_for_one():
    """C30: it is unmapped, which is neither an edit nor an erase."""
    assert isinstance(PeopleLens(single=True, directory=ROSTER).ingest(known("x"), HUBS[1]), Unmapped)


def test_an_account_of_nobodys_stays_where_there_is_room_for_several():
    lens = PeopleLens(directory=ROSTER)
    assert lens.put(known(frozenset({"ben"})), known(frozenset({"a1", "x"}))) == known(frozenset({"b2", "x"}))
    assert lens.ingest(known(frozenset({"x"})), EMPTY) == EMPTY


def test_a_person_without_an_account_here_is_kept():
    """C30: whom a place cannot show, it does not take away."""
    lens = PeopleLens(directory=ROSTER)
    assert lens.ingest(EMPTY, known(frozenset({"ana", "zoe"}))) == known(frozenset({"zoe"}))
    assert lens.put(known(frozenset({"zoe"})), EMPTY) == EMPTY


def test_an_account_that_is_there_keeps_its_spelling():
    """Logins are written in any case: to change the case is no write."""
    lens = PeopleLens(directory=ROSTER)
    assert lens.put(known(frozenset({"ana", "ben"})), known(frozenset({"a1"}))) == known(frozenset({"a1", "b2"}))
    assert lens.canon(known(frozenset({"a1"}))) == lens.canon(known(frozenset({"A1"})))


def test_one_of_several_persons_is_enough_where_there_is_room_for_one():
    lens = PeopleLens(single=True, directory=ROSTER)
    both = known(frozenset({"ana", "ben"}))
    assert lens.consistent(known("b2"), both)
    assert lens.put(both, known("b2")) == known("b2")
    assert lens.put(both, EMPTY) == known("A1")
