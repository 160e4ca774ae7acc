"""The smallest connector that passes the conformance suite: read it beside ``docs/tutorial-connector.md``.

Three things are worth copying. Every request goes through one door (``_ask``), which holds the fence and reports the call. The cursor
is the server's own change number, never a local time. And ``apply`` answers for each op what is known to have become of it: refused,
never sent, lost, or done.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import ParamSpec, TypeVar

from pmsync.connect import comments
from pmsync.connect.capabilities import Capabilities, Full, Partial, Support, Unsupported
from pmsync.connect.contract import (
    Absent,
    Account,
    Check,
    Connector,
    Container,
    Edit,
    Fetched,
    Finding,
    Found,
    Level,
    Listing,
    Outcome,
    Page,
    Receipt,
    Scope,
    Stream,
    Unreadable,
)
from pmsync.connect.errors import Ambiguous, AuthFailed, Conflict, ConnectorError, Gone, NotSent, Rejected, WriteRefused
from pmsync.connect.plugin import Environment, ScopeConfig
from pmsync.connect.webhooks import genuine
from pmsync.model.enums import Kind, Nature
from pmsync.model.labels import by_key
from pmsync.model.record import Comment, Record, RecordRef, ScopeRef
from pmsync.model.values import Known, known, raw
from pmsync.reconcile.operation import Operation, OpKind
from pmsync.reconcile.surface import Surface
from pmsync.testing.emulator import Event
from pmsync_memory.mapping import OF_FEEDBACK, OF_RELEASES, OF_WORK, SURFACES, surfaces_of
from pmsync_memory.notes import NOTE, is_note, note_id, parts
from pmsync_memory.personality import Personality
from pmsync_memory.server import PAGE, PERMISSIONS, ROBOT, MemoryServer, Note, Row
from pmsync_memory.settings import ContainerSettings

P = ParamSpec("P")
T = TypeVar("T")
OUTCOMES: Mapping[type[ConnectorError], Outcome] = {
    Rejected: Outcome.REJECTED,
    Gone: Outcome.REJECTED,
    Conflict: Outcome.CONFLICT,
    NotSent: Outcome.NOT_SENT,
    Ambiguous: Outcome.AMBIGUOUS,
}
"""What an error says about the op that met it. Every other error is about the system, not the op, and is raised."""
STATUSES: Mapping[type[ConnectorError], int] = {AuthFailed: 401, Conflict: 412, Rejected: 422}
"""The HTTP status that such an answer would have had, for the call counter; 0 where no answer came back."""


class MemoryConnector(Connector):
    """Speaks to one ``MemoryServer``. ``secret`` signs the webhooks that ``hints`` accepts."""

    def __init__(self, server: MemoryServer, scopes: Sequence[ScopeConfig], environment: Environment, secret: str = "") -> None:
        self._server = server
        self._scopes = {scope.ref: scope for scope in scopes}
        self._environment = environment
        self._secret = secret

    @property
    def capabilities(self) -> Capabilities:
        """What this server's personality allows."""
        return _capabilities(self._server.personality, bool(self._secret))

    def me(self) -> str:
        """The robot's account."""
        return ROBOT

    # -- discovery ----------------------------------------------------------------------------------------------------------

    def check(self, scopes: Sequence[ScopeRef]) -> list[Check]:
        """One line per permission and per container; a remedy wherever something is wrong."""
        try:
            granted = self._ask("GET", "permissions", self._server.permissions)
        except ConnectorError as error:
            return [Check(Level.ERROR, "sign-in", error.message, error.hint)]
        missing = [permission for permission in PERMISSIONS if permission not in granted]
        checks = [
            Check(Level.ERROR, name, f"this account may not {name}", f"grant it the permission to {name}") for name in missing
        ]
        for scope in scopes if "read" in granted else ():
            try:
                self.scopes([scope])
            except Gone as error:
                checks.append(Check(Level.ERROR, str(scope), error.message, error.hint))
        return checks or [Check(Level.OK, self._environment.system, "signed in, may read, create and edit")]

    def scopes(self, wanted: Sequence[ScopeRef]) -> list[Scope]:
        """The wanted containers; ``Gone`` when one does not exist."""
        return [
            Scope(ref, ref.key, self._ask("GET", "container", self._server.audience, ref.key), ref.key, self._url(ref.key))
            for ref in wanted
        ]

    def surfaces(self, scope: ScopeRef) -> list[Surface]:
        """Title, body, status, priority and labels; the config's value maps overrule the defaults."""
        return surfaces_of(self._scopes[scope], releases=self._server.personality.releases)

    def refresh(self) -> None:
        """Nothing is cached."""

    # -- reading ------------------------------------------------------------------------------------------------------------

    def pull(self, scope: ScopeRef, stream: Stream, cursor: str | None) -> Iterator[Page]:
        """Pages in the order of the server's change numbers. An entry that changes during the walk moves to its end."""
        after, more = int(cursor or 0), True
        while more:
            if stream is Stream.COMMENTS:
                notes = self._ask("GET", "list comments", self._server.changed_notes, scope.key, after)
                after, more = notes.last, notes.more
                said = tuple(self._comment(note) for note in notes.entries if not note.deleted)
                yield Page(
                    str(after), more, comments=said, gone=tuple(self._note_ref(note) for note in notes.entries if note.deleted)
                )
            else:
                rows = self._ask("GET", "list", self._server.changed_rows, scope.key, after)
                after, more = rows.last, rows.more
                alive = (self._record(row) for row in rows.entries if not row.deleted)
                gone = tuple(self._ref(row.id) for row in rows.entries if row.deleted)
                yield Page(str(after), more, tuple(record for record in alive if self.in_scope(scope, record)), gone=gone)

    def fetch(self, scope: ScopeRef, refs: Sequence[RecordRef], since: float | None = None) -> Fetched:
        """Direct reads, a hundred ids to a call; their history comes along in it. Comments are read by calls of their own."""
        if said := [ref for ref in refs if is_note(ref)]:
            return _joined(self._fetch_notes(said), self.fetch(scope, [ref for ref in refs if not is_note(ref)], since))
        rows: dict[str, Row] = {}
        edits: list[Edit] = []
        at = 0.0
        for start in range(0, len(refs), PAGE):
            ids = [ref.remote_id for ref in refs[start : start + PAGE]]
            look = self._ask("GET", "read", self._server.read, ids, since)
            rows |= {row.id: row for row in look.rows}
            edits += map(self._edit, look.events)
            at = at or look.at
        return Fetched(
            records=tuple(self._record(row) for row in rows.values() if not row.deleted),
            missing=tuple(ref for ref in refs if ref.remote_id not in rows),
            deleted=tuple(self._ref(row.id) for row in rows.values() if row.deleted),
            edits=tuple(edits),
            at=at,
        )

    def _fetch_notes(self, refs: Sequence[RecordRef]) -> Fetched:
        found: list[Note] = []
        for start in range(0, len(refs), PAGE):
            found += self._ask("GET", "read comments", self._server.read_notes, list(map(note_id, refs[start : start + PAGE])))
        records = tuple(self._said(note) for note in found)
        read = {record.ref for record in records}
        return Fetched(records, tuple(ref for ref in refs if ref not in read))

    def in_scope(self, scope: ScopeRef, record: Record) -> bool:
        """In this container, and carrying all labels that the scope's settings ask for."""
        wanted = ContainerSettings.model_validate(self._scopes[scope].settings).labels
        seen = record.values.get("labels")
        labels = seen.value if isinstance(seen, Known) else ()
        if record.kind.nature is not Nature.WORK:
            return record.scope == scope
        return record.scope == scope and by_key(wanted).keys() <= by_key(labels).keys()

    # -- writing ------------------------------------------------------------------------------------------------------------

    def prepare(self, scope: ScopeRef, ops: Sequence[Operation]) -> None:
        """Nothing has to exist before a write here; the fence holds all the same."""
        self._refuse_if_fenced("prepare")

    def apply(self, scope: ScopeRef, ops: Sequence[Operation]) -> Iterator[Receipt]:
        """Each op once, each receipt before the next op is sent."""
        self._refuse_if_fenced("apply")
        return (self._send(scope, op) for op in ops)

    def _send(self, scope: ScopeRef, op: Operation) -> Receipt:
        try:
            if op.item_kind is Kind.COMMENT:
                note = self._comment_upon(op)
                return Receipt(op.uid, Outcome.DONE, self._note_ref(note), self._said(note))
            row = self._create(scope, op) if op.kind is OpKind.CREATE else self._update(op)
        except (Rejected, Gone, Conflict, NotSent, Ambiguous) as error:
            refused = error.surfaces if isinstance(error, Rejected) else {}
            return Receipt(op.uid, OUTCOMES[type(error)], op.ref, reason=error.message, refused=refused, hint=error.hint)
        if row is None:
            return Receipt(op.uid, Outcome.DONE, op.ref)  # nothing to do, so nothing was sent
        return Receipt(op.uid, Outcome.DONE, self._ref(row.id), self._record(row))

    def _create(self, scope: ScopeRef, op: Operation) -> Row:
        values = {change.surface: raw(change.after) for change in op.changes}
        return self._ask("POST", "create", self._server.create, scope.key, op.item_kind, values, marker=op.marker, key=op.uid)

    def _comment_upon(self, op: Operation) -> Note:
        """A new comment has its header and its text; a changed one keeps the header that it has now."""
        wanted = comments.written(op)
        if op.ref is None:
            body = comments.with_header(wanted.header, wanted.text or "")
            return self._ask("POST", "comment", self._server.create_note, wanted.on, body, marker=op.marker)
        [*found] = self._ask("GET", "read comments", self._server.read_notes, [note_id(op.ref)])
        if not found:
            raise Gone(f"{op.key} is not there", status=404)
        header, text = parts(found[0])
        body = comments.with_header(header, text if wanted.text is None else wanted.text)
        return self._ask("PATCH", "comment", self._server.update_note, note_id(op.ref), body)

    def _update(self, op: Operation) -> Row | None:
        """Labels travel as deltas, so that one that someone adds meanwhile survives; other values only where ``before`` still holds."""
        moved = [change for change in op.changes if change.before != change.after]
        if op.ref is None or not moved:
            return None
        scalars = [change for change in moved if change.surface != "labels"]  # whole, whatever they hold
        labels = next((change for change in moved if change.surface == "labels"), None)
        return self._ask(
            "PATCH",
            "update",
            self._server.update,
            op.ref.remote_id,
            {change.surface: raw(change.after) for change in scalars},
            added=labels.added if labels else frozenset(),
            removed=labels.removed if labels else frozenset(),
            expected={change.surface: raw(change.before) for change in scalars},
        )

    # -- what makes it excellent --------------------------------------------------------------------------------------------

    def find(self, scope: ScopeRef, op: Operation, floor: str) -> Finding:
        """Look through the listing for the op's marker. One that trails is no proof of absence."""
        if not self._server.personality.marker:
            return Unreadable("this server keeps no markers")
        if op.item_kind is Kind.COMMENT:
            return self._find_note(op)
        for row in self._ask("GET", "list all", self._server.listing, scope.key):
            if row.marker == op.marker and row.creator == ROBOT:
                return Found(self._record(row))
        return Absent(consistent=not self._server.personality.lag)

    def _find_note(self, op: Operation) -> Finding:
        """Look through the comments of the one record that it was for: that listing never trails."""
        try:
            notes = self._ask("GET", "list comments of one", self._server.notes_of, comments.written(op).on)
        except Gone as error:
            return Unreadable(error.message)
        ours = [note for note in notes if note.marker == op.marker and note.author == ROBOT]
        return Found(self._said(ours[0])) if ours else Absent(consistent=True)

    def relocate(self, scope: ScopeRef, ref: RecordRef, key: str) -> Record | None:
        """Where the record went, when a move gave it another id."""
        if not self._server.personality.new_ids:
            return None
        row = self._ask("GET", "forward", self._server.forwarded, ref.remote_id)
        return None if row is None else self._record(row)

    def ids(self, scope: ScopeRef) -> Listing:
        """All ids that the listing knows; complete unless it trails."""
        rows = self._ask("GET", "list all", self._server.listing, scope.key)
        return Listing(tuple(self._ref(row.id) for row in rows), complete=not self._server.personality.lag)

    def container(self, scope: ScopeRef) -> Container:
        """Whether it can be read, the server's time, and the mark."""
        try:
            mark = self._ask("GET", "mark", self._server.mark, scope.key)
        except Gone:
            return Container(readable=False, server_time=self._server.clock.now())
        return Container(readable=True, server_time=self._server.clock.now(), mark=mark)

    def leave_mark(self, scope: ScopeRef, mark: str) -> None:
        """One call."""
        self._ask("PUT", "mark", self._server.put_mark, scope.key, mark)

    def people(self, scope: ScopeRef, ids: Sequence[str]) -> list[Account]:
        """Accounts by id; unknown ids are left out."""
        names = self._ask("GET", "people", self._server.people)
        return [Account(id_, names[id_]) for id_ in ids if id_ in names]

    def hints(self, headers: Mapping[str, str], body: bytes) -> list[RecordRef]:
        """A webhook is ``{"ids": [...]}``, signed in ``x-memory-signature`` with the hex HMAC-SHA256 of the body."""
        given = {name.casefold(): text for name, text in headers.items()}.get("x-memory-signature", "")
        if not genuine(body, self._secret, given):
            raise AuthFailed("the webhook's signature is missing or wrong", hint="use the same webhook_secret on both sides")
        return [self._ref(str(id_)) for id_ in json.loads(body)["ids"]]

    # -- inside --------------------------------------------------------------------------------------------------------------

    def _refuse_if_fenced(self, what: str) -> None:
        if self._environment.fence.read_only:
            raise WriteRefused(f"{self._environment.system}: {what} while only reads are allowed")

    def _ask(self, method: str, path: str, endpoint: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The one door: nothing but a GET passes the fence, and every request is reported with its status (0: no answer).

        A transport in the environment is a function of method, path and the call itself, which it may make, lose or repeat.
        """
        if method != "GET":
            self._refuse_if_fenced(f"{method} {path}")
        status, way = 0, self._environment.transport
        try:
            answer: T = endpoint(*args, **kwargs) if way is None else way(method, path, lambda: endpoint(*args, **kwargs))
            status = 200
        except ConnectorError as error:
            status = error.status if isinstance(error, Gone) else STATUSES.get(type(error), 0)
            raise
        finally:
            self._environment.on_call(self._environment.system, method, path, status)
        return answer

    def _ref(self, id_: str) -> RecordRef:
        return RecordRef(self._environment.system, id_)

    def _url(self, key: str) -> str:
        return f"memory://{self._server.name}/{key}"

    def _edit(self, event: Event) -> Edit:
        before, after = known(event.detail["before"]), known(event.detail["after"])
        return Edit(self._ref(event.object), event.detail["surface"], before, after, event.actor, event.at)

    def _record(self, row: Row) -> Record:
        return Record(
            ref=self._ref(row.id),
            scope=ScopeRef(self._environment.system, row.container),
            key=row.key,
            url=self._url(row.key),
            kind=row.kind,
            values={surface: known(row.values.get(surface)) for surface in self._shown(row)},
            version=str(row.changed),
            updated_at=row.updated_at,
            created_at=row.created_at,
            creator=row.creator,
            actor=row.actor,
            audience=self._server.containers[row.container],
            marker=row.marker,
        )

    def _shown(self, row: Row) -> tuple[str, ...]:
        special = {Kind.RELEASE: OF_RELEASES, Kind.FEEDBACK: OF_FEEDBACK}.get(row.kind)
        return special or ((*SURFACES, *OF_WORK) if self._server.personality.releases else SURFACES)

    def _comment(self, note: Note) -> Comment:
        header, text = parts(note)
        key = f"{note.row.key} comment {note.id}"
        return Comment(
            ref=self._note_ref(note),
            parent=self._ref(note.row.id),
            author=note.author,
            body=text,
            created_at=note.created_at,
            updated_at=note.updated_at,
            audience=min(note.audience, self._server.containers[note.row.container]),
            place=note.row.key,
            key=key,
            url=self._url(f"{note.row.key}#{note.id}"),
            name=self._server.accounts.get(note.author, ""),
            marker=note.marker if note.author == ROBOT else None,
            header=header,
        )

    def _said(self, note: Note) -> Record:
        """The record that a comment is."""
        return comments.record(self._comment(note), ScopeRef(self._environment.system, note.row.container))

    def _note_ref(self, note: Note) -> RecordRef:
        return self._ref(NOTE + note.id)


def _joined(one: Fetched, other: Fetched) -> Fetched:
    return replace(other, records=(*one.records, *other.records), missing=(*one.missing, *other.missing))


@lru_cache
def _capabilities(can: Personality, hooks: bool) -> Capabilities:
    """What a personality allows; ``hooks``: whether webhooks can be verified."""
    lagging = Partial(f"the listing trails by up to {can.lag:.0f} seconds")
    none = Unsupported("this server keeps no markers")
    return Capabilities(
        idempotency_key=_support(can.idempotency_key, "the server takes no key"),
        marker=Full() if can.marker else none,
        find=none if not can.marker else lagging if can.lag else Full(),
        compare_and_set=_support(can.compare_and_set, "the server overwrites without asking"),
        history=_support(can.history, "the server keeps no history"),
        deletions=_support(can.deletions, "the server forgets what was deleted"),
        ids=lagging if can.lag else Full(),
        container=Full() if can.marker else Partial("whether it can be read, and the server's time; it holds no mark"),
        comments=Full(),
        commenting=Full() if can.marker else none,
        hints=_support(hooks, "no webhook_secret is configured"),
        relocate=_support(can.new_ids, "a record keeps its id wherever it moves"),
        fetch_batch=PAGE,
        index_lag=can.lag,
    )


def _support(can: bool, otherwise: str) -> Support:
    return Full() if can else Unsupported(otherwise)
