"""What an audience may know of roadmaps. Whatever is drawn is drawn from a view, so that nothing else can leak into a picture."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pmsync.model.enums import Audience, Priority, StatusCategory
from pmsync.model.periods import Period


class Column(StrEnum):
    """Where a card lies on the board."""

    NOW = "Now"
    NEXT = "Next"
    LATER = "Later"
    EXPLORING = "Exploring"
    SHIPPED = "Shipped"
    NOT_PLANNED = "Not planned"
    UNSORTED = "Not sorted yet"


class Detail(StrEnum):
    """What a view may show; a whitelist is a set of these. Public text is shown to everybody."""

    LINE = "line"
    VISION = "vision"
    SEGMENTS = "segments"
    PRICING = "pricing"
    OBJECTIVES = "objectives"
    RELEASES = "releases"
    TITLE = "title"
    KEY = "key"
    KIND = "kind"
    WHEN = "when"
    STATUS = "status"
    PROGRESS = "progress"
    PRIORITY = "priority"
    SCORE = "score"
    OWNER = "owner"
    NEEDS = "needs"
    LINKS = "links"
    DECISION = "decision"
    DESCRIPTION = "description"


@dataclass(frozen=True, slots=True)
class Card:
    """One item as its audience sees it; what it may not see is empty.

    Attributes:
        title: its title, or its public text.
        column: where it lies.
        status: the state in words, coarse for outsiders.
        progress: 0 to 1; None where it is not shown.
        counted: ``3 of 5``; "" where it is not shown.
        waits: what it waits for, by the titles that the audience knows.
        decision: what was decided, in words.
    """

    title: str
    column: Column
    key: str = ""
    kind: str = ""
    objective: str = ""
    release: str = ""
    when: Period | None = None
    status: str = ""
    category: StatusCategory = StatusCategory.TODO
    progress: float | None = None
    counted: str = ""
    priority: Priority | None = None
    score: float | None = None
    owner: str = ""
    blocked: bool = False
    waits: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    decision: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class ReleaseCard:
    """A release as its audience sees it."""

    name: str
    ship: Period | None
    shipped: bool
    text: str = ""


@dataclass(frozen=True, slots=True)
class Aim:
    """An objective, with its key results as sentences and how far each is, 0 to 1 (None: not known)."""

    title: str
    by: str = ""
    results: tuple[tuple[str, float | None], ...] = ()


@dataclass(frozen=True, slots=True)
class LineView:
    """A product line."""

    name: str
    vision: str = ""
    segments: tuple[str, ...] = ()
    pricing: str = ""
    aims: tuple[Aim, ...] = ()
    releases: tuple[ReleaseCard, ...] = ()
    cards: tuple[Card, ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """Everything that is drawn."""

    title: str
    audience: Audience
    today: date
    lines: tuple[LineView, ...]
