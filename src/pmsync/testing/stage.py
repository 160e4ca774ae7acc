"""A stage: a stand-in system with people on it, in the hub's words, so that the demo and tests can play without naming a vendor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pmsync.model.enums import Kind, Priority, Status
from pmsync.testing.emulator import Emulator


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
