"""What a product manager plans, as values: a product line's roadmap with its objectives, releases and items. Pure; files are read elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from pmsync.model.enums import Kind, Priority
from pmsync.model.periods import Period


class Horizon(StrEnum):
    """How near an item is. ``not_planned`` is a statement, not the absence of one."""

    NOW = "now"
    NEXT = "next"
    LATER = "later"
    EXPLORING = "exploring"
    NOT_PLANNED = "not_planned"


class Moscow(StrEnum):
    """Whether a release can do without the item."""

    MUST = "must"
    SHOULD = "should"
    COULD = "could"
    WONT = "wont"


class Kano(StrEnum):
    """What having, or missing, the item does to customers."""

    BASIC = "basic"
    PERFORMANCE = "performance"
    DELIGHTER = "delighter"
    INDIFFERENT = "indifferent"
    REVERSE = "reverse"


class Severity(StrEnum):
    """How bad a bug is for those who meet it, S1 worst. It is not the priority, but may set a floor under it."""

    S1 = "S1"
    S2 = "S2"
    S3 = "S3"
    S4 = "S4"


class Verdict(StrEnum):
    """What was decided about an item."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    DEFERRED = "deferred"
    MERGED = "merged"


class Framework(StrEnum):
    """The ways of scoring that take inputs from the file."""

    RICE = "rice"
    ICE = "ice"
    WSJF = "wsjf"
    CD3 = "cd3"
    WEIGHTED = "weighted"
    VALUE = "value"
    OPPORTUNITY = "opportunity"


INPUTS: Mapping[Framework, tuple[str, ...]] = MappingProxyType(
    {
        Framework.RICE: ("reach", "impact", "confidence", "effort"),
        Framework.ICE: ("impact", "confidence", "ease"),
        Framework.WSJF: ("value", "urgency", "risk", "size"),
        Framework.CD3: ("cost_of_delay", "duration"),
        Framework.WEIGHTED: (),
        Framework.VALUE: ("value",),
        Framework.OPPORTUNITY: ("importance", "satisfaction"),
    }
)
"""The inputs that each framework knows; ``weighted`` takes any names, which are its profile's criteria. What an item's score says nothing
of, as the effort under ``value``, is the item's own."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a file, counted from 1; ``str`` is ``file:line:column``."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


NOWHERE = Place("", 0, 0)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a file: where, what, and the remedy. What it is about was left out; the rest holds.

    ``path`` holds the keys that lead to it: ``("items", "pay-sso", "release")``.
    """

    place: Place
    message: str
    remedy: str = ""
    path: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" + (f" ({self.remedy})" if self.remedy else "")


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with what it counts.

    Attributes:
        value: the number as written: 80 for ``80%``, 2.5 for ``2.5pm``.
        unit: ``""``, ``%``, ``points``, ``hours``, ``days``, ``weeks`` or ``months`` (a person's), or a currency as ``EUR``.
        per: ``""``, ``day``, ``week``, ``month``, ``quarter`` or ``year``: what a rate is over.
        text: as it was written.
    """

    value: float
    unit: str = ""
    per: str = ""
    text: str = ""

    @property
    def share(self) -> float:
        """As a part of one: ``80%``, ``80`` and ``0.8`` are the same."""
        return self.value / 100 if self.unit == "%" or self.value > 1 else self.value


@dataclass(frozen=True, slots=True)
class MetricInput:
    """A scoring input that is looked up: the newest point of the metric of that name, in this file's words ``metric:NAME``."""

    metric: str


Input = Amount | MetricInput


@dataclass(frozen=True, slots=True)
class KeyResult:
    """A number that an objective is measured by. ``by`` is when ``target`` is to be reached; values are None where nobody said."""

    key: str
    title: str = ""
    metric: str = ""
    baseline: float | None = None
    target: float | None = None
    current: float | None = None
    by: Period | None = None


@dataclass(frozen=True, slots=True)
class Objective:
    """What a product line wants to achieve. ``weight`` is relative to the other objectives of the line."""

    key: str
    title: str
    weight: float = 1.0
    by: Period | None = None
    results: tuple[KeyResult, ...] = ()
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class PlannedRelease:
    """A release as planned: ``name`` is what joins it with Jira's versions and GitHub's milestones.

    Attributes:
        start: when work on it begins.
        ship: when it is due; the last day of it counts.
        shipped: it is out.
        notes: text for people.
        public: the text that outsiders may read; empty for none.
    """

    key: str
    name: str
    start: Period | None = None
    ship: Period | None = None
    shipped: bool = False
    notes: str = ""
    public: str = ""
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Pin:
    """A priority that somebody fixed: no score moves it. ``until`` is the last day on which it holds; None for ever."""

    priority: Priority
    until: date | None = None
    reason: str = ""

    def holds(self, today: date) -> bool:
        """Whether it still counts on that day."""
        return self.until is None or today <= self.until


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, why, by whom and when. ``into`` is the item that a merged one went into; ``public`` is what outsiders may read."""

    verdict: Verdict
    reason: str = ""
    by: str = ""
    at: date | None = None
    into: str = ""
    public: str = ""
    tell_customers: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of the roadmap, as its file says. What the file does not say is None or empty, and is nobody's statement.

    Attributes:
        key: the item's name in the file; renaming it makes another item of it.
        title: "" where the file leaves it to the linked record; ``name`` always shows something.
        when: the planned time, exactly as finely as it was said.
        release: key of a release of this roadmap.
        objective: key of an objective of this roadmap.
        effort: the whole of it, above 0.
        inputs: by framework, the inputs by name.
        links: records to adopt, as ``system:key`` (``jira:PAY-101``, ``github:acme/api#812``).
        needs: keys of items that have to be done first (this line's, or ``line/key`` of another).
        parent: key of the item that this one is part of.
        create_in: where a record is made of it, as ``system:container``.
        description: text for those who work on it, Markdown.
        public: the only text that a public view shows of it.
        places: by key of the file, where it stands; ``""`` for the item itself.
    """

    key: str
    title: str = ""
    kind: Kind = Kind.FEATURE
    horizon: Horizon | None = None
    when: Period | None = None
    release: str = ""
    objective: str = ""
    moscow: Moscow | None = None
    kano: Kano | None = None
    severity: Severity | None = None
    effort: Amount | None = None
    inputs: Mapping[Framework, Mapping[str, Input]] = field(default_factory=dict)
    labels: frozenset[str] = frozenset()
    owner: str = ""
    links: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    parent: str = ""
    pin: Pin | None = None
    decision: Decision | None = None
    create_in: str = ""
    description: str = ""
    public: str = ""
    places: Mapping[str, Place] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What a person calls it."""
        return self.title or self.key

    def place(self, key: str = "") -> Place:
        """Where ``key`` of this item stands in the file, the item itself where the file does not have it."""
        return self.places.get(key, self.places.get("", NOWHERE))


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a product line can do in a period, in the unit of its items' efforts."""

    period: Period
    amount: Amount


@dataclass(frozen=True, slots=True)
class Roadmap:
    """One product line's file.

    Attributes:
        line: the product line's key: the file's name without its ending.
        product: the product as the config calls it.
        vision: what it is all for, shown on top.
        segments: who it is for.
        pricing: notes on prices.
        weights: criterion to weight of the weighted scorecard; costs are negative.
        shares: kind to the least share (0 to 1) of the capacity that goes to it.
        objectives: by key, in the file's order.
        releases: by key, in the file's order.
        items: by key, in the file's order.
    """

    line: str
    product: str = ""
    vision: str = ""
    segments: tuple[str, ...] = ()
    pricing: str = ""
    weights: Mapping[str, float] = field(default_factory=dict)
    capacity: tuple[Capacity, ...] = ()
    shares: Mapping[Kind, float] = field(default_factory=dict)
    objectives: Mapping[str, Objective] = field(default_factory=dict)
    releases: Mapping[str, PlannedRelease] = field(default_factory=dict)
    items: Mapping[str, Entry] = field(default_factory=dict)
    file: str = ""


_SECURITY = "security"


@dataclass(frozen=True, slots=True)
class Floor:
    """The lowest priority that an item may have, and why."""

    priority: Priority
    why: str


def floor_of(entry: Entry) -> Floor | None:
    """The floor that an item's own data put under its priority; None for none. The highest counts where there are several."""
    floors = []
    if entry.severity is Severity.S1:
        floors.append(Floor(Priority.CRITICAL, "severity S1"))
    if any(label.casefold() == _SECURITY for label in entry.labels):
        floors.append(Floor(Priority.HIGH, f"the label {_SECURITY}"))
    if entry.kano is Kano.BASIC:
        floors.append(Floor(Priority.HIGH, "kano basic"))
    return min(floors, key=lambda floor: floor.priority.rank, default=None)
