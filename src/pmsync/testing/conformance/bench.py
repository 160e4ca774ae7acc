"""The bench: a connector on a server, and the side door through which people and mishaps reach that server.

A bench speaks the remote's vocabulary by hub field: ``title`` and ``body`` are texts, ``labels`` a frozenset of label names. A verb that a
server cannot offer says so with ``lacks``; the tests that need it are then skipped with that reason.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import pytest

from pmsync.connect.clock import Clock
from pmsync.connect.contract import Connector
from pmsync.connect.plugin import Environment, Plugin, ScopeConfig
from pmsync.model.record import RecordRef, ScopeRef
from pmsync.model.values import Value
from pmsync.testing.emulator import Emulator, Request, transport
from pmsync.testing.faults import Fault, Faulty


@dataclass(frozen=True, slots=True)
class CountedCall:
    """One request as the connector reported it to ``Environment.on_call``."""

    method: str
    name: str
    status: int


@dataclass(frozen=True, slots=True)
class Gate:
    """A fence that stays as it was built."""

    read_only: bool


class Bench(ABC):
    """One server whose scope starts empty, connectors on it, and its side door.

    Attributes:
        scope: the scope under test.
        clock: the server's clock; ``sleep`` on it returns at once.
        calls: every request of every connector of this bench, in order.
        elsewhere: another scope of the same system that records can be moved to, None when there is none.
        person: the account that ``person_*`` act as, "" when the server does not know people.
        unknown_id: a remote id of the right form that no record has.
        permissions: what ``deny`` can take away, each with a word that a check about it must contain.
    """

    scope: ScopeRef
    clock: Clock
    elsewhere: ScopeRef | None = None
    person: str = ""
    unknown_id: str = "999999999"
    permissions: Mapping[str, str] = {}

    def __init__(self) -> None:
        self.calls: list[CountedCall] = []

    @abstractmethod
    def connector(self, *, read_only: bool = False, clock: Clock | None = None) -> Connector:
        """A fresh connector on the same server; ``clock`` replaces the machine's own clock, never the server's."""

    @abstractmethod
    def writes(self) -> int:
        """How many write requests the server has received so far."""

    @abstractmethod
    def person_creates(self, title: str, **values: Value | None) -> RecordRef:
        """Someone files a record in ``scope``."""

    @abstractmethod
    def person_edits(self, ref: RecordRef, **values: Value | None) -> None:
        """Someone sets fields of a record; ``labels`` is the whole new set."""

    @abstractmethod
    def person_deletes(self, ref: RecordRef) -> None:
        """Someone deletes a record for good."""

    def person_moves(self, ref: RecordRef, to: ScopeRef) -> None:
        """Someone moves a record to another scope."""
        self.lacks("a way to move records")

    def person_comments(self, ref: RecordRef, body: str) -> None:
        """Someone comments on a record."""
        self.lacks("a way to comment")

    def befall(self, fault: Fault) -> None:
        """Let a mishap befall the next write; a bench without a line that can break offers some kinds only, or none."""
        self.lacks(f"a line on which {fault.kind} can happen")

    def befall_read(self, fault: Fault) -> None:
        """Let a mishap befall the next read."""
        self.lacks(f"a line on which {fault.kind} can befall a read")

    def hold_back(self, ref: RecordRef, seconds: float) -> None:
        """The server's index shows the latest change of this record only so many seconds from now; later changes of others pass it."""
        self.lacks("an index that lags unevenly")

    def ignore_writes_of(self, field: str) -> None:
        """From now on the server accepts writes of this hub field with success and drops them."""
        self.lacks(f"silent drops of {field}")

    def ragged_pages(self, sizes: Sequence[int]) -> None:
        """The next listing pages hold so many entries, 0 among them, whatever is waiting."""
        self.lacks("ragged pages")

    def deny(self, permission: str) -> None:
        """Take a permission (a key of ``permissions``) away from the connector's account."""
        self.lacks(f"a way to deny {permission!r}")

    def hint(self, ref: RecordRef) -> tuple[Mapping[str, str], bytes]:
        """Headers (lower case) and body of a genuine webhook about a record."""
        self.lacks("webhooks")

    def count(self, system: str, method: str, name: str, status: int) -> None:
        """What goes into ``Environment.on_call``."""
        self.calls.append(CountedCall(method, name, status))

    def lacks(self, what: str) -> NoReturn:
        """Skip the running test: this server or bench does not offer what it needs."""
        pytest.skip(f"this bench does not offer {what}")


class EmulatorBench(Bench):
    """A bench over an HTTP emulator: faults stand at the request boundary, so a subclass brings only the vendor's side door.

    Args:
        plugin: the connector's plugin object.
        settings: its system settings, as in the config.
        scopes: the scope under test and, where records can move, the one they move to; settings as in the config.
        emulator: the emulator's core.
        clock: the clock that the emulator reads.
        is_write: tells a write request from a read (a search may be a POST).
    """

    def __init__(
        self,
        plugin: Plugin,
        settings: Mapping[str, Any],
        scopes: Sequence[tuple[ScopeRef, Any]],
        emulator: Emulator,
        clock: Clock,
        is_write: Callable[[Request], bool],
    ) -> None:
        super().__init__()
        self.clock = clock
        self.scope = scopes[0][0]
        self.elsewhere = scopes[1][0] if len(scopes) > 1 else None
        self.faulty = Faulty(emulator, clock, is_write)
        self._plugin = plugin
        self._settings = plugin.settings.model_validate(settings)
        self._scopes = tuple(ScopeConfig(ref, plugin.scope_settings.model_validate(given)) for ref, given in scopes)

    def connector(self, *, read_only: bool = False, clock: Clock | None = None) -> Connector:
        """A fresh connector through the in-process transport."""
        environment = Environment(self.scope.system, clock or self.clock, Gate(read_only), self.count, transport(self.faulty))
        return self._plugin.connector(self._settings, self._scopes, environment)

    def writes(self) -> int:
        """Write requests that reached the emulator."""
        return self.faulty.writes

    def befall(self, fault: Fault) -> None:
        """Every kind of fault can happen on this line."""
        self.faulty.next_write(fault)

    def befall_read(self, fault: Fault) -> None:
        """To reads as well."""
        self.faulty.next_read(fault)
