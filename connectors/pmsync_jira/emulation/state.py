"""The memory of one Jira site: what exists, who may see it, and how a change becomes visible."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from pmsync.connect.clock import Clock
from pmsync.testing.emulator import Event
from pmsync_jira.emulation.catalogue import Catalogue
from pmsync_jira.emulation.diff import Called, changes_between, creation
from pmsync_jira.emulation.edition import Edition
from pmsync_jira.emulation.knobs import JiraKnobs
from pmsync_jira.emulation.records import Comment, Entry, History, Issue, IssueLink, Person, Project


@dataclass(frozen=True, slots=True)
class Happening:
    """What webhooks tell of. ``kind`` is the webhook event's name; ``history`` the change group, ``comment`` the comment concerned."""

    kind: str
    issue: Issue
    actor: str
    at: int
    history: History | None = None
    comment: Comment | None = None


@dataclass(slots=True)
class State:
    """Everything that one site remembers, and the rules by which it changes."""

    clock: Clock
    knobs: JiraKnobs
    base_url: str
    edition: Edition = field(default_factory=Edition)
    catalogue: Catalogue = field(default_factory=Catalogue)
    people: dict[str, Person] = field(default_factory=dict)
    projects: dict[str, Project] = field(default_factory=dict)
    entries: dict[int, Entry] = field(default_factory=dict)
    denied: set[tuple[str, str]] = field(default_factory=set)
    events: list[Event] = field(default_factory=list)
    watchers: list[Callable[[Happening], None]] = field(default_factory=list)
    random: random.Random = field(init=False)
    _keys: dict[str, int] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=lambda: count(10_001))

    def __post_init__(self) -> None:
        """Seed everything that is random."""
        self.random = random.Random(self.knobs.seed)  # noqa: S311 - reproducible faults, no secrets
        self.edition.furnish(self.catalogue)

    def now_ms(self) -> int:
        """The server's clock in epoch milliseconds."""
        return round(self.clock.now() * 1000)

    def new_id(self) -> int:
        """An id that nothing else has."""
        return next(self._ids)

    def reserve_ids(self, highest: int) -> None:
        """Make sure that new ids are above ``highest``."""
        lowest = max(next(self._ids), highest + 1)
        self._ids = count(lowest)

    def project(self, id_or_key: str) -> Project | None:
        """A project by id, key, or a key it had before, unless another project took that over."""
        found = self.projects.get(id_or_key)
        if found is not None:
            return found
        wanted = id_or_key.upper()
        named = next((project for project in self.projects.values() if project.key == wanted), None)
        return named or next((project for project in self.projects.values() if wanted in project.former_keys), None)

    def entry(self, id_or_key: str) -> Entry | None:
        """An issue that exists, by id or by any key it ever had."""
        id_ = int(id_or_key) if id_or_key.isdecimal() else self._keys.get(id_or_key.upper(), -1)
        found = self.entries.get(id_)
        return None if found is None or found.deleted else found

    def may(self, permission: str, project: Project) -> bool:
        """Whether API accounts hold a project permission there. People who edit by a side door always do."""
        if (permission, "*") in self.denied or (permission, project.key) in self.denied:
            return False
        return permission == "BROWSE_PROJECTS" or self.may("BROWSE_PROJECTS", project)

    def visible(self, entry: Entry) -> bool:
        """Whether API accounts may see the issue."""
        return not entry.deleted and not entry.hidden and self.may("BROWSE_PROJECTS", self.projects[entry.current.project])

    def indexed(self, entry: Entry) -> Issue | None:
        """The issue as search knows it now; None when search knows nothing of it (yet, or any more)."""
        versions = entry.indexed
        now = self.clock.now()
        while len(versions) > 1 and versions[1][0] <= now:
            versions.pop(0)
        return versions[0][1] if versions[0][0] <= now else None

    def adopt(self, issue: Issue) -> Entry:
        """Take a new issue in as it is, without a stamp, an event or a webhook; search sees it at once."""
        entry = Entry(issue, [(0.0, issue)])
        self.entries[issue.id] = entry
        self._keys[issue.key] = issue.id
        return entry

    def create(self, issue: Issue, actor: str) -> Entry:
        """Take a new issue in."""
        entry = Entry(issue, [(self.clock.now() + self.knobs.index_lag, issue)])
        self.entries[issue.id] = entry
        self._keys[issue.key] = issue.id
        self.record(actor, "create", issue.key, id=str(issue.id), summary=issue.summary)
        set_now = tuple(creation(self.catalogue, issue, self.called))
        history = History(str(self.new_id()), actor, issue.created, set_now)
        self._tell(Happening("jira:issue_created", issue, actor, issue.updated, history))
        return entry

    def commit(self, entry: Entry, issue: Issue, actor: str, *, verb: str = "edit", comment: Comment | None = None) -> bool:
        """Make ``issue`` the current state. Nothing happens, not even a new ``updated``, where nothing changed.

        Properties and remote links change silently: they move neither ``updated`` nor the history, and no webhook tells of them.
        """
        old = entry.current
        changes = changes_between(self.catalogue, old, issue, self.called)
        if not changes and issue == old:
            return False
        if changes or _written(issue) != _written(old):
            issue = replace(issue, updated=max(self.now_ms(), old.updated + 1))
        self._show(entry, issue)
        entry.current = issue
        self._keys[issue.key] = issue.id
        self.record(actor, verb, issue.key, id=str(issue.id), **{change.field_id: change.after_text for change in changes})
        if changes:
            history = History(str(self.new_id()), actor, issue.updated, tuple(changes))
            entry.history.append(history)
            self._tell(Happening("jira:issue_updated", issue, actor, issue.updated, history))
        if comment is not None:
            kind = "comment_created" if comment.created == comment.updated else "comment_updated"
            self._tell(Happening(kind, issue, actor, issue.updated, comment=comment))
        return True

    def link(self, inward: Entry, outward: Entry, kind: str, actor: str) -> None:
        """Link two issues; the same link twice is one link."""
        if (kind, outward.current.id, True) in {(link.type, link.other, link.outward) for link in inward.current.links}:
            return
        link_id = str(self.new_id())
        for entry, other, outwards in ((inward, outward, True), (outward, inward, False)):
            link = IssueLink(link_id, kind, other.current.id, outwards)
            self.commit(entry, replace(entry.current, links=(*entry.current.links, link)), actor, verb="link")

    def delete(self, entry: Entry, actor: str) -> None:
        """Remove an issue for good. Search forgets it only after the index lag."""
        entry.deleted = True
        self._show(entry, None)
        self.record(actor, "delete", entry.current.key, id=str(entry.current.id))
        self._tell(Happening("jira:issue_deleted", entry.current, actor, self.now_ms()))

    def rename(self, project: Project, key: str) -> None:
        """Give a project another key, and its issues with it; their numbers and ids stay, and none counts as updated."""
        project.former_keys.add(project.key)
        project.key = key
        for entry in self.entries.values():
            if entry.current.project == project.id:
                entry.current = _rekeyed(entry.current, key)
                self._keys[entry.current.key] = entry.current.id
            entry.indexed = [
                (at, _rekeyed(issue, key) if issue is not None and issue.project == project.id else issue)
                for at, issue in entry.indexed
            ]

    def hold_index(self, entry: Entry, seconds: float) -> None:
        """Keep what search does not see yet, or the latest change, from it for ``seconds`` from now."""
        visible = self.clock.now() + seconds
        moment, issue = entry.indexed.pop()
        entry.indexed.append((max(moment, visible), issue))

    def record(self, actor: str, verb: str, target: str, **detail: Any) -> None:
        """Add a line to the ground-truth log."""
        self.events.append(Event(self.clock.now(), actor, verb, target, detail))

    def person_name(self, account_id: str) -> str:
        """Display name of an account."""
        person = self.people.get(account_id)
        return person.name if person else account_id

    @property
    def called(self) -> Called:
        """What people and issues are called."""
        return Called(self.person_name, lambda id_: self.entries[id_].current.key if id_ in self.entries else str(id_))

    def next_key(self, project: Project) -> str:
        """The next issue key of a project."""
        project.last_number += 1
        return f"{project.key}-{project.last_number}"

    def _show(self, entry: Entry, issue: Issue | None) -> None:
        self.indexed(entry)
        visible = max(self.clock.now() + self.knobs.index_lag, entry.indexed[-1][0])
        entry.indexed.append((visible, issue))

    def _tell(self, happening: Happening) -> None:
        for watcher in self.watchers:
            watcher(happening)


def _rekeyed(issue: Issue, key: str) -> Issue:
    return replace(issue, key=f"{key}-{issue.key.rpartition('-')[2]}")


def _written(issue: Issue) -> list[tuple[str, int]]:
    return [(comment.id, comment.updated) for comment in issue.comments]
