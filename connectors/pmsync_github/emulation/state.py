"""What exists on the stand-in server. Plain mutable records; every change goes through ``world``. Times are whole Unix seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pmsync_github.emulation import ids

ROLES = ("none", "read", "write", "admin")


@dataclass(slots=True, eq=False)
class User:
    """An account: ``User``, ``Organization`` or ``Bot``."""

    id: int
    login: str
    kind: str
    created_at: int
    name: str | None = None
    email: str | None = None

    @property
    def node_id(self) -> str:
        """The GraphQL id."""
        prefix = {"Organization": ids.ORGANIZATION, "Bot": ids.BOT}.get(self.kind, ids.USER)
        return ids.node(prefix, self.id)


@dataclass(slots=True, eq=False)
class Label:
    """A label of one repository."""

    id: int
    repo_id: int
    name: str
    color: str
    description: str | None
    created_at: int
    updated_at: int

    @property
    def node_id(self) -> str:
        """The GraphQL id."""
        return ids.node(ids.LABEL, self.repo_id, self.id)


@dataclass(slots=True, eq=False)
class Milestone:
    """A milestone of one repository; ``due_on`` is midnight US Pacific in Unix seconds."""

    id: int
    repo_id: int
    number: int
    title: str
    description: str | None
    state: str
    creator: str
    due_on: int | None
    created_at: int
    updated_at: int
    closed_at: int | None = None

    @property
    def node_id(self) -> str:
        """The GraphQL id."""
        return ids.node(ids.MILESTONE, self.repo_id, self.id)


@dataclass(slots=True, eq=False)
class Revision:
    """One entry of a body's edit history: the whole text after the edit."""

    at: int
    editor: str
    text: str


@dataclass(slots=True, eq=False)
class Comment:
    """A comment on an issue or pull request."""

    id: int
    repo_id: int
    number: int
    author: str
    body: str
    created_at: int
    updated_at: int
    revisions: list[Revision] = field(default_factory=list)

    @property
    def node_id(self) -> str:
        """The GraphQL id."""
        return ids.node(ids.COMMENT, self.repo_id, self.id)


@dataclass(slots=True, eq=False)
class Happening:
    """One issue event (labeled, closed, renamed ...) with what it concerns."""

    id: int
    kind: str
    actor: str
    at: int
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Issue:
    """An issue or pull request. Its times have one second, as GitHub's. ``below``: its sub-issues, in the order they were added."""

    id: int
    repo_id: int
    number: int
    title: str
    body: str | None
    author: str
    created_at: int
    updated_at: int
    is_pull: bool = False
    state: str = "open"
    state_reason: str | None = None
    labels: list[Label] = field(default_factory=list)
    assignees: list[str] = field(default_factory=list)
    milestone: Milestone | None = None
    parent: Issue | None = None
    below: list[Issue] = field(default_factory=list)
    closed_at: int | None = None
    closed_by: str | None = None
    comments: list[Comment] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    revisions: list[Revision] = field(default_factory=list)
    former: list[tuple[float, Issue | None]] = field(default_factory=list)

    @property
    def node_id(self) -> str:
        """The GraphQL id."""
        return ids.node(ids.PULL_REQUEST if self.is_pull else ids.ISSUE, self.repo_id, self.id)


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What is left of an issue that is gone: ``deleted``, or ``transferred`` to (repository id, number)."""

    target: tuple[int, int] | None = None


@dataclass(slots=True, eq=False)
class Repo:
    """A repository. ``labels`` by casefolded name; ``gone`` by number; ``roles`` by login."""

    id: int
    owner: str
    name: str
    private: bool
    description: str | None
    has_issues: bool
    created_at: int
    roles: dict[str, str] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    gone: dict[int, Tombstone] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)
    milestones: dict[int, Milestone] = field(default_factory=dict)
    last_number: int = 0
    last_milestone: int = 0

    @property
    def full_name(self) -> str:
        """``owner/name``."""
        return f"{self.owner}/{self.name}"

    @property
    def node_id(self) -> str:
        """The GraphQL id."""
        return ids.node(ids.REPOSITORY, self.id)
