"""Time as a port. Everything that waits or stamps reads one injected clock, so that years can pass in a test."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """A source of time; implementations stand in ``pmsync.net.clock``."""

    def now(self) -> float:
        """Unix time in seconds, never going back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let ``seconds`` pass on this clock; a value of zero or less returns at once."""
        ...
