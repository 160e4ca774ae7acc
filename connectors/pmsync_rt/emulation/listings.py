"""RT's listings: what is asked for in its query languages or by JSON, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeVar

from pmsync.testing.emulator import Response
from pmsync_rt.emulation import render
from pmsync_rt.emulation.exchange import Exchange, Refusal
from pmsync_rt.emulation.sql import BadQuery, Value, parse
from pmsync_rt.emulation.state import Line, Ticket, User, stamp

CAP = 100
"""Rows of a page: a larger ``per_page`` is cut silently."""
USUAL = 20
TICKET_FIELDS = ("id", "Queue", "Status", "Subject", "Creator", "Requestor", "Created", "LastUpdated")
LINE_FIELDS = (
    "id", "ObjectId", "ObjectType", "Type", "Field", "OldValue", "NewValue", "Creator", "Created", "TicketQueue", "TicketId",
)  # fmt: skip

T = TypeVar("T")


def list_tickets(ex: Exchange) -> Response:
    """TicketSQL in the address. A query in a JSON body is overlooked: 200, and nothing found."""
    text = ex.request.param("query")
    rows: list[Ticket] = []
    if text:
        test = _parsed(text, TICKET_FIELDS)
        rows = [one for one in ex.state.tickets.values() if _listed(ex, one) and test(partial(_ticket_value, ex, one))]
    asked = ex.asked
    return _page(ex, rows, lambda row: {**asked.ref("ticket", str(row.number)), **render.ticket_fields(asked, row, ex.fields)})


def _listed(ex: Exchange, ticket: Ticket) -> bool:
    """Deleted and merged tickets never are."""
    if ticket.status == "deleted" or ticket.effective != ticket.number:
        return False
    return ex.state.may(ex.user, "ShowTicket", ex.state.queues[ticket.queue])


def list_lines(ex: Exchange) -> Response:
    """The log. Lines the account may not see take a place on the page, and do not show; only a superuser learns how many there are."""
    test = _parsed(ex.request.param("query"), LINE_FIELDS)
    now = ex.state.clock.now()
    rows = [
        line
        for line in ex.state.log
        if line.shows <= now
        and ex.state.may(ex.user, "ShowTicket", ex.state.queues[ex.state.tickets[line.ticket].queue])
        and test(partial(_line_value, ex, line))
    ]
    asked = ex.asked
    return _page(
        ex,
        rows,
        lambda row: {**asked.ref("transaction", str(row.number)), **render.line_fields(asked, row, ex.fields)},
        shows=lambda row: ex.state.shows(row, ex.user),
        counted=ex.user.superuser,
    )


def list_history(ex: Exchange) -> Response:
    """The log of one ticket."""
    ticket = ex.ticket(ex.parts["id"])
    mine = {one.number for one in ex.state.tickets.values() if one.effective == ticket.number}
    rows = [line for line in ex.state.log if line.ticket in mine]
    asked = ex.asked
    return _page(
        ex,
        rows,
        lambda row: {**asked.ref("transaction", str(row.number)), **render.line_fields(asked, row, ex.fields)},
        shows=lambda row: ex.state.shows(row, ex.user),
        counted=ex.user.superuser,
    )


def list_attachments(ex: Exchange) -> Response:
    """A search by JSON for the messages of some lines. To ask for ``Parent`` is answered 500."""
    wanted = _criteria(ex, "TransactionId")
    if "Parent" in ex.fields:
        return Response(500, {"content-type": 'application/json; charset="utf-8"'}, b"")
    rows = [line for line in ex.state.log if str(line.number) in wanted and line.content and ex.state.shows(line, ex.user)]
    asked = ex.asked

    def shown(line: Line) -> dict[str, Any]:
        held = {"TransactionId": str(line.number), "ContentType": "text/plain", "Content": line.content, "Filename": ""}
        return {**asked.ref("attachment", str(line.number)), **{name: held.get(name, "") for name in ex.fields}}

    return _page(ex, rows, shown, counted=ex.user.superuser)


def list_users(ex: Exchange) -> Response:
    """A search by JSON for accounts by name."""
    wanted = {one.casefold() for one in _criteria(ex, "Name")}
    rows = [user for user in ex.state.users.values() if user.name.casefold() in wanted]
    asked = ex.asked

    def shown(user: User) -> dict[str, Any]:
        return {**asked.ref("user", user.name), **{name: render.account_field(user, name) for name in ex.fields}}

    return _page(ex, rows, shown)


def _criteria(ex: Exchange, field: str) -> list[str]:
    body = ex.json()
    given = body if isinstance(body, list) else []
    if len(given) > 1 and any(one.get("entry_aggregator") != "OR" for one in given[1:]):
        return []  # joined by AND: nothing is two things at once
    return [str(one.get("value")) for one in given if one.get("field") == field]


def _parsed(text: str, fields: Sequence[str]) -> Callable[[Callable[[str], Value]], bool]:
    try:
        return parse(text, fields)
    except BadQuery as bad:
        raise Refusal(400, f"{bad}\n") from None


def _ticket_value(ex: Exchange, ticket: Ticket, name: str) -> Value:
    queue = ex.state.queues[ticket.queue]
    if name.upper().startswith("CF.{"):
        definition = ex.state.field_of(name[4:-1])
        return [one for one in ticket.values.get(definition.number, []) if one] if definition else []
    held: dict[str, Value] = {
        "id": ticket.number,
        "Queue": [queue.name, str(queue.number)],
        "Status": ticket.status,
        "Subject": ticket.subject,
        "Creator": ticket.creator,
        "Requestor": ticket.requestors,
        "Created": stamp(ticket.created).replace("T", " ").rstrip("Z"),
        "LastUpdated": stamp(ticket.updated).replace("T", " ").rstrip("Z"),
    }
    return held[name]


def _line_value(ex: Exchange, line: Line, name: str) -> Value:
    queue = ex.state.queues[ex.state.tickets[line.ticket].queue]
    held: dict[str, Value] = {
        "id": line.number,
        "ObjectId": line.ticket,
        "TicketId": line.ticket,
        "ObjectType": "RT::Ticket",
        "Type": line.type,
        "Field": line.field,
        "OldValue": line.before,
        "NewValue": line.after,
        "Creator": line.creator,
        "Created": stamp(line.created).replace("T", " ").rstrip("Z"),
        "TicketQueue": [queue.name, str(queue.number)],
    }
    return held[name]


def _page(
    ex: Exchange,
    rows: Iterable[T],
    shown: Callable[[T], dict[str, Any]],
    *,
    shows: Callable[[T], bool] = lambda row: True,
    counted: bool = True,
) -> Response:
    """One page, by number; ``counted`` whether the account learns how many there are."""
    ordered = list(rows)
    if ex.request.param("order") == "DESC":
        ordered.reverse()
    given = ex.request.param("per_page")
    size = min(int(given), CAP) if given.isdecimal() and int(given) else USUAL
    number = int(ex.request.param("page") or 1)
    items = [shown(row) for row in ordered[(number - 1) * size : number * size] if shows(row)]
    total = len(ordered) if counted else None
    pages = -(-len(ordered) // size) if counted else None
    body: dict[str, Any] = {"items": items, "count": len(items), "total": total, "pages": pages, "page": number, "per_page": size}
    if pages and number < pages:
        body["next_page"] = f"{ex.base}{ex.request.path}?page={number + 1}"
    return Response.of(200, body)
