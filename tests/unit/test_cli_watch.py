"""What is under way says how far it is and how long it will take (C9)."""

from __future__ import annotations

from pmsync.cli.watch import Pace


def test_what_is_left_follows_from_how_it_went_so_far():
    """C9: nobody wonders whether it is stuck."""
    pace = Pace()
    assert pace.left("reading", 100, 10_000, 0.0) == "", "nothing can be told yet"
    assert pace.left("reading", 1_090, 10_000, 60.0) == ", about 9 min left"
    assert pace.left("reading", 9_900, 10_000, 600.0) == ", about 6 s left"


def test_nothing_is_said_of_what_stands_still_or_is_done():
    pace = Pace()
    assert pace.left("reading", 5, 10, 0.0) == pace.left("reading", 5, 10, 60.0) == pace.left("reading", 10, 10, 90.0) == ""


def test_each_work_has_its_own_pace():
    pace = Pace()
    pace.left("reading", 0, 10, 0.0)
    pace.left("reading", 5, 10, 10.0)
    assert pace.left("writing", 1, 100, 10.0) == ""
