"""Loading an archive of real issues in the shapes of REST v2."""

from __future__ import annotations

import lzma
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from pmsync_jira.emulation.adf import paragraphs
from pmsync_jira.emulation.records import Comment, Issue, IssueType, Person, Priority, Project, Status, Transition, Version
from pmsync_jira.emulation.state import State

BEGINNING = ("new", "indeterminate", "done", "undefined")
"""Order of the statuses of a loaded project; a new issue starts in the first."""


def load(state: State, lead: str, source: Path | Iterable[str | bytes], limit: int | None) -> int:
    """Take in the newest ``limit`` issues; returns how many there were."""
    rows = [msgspec.json.decode(line) for line in _lines(source)]
    rows.sort(key=lambda row: str(row["fields"]["created"]), reverse=True)
    chosen = rows if limit is None else rows[:limit]
    loader = _Loader(state, lead)
    for row in chosen:
        loader.take(row)
    loader.finish()
    return len(chosen)


def _lines(source: Path | Iterable[str | bytes]) -> Iterator[str | bytes]:
    if not isinstance(source, Path):
        yield from source
    elif source.suffix == ".xz":
        with lzma.open(source, "rb") as lines:
            yield from lines
    else:
        with source.open("rb") as lines:
            yield from lines


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


class _Loader:
    def __init__(self, state: State, lead: str) -> None:
        self._state = state
        self._lead = lead
        self._highest = 0
        self._touched: set[str] = set()

    def take(self, row: Mapping[str, Any]) -> None:
        """One issue, with all that it names."""
        fields = row["fields"]
        project = self._project(fields["project"])
        status = self._status(project, fields["status"])
        issue = Issue(
            id=int(row["id"]),
            key=row["key"],
            project=project.id,
            summary=fields["summary"],
            issue_type=self._kind(project, fields["issuetype"]),
            status=status,
            creator=self._person(fields.get("creator") or fields.get("reporter")) or self._lead,
            reporter=self._person(fields.get("reporter")),
            assignee=self._person(fields.get("assignee")),
            created=_ms(fields["created"]),
            updated=_ms(fields["updated"]),
            description=paragraphs(fields["description"]) if fields.get("description") else None,
            priority=self._priority(project, fields.get("priority")),
            labels=tuple(sorted(fields.get("labels") or ())),
            components=tuple(self._component(project, one) for one in fields.get("components") or ()),
            fix_versions=tuple(self._version(project, one) for one in fields.get("fixVersions") or ()),
            affects_versions=tuple(self._version(project, one) for one in fields.get("versions") or ()),
            resolution=self._resolution(fields.get("resolution")),
            resolved=_ms(fields["resolutiondate"]) if fields.get("resolutiondate") else None,
            comments=tuple(self._comment(one) for one in (fields.get("comment") or {}).get("comments", ())),
        )
        self._state.adopt(issue)
        project.last_number = max(project.last_number, int(issue.key.rpartition("-")[2]))
        self._seen(issue.id)

    def finish(self) -> None:
        """Open every status to every other, and keep new ids apart from the loaded ones."""
        for project_id in self._touched:
            project = self._state.projects[project_id]
            names, priorities = self._state.catalogue.statuses, self._state.catalogue.priorities
            project.statuses = tuple(sorted(project.statuses, key=lambda id_: (BEGINNING.index(names[id_].category), int(id_))))
            project.default_priority = next((id_ for id_ in project.priorities if priorities[id_].name == "Medium"), None)
            project.transitions = tuple(Transition(f"{int(id_) * 10 + 1}", names[id_].name, id_) for id_ in project.statuses)
        self._state.reserve_ids(self._highest)

    def _seen(self, id_: str | int) -> None:
        self._highest = max(self._highest, int(id_))

    def _project(self, row: Mapping[str, Any]) -> Project:
        project = self._state.projects.get(row["id"])
        if project is None:
            project = Project(row["id"], row["key"], row["name"], self._lead, private=False)
            self._state.projects[project.id] = project
        self._touched.add(project.id)
        self._seen(project.id)
        return project

    def _status(self, project: Project, row: Mapping[str, Any]) -> str:
        id_ = str(row["id"])
        self._state.catalogue.statuses.setdefault(id_, Status(id_, row["name"], row["statusCategory"]["key"]))
        if id_ not in project.statuses:
            project.statuses = (*project.statuses, id_)
        self._seen(id_)
        return id_

    def _kind(self, project: Project, row: Mapping[str, Any]) -> str:
        id_ = str(row["id"])
        level = -1 if row.get("subtask") else int(row["name"] == "Epic")
        self._state.catalogue.issue_types.setdefault(id_, IssueType(id_, row["name"], level))
        if id_ not in project.issue_types:
            project.issue_types = (*project.issue_types, id_)
        self._seen(id_)
        return id_

    def _priority(self, project: Project, row: Mapping[str, Any] | None) -> str | None:
        if row is None:
            return None
        id_ = str(row["id"])
        known = self._state.catalogue.priorities
        if id_ not in known:
            known[id_] = Priority(id_, row["name"])
            ordered = sorted(known.values(), key=lambda one: int(one.id))
            known.clear()
            known.update({one.id: one for one in ordered})
        if id_ not in project.priorities:
            project.priorities = tuple(sorted((*project.priorities, id_), key=int))
        self._seen(id_)
        return id_

    def _component(self, project: Project, row: Mapping[str, Any]) -> str:
        id_ = str(row["id"])
        self._state.catalogue.components[id_] = row["name"]
        project.components[id_] = row["name"]
        self._seen(id_)
        return id_

    def _version(self, project: Project, row: Mapping[str, Any]) -> str:
        id_ = str(row["id"])
        if id_ not in self._state.catalogue.versions:
            self._state.catalogue.versions[id_] = Version(
                id_,
                project.id,
                row["name"],
                description=row.get("description") or "",
                release_date=row.get("releaseDate") or "",
                released=bool(row.get("released")),
                archived=bool(row.get("archived")),
            )
        self._seen(id_)
        return id_

    def _resolution(self, row: Mapping[str, Any] | None) -> str | None:
        if row is None:
            return None
        self._state.catalogue.resolutions.setdefault(str(row["id"]), row["name"])
        self._seen(row["id"])
        return str(row["id"])

    def _person(self, row: Mapping[str, Any] | None) -> str | None:
        if not row:
            return None
        account = f"titanium:{row.get('key') or row['name']}"
        if account not in self._state.people:
            zone = row.get("timeZone") or ""
            self._state.people[account] = Person(
                account, row["displayName"], time_zone=zone, active=bool(row.get("active", True))
            )
        return account

    def _comment(self, row: Mapping[str, Any]) -> Comment:
        author = self._person(row.get("author")) or self._lead
        editor = self._person(row.get("updateAuthor")) or author
        self._seen(row["id"])
        return Comment(row["id"], author, paragraphs(row.get("body") or ""), _ms(row["created"]), _ms(row["updated"]), editor)
