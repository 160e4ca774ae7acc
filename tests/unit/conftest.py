"""Fixtures of the unit tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from pmsync.connect.plugin import Environment
from pmsync.net.clock import VirtualClock
from pmsync.net.fence import Fence
from pmsync.net.http import Answer, Http, Limited, Manners, Reach, ReadRule
from pmsync.net.words import retry_after

Reply = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


@dataclass
class Wire:
    """A scripted server below ``pmsync.net``: answers in order, the last one for ever, and what it was sent."""

    replies: list[Reply]
    system: str = "jira"
    base_url: str = "https://acme.test"
    token: str = "Bearer canary-5ecret-t0ken"
    fence: Fence = field(default_factory=Fence)
    clock: VirtualClock = field(default_factory=VirtualClock)
    sent: list[httpx.Request] = field(default_factory=list)
    calls: list[tuple[str, str, str, int]] = field(default_factory=list)
    started: float = 0.0

    def __post_init__(self) -> None:
        self.started = self.clock.now()

    @property
    def waited(self) -> float:
        """Virtual seconds since the start."""
        return self.clock.now() - self.started

    def environment(self) -> Environment:
        """An environment that sends to this server."""

        def on_call(*call: Any) -> None:
            self.calls.append(call)

        return Environment(self.system, self.clock, self.fence, on_call, httpx.MockTransport(self.answer))

    def answer(self, request: httpx.Request) -> httpx.Response:
        """The next reply."""
        self.sent.append(request)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply if isinstance(reply, httpx.Response) else reply(request)

    def http(self, *, reads: Sequence[ReadRule] = (), **manners: Any) -> Http:
        """A client of this server; it reads 429 as a limit whose reach the server names in ``x-reach``."""
        return Http(
            self.environment(),
            self.base_url,
            Manners(**{"limited": limited, **manners}),
            auth=lambda: {"authorization": self.token},
            reads=reads,
            secrets=[self.token.rpartition(" ")[2]],
        )


def limited(answer: Answer, now: float) -> Limited | None:
    """The scripted server's manners."""
    if answer.status != 429:
        return None
    return Limited(Reach(answer.headers.get("x-reach", "endpoint")), retry_after(answer.headers, now) or now + 60, "burst")


@pytest.fixture
def wire() -> Callable[..., Wire]:
    """Builds a scripted server: ``wire(httpx.Response(200, json={}), httpx.ReadTimeout(""))``."""
    return lambda *replies, **settings: Wire(list(replies), **settings)
