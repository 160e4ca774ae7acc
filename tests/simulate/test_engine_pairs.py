"""Crash, and crash again while recovering: at every pair of steps. The scenarios with more steps are swept by ``make simulate PAIRS=1``."""

from __future__ import annotations

import pytest

from pmsync.testing.enumerate.crashes import Crashes
from pmsync.testing.enumerate.scenarios import SCENARIOS

SHORT = ("create, reviewed", "update", "conflict", "move", "status", "delete")


@pytest.mark.parametrize("name", SHORT)
def test_a_crash_while_recovering_from_a_crash_changes_nothing_in_the_end(name, record_property):
    """C11, C12, C16, C48: every step of the run, with every step of the way to rest after it; of an apply, too."""
    crashes, count = Crashes(SCENARIOS[name]), 0
    for count, (pair, came_to) in enumerate(crashes.pairs(), start=1):  # noqa: B007 - counted below
        assert came_to == crashes.end, f"crashes at {pair} of {len(crashes.steps.left)}"
    record_property("pairs", count)
    assert count > 10 * len(crashes.steps.left)
