"""The contract for one Request Tracker: each verb delegates to the part that knows how."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from urllib.parse import quote

from pmsync.connect.capabilities import Capabilities, Full, Partial, Unsupported
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
    Listing,
    Page,
    Receipt,
    Scope,
    Stream,
    Unreadable,
)
from pmsync.connect.errors import AuthFailed, Gone, Rejected, WriteRefused
from pmsync.connect.plugin import Environment, ScopeConfig
from pmsync.model.enums import Audience
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.reconcile.operation import Operation
from pmsync.reconcile.surface import Surface
from pmsync_rt import client, history, mapping, messages, wire
from pmsync_rt.catalogue import Catalogue, find_queue
from pmsync_rt.client import Client, Refused
from pmsync_rt.settings import RtScope, RtSettings
from pmsync_rt.stream import Reader, Walk, any_of, listed, more_behind, within
from pmsync_rt.vocabulary import check_maps
from pmsync_rt.writes import Writer

_AUDIENCES = {"public": Audience.PUBLIC, "internal": Audience.INTERNAL, "private": Audience.PRIVATE}
ASKED_AFTER = 25
"""Tickets that a fetch asks after one by one, at most, because they were not listed: to tell deleted from hidden."""


class RtConnector(Connector):
    """One Request Tracker.

    Raises:
        ConfigError: a value map names what the hub does not have.
    """

    def __init__(self, settings: RtSettings, scopes: Sequence[ScopeConfig], environment: Environment) -> None:
        for scope in scopes:
            check_maps(environment.system, scope.maps)
        self._settings = settings
        self._environment = environment
        self._scopes = {scope.ref: scope for scope in scopes}
        self._client = Client(settings, environment)
        self._catalogue = Catalogue(self._client, self._scopes)
        self._writer = Writer(self._client, self._catalogue)
        self._desk = mapping.Desk(environment.system, settings.url, self._place)
        self._reader = Reader(self._client, self._catalogue, settings.overlap, self._records)
        self._me = ""

    @property
    def capabilities(self) -> Capabilities:
        """Constant."""
        return Capabilities(
            idempotency_key=Unsupported("RT ignores idempotency keys"),
            marker=Full(),
            find=Full(),
            compare_and_set=Partial(
                "RT compares before it writes, not while: of two writers at the same moment both may pass, so every write is read back"
            ),
            history=Full(),
            deletions=Full(),
            ids=Full(),
            container=Full(),
            comments=Partial("comments are never written; those of staff are read with the right ShowTicketComments alone"),
            hints=Unsupported("RT sends no webhooks"),
            fetch_batch=client.PAGE,
            server_max=300.0,
            index_lag=self._settings.overlap,
        )

    def me(self) -> str:
        """Our account's name. A token names its owner by number (``1-<number>-<secret>``).

        Raises:
            AuthFailed: there is no such account.
        """
        if not self._me:
            wanted = self._settings.login or _owner(self._settings.token.get_secret_value())
            user = self._client.user(wanted) if wanted else None
            if user is None or not user.name:
                raise AuthFailed(
                    "RT does not say which account the token belongs to", hint="name the account: login of this system"
                )
            self._me = user.name
        return self._me

    def check(self, scopes: Sequence[ScopeRef]) -> list[Check]:
        """See ``doctor``."""
        from pmsync_rt.doctor import Doctor

        return Doctor(self._client, self._catalogue, self.me).check(scopes)

    def scopes(self, wanted: Sequence[ScopeRef]) -> list[Scope]:
        """One call per queue."""
        return [self._scope(ref) for ref in wanted]

    def surfaces(self, scope: ScopeRef) -> list[Surface]:
        """Title and status (written only to a tracker of our own), roadmap status, labels; the body where messages are read."""
        return self._catalogue.surfaces(scope)

    def refresh(self) -> None:
        """Forget queues and fields."""
        self._catalogue.refresh()

    def pull(self, scope: ScopeRef, stream: Stream, cursor: str | None) -> Iterator[Page]:
        """Tickets by number at first, then RT's log: one call, and one per 100 changed tickets (two where the scope has a condition)."""
        if stream is Stream.COMMENTS:
            return messages.pages(self._reader, scope, cursor)
        return Walk(self._reader, scope).pages(cursor)

    def fetch(self, scope: ScopeRef, refs: Sequence[RecordRef], since: float | None = None) -> Fetched:
        """A listing by number, 100 at a time, which RT answers from its database. History costs one call more per 100."""
        names = self._catalogue.config(scope)
        records: list[Record] = []
        edits: list[Edit] = []
        began = 0.0
        for start in range(0, len(refs), client.PAGE):
            numbers = [ref.remote_id for ref in refs[start : start + client.PAGE]]
            lines = [] if since is None else history.lines_since(self._client, numbers, since)
            page = listed(self._client, scope, any_of("id", numbers), None)
            matching: Collection[str] | None = None
            if names.where:
                query = f"{any_of('id', numbers)} AND {within(names.queue, names.where)}"
                matching = {str(one.id) for one in listed(self._client, scope, query, names.where, fields="").tickets}
            records += self._records(scope, page.tickets, matching)
            edits += history.Told(self._catalogue, scope).edits(lines, page.tickets) if lines else ()
            began = began or page.at or 0.0
        found = {record.ref for record in records}
        absent = [ref for ref in refs if ref not in found]
        deleted = {ref for ref in absent[:ASKED_AFTER] if self._is_deleted(ref)}
        missing = tuple(ref for ref in absent if ref not in deleted)
        return Fetched(tuple(records), missing, tuple(ref for ref in absent if ref in deleted), tuple(edits), began)

    def in_scope(self, scope: ScopeRef, record: Record) -> bool:
        """By the queue, and by what RT said of the scope's condition when the record was read."""
        return record.scope == scope and not record.excluded

    def prepare(self, scope: ScopeRef, ops: Sequence[Operation]) -> None:
        """Nothing: RT makes tags as they are used."""
        if self._environment.fence.read_only:
            raise WriteRefused(f"{scope}: refused, for only reads may leave now; nothing was sent")

    def apply(self, scope: ScopeRef, ops: Sequence[Operation]) -> Iterator[Receipt]:
        """Per ticket a read and a conditional write of all its surfaces; a second read only where RT's answer leaves doubts."""
        for op in ops:
            yield self._writer.send(scope, op)

    def find(self, scope: ScopeRef, op: Operation, floor: str) -> Finding:
        """A search for the marker, which RT answers from its database; it covers all queues that we see."""
        if op.marker is None:
            return Unreadable("the create carried no marker")
        try:
            find_queue(self._client, scope)
            page = self._client.tickets(f"'CF.{{{self._catalogue.config(scope).marker}}}'='{op.marker}'")
        except Gone as gone:
            return Unreadable(gone.message)
        except Rejected as rejected:
            return Unreadable(rejected.message)
        records = self._records(scope, page.tickets, None)
        ours = [one for one in records if one.marker == op.marker and one.creator == self.me()]
        oldest = min(ours, key=lambda one: int(one.ref.remote_id), default=None)
        return Absent(consistent=True) if oldest is None else Found(oldest)

    def ids(self, scope: ScopeRef) -> Listing:
        """All tickets of the queue by number, 100 per call; without the scope's condition, for what left it is still there."""
        find_queue(self._client, scope)
        found: list[RecordRef] = []
        after, more = 0, True
        while more:
            page = listed(self._client, scope, f"{within(scope.key, None)} AND id > {after}", None, fields="Status")
            found += [RecordRef(scope.system, str(ticket.id)) for ticket in page.tickets]
            after = max((int(ticket.id) for ticket in page.tickets), default=after)
            more = more_behind(page)
        return Listing(tuple(found), complete=True)

    def container(self, scope: ScopeRef) -> Container:
        """The queue, and the mark in its custom field."""
        try:
            queue, at = find_queue(self._client, scope)
        except Gone:
            return Container(readable=False, server_time=0.0)
        return Container(True, at or 0.0, _mark(queue, self._catalogue.config(scope).marker))

    def leave_mark(self, scope: ScopeRef, mark: str) -> None:
        """Into the queue's own custom field of the marker's name; RT says 200 also where there is none, so it is read back then."""
        name = self._catalogue.config(scope).marker
        said = self._client.put_queue(scope.key, {name: mark})
        if isinstance(said, Refused):
            raise Rejected(
                f"{scope}: RT keeps no mark: {said}", hint=f"grant AdminQueue and ModifyCustomField to the account in {scope.key}"
            )
        if _mark(self._client.queue(scope.key)[0], name) != mark:
            hint = f"make a custom field {name!r} for queues (Freeform, single value), and grant AdminQueue and ModifyCustomField"
            raise Rejected(f"{scope}: RT dropped the mark without a word", hint=hint)

    def people(self, scope: ScopeRef, ids: Sequence[str]) -> list[Account]:
        """A search by name, 100 accounts at a time."""
        found: list[Account] = []
        for start in range(0, len(ids), client.PAGE):
            wanted = ids[start : start + client.PAGE]
            found += [one for one in map(mapping.account, self._client.users(wanted)) if one.id in wanted]
        return found

    def close(self) -> None:
        """Release connections."""
        self._client.close()

    # -- helpers --------------------------------------------------------------------------------------------------------------

    def _records(self, scope: ScopeRef, tickets: Sequence[wire.Ticket], matching: Collection[str] | None) -> list[Record]:
        bodies = messages.first(self._client, tickets) if self._catalogue.config(scope).messages else {}
        return [
            mapping.record(
                ticket,
                self._desk,
                body=bodies.get(str(ticket.id)),
                excluded=matching is not None and str(ticket.id) not in matching,
            )
            for ticket in tickets
        ]

    def _is_deleted(self, ref: RecordRef) -> bool:
        """Whether RT says of a ticket that it was deleted or merged into another; not where it says nothing."""
        try:
            ticket = self._client.ticket(ref.remote_id).ticket
        except Gone:
            return False
        return ticket.status == "deleted" or str(ticket.id) != ref.remote_id

    def _place(self, queue: wire.QueueRef) -> tuple[ScopeRef, RtScope | None]:
        ref = ScopeRef(self._environment.system, queue.name)
        config = self._scopes.get(ref)
        return ref, RtScope.model_validate(config.settings) if config else None

    def _scope(self, ref: ScopeRef) -> Scope:
        queue, _ = find_queue(self._client, ref)
        audience = self._catalogue.config(ref).audience
        url = f"{self._settings.url}/Search/Results.html?Query=" + quote(within(ref.key, None))
        return Scope(ref, queue.name or ref.key, _AUDIENCES[audience or "internal"], str(queue.id), url)


def _owner(token: str) -> str:
    parts = token.split("-")
    return parts[1] if len(parts) == 3 and parts[1].isdecimal() else ""


def _mark(queue: wire.Queue, name: str) -> str | None:
    fields = queue.fields if isinstance(queue.fields, list) else []
    return next((value for one in fields if one.name == name for value in one.values if isinstance(value, str) and value), None)
