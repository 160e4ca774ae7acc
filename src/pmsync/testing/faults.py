"""Fault injection at the request boundary: ``Faulty`` wraps an emulator and lets mishaps befall chosen requests.

The wrapped emulator stays honest; what breaks is the way to it and back. Every fault is chosen by a *plan*, a function of the request and its
ordinal, so that a run with the same plan meets the same mishaps: ``Script`` for tests that know what they want, ``Chance`` for seeded
simulations.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Protocol

from pmsync.connect.clock import Clock
from pmsync.testing.emulator import Dropped, Emulator, Event, Request, Response


class FaultKind(StrEnum):
    """What may befall one request."""

    REFUSE = "refuse"
    """The connection never opens: nothing is sent."""
    LOSE_BEFORE = "lose_before"
    """The connection breaks after sending; the server never acts."""
    LOSE_AFTER = "lose_after"
    """The server acts; its answer is lost."""
    LATE = "late"
    """The answer is lost, and the server acts ``seconds`` later (a zombie)."""
    TWICE = "twice"
    """The server receives the request twice; the first answer comes back."""
    FAIL_BEFORE = "fail_before"
    """An error ``status`` comes back and the server never acted."""
    FAIL_AFTER = "fail_after"
    """An error ``status`` comes back although the server acted."""
    LIMIT = "limit"
    """A refusal for limits: ``status`` with ``headers``; the server never acted."""
    TRUNCATE = "truncate"
    """The server acts; its answer is cut in half."""
    GARBLE = "garble"
    """The server acts; its answer is bytes of no meaning."""
    HTML = "html"
    """A proxy answers with an HTML page and ``status``; the server never acted."""
    DELAY = "delay"
    """All goes well, ``seconds`` later."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One mishap. ``status`` 0 takes the kind's usual one (503, 429 for LIMIT, 200 for HTML)."""

    kind: FaultKind
    seconds: float = 0.0
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Plan(Protocol):
    """Chooses what befalls the request with this ordinal (1 for the first); None lets it pass."""

    def __call__(self, ordinal: int, request: Request) -> Fault | None:
        """The fault, or None."""
        ...


def is_unsafe(request: Request) -> bool:
    """The plain reading of a write: every method but GET and HEAD."""
    return request.method not in ("GET", "HEAD")


class Script:
    """Faults in a fixed order, each for the first request it fits."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Callable[[Request], bool], Fault]] = deque()

    def add(self, fits: Callable[[Request], bool], fault: Fault) -> None:
        """Let ``fault`` befall the next request that fits, after those added before have been met."""
        self._waiting.append((fits, fault))

    def __call__(self, ordinal: int, request: Request) -> Fault | None:
        """The first waiting fault if this request fits it."""
        if self._waiting and self._waiting[0][0](request):
            return self._waiting.popleft()[1]
        return None


@dataclass(frozen=True, slots=True)
class Chance:
    """Seeded faults: each request meets one of ``faults`` with probability ``rate``. The draw depends on the seed and the ordinal alone."""

    seed: int
    rate: float
    faults: tuple[Fault, ...]
    fits: Callable[[Request], bool] = is_unsafe

    def __call__(self, ordinal: int, request: Request) -> Fault | None:
        """A fault drawn for this ordinal, or None."""
        draw = Random(f"{self.seed}/{ordinal}")  # noqa: S311 - reproducible, not secret
        if draw.random() >= self.rate or not self.fits(request):
            return None
        return draw.choice(self.faults)


class Faulty:
    """An emulator behind a bad line.

    Args:
        emulator: the honest core.
        clock: the clock that late requests and delays are measured on.
        is_write: tells a write from a read; ``writes`` counts by it.
        plan: asked for every request that the script (``next_write``, ``script``) has nothing for.
    """

    def __init__(
        self,
        emulator: Emulator,
        clock: Clock,
        is_write: Callable[[Request], bool] = is_unsafe,
        plan: Plan | None = None,
    ) -> None:
        self.emulator = emulator
        self.script = Script()
        self.plan = plan
        self.requests = 0
        self.writes = 0
        self.met: list[tuple[int, Request, Fault]] = []
        """What was inflicted: ordinal, request, fault."""
        self._clock = clock
        self._is_write = is_write
        self._late: list[tuple[float, Request]] = []

    @property
    def base_url(self) -> str:
        """The emulator's own."""
        return self.emulator.base_url

    @base_url.setter
    def base_url(self, url: str) -> None:
        self.emulator.base_url = url

    @property
    def events(self) -> list[Event]:
        """The emulator's own log."""
        return self.emulator.events

    @events.setter
    def events(self, events: list[Event]) -> None:
        self.emulator.events = events

    def next_write(self, fault: Fault) -> None:
        """Let ``fault`` befall the next write."""
        self.script.add(self._is_write, fault)

    def next_read(self, fault: Fault) -> None:
        """Let ``fault`` befall the next read."""
        self.script.add(lambda request: not self._is_write(request), fault)

    def handle(self, request: Request) -> Response:
        """Answer one request, or what is left of the answer.

        Raises:
            Dropped: the connection broke.
        """
        self.settle()
        self.requests += 1
        fault = self.script(self.requests, request)
        if fault is None and self.plan is not None:
            fault = self.plan(self.requests, request)
        if fault is None:
            return self._reach(request)
        self.met.append((self.requests, request, fault))
        return self._inflict(fault, request)

    def settle(self) -> None:
        """Carry out the late requests whose time has come; nobody hears the answers."""
        due = [request for at, request in self._late if at <= self._clock.now()]
        self._late = [(at, request) for at, request in self._late if at > self._clock.now()]
        for request in due:
            with suppress(Dropped):  # nobody is waiting for this answer any more
                self._reach(request)

    def _inflict(self, fault: Fault, request: Request) -> Response:
        kind = fault.kind
        if kind is FaultKind.REFUSE:
            raise Dropped(sent=False)
        if kind is FaultKind.LATE:
            self._late.append((self._clock.now() + fault.seconds, request))
        if kind in (FaultKind.LOSE_BEFORE, FaultKind.LATE):
            raise Dropped(sent=True)
        if kind in (FaultKind.FAIL_BEFORE, FaultKind.LIMIT, FaultKind.HTML):
            return _instead(fault)
        if kind is FaultKind.DELAY:
            self._clock.sleep(fault.seconds)
        answer = self._reach(request)
        if kind is FaultKind.LOSE_AFTER:
            raise Dropped(sent=True)
        if kind is FaultKind.TWICE:
            self._reach(request)
        return _spoilt(fault, answer)

    def _reach(self, request: Request) -> Response:
        self.writes += self._is_write(request)
        return self.emulator.handle(request)


def _instead(fault: Fault) -> Response:
    if fault.kind is FaultKind.HTML:
        page = fault.body or b"<!doctype html><html><body><h1>Please sign in</h1></body></html>"
        return Response(fault.status or 200, {"content-type": "text/html; charset=utf-8", **fault.headers}, page)
    usual = 429 if fault.kind is FaultKind.LIMIT else 503
    headers = {"content-type": "application/json", **fault.headers}
    return Response(fault.status or usual, headers, fault.body or b'{"message": "injected fault"}')


def _spoilt(fault: Fault, answer: Response) -> Response:
    if fault.kind is FaultKind.FAIL_AFTER:
        return _instead(fault)
    if fault.kind is FaultKind.TRUNCATE:
        return Response(answer.status, answer.headers, answer.body[: len(answer.body) // 2])
    if fault.kind is FaultKind.GARBLE:
        return Response(answer.status, answer.headers, b"\x00\xff garbled \xfe" + answer.body[::-1])
    return answer
