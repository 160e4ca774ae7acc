"""Jira's limits: what they hold up, and for how long."""

from __future__ import annotations

import pytest

from pmsync.net.http import Answer, Limited, Reach
from pmsync_jira.client import limited

NOW = 1_767_225_600.0


def refused(**headers):
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return limited(Answer(429, named, b""), NOW)


@pytest.mark.parametrize(
    ("reason", "reach"),
    [
        ("jira-quota-global-based", Reach.SYSTEM),
        ("jira-quota-tenant-based", Reach.SYSTEM),
        ("jira-burst-based", Reach.ENDPOINT),
        ("jira-per-issue-on-write", Reach.TARGET),
        ("something-new", Reach.ENDPOINT),
    ],
)
def test_reason_decides_what_is_held_up(reason, reach):
    """Traps 6 and 7."""
    assert refused(ratelimit_reason=reason, retry_after="3") == Limited(reach, NOW + 3, reason)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "1847"}, 1847),
        ({"retry_after": "0.5"}, 0.5),
        ({"retry_after": "Thu, 01 Jan 2026 00:01:00 GMT", "date": "Thu, 01 Jan 2026 00:00:30 GMT"}, 30),
        ({"x_ratelimit_reset": "2026-01-01T01:00Z", "date": "Thu, 01 Jan 2026 00:00:00 GMT"}, 3600),
        ({}, 5),
    ],
)
def test_every_form_of_waiting_time_is_read(headers, seconds):
    found = refused(**headers)
    assert found is not None
    assert found.until == NOW + seconds


@pytest.mark.parametrize("status", [200, 400, 401, 403, 500, 503])
def test_nothing_else_is_a_refusal_for_limits(status):
    assert limited(Answer(status, {"retry-after": "3"}, b""), NOW) is None
