"""The closed vocabularies of the hub. Their meaning is fixed in ``docs/glossary.md``."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Nature(StrEnum):
    """What sort of thing an item is: work to be done, a release that work goes into, what a customer said, or a comment upon work."""

    WORK = "work"
    RELEASE = "release"
    FEEDBACK = "feedback"
    COMMENT = "comment"


class Kind(StrEnum):
    """What an item is, in the product manager's words."""

    INITIATIVE = "initiative"
    EPIC = "epic"
    FEATURE = "feature"
    IMPROVEMENT = "improvement"
    BUG = "bug"
    PROBLEM = "problem"
    IDEA = "idea"
    EXPERIMENT = "experiment"
    DEBT = "debt"
    TASK = "task"
    RELEASE = "release"
    FEEDBACK = "feedback"
    COMMENT = "comment"

    @property
    def nature(self) -> Nature:
        """The sort of thing; items of different nature are never one and the same."""
        return _NATURES.get(self, Nature.WORK)


_NATURES = {Kind.RELEASE: Nature.RELEASE, Kind.FEEDBACK: Nature.FEEDBACK, Kind.COMMENT: Nature.COMMENT}


class StatusCategory(StrEnum):
    """The coarse state every tracker can tell apart."""

    TODO = "todo"
    DOING = "doing"
    DONE = "done"


class Status(StrEnum):
    """The fine state of an item. ``done`` (merged, closed) is not ``released`` (in the customer's hands)."""

    INBOX = "inbox"
    BACKLOG = "backlog"
    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    IN_REVIEW = "in_review"
    DONE = "done"
    RELEASED = "released"
    DECLINED = "declined"
    DUPLICATE = "duplicate"

    @property
    def category(self) -> StatusCategory:
        """The coarse state this status belongs to."""
        return _CATEGORIES[self]


_CATEGORIES = {
    Status.INBOX: StatusCategory.TODO,
    Status.BACKLOG: StatusCategory.TODO,
    Status.PLANNED: StatusCategory.TODO,
    Status.IN_PROGRESS: StatusCategory.DOING,
    Status.IN_REVIEW: StatusCategory.DOING,
    Status.DONE: StatusCategory.DONE,
    Status.RELEASED: StatusCategory.DONE,
    Status.DECLINED: StatusCategory.DONE,
    Status.DUPLICATE: StatusCategory.DONE,
}


class Priority(StrEnum):
    """How much an item matters. Absence is the empty value, never ``medium``."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    MINOR = "minor"

    @property
    def rank(self) -> int:
        """0 for critical to 4 for minor; maps between scales must be monotone in it."""
        return list(Priority).index(self)


class Direction(StrEnum):
    """Which way a field flows between the hub and one system."""

    PULL = "pull"
    PUSH = "push"
    BOTH = "both"
    INIT = "init"
    OFF = "off"

    @property
    def ingests(self) -> bool:
        """Whether edits made in the system reach the hub."""
        return self in (Direction.PULL, Direction.BOTH)

    @property
    def emits(self) -> bool:
        """Whether hub changes are written to an existing record of the system."""
        return self in (Direction.PUSH, Direction.BOTH)

    @property
    def seeds(self) -> bool:
        """Whether the field is written once, when pmsync creates the record."""
        return self in (Direction.PUSH, Direction.BOTH, Direction.INIT)


class Audience(IntEnum):
    """Who can read a place. A text may move to a narrower audience, never to a wider one."""

    PRIVATE = 0
    INTERNAL = 1
    PUBLIC = 2


class Role(StrEnum):
    """What a record is to its item: ``primary`` and ``mirror`` bind once per scope, the others freely."""

    PRIMARY = "primary"
    MIRROR = "mirror"
    EVIDENCE = "evidence"
    VIEW = "view"
