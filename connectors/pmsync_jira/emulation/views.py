"""How an issue looks as JSON: which fields were asked for, and what each of them shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pmsync_jira.emulation.records import Issue, IssueLink
from pmsync_jira.emulation.render import Renderer

SYSTEM_FIELDS: Mapping[str, tuple[str, str, str | None]] = {
    "summary": ("Summary", "string", None),
    "issuetype": ("Issue Type", "issuetype", None),
    "project": ("Project", "project", None),
    "status": ("Status", "status", None),
    "priority": ("Priority", "priority", None),
    "resolution": ("Resolution", "resolution", None),
    "resolutiondate": ("Resolved", "datetime", None),
    "labels": ("Labels", "array", "string"),
    "components": ("Components", "array", "component"),
    "fixVersions": ("Fix versions", "array", "version"),
    "versions": ("Affects versions", "array", "version"),
    "assignee": ("Assignee", "user", None),
    "reporter": ("Reporter", "user", None),
    "creator": ("Creator", "user", None),
    "created": ("Created", "datetime", None),
    "updated": ("Updated", "datetime", None),
    "duedate": ("Due date", "date", None),
    "parent": ("Parent", "issuelink", None),
    "security": ("Security Level", "securitylevel", None),
    "issuelinks": ("Linked Issues", "array", "issuelinks"),
    "description": ("Description", "string", None),
    "comment": ("Comment", "comments-page", None),
}
"""System fields: id to (English name, JSON type, item type)."""

NOT_NAVIGABLE = frozenset({"comment"})
"""What ``*navigable`` leaves out."""

Shower = Callable[[Renderer, Issue], Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a caller asked to see of issues. ``bare``: nothing beyond id and key."""

    fields: frozenset[str]
    properties: tuple[str, ...] = ()
    key: bool = True

    @property
    def bare(self) -> bool:
        """Whether no field at all is shown."""
        return not self.fields and not self.properties


def chosen(asked: Iterable[str], custom: Iterable[str], default: str) -> frozenset[str]:
    """Field ids that a ``fields`` list names; names that no field has are ignored, as Jira ignores them."""
    names = [part.strip() for name in asked for part in name.split(",") if part.strip()] or [default]
    everything = frozenset({*SYSTEM_FIELDS, *custom})
    fields: set[str] = set()
    if all(name.startswith("-") for name in names):
        names = [default, *names]
    for name in names:
        if name == "*all":
            fields |= everything
        elif name == "*navigable":
            fields |= everything - NOT_NAVIGABLE
        elif name.startswith("-"):
            fields.discard(name[1:])
        elif name in everything:
            fields.add(name)
    return frozenset(fields)


def issue_json(renderer: Renderer, issue: Issue, wanted: Wanted) -> dict[str, Any]:
    """One issue; with neither key nor fields asked for, its id alone."""
    if wanted.bare and not wanted.key:
        return {"id": str(issue.id)}
    shown: dict[str, Any] = {"expand": "", "id": str(issue.id), "self": f"{renderer.rest}/issue/{issue.id}", "key": issue.key}
    if wanted.fields:
        shown["fields"] = fields_json(renderer, issue, wanted.fields)
    if wanted.properties:
        shown["properties"] = _properties(issue, wanted.properties)
    return shown


def fields_json(renderer: Renderer, issue: Issue, fields: Iterable[str]) -> dict[str, Any]:
    """The asked fields of an issue; every one is there, null where it is empty."""
    return {name: SHOWN[name](renderer, issue) if name in SHOWN else renderer.custom(issue, name) for name in sorted(fields)}


def _properties(issue: Issue, keys: Iterable[str]) -> dict[str, Any]:
    if "*all" in keys:
        return dict(issue.properties)
    return {key: issue.properties[key] for key in keys if key in issue.properties}


def _status(renderer: Renderer, issue: Issue) -> Any:
    return renderer.status(renderer.state.catalogue.statuses[issue.status])


def _priority(renderer: Renderer, issue: Issue) -> Any:
    return renderer.priority(renderer.state.catalogue.priorities[issue.priority]) if issue.priority else None


def resolution_json(renderer: Renderer, resolution: str | None) -> Any:
    """A resolution, null while unresolved."""
    if resolution is None:
        return None
    name = renderer.state.catalogue.resolutions[resolution]
    return {"self": f"{renderer.rest}/resolution/{resolution}", "id": resolution, "description": "", "name": renderer.local(name)}


def security_json(renderer: Renderer, level: str | None) -> Any:
    """A security level, null without one."""
    if level is None:
        return None
    name = renderer.state.catalogue.security[level]
    return {"self": f"{renderer.rest}/securitylevel/{level}", "id": level, "description": "", "name": name}


def _versions(renderer: Renderer, ids: Iterable[str]) -> list[dict[str, Any]]:
    return [renderer.version(renderer.state.catalogue.versions[id_]) for id_ in ids]


def _components(renderer: Renderer, issue: Issue) -> Any:
    names = renderer.state.catalogue.components
    return [renderer.component(id_, names[id_]) for id_ in issue.components]


def _comments(renderer: Renderer, issue: Issue) -> Any:
    shown = issue.comments[: renderer.state.knobs.comment_cap]
    return {
        "comments": [renderer.comment(issue.id, comment) for comment in shown],
        "self": f"{renderer.rest}/issue/{issue.id}/comment",
        "maxResults": len(shown),
        "total": len(issue.comments),
        "startAt": 0,
    }


def _links(renderer: Renderer, issue: Issue) -> Any:
    entries = renderer.state.entries
    return [_link(renderer, link) for link in issue.links if not entries[link.other].deleted]


def _link(renderer: Renderer, link: IssueLink) -> dict[str, Any]:
    side = "outwardIssue" if link.outward else "inwardIssue"
    return {
        "id": link.id,
        "self": f"{renderer.rest}/issueLink/{link.id}",
        "type": renderer.link_type(link.type),
        side: relative(renderer, link.other),
    }


def _parent(renderer: Renderer, issue: Issue) -> Any:
    if issue.parent is None or renderer.state.entries[issue.parent].deleted or not renderer.is_child(issue):
        return None
    return relative(renderer, issue.parent)


def relative(renderer: Renderer, issue_id: int) -> dict[str, Any]:
    """Another issue, as one shows it that refers to it."""
    other = renderer.state.entries[issue_id].current
    fields = fields_json(renderer, other, ("summary", "status", "priority", "issuetype"))
    return {"id": str(other.id), "key": other.key, "self": f"{renderer.rest}/issue/{other.id}", "fields": fields}


SHOWN: Mapping[str, Shower] = {
    "summary": lambda renderer, issue: issue.summary,
    "issuetype": lambda renderer, issue: renderer.issue_type(renderer.state.catalogue.issue_types[issue.issue_type]),
    "project": lambda renderer, issue: renderer.project_stub(renderer.state.projects[issue.project]),
    "status": _status,
    "priority": _priority,
    "resolution": lambda renderer, issue: resolution_json(renderer, issue.resolution),
    "resolutiondate": lambda renderer, issue: renderer.moment(issue.resolved) if issue.resolved is not None else None,
    "labels": lambda renderer, issue: list(issue.labels),
    "components": _components,
    "fixVersions": lambda renderer, issue: _versions(renderer, issue.fix_versions),
    "versions": lambda renderer, issue: _versions(renderer, issue.affects_versions),
    "assignee": lambda renderer, issue: renderer.user(issue.assignee),
    "reporter": lambda renderer, issue: renderer.user(issue.reporter),
    "creator": lambda renderer, issue: renderer.user(issue.creator),
    "created": lambda renderer, issue: renderer.moment(issue.created),
    "updated": lambda renderer, issue: renderer.moment(issue.updated),
    "duedate": lambda renderer, issue: issue.due,
    "parent": _parent,
    "security": lambda renderer, issue: security_json(renderer, issue.security),
    "issuelinks": _links,
    "description": lambda renderer, issue: renderer.text(issue.description),
    "comment": _comments,
}
"""What each system field shows."""
