"""What the desk holds, as RT writes it: numbers as texts in listings and as numbers in single records."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pmsync_rt.emulation.state import INACTIVE, WAYS, FieldDef, Line, Queue, State, Ticket, User, stamp


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, where the desk is reached, and which fields of what a record refers to are wanted (``Requestor`` to names)."""

    state: State
    user: User
    base: str
    expand: Mapping[str, Sequence[str]]

    def ref(self, kind: str, number: object) -> dict[str, Any]:
        """A reference to a record."""
        return {"type": kind, "id": number, "_url": f"{self.base}/REST/2.0/{kind}/{number}"}

    def account(self, name: str, role: str = "") -> dict[str, Any]:
        """A reference to an account, with what was asked for beside it."""
        user = self.state.users.get(name)
        return {**self.ref("user", name), **{one: account_field(user, one) for one in self.expand.get(role, ())}}


def account_field(user: User | None, name: str) -> str:
    """One field of an account."""
    if user is None:
        return ""
    held = {
        "Name": user.name,
        "RealName": user.real_name,
        "EmailAddress": user.email,
        "Organization": user.organization,
        "Disabled": "",
    }
    return held.get(name, "")


def ticket_fields(asked: Asked, ticket: Ticket, wanted: Collection[str]) -> dict[str, Any]:
    """The wanted fields of a ticket."""
    state = asked.state
    queue = state.queues[ticket.queue]
    held: dict[str, Any] = {
        "Subject": ticket.subject,
        "Status": ticket.status,
        "Queue": {
            **asked.ref("queue", str(queue.number)),
            **({"Name": queue.name} if "Name" in asked.expand.get("Queue", ()) else {}),
        },
        "Created": stamp(ticket.created),
        "LastUpdated": stamp(ticket.updated),
        "Creator": asked.account(ticket.creator, "Creator"),
        "LastUpdatedBy": asked.account(ticket.updated_by, "LastUpdatedBy"),
        "Owner": asked.account("Nobody", "Owner"),
        "Requestor": [asked.account(name, "Requestor") for name in ticket.requestors],
        "Type": "ticket",
        "Priority": "0",
        "EffectiveId": asked.ref("ticket", str(ticket.effective)),
        "CustomFields": custom_fields(asked, ticket.values, queue, "ticket"),
        "_hyperlinks": hyperlinks(asked, ticket, queue),
    }
    return {name: held.get(name, "") for name in wanted}


def custom_fields(asked: Asked, values: Mapping[int, list[str | None]], queue: Queue, of: str) -> list[dict[str, Any]]:
    """The custom fields that the account may see, with their values."""
    return [
        {**asked.ref("customfield", str(one.number)), "name": one.name, "values": list(values.get(one.number, []))}
        for one in visible_fields(asked, queue, of)
    ]


def visible_fields(asked: Asked, queue: Queue, of: str) -> list[FieldDef]:
    """The custom fields of a queue or its tickets that the account may see."""
    if not asked.state.may(asked.user, "SeeCustomField", queue):
        return []
    return [one for one in asked.state.fields.values() if one.of == of]


def hyperlinks(asked: Asked, ticket: Ticket, queue: Queue) -> list[dict[str, Any]]:
    """Links to other systems, and what the account may do."""
    self_link = {**asked.ref("ticket", ticket.number), "ref": "self"}
    links: list[dict[str, Any]] = [self_link]
    links += [{"type": "external", "_url": url, "ref": "refers-to"} for url in ticket.links]
    links += [
        {**asked.ref("customfield", str(one.number)), "name": one.name, "ref": "customfield"}
        for one in visible_fields(asked, queue, "ticket")
    ]
    links.append({"ref": "history", "_url": f"{self_link['_url']}/history"})
    if asked.state.may(asked.user, "ModifyTicket", queue):
        others = [one for one in WAYS[ticket.status] if one != "deleted"]
        links += [{"ref": "lifecycle", "from": ticket.status, "to": one, "_url": self_link["_url"]} for one in others]
    return links


def line_fields(asked: Asked, line: Line, wanted: Collection[str]) -> dict[str, Any]:
    """The wanted fields of a line of the log."""
    held: dict[str, Any] = {
        "Type": line.type,
        "ObjectId": str(line.ticket),
        "ObjectType": "RT::Ticket",
        "Field": line.field,
        "OldValue": line.before,
        "NewValue": line.after,
        "Creator": asked.account(line.creator),
        "Created": stamp(line.created),
    }
    return {name: held.get(name, "") for name in wanted}


def queue_record(asked: Asked, queue: Queue) -> dict[str, Any]:
    """A queue by itself."""
    links: list[dict[str, Any]] = [{**asked.ref("queue", queue.number), "ref": "self"}]
    if asked.state.may(asked.user, "CreateTicket", queue):
        links.append({"ref": "create", "type": "ticket", "_url": f"{asked.base}/REST/2.0/ticket?Queue={queue.number}"})
    tickets = [
        {**asked.ref("customfield", str(one.number)), "name": one.name, "ref": "customfield"}
        for one in visible_fields(asked, queue, "ticket")
    ]
    return {
        "id": queue.number,
        "Name": queue.name,
        "Lifecycle": "default",
        "Disabled": "0",
        "CustomFields": custom_fields(asked, queue.values, queue, "queue"),
        "TicketCustomFields": tickets,
        "_hyperlinks": links,
    }


def ticket_record(asked: Asked, ticket: Ticket) -> dict[str, Any]:
    """A ticket by itself."""
    names = ("Subject", "Status", "Queue", "Created", "LastUpdated", "Creator", "LastUpdatedBy", "Owner", "Requestor", "Type")
    others = ("Priority", "EffectiveId", "CustomFields", "_hyperlinks")
    resolved = stamp(ticket.updated) if ticket.status in INACTIVE else "1970-01-01T00:00:00Z"
    return {"id": ticket.number, "Resolved": resolved, **ticket_fields(asked, ticket, [*names, *others])}
