"""What RT makes of the bodies of writes. It answers success, and drops what it does not like with a sentence, or without one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from pmsync_rt.emulation.state import STATUSES, FieldDef, Queue, State, Ticket, User, one_line

DENIED = "Permission Denied"
FIRST = frozenset({"new", "open", "resolved"})
"""What a ticket may begin with."""


class Refuse(Protocol):
    """Makes the error that refuses a request."""

    def __call__(self, status: int, message: str) -> Exception:
        """The error."""
        ...


def create(state: State, user: User, body: Mapping[str, Any], refuse: Refuse) -> int:
    """Make a ticket; returns its number."""
    name = body.get("Queue")
    if not name:
        raise refuse(400, "Could not create ticket. Queue not set")
    queue = state.queue(str(name))
    if queue is None or not state.may(user, "CreateTicket", queue):
        raise refuse(403, f"No permission to create tickets in the queue '{name}'")
    status = str(body.get("Status") or "new")
    if status not in STATUSES:
        raise refuse(400, f"Status '{status}' isn't a valid status for tickets in this queue.")
    if status not in FIRST:
        raise refuse(400, f"New tickets can not have status '{status}' in this queue.")
    asking = body.get("Requestor") or []
    requestors = [asking] if isinstance(asking, str) else list(asking)
    for one in requestors:
        state.users.setdefault(one, User(state.number(), one, email=one))
    text = str(body.get("Content") or "")
    ticket = state.create(user.name, queue, str(body.get("Subject") or ""), content=text, requestors=requestors)
    ticket.status = status
    for key, value in (body.get("CustomFields") or {}).items():
        definition = state.field_of(str(key))
        if definition is not None and definition.name not in state.ignored:
            values = [str(one) for one in (value if isinstance(value, list) else [value]) if one]
            kept = [fit for one in values if (fit := _fit(definition, one)) is not None]
            ticket.values[definition.number] = list(kept if definition.multiple else kept[:1])
    return ticket.number


def edit(state: State, user: User, ticket: Ticket, body: Mapping[str, Any]) -> list[str]:
    """Carry out what it likes of a PUT; returns RT's sentences."""
    queue = state.queues[ticket.queue]
    may = state.may(user, "ModifyTicket", queue)
    said: list[str] = []
    if "Subject" in body and str(body["Subject"]) != ticket.subject:
        before = ticket.subject
        if not may:
            said.append(f"Ticket {ticket.number}: {DENIED}")
        elif state.set_subject(ticket, user.name, str(body["Subject"])):
            said.append(
                f"Ticket {ticket.number}: Subject changed from {_quoted(before)} to {_quoted(one_line(str(body['Subject'])))}"
            )
    if "Status" in body and body["Status"] != ticket.status:
        said.append(_status(state, user, ticket, str(body["Status"]), may=may))
    if body.get("Queue") and (target := state.queue(str(body["Queue"]))) is not None:
        state.move(ticket, user.name, target)
        said.append(f"Ticket {ticket.number}: Queue changed from {queue.name} to {target.name}")
    for key, value in (body.get("CustomFields") or {}).items():
        said += _field(state, user, ticket, str(key), value)
    links = body.get("AddRefersTo") or []
    said += [state.link(ticket, user.name, url) for url in ([links] if isinstance(links, str) else links)]
    if body.get("MergeInto"):
        state.merge(ticket, user.name, state.tickets[int(body["MergeInto"])])
        said.append("Merge Successful")
    return said


def _status(state: State, user: User, ticket: Ticket, status: str, *, may: bool) -> str:
    if status not in STATUSES:
        return f"Ticket {ticket.number}: Status '{status}' isn't a valid status for this ticket."
    if not may:
        return f"Ticket {ticket.number}: {DENIED}"
    before = ticket.status
    state.set_status(ticket, user.name, status)
    return f"Ticket {ticket.number}: Status changed from '{before}' to '{status}'"


def _field(state: State, user: User, ticket: Ticket, name: str, value: Any) -> list[str]:
    """One custom field: one there is not is passed over in silence, a value there is not is told and dropped."""
    definition = state.field_of(name)
    if definition is None or definition.name in state.ignored:
        return []
    if not state.may(user, "ModifyCustomField", state.queues[ticket.queue]):
        return [_denied_field(definition)]
    if definition.multiple:
        wanted = [str(one) for one in (value if isinstance(value, list) else [value])]
        return state.put_values(ticket, user.name, definition, wanted)
    text = str((value[0] if value else "") if isinstance(value, list) else value or "")
    fit = _fit(definition, text) if text else ""
    if fit is None:
        return ["Invalid value for custom field"]
    said = state.put_value(ticket, user.name, definition, fit)
    return [said] if said else []


def _denied_field(definition: FieldDef) -> str:
    if definition.multiple:
        return f"Could not add new custom field value: {DENIED}"
    return f"Could not add a new value to custom field '{definition.name}': {DENIED}"


def _fit(definition: FieldDef, value: str) -> str | None:
    """The value as the field keeps it: of a choice without regard to case; None where there is no such choice."""
    if definition.choices is None:
        return value
    return next((one for one in definition.choices if one.casefold() == value.casefold()), None)


def edit_queue(state: State, queue: Queue, body: Mapping[str, Any]) -> list[str]:
    """Set custom fields of a queue."""
    said = []
    for key, value in (body.get("CustomFields") or {}).items():
        definition = state.field_of(str(key), "queue")
        if definition is not None and queue.values.get(definition.number) != [value]:
            before = queue.values.get(definition.number)
            queue.values[definition.number] = [str(value)]
            said.append(f"{definition.name} {before[0]} changed to {value}" if before else f"{definition.name} {value} added")
    return said


def _quoted(text: str) -> str:
    return f"'{text}'" if text else "(no value)"
