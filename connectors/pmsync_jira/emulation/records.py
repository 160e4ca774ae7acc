"""What a Jira site holds. Moments are epoch milliseconds, ids are integers; both are rendered as text at the edge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Document = Mapping[str, Any] | str
"""A rich text: an Atlassian Document, or wiki markup on Data Center."""

CATEGORIES: Mapping[str, tuple[int, str, str]] = {
    "undefined": (1, "medium-gray", "No Category"),
    "new": (2, "blue-gray", "To Do"),
    "done": (3, "green", "Done"),
    "indeterminate": (4, "yellow", "In Progress"),
}
"""Status categories: key to (id, colour, name). They are fixed on every site."""


@dataclass(frozen=True, slots=True)
class Person:
    """An account. ``token`` is the API token it signs in with, "" for none; ``email`` shows to others only when ``email_visible``.

    On Data Center the account id is the user's key, and ``login`` the name to sign in with.
    """

    account_id: str
    name: str
    email: str = ""
    token: str = field(default="", repr=False)
    time_zone: str = ""
    active: bool = True
    email_visible: bool = False
    kind: str = "atlassian"
    login: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """A workflow status. ``category`` is a key of ``CATEGORIES``."""

    id: str
    name: str
    category: str


@dataclass(frozen=True, slots=True)
class Priority:
    """A priority; a site lists them from the most urgent down."""

    id: str
    name: str
    color: str = "#707070"


@dataclass(frozen=True, slots=True)
class IssueType:
    """An issue type. ``level``: 1 epic, 0 standard, -1 sub-task."""

    id: str
    name: str
    level: int = 0


@dataclass(frozen=True, slots=True)
class Transition:
    """A workflow step to status ``to``. ``sources`` None: from everywhere. ``screen``: fields it shows; ``required``: those it insists on."""

    id: str
    name: str
    to: str
    sources: frozenset[str] | None = None
    screen: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Version:
    """A release of one project. Dates are ``yyyy-mm-dd`` or ""."""

    id: str
    project: str
    name: str
    description: str = ""
    start_date: str = ""
    release_date: str = ""
    released: bool = False
    archived: bool = False


@dataclass(frozen=True, slots=True)
class FieldKind:
    """A custom field: its id (``customfield_NNNNN``), name, and JSON type."""

    id: str
    name: str
    type: str = "string"
    custom: str = "com.atlassian.jira.plugin.system.customfieldtypes:textfield"


@dataclass(slots=True)
class Project:
    """A project: its schemes are tuples of ids; ``off_screen``: fields that no screen of it shows; ``required``: what a create must name."""

    id: str
    key: str
    name: str
    lead: str
    type_key: str = "software"
    statuses: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    issue_types: tuple[str, ...] = ()
    transitions: tuple[Transition, ...] = ()
    components: dict[str, str] = field(default_factory=dict)
    default_priority: str | None = None
    off_screen: set[str] = field(default_factory=set)
    required: set[str] = field(default_factory=set)
    properties: dict[str, Any] = field(default_factory=dict)
    last_number: int = 0
    private: bool = True
    former_keys: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on an issue."""

    id: str
    author: str
    body: Document
    created: int
    updated: int
    update_author: str
    visibility: Mapping[str, Any] | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RemoteLink:
    """A link from an issue to something outside; ``content`` is what was posted."""

    id: int
    global_id: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class IssueLink:
    """A link as one of its two issues shows it: ``outward`` when ``other`` is the outward issue."""

    id: str
    type: str
    other: int
    outward: bool


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue at one moment; a change makes a new one. References are ids."""

    id: int
    key: str
    project: str
    summary: str
    issue_type: str
    status: str
    creator: str
    created: int
    updated: int
    description: Document | None = None
    priority: str | None = None
    labels: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    fix_versions: tuple[str, ...] = ()
    affects_versions: tuple[str, ...] = ()
    assignee: str | None = None
    reporter: str | None = None
    resolution: str | None = None
    resolved: int | None = None
    due: str | None = None
    parent: int | None = None
    security: str | None = None
    custom: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)
    comments: tuple[Comment, ...] = ()
    remote_links: tuple[RemoteLink, ...] = ()
    links: tuple[IssueLink, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a change group. ``before``/``after`` are ids where the field has ids."""

    field: str
    field_id: str
    before: str | None
    before_text: str | None
    after: str | None
    after_text: str | None


@dataclass(frozen=True, slots=True)
class History:
    """One change group of an issue."""

    id: str
    author: str
    created: int
    changes: tuple[Change, ...]


@dataclass(slots=True)
class Entry:
    """An issue with its past.

    ``indexed`` holds what search has yet to see and what it sees now: (visible from, Unix seconds; the issue, None once deleted).
    """

    current: Issue
    indexed: list[tuple[float, Issue | None]]
    history: list[History] = field(default_factory=list)
    hidden: bool = False
    deleted: bool = False
