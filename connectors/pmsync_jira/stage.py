"""A Jira site with people on it, for the demo and tests."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from pmsync.connect.clock import Clock
from pmsync.model.enums import Audience, Kind, Priority, Status
from pmsync.testing.emulator import Emulator, Request
from pmsync.testing.stage import Seen, Sketch
from pmsync_jira.emulation.adf import plain_text
from pmsync_jira.emulation.doors import Scheme
from pmsync_jira.emulation.records import Issue
from pmsync_jira.emulator import JiraEmulator

STATUSES = {
    Status.BACKLOG: "To Do",
    Status.IN_PROGRESS: "In Progress",
    Status.IN_REVIEW: "In Review",
    Status.DONE: "Done",
}
BOARD = (("To Do", "new"), ("In Progress", "indeterminate"), ("In Review", "indeterminate"), ("Done", "done"))
PRIORITIES = {
    Priority.CRITICAL: "Highest",
    Priority.HIGH: "High",
    Priority.MEDIUM: "Medium",
    Priority.LOW: "Low",
    Priority.MINOR: "Lowest",
}
KINDS = {Kind.BUG: "Bug", Kind.FEATURE: "Story", Kind.EPIC: "Epic"}
MEANINGS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "status": {
        "To Do": frozenset({"inbox", "backlog", "planned"}),
        "In Progress": frozenset({"in_progress"}),
        "In Review": frozenset({"in_review"}),
        "Done": frozenset({"done", "released", "declined", "duplicate"}),
    },
    "priority": {name: frozenset({priority.value}) for priority, name in PRIORITIES.items()},
}
"""What the values of the simple board can stand for."""

_READS = re.compile(r"/rest/api/3/(search/jql|issue/bulkfetch|changelog/bulkfetch|jql/parse|permissions/check)")
"""Jira's POSTs that only read, by its documentation."""

_FIELDS = {"title": "summary", "body": "description", "priority": "priority"}


class JiraStage:
    """See ``pmsync.testing.stage``: a ``Stage`` and a ``Ground``."""

    def __init__(self, clock: Clock) -> None:
        self.emulator = JiraEmulator(clock)
        self._people: dict[str, str] = {}
        self._level = ""

    def settings(self) -> Mapping[str, Any]:
        """The system's part of the config."""
        bot = self.emulator.bot
        return {"kind": "jira", "url": self.emulator.base_url, "login": bot.email, "token": bot.token}

    def open(self, container: str, title: str) -> None:
        """A project with a simple board."""
        self.emulator.add_project(container, title, Scheme(statuses=BOARD))

    def file(self, container: str, sketch: Sketch) -> str:
        """A person files an issue."""
        issue = self.emulator.add_issue(
            container,
            sketch.title,
            actor=self._person(sketch.by),
            description=sketch.body,
            issue_type=KINDS.get(sketch.kind, "Task"),
            priority=PRIORITIES[sketch.priority or Priority.MEDIUM],
            labels=sorted(label.replace(" ", "-") for label in sketch.labels),
            status=STATUSES[sketch.status],
        )
        return issue.key

    def edit(self, key: str, by: str, *, title: str = "", status: Status | None = None, label: str = "") -> None:
        """A person edits an issue."""
        changes: dict[str, Any] = {"summary": title} if title else {}
        if label:
            changes["add_labels"] = [label]
        if changes:
            self.emulator.edit_issue(key, self._person(by), **changes)
        if status is not None:
            self.emulator.transition_issue(key, self._person(by), STATUSES[status])

    def count(self, container: str) -> int:
        """Issues in the project."""
        return len(self.emulator.issues(container))

    def _person(self, name: str) -> str:
        if name not in self._people:
            self._people[name] = self.emulator.add_user(name.title(), email=f"{name}@example.com").account_id
        return self._people[name]

    # -- a ground to simulate on -------------------------------------------------------------------------------------------------

    @property
    def face(self) -> Emulator:
        """The site."""
        return self.emulator

    def publish(self, container: str) -> None:
        """A project stays what it is: nothing of Jira is public here."""

    def restrict(self, record: str, by: str) -> None:
        """A person sets a security level."""
        self._level = self._level or self.emulator.add_security_level("Management")
        self.emulator.edit_issue(record, self._person(by), security=self._level)

    def webhook(self, record: str, secret: str) -> tuple[Mapping[str, str], bytes]:
        """An ``issue_updated`` event, as far as anybody reads it."""
        said = {"webhookEvent": "jira:issue_updated", "issue": {"id": record, "key": self.emulator.issue(record).key}}
        body = json.dumps(said).encode()
        return {"x-hub-signature": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}, body

    def trail(self, share: float) -> None:
        """Search trails by up to ten minutes, the overlap that the connector reads again."""
        self.emulator.knobs.index_lag = 540.0 * share

    def tear(self, torn: bool) -> None:
        """Ragged search pages."""
        self.emulator.knobs.ragged = torn

    def look(self) -> Mapping[str, Seen]:
        """Every issue that exists."""
        return {str(issue.id): self._seen(issue) for issue in self.emulator.issues()}

    def _seen(self, issue: Issue) -> Seen:
        catalogue, bot = self.emulator.state.catalogue, self.emulator.bot.account_id
        values = {
            "title": issue.summary,
            "body": plain_text(issue.description) if issue.description else "",
            "status": catalogue.statuses[issue.status].name,
            "priority": catalogue.priorities[issue.priority].name if issue.priority else "",
        }
        mark = issue.properties.get("pmsync")
        marker = mark.get("marker") if isinstance(mark, Mapping) else None
        container = self.emulator.state.projects[issue.project].key
        audience = Audience.PRIVATE if issue.security else Audience.INTERNAL
        return Seen(container, issue.key, issue.creator == bot, marker, values, frozenset(issue.labels), audience)

    def ticks(self) -> int:
        """The length of the site's log."""
        return len(self.emulator.events)

    def choices(self, name: str) -> Mapping[str, frozenset[str]]:
        """The simple board's statuses, and Jira's own priorities."""
        return MEANINGS[name]

    def put(self, record: str, by: str, name: str, value: str) -> None:
        """A person sets a field, or drags the card."""
        if name == "status":
            self.emulator.transition_issue(record, self._person(by), value)
        else:
            self.emulator.edit_issue(record, self._person(by), **{_FIELDS[name]: value})

    def label(self, record: str, by: str, *, add: Collection[str] = (), remove: Collection[str] = ()) -> None:
        """A person changes labels."""
        self.emulator.edit_issue(record, self._person(by), add_labels=list(add), remove_labels=list(remove))

    def comment(self, record: str, by: str, text: str) -> None:
        """A person comments."""
        self.emulator.comment_issue(record, self._person(by), text)

    def copy(self, record: str, by: str, title: str) -> str:
        """Clone an issue with its properties, as some apps do."""
        old = self.emulator.issue(record)
        project = self.emulator.state.projects[old.project].key
        fields = {"description": old.description, "labels": old.labels, "properties": old.properties}
        return str(self.emulator.add_issue(project, title, actor=self._person(by), **fields).id)

    def move(self, record: str, by: str, container: str) -> str:
        """A person moves an issue; its id stays."""
        return str(self.emulator.move_issue(record, container, self._person(by)).id)

    def delete(self, record: str, by: str) -> None:
        """A person deletes an issue."""
        self.emulator.delete_issue(record, self._person(by))

    def record_of(self, key: str) -> str:
        """The issue's numeric id."""
        return str(self.emulator.issue(key).id)

    def is_write(self, request: Request) -> bool:
        """By Jira's documentation."""
        return request.method not in ("GET", "HEAD") and not _READS.fullmatch(request.path)
