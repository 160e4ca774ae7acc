"""What is sent and what comes back, as values: ``Call`` and ``Answer``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import msgspec

from pmsync.connect.errors import Ambiguous, ConnectorError, Fatal
from pmsync.net.words import excerpt


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


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an answer came from: ``label`` for messages, whether it answers a ``write``, and how text is cleared of secrets."""

    label: str
    write: bool
    redact: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer: status, lower-case headers, body. ``origin`` is filled in by ``Http`` and serves error messages alone."""

    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)
    origin: Origin | None = field(default=None, repr=False, compare=False)

    def json(self) -> Any:
        """The body as plain JSON.

        Raises:
            Fatal: it is not JSON (an HTML error page, a proxy's login form); the message shows what came instead.
            Ambiguous: the same in the answer to a write, which may have been carried out.
        """
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            problem = f"not JSON: {self._shown()}"
        raise self._unreadable(problem, "is the URL of this system right, and does no proxy or login page stand before it?")

    def decode(self, type_: type[Any]) -> Any:
        """The body decoded by msgspec into ``type_``.

        Raises:
            Fatal: it does not fit.
            Ambiguous: the same in the answer to a write, which may have been carried out.
        """
        try:
            return _decoder(type_).decode(self.content)  # type: ignore[arg-type]  # types are hashable, whatever they hold
        except msgspec.ValidationError as misfit:
            problem = f"JSON of another shape than expected ({self._clean(str(misfit))})"
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            problem = f"not JSON: {self._shown()}"
        raise self._unreadable(problem, "is the URL of this system right, and is its version supported?")

    def _shown(self) -> str:
        return excerpt(self.content, self._clean) if self.content else "an empty body"

    def _clean(self, text: str) -> str:
        return self.origin.redact(text) if self.origin else text

    def _unreadable(self, problem: str, hint: str) -> ConnectorError:
        label = f"{self.origin.label}: " if self.origin else ""
        if self.origin and self.origin.write:
            return Ambiguous(f"{label}the answer to a write ({self.status}) is {problem}")
        return Fatal(f"{label}the answer ({self.status}) is {problem}", hint=hint)


@lru_cache(100)
def _decoder(type_: type[Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(type_)
