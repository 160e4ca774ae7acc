"""RT's JSON to records and back to request bodies. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pmsync.connect.contract import Account
from pmsync.model.enums import Audience, Kind
from pmsync.model.labels import by_key, label_key
from pmsync.model.record import Comment, Record, RecordRef, Requester, ScopeRef
from pmsync.model.values import EMPTY, Empty, Known, Observed, Settled, Unobserved, known
from pmsync.reconcile.operation import Change
from pmsync.text.names import names_in
from pmsync_rt import wire
from pmsync_rt.client import json_text, moment
from pmsync_rt.settings import RtScope

TITLE, BODY, STATUS, ROADMAP, LABELS, ABOUT = "title", "body", "status", "field:roadmap-status", "labels", "about"
ROADMAP_TAG = "tag:roadmap"
"""The surface ids of a ticket."""

SUBJECT_BYTES = 200
"""Bytes of UTF-8 that a subject holds; RT cuts a longer one without a word (seen on 5.0.3: 201 characters ``é`` become 100)."""
VALUE_LIMIT = 255
"""Characters of one value of a custom field that RT keeps where it can search for them."""

_ELSEWHERE = frozenset({"refers-to", "referred-to-by", "depends-on", "depended-on-by", "parent", "child"})


@dataclass(frozen=True, slots=True)
class Desk:
    """What a record needs to know about where it was read: the system, its address, and which scope a queue is, with its settings."""

    system: str
    url: str
    place: Callable[[wire.QueueRef], tuple[ScopeRef, RtScope | None]]


# -- reading ----------------------------------------------------------------------------------------------------------------


def record(ticket: wire.Ticket, desk: Desk, *, body: str | None = None, excluded: bool = False) -> Record:
    """The ticket as a record. It must have been asked for with ``client.FIELDS``; ``body`` is its first message where that was read."""
    scope, config = desk.place(ticket.queue)
    names = config or RtScope(queue=scope.key)
    fields = values_of(ticket)
    return Record(
        ref=RecordRef(desk.system, str(ticket.id)),
        scope=scope,
        key=f"{scope.key}#{ticket.id}",
        url=f"{desk.url}/Ticket/Display.html?id={ticket.id}",
        kind=Kind.PROBLEM if names.tracker else Kind.FEEDBACK,
        values=_values(ticket, names, fields, body),
        version=ticket.updated,
        updated_at=moment(ticket.updated),
        created_at=moment(ticket.created),
        creator=str(ticket.creator.id),
        audience=_AUDIENCES[names.audience or "internal"],
        marker=next(iter(fields.get(names.marker, ())), None),
        references=references(ticket, names, fields, body),
        people=_people(ticket),
        raw=_raw(ticket, names, fields),
        requester=_requester(ticket),
        excluded=excluded,
    )


_AUDIENCES = {"public": Audience.PUBLIC, "internal": Audience.INTERNAL, "private": Audience.PRIVATE}


def values_of(ticket: wire.Ticket) -> dict[str, list[str]]:
    """Custom field name to its values; what was taken away and stays as null is none."""
    fields = ticket.fields if isinstance(ticket.fields, list) else []
    return {one.name: [value for value in one.values if isinstance(value, str) and value] for one in fields}


def shown(ticket: wire.Ticket, names: RtScope, surface: str) -> Observed:
    """What a ticket shows on one surface."""
    return _values(ticket, names, values_of(ticket), None)[surface]


def _values(ticket: wire.Ticket, names: RtScope, fields: Mapping[str, list[str]], body: str | None) -> dict[str, Observed]:
    values: dict[str, Observed] = {
        TITLE: known(ticket.subject),
        STATUS: known(ticket.status),
        ROADMAP: _single(fields, names.roadmap_status),
        LABELS: known(frozenset(fields[names.tags])) if names.tags in fields else _absent(names.tags),
    }
    if not names.tracker:
        values[ABOUT] = known(frozenset(references(ticket, names, fields, body)))
    if names.roadmap_tag:
        values[ROADMAP_TAG] = _tag(fields, names)
    if names.messages:
        values[BODY] = Unobserved("this ticket's first message was not read") if body is None else known(body)
    return values


def _tag(fields: Mapping[str, list[str]], names: RtScope) -> Observed:
    """The tag that shows the roadmap, in the case in which pmsync writes it."""
    if names.tags not in fields:
        return _absent(names.tags)
    ours = sorted(tag for tag in fields[names.tags] if label_key(tag).startswith(label_key(names.roadmap_tag)))
    if len(ours) > 1:
        return Unobserved(f"the ticket carries {len(ours)} tags of the roadmap, {' and '.join(ours)}: remove all but one")
    return known(names.roadmap_tag + ours[0][len(names.roadmap_tag) :].casefold() if ours else None)


def _single(fields: Mapping[str, list[str]], name: str) -> Observed:
    if name not in fields:
        return _absent(name)
    return Known(fields[name][0]) if fields[name] else EMPTY


def _absent(name: str) -> Unobserved:
    return Unobserved(
        f"RT does not show the custom field {name!r} of this ticket: its queue lacks it, or the account may not see it"
    )


def references(ticket: wire.Ticket, names: RtScope, fields: Mapping[str, list[str]], body: str | None) -> tuple[str, ...]:
    """URLs and issue keys: of native links first, then the roadmap key, then what subject and first message name; each once."""
    linked = [link.url for link in ticket.links if link.ref in _ELSEWHERE and link.type == "external"]
    keyed = [part for value in fields.get(names.roadmap_key, ()) for part in value.replace(",", " ").split()]
    return tuple(dict.fromkeys([*linked, *keyed, *names_in(ticket.subject or ""), *names_in(body or "")]))


def _people(ticket: wire.Ticket) -> dict[str, str]:
    owner = str(ticket.owner.id)
    return {"assignee": owner} if owner not in ("", "Nobody") else {}


def _raw(ticket: wire.Ticket, names: RtScope, fields: Mapping[str, list[str]]) -> dict[str, str]:
    """The custom fields that are no surface."""
    own = {names.roadmap_status, names.roadmap_key, names.tags, names.marker}
    others = {name: values for name, values in fields.items() if name not in own and values}
    return {"custom_fields": json_text(others)} if others else {}


def _requester(ticket: wire.Ticket) -> Requester | None:
    """The first who asks. RT knows an organization by its name alone."""
    asking = next((one for one in ticket.requestors if one.id), None)
    if asking is None:
        return None
    address = asking.email or ""
    return Requester(address or str(asking.id), address.rpartition("@")[2] if "@" in address else "", asking.organization or "")


def comment(line: wire.Transaction, body: str, system: str) -> Comment:
    """A line of the log that is a message: a comment is seen by staff alone, correspondence by the customer too."""
    at = moment(line.created)
    audience = Audience.PRIVATE if line.type == "Comment" else Audience.INTERNAL
    ref, parent = RecordRef(system, f"transaction/{line.id}"), RecordRef(system, str(line.ticket))
    return Comment(ref, parent, str(line.creator.id), body, at, at, audience)


def text_of(parts: Sequence[wire.Attachment]) -> dict[str, str]:
    """Transaction number to the text of its message: its first part that is plain text and no file."""
    found: dict[str, str] = {}
    for part in parts:
        if (part.content_type or "").lower().startswith("text/plain") and not part.filename:
            found.setdefault(str(part.transaction), (part.content or "").replace("\r\n", "\n"))
    return found


def account(user: wire.User) -> Account:
    """An account, under its name."""
    name = user.name or str(user.id)
    return Account(name, user.real_name or name, user.email or "", str(user.disabled or "0") == "0")


# -- writing ----------------------------------------------------------------------------------------------------------------


def body_of(changes: Iterable[Change], names: RtScope, tags: Sequence[str]) -> dict[str, Any]:
    """The body that makes or changes a ticket. RT takes a multiple field whole: ``tags`` is what it shows now, which the delta goes on."""
    body: dict[str, Any] = {}
    fields: dict[str, Any] = {}
    for change in changes:
        if change.surface in (LABELS, ROADMAP_TAG):
            fields[names.tags] = _retagged(change, fields.get(names.tags, tags))
        elif change.surface == ROADMAP:
            fields[names.roadmap_status] = _text(change.after)
        else:
            body[{TITLE: "Subject", STATUS: "Status"}[change.surface]] = _text(change.after)
    return {**body, "CustomFields": fields} if fields else body


def _retagged(change: Change, tags: Sequence[str]) -> list[str]:
    removed = by_key(change.removed)
    kept = [tag for tag in tags if label_key(tag) not in removed]
    there = by_key(kept)
    return kept + sorted(label for key, label in by_key(change.added).items() if key not in there)


def too_long(change: Change) -> str | None:
    """Why RT would not keep the value whole; None when it would."""
    size = len(_text(change.after).encode(errors="replace")) if change.surface == TITLE else 0
    if size > SUBJECT_BYTES:
        return f"the subject has {size} bytes, and RT cuts off all behind {SUBJECT_BYTES}"
    return None


def _text(value: Settled) -> str:
    return "" if isinstance(value, Empty) else str(value.value)
