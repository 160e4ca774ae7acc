"""The clock of the machine that pmsync runs on: it is off from the servers' time, and is set forward and back while pmsync runs."""

from __future__ import annotations

from dataclasses import dataclass

from pmsync.net.clock import VirtualClock

SKEWS = (-900.0, -60.0, 0.0, 45.0, 900.0)
"""Seconds by which a host's clock may be off all along."""

STEPS = (-90.0, -20.0, 5.0, 20.0)
"""Seconds by which it may be set forward or back. A step forward shortens every wait of ours by as much: whoever steps further than the
margin that a connector's ``server_max`` leaves takes away what the quiet period is for."""


@dataclass(slots=True)
class Host:
    """``off``: how far its clock is ahead of the servers' (seconds), ``least`` the smallest that ever was. ``behind``: how far it was set back in
    all.
    """  # noqa: D205 - one thought

    off: float = 0.0
    behind: float = 0.0
    least: float = 0.0

    def step(self, seconds: float) -> None:
        """Set the clock forward, or back."""
        self.off += seconds
        self.behind += max(0.0, -seconds)
        self.least = min(self.least, self.off)

    def servers(self, at: float) -> float:
        """The latest moment on the servers' clock that one on the host's may have been."""
        return at - self.least + self.behind


class HostClock:
    """What one process sees of its host's clock: never does it go back within the process, as ``pmsync.net.clock.SystemClock``."""

    def __init__(self, servers: VirtualClock, host: Host) -> None:
        self._servers, self._host, self._last = servers, host, 0.0

    def now(self) -> float:
        """Unix seconds, as far as the host knows."""
        self._last = max(self._last, self._servers.now() + self._host.off)
        return self._last

    def sleep(self, seconds: float) -> None:
        """Wait that long, whatever the clock says."""
        self._servers.sleep(seconds)
