"""The one HTTP client every connector speaks through: paced, fenced, retried by a pure decision, and quiet about secrets.

Writes are sent once. The only repeats of a write are those the remote provably did not carry out (429 and its kin, a connection that
never opened); everything else about a write becomes a typed error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pmsync.connect.plugin import Environment


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer: status, lower-case headers, body."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        """The body as plain JSON.

        Raises:
            Fatal: it is not JSON (an HTML error page, a proxy's login form); the message shows what came instead.
        """
        raise NotImplementedError

    def decode(self, type_: type[Any]) -> Any:
        """The body decoded by msgspec into ``type_``.

        Raises:
            Fatal: it does not fit.
        """
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class ReadRule:
    """A request that is a read although its method is not GET: ``POST /search/jql``, a GraphQL query.

    ``path`` must match fully; ``body``, when given, must accept the parsed JSON body.
    """

    method: str
    path: re.Pattern[str]
    body: Callable[[Any], bool] | None = None


class Reach(StrEnum):
    """What a rate limit holds up: one request's target, one endpoint, or the whole system."""

    TARGET = "target"
    ENDPOINT = "endpoint"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Limited:
    """The remote refused for its limits: nothing was carried out. ``until``: Unix seconds; ``reason``: the remote's own code."""

    reach: Reach
    until: float
    reason: str


@dataclass(frozen=True, slots=True)
class Manners:
    """How one vendor wants to be spoken to.

    Attributes:
        limited: reads a refusal for limits off an answer: (answer, now) to Limited, or None when it is no such refusal.
        write_gap: least seconds between two writes.
        reads_per_minute: ceiling of the client's own pacing for reads, None for none.
        writes_per_minute: the same for writes.
        writes_per_hour: the same for writes, per hour.
        patience: longest wait in seconds taken inside one call; a longer one raises ``Park`` instead of sleeping.
    """

    limited: Callable[[Answer, float], Limited | None]
    write_gap: float = 0.0
    reads_per_minute: int | None = None
    writes_per_minute: int | None = None
    writes_per_hour: int | None = None
    patience: float = 60.0


@dataclass(frozen=True, slots=True)
class Call:
    """One request to be sent.

    ``name`` is the path template for counting (``GET /repos/{}/issues``); ``expect`` the statuses returned as answers rather than raised.
    ``timeout`` in seconds.
    """

    method: str
    path: str
    name: str
    params: Mapping[str, str] | Sequence[tuple[str, str]] = ()
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    expect: frozenset[int] = frozenset({200, 201, 202, 204})
    timeout: float = 30.0


class Http:
    """A client for one system. ``path`` may be absolute only within ``base_url`` (followed page links)."""

    def __init__(
        self,
        environment: Environment,
        base_url: str,
        manners: Manners,
        *,
        auth: Callable[[], Mapping[str, str]],
        reads: Sequence[ReadRule] = (),
        secrets: Sequence[str] = (),
    ) -> None:
        raise NotImplementedError

    def send(self, call: Call) -> Answer:
        """Send one call.

        Raises:
            WriteRefused: the fence is down and the call is not a read (nothing was sent).
            AuthFailed: 401, or 403 that is no rate limit.
            Gone: 404 or 410.
            Rejected: another 4xx, with the remote's own words.
            Conflict: 409 or 412.
            Retry: a read kept failing (connect, timeout, 5xx) through all attempts.
            Park: the remote's limits ask for a longer rest than ``patience``.
            NotSent: a write never left (DNS, connect, TLS).
            Ambiguous: a write's answer was lost, was a 5xx, or was an unreadable 2xx.
            Fatal: HTML where JSON was asked for, or a redirect out of ``base_url``.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Release connections."""
        raise NotImplementedError
