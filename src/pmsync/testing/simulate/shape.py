"""What a seed draws: the systems of a world, what may befall it, and how busy its people are. Each matter has a random stream of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from pmsync.testing.faults import FaultKind

CRASH, POWER = "crash", "power"
"""Besides ``FaultKind``: the process dies; the power goes, and with it what was committed after the last durable commit."""

TRAIL, TEAR = "trail", "tear"
"""Listings trail behind direct reads; their pages are cut short at random."""

KINDS: tuple[str, ...] = (*FaultKind, CRASH, POWER, TRAIL, TEAR)
"""Everything that may befall a world."""

LAG = 700.0
"""Seconds after which every listing shows what there was, however far it trails."""

PERSONALITIES = ("keyed", "listed", "lagging", "unmarked", "keyed-rich", "listed-rich", "lagging-rich", "unmarked-rich")
CASTS: tuple[tuple[str, ...], ...] = (
    ("jira", "github", "memory"),
    ("jira", "github", "memory"),
    ("jira", "memory", "memory"),
    ("github", "memory", "memory"),
    ("memory", "memory", "memory"),
)


@dataclass(frozen=True, slots=True)
class SystemShape:
    """One system: its name, the kind of its connector, what its stage is given besides, its containers, and one that nobody manages."""

    name: str
    kind: str
    knobs: Mapping[str, str]
    containers: tuple[str, ...]
    attic: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A world as drawn.

    Attributes:
        seed: where everything random comes from.
        systems: at least three.
        items: how many things people file before the first round.
        rounds: how many rounds are run in chaos.
        edits: how many moves people make between two rounds.
        kinds: the faults that may happen in this world (a random subset of ``KINDS``).
        rate: how likely a fault befalls a request.
        crash_rate: how likely the process dies at a boundary.
        busy: how likely somebody moves at a boundary in the midst of a round.
        owners: field to the system that breaks its ties.
        reacting: whether automations answer our writes.
        muted: faults and moves left out, by their names (``github:17``, ``crash:230``, ``act:12``), to make a failing case smaller.
    """

    seed: int
    systems: tuple[SystemShape, ...]
    items: int
    rounds: int
    edits: int
    kinds: frozenset[str]
    rate: float
    crash_rate: float
    busy: float
    owners: Mapping[str, str]
    reacting: bool
    muted: frozenset[str] = field(default_factory=frozenset)


def stream(seed: int, name: str) -> Random:
    """A random stream of its own for ``name``: drawing more from one never shifts another."""
    return Random(f"{seed}/{name}")  # noqa: S311 - reproducible, not secret


def draw(seed: int, muted: frozenset[str] = frozenset()) -> Shape:
    """The world of ``seed``."""
    chance = stream(seed, "shape")
    systems = tuple(_systems(chance))
    share = chance.choice((0.25, 0.5, 0.75))
    kinds = frozenset(kind for kind in KINDS if chance.random() < share)
    owners = {}
    if chance.random() < 0.4:
        owners = {name: chance.choice(systems).name for name in ("title", "status", "priority") if chance.random() < 0.6}
    return Shape(
        seed=seed,
        systems=systems,
        items=chance.randint(5, 6),
        rounds=chance.randint(3, 5),
        edits=chance.randint(4, 8),
        kinds=kinds,
        rate=chance.choice((0.03, 0.08, 0.15)),
        crash_rate=chance.choice((0.002, 0.005, 0.01)),
        busy=chance.choice((0.0, 0.01, 0.04)),
        owners=owners,
        reacting=chance.random() < 0.3,
        muted=muted,
    )


def _systems(chance: Random) -> list[SystemShape]:
    found = []
    for number, kind in enumerate(chance.choice(CASTS), 1):
        if kind == "memory":
            name = f"mem{number}"
            knobs = {"name": name, "personality": chance.choice(PERSONALITIES)}
            containers: tuple[str, ...] = (f"M{number}", f"N{number}")
            found.append(SystemShape(name, kind, knobs, containers[: chance.randint(1, 2)], f"ATTIC{number}"))
        elif kind == "jira":
            found.append(SystemShape("jira", kind, {}, ("PAY", "OPS")[: chance.randint(1, 2)], "OLD"))
        else:
            found.append(SystemShape("github", kind, {}, ("acme/api", "acme/web")[: chance.randint(1, 2)], "acme/old"))
    return found
