"""A Jira site with people on it, for the demo and tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pmsync.connect.clock import Clock
from pmsync.model.enums import Kind, Priority, Status
from pmsync.testing.stage import Sketch
from pmsync_jira.emulation.doors import Scheme
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


class JiraStage:
    """See ``pmsync.testing.stage.Stage``."""

    def __init__(self, clock: Clock) -> None:
        self.emulator = JiraEmulator(clock)
        self._people: dict[str, str] = {}

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
