"""The site-wide lists: statuses, priorities, issue types, resolutions, versions, link types, custom fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from pmsync_jira.emulation.records import FieldKind, IssueType, Priority, Status, Version

DEFAULT_PRIORITIES = (
    Priority("1", "Highest", "#d04437"),
    Priority("2", "High", "#f15C75"),
    Priority("3", "Medium", "#f79232"),
    Priority("4", "Low", "#707070"),
    Priority("5", "Lowest", "#999999"),
)
DEFAULT_TYPES = (
    IssueType("10001", "Epic", 1),
    IssueType("10002", "Story"),
    IssueType("10003", "Task"),
    IssueType("10004", "Bug"),
    IssueType("10005", "Sub-task", -1),
)
RESOLUTIONS = {"10000": "Done", "10001": "Won't Do", "10002": "Duplicate", "10003": "Cannot Reproduce"}
LINK_TYPES: Mapping[str, tuple[str, str, str]] = {
    "10000": ("Blocks", "is blocked by", "blocks"),
    "10001": ("Cloners", "is cloned by", "clones"),
    "10002": ("Duplicate", "is duplicated by", "duplicates"),
    "10003": ("Relates", "relates to", "relates to"),
}

Thing = TypeVar("Thing", Status, Priority, IssueType)


@dataclass(slots=True)
class Catalogue:
    """Site-wide lists by id, in the site's own order."""

    statuses: dict[str, Status] = field(default_factory=dict)
    priorities: dict[str, Priority] = field(default_factory=dict)
    issue_types: dict[str, IssueType] = field(default_factory=dict)
    resolutions: dict[str, str] = field(default_factory=lambda: dict(RESOLUTIONS))
    security: dict[str, str] = field(default_factory=dict)
    versions: dict[str, Version] = field(default_factory=dict)
    components: dict[str, str] = field(default_factory=dict)
    custom: dict[str, FieldKind] = field(default_factory=dict)
    link_types: dict[str, tuple[str, str, str]] = field(default_factory=lambda: dict(LINK_TYPES))

    def status(self, name: str, category: str, new_id: Callable[[], int]) -> Status:
        """The status of that name, made when there is none."""
        return _one(self.statuses, name, lambda: Status(str(new_id()), name, category))

    def priority(self, name: str, new_id: Callable[[], int]) -> Priority:
        """The priority of that name, made when there is none."""
        known = {priority.name: priority for priority in DEFAULT_PRIORITIES}
        return _one(self.priorities, name, lambda: known.get(name) or Priority(str(new_id()), name))

    def issue_type(self, name: str, new_id: Callable[[], int]) -> IssueType:
        """The issue type of that name, made when there is none."""
        known = {kind.name: kind for kind in DEFAULT_TYPES}
        return _one(self.issue_types, name, lambda: known.get(name) or IssueType(str(new_id()), name))


def _one(table: dict[str, Thing], name: str, make: Callable[[], Thing]) -> Thing:
    for thing in table.values():
        if thing.name == name:
            return thing
    made = make()
    table[made.id] = made
    return made
