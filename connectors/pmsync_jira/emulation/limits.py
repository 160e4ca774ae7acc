"""The three limits of a site: the hourly quota, bursts per endpoint, and writes per issue."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pmsync.connect.clock import Clock
from pmsync.testing.emulator import Response
from pmsync_jira.emulation.knobs import JiraKnobs

BURST = {"GET": 100, "POST": 100, "PUT": 50, "DELETE": 50}
"""Requests per second and bucket size, by method."""
BURST_OF = {
    ("GET", "/issue/{issueIdOrKey}"): 150,
    ("GET", "/issue/{issueIdOrKey}/changelog"): 200,
    ("POST", "/search/approximate-count"): 150,
}
WRITE_WINDOWS = ((2.0, 20), (30.0, 100))
"""Writes to one issue: (seconds, most)."""
ROUNDING = 1e-4
"""Clock readings around 1e9 s are exact to a fraction of a microsecond; a hundred of them per second add up to less than this."""


@dataclass(slots=True)
class _Bucket:
    level: float
    at: float


@dataclass(slots=True)
class Limiter:
    """Counts requests on the server's clock and refuses what is too many. A refused request changes nothing."""

    clock: Clock
    knobs: JiraKnobs
    _buckets: dict[tuple[str, str], _Bucket] = field(default_factory=dict)
    _writes: dict[str, deque[float]] = field(default_factory=dict)

    def quota(self) -> Response | None:
        """The refusal of an exhausted quota."""
        quota = self.knobs.quota
        if quota is None:
            return None
        if self.clock.now() >= quota.until:
            self.knobs.quota = None
            return None
        return self._refuse(65_000, quota.until, quota.reason)

    def burst(self, method: str, template: str) -> tuple[Response | None, Mapping[str, str]]:
        """The refusal of a burst, or the headers that an accepted request's answer carries."""
        if not self.knobs.burst_limits:
            return None, {}
        rate = BURST_OF.get((method, template), BURST[method])
        now = self.clock.now()
        bucket = self._buckets.setdefault((method, template), _Bucket(rate, now))
        bucket.level = min(rate, bucket.level + (now - bucket.at) * rate)
        bucket.at = now
        if bucket.level < 1 - ROUNDING:
            return self._refuse(rate, now + 1, "jira-burst-based"), {}
        bucket.level = max(0.0, bucket.level - 1)
        near = {"X-RateLimit-NearLimit": "true"} if bucket.level < rate * 0.2 else {}
        return None, {"X-RateLimit-Limit": str(rate), "X-RateLimit-Remaining": str(int(bucket.level)), **near}

    def issue_write(self, issue_id: str) -> Response | None:
        """The refusal of one more write to an issue."""
        if not self.knobs.issue_limits:
            return None
        now = self.clock.now()
        writes = self._writes.setdefault(issue_id, deque())
        while writes and writes[0] <= now - WRITE_WINDOWS[-1][0]:
            writes.popleft()
        for seconds, most in WRITE_WINDOWS:
            recent = [moment for moment in writes if moment > now - seconds]
            if len(recent) >= most:
                return self._refuse(most, recent[-most] + seconds, "jira-per-issue-on-write")
        writes.append(now)
        return None

    def _refuse(self, limit: int, until: float, reason: str) -> Response:
        wait = max(1, math.ceil(until - self.clock.now()))
        headers = {
            "Retry-After": str(wait),
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": f"{datetime.fromtimestamp(math.ceil(until), UTC):%Y-%m-%dT%H:%M:%SZ}",
            "X-RateLimit-NearLimit": "true",
            "RateLimit-Reason": reason,
        }
        return Response.of(429, {"errorMessages": ["Rate limit exceeded."], "errors": {}}, headers)


class DataCenterLimiter(Limiter):
    """The rate limit that an administrator of Data Center may set: one bucket for everything; ``JiraKnobs.bucket``.

    Source: https://confluence.atlassian.com/adminjiraserver/improving-instance-stability-with-rate-limiting-983794911.html
    """

    def quota(self) -> Response | None:
        """There is none."""
        return None

    def issue_write(self, issue_id: str) -> Response | None:
        """There is none."""
        return None

    def burst(self, method: str, template: str) -> tuple[Response | None, Mapping[str, str]]:
        """The refusal of one more request, else the headers that tell what is left."""
        if self.knobs.bucket is None:
            return None, {}
        size, interval = self.knobs.bucket
        now = self.clock.now()
        bucket = self._buckets.setdefault(("", ""), _Bucket(size, now))
        if now >= bucket.at + interval:
            bucket.level, bucket.at = size, now
        left = {
            "X-RateLimit-Limit": str(size),
            "X-RateLimit-FillRate": str(size),
            "X-RateLimit-Interval-Seconds": str(int(interval)),
            "X-RateLimit-Remaining": str(max(0, int(bucket.level) - 1)),
        }
        if bucket.level < 1:
            wait = math.ceil(bucket.at + interval - now)
            return Response.of(429, {"message": "Rate limit exceeded."}, {**left, "Retry-After": str(wait)}), {}
        bucket.level -= 1
        return None, left
