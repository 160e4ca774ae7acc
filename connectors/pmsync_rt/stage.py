"""A Request Tracker with people on it, for the demo and tests."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from pmsync.connect.clock import Clock
from pmsync.model.enums import Status
from pmsync.testing.emulator import Emulator, Request
from pmsync.testing.stage import Seen, Sketch
from pmsync_rt.emulation.state import Ticket
from pmsync_rt.emulator import RtEmulator

STATUSES = {
    Status.INBOX: "new",
    Status.BACKLOG: "new",
    Status.PLANNED: "new",
    Status.IN_PROGRESS: "open",
    Status.IN_REVIEW: "open",
    Status.DONE: "resolved",
    Status.RELEASED: "resolved",
    Status.DECLINED: "rejected",
    Status.DUPLICATE: "rejected",
}
MEANINGS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "status": {
        "new": frozenset({"inbox", "backlog", "planned"}),
        "open": frozenset({"in_progress", "in_review"}),
        "resolved": frozenset({"done", "released"}),
        "rejected": frozenset({"declined", "duplicate"}),
    },
    "priority": {},
}
"""What the statuses of tickets can stand for; RT's own priority speaks of service levels and is none of ours."""

_READS = frozenset({"/REST/2.0/attachments", "/REST/2.0/users"})


class RtStage:
    """See ``pmsync.testing.stage``: a ``Stage`` and a ``Ground``. People who file tickets are customers."""

    def __init__(self, clock: Clock) -> None:
        self.emulator = RtEmulator(clock)

    def settings(self) -> Mapping[str, Any]:
        """The system's part of the config."""
        return {"kind": "rt", "url": self.emulator.base_url, "token": self.emulator.bot.token}

    def open(self, container: str, title: str) -> None:
        """A queue."""
        self.emulator.add_queue(container)

    def file(self, container: str, sketch: Sketch) -> str:
        """A customer files a ticket."""
        by = self._person(sketch.by)
        ticket = self.emulator.file(container, by, sketch.title, content=sketch.body, requestor=by)
        number = str(ticket.number)
        if STATUSES[sketch.status] != "new":
            self.emulator.edit(number, by, status=STATUSES[sketch.status])
        if sketch.labels:
            self.emulator.put(number, by, "Tags", sketch.labels)
        return f"{container}#{number}"

    def edit(self, key: str, by: str, *, title: str = "", status: Status | None = None, label: str = "") -> None:
        """A person edits a ticket."""
        number, person = self.record_of(key), self._person(by)
        self.emulator.edit(number, person, subject=title or None, status=STATUSES[status] if status else None)
        if label:
            self.label(number, by, add=[label])

    def count(self, container: str) -> int:
        """Tickets in the queue."""
        return sum(1 for seen in self.look().values() if seen.container == container)

    def _person(self, name: str) -> str:
        if name not in self.emulator.state.users:
            self.emulator.add_user(name)
        return name

    # -- a ground to simulate on -------------------------------------------------------------------------------------------------

    @property
    def face(self) -> Emulator:
        """The desk."""
        return self.emulator

    def publish(self, container: str) -> None:
        """A queue stays what it is: nothing of a help desk is public here."""

    def restrict(self, record: str, by: str) -> None:
        """Tickets are as open as their queue."""

    def webhook(self, record: str, secret: str) -> tuple[Mapping[str, str], bytes]:
        """RT sends none."""
        raise NotImplementedError("RT sends no webhooks")

    def trail(self, share: float) -> None:
        """RT's listings come from its database."""

    def tear(self, torn: bool) -> None:
        """RT's pages are full."""

    def look(self) -> Mapping[str, Seen]:
        """Every ticket that exists; deleted and merged ones are gone."""
        tickets = self.emulator.state.tickets.values()
        return {str(one.number): self._seen(one) for one in tickets if one.status != "deleted" and one.effective == one.number}

    def _seen(self, ticket: Ticket) -> Seen:
        number, container = str(ticket.number), self.emulator.state.queues[ticket.queue].name
        create = next(line for line in self.emulator.state.log if line.ticket == ticket.number)
        marker = next(iter(self.emulator.values(number, "pmsync")), None)
        values = {"title": ticket.subject, "body": create.content, "status": ticket.status, "priority": ""}
        robot = ticket.creator == self.emulator.bot.name
        return Seen(container, f"{container}#{number}", robot, marker, values, frozenset(self.emulator.values(number, "Tags")))

    def ticks(self) -> int:
        """The length of the desk's log."""
        return len(self.emulator.events)

    def choices(self, name: str) -> Mapping[str, frozenset[str]]:
        """RT's own statuses."""
        return MEANINGS[name]

    def put(self, record: str, by: str, name: str, value: str) -> None:
        """A person sets subject or status.

        Raises:
            KeyError: there is no such field here.
        """
        self.emulator.edit(record, self._person(by), **{{"title": "subject", "status": "status"}[name]: value})

    def label(self, record: str, by: str, *, add: Collection[str] = (), remove: Collection[str] = ()) -> None:
        """A person changes tags."""
        tags = (frozenset(self.emulator.values(record, "Tags")) | frozenset(add)) - frozenset(remove)
        self.emulator.put(record, self._person(by), "Tags", tags)

    def comment(self, record: str, by: str, text: str) -> None:
        """A person comments."""
        self.emulator.say(record, self._person(by), text)

    def copy(self, record: str, by: str, title: str) -> str:
        """A person makes a ticket like another one; its custom fields come along."""
        old = self.emulator.ticket(record)
        made = self.emulator.file(self.emulator.state.queues[old.queue].name, self._person(by), title)
        made.values = {number: list(values) for number, values in old.values.items()}
        return str(made.number)

    def move(self, record: str, by: str, container: str) -> str:
        """A person moves a ticket; its number stays."""
        self.emulator.move(record, self._person(by), container)
        return record

    def delete(self, record: str, by: str) -> None:
        """A person deletes a ticket."""
        self.emulator.delete(record, self._person(by))

    def record_of(self, key: str) -> str:
        """The ticket's number."""
        number = key.rpartition("#")[2]
        return str(self.emulator.ticket(number).number)

    def is_write(self, request: Request) -> bool:
        """What is neither a GET nor a search."""
        return request.method not in ("GET", "HEAD") and request.path not in _READS
