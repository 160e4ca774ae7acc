"""What a stand-in desk holds, and what happens to it. Every change writes a line into the log, as RT does."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pmsync.connect.clock import Clock
from pmsync.testing.emulator import Event

SYSTEM = "RT_System"
STATUSES = ("new", "open", "stalled", "resolved", "rejected", "deleted")
WAYS = {
    "new": ("open", "resolved", "rejected", "deleted"),
    "open": ("stalled", "resolved", "rejected", "deleted"),
    "stalled": ("open", "rejected", "resolved", "deleted"),
    "resolved": ("open",),
    "rejected": ("open",),
    "deleted": ("open",),
}
"""The actions that RT's default lifecycle offers from each status."""
INACTIVE = frozenset({"resolved", "rejected", "deleted"})
RIGHTS = frozenset(
    {
        "SeeQueue",
        "ShowTicket",
        "ShowTicketComments",
        "CreateTicket",
        "ModifyTicket",
        "SeeCustomField",
        "ModifyCustomField",
        "AdminQueue",
    }
)
"""What the connector's README asks for."""


@dataclass(slots=True)
class User:
    """An account; ``name`` is how RT calls it everywhere."""

    number: int
    name: str
    real_name: str = ""
    email: str = ""
    organization: str = ""
    token: str = ""
    superuser: bool = False


@dataclass(frozen=True, slots=True)
class FieldDef:
    """A custom field; ``choices`` None for free text; ``of`` is ``ticket`` or ``queue``."""

    number: int
    name: str
    of: str = "ticket"
    choices: tuple[str, ...] | None = None
    multiple: bool = False


@dataclass(slots=True)
class Queue:
    """A queue, with the values of its own custom fields by number."""

    number: int
    name: str
    values: dict[int, list[str | None]] = field(default_factory=dict)


@dataclass(slots=True)
class Ticket:
    """A ticket; ``effective`` is another number than its own once it was merged."""

    number: int
    queue: int
    creator: str
    created: float
    updated: float
    updated_by: str
    subject: str = ""
    status: str = "new"
    requestors: list[str] = field(default_factory=list)
    values: dict[int, list[str | None]] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    effective: int = 0


@dataclass(slots=True)
class Line:
    """A line of the log. ``shows`` is when it can first be seen (a database commits late)."""

    number: int
    ticket: int
    type: str
    creator: str
    created: float
    field: str = ""
    before: str = ""
    after: str = ""
    content: str = ""
    shows: float = 0.0


class State:
    """Everything, and the verbs that change it. ``actor`` is always a name."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.events: list[Event] = []
        self.users: dict[str, User] = {}
        self.queues: dict[int, Queue] = {}
        self.fields: dict[int, FieldDef] = {}
        self.tickets: dict[int, Ticket] = {}
        self.log: list[Line] = []
        self.denied: dict[str, set[str]] = {}
        self.granted: dict[str, frozenset[str]] = {}
        self.ignored: set[str] = set()
        self._numbers = 10

    def number(self) -> int:
        """A number never given before."""
        self._numbers += 1
        return self._numbers

    def queue(self, name: str) -> Queue | None:
        """By name or number."""
        return next((one for one in self.queues.values() if name in (one.name, str(one.number))), None)

    def field_of(self, name: str, of: str = "ticket") -> FieldDef | None:
        """By name or number."""
        return next((one for one in self.fields.values() if one.of == of and name in (one.name, str(one.number))), None)

    def may(self, user: User, right: str, queue: Queue) -> bool:
        """Whether the account has a right in a queue."""
        return user.superuser or right in self.granted.get(user.name, RIGHTS) - self.denied.get(queue.name, set())

    def write(
        self, ticket: Ticket, actor: str, kind: str, *, changed: str = "", before: str = "", after: str = "", content: str = ""
    ) -> Line:
        """Add a line to the log."""
        now = self.clock.now()
        line = Line(self.number(), ticket.number, kind, actor, now, changed, before, after, content)
        self.log.append(line)
        ticket.updated = now
        if kind not in ("EmailRecord", "CommentEmailRecord"):
            ticket.updated_by = actor
        detail = {"field": changed, "before": before, "after": after}
        self.events.append(Event(now, actor, kind, str(ticket.number), detail))
        return line

    # -- what happens to tickets ------------------------------------------------------------------------------------------------

    def create(self, actor: str, queue: Queue, subject: str, *, content: str = "", requestors: Sequence[str] = ()) -> Ticket:
        """A new ticket; whoever asks gets a mail."""
        now = self.clock.now()
        number = len(self.tickets) + 1
        ticket = Ticket(number, queue.number, actor, now, now, actor, cut(subject), requestors=list(requestors), effective=number)
        self.tickets[number] = ticket
        self.write(ticket, actor, "Create", content=content)
        self.mail(ticket)
        return ticket

    def mail(self, ticket: Ticket) -> None:
        """RT mails the requestors, and keeps a line about it."""
        if ticket.requestors:
            self.write(ticket, SYSTEM, "EmailRecord")

    def set_subject(self, ticket: Ticket, actor: str, subject: str) -> bool:
        """Whether it changed. The log keeps what was sent, the ticket what is left of it."""
        before, whole = ticket.subject, one_line(subject)
        if before == whole:
            return False
        ticket.subject = cut(subject)
        self.write(ticket, actor, "Set", changed="Subject", before=before, after=whole)
        return True

    def set_status(self, ticket: Ticket, actor: str, status: str) -> bool:
        """Whether it changed; who asked is told of a solution."""
        before, ticket.status = ticket.status, status
        if before != status:
            self.write(ticket, actor, "Status", changed="Status", before=before, after=status)
            if status == "resolved":
                self.mail(ticket)
        return before != status

    def move(self, ticket: Ticket, actor: str, queue: Queue) -> None:
        """Into another queue; the number stays."""
        before, ticket.queue = ticket.queue, queue.number
        self.write(ticket, actor, "Set", changed="Queue", before=str(before), after=str(queue.number))

    def put_value(self, ticket: Ticket, actor: str, definition: FieldDef, value: str) -> str | None:
        """Set a field of one value; RT's sentence, None where nothing changed. An emptied field may keep a null."""
        held = ticket.values.setdefault(definition.number, [])
        before = next((one for one in held if one), "")
        if value == before:
            return None
        ticket.values[definition.number] = [value] if value else [None]
        self.write(ticket, actor, "CustomField", changed=str(definition.number), before=before, after=value)
        if not value:
            return f"{definition.name} {before} deleted"
        return f"{definition.name} {before} changed to {value}" if before else f"{definition.name} {value} added"

    def put_values(self, ticket: Ticket, actor: str, definition: FieldDef, values: Sequence[str]) -> list[str]:
        """Set a field of many values: what is new is added first, then what is not wanted goes."""
        held = ticket.values.setdefault(definition.number, [])
        said = []
        for value in dict.fromkeys(values):
            if value not in held:
                held.append(value)
                self.write(ticket, actor, "CustomField", changed=str(definition.number), after=value)
                said.append(f"{value} added as a value for {definition.name}")
        for old in sorted(str(one) for one in held if one not in values):
            held.remove(old)
            self.write(ticket, actor, "CustomField", changed=str(definition.number), before=old)
            said.append(f"{old} is no longer a value for custom field {definition.name}")
        return said

    def link(self, ticket: Ticket, actor: str, url: str) -> str:
        """Refer to something outside."""
        if url in ticket.links:
            return "Link already exists"
        ticket.links.append(url)
        self.write(ticket, actor, "AddLink", changed="RefersTo", after=url)
        return f"Ticket {ticket.number} refers to URI {url}."

    def merge(self, ticket: Ticket, actor: str, into: Ticket) -> None:
        """Both logs tell of it."""
        ticket.effective = into.number
        target = f"fsck.com-rt://test.local/ticket/{into.number}"
        self.write(ticket, actor, "AddLink", changed="MergedInto", after=target)
        self.write(into, actor, "AddLink", changed="MergedInto", after=target)

    def talk(self, ticket: Ticket, actor: str, kind: str, content: str) -> Line:
        """A comment, which staff alone see, or correspondence, which is mailed and opens a new ticket."""
        line = self.write(ticket, actor, kind, content=content)
        if kind == "Correspond":
            self.mail(ticket)
            if ticket.status == "new" and actor not in ticket.requestors:
                self.set_status(ticket, SYSTEM, "open")
        return line

    def etag(self, ticket: Ticket, user: User) -> str:
        """The number of the last line that the account may see."""
        mine: Collection[int] = {one.number for one in self.tickets.values() if one.effective == ticket.number}
        return str(max((line.number for line in self.log if line.ticket in mine and self.shows(line, user)), default=0))

    def shows(self, line: Line, user: User) -> bool:
        """Whether the account may see a line of a ticket that it may see."""
        if user.superuser:
            return True
        queue = self.queues[self.tickets[line.ticket].queue]
        if line.type in ("EmailRecord", "CommentEmailRecord"):
            return False
        needed = {"Comment": "ShowTicketComments", "CustomField": "SeeCustomField"}.get(line.type)
        return needed is None or self.may(user, needed, queue)


def one_line(subject: str) -> str:
    """RT joins the lines of a subject."""
    return subject.replace("\r", "").replace("\n", "")


def cut(subject: str) -> str:
    """RT cuts a subject silently behind 200 bytes."""
    return one_line(subject).encode()[:200].decode(errors="ignore")


def stamp(at: float) -> str:
    """RT's time: whole seconds, UTC."""
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
