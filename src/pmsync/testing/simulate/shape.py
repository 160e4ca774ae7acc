"""What a seed draws: the systems of a world, what may befall it, and how busy its people are. Each matter has a random stream of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random

from pmsync.testing.faults import FaultKind

CRASH, POWER = "crash", "power"
"""Besides ``FaultKind``: the process dies; the power goes, and with it what was committed after the last durable commit."""

TRAIL, TEAR = "trail", "tear"
"""Listings trail behind direct reads; their pages are cut short at random."""

SKEW, STEP, DISK, RIVALS = "skew", "step", "disk", "rivals"
"""Our host's clock is off, or is set while we run; commits fail, or succeed and are said to have failed; two processes run at once."""

RESTORE, COPY, RECONFIGURE, PAUSE, UNDO, TIES = "restore", "copy", "reconfigure", "pause", "undo", "ties"
"""What the operator may do besides: put back an old backup, run a copy of the store, change the config, pause a system, undo a run, link and
unlink."""

HOOKS, HOOK_SECRET = "hooks", "what signs a simulation's webhooks"
"""Systems send webhooks."""

AUDIENCES, FEUD = "audiences", "feud"
"""Some containers are public, and people restrict records; two automations want different things of one field."""

CAREFUL, PROTECT = "careful", "protect"
"""The config says ``start: careful``; it protects a container: what is in there is read and never written."""

BUSY, OWNERS, REACTING = "busy", "owners", "reacting"
"""What else a world may have, by the names under which it is left out: moves in the midst of rounds, owners of fields, automations."""

KINDS: tuple[str, ...] = (
    *FaultKind,
    *(CRASH, POWER, TRAIL, TEAR, SKEW, STEP, DISK, RIVALS, AUDIENCES, FEUD, HOOKS),
    *(RESTORE, COPY, RECONFIGURE, PAUSE, UNDO, TIES, CAREFUL, PROTECT),
)
"""Everything that may befall a world."""

OFTEN: Mapping[str, float] = {UNDO: 0.5}
"""Kinds that are drawn less often than others: they cost much, and a world needs none of them to count."""

LEAST_SYSTEMS, LEAST_ITEMS, LEAST_EDITS, LEAST_FAULTS = 3, 5, 20, 3
"""A world that has less of any of these does not count. Every one has as many kinds of fault on the way as faults must strike in it."""

MOVES = 22
"""How many moves people make between the rounds of a world, all rounds together: as many as it needs to count, and hardly more."""

LAG = 700.0
"""Seconds after which every listing shows what there was, however far it trails."""

PERSONALITIES = (
    "keyed",
    "listed",
    "lagging",
    "unmarked",
    "keyed-rich",
    "listed-rich",
    "lagging-rich",
    "unmarked-rich",
    "renaming",
)
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
        muted: what is left out to make a failing case smaller: strikes (``github:2.17``, ``crash:3.230``), moves (``act:12``), rounds (``round:3``),
            whole kinds (``trail``), and ``BUSY``, ``OWNERS``, ``REACTING``.
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

    @property
    def public(self) -> frozenset[str]:
        """Systems whose containers everybody can read."""
        if AUDIENCES not in self.kinds:
            return frozenset()
        return frozenset({stream(self.seed, "audiences").choice(self.systems).name})

    @property
    def protected(self) -> tuple[str, str] | None:
        """The system and key of a container that the config protects: nothing is ever mirrored into it, so that only edits are kept out."""
        places = [(system.name, key) for system in self.systems for key in system.containers[1:]]
        return stream(self.seed, "protect").choice(places) if PROTECT in self.kinds and places else None

    @property
    def blind(self) -> frozenset[str]:
        """Systems with neither history nor compare-and-set: nobody can tell what happened there between a look and a write."""
        return frozenset(one.name for one in self.systems if one.kind == "memory" and "-rich" not in one.knobs["personality"])


def stream(seed: int, name: str) -> Random:
    """A random stream of its own for ``name``: drawing more from one never shifts another."""
    return Random(f"{seed}/{name}")  # noqa: S311 - reproducible, not secret


def draw(seed: int, muted: frozenset[str] = frozenset()) -> Shape:
    """The world of ``seed``."""
    chance = stream(seed, "shape")
    systems = tuple(_systems(chance))
    owners = {}
    if chance.random() < 0.4:
        owners = {name: chance.choice(systems).name for name in ("title", "status", "priority") if chance.random() < 0.6}
    rounds = chance.choice((2, 2, 2, 3, 4))
    shape = Shape(
        seed=seed,
        systems=systems,
        items=LEAST_ITEMS,
        rounds=rounds,
        edits=-(-MOVES // rounds),
        kinds=_kinds(seed),
        rate=chance.choice((0.06, 0.12, 0.22)),
        crash_rate=chance.choice((0.003, 0.006, 0.011)),
        busy=chance.choice((0.0, 0.01, 0.04)),
        owners=owners,
        reacting=chance.random() < 0.3,
        muted=muted,
    )
    return replace(
        shape,
        items=shape.items + (AUDIENCES in shape.kinds),  # what is restricted is linked nowhere
        kinds=shape.kinds - muted,
        busy=0.0 if BUSY in muted else shape.busy,
        owners={} if OWNERS in muted else shape.owners,
        reacting=shape.reacting and REACTING not in muted,
    )


def _kinds(seed: int) -> frozenset[str]:
    """A swarm: each kind is in or out, by a stream of its own, so that a kind more shifts no other. At least three are faults on the way."""
    swarm = stream(seed, "kinds")
    share = swarm.choice((0.25, 0.5, 0.75))
    drawn = {kind for kind in KINDS if stream(seed, f"kinds/{kind}").random() < share * OFTEN.get(kind, 1.0)}
    lacking = [kind for kind in FaultKind if kind not in drawn]
    while len(drawn & set(FaultKind)) < LEAST_FAULTS:
        drawn.add(lacking.pop(swarm.randrange(len(lacking))))
    return frozenset(drawn)


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
