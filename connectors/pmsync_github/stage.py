"""A GitHub organisation with people in it, for the demo and tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pmsync.connect.clock import Clock
from pmsync.model.enums import Status, StatusCategory
from pmsync.testing.stage import Sketch
from pmsync_github.emulator import TOKEN, GitHubEmulator


class GitHubStage:
    """See ``pmsync.testing.stage.Stage``."""

    def __init__(self, clock: Clock) -> None:
        self.emulator = GitHubEmulator(clock)

    def settings(self) -> Mapping[str, Any]:
        """The system's part of the config."""
        return {"kind": "github", "url": self.emulator.base_url, "token": TOKEN}

    def open(self, container: str, title: str) -> None:
        """A private repository of an organisation."""
        self.emulator.add_repo(container, private=True, description=title)

    def file(self, container: str, sketch: Sketch) -> str:
        """A person opens an issue; a finished one is closed at once."""
        labels = set(sketch.labels) | ({f"priority/{sketch.priority}"} if sketch.priority else set())
        for label in labels:
            self.emulator.add_label(container, label)
        issue = self.emulator.add_issue(container, sketch.title, actor=sketch.by, body=sketch.body, labels=sorted(labels))
        if sketch.status.category is StatusCategory.DONE:
            self.emulator.close(container, issue.number, actor=sketch.by)
        return f"{container}#{issue.number}"

    def edit(self, key: str, by: str, *, title: str = "", status: Status | None = None, label: str = "") -> None:
        """A person edits an issue."""
        container, _, number = key.rpartition("#")
        changes: dict[str, Any] = {"title": title} if title else {}
        if label:
            self.emulator.add_label(container, label)
            present = [one.name for one in self.emulator.issue(container, int(number)).labels]
            changes["labels"] = [*present, label]
        if status is not None:
            changes["state"] = "closed" if status.category is StatusCategory.DONE else "open"
        self.emulator.edit_issue(container, int(number), actor=by, **changes)

    def count(self, container: str) -> int:
        """Issues in the repository, pull requests not counted."""
        return sum(1 for issue in self.emulator.world.repo_named(container).issues.values() if not issue.is_pull)
