"""The way to one system: every request passes a boundary before and after, and mishaps befall it in between.

Systems with an HTTP face are reached through ``Faulty``. Those that are called get the same mishaps, raised as ``pmsync.net`` would have
raised them for a server on the network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from pmsync.connect.clock import Clock
from pmsync.connect.errors import Ambiguous, ConnectorError, Fatal, NotSent, Park, Retry
from pmsync.testing.emulator import Dropped, Emulator, Event, Request, Response, transport
from pmsync.testing.faults import Fault, FaultKind, Faulty, Plan
from pmsync.testing.stage import Ground

T = TypeVar("T")
_LOST = frozenset(
    {
        FaultKind.LOSE_BEFORE,
        FaultKind.LOSE_AFTER,
        FaultKind.LATE,
        FaultKind.FAIL_BEFORE,
        FaultKind.FAIL_AFTER,
        FaultKind.TRUNCATE,
        FaultKind.GARBLE,
    }
)
_ACTED = frozenset({FaultKind.LOSE_AFTER, FaultKind.FAIL_AFTER, FaultKind.TRUNCATE, FaultKind.GARBLE})
PAUSE = 30.0
"""Seconds after which a read that failed is tried again."""


class Boundary(Protocol):
    """What is told of every request; either may end the process there and then."""

    def before(self, system: str, request: Request) -> None:
        """A request arrives."""
        ...

    def after(self, system: str, request: Request, answer: bytes) -> None:
        """A request has had its effect, or not; ``answer`` is what came back of it."""
        ...


class Way:
    """The way to one system; see ``pmsync.testing.emulator.Emulator`` for its HTTP side."""

    def __init__(self, system: str, ground: Ground, clock: Clock, boundary: Boundary, plan: Plan) -> None:
        self._system = system
        self._ground = ground
        self._clock = clock
        self._boundary = boundary
        self._plan = plan
        self._face = Faulty(ground.face, clock, ground.is_write, plan) if ground.face is not None else None
        self._ordinal = 0
        self._late: list[tuple[float, Callable[[], object]]] = []

    def settings(self) -> Mapping[str, Any]:
        """The system's part of the config."""
        return self._ground.settings()

    @property
    def transport(self) -> Any:
        """What goes into ``Environment.transport``."""
        return transport(self) if self._face is not None else self.call

    @property
    def base_url(self) -> str:
        """The emulator's own."""
        return self._emulator.base_url

    @base_url.setter
    def base_url(self, url: str) -> None:
        self._emulator.base_url = url

    @property
    def events(self) -> list[Event]:
        """The emulator's own log."""
        return self._emulator.events

    @events.setter
    def events(self, events: list[Event]) -> None:
        self._emulator.events = events

    @property
    def _emulator(self) -> Emulator:
        assert self._ground.face is not None  # a ground that is called has no address
        return self._ground.face

    def handle(self, request: Request) -> Response:
        """One HTTP request."""
        assert self._face is not None  # a ground that is called has no HTTP side
        self._boundary.before(self._system, request)
        try:
            response = self._face.handle(request)
        except Dropped as dropped:
            self._boundary.after(self._system, request, b"sent" if dropped.sent else b"not sent")
            raise
        self._boundary.after(self._system, request, b"%d" % response.status + response.body)
        return response

    @property
    def in_the_air(self) -> bool:
        """Whether a call has yet to arrive that nobody waits for any more."""
        return bool(self._late)

    def settle(self) -> None:
        """Let what is under way arrive, as far as its time has come."""
        if self._face is not None:
            self._face.settle()
        due = [make for at, make in self._late if at <= self._clock.now()]
        self._late = [(at, make) for at, make in self._late if at > self._clock.now()]
        for make in due:
            with suppress(ConnectorError):  # nobody is waiting for this answer any more
                make()

    def call(self, method: str, path: str, make: Callable[[], T]) -> T:
        """One call.

        Raises:
            ConnectorError: as the network would have had it, or as the server answers.
        """
        request = Request(method, path)
        self._boundary.before(self._system, request)
        self.settle()
        self._ordinal += 1
        fault = self._plan(self._ordinal, request)
        try:
            answer = make() if fault is None else self._mishap(fault, request, make)
        except ConnectorError as error:
            self._boundary.after(self._system, request, type(error).__name__.encode())
            raise
        self._boundary.after(self._system, request, b"answered")
        return answer

    def _mishap(self, fault: Fault, request: Request, make: Callable[[], T]) -> T:
        kind, write = fault.kind, self._ground.is_write(request)
        if kind is FaultKind.REFUSE:
            raise NotSent("the connection never opened") if write else self._again()
        if kind is FaultKind.LIMIT:
            raise Park("too many requests", until=self._clock.now() + PAUSE)
        if kind is FaultKind.HTML:
            raise Ambiguous("a page came back") if write else Fatal("a page came back")
        if kind is FaultKind.LATE and write:
            self._late.append((self._clock.now() + fault.seconds, make))
        if kind in _LOST and kind not in _ACTED:
            raise Ambiguous("the answer was lost") if write else self._again()
        if kind is FaultKind.DELAY:
            self._clock.sleep(fault.seconds)
        answer = make()
        if kind in _ACTED:
            raise Ambiguous("the answer was lost") if write else self._again()
        return make() if kind is FaultKind.TWICE else answer

    def _again(self) -> Retry:
        return Retry("the server cannot be reached", at=self._clock.now() + PAUSE)
