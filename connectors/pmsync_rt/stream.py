"""Walks through a queue: its tickets by number for a first load, RT's own log of transactions from then on.

RT lists no page twice the same while people work (offsets lose rows), so every page begins behind the last number of the one before. A line that
the account may not see takes a place on a page and does not show; so only such lines are asked for as it may see in any case, and a page that is
not full is the last one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from dataclasses import dataclass

from pmsync.connect.contract import Page
from pmsync.connect.errors import Gone, Rejected
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync_rt import cursor, wire
from pmsync_rt.catalogue import Catalogue, find_queue
from pmsync_rt.client import PAGE, Client, Listed, moment
from pmsync_rt.cursor import Anchor, Position, Tracker

SILENT = ("EmailRecord", "CommentEmailRecord", "Comment", "Correspond")
"""Lines that change nothing on a ticket. Some of them only some accounts may see."""


@dataclass(frozen=True, slots=True)
class Reader:
    """What turns tickets into records: (scope, tickets, numbers that the scope's condition lets through or None for all) to records."""

    client: Client
    catalogue: Catalogue
    overlap: float
    records: Callable[[ScopeRef, Sequence[wire.Ticket], Collection[str] | None], list[Record]]


def any_of(field: str, numbers: Sequence[str]) -> str:
    """A condition that one of the numbers fulfils; RT's language knows no IN."""
    return "(" + " OR ".join(f"{field}={number}" for number in numbers) + ")"


def within(queue: str, where: str | None) -> str:
    """The TicketSQL that selects a scope."""
    return f"Queue='{queue}'" + (f" AND ({where})" if where else "")


def listed(client: Client, scope: ScopeRef, query: str, where: str | None, **how: str) -> Listed:
    """Tickets of a query.

    Raises:
        Rejected: RT does not understand the scope's condition.
    """
    try:
        return client.tickets(query, **how)
    except Rejected as refused:
        hint = f"correct the condition {where!r} of {scope}" if where else refused.hint
        raise Rejected(f"{scope}: RT does not understand what it is asked: {refused.message}", hint=hint) from None


def more_behind(page: Listed) -> bool:
    """Whether tickets follow a page. Where RT does not say how many there are, it may hide some, and only an empty page is the last."""
    return page.total > len(page.tickets) if page.total is not None else bool(page.tickets)


class Walk:
    """One walk through a scope from a cursor to the end."""

    def __init__(self, reader: Reader, scope: ScopeRef) -> None:
        self._reader = reader
        self._client = reader.client
        self._scope = scope
        self._names = reader.catalogue.config(scope)

    def pages(self, text: str | None) -> Iterator[Page]:
        """Pages to the end, at least one.

        Raises:
            Gone: the queue cannot be seen, or nothing in it any more.
            Rejected: RT does not understand the scope's condition.
        """
        position = cursor.load(text) if text else None
        if position is None or position.ticket is not None:
            position = yield from self._first(position)
        yield from self._later(position)

    # -- a first load ---------------------------------------------------------------------------------------------------------

    def _first(self, position: Position | None) -> Generator[Page, None, Position]:
        """Every ticket there is; returns where the log goes on, for some of them changed meanwhile."""
        if position is None:
            find_queue(self._client, self._scope)
            position = self._start()
        after, more = position.ticket or 0, True
        while more:
            query = f"{within(self._names.queue, self._names.where)} AND id > {after}"
            page = listed(self._client, self._scope, query, self._names.where)
            after = max((int(ticket.id) for ticket in page.tickets), default=after)
            more = more_behind(page)
            anchor = None if more or not after else self._newest(str(after))
            position = Position(position.floor, position.seen, None, after if more else None, anchor)
            records = self._reader.records(self._scope, page.tickets, None)
            yield Page(cursor.dump(position), more=True, records=tuple(records))
        return position

    def _start(self) -> Position:
        """Where the log stands before the first ticket is read: at its newest line that no late one can slip under."""
        log = self._client.log(f"id > 0 AND {self._told()}", newest=True)
        now = log.at if log.at is not None else max((moment(line.created) for line in log.lines), default=0.0)
        young = [line for line in log.lines if moment(line.created) > now - self._reader.overlap]
        old = [line for line in log.lines if moment(line.created) <= now - self._reader.overlap]
        lowest = min((int(line.id) for line in young), default=1) - 1
        floor = max((int(line.id) for line in old), default=lowest)
        return Position(floor, sorted(int(line.id) for line in young if int(line.id) > floor))

    # -- polls ----------------------------------------------------------------------------------------------------------------

    def _later(self, position: Position) -> Iterator[Page]:
        tracker, more = Tracker(position, self._reader.overlap), True
        while more:
            anchor = tracker.position.anchor
            wanted = f"id > {tracker.after}" + (f" OR id = {anchor.line}" if anchor else "")
            log = self._client.log(f"({wanted}) AND {self._told()}")
            more = len(log.lines) >= PAGE
            if anchor is not None and all(int(line.id) != anchor.line for line in log.lines):
                tracker.anchored(self._verified(anchor))
            fresh = tracker.fresh(log.lines)
            records, gone = self._changed(fresh) if fresh else ([], [])
            self._reanchor(tracker, fresh, records)
            tracker.delivered([line for line in log.lines if int(line.id) > tracker.after], log.at, more=more)
            yield Page(cursor.dump(tracker.position), more, records=tuple(records), gone=tuple(gone))

    def _changed(self, lines: Sequence[wire.Transaction]) -> tuple[list[Record], list[RecordRef]]:
        numbers = list(dict.fromkeys(str(line.ticket) for line in lines))
        page = listed(self._client, self._scope, any_of("id", numbers), None)
        matching: Collection[str] | None = None
        if self._names.where:
            query = f"{any_of('id', numbers)} AND {within(self._names.queue, self._names.where)}"
            matching = {
                str(ticket.id) for ticket in listed(self._client, self._scope, query, self._names.where, fields="").tickets
            }
        records = self._reader.records(self._scope, page.tickets, matching)
        home = str(self._reader.catalogue.facts(self._scope).queue.id)
        left = {str(line.ticket) for line in lines if line.type == "Set" and line.changed == "Queue" and line.before == home}
        mine = [record for record in records if record.scope == self._scope or record.ref.remote_id in left]
        there = {str(ticket.id) for ticket in page.tickets}
        ended = {str(line.ticket) for line in lines if _ends(line)} - there
        return mine, [RecordRef(self._scope.system, number) for number in numbers if number in ended]

    def _told(self) -> str:
        """The lines that matter, none of them such as the account might not see."""
        fields = self._reader.catalogue.facts(self._scope).fields.values()
        ours = "".join(f" OR Field='{number}'" for number in fields)
        return " AND ".join([*(f"Type != '{one}'" for one in SILENT), f"(Type != 'CustomField'{ours})"])

    # -- the anchor -------------------------------------------------------------------------------------------------------------

    def _verified(self, anchor: Anchor) -> Anchor | None:
        """Another anchor for one that no longer shows, when its ticket only went elsewhere.

        Raises:
            Gone: the queue cannot be seen any more, or none of its tickets.
        """
        find_queue(self._client, self._scope)
        page = self._client.tickets(f"{within(self._names.queue, None)}", fields="")
        if page.tickets:
            return self._newest(str(page.tickets[-1].id))
        try:
            self._client.ticket(str(anchor.ticket))
        except Gone:
            hint = f"grant the account the right ShowTicket in {self._scope.key}"
            raise Gone(f"{self._scope}: the account sees no ticket any more, where it saw some", status=403, hint=hint) from None
        return None

    def _newest(self, ticket: str) -> Anchor | None:
        lines = self._client.log(f"ObjectId = {ticket} AND {self._told()}", newest=True, size=1).lines
        return Anchor(int(lines[0].id), int(ticket)) if lines else None

    def _reanchor(self, tracker: Tracker, fresh: Sequence[wire.Transaction], records: Sequence[Record]) -> None:
        here = {record.ref.remote_id for record in records if record.scope == self._scope}
        last = next((line for line in reversed(fresh) if str(line.ticket) in here), None)
        if last is not None:
            tracker.anchored(Anchor(int(last.id), int(last.ticket)))


def _ends(line: wire.Transaction) -> bool:
    """Whether a line takes its ticket away: deleted, or merged into another one (RT writes the merge into the logs of both)."""
    if line.type == "Status":
        return line.after == "deleted"
    return line.type == "AddLink" and line.changed == "MergedInto" and (line.after or "").rpartition("/")[2] != str(line.ticket)
