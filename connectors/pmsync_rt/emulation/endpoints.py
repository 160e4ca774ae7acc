"""RT's endpoints: what is not in the table at the end is answered 501.

Every peculiarity here was seen on RT 5.0.3 (``facts/support.md`` 1a, and the differential tests, which hold this file against the real thing).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from pmsync.testing.emulator import Response
from pmsync_rt.emulation import render, writing
from pmsync_rt.emulation.exchange import Exchange, Refusal
from pmsync_rt.emulation.listings import list_attachments, list_history, list_lines, list_tickets, list_users

# -- single records ---------------------------------------------------------------------------------------------------------------


def about(ex: Exchange) -> Response:
    """The version."""
    return Response.of(200, {"Version": "5.0.3", "Plugins": []})


def get_ticket(ex: Exchange) -> Response:
    """A ticket, with its etag: the number of its last line."""
    ticket = ex.ticket(ex.parts["id"])
    return Response.of(200, render.ticket_record(ex.asked, ticket), {"etag": f'"{ex.state.etag(ticket, ex.user)}"'})


def get_queue(ex: Exchange) -> Response:
    """A queue, by name or number."""
    return Response.of(200, render.queue_record(ex.asked, ex.queue(ex.parts["id"])))


def get_field(ex: Exchange) -> Response:
    """A custom field; rights in a single queue do not suffice to see it by itself, but the bot has it for all."""
    definition = ex.state.fields.get(int(ex.parts["id"]))
    if definition is None:
        raise Refusal(404, "Not Found")
    body: dict[str, Any] = {
        "id": definition.number,
        "Name": definition.name,
        "Type": "Select" if definition.choices else "Freeform",
        "MaxValues": "0" if definition.multiple else "1",
    }
    if definition.choices:
        body["Values"] = list(definition.choices)
    return Response.of(200, body)


def get_user(ex: Exchange) -> Response:
    """An account, by name or number."""
    name = ex.parts["id"]
    user = next((one for one in ex.state.users.values() if name in (one.name, str(one.number))), None)
    if user is None:
        raise Refusal(404, "Not Found")
    fields = ("Name", "RealName", "EmailAddress", "Organization")
    return Response.of(200, {"id": user.number, "Disabled": "0", **{one: render.account_field(user, one) for one in fields}})


# -- writes -----------------------------------------------------------------------------------------------------------------------


def post_ticket(ex: Exchange) -> Response:
    """A new ticket. An idempotency key is ignored; a bad status is refused, a bad value of a custom field dropped."""
    number = writing.create(ex.state, ex.user, ex.json(), Refusal)
    place = {"location": f"/REST/2.0/ticket/{number}"}
    return Response.of(201, ex.asked.ref("ticket", str(number)), place)


def put_ticket(ex: Exchange) -> Response:
    """Whatever becomes of it, the answer is 200 with sentences; only a stale ``If-Match`` is refused as a whole."""
    ticket = ex.ticket(ex.parts["id"], "Resource does not exist; use POST to create")
    given = ex.request.headers.get("if-match")
    if given is not None and given.strip('"') != ex.state.etag(ticket, ex.user):
        raise Refusal(412, "Precondition Failed")
    return Response.of(200, writing.edit(ex.state, ex.user, ticket, ex.json()))


def delete_ticket(ex: Exchange) -> Response:
    """204, and the ticket is in no listing any more."""
    ticket = ex.ticket(ex.parts["id"])
    if not ex.user.superuser:
        raise Refusal(500, "Internal Server Error")  # without the right DeleteTicket
    ex.state.set_status(ticket, ex.user.name, "deleted")
    return Response(204)


def post_message(ex: Exchange) -> Response:
    """A comment or a reply."""
    ticket = ex.ticket(ex.parts["id"])
    body = ex.json()
    if not body.get("ContentType"):
        raise Refusal(400, "ContentType is a required field for application/json")
    kind = "Comment" if ex.request.path.rstrip("/").endswith("comment") else "Correspond"
    line = ex.state.talk(ticket, ex.user.name, kind, str(body.get("Content", "")))
    said = "Comments added" if kind == "Comment" else "Correspondence added"
    return Response.of(201, [said], {"location": f"/REST/2.0/transaction/{line.number}"})


def put_queue(ex: Exchange) -> Response:
    """Custom fields of a queue; one that it does not have is dropped without a word."""
    queue = ex.queue(ex.parts["id"])
    if not ex.state.may(ex.user, "AdminQueue", queue):
        raise Refusal(403, "Forbidden")
    return Response.of(200, writing.edit_queue(ex.state, queue, ex.json()))


Handler = Callable[[Exchange], Response]

TABLE: Mapping[str, Handler] = {
    "GET /rt": about,
    "GET /tickets": list_tickets,
    "POST /tickets": list_tickets,
    "GET /transactions": list_lines,
    "POST /attachments": list_attachments,
    "POST /users": list_users,
    "POST /ticket": post_ticket,
    "GET /ticket/{id}": get_ticket,
    "PUT /ticket/{id}": put_ticket,
    "DELETE /ticket/{id}": delete_ticket,
    "GET /ticket/{id}/history": list_history,
    "POST /ticket/{id}/comment": post_message,
    "POST /ticket/{id}/correspond": post_message,
    "GET /queue/{id}": get_queue,
    "PUT /queue/{id}": put_queue,
    "GET /customfield/{id}": get_field,
    "GET /user/{id}": get_user,
}

_NUMBERED = frozenset({"ticket", "customfield"})


def _pattern(template: str) -> re.Pattern[str]:
    number = r"(?P<id>\d+)" if template.split("/")[1] in _NUMBERED else r"(?P<id>[^/]+)"
    return re.compile("/REST/2.0" + template.replace("{id}", number) + "/?")


def _route(line: str, handler: Handler) -> tuple[str, re.Pattern[str], Handler]:
    method, template = line.split(" ", 1)
    return method, _pattern(template), handler


ROUTES = [_route(line, handler) for line, handler in TABLE.items()]


def find(method: str, path: str) -> tuple[Handler, dict[str, str]] | None:
    """The endpoint of a request and the parts of its path; None when it is not implemented."""
    for wanted, pattern, handler in ROUTES:
        match = pattern.fullmatch(path) if wanted == method else None
        if match is not None:
            return handler, {name: unquote(value) for name, value in match.groupdict().items()}
    return None
