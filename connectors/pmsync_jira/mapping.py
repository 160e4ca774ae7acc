"""Jira's JSON to records and back to request bodies. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec import Raw, UnsetType

from pmsync.connect.contract import Account
from pmsync.model.enums import Audience, Kind
from pmsync.model.record import Comment, Record, RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Empty, Known, Observed, Settled, Unobserved, known
from pmsync.reconcile.operation import Change
from pmsync_jira import adf, versions, wire
from pmsync_jira.vocabulary import name_key

TITLE, BODY, STATUS, PRIORITY, LABELS = "title", "body", "status", "priority", "labels"
RELEASE, PARENT, BLOCKED_BY = "release", "parent", "blocked_by"
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
}
"""Surface id to Jira's field id."""

SURFACE_OF: Mapping[str, str] = {jira: surface for surface, jira in FIELD_OF.items()}
"""Jira's field id to surface id."""

STEPS = frozenset({STATUS, BLOCKED_BY})
"""Surfaces that are no fields to Jira: writing them takes requests of their own."""

PROPERTY = "pmsync"
"""The issue property that holds the marker, and the project property that holds the instance mark."""

TITLE_LIMIT = 255
LABEL_LIMIT = 255
SECONDS = 1e11
"""Numbers below are seconds, numbers above milliseconds (either is read)."""

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
    """What a record needs to know about where it was read: the system, its address, and which scope a project belongs to."""

    system: str
    url: str
    scope_of: Callable[[wire.Project], ScopeRef]


# -- reading ----------------------------------------------------------------------------------------------------------------


def record(issue: wire.Issue, site: Site) -> Record:
    """The issue as a record. It must have been asked for with ``client.FIELDS``."""
    fields = issue.fields
    body = _body_text(fields.description)
    project = fields.project or wire.Project("", issue.key.rpartition("-")[0])
    return Record(
        ref=RecordRef(site.system, issue.id),
        scope=site.scope_of(project),
        key=issue.key,
        url=f"{site.url}/browse/{issue.key}",
        kind=kind_of(fields.issuetype),
        values=_values(fields, body),
        version=fields.updated,
        updated_at=moment(fields.updated),
        created_at=moment(fields.created),
        creator=fields.creator.id if fields.creator else "",
        audience=Audience.PRIVATE if _is_set(fields.security) else Audience.INTERNAL,
        marker=_marker(issue.properties),
        references=tuple(dict.fromkeys(_REFERENCE.findall(body or ""))),
        people={
            name: user.id for name, user in (("assignee", fields.assignee), ("reporter", fields.reporter)) if user and user.id
        },
        raw={BODY: bytes(fields.description).decode()} if _is_set(fields.description) else {},
    )


def _values(fields: wire.Fields, body: str | None) -> dict[str, Observed]:
    return {
        TITLE: _seen("summary", fields.summary, known),
        BODY: Unobserved(_hidden("description")) if body is None else known(body),
        STATUS: _seen("status", fields.status, lambda status: Known(status.id)),
        PRIORITY: _seen("priority", fields.priority, lambda priority: Known(priority.id)),
        LABELS: _seen("labels", fields.labels, lambda labels: known(frozenset(labels))),
        RELEASE: _seen("fixVersions", fields.fix_versions, _releases),
        PARENT: known(fields.parent.id if fields.parent else None),
        BLOCKED_BY: _seen("issuelinks", fields.links, lambda links: known(frozenset(one.id for one in blockers(links)))),
    }


def _releases(found: Sequence[wire.FixVersion]) -> Settled:
    return known(frozenset(versions.remote_id(one.id) for one in found))


def is_blocking(link_type: wire.LinkType) -> bool:
    """Whether links of this sort say that one issue waits for another: by its name, or by how it reads."""
    return name_key(link_type.name) == "blocks" or name_key(link_type.inward) == "is blocked by"


def blockers(links: Sequence[wire.Link]) -> list[wire.Relative]:
    """The issues that the issue with these links waits for."""
    return [link.inward for link in links if link.inward is not None and is_blocking(link.type)]


def _seen(name: str, value: Any, read: Callable[[Any], Settled]) -> Observed:
    if isinstance(value, UnsetType):
        return Unobserved(_hidden(name))
    return EMPTY if value is None else read(value)


def _hidden(name: str) -> str:
    return f"Jira does not show the field {name!r} of this issue: its field configuration hides it"


def _body_text(raw: Raw) -> str | None:
    """The description as Markdown; None when Jira does not show the field."""
    if not bytes(raw):
        return None
    parsed = json.loads(bytes(raw))
    return parsed if isinstance(parsed, str) else adf.to_markdown(parsed)


def _is_set(raw: Raw) -> bool:
    return bytes(raw) not in (b"", b"null")


def _marker(properties: Mapping[str, Any]) -> str | None:
    value = properties.get(PROPERTY)
    token = value.get("marker") if isinstance(value, Mapping) else None
    return token if isinstance(token, str) else None


def comment(one: wire.Comment, issue_id: str, system: str) -> Comment:
    """A comment, its body as plain Markdown beside Jira's own document. Restricted ones and internal notes of a service desk are private."""
    restricted = one.visibility is not None or not one.public
    return Comment(
        ref=RecordRef(system, f"comment/{one.id}"),
        parent=RecordRef(system, issue_id),
        author=one.author.id if one.author else "",
        body=_body_text(one.body) or "",
        created_at=moment(one.created),
        updated_at=moment(one.updated),
        audience=Audience.PRIVATE if restricted else Audience.INTERNAL,
        raw=bytes(one.body).decode() if _is_set(one.body) else "",
    )


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


def edit_body(changes: Mapping[str, Change]) -> dict[str, Any]:
    """The body of a PUT for these surfaces: values are set, labels and versions are added and removed, so that others' stay."""
    fields: dict[str, Any] = {}
    update: dict[str, Any] = {}
    for name, change in changes.items():
        if name in (LABELS, RELEASE):
            deltas = [{"add": _member(name, one)} for one in sorted(change.added)]
            update[FIELD_OF[name]] = deltas + [{"remove": _member(name, one)} for one in sorted(change.removed)]
        elif name == PARENT and isinstance(change.after, Empty):
            update[FIELD_OF[name]] = [{"set": {"none": True}}]
        elif name not in STEPS:
            fields[FIELD_OF[name]] = written(change)
    return {key: value for key, value in (("fields", fields), ("update", update)) if value}


def _member(surface: str, value: str) -> Any:
    return {"id": versions.number(value)} if surface == RELEASE else value


def create_body(project: str, issue_type: str, changes: Mapping[str, Change], marker: str | None) -> dict[str, Any]:
    """The body of a POST that makes an issue, its marker written with it."""
    fields = {FIELD_OF[name]: written(change) for name, change in changes.items() if not isinstance(change.after, Empty)}
    body: dict[str, Any] = {"fields": {"project": {"id": project}, "issuetype": {"id": issue_type}, **fields}}
    if marker is not None:
        body["properties"] = [{"key": PROPERTY, "value": {"marker": marker}}]
    return body


def written(change: Change) -> Any:
    """The value of one surface as Jira takes it."""
    value = None if isinstance(change.after, Empty) else change.after.value
    if change.surface == BODY:
        return adf.from_markdown(str(value)) if value else None
    if change.surface in (PRIORITY, PARENT):
        return {"id": str(value)} if value else None
    if isinstance(value, frozenset):
        return [_member(change.surface, one) for one in sorted(value)]
    return value


def too_long(change: Change) -> str | None:
    """Why Jira would not take the text, judged after conversion; None when it would."""
    if change.surface != BODY or isinstance(change.after, Empty):
        return None
    length = adf.size(adf.from_markdown(str(change.after.value)))
    return f"the text has {length:,} characters in Jira's format, the limit is {adf.LIMIT:,}" if length > adf.LIMIT else None
