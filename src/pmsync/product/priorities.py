"""The words of deciding priorities: who contends, what is remembered, the policy, and a ruling with its ten steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from pmsync.model.enums import Kind, Priority, Status
from pmsync.model.roadmap import Floor, Pin
from pmsync.product.bands import SHARES, Memory, Stability
from pmsync.product.evidence import Outcome
from pmsync.product.gates import Cap
from pmsync.product.profiles import Profile

DAY = 86_400.0
GROUPS: Mapping[Kind, str] = {Kind.BUG: "bugs", Kind.PROBLEM: "bugs", Kind.INITIATIVE: "initiatives"}
"""The kind groups that are ranked apart; every other kind is ``work``."""


@dataclass(frozen=True, slots=True)
class HumanEdit:
    """A priority that a person set in a tracker: to what (None: cleared), when (Unix seconds), who and where."""

    priority: Priority | None
    at: float
    who: str
    where: str


@dataclass(frozen=True, slots=True)
class Showing:
    """One place where an item's priority shows.

    Attributes:
        place: for people: ``jira PAY-101 priority``.
        shows: what stands there now; "" for nothing.
        scale: what the place shows for each priority; a priority that is not in it cannot be shown there.
    """

    place: str
    shows: str
    scale: Mapping[Priority, str]


@dataclass(frozen=True, slots=True)
class Contender:
    """An item whose priority is to be decided.

    Attributes:
        key: unique over all product lines, ``line/key``.
        line: the product line.
        group: the kind group within which it is ranked.
        score: of this run; None counts as unscored with nothing known.
        profile: what the score was made by; None where there is no score.
        before: the priority that the hub holds now; None for unset.
        status: where the work on it is.
        floor: the lowest priority it may have.
        cap: the highest that its score may give it.
        pin: a priority that a person fixed in the file.
        needs: keys of the contenders that have to be done before it.
        ships: when its release is due.
        shipped: its release is out.
        edit: the last edit of its priority by a person in a tracker.
        showings: where its priority shows.
    """

    key: str
    line: str
    group: str
    score: Outcome | None = None
    profile: Profile | None = None
    before: Priority | None = None
    status: Status = Status.BACKLOG
    floor: Floor | None = None
    cap: Cap | None = None
    pin: Pin | None = None
    needs: frozenset[str] = frozenset()
    ships: date | None = None
    shipped: bool = False
    edit: HumanEdit | None = None
    showings: tuple[Showing, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """How priorities follow from scores.

    Attributes:
        shares: of critical, high, medium, low and minor in a ranking; they sum to 1.
        least: the smallest population that is cut by rank alone.
        stability: what keeps bands from flapping.
        freeze: nothing moves in a release's last days, seconds.
        respect_human: for how long a person's edit in a tracker stands, seconds.
        max_changes: the most priorities that one run may change: the larger of a count
        max_share: and a share of all contenders.
        forget: for how long an item is remembered that no run has, seconds.
    """

    shares: tuple[float, float, float, float, float] = SHARES
    least: int = 20
    stability: Stability = field(default_factory=Stability)
    freeze: float = 3 * DAY
    respect_human: float = 14 * DAY
    max_changes: int = 10
    max_share: float = 0.05
    forget: float = 90 * DAY

    def limit(self, contenders: int) -> int:
        """The change budget of one run."""
        return max(self.max_changes, int(self.max_share * contenders))


class StepName(StrEnum):
    """The ten steps, in their order."""

    SCORE = "score"
    PERCENTILE = "percentile"
    BAND = "band"
    HYSTERESIS = "hysteresis"
    FLOOR = "floors"
    PIN = "pin"
    FREEZE = "freeze"
    HUMAN = "human edit"
    BUDGET = "budget"
    PROJECTION = "projection"


class Source(StrEnum):
    """What a priority came from in the end."""

    NOTHING = "nothing"
    SCORE = "score"
    CAP = "cap"
    FLOOR = "floor"
    INHERITED = "inherited"
    PIN = "pin"
    FROZEN = "frozen"
    HUMAN = "human edit"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the priority after it (None: unset), a sentence for a person, and its numbers."""

    name: StepName
    priority: Priority | None
    said: str
    numbers: Mapping[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Notch:
    """What one input, moved by one notch, would do: the input, its number now and then, the score, rank and band that would follow."""

    name: str
    number: float
    to: float
    score: float
    rank: int
    band: Priority


@dataclass(frozen=True, slots=True)
class RankRange:
    """How far a rank can be trusted: the best and the worst of ``of`` that one notch in one input makes of ``rank``."""

    rank: int
    best: int
    worst: int
    of: int
    soft: bool
    """A notch in one of the inputs would put the item in another band."""
    notches: tuple[Notch, ...] = ()


@dataclass(frozen=True, slots=True)
class Write:
    """One place whose showing has to change."""

    place: str
    shows: str
    to: str


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was decided about one item.

    Attributes:
        key: the item.
        before: what the hub held.
        priority: what it shall hold.
        wanted: what it would hold if the budget did not stop the run.
        source: what ``wanted`` came from; ``held`` where the budget stopped it.
        steps: all ten, in order.
        override: a person's edit in a tracker stands against what was decided.
        reach: how far the rank can be trusted; None where there is none.
        writes: where a showing has to change.
        unshown: places that cannot show the priority.
        warning: what a person should settle: a pin against a floor.
    """

    key: str
    before: Priority | None
    priority: Priority | None
    wanted: Priority | None
    source: Source
    steps: tuple[Step, ...]
    override: bool = False
    reach: RankRange | None = None
    writes: tuple[Write, ...] = ()
    unshown: tuple[str, ...] = ()
    warning: str = ""

    @property
    def changed(self) -> bool:
        """Whether the hub's value moves."""
        return self.priority is not self.before


@dataclass(frozen=True, slots=True)
class Lifted:
    """An unscored item's own priority, and the one that a floor, a pin or an heir gave it: when that goes, so does the lift."""

    own: Priority | None
    to: Priority | None


@dataclass(frozen=True, slots=True)
class State:
    """What one run hands to the next: by item, what is remembered of its score, and what unscored items were lifted to."""

    items: Mapping[str, Memory] = field(default_factory=dict)
    lifted: Mapping[str, Lifted] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decided:
    """What a run decided: the new state, a ruling for every contender in the order of keys, and the budget.

    Attributes:
        asked: how many changes were wanted.
        limit: how many a run may make.
        held: more were wanted than that, so that none was made; a person approves them.
    """

    state: State
    rulings: tuple[Ruling, ...]
    asked: int
    limit: int
    held: bool

    def ruling(self, key: str) -> Ruling:
        """The ruling on one item.

        Raises:
            KeyError: there was no such contender.
        """
        for ruling in self.rulings:
            if ruling.key == key:
                return ruling
        raise KeyError(key)
