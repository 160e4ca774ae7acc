"""What came of one seed, and of many."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pmsync.testing.simulate import claims
from pmsync.testing.simulate.judge import Finding, Judge
from pmsync.testing.simulate.mishaps import PHASES
from pmsync.testing.simulate.shape import draw
from pmsync.testing.simulate.world import World

LEAST_SYSTEMS, LEAST_ITEMS, LEAST_EDITS, LEAST_FAULTS = 3, 5, 20, 3
"""A world that has less of any of these does not count."""

MUST_BE_ZERO = {
    "lost": ("lost",),
    "duplicated": ("duplicated", "orphaned", "mixed"),
    "looped": ("looped",),
    "unconverged": ("unconverged", "restless", "again", "raised", "bug", "no_intent"),
    "needless_conflicts": ("needless",),
}
"""Field of the final line to the invariants counted in it."""

INVARIANTS = tuple(name for names in MUST_BE_ZERO.values() for name in names)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One world: figures, findings, and the hash over everything that happened in it."""

    seed: int
    counts: bool
    trace: str
    findings: tuple[Finding, ...]
    cells: Mapping[tuple[str, str], int]
    faults: int
    crashes: int
    edits: int
    writes: int
    pairs: int
    agreed: int
    seconds: float


def run(seed: int, muted: frozenset[str] = frozenset(), tell: Callable[[str], None] = lambda line: None) -> Outcome:
    """Play the world of ``seed`` and judge it; ``tell`` hears the story line by line."""
    began = time.perf_counter()
    return play(World(draw(seed, muted), tell), began)


def play(world: World, began: float) -> Outcome:
    """Play a world and judge it: at rest, after one round more, and after a restart."""
    shape = world.shape
    world.play()
    found = [] if world.come_to_rest() else [Finding("restless", f"still moving after many rounds (seed {shape.seed})")]
    judge = _judge(world)
    found += judge.findings()
    found += _again(world, "one more round")
    world.restart()
    found += _again(world, "a round after a restart")
    after = _judge(world).findings()
    found += [finding for finding in after if finding not in found]
    found += [Finding(invariant, text) for invariant, text in world.violations]
    pairs, agreed = judge.agreed()
    edits = sum(1 for act in world.truth.acts if not act.robot and not act.first and act.verb != "create")
    enough = (
        len(shape.systems) >= LEAST_SYSTEMS
        and judge.linked() >= LEAST_ITEMS
        and edits >= LEAST_EDITS
        and len(world.record.struck) >= LEAST_FAULTS
    )
    return Outcome(
        seed=shape.seed,
        counts=enough,
        trace=world.trace.hexdigest(),
        findings=tuple(found),
        cells=dict(world.record.cells),
        faults=len(world.record.struck),
        crashes=world.crashes,
        edits=edits,
        writes=world.writes,
        pairs=pairs,
        agreed=agreed,
        seconds=time.perf_counter() - began,
    )


def _judge(world: World) -> Judge:
    return Judge(world.shape, world.grounds, world.truth, claims.read(world.machine.peek()), world.circumstances)


def _again(world: World, what: str) -> list[Finding]:
    written = world.once_more()
    return [Finding("again", f"{what} still wrote {written} times (seed {world.shape.seed})")] if written else []


@dataclass(slots=True)
class Sum:
    """Many outcomes added up; worlds that do not count are only counted as such."""

    runs: int = 0
    played: int = 0
    faults: int = 0
    crashes: int = 0
    edits: int = 0
    writes: int = 0
    pairs: int = 0
    agreed: int = 0
    violations: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    cells: Counter[tuple[str, str]] = field(default_factory=Counter)
    traces: set[str] = field(default_factory=set)
    times: list[float] = field(default_factory=list)
    failing: dict[int, list[Finding]] = field(default_factory=dict)

    def add(self, one: Outcome) -> None:
        """Add one world. What is wrong in it counts in any case; its figures only where enough happened."""
        self.played += 1
        self.times.append(one.seconds)
        if one.findings:
            self.failing[one.seed] = list(one.findings)
        for finding in one.findings:
            self.violations[finding.invariant] += 1
            self.known[finding.cause] += bool(finding.cause)
        if not one.counts:
            return
        self.runs += 1
        self.faults += one.faults
        self.crashes += one.crashes
        self.edits += one.edits
        self.writes += one.writes
        self.pairs += one.pairs
        self.agreed += one.agreed
        self.cells.update(one.cells)
        self.traces.add(one.trace)

    @property
    def zeros(self) -> dict[str, int]:
        """The counts that must be 0."""
        return {name: sum(self.violations[one] for one in names) for name, names in MUST_BE_ZERO.items()}

    def missed(self, kinds: tuple[str, ...]) -> list[str]:
        """Cells of (fault, phase) that were never hit."""
        return [f"{kind}/{phase}" for kind in kinds for phase in PHASES if not self.cells[kind, phase]]

    def line(self, kinds: tuple[str, ...], seconds: float) -> dict[str, Any]:
        """The final line. ``played`` counts all worlds, ``runs`` those in which enough happened."""
        return {
            "runs": self.runs,
            "played": self.played,
            "fault_kinds": len({kind for kind, _ in self.cells}),
            "faults_fired": self.faults,
            "crashes": self.crashes,
            "edits": self.edits,
            "writes": self.writes,
            "invariants": len(INVARIANTS),
            **self.zeros,
            "agreed_share": round(self.agreed / self.pairs, 4) if self.pairs else 0.0,
            "cells_missed": len(self.missed(kinds)),
            "distinct_traces": len(self.traces),
            "seconds": round(seconds, 1),
            "median_ms": round(sorted(self.times)[len(self.times) // 2] * 1000) if self.times else 0,
            "known_causes": {cause: count for cause, count in sorted(self.known.items()) if count},
        }
