"""Pacing: how fast a system may be spoken to, and whom a refusal for limits holds up. On the injected clock alone.

The windows slide and are strict: a request counts from the moment its answer came, the next is let out only when more than the whole
window has passed since then, so that a server which counts arrivals over any window of that length never counts too many,
however long requests are under way.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pmsync.connect.clock import Clock
from pmsync.connect.errors import Park
from pmsync.net.manners import Limited, Manners, Reach

_BEYOND = 0.001
"""Seconds past a window's end, so that a server counting a closed interval agrees."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """One request that asks to be let out. ``name`` is its path template, ``path`` the very path."""

    method: str
    path: str
    name: str
    write: bool


@dataclass(slots=True)
class _Slot:
    """One request let out; ``ended`` is None while it is under way."""

    ended: float | None = None


class _Window:
    """At most ``limit`` requests in any ``seconds``."""

    def __init__(self, reason: str, limit: int, seconds: float) -> None:
        self.reason = reason
        self._limit = limit
        self._seconds = seconds + _BEYOND
        self._slots: deque[_Slot] = deque()

    def ready(self, now: float) -> float:
        """When the next request may leave, as far as this window is concerned."""
        while self._slots and self._ends(self._slots[0], now) <= now:
            self._slots.popleft()
        if len(self._slots) < self._limit:
            return now
        return sorted(self._ends(slot, now) for slot in self._slots)[-self._limit]

    def enter(self, slot: _Slot) -> None:
        """Count ``slot``."""
        self._slots.append(slot)

    def _ends(self, slot: _Slot, now: float) -> float:
        return (now if slot.ended is None else slot.ended) + self._seconds


class Limiter:
    """Lets the requests of one system out at the vendor's pace. Shared by ``Http`` and the SDK adapter of that system, and by threads."""

    def __init__(self, clock: Clock, manners: Manners, system: str = "") -> None:
        self.manners = manners
        self._clock = clock
        self._system = system
        self._lock = threading.Lock()
        self._holds: dict[tuple[str, ...], Limited] = {}
        self._read_windows = _windows(("reads_per_minute", manners.reads_per_minute, 60.0))
        self._write_windows = _windows(
            ("write_gap", 1 if manners.write_gap > 0 else None, manners.write_gap),
            ("writes_per_minute", manners.writes_per_minute, 60.0),
            ("writes_per_hour", manners.writes_per_hour, 3600.0),
        )

    @contextmanager
    def slot(self, ticket: Ticket) -> Iterator[None]:
        """Wait for leave to send, then hold a place in the windows while the block sends.

        Raises:
            Park: the wait would be longer than the manners' patience; nothing was counted.
        """
        slot = self._acquire(ticket)
        try:
            yield
        finally:
            slot.ended = self._clock.now()

    def hold(self, ticket: Ticket, limited: Limited) -> None:
        """Hold up what ``limited`` reaches, seen from the request that was refused."""
        key = _keys(ticket)[limited.reach]
        with self._lock:
            held = self._holds.get(key)
            if held is None or held.until < limited.until:
                self._holds[key] = limited

    def _acquire(self, ticket: Ticket) -> _Slot:
        deadline = self._clock.now() + self.manners.patience + 2 * _BEYOND  # a full minute's window fits a minute's patience
        while True:
            with self._lock:
                now = self._clock.now()
                ready, reason = self._ready(ticket, now)
                if ready <= now:
                    return self._enter(ticket)
            if ready > deadline:
                raise self._park(ready, reason)
            self._clock.sleep(ready - now)

    def _ready(self, ticket: Ticket, now: float) -> tuple[float, str]:
        latest, reason = now, ""
        for key in _keys(ticket).values():
            held = self._holds.get(key)
            if held is not None and held.until <= now:
                del self._holds[key]
            elif held is not None and held.until > latest:
                latest, reason = held.until, held.reason
        for window in self._of(ticket):
            ready = window.ready(now)
            if ready > latest:
                latest, reason = ready, window.reason
        return latest, reason

    def _enter(self, ticket: Ticket) -> _Slot:
        slot = _Slot()
        for window in self._of(ticket):
            window.enter(slot)
        return slot

    def _of(self, ticket: Ticket) -> list[_Window]:
        return self._write_windows if ticket.write else self._read_windows

    def _park(self, until: float, reason: str) -> Park:
        parked = Park(
            f"{self._system or 'the system'} rests: {reason}",
            until=until,
            reason=reason,
            hint="nothing to do: work goes on by itself when the limit allows it",
        )
        parked.system = self._system
        return parked


def _windows(*wanted: tuple[str, int | None, float]) -> list[_Window]:
    return [_Window(reason, limit, seconds) for reason, limit, seconds in wanted if limit is not None]


def _keys(ticket: Ticket) -> dict[Reach, tuple[str, ...]]:
    return {
        Reach.TARGET: ("target", ticket.path),
        Reach.ENDPOINT: ("endpoint", ticket.method, ticket.name),
        Reach.SYSTEM: ("system",),
    }
