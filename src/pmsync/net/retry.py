"""Whether a call is sent again: a pure decision over values. ``Http`` lets tenacity run it.

Reads are repeated up to four times after passing faults. A write is repeated only when the remote said that it refused it for its
limits, for nothing else proves that it was not carried out. Waits: what the server asks for, else 2, 4, 8, 16 s with jitter
(the advice of Atlassian's rate-limit page; GitHub's best practices ask for the same shape).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pmsync.connect.errors import (
    Ambiguous,
    AuthFailed,
    Conflict,
    ConnectorError,
    Fatal,
    Gone,
    NotSent,
    Park,
    Rejected,
    Retry,
)
from pmsync.net.manners import Limited

RETRIES = 4
"""Repeats after the first attempt."""

BACKOFF = (2.0, 4.0, 8.0, 16.0)
"""Seconds before each repeat, when the server names none; times the jitter."""

CAP = 30.0
"""Longest wait in seconds of our own choosing."""

JITTER = (0.7, 1.3)
"""Range of the factor on ``BACKOFF``."""


class Body(StrEnum):
    """How a body reads: ``fine``, a web ``page`` where JSON was asked for, or ``broken`` JSON (cut off on the way)."""

    FINE = "fine"
    PAGE = "page"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer came.

    Attributes:
        status: its HTTP status.
        expected: whether the caller takes this status as an answer.
        limited: the refusal for limits that the vendor's manners read in it.
        rest_until: what its ``Retry-After`` asks for, Unix seconds.
        body: how the body reads.
        astray: it redirects to somewhere out of the system's base URL, or redirects too often.
    """

    status: int
    expected: bool
    limited: Limited | None = None
    rest_until: float | None = None
    body: Body = Body.FINE
    astray: bool = False


@dataclass(frozen=True, slots=True)
class Unreached:
    """No connection came about: nothing was sent. ``certificate``: because the server's certificate is not trusted."""

    certificate: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """The request may have arrived, but its answer was lost: timeout, reset, a body cut off."""


Outcome = Answered | Unreached | Lost


@dataclass(frozen=True, slots=True)
class Trial:
    """One attempt (``attempt`` counts from 1) and how it came out at ``now``; ``jitter`` is a number drawn from ``JITTER``."""

    read: bool
    outcome: Outcome
    attempt: int
    now: float
    jitter: float = 1.0


@dataclass(frozen=True, slots=True)
class Deliver:
    """Hand the answer to the caller."""


@dataclass(frozen=True, slots=True)
class Again:
    """Send again at ``at`` (Unix seconds)."""

    at: float


@dataclass(frozen=True, slots=True)
class Raise:
    """Raise this kind of error; ``at`` is the moment that ``Retry`` and ``Park`` carry, Unix seconds."""

    error: type[ConnectorError]
    at: float = 0.0


Decision = Deliver | Again | Raise

_REFUSALS: dict[int, type[ConnectorError]] = {
    401: AuthFailed,
    403: AuthFailed,
    404: Gone,
    410: Gone,
    409: Conflict,
    412: Conflict,
}
_NOT_OFFERED = frozenset({501, 505})


def decide(trial: Trial, patience: float) -> Decision:
    """What follows from one attempt. ``patience``: the longest wait in seconds taken inside one call."""
    outcome = trial.outcome
    if isinstance(outcome, Answered):
        return _answered(trial, outcome, patience)
    if isinstance(outcome, Lost):
        return _again(trial, None, patience) if trial.read else Raise(Ambiguous)
    if not trial.read:
        return Raise(NotSent)
    return Raise(Fatal) if outcome.certificate else _again(trial, None, patience)


def _answered(trial: Trial, outcome: Answered, patience: float) -> Decision:
    status = outcome.status
    if outcome.limited is not None and (trial.read or status < 500):
        return _limited(trial, outcome.limited, patience)
    if outcome.expected:
        return _delivered(trial, outcome, patience)
    if status in _REFUSALS:
        return Raise(_REFUSALS[status])
    if status in _NOT_OFFERED and trial.read:
        return Raise(Fatal)
    if status >= 500 or status == 408:
        return _again(trial, outcome.rest_until, patience) if trial.read else Raise(Ambiguous)
    if status >= 400:
        return Raise(Rejected)
    if status >= 300:
        return Raise(Fatal if trial.read or outcome.astray else Rejected)
    return Raise(Fatal if trial.read else Ambiguous)


def _delivered(trial: Trial, outcome: Answered, patience: float) -> Decision:
    if outcome.body is Body.FINE:
        return Deliver()
    if not trial.read:
        return Raise(Ambiguous)
    return Raise(Fatal) if outcome.body is Body.PAGE else _again(trial, outcome.rest_until, patience)


def _limited(trial: Trial, limited: Limited, patience: float) -> Decision:
    at = limited.until if limited.until > trial.now else trial.now + _backoff(trial)
    if trial.attempt > RETRIES or at - trial.now > patience:
        return Raise(Park, at)
    return Again(at)


def _again(trial: Trial, rest_until: float | None, patience: float) -> Decision:
    asked = rest_until is not None and rest_until > trial.now
    at = rest_until if asked and rest_until is not None else trial.now + _backoff(trial)
    if asked and at - trial.now > patience:
        return Raise(Park, at)
    if trial.attempt > RETRIES:
        return Raise(Retry, max(at, trial.now + CAP))
    return Again(at)


def _backoff(trial: Trial) -> float:
    step = BACKOFF[min(trial.attempt, len(BACKOFF)) - 1]
    return min(CAP, step * trial.jitter)
