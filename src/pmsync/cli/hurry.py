"""A clock for questions that a person waits for: rather no answer from a system than one after half a minute of retries."""

from __future__ import annotations

from pmsync.connect.clock import Clock
from pmsync.connect.errors import Retry

LONGEST = 1.0
"""Seconds that are waited at a time."""


class Hurried:
    """The time of another clock, and no patience."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> float:
        """Unix seconds."""
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        """Wait a moment.

        Raises:
            Retry: it would be longer than a moment.
        """
        if seconds > LONGEST:
            raise Retry("the system does not answer at once", at=self.now() + seconds, hint="try again later")
        self._clock.sleep(seconds)
