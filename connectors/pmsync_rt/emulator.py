"""A stateful stand-in for Request Tracker 5: a pure function of requests, a clock and the knobs.

What it does not implement it answers with 501. ``events`` is the ground truth of what was changed, by whom and when; the methods below ``handle``
are side doors for tests and the demo, through which other people work on the same desk.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from email.utils import formatdate

from pmsync.connect.clock import Clock
from pmsync.testing.emulator import Event, Request, Response
from pmsync_rt.emulation import endpoints
from pmsync_rt.emulation.exchange import Exchange, Refusal, message_of
from pmsync_rt.emulation.state import FieldDef, Line, Queue, State, Ticket, User
from pmsync_rt.vocabulary import ROADMAP_CHOICES

__all__ = ["BOT", "RtEmulator", "RtKnobs"]

BOT = User(27, "pmsync-robot", "Sync Robot", "robot@test.local", token="1-27-0123456789abcdef")  # noqa: S106 - a stand-in's
"""The account that every desk has."""


@dataclass(slots=True)
class RtKnobs:
    """How this desk is set up.

    Attributes:
        choices: what the roadmap field offers.
        superuser: the bot may everything, and learns how many rows there are.
    """

    choices: tuple[str, ...] = ROADMAP_CHOICES
    superuser: bool = False


class RtEmulator:
    """One desk with the custom fields that the connector's README asks for."""

    def __init__(self, clock: Clock, knobs: RtKnobs | None = None) -> None:
        knobs = knobs or RtKnobs()
        self.base_url = "https://rt.acme.example"
        self.bot = replace(BOT, superuser=knobs.superuser)
        self.state = State(clock)
        self.state.users[self.bot.name] = self.bot
        definitions = (
            FieldDef(2, "Roadmap Status", choices=knobs.choices),
            FieldDef(3, "Roadmap Key"),
            FieldDef(4, "Tags", multiple=True),
            FieldDef(5, "pmsync"),
            FieldDef(6, "pmsync", of="queue"),
        )
        self.state.fields.update({one.number: one for one in definitions})

    @property
    def events(self) -> list[Event]:
        """The ground-truth log."""
        return self.state.events

    @events.setter
    def events(self, events: list[Event]) -> None:
        self.state.events = events

    def handle(self, request: Request) -> Response:
        """Answer one request. Nothing but an accepted write changes anything."""
        try:
            response = self._answer(request)
        except Refusal as refused:
            response = refused.response
        return replace(response, headers={**response.headers, "date": formatdate(self.state.clock.now(), usegmt=True)})

    def _answer(self, request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        user = next((one for one in self.state.users.values() if one.token and one.token == token), None)
        if scheme.lower() != "token" or user is None:
            return message_of(401, "Unauthorized")
        found = endpoints.find(request.method, request.path)
        if found is None:
            return message_of(501, f"not implemented here: {request.method} {request.path}")
        handler, parts = found
        return handler(Exchange(request, self.state, user, self.base_url, parts))

    # -- side doors -------------------------------------------------------------------------------------------------------------

    def add_queue(self, name: str) -> Queue:
        """Make a queue."""
        queue = Queue(len(self.state.queues) + 3, name)
        self.state.queues[queue.number] = queue
        return queue

    def add_user(self, name: str, *, organization: str = "", superuser: bool = False) -> User:
        """Make an account, its token its number."""
        number = self.state.number()
        user = User(number, name, name.title(), f"{name}@example.com", organization, f"1-{number}-{name}", superuser)
        self.state.users[name] = user
        return user

    def file(self, queue: str, actor: str, subject: str, *, content: str = "", requestor: str = "") -> Ticket:
        """A person files a ticket."""
        found = self.state.queue(queue)
        assert found is not None
        return self.state.create(actor, found, subject, content=content, requestors=[requestor] if requestor else [])

    def ticket(self, number: str) -> Ticket:
        """A ticket.

        Raises:
            KeyError: there is none.
        """
        return self.state.tickets[int(number)]

    def edit(self, number: str, actor: str, *, subject: str | None = None, status: str | None = None) -> None:
        """A person edits a ticket."""
        ticket = self.ticket(number)
        if subject is not None:
            self.state.set_subject(ticket, actor, subject)
        if status is not None:
            self.state.set_status(ticket, actor, status)

    def put(self, number: str, actor: str, field: str, values: Collection[str]) -> None:
        """A person sets a custom field."""
        definition = self.state.field_of(field)
        assert definition is not None
        ticket = self.ticket(number)
        if definition.multiple:
            self.state.put_values(ticket, actor, definition, sorted(values))
        else:
            self.state.put_value(ticket, actor, definition, next(iter(values), ""))

    def values(self, number: str, field: str) -> Sequence[str]:
        """What a custom field holds."""
        definition = self.state.field_of(field)
        assert definition is not None
        return [one for one in self.ticket(number).values.get(definition.number, []) if one]

    def move(self, number: str, actor: str, queue: str) -> None:
        """A person moves a ticket to another queue."""
        target = self.state.queue(queue)
        assert target is not None
        self.state.move(self.ticket(number), actor, target)

    def delete(self, number: str, actor: str) -> None:
        """A person deletes a ticket."""
        self.state.set_status(self.ticket(number), actor, "deleted")

    def merge(self, number: str, actor: str, into: str) -> None:
        """A person merges a ticket into another."""
        self.state.merge(self.ticket(number), actor, self.ticket(into))

    def say(self, number: str, actor: str, text: str, *, internal: bool = True) -> Line:
        """A person comments, or answers the customer."""
        return self.state.talk(self.ticket(number), actor, "Comment" if internal else "Correspond", text)

    def deny(self, queue: str, *rights: str) -> None:
        """Take rights away from everybody who is no superuser."""
        self.state.denied.setdefault(queue, set()).update(rights)

    def ignore(self, field: str) -> None:
        """From now on writes of a custom field are answered with success, and dropped."""
        self.state.ignored.add(field)

    def hold_back(self, number: str, seconds: float) -> None:
        """The newest line about a ticket is committed only so many seconds from now."""
        line = next(one for one in reversed(self.state.log) if one.ticket == int(number))
        line.shows = self.state.clock.now() + seconds

    def mails(self) -> Mapping[int, int]:
        """Ticket number to the mails that customers got about it."""
        found: dict[int, int] = {}
        for line in self.state.log:
            if line.type == "EmailRecord":
                found[line.ticket] = found.get(line.ticket, 0) + 1
        return found
