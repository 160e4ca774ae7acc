"""A stage: a stand-in system with people on it, in the hub's words, so that the demo and tests can play without naming a vendor."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pmsync.model.enums import Audience, Kind, Priority, Status
from pmsync.testing.emulator import Emulator, Request


@dataclass(frozen=True, slots=True)
class Sketch:
    """An issue that a person files. ``by`` is a person's name."""

    title: str
    by: str
    body: str = ""
    kind: Kind = Kind.TASK
    status: Status = Status.BACKLOG
    priority: Priority | None = None
    labels: frozenset[str] = frozenset()


class Stage(Protocol):
    """What a connector's ``plugin.stage(clock)`` returns. Records are named by their display keys."""

    emulator: Emulator

    def settings(self) -> Mapping[str, Any]:
        """The system's part of the config, ``kind`` included; its address is the emulator's."""
        ...

    def open(self, container: str, title: str) -> None:
        """Make a container (a project, a repository)."""
        ...

    def file(self, container: str, sketch: Sketch) -> str:
        """A person files an issue; returns its key."""
        ...

    def edit(self, key: str, by: str, *, title: str = "", status: Status | None = None, label: str = "") -> None:
        """A person edits an issue: whatever is given."""
        ...

    def count(self, container: str) -> int:
        """How many issues the container holds."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """One record as its system shows it to a person.

    Attributes:
        container: the container's display key.
        key: the record's display key.
        robot: whether our account made it.
        marker: the marker token it carries, None when it carries none.
        values: hub field to what the system itself calls the value, "" where there is none; labels stand in ``labels``.
        labels: its labels, those that speak of priority left out.
        audience: who can read it.
    """

    container: str
    key: str
    robot: bool
    marker: str | None
    values: Mapping[str, str]
    labels: frozenset[str] = field(default_factory=frozenset)
    audience: Audience = Audience.INTERNAL


class Ground(Protocol):
    """A stage on which a simulation can move and see everything. Records are named by their immutable ids.

    What values mean is told here in tables of its own, apart from the connector's lenses: a judge must not ask the judged.
    """

    @property
    def face(self) -> Emulator | None:
        """The HTTP face; None where the connector makes calls, which pass through ``Environment.transport(method, path, call)``."""
        ...

    def settings(self) -> Mapping[str, Any]:
        """The system's part of the config, ``kind`` included."""
        ...

    def open(self, container: str, title: str) -> None:
        """Make a container."""
        ...

    def publish(self, container: str) -> None:
        """Let everybody read a container from now on, where this system can do so."""
        ...

    def restrict(self, record: str, by: str) -> None:
        """A person lets only some read a record from now on, where this system can do so."""
        ...

    def file(self, container: str, sketch: Sketch) -> str:
        """A person files a record; returns its key."""
        ...

    def webhook(self, record: str, secret: str) -> tuple[Mapping[str, str], bytes]:
        """Headers and body of what the system sends when the record has changed, signed with ``secret``."""
        ...

    def trail(self, share: float) -> None:
        """Let listings trail behind direct reads by this share (0 to 1) of what the connector is prepared for."""
        ...

    def tear(self, torn: bool) -> None:
        """Cut listing pages short at random, or stop doing so."""
        ...

    def look(self) -> Mapping[str, Seen]:
        """Every record that exists, by its immutable id."""
        ...

    def ticks(self) -> int:
        """A number that grows with everything that changes."""
        ...

    def choices(self, name: str) -> Mapping[str, frozenset[str]]:
        """What ``status`` or ``priority`` can be here, each with the hub values it can stand for."""
        ...

    def put(self, record: str, by: str, name: str, value: str) -> None:
        """A person sets title, body, status or priority to one of this system's own values."""
        ...

    def label(self, record: str, by: str, *, add: Collection[str] = (), remove: Collection[str] = ()) -> None:
        """A person adds and takes off labels."""
        ...

    def comment(self, record: str, by: str, text: str) -> None:
        """A person comments."""
        ...

    def copy(self, record: str, by: str, title: str) -> str:
        """A person copies a record with all that stands in it, hidden marks included, under another title; returns the copy's id."""
        ...

    def move(self, record: str, by: str, container: str) -> str:
        """A person moves a record to another container; returns its id there, which may be a new one."""
        ...

    def delete(self, record: str, by: str) -> None:
        """A person deletes a record for good."""
        ...

    def record_of(self, key: str) -> str:
        """The immutable id behind a display key.

        Raises:
            KeyError: there is no such record.
        """
        ...

    def is_write(self, request: Request) -> bool:
        """Whether a request of the connector is meant to change anything."""
        ...
