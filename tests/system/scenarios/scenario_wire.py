"""The way to the emulators: every request is counted where it arrives and judged there, and may be where the process dies."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from pmsync.testing.emulator import Request, Response

READS = re.compile(r"/rest/api/3/(search/jql|issue/bulkfetch|changelog/bulkfetch|jql/parse|permissions/check)")
"""Jira's POSTs that only read, by its documentation."""


class Crash(BaseException):
    """The process dies here."""


class Doom:
    """Counts the boundaries that are passed and strikes at one of them; after that nothing gets through any more.

    ``watch`` is called at each boundary.
    """

    def __init__(self, strike: int = 0) -> None:
        self.passed, self.strike, self.dead = 0, strike, False
        self.watch: Callable[[], None] = lambda: None

    def step(self) -> None:
        """Pass one boundary."""
        if self.dead:
            raise Crash
        self.passed += 1
        self.watch()
        if self.passed == self.strike:
            self.dead = True
            raise Crash


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it arrived: what it asks for by name, and whether it changes anything."""

    system: str
    name: str
    write: bool
    body: Any = None
    status: int = 0


@dataclass(slots=True)
class Wire:
    """The way to one emulator: counts what arrives. ``doom`` may strike before a request arrives and after a write was carried out."""

    system: str
    emulator: Any
    doom: Doom = field(default_factory=Doom)
    asked: list[Asked] = field(default_factory=list)
    before: Callable[[Request], None] = lambda request: None
    after: Callable[[Request, Response], None] = lambda request, response: None

    @property
    def base_url(self) -> str:
        """Where it is reached."""
        return str(self.emulator.base_url)

    @property
    def events(self) -> list[Any]:
        """The ground truth."""
        return list(self.emulator.events)

    def handle(self, request: Request) -> Response:
        """Let one request through."""
        self.doom.step()
        asked = self._judge(request)
        self.asked.append(asked)
        self.before(request)
        response: Response = self.emulator.handle(request)
        self.asked[-1] = replace(asked, status=response.status)
        if asked.write:
            self.doom.step()
        self.after(request, response)
        return response

    def quiet(self) -> None:
        """Forget what was to happen on the way."""
        self.before, self.after = (lambda request: None), (lambda request, response: None)

    def _judge(self, request: Request) -> Asked:
        body = request.json() if request.body and "json" in request.headers.get("content-type", "") else None
        path = re.sub(r"(?<=/)([A-Z]+-)?\d+(?=/|$)", "{}", request.path.removeprefix("/rest/api/3"))
        if path.endswith("/graphql"):
            text = str(body["query"]).strip()
            kind, _, name = text.partition("{")[0].partition(" ")
            return Asked(self.system, f"{kind} {name.partition('(')[0].strip()}", kind.strip() == "mutation", body)
        write = request.method not in ("GET", "HEAD") and not READS.fullmatch(request.path)
        return Asked(self.system, f"{request.method} {path}", write, body)
