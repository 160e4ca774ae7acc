"""The other side: a tracker in plain Python, with people who edit in it and a ground-truth log of all that happened.

A real connector has a vendor's server here. This one is small enough to read, and a ``Personality`` makes it behave like the
kinds of tracker that the engine must be safe with. Requests that fail raise the errors of ``pmsync.connect.errors``, exactly as
``pmsync.net`` would raise them for a server on the network.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from pmsync.connect.clock import Clock
from pmsync.connect.errors import Ambiguous, AuthFailed, Conflict, ConnectorError, Gone, NotSent, Rejected
from pmsync.model.enums import Audience, Kind
from pmsync.model.labels import by_key
from pmsync.model.values import Value
from pmsync.testing.emulator import Event
from pmsync.testing.faults import Fault, FaultKind
from pmsync_memory.personality import PERSONALITIES, Personality

PAGE = 100
ROBOT = "robot"
"""The account that connectors act as."""

PERMISSIONS = ("sign-in", "read", "create", "edit")
STATUSES = ("todo", "doing", "review", "done", "dropped")
PRIORITIES = ("1", "2", "3", "4")
MISHAPS = (FaultKind.REFUSE, FaultKind.LOSE_BEFORE, FaultKind.LOSE_AFTER, FaultKind.LATE, FaultKind.TWICE)
TITLE_LIMIT, BODY_LIMIT = 255, 40_000

Values = Mapping[str, Value | None]
"""Surface id to value; None clears it."""


@dataclass(slots=True)
class Row:
    """One record as the server keeps it. ``changed`` is the number of its last change: the stream is sorted by it."""

    id: str
    container: str
    key: str
    kind: Kind
    creator: str
    created_at: float
    marker: str | None = None
    values: dict[str, Value] = field(default_factory=dict)
    changed: int = 0
    updated_at: float = 0.0
    actor: str = ""
    deleted: bool = False
    went: str = ""
    """The id under which it goes on since it was moved."""


@dataclass(slots=True)
class Note:
    """One comment as the server keeps it."""

    id: str
    row: Row
    author: str
    body: str
    audience: Audience
    created_at: float
    marker: str | None = None
    changed: int = 0
    updated_at: float = 0.0
    deleted: bool = False


_T = TypeVar("_T", Row, Note)
_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class Batch(Generic[_T]):
    """One page of a listing: its entries, the change number to go on from, and whether more are waiting."""

    entries: tuple[_T, ...]
    last: int
    more: bool


@dataclass(frozen=True, slots=True)
class Look:
    """What a direct read shows: rows, their edits, oldest first, and the server's clock."""

    rows: tuple[Row, ...]
    events: tuple[Event, ...]
    at: float


class MemoryServer:
    """The tracker. ``mishaps`` befall the coming writes in turn (``MISHAPS`` are the kinds it knows), ``page_sizes`` are the sizes of coming
    pages, ``denied`` takes permissions away (``PERMISSIONS``), ``ignored`` names surfaces whose writes by connectors are silently dropped.
    """  # noqa: D205 - one thought

    def __init__(self, clock: Clock, personality: Personality = PERSONALITIES["listed"], name: str = "default") -> None:
        self.clock, self.personality, self.name = clock, personality, name
        self.containers: dict[str, Audience] = {}
        self.marks: dict[str, str] = {}
        self.accounts = {ROBOT: "Robot", "ana": "Ana", "ben": "Ben"}
        self.rows: dict[str, Row] = {}
        self.notes: dict[str, Note] = {}
        self.events: list[Event] = []
        self.writes = 0
        self.mishaps: deque[Fault] = deque()
        self.page_sizes: deque[int] = deque()
        self.denied: set[str] = set()
        self.ignored: set[str] = set()
        self._changes = 0
        self._keys: dict[str, str] = {}
        self._numbers: dict[str, int] = {}
        self._late: list[tuple[float, Callable[[], object]]] = []

    def add_containers(self, names: Iterable[str], audience: Audience = Audience.INTERNAL) -> None:
        """Set up empty containers."""
        self.containers.update(dict.fromkeys(names, audience))

    # -- what people do ------------------------------------------------------------------------------------------------------

    def person_creates(self, container: str, values: Values, by: str = "ana", kind: Kind = Kind.TASK) -> str:
        """Someone files a record; returns its id."""
        self.settle()
        return self._create(container, kind, values, by).id

    def person_edits(self, id_: str, values: Values, by: str = "ana") -> None:
        """Someone sets ``values``; labels are replaced whole, as people see them."""
        self.settle()
        self._edit(self.rows[id_], values, by)

    def person_deletes(self, id_: str, by: str = "ana") -> None:
        """Someone deletes a record for good."""
        self.settle()
        self.rows[id_].deleted = True
        self._touch(self.rows[id_], by, "delete")

    def person_moves(self, id_: str, container: str, by: str = "ana") -> str:
        """Someone moves a record and its comments: a new key, and where the personality says so a new id; returns the id."""
        self.settle()
        old = row = self.rows[id_]
        if self.personality.new_ids:
            row = replace(old, id=str(len(self.rows) + 1), values=dict(old.values))
            self.rows[row.id] = row
            old.deleted, old.went = True, row.id
            self._touch(old, by, "leave")
        row.container, row.key = container, self._next_key(container)
        self._touch(row, by, "move", key=row.key)
        for note in self.notes.values():
            if note.row is old:
                note.row = row
                self._touch(note, by, "move")
        return row.id

    def person_comments(self, id_: str, body: str, by: str = "ana", audience: Audience = Audience.INTERNAL) -> str:
        """Someone comments; returns the comment's id."""
        self.settle()
        return self._comment(self.rows[id_], body, by, audience).id

    def person_edits_comment(self, id_: str, body: str, by: str = "ana") -> None:
        """Someone writes a comment anew, header and all."""
        self.settle()
        self._rewrite(self.notes[id_], body, by)

    def person_deletes_comment(self, id_: str, by: str = "ana") -> None:
        """Someone deletes a comment for good."""
        self.settle()
        self.notes[id_].deleted = True
        self._touch(self.notes[id_], by, "delete comment")

    def person_restricts_comment(self, id_: str, audience: Audience = Audience.PRIVATE, by: str = "ana") -> None:
        """Someone changes who can read a comment."""
        self.settle()
        self.notes[id_].audience = audience
        self._touch(self.notes[id_], by, "restrict comment")

    # -- what connectors may ask ---------------------------------------------------------------------------------------------

    def permissions(self) -> frozenset[str]:
        """What the robot may do."""
        self._permit()
        return frozenset(PERMISSIONS) - self.denied

    def audience(self, container: str) -> Audience:
        """Who can read the container."""
        self._permit("read", container)
        return self.containers[container]

    def mark(self, container: str) -> str | None:
        """The mark that is kept in the container."""
        self._permit("read", container)
        return self.marks.get(container)

    def put_mark(self, container: str, mark: str) -> None:
        """Keep a mark in the container, instead of the one before. No mishap befalls it, and it is not among the ``writes``: no record is."""
        self._permit("edit", container)
        if not self.personality.marker:
            raise Rejected("this server keeps no marks")
        self.marks[container] = mark

    def people(self) -> Mapping[str, str]:
        """Account id to name."""
        self._permit()
        return self.accounts

    def changed_rows(self, container: str, after: int) -> Batch[Row]:
        """One page of the rows changed after change number ``after``, oldest first; deleted ones only where there is such a feed."""
        self._permit("read", container)
        feed = self.personality.deletions
        rows = [row for row in self.rows.values() if row.container == container and (feed or not row.deleted)]
        batch = self._page(rows, after)
        return replace(batch, entries=tuple(map(_shown, batch.entries)))

    def changed_notes(self, container: str, after: int) -> Batch[Note]:
        """The same for the comments of the container's rows."""
        self._permit("read", container)
        feed = self.personality.deletions
        notes = [note for note in self.notes.values() if note.row.container == container and not note.row.deleted]
        batch = self._page([note for note in notes if feed or not note.deleted], after)
        return replace(batch, entries=tuple(map(replace, batch.entries)))

    def read_notes(self, ids: list[str]) -> list[Note]:
        """Direct reads of comments; unknown ids are left out, and so are those that were deleted, or whose row was."""
        self._permit("read")
        found = [note for note in map(self.notes.get, ids) if note and not note.row.deleted]
        return [replace(note) for note in found if not note.deleted]

    def notes_of(self, id_: str) -> list[Note]:
        """All comments of one row, never behind."""
        self._permit("read")
        self._standing(id_)
        return [replace(note) for note in self.notes.values() if note.row.id == id_ and not note.deleted]

    def create_note(self, id_: str, body: str, *, marker: str | None) -> Note:
        """Comment on a row, as openly as the row is."""
        self._permit("edit")

        def effect() -> Note:
            row = self._standing(id_)
            return replace(self._comment(row, body, ROBOT, Audience.INTERNAL, marker if self.personality.marker else None))

        return self._deliver(effect)

    def update_note(self, id_: str, body: str) -> Note:
        """Write a comment anew."""
        self._permit("edit")

        def effect() -> Note:
            note = self.notes.get(id_)
            if note is None or note.deleted or note.row.deleted:
                raise Gone(f"comment {id_} is not there", status=404)
            self._rewrite(note, body, ROBOT)
            return replace(note)

        return self._deliver(effect)

    def read(self, ids: list[str], since: float | None = None) -> Look:
        """Direct reads: never behind. Unknown ids are left out, and so are deleted rows unless the server remembers them.

        With ``since`` the edits of these rows from then on come along; none where no history is kept.
        """
        self._permit("read")
        found = [row for row in map(self.rows.get, ids) if row and (self.personality.deletions or not row.deleted)]
        kept = self.events if self.personality.history and since is not None else []
        edits = (event for event in kept if event.verb == "edit" and event.object in ids and event.at >= (since or 0.0))
        return Look(tuple(map(_shown, found)), tuple(edits), self.clock.now())

    def forwarded(self, id_: str) -> Row | None:
        """Where a record went that moved to other ids; None when it is not there or never went anywhere."""
        self._permit("read")
        first = row = self.rows.get(id_)
        while row is not None and row.went:
            row = self.rows[row.went]
        return None if row is None or row is first or row.deleted else row

    def listing(self, container: str) -> list[Row]:
        """All rows that the index knows of."""
        self._permit("read", container)
        horizon = self.clock.now() - self.personality.lag
        return [
            _shown(row)
            for row in self.rows.values()
            if row.container == container and not row.deleted and row.created_at <= horizon
        ]

    def create(self, container: str, kind: Kind, values: Values, *, marker: str | None, key: str) -> Row:
        """File a record; under an idempotency key the same one however often it is asked for."""
        self._permit("create", container)

        def effect() -> Row:
            if self.personality.idempotency_key and key in self._keys:
                return _shown(self.rows[self._keys[key]])
            row = self._create(container, kind, self._heard(values), ROBOT, marker if self.personality.marker else None)
            self._keys[key] = row.id
            return _shown(row)

        return self._deliver(effect)

    def update(self, id_: str, values: Values, added: frozenset[str], removed: frozenset[str], expected: Values) -> Row:
        """Set ``values``, then add and remove labels; refused when the row shows other than ``expected`` (compare-and-set)."""
        self._permit("edit")

        def effect() -> Row:
            row = self.rows.get(id_)
            if row is None or row.deleted:
                raise Gone(f"record {id_} is not there", status=404)
            moved = [name for name, value in expected.items() if row.values.get(name) != value]
            if moved and self.personality.compare_and_set:
                raise Conflict(f"{row.key} moved: {', '.join(moved)}")
            wanted = dict(values)
            if added or removed:
                kept = by_key(self._labels(row))
                wanted["labels"] = frozenset(
                    (by_key(added) | {k: v for k, v in kept.items() if k not in by_key(removed)}).values()
                )
            self._edit(row, self._heard(wanted), ROBOT)
            return _shown(row)

        return self._deliver(effect)

    def settle(self) -> None:
        """Carry out the late writes whose time has come."""
        due = [effect for at, effect in self._late if at <= self.clock.now()]
        self._late = [(at, effect) for at, effect in self._late if at > self.clock.now()]
        for effect in due:
            with suppress(ConnectorError):  # nobody is listening any more
                effect()

    # -- inside --------------------------------------------------------------------------------------------------------------

    def _page(self, known: list[_T], after: int) -> Batch[_T]:
        horizon = self.clock.now() - self.personality.lag
        waiting = sorted((one for one in known if one.changed > after and one.updated_at <= horizon), key=lambda one: one.changed)
        page = waiting[: self.page_sizes.popleft() if self.page_sizes else PAGE]
        return Batch(tuple(page), page[-1].changed if page else after, len(page) < len(waiting))

    def _deliver(self, effect: Callable[[], _Made]) -> _Made:
        mishap = self.mishaps.popleft() if self.mishaps else None
        kind = mishap.kind if mishap else None
        if kind is FaultKind.REFUSE:
            raise NotSent("the connection never opened")
        self.writes += 1
        if mishap and kind is FaultKind.LATE:
            self._late.append((self.clock.now() + mishap.seconds, effect))
        if kind in (FaultKind.LOSE_BEFORE, FaultKind.LATE):
            raise Ambiguous("the connection broke")
        row = effect()
        if kind is FaultKind.TWICE:
            row = effect()
        if kind is FaultKind.LOSE_AFTER:
            raise Ambiguous("the connection broke")
        return row

    def _permit(self, permission: str = "sign-in", container: str | None = None) -> None:
        self.settle()
        if "sign-in" in self.denied:
            raise AuthFailed("the server does not know this account", hint="give the account its sign-in back")
        if permission == "read" and permission in self.denied:
            raise Gone("this account may not read here", status=403, hint="grant it the permission to read")
        if permission in self.denied:
            raise AuthFailed(f"this account may not {permission}", hint=f"grant it the permission to {permission}")
        if container is not None and container not in self.containers:
            raise Gone(f"there is no container {container!r}", status=404, hint="check its spelling in the config")

    def _create(self, container: str, kind: Kind, values: Values, by: str, marker: str | None = None) -> Row:
        first = {"state": "todo"} if kind is Kind.RELEASE else {"status": "todo"}
        self._judge({"title": None, **first} | dict(values))
        row = Row(str(len(self.rows) + 1), container, self._next_key(container), kind, by, self.clock.now(), marker)
        row.values = {name: value for name, value in (first | dict(values)).items() if value}
        self.rows[row.id] = row
        self._touch(row, by, "create", **row.values)
        return row

    def _edit(self, row: Row, values: Values, by: str) -> None:
        self._judge(values)
        for name, value in values.items():
            before = row.values.get(name)
            if (value or None) == before:
                continue
            row.values.pop(name, None)
            if value:
                row.values[name] = value
            self._touch(row, by, "edit", surface=name, before=before, after=value)

    def _standing(self, id_: str) -> Row:
        row = self.rows.get(id_)
        if row is None or row.deleted:
            raise Gone(f"record {id_} is not there", status=404)
        return row

    def _comment(self, row: Row, body: str, by: str, audience: Audience, marker: str | None = None) -> Note:
        self._judge_comment(body)
        note = Note(str(self._changes + 1), row, by, body, audience, self.clock.now(), marker)
        self.notes[note.id] = note
        self._touch(note, by, "comment")
        return note

    def _rewrite(self, note: Note, body: str, by: str) -> None:
        self._judge_comment(body)
        if body != note.body:
            note.body = body
            self._touch(note, by, "edit comment")

    def _judge_comment(self, body: str) -> None:
        if not body.strip() or len(body) > BODY_LIMIT or "\0" in body:
            raise Rejected(f"a comment has 1 to {BODY_LIMIT} characters, none of them NUL")

    def _heard(self, values: Values) -> Values:
        return {name: value for name, value in values.items() if name not in self.ignored}

    def _judge(self, values: Values) -> None:
        wrong: dict[str, str] = {}
        for name, value in values.items():
            text = value if isinstance(value, str) else ""
            if name == "title" and (not text.strip() or len(text) > TITLE_LIMIT or "\n" in text):
                wrong[name] = f"a title is one line of 1 to {TITLE_LIMIT} characters"
            elif name in ("status", "state") and text not in STATUSES:
                wrong[name] = f"a status is one of {', '.join(STATUSES)}"
            elif name == "priority" and text and text not in PRIORITIES:
                wrong[name] = f"a priority is one of {', '.join(PRIORITIES)}, or none"
            elif name == "body" and len(text) > BODY_LIMIT:
                wrong[name] = f"a body has at most {BODY_LIMIT} characters"
            elif "\0" in text:
                wrong[name] = "the NUL character is not stored"
        if wrong:
            raise Rejected("; ".join(f"{name}: {reason}" for name, reason in wrong.items()), surfaces=wrong)

    def _touch(self, one: Row | Note, by: str, verb: str, **detail: object) -> None:
        self._changes += 1
        one.changed, one.updated_at = self._changes, self.clock.now()
        if isinstance(one, Row):
            one.actor = by
        else:  # a comment moves its row, as everywhere
            one.row.changed, one.row.updated_at = self._changes, self.clock.now()
        self.events.append(Event(one.updated_at, by, verb, one.id, detail))

    def _next_key(self, container: str) -> str:
        self._numbers[container] = self._numbers.get(container, 0) + 1
        return f"{container}-{self._numbers[container]}"

    @staticmethod
    def _labels(row: Row) -> frozenset[str]:
        labels = row.values.get("labels", frozenset())
        return labels if isinstance(labels, frozenset) else frozenset()


def _shown(row: Row) -> Row:
    """The row as an answer shows it: what happens to it afterwards is not in there."""
    return replace(row, values=dict(row.values))
