"""Jira's JSON to records and back to request bodies. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from msgspec import Raw, UnsetType

from pmsync.connect.contract import Account
from pmsync.model.enums import Audience, Kind
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Empty, Known, Observed, Settled, Unobserved, known
from pmsync.reconcile.operation import Change
from pmsync_jira import versions, wire
from pmsync_jira.bodies import ADF, Bodies
from pmsync_jira.vocabulary import name_key

TITLE, BODY, STATUS, PRIORITY, LABELS = "title", "body", "status", "priority", "labels"
RELEASE, PARENT, BLOCKED_BY = "release", "parent", "blocked_by"
ASSIGNEES, DUE, START, ELSEWHERE = "assignees", "due", "start", "elsewhere"
"""The surface ids of a Jira issue."""

FIELD_OF: Mapping[str, str] = {
    TITLE: "summary",
    BODY: "description",
    STATUS: "status",
    PRIORITY: "priority",
    LABELS: "labels",
    RELEASE: "fixVersions",
    PARENT: "parent",
    BLOCKED_BY: "issuelinks",
    ASSIGNEES: "assignee",
    DUE: "duedate",
    START: "startdate",
}
"""Surface id to Jira's field id."""

SURFACE_OF: Mapping[str, str] = {jira: surface for surface, jira in FIELD_OF.items()}
"""Jira's field id to surface id."""

STEPS = frozenset({STATUS, BLOCKED_BY, ELSEWHERE})
"""Surfaces that are no fields to Jira: writing them takes requests of their own."""

PROPERTY = "pmsync"
"""The issue property that holds the marker, and the project property that holds the instance mark."""
LINKS = "links"
"""The member of the issue property that lists the remote links we made."""

TITLE_LIMIT = 255
LABEL_LIMIT = 255
SECONDS = 1e11
"""Numbers below are seconds, numbers above milliseconds (either is read)."""

_SHORT = 4_000
"""Bytes of a description that is worth remembering."""

_REFERENCE = re.compile(r"https?://[^\s<>()\[\]\"'`]*[^\s<>()\[\]\"'`.,;:!?*_~]|(?<![\w/.-])[\w.-]+/[\w.-]+#\d+\b")
_KINDS: Mapping[str, Kind] = {
    name: kind
    for kind, names in {
        Kind.BUG: ("bug", "defect", "fault"),
        Kind.PROBLEM: ("problem", "incident"),
        Kind.EPIC: ("epic",),
        Kind.INITIATIVE: ("initiative", "theme"),
        Kind.FEATURE: ("story", "user story", "new feature", "feature"),
        Kind.IMPROVEMENT: ("improvement", "enhancement"),
        Kind.IDEA: ("idea",),
        Kind.EXPERIMENT: ("experiment", "spike"),
        Kind.DEBT: ("debt", "technical debt", "tech debt", "chore"),
        Kind.TASK: ("task",),
    }.items()
    for name in names
}
_TYPES: Mapping[Kind, tuple[str, ...]] = {
    Kind.INITIATIVE: ("initiative", "theme", "epic"),
    Kind.EPIC: ("epic",),
    Kind.FEATURE: ("feature", "new feature", "story", "user story"),
    Kind.IMPROVEMENT: ("improvement", "enhancement", "story"),
    Kind.BUG: ("bug", "defect", "fault"),
    Kind.PROBLEM: ("problem", "incident", "bug"),
    Kind.IDEA: ("idea", "story"),
    Kind.EXPERIMENT: ("experiment", "spike"),
    Kind.DEBT: ("technical debt", "tech debt", "debt", "chore", "improvement"),
    Kind.TASK: ("task",),
}


@dataclass(frozen=True, slots=True)
class Site:
    """What a record needs to know about where it was read: the system, its address, which scope a project belongs to, how texts are kept."""

    system: str
    url: str
    scope_of: Callable[[wire.Project], ScopeRef]
    bodies: Bodies = ADF


# -- reading ----------------------------------------------------------------------------------------------------------------


def record(issue: wire.Issue, site: Site) -> Record:
    """The issue as a record. It must have been asked for with ``client.FIELDS``."""
    fields = issue.fields
    body = _body_text(fields.description, site.bodies)
    project = fields.project or wire.Project("", issue.key.rpartition("-")[0])
    return Record(
        ref=RecordRef(site.system, issue.id),
        scope=site.scope_of(project),
        key=issue.key,
        url=f"{site.url}/browse/{issue.key}",
        kind=kind_of(fields.issuetype),
        values={**_values(fields, body), ELSEWHERE: listed(issue.properties.get(PROPERTY))},
        version=fields.updated,
        updated_at=moment(fields.updated),
        created_at=moment(fields.created),
        creator=fields.creator.id if fields.creator else "",
        audience=Audience.PRIVATE if is_set(fields.security) else Audience.INTERNAL,
        marker=marker_in(issue.properties),
        references=tuple(dict.fromkeys(_REFERENCE.findall(body or ""))),
        people={
            name: user.id
            for name, user in (("assignee", fields.assignee or None), ("reporter", fields.reporter))
            if user and user.id
        },
        ties=_ties(fields.links or ()),
        raw={BODY: bytes(fields.description).decode()} if is_set(fields.description) else {},
    )


def _values(fields: wire.Fields, body: str | None) -> dict[str, Observed]:
    return {
        TITLE: _seen("summary", fields.summary, known),
        BODY: Unobserved(_hidden("description")) if body is None else known(body),
        STATUS: _seen("status", fields.status, lambda status: Known(status.id)),
        PRIORITY: _seen("priority", fields.priority, lambda priority: Known(priority.id)),
        LABELS: _seen("labels", fields.labels, lambda labels: known(frozenset(labels))),
        RELEASE: _seen("fixVersions", fields.fix_versions, _releases),
        PARENT: _parent(fields.parent),
        ASSIGNEES: _seen("assignee", fields.assignee, lambda user: known(user.id)),
        DUE: _seen("duedate", fields.due, known),
        **({} if isinstance(fields.start, UnsetType) else {START: known(fields.start)}),
        BLOCKED_BY: _seen("issuelinks", fields.links, lambda links: known(frozenset(one.id for one in blockers(links)))),
    }


def _parent(found: wire.Relative | None) -> Observed:
    if found is not None and not found.id:
        return Unobserved(f"its epic {found.key} is not shown to the account")
    return known(found.id if found else None)


def _releases(found: Sequence[wire.FixVersion]) -> Settled:
    return known(frozenset(versions.remote_id(one.id) for one in found))


def is_blocking(link_type: wire.LinkType) -> bool:
    """Whether links of this sort say that one issue waits for another: by its name, or by how it reads."""
    return name_key(link_type.name) == "blocks" or name_key(link_type.inward) == "is blocked by"


def blockers(links: Sequence[wire.Link]) -> list[wire.Relative]:
    """The issues that the issue with these links waits for."""
    return [link.inward for link in links if link.inward is not None and is_blocking(link.type)]


def _ties(links: Sequence[wire.Link]) -> tuple[str, ...]:
    """The links of other sorts."""
    others = ((link, link.inward or link.outward) for link in links if not is_blocking(link.type))
    return tuple(sorted(f"{link.id} {other.id} {link.type.name}" for link, other in others if other is not None))


def _seen(name: str, value: Any, read: Callable[[Any], Settled]) -> Observed:
    if isinstance(value, UnsetType):
        return Unobserved(_hidden(name))
    return EMPTY if value is None else read(value)


def _hidden(name: str) -> str:
    return f"Jira does not show the field {name!r} of this issue: its field configuration hides it"


def _body_text(raw: Raw, bodies: Bodies) -> str | None:
    """The description as Markdown; None when Jira does not show the field."""
    content = bytes(raw)
    return (
        _remembered(content, bodies) if content and len(content) <= _SHORT else bodies.read(content.decode()) if content else None
    )


@lru_cache(1_000)
def _remembered(content: bytes, bodies: Bodies) -> str:
    """One round reads an issue several times: in the listing, before a write and after it."""
    return bodies.read(content.decode())


def is_set(raw: Raw) -> bool:
    """Whether a field was shown and holds something."""
    return bytes(raw) not in (b"", b"null")


def marker_in(properties: Mapping[str, Any]) -> str | None:
    """The marker's token among the properties of an issue or a comment."""
    value = properties.get(PROPERTY)
    token = value.get("marker") if isinstance(value, Mapping) else None
    return token if isinstance(token, str) else None


def listed(value: Any) -> Settled:
    """The pointers to other systems that an issue property lists."""
    found = value.get(LINKS) if isinstance(value, Mapping) else None
    return known(frozenset(one for one in found if isinstance(one, str))) if isinstance(found, list) else EMPTY


def account(user: wire.User) -> Account:
    """An account."""
    return Account(user.id, user.name, user.email, user.active)


def kind_of(issue_type: wire.IssueType | None) -> Kind:
    """What an issue type is in the hub's words: by its name, else by its place in Jira's hierarchy."""
    if issue_type is None:
        return Kind.TASK
    named = _KINDS.get(name_key(issue_type.name))
    if named is not None:
        return named
    if issue_type.level >= 1:
        return Kind.EPIC if issue_type.level == 1 else Kind.INITIATIVE
    return Kind.TASK


def type_for(kind: Kind, types: list[wire.IssueType]) -> wire.IssueType | None:
    """The issue type to create for ``kind``: a well-known name, else Task, Story, or the first plain type; None when there is none."""
    whole = {name_key(one.name): one for one in types if not one.subtask and one.level >= 0}
    for name in (*_TYPES[kind], "task", "story"):
        if name in whole:
            return whole[name]
    return next((one for one in whole.values() if one.level == 0), None)


def moment(stamp: str | float) -> float:
    """Unix seconds from Jira's ISO text (``2026-01-01T10:00:00.000+0000``), seconds or milliseconds; 0.0 for nothing."""
    if isinstance(stamp, str):
        return datetime.fromisoformat(stamp).timestamp() if stamp else 0.0
    return stamp if abs(stamp) < SECONDS else stamp / 1000


def milliseconds(stamp: str) -> int:
    """Unix milliseconds from Jira's ISO text; 0 for nothing."""
    return round(moment(stamp) * 1000)


# -- writing ----------------------------------------------------------------------------------------------------------------


def edit_body(changes: Mapping[str, Change], text: Any = None) -> dict[str, Any]:
    """The body of a PUT for these surfaces: values are set, labels and versions are added and removed, so that others' stay.

    ``text``: what the rich text among them is to be, as Jira takes it (``Written.value``).
    """
    fields: dict[str, Any] = {}
    update: dict[str, Any] = {}
    for name, change in changes.items():
        if name in (LABELS, RELEASE):
            deltas = [{"add": _member(name, one)} for one in sorted(change.added)]
            update[FIELD_OF[name]] = deltas + [{"remove": _member(name, one)} for one in sorted(change.removed)]
        elif name == PARENT and isinstance(change.after, Empty):
            update[FIELD_OF[name]] = [{"set": {"none": True}}]
        elif name not in STEPS:
            fields[FIELD_OF[name]] = written(change, text)
    return {key: value for key, value in (("fields", fields), ("update", update)) if value}


def _member(surface: str, value: str) -> Any:
    return {"id": versions.number(value)} if surface == RELEASE else value


def create_body(home: tuple[str, str], changes: Mapping[str, Change], marker: str | None, text: Any = None) -> dict[str, Any]:
    """The body of a POST that makes an issue, its marker written with it; ``home`` is project and type, ``text`` as in ``edit_body``."""
    fields = {FIELD_OF[name]: written(change, text) for name, change in changes.items() if not isinstance(change.after, Empty)}
    body: dict[str, Any] = {"fields": {"project": {"id": home[0]}, "issuetype": {"id": home[1]}, **fields}}
    if marker is not None:
        body["properties"] = [{"key": PROPERTY, "value": {"marker": marker}}]
    return body


def written(change: Change, text: Any = None) -> Any:
    """The value of one surface as Jira takes it; ``text`` that of the rich text."""
    value = None if isinstance(change.after, Empty) else change.after.value
    if change.surface == BODY:
        return text
    if change.surface in (PRIORITY, PARENT):
        return {"id": str(value)} if value else None
    if change.surface == ASSIGNEES:
        return {"accountId": str(value)} if value else None
    if isinstance(value, frozenset):
        return [_member(change.surface, one) for one in sorted(value)]
    return value
