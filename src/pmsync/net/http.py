"""The one HTTP client every connector speaks through: paced, fenced, retried by a pure decision, and quiet about secrets.

Writes are sent once. The only repeats of a write are those the remote provably did not carry out (429 and its kin); everything else
about a write becomes a typed error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from random import Random

import httpx
import msgspec
import tenacity

from pmsync import __version__
from pmsync.connect.errors import AuthFailed, ConnectorError, Fatal, Rejected
from pmsync.connect.plugin import Environment
from pmsync.net.address import Address, redirected
from pmsync.net.fence import FencedTransport, is_read, refuse_writes
from pmsync.net.limiter import Limiter, Ticket
from pmsync.net.manners import Limited, Manners, Reach, ReadRule
from pmsync.net.message import Answer, Call, Origin
from pmsync.net.redact import Redactor
from pmsync.net.retry import BACKOFF, JITTER, Again, Answered, Body, Deliver, Lost, Trial, Unreached, decide
from pmsync.net.verdict import Failure, error_of
from pmsync.net.wire import exchange, real_transport
from pmsync.net.words import escape, retry_after

__all__ = ["Answer", "Call", "Http", "Limited", "Manners", "Reach", "ReadRule"]

HOPS = 5
"""Redirects followed in one read."""

_HEADER_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?|")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_FOLLOWED = {"GET": _REDIRECTS, "HEAD": _REDIRECTS}
_FOLLOWED_WITH_BODY = frozenset({307, 308})


@dataclass(frozen=True, slots=True)
class _Outgoing:
    """A call made ready: where it goes, what it carries, and who asks."""

    call: Call
    url: httpx.URL
    body: bytes
    read: bool
    origin: Origin


class Http:
    """A client for one system. ``path`` may be absolute only within ``base_url`` (followed page links).

    Raises:
        Fatal: ``base_url`` is no http or https address, or carries a login.
    """

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
        self._environment = environment
        self._address = Address(base_url)
        self._auth = auth
        self._reads = tuple(reads)
        self._redactor = Redactor(secrets)
        self._random = Random(environment.system)  # noqa: S311 - jitter, seeded so that runs repeat
        self._limiter = Limiter(environment.clock, manners, environment.system)
        given = environment.transport
        self._transport = FencedTransport(
            given if given is not None else real_transport(self._address),
            environment.fence,
            self._reads,
            base_path=self._address.path,
            redact=lambda text: f"{environment.system}: {self._redactor.text(text)}",
            owns=given is None,
        )

    @property
    def limiter(self) -> Limiter:
        """The pacing of this system, to be shared with its SDK's adapter."""
        return self._limiter

    def send(self, call: Call) -> Answer:
        """Send one call.

        A redirect of a read is followed within ``base_url`` with its query kept, unless ``call.expect`` takes the status.

        Raises:
            WriteRefused: the fence is down and the call is not a read (nothing was sent).
            AuthFailed: 401, or 403 that is no rate limit; also credentials that no header can carry.
            Gone: 404 or 410.
            Rejected: another 4xx, with the remote's own words; a write answered by a redirect; what cannot be encoded.
            Conflict: 409 or 412.
            Retry: a read kept failing (connect, timeout, 5xx) through all attempts.
            Park: the remote's limits ask for a longer rest than ``patience``.
            NotSent: a write never left (DNS, connect, TLS).
            Ambiguous: a write's answer was lost, was a 5xx, or was an unreadable 2xx.
            Fatal: HTML where JSON was asked for, a redirect out of ``base_url``, a certificate that is not trusted, 501, credentials
                that would travel in clear text.
        """
        try:
            return self._repeat(self._ready(call))
        except ConnectorError as error:
            error.system = error.system or self._environment.system
            raise

    def close(self) -> None:
        """Release connections."""
        self._transport.close()

    # -- one call, as often as the decision says ---------------------------------------------------------------------------

    def _repeat(self, outgoing: _Outgoing) -> Answer:
        steps = (self._attempt(outgoing, number) for number in count(1))
        first = next(steps)
        if isinstance(first, Answer):
            return first  # as nearly always: then there is nothing to repeat
        clock, whole = self._environment.clock, chain((first,), steps)
        loop = tenacity.Retrying(
            sleep=clock.sleep,
            wait=lambda state: max(0.0, state.outcome.result().at - clock.now()) if state.outcome else 0.0,
            retry=tenacity.retry_if_result(lambda step: isinstance(step, Again)),
        )
        step = loop(lambda: next(whole))
        assert isinstance(step, Answer)
        return step

    def _attempt(self, outgoing: _Outgoing, number: int) -> Answer | Again:
        came, astray = self._follow(outgoing)
        now = self._environment.clock.now()
        jitter = self._random.uniform(*JITTER)
        if isinstance(came, Answer):
            came = replace(came, origin=outgoing.origin)
            outcome: Answered | Unreached | Lost = self._read_off(outgoing, came, now, astray=astray)
        else:
            outcome = came
        decision = decide(Trial(outgoing.read, outcome, number, now, jitter), self._limiter.manners.patience)
        if isinstance(decision, Deliver):
            assert isinstance(came, Answer)
            return came
        if isinstance(decision, Again):
            return decision
        body, limited = (outcome.body, outcome.limited) if isinstance(outcome, Answered) else (Body.FINE, None)
        raise error_of(decision, Failure(outgoing.origin, came, body, limited))

    def _read_off(self, outgoing: _Outgoing, answer: Answer, now: float, *, astray: bool) -> Answered:
        limited = self._limiter.manners.limited(answer, now)
        if limited is None and answer.status == 429:
            limited = Limited(Reach.ENDPOINT, retry_after(answer.headers, now) or now + BACKOFF[-1], "429")
        if limited is not None:
            self._limiter.hold(_ticket(outgoing, outgoing.url), limited)
        return Answered(
            answer.status,
            answer.status in outgoing.call.expect,
            limited,
            retry_after(answer.headers, now),
            _body(outgoing.call, answer),
            astray,
        )

    # -- one attempt, through its redirects ----------------------------------------------------------------------------------

    def _follow(self, outgoing: _Outgoing) -> tuple[Answer | Unreached | Lost, bool]:
        """What came in the end, and whether it is a redirect that leads astray."""
        url = outgoing.url
        for _ in range(HOPS + 1):
            came = self._exchange(outgoing, url)
            if not isinstance(came, Answer) or came.status not in _REDIRECTS or "location" not in came.headers:
                return came, False
            target = redirected(url, came.headers["location"])
            if target is None or not self._address.covers(target):
                return came, True
            if came.status in outgoing.call.expect or not _follows(outgoing, came.status):
                return came, False
            url = target
        return came, True

    def _exchange(self, outgoing: _Outgoing, url: httpx.URL) -> Answer | Unreached | Lost:
        call = outgoing.call
        request = httpx.Request(
            call.method,
            url,
            headers=self._headers(outgoing),
            content=outgoing.body,
            extensions={"timeout": httpx.Timeout(call.timeout).as_dict()},
        )
        with self._limiter.slot(_ticket(outgoing, url)):
            came = exchange(self._transport, request)
        status = came.status if isinstance(came, Answer) else 0
        self._environment.on_call(self._environment.system, call.method, call.name, status)
        return came

    # -- making ready --------------------------------------------------------------------------------------------------------

    def _ready(self, call: Call) -> _Outgoing:
        label = f"{self._environment.system}: {call.method} {escape(self._redactor.text(call.path.partition('?')[0]))}"
        try:
            url = self._address.resolve(call.path, call.params)
        except ConnectorError as error:
            raise type(error)(f"{label}: {error.message}", hint=error.hint) from None
        body = _encoded(call, label)
        read = is_read(call.method, self._address.below(url), body, self._reads)
        refuse_writes(self._environment.fence, label, lambda: read)  # the transport does so too; here it costs no pacing
        return _Outgoing(call, url, body, read, Origin(label, not read, self._redactor.text))

    def _headers(self, outgoing: _Outgoing) -> dict[str, str]:
        credentials = dict(self._auth())
        label = outgoing.origin.label
        if credentials and self._address.cleartext:
            raise Fatal(f"{label}: the credentials would travel in clear text", hint="write the URL of the system with https://")
        for value in credentials.values():
            self._redactor.add(value, value.rpartition(" ")[2])
        headers = {
            "accept": "application/json",
            "accept-encoding": "gzip, deflate",
            "user-agent": f"pmsync/{__version__}",
            **({"content-type": "application/json"} if outgoing.body else {}),
            **{key.lower(): value for key, value in outgoing.call.headers.items()},
        }
        if not all(_HEADER_VALUE.fullmatch(value) for value in credentials.values()):
            raise AuthFailed(
                f"{label}: the credentials hold what no HTTP header can carry; nothing was sent",
                hint="does the secret end in a line break or a space, or hold letters outside ASCII?",
            )
        if not all(_HEADER_VALUE.fullmatch(value) for value in headers.values()):
            raise Rejected(f"{label}: a header holds what HTTP cannot carry; nothing was sent")
        return {**headers, **{key.lower(): value for key, value in credentials.items()}}


def _ticket(outgoing: _Outgoing, url: httpx.URL) -> Ticket:
    return Ticket(outgoing.call.method, url.path, outgoing.call.name, not outgoing.read)


def _follows(outgoing: _Outgoing, status: int) -> bool:
    return outgoing.read and status in _FOLLOWED.get(outgoing.call.method, _FOLLOWED_WITH_BODY)


def _encoded(call: Call, label: str) -> bytes:
    """The JSON body; numbers that JSON lacks and broken Unicode are refused rather than sent as something else."""
    if call.json is None:
        return b""
    try:
        return json.dumps(
            call.json, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=msgspec.to_builtins
        ).encode()
    except (ValueError, TypeError, RecursionError):
        pass
    raise Rejected(
        f"{label}: the values cannot be written as JSON; nothing was sent",
        hint="a text may hold half a character (a lone surrogate)",
    )


def _body(call: Call, answer: Answer) -> Body:
    """How the body of a success reads, when JSON was asked for."""
    accept = next((value for key, value in call.headers.items() if key.lower() == "accept"), "application/json")
    content = answer.content.lstrip()
    if "json" not in accept or not content or not 200 <= answer.status < 300 or call.method == "HEAD":
        return Body.FINE
    kind = answer.headers.get("content-type", "")
    if "html" in kind or content.startswith(b"<"):
        return Body.PAGE
    return Body.FINE if _is_json(content) else Body.BROKEN


def _is_json(content: bytes) -> bool:
    try:
        msgspec.json.decode(content, type=msgspec.Raw)
    except msgspec.DecodeError:
        return False
    return True
