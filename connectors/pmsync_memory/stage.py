"""A memory tracker with people on it, to simulate with."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Collection, Mapping
from typing import Any

from pmsync.connect.clock import Clock
from pmsync.model.enums import Audience, Priority, Status
from pmsync.testing.emulator import Emulator, Request
from pmsync.testing.stage import Seen, Sketch
from pmsync_memory.personality import PERSONALITIES
from pmsync_memory.server import ROBOT, MemoryServer, Row

MEANINGS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "status": {
        "todo": frozenset({"inbox", "backlog", "planned"}),
        "doing": frozenset({"in_progress"}),
        "review": frozenset({"in_review"}),
        "done": frozenset({"done", "released"}),
        "dropped": frozenset({"declined", "duplicate"}),
    },
    "priority": {
        "1": frozenset({"critical"}),
        "2": frozenset({"high"}),
        "3": frozenset({"medium"}),
        "4": frozenset({"low", "minor"}),
    },
}
"""What statuses and priorities can stand for."""

_STATUSES = {Status.BACKLOG: "todo", Status.IN_PROGRESS: "doing", Status.IN_REVIEW: "review", Status.DONE: "done"}
_PRIORITIES = {Priority.CRITICAL: "1", Priority.HIGH: "2", Priority.MEDIUM: "3", Priority.LOW: "4", Priority.MINOR: "4"}


class MemoryStage:
    """See ``pmsync.testing.stage``: a ``Ground``. It has no HTTP face: requests pass through ``Environment.transport`` as calls."""

    face: Emulator | None = None

    def __init__(self, clock: Clock, name: str = "default", personality: str = "listed") -> None:
        self.server = MemoryServer(clock, PERSONALITIES[personality], name)
        self._settings = {"kind": "memory", "name": name, "personality": personality}

    def settings(self) -> Mapping[str, Any]:
        """The system's part of the config; the server has to stand in ``pmsync_memory.SERVERS`` under its name."""
        return self._settings

    def open(self, container: str, title: str) -> None:
        """A container."""
        self.server.add_containers([container])

    def file(self, container: str, sketch: Sketch) -> str:
        """A person files a record; returns its key."""
        values = {
            "title": sketch.title,
            "body": sketch.body,
            "status": _STATUSES[sketch.status],
            "priority": _PRIORITIES[sketch.priority] if sketch.priority else None,
            "labels": sketch.labels,
        }
        return self.server.rows[self.server.person_creates(container, values, sketch.by, sketch.kind)].key

    def edit(self, key: str, by: str, *, title: str = "", status: Status | None = None, label: str = "") -> None:
        """A person edits a record."""
        record = self.record_of(key)
        if title:
            self.put(record, by, "title", title)
        if status is not None:
            self.put(record, by, "status", _STATUSES[status])
        if label:
            self.label(record, by, add=[label])

    def count(self, container: str) -> int:
        """Records in the container."""
        return sum(1 for row in self.server.rows.values() if row.container == container and not row.deleted)

    # -- a ground to simulate on -------------------------------------------------------------------------------------------------

    def publish(self, container: str) -> None:
        """Everybody may read it."""
        self.server.add_containers([container], Audience.PUBLIC)

    def restrict(self, record: str, by: str) -> None:
        """Records here are as open as their container."""

    def webhook(self, record: str, secret: str) -> tuple[Mapping[str, str], bytes]:
        """The ids that changed."""
        body = json.dumps({"ids": [record]}).encode()
        return {"x-memory-signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}, body

    def trail(self, share: float) -> None:
        """How far the listing trails is its personality's business."""

    def tear(self, torn: bool) -> None:
        """The next pages hold one record, then two, then three."""
        self.server.page_sizes.extend([1, 2, 3] if torn else [])

    def look(self) -> Mapping[str, Seen]:
        """Every record that exists."""
        rows, places = self.server.rows.values(), self.server.containers
        return {row.id: _seen(row, places[row.container]) for row in rows if not row.deleted}

    def ticks(self) -> int:
        """The length of the server's log."""
        return len(self.server.events)

    def choices(self, name: str) -> Mapping[str, frozenset[str]]:
        """The server's own words."""
        return MEANINGS[name]

    def put(self, record: str, by: str, name: str, value: str) -> None:
        """A person sets a field."""
        self.server.person_edits(record, {name: value or None}, by)

    def label(self, record: str, by: str, *, add: Collection[str] = (), remove: Collection[str] = ()) -> None:
        """A person changes labels."""
        labels = (_labels(self.server.rows[record]) | frozenset(add)) - frozenset(remove)
        self.server.person_edits(record, {"labels": labels}, by)

    def comment(self, record: str, by: str, text: str) -> None:
        """A person comments."""
        self.server.person_comments(record, text, by)

    def copy(self, record: str, by: str, title: str) -> str:
        """A person copies a record; its hidden marker comes along."""
        row = self.server.rows[record]
        made = self.server.person_creates(row.container, {**row.values, "title": title}, by, row.kind)
        self.server.rows[made].marker = row.marker
        return made

    def move(self, record: str, by: str, container: str) -> str:
        """A person moves a record; returns its id from then on."""
        return self.server.person_moves(record, container, by)

    def delete(self, record: str, by: str) -> None:
        """A person deletes a record."""
        self.server.person_deletes(record, by)

    def record_of(self, key: str) -> str:
        """The record's id."""
        return next(row.id for row in self.server.rows.values() if row.key == key and not row.deleted)

    def is_write(self, request: Request) -> bool:
        """What is no GET."""
        return request.method != "GET"


def _labels(row: Row) -> frozenset[str]:
    labels = row.values.get("labels", frozenset())
    return labels if isinstance(labels, frozenset) else frozenset()


def _seen(row: Row, audience: Audience) -> Seen:
    values = {name: str(row.values.get(name) or "") for name in ("title", "body", "status", "priority")}
    return Seen(row.container, row.key, row.creator == ROBOT, row.marker, values, _labels(row), audience)
