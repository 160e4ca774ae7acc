"""A GitHub organisation with people in it, for the demo and tests."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from pmsync.connect.clock import Clock
from pmsync.model.enums import Audience, Priority, Status, StatusCategory
from pmsync.testing.emulator import Emulator, Request
from pmsync.testing.stage import Seen, Sketch
from pmsync_github.emulation.state import Issue, Repo
from pmsync_github.emulator import BOT, TOKEN, GitHubEmulator

PREFIX = "priority/"
MEANINGS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "status": {
        "open": frozenset({"inbox", "backlog", "planned", "in_progress", "in_review"}),
        "closed completed": frozenset({"done", "released"}),
        "closed not_planned": frozenset({"declined"}),
        "closed duplicate": frozenset({"duplicate"}),
    },
    "priority": {priority.value: frozenset({priority.value}) for priority in Priority},
}
"""What an issue's state, and the labels ``priority/...``, can stand for."""

_MARK = re.compile(r"\s*<!-- pmsync:(\S+) -->\s*$")


class GitHubStage:
    """See ``pmsync.testing.stage``: a ``Stage`` and a ``Ground``."""

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

    # -- a ground to simulate on -------------------------------------------------------------------------------------------------

    @property
    def face(self) -> Emulator:
        """The server."""
        return self.emulator

    def publish(self, container: str) -> None:
        """The repository becomes public."""
        self.emulator.set_private(container, False)

    def restrict(self, record: str, by: str) -> None:
        """An issue is as open as its repository."""

    def webhook(self, record: str, secret: str) -> tuple[Mapping[str, str], bytes]:
        """An ``issues`` event, as far as anybody reads it. Source: https://docs.github.com/en/webhooks/webhook-events-and-payloads#issues."""
        repo, issue = self._place(record)
        said = {"action": "edited", "issue": {"node_id": record, "number": issue.number}, "repository": {"full_name": repo}}
        body = json.dumps(said).encode()
        return {"x-hub-signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}, body

    def trail(self, share: float) -> None:
        """Lists trail by up to a minute, as the connector declares."""
        self.emulator.knobs.list_lag = 50.0 * share

    def tear(self, torn: bool) -> None:
        """GitHub's pages are always whole."""

    def look(self) -> Mapping[str, Seen]:
        """Every issue that exists, by node id."""
        repos = self.emulator.world.repos.values()
        return {issue.node_id: _seen(repo, issue) for repo in repos for issue in repo.issues.values()}

    def ticks(self) -> int:
        """The length of the server's log."""
        return len(self.emulator.events)

    def choices(self, name: str) -> Mapping[str, frozenset[str]]:
        """States with their reasons; priorities as labels."""
        return MEANINGS[name]

    def put(self, record: str, by: str, name: str, value: str) -> None:
        """A person edits a text, opens or closes, or exchanges the priority label."""
        repo, issue = self._place(record)
        changes: dict[str, Any] = {name: value}
        if name == "status":
            state, _, reason = value.partition(" ")
            changes = {"state": state, **({"state_reason": reason} if reason else {})}
        elif name == "priority":
            others = [label.name for label in issue.labels if not label.name.startswith(PREFIX)]
            changes = {"labels": [*others, *([PREFIX + value] if value else [])]}
        elif name == "body":
            mark = _MARK.search(issue.body or "")
            changes = {"body": value + (mark[0] if mark else "")}
        self._edit(repo, issue, by, changes)

    def label(self, record: str, by: str, *, add: Collection[str] = (), remove: Collection[str] = ()) -> None:
        """A person changes labels."""
        repo, issue = self._place(record)
        names = [label.name for label in issue.labels if label.name not in remove]
        self._edit(repo, issue, by, {"labels": [*names, *add]})

    def comment(self, record: str, by: str, text: str) -> None:
        """A person comments."""
        repo, issue = self._place(record)
        self.emulator.comment(repo, issue.number, text, actor=by)

    def copy(self, record: str, by: str, title: str) -> str:
        """A person opens an issue with another one's text pasted in, hidden comment included."""
        repo, issue = self._place(record)
        labels = [label.name for label in issue.labels]
        return self.emulator.add_issue(repo, title, actor=by, body=issue.body, labels=labels).node_id

    def move(self, record: str, by: str, container: str) -> str:
        """A person transfers an issue: it gets another id. Labels that the target lacks are made there first."""
        repo, issue = self._place(record)
        for label in issue.labels:
            self.emulator.add_label(container, label.name)
        return self.emulator.transfer_issue(repo, issue.number, container, actor=by).node_id

    def delete(self, record: str, by: str) -> None:
        """A person deletes an issue."""
        repo, issue = self._place(record)
        self.emulator.delete_issue(repo, issue.number, actor=by)

    def record_of(self, key: str) -> str:
        """The issue's node id."""
        container, _, number = key.rpartition("#")
        return self.emulator.issue(container, int(number)).node_id

    def is_write(self, request: Request) -> bool:
        """A mutation, or what is no GET."""
        if request.path.endswith("/graphql"):
            return str(request.json()["query"]).lstrip().startswith("mutation")
        return request.method not in ("GET", "HEAD")

    def _place(self, record: str) -> tuple[str, Issue]:
        issue = self.emulator.world.nodes[record]
        assert isinstance(issue, Issue)
        return self.emulator.world.repos[issue.repo_id].full_name, issue

    def _edit(self, repo: str, issue: Issue, by: str, changes: Mapping[str, Any]) -> None:
        for label in changes.get("labels", ()):
            self.emulator.add_label(repo, label)
        self.emulator.edit_issue(repo, issue.number, actor=by, **changes)


def _seen(place: Repo, issue: Issue) -> Seen:
    repo, audience = place.full_name, Audience.INTERNAL if place.private else Audience.PUBLIC
    body = issue.body or ""
    mark = _MARK.search(body)
    names = [label.name for label in issue.labels]
    priorities = sorted(name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX))
    values = {
        "title": issue.title,
        "body": body[: mark.start()] if mark else body,
        "status": issue.state if issue.state == "open" else f"closed {issue.state_reason or 'completed'}",
        "priority": "+".join(priorities),
    }
    labels = frozenset(name for name in names if not name.startswith(PREFIX))
    return Seen(repo, f"{repo}#{issue.number}", issue.author == BOT, mark[1] if mark else None, values, labels, audience)
