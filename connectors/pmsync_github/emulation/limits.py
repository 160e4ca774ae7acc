"""The limits GitHub documents, counted on the injected clock: hourly quotas, points per minute, content created per minute and hour."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from pmsync.connect.clock import Clock
from pmsync_github.emulation.errors import ApiError
from pmsync_github.emulation.knobs import HOUR, MINUTE, GitHubKnobs

SECONDARY = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. If you reach out to GitHub Support for help, "
    "please include the request ID."
)


@dataclass(frozen=True, slots=True)
class Quota:
    """One hourly quota as headers and ``/rate_limit`` show it; ``reset`` in Unix seconds."""

    resource: str
    limit: int
    used: int
    reset: int

    @property
    def remaining(self) -> int:
        """What is left."""
        return max(0, self.limit - self.used)

    def headers(self) -> dict[str, str]:
        """The ``x-ratelimit-*`` headers."""
        return {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(self.remaining),
            "x-ratelimit-used": str(self.used),
            "x-ratelimit-reset": str(self.reset),
            "x-ratelimit-resource": self.resource,
        }

    def content(self) -> dict[str, int]:
        """The JSON object of ``/rate_limit``."""
        return {"limit": self.limit, "used": self.used, "remaining": self.remaining, "reset": self.reset}


class _Sliding:
    """Weights within the last ``span`` seconds."""

    def __init__(self, span: float) -> None:
        self._span = span
        self._entries: deque[tuple[float, int]] = deque()
        self._sum = 0

    def wait(self, now: float, weight: int, limit: int) -> float:
        """Seconds until ``weight`` more fits under ``limit``; 0 when it does now."""
        while self._entries and self._entries[0][0] <= now - self._span:
            self._sum -= self._entries.popleft()[1]
        excess = self._sum + weight - limit
        if excess <= 0:
            return 0.0
        for at, gone in self._entries:
            excess -= gone
            if excess <= 0:
                return at + self._span - now
        return self._span

    def add(self, now: float, weight: int) -> None:
        self._entries.append((now, weight))
        self._sum += weight


class Limits:
    """The counters of every account. ``who`` is the account's key; ``resource`` is ``core`` or ``graphql``."""

    def __init__(self, clock: Clock, knobs: GitHubKnobs) -> None:
        self._clock = clock
        self._knobs = knobs
        self._hours: dict[tuple[str, str], tuple[float, int]] = {}
        self._points: dict[tuple[str, str], _Sliding] = {}
        self._content: dict[tuple[str, float], _Sliding] = {}

    def quota(self, who: str, resource: str, *, anonymous: bool = False) -> Quota:
        """The present state of an hourly quota."""
        now = self._clock.now()
        start, used = self._hours.get((who, resource), (now, 0))
        if now >= start + HOUR:
            start, used = now, 0
        limit = self._knobs.graphql_per_hour if resource == "graphql" else self._knobs.rest_per_hour
        return Quota(resource, self._knobs.anonymous_per_hour if anonymous else limit, used, math.ceil(start + HOUR))

    def spend(self, who: str, resource: str, cost: int = 1) -> None:
        """Take ``cost`` from the hourly quota."""
        now = self._clock.now()
        start, used = self._hours.get((who, resource), (now, 0))
        if now >= start + HOUR:
            start, used = now, 0
        self._hours[(who, resource)] = (start, used + cost)

    def primary(self, quota: Quota, name: str) -> None:
        """Refuse when the hourly quota is used up.

        Raises:
            ApiError: 403 or 429, with no quota remaining.
        """
        if quota.remaining <= 0:
            raise ApiError(self._knobs.limit_status, f"API rate limit exceeded for {name}.")

    def secondary(self, who: str, resource: str, points: int) -> None:
        """Count ``points`` against the minute.

        Raises:
            ApiError: 403 or 429, with ``Retry-After`` unless the knob is off; nothing is counted then.
        """
        limit = self._knobs.graphql_points_per_minute if resource == "graphql" else self._knobs.rest_points_per_minute
        window = self._points.setdefault((who, resource), _Sliding(MINUTE))
        now = self._clock.now()
        self._refuse(window.wait(now, points, limit))
        window.add(now, points)

    def content(self, who: str, weight: int = 1) -> None:
        """Count created content against the minute and the hour.

        Raises:
            ApiError: as ``secondary``.
        """
        now = self._clock.now()
        spans = ((MINUTE, self._knobs.content_per_minute), (HOUR, self._knobs.content_per_hour))
        windows = [(self._content.setdefault((who, span), _Sliding(span)), limit) for span, limit in spans]
        self._refuse(max(window.wait(now, weight, limit) for window, limit in windows))
        for window, _ in windows:
            window.add(now, weight)

    def _refuse(self, wait: float) -> None:
        if wait > 0:
            headers = {"retry-after": str(math.ceil(wait))} if self._knobs.retry_after else {}
            raise ApiError(self._knobs.limit_status, SECONDARY, headers=headers)
