"""Durations and amounts."""

from __future__ import annotations

import pytest

from pmsync.config.units import amount, seconds


@pytest.mark.parametrize(
    ("written", "meant"),
    [("60s", 60), ("10m", 600), ("1h", 3600), ("14d", 1_209_600), ("1.5h", 5400), (" 2 m ", 120), (90, 90), (0, 0), ("90", 90)],
)
def test_duration_is_read_in_seconds(written, meant):
    assert seconds(written) == meant


@pytest.mark.parametrize(
    "written", ["", "soon", "-5s", "5 parsecs", "1h30m", "٣s", True, None, [], {}, -1, float("nan"), float("-inf"), "1e9s"]
)
def test_what_is_no_duration_is_refused(written):
    with pytest.raises(ValueError, match="looks like 60s, 10m, 1h or 14d"):
        seconds(written)


@pytest.mark.parametrize("written", ["3651d", float("inf"), 1e300, 10**400])
def test_duration_beyond_ten_years_is_refused(written):
    with pytest.raises(ValueError, match="at most 3650d"):
        seconds(written)


@pytest.mark.parametrize(("written", "meant"), [(20, 20), (0, 0), ("20", 20), ("20%", 0.2), (" 2.5 % ", 0.025), ("100%", 1.0)])
def test_amount_is_a_count_or_a_share(written, meant):
    found = amount(written)
    assert found == meant
    assert type(found) is type(meant), "a whole number is a count, a float is a share"


@pytest.mark.parametrize("written", ["", "101%", "-1%", "many", -1, 0.2, True, None, [], "5 %%", 10**12, float("nan")])
def test_what_is_no_amount_is_refused(written):
    with pytest.raises(ValueError, match="a count such as 20 or a share such as 20%"):
        amount(written)
