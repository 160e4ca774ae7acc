"""One request to the desk, and what every endpoint asks of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pmsync.testing.emulator import Request, Response
from pmsync_rt.emulation.render import Asked
from pmsync_rt.emulation.state import Queue, State, Ticket, User


class Refusal(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.response = message_of(status, message)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request: who asks, and the parts of its path."""

    request: Request
    state: State
    user: User
    base: str
    parts: Mapping[str, str]

    @property
    def asked(self) -> Asked:
        """For rendering."""
        expand = {
            match[1]: value.split(",")
            for name, value in self.request.query
            if (match := re.fullmatch(r"fields\[(\w+)\]", name)) is not None
        }
        return Asked(self.state, self.user, self.base, expand)

    @property
    def fields(self) -> list[str]:
        """The fields asked for."""
        return [one for one in self.request.param("fields").split(",") if one]

    def json(self) -> Any:
        """The body.

        Raises:
            Refusal: it is not JSON.
        """
        try:
            return self.request.json() or {}
        except ValueError:
            raise Refusal(400, "Bad Request") from None

    def queue(self, name: str) -> Queue:
        """A queue that the account may see.

        Raises:
            Refusal: 403 for one that it may not see, or that there is not; 404 to a superuser.
        """
        queue = self.state.queue(name)
        if queue is None:
            raise Refusal(404, "Not Found") if self.user.superuser else Refusal(403, "Forbidden")
        if not self.state.may(self.user, "SeeQueue", queue):
            raise Refusal(403, "Forbidden")
        return queue

    def ticket(self, number: str, missing: str = "Not Found") -> Ticket:
        """A ticket that the account may see; a merged one is the one it went into, and a deleted one is still there.

        Raises:
            Refusal: 404, or 403 for one that it may not see.
        """
        ticket = self.state.tickets.get(int(number))
        if ticket is None:
            raise Refusal(404, missing)
        ticket = self.state.tickets[ticket.effective]
        if not self.state.may(self.user, "ShowTicket", self.state.queues[ticket.queue]):
            raise Refusal(403, "Forbidden")
        return ticket


def message_of(status: int, message: str) -> Response:
    """RT's document for a refusal."""
    return Response(status, {"content-type": "application/json; charset=utf-8"}, json.dumps({"message": message}).encode())
