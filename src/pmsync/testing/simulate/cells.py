"""The cells of coverage: which fault can strike in which step of a round, and why some never meet.

A cell that cannot be hit is named here with its reason; every other one that a long campaign misses says that something is not tested.
"""

from __future__ import annotations

from collections.abc import Iterator

from pmsync.testing.faults import FaultKind
from pmsync.testing.simulate.mishaps import PHASES
from pmsync.testing.simulate.shape import CRASH, DISK, POWER

ON_THE_WAY: tuple[str, ...] = tuple(FaultKind)
AT_A_COMMIT = (DISK,)
ANYWHERE = (CRASH, POWER)
STRIKES: tuple[str, ...] = (*ON_THE_WAY, *ANYWHERE, *AT_A_COMMIT)
"""Faults that strike at one moment, each of which can meet every step in which there is such a moment."""

_NO_REQUEST: dict[str, str] = {}
_NO_COMMIT: dict[str, str] = {}


def impossible(kind: str, phase: str) -> str:
    """Why the fault can never strike in that step; "" where it can."""
    if kind in ON_THE_WAY:
        return _NO_REQUEST.get(phase, "")
    return _NO_COMMIT.get(phase, "") if kind in AT_A_COMMIT else ""


def possible() -> Iterator[tuple[str, str]]:
    """The cells that can be hit."""
    for kind in STRIKES:
        for phase in PHASES:
            if not impossible(kind, phase):
                yield kind, phase
