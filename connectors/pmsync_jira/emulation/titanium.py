"""Loading an archive of real issues in the shapes of REST v2."""

from __future__ import annotations

import lzma
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from pmsync_jira.emulation.records import (
    Comment,
    Document,
    Entry,
    Issue,
    IssueLink,
    IssueType,
    Person,
    Priority,
    Project,
    Status,
    Transition,
    Version,
)
from pmsync_jira.emulation.state import State

BEGINNING = ("new", "indeterminate", "done", "undefined")
"""Order of the statuses of a loaded project; a new issue starts in the first."""


ELSEWHERE = "ELSEWHERE"
"""Id and key of the project of issues that the archive only mentions."""


def load(state: State, lead: str, source: Path | Iterable[str | bytes], limit: int | None) -> int:
    """Take in the newest ``limit`` issues; returns how many there were.

    Raises:
        ValueError: the site already has a project or an issue of the same id.
    """
    rows = [msgspec.json.decode(line) for line in _lines(source)]
    rows.sort(key=lambda row: str(row["fields"]["created"]), reverse=True)
    chosen = rows if limit is None else rows[:limit]
    state.reserve_ids(max((_highest(row) for row in chosen), default=0))
    loader = _Loader(state, lead)
    for row in chosen:
        loader.take(row)
    loader.finish()
    for row in chosen:
        loader.tie(row)
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


def _highest(row: Mapping[str, Any]) -> int:
    """The highest id of a row: issues and comments are numbered far above everything else."""
    comments = (row["fields"].get("comment") or {}).get("comments", ())
    return max(int(row["id"]), *(int(comment["id"]) for comment in comments), 0)


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


class _Loader:
    def __init__(self, state: State, lead: str) -> None:
        self._state = state
        self._lead = lead
        self._touched: set[str] = set()
        self._versions: dict[tuple[str, str], str] = {}
        self._foreign = frozenset(state.projects)

    def take(self, row: Mapping[str, Any]) -> None:
        """One issue, with all that it names but other issues."""
        if int(row["id"]) in self._state.entries:
            raise ValueError(f"there is an issue with the id {row['id']} already")
        project = self._project(row["fields"]["project"])
        self._state.adopt(self._issue(row, project, row["fields"]))
        project.last_number = max(project.last_number, int(row["key"].rpartition("-")[2]))

    def tie(self, row: Mapping[str, Any]) -> None:
        """Put a taken issue under its parent or epic, and link it to others.

        What the archive only mentions exists out of sight: it can be named, and not be read.
        """
        entry, fields = self._state.entries[int(row["id"])], row["fields"]
        above = fields.get("parent") or fields.get("epic")
        parent = self._mentioned(above).current.id if above else None
        links = tuple(self._link(one) for one in fields.get("issuelinks") or ())
        entry.current = replace(entry.current, parent=parent, links=links)
        entry.indexed = [(0.0, entry.current)]

    def _link(self, row: Mapping[str, Any]) -> IssueLink:
        sort, known = row["type"], self._state.catalogue.link_types
        type_id = self._free_id({id_: names[0] for id_, names in known.items()}, sort)
        known.setdefault(type_id, (sort["name"], sort["inward"], sort["outward"]))
        outward = "outwardIssue" in row
        other = self._mentioned(row["outwardIssue" if outward else "inwardIssue"])
        return IssueLink(str(row["id"]), type_id, other.current.id, outward)

    def _mentioned(self, row: Mapping[str, Any]) -> Entry:
        known = self._state.entries.get(int(row["id"]))
        if known is not None:
            return known
        project, fields = self._elsewhere(), row.get("fields", row)
        epic = "fields" not in row  # only epics are mentioned in so few words
        kind = self._state.catalogue.issue_type("Epic", self._state.new_id).id if epic else project.issue_types[0]
        stub = Issue(
            id=int(row["id"]),
            key=row["key"],
            project=project.id,
            summary=fields["summary"],
            issue_type=kind,
            status=project.statuses[0],
            creator=self._lead,
            created=0,
            updated=0,
        )
        return self._state.adopt(stub)

    def _elsewhere(self) -> Project:
        """The project of what the archive only mentions; no account may look into it."""
        if ELSEWHERE not in self._state.projects:
            like = self._state.projects[next(iter(self._touched))]
            self._state.projects[ELSEWHERE] = replace(like, id=ELSEWHERE, key=ELSEWHERE, name="Elsewhere", components={})
            self._state.denied.add(("BROWSE_PROJECTS", ELSEWHERE))
        return self._state.projects[ELSEWHERE]

    def _document(self, text: str) -> Document:
        return self._state.edition.document(text)

    def finish(self) -> None:
        """Open every status of the loaded projects to every other."""
        for project_id in self._touched:
            project = self._state.projects[project_id]
            names, priorities = self._state.catalogue.statuses, self._state.catalogue.priorities
            project.statuses = tuple(sorted(project.statuses, key=lambda id_: (BEGINNING.index(names[id_].category), int(id_))))
            project.default_priority = next((id_ for id_ in project.priorities if priorities[id_].name == "Medium"), None)
            project.transitions = tuple(Transition(f"{int(id_) * 10 + 1}", names[id_].name, id_) for id_ in project.statuses)

    def _issue(self, row: Mapping[str, Any], project: Project, fields: Mapping[str, Any]) -> Issue:
        return Issue(
            id=int(row["id"]),
            key=row["key"],
            project=project.id,
            summary=fields["summary"],
            issue_type=self._kind(project, fields["issuetype"]),
            status=self._status(project, fields["status"]),
            creator=self._person(fields.get("creator") or fields.get("reporter")) or self._lead,
            reporter=self._person(fields.get("reporter")),
            assignee=self._person(fields.get("assignee")),
            created=_ms(fields["created"]),
            updated=_ms(fields["updated"]),
            description=self._document(fields["description"]) if fields.get("description") else None,
            priority=self._priority(project, fields.get("priority")),
            labels=tuple(sorted(fields.get("labels") or ())),
            components=tuple(self._component(project, one) for one in fields.get("components") or ()),
            fix_versions=tuple(self._version(project, one) for one in fields.get("fixVersions") or ()),
            affects_versions=tuple(self._version(project, one) for one in fields.get("versions") or ()),
            resolution=self._resolution(fields.get("resolution")),
            resolved=_ms(fields["resolutiondate"]) if fields.get("resolutiondate") else None,
            comments=tuple(self._comment(one) for one in (fields.get("comment") or {}).get("comments", ())),
        )

    def _free_id(self, names: Mapping[str, str], row: Mapping[str, Any]) -> str:
        """The id of a site-wide thing: the archive's own, unless the site uses it for something of another name."""
        id_ = str(row["id"])
        if names.get(id_, row["name"]) == row["name"]:
            return id_
        return next((known for known, name in names.items() if name == row["name"]), None) or str(self._state.new_id())

    def _project(self, row: Mapping[str, Any]) -> Project:
        if row["id"] in self._foreign:
            raise ValueError(f"there is a project with the id {row['id']} already")
        self._touched.add(row["id"])
        fresh = Project(row["id"], row["key"], row["name"], self._lead, private=False)
        return self._state.projects.setdefault(fresh.id, fresh)

    def _status(self, project: Project, row: Mapping[str, Any]) -> str:
        known = self._state.catalogue.statuses
        id_ = self._free_id({one.id: one.name for one in known.values()}, row)
        known.setdefault(id_, Status(id_, row["name"], row["statusCategory"]["key"]))
        if id_ not in project.statuses:
            project.statuses = (*project.statuses, id_)
        return id_

    def _kind(self, project: Project, row: Mapping[str, Any]) -> str:
        known = self._state.catalogue.issue_types
        id_ = self._free_id({one.id: one.name for one in known.values()}, row)
        known.setdefault(id_, IssueType(id_, row["name"], -1 if row.get("subtask") else int(row["name"] == "Epic")))
        if id_ not in project.issue_types:
            project.issue_types = (*project.issue_types, id_)
        return id_

    def _priority(self, project: Project, row: Mapping[str, Any] | None) -> str | None:
        if row is None:
            return None
        known = self._state.catalogue.priorities
        id_ = self._free_id({one.id: one.name for one in known.values()}, row)
        if id_ not in known:
            known[id_] = Priority(id_, row["name"])
            ordered = sorted(known.values(), key=lambda one: int(one.id))
            known.clear()
            known.update({one.id: one for one in ordered})
        if id_ not in project.priorities:
            project.priorities = tuple(sorted((*project.priorities, id_), key=int))
        return id_

    def _component(self, project: Project, row: Mapping[str, Any]) -> str:
        id_ = self._free_id(self._state.catalogue.components, row)
        self._state.catalogue.components[id_] = row["name"]
        project.components[id_] = row["name"]
        return id_

    def _version(self, project: Project, row: Mapping[str, Any]) -> str:
        """A version's id. Names are unique within a project: where the archive has one twice, the first is it."""
        known = self._state.catalogue.versions
        id_ = self._versions.setdefault((project.id, row["name"].casefold()), str(row["id"]))
        if id_ not in known:
            known[id_] = Version(
                id_,
                project.id,
                row["name"],
                description=row.get("description") or "",
                release_date=row.get("releaseDate") or "",
                released=bool(row.get("released")),
                archived=bool(row.get("archived")),
            )
        return id_

    def _resolution(self, row: Mapping[str, Any] | None) -> str | None:
        if row is None:
            return None
        id_ = self._free_id(self._state.catalogue.resolutions, row)
        self._state.catalogue.resolutions[id_] = row["name"]
        return id_

    def _person(self, row: Mapping[str, Any] | None) -> str | None:
        if not row:
            return None
        account = f"titanium:{row.get('key') or row['name']}"
        if account not in self._state.people:
            zone = row.get("timeZone") or ""
            self._state.people[account] = Person(
                account, row["displayName"], time_zone=zone, active=bool(row.get("active", True)), login=row["name"]
            )
        return account

    def _comment(self, row: Mapping[str, Any]) -> Comment:
        author = self._person(row.get("author")) or self._lead
        editor = self._person(row.get("updateAuthor")) or author
        return Comment(row["id"], author, self._document(row.get("body") or ""), _ms(row["created"]), _ms(row["updated"]), editor)
