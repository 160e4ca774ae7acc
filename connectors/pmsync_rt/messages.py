"""Messages: the first one of a ticket, and the comments and correspondence that follow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pmsync.connect.contract import Page
from pmsync.model.record import ScopeRef
from pmsync_rt import cursor, mapping, wire
from pmsync_rt.client import PAGE, Client
from pmsync_rt.cursor import Position, Tracker
from pmsync_rt.stream import Reader, any_of

BATCH = 50
"""Messages whose parts are read in one call."""


def texts(client: Client, lines: Sequence[wire.Transaction]) -> dict[str, str]:
    """Number of a line to the text of its message; lines without one are left out."""
    numbers = [str(line.id) for line in lines]
    found: dict[str, str] = {}
    for start in range(0, len(numbers), BATCH):
        found |= mapping.text_of(client.messages(numbers[start : start + BATCH]))
    return found


def first(client: Client, tickets: Sequence[wire.Ticket]) -> dict[str, str]:
    """Ticket number to the text of its first message, "" where it has none: three calls per 100 tickets."""
    numbers = [str(ticket.id) for ticket in tickets]
    if not numbers:
        return {}
    lines = client.log(f"Type='Create' AND {any_of('ObjectId', numbers)}").lines
    said = texts(client, lines)
    return dict.fromkeys(numbers, "") | {str(line.ticket): said.get(str(line.id), "") for line in lines}


def pages(reader: Reader, scope: ScopeRef, text: str | None) -> Iterator[Page]:
    """The comments of a queue, by RT's log. Where first messages are no bodies, they come along as first comments."""
    names = reader.catalogue.config(scope)
    types = ["Comment", "Correspond"] + ([] if names.messages else ["Create"])
    wanted = " OR ".join(f"Type='{one}'" for one in types)
    tracker, more = Tracker(cursor.load(text) if text else Position(), reader.overlap), True
    while more:
        log = reader.client.log(f"id > {tracker.after} AND TicketQueue='{names.queue}' AND ({wanted})")
        more = len(log.lines) >= PAGE
        fresh = tracker.fresh(log.lines)
        said = texts(reader.client, fresh)
        comments = [mapping.comment(line, said[str(line.id)], scope.system) for line in fresh if said.get(str(line.id))]
        tracker.delivered(log.lines, log.at, more=more)
        yield Page(cursor.dump(tracker.position), more, comments=tuple(comments))
