"""Which fault befalls which request, and where in the engine's work it struck."""

from __future__ import annotations

import gc
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from types import FrameType
from zlib import crc32

from pmsync.testing.emulator import Request
from pmsync.testing.faults import Fault, FaultKind
from pmsync.testing.simulate.cells import phase
from pmsync.testing.simulate.shape import Shape

HTTP = tuple(FaultKind)
SPAN = 2**32
SELDOM = {
    "reconcile": 8.0,
    "sweep": 4.0,
    "resolve": 4.0,
    "preread": 2.0,
    "hints": 2.0,
    "mark": 2.0,
    "prepare": 2.0,
    "confirm": 2.0,
}
"""Steps of a round in which little is asked: how much likelier a request meets a fault there, so that every fault meets every step."""

_MOST = max(SELDOM.values())


def blind_spots() -> frozenset[str]:
    """The systems on which a write of ours is under way whose target was looked at already, in any thread: systems with neither history nor
    compare-and-set cannot tell anybody what happens in there.
    """  # noqa: D205 - one thought
    return frozenset(system for frame in _frames() if (system := _window(frame)))


def _frames() -> list[FrameType]:
    """What every thread is doing.

    While Python makes that list it holds a lock that a ``threading.local`` takes when it is collected: were garbage collected meanwhile, all
    would stand still for good.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        return list(sys._current_frames().values())
    finally:
        if collecting:
            gc.enable()


def _window(frame: FrameType | None) -> str:
    confirming = False
    while frame is not None:
        name = frame.f_code.co_name
        if frame.f_globals.get("__name__", "").startswith("pmsync.engine."):
            confirming = confirming or name == "confirm_updates"
            if name == "_update_all":
                return "" if confirming else str(frame.f_locals["scope"].system)
        frame = frame.f_back
    return ""


def chance(seed: int, name: str) -> float:
    """A number from 0 to 1 that depends on the seed and the name alone."""
    return crc32(f"{seed}/{name}".encode()) / SPAN


@dataclass(slots=True)
class Record:
    """What struck: (kind, phase) to how often, and the names of all strikes in order."""

    cells: Counter[tuple[str, str]] = field(default_factory=Counter)
    struck: list[str] = field(default_factory=list)

    def note(self, kind: str, name: str) -> None:
        """One strike."""
        self.cells[kind, phase()] += 1
        self.struck.append(f"{name} {kind}")


@dataclass(frozen=True, slots=True)
class Mishaps:
    """The plan of one system's way: each request's fate depends on the seed and its ordinal in its round alone.

    ``server_max``: how late a request may land, as the connector declares. ``armed``: whether anything happens at all now. ``chapter``: the
    number of the round. ``luck``: how much likelier than drawn a mishap is now.
    """

    shape: Shape
    system: str
    server_max: float
    record: Record
    armed: Callable[[], bool]
    is_write: Callable[[Request], bool]
    chapter: Callable[[], int]
    luck: Callable[[], float]
    _firsts: dict[int, int] = field(default_factory=dict)

    def __call__(self, ordinal: int, request: Request) -> Fault | None:
        """The fault, if any."""
        kinds = [kind for kind in HTTP if kind in self.shape.kinds]
        if not kinds or not self.armed():
            return None
        rate = self.shape.rate if self.is_write(request) else self.shape.rate / 4
        chapter = self.chapter()
        name = f"{self.system}:{chapter}.{ordinal - self._firsts.setdefault(chapter, ordinal) + 1}"
        rate *= self.luck()
        luck = chance(self.shape.seed, f"faults/{name}")
        if luck >= rate * _MOST or luck >= rate * SELDOM.get(phase(), 1.0) or name in self.shape.muted:
            return None
        draw = Random(f"{self.shape.seed}/fault/{name}")  # noqa: S311 - reproducible, not secret
        kind = draw.choice(kinds)
        self.record.note(kind, name)
        return self._fault(kind, draw)

    def _fault(self, kind: FaultKind, draw: Random) -> Fault:
        if kind is FaultKind.LATE:
            return Fault(kind, seconds=draw.uniform(1.0, self.server_max * 0.9))
        if kind is FaultKind.DELAY:
            return Fault(kind, seconds=draw.uniform(0.1, 25.0))
        if kind is FaultKind.LIMIT:
            return Fault(kind, headers={"retry-after": str(draw.randint(1, 90))})
        if kind in (FaultKind.FAIL_BEFORE, FaultKind.FAIL_AFTER):
            return Fault(kind, status=draw.choice((500, 502, 503, 504)))
        return Fault(kind)
