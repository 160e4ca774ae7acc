"""What came of one seed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from pmsync.testing.simulate import claims
from pmsync.testing.simulate.cells import STRIKES
from pmsync.testing.simulate.judge import Finding, Judge
from pmsync.testing.simulate.shape import LEAST_EDITS, LEAST_FAULTS, LEAST_ITEMS, LEAST_SYSTEMS, UNDO, draw
from pmsync.testing.simulate.undoing import undo
from pmsync.testing.simulate.world import World

MUST_BE_ZERO = {
    "lost": ("lost",),
    "duplicated": ("duplicated", "orphaned", "mixed", "resurrected"),
    "looped": ("looped",),
    "widened": ("widened",),
    "unconverged": ("unconverged", "unobserved", "restless", "again", "not_undone", "raised", "bug"),
    "unlicensed": ("no_intent", "unplanned", "fencing", "forged"),
    "needless_conflicts": ("needless", "unaccounted", "stuck"),
    "undetermined": ("undetermined",),
}
"""Field of the final line to the invariants counted in it."""

INVARIANTS = tuple(name for names in MUST_BE_ZERO.values() for name in names)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One world: figures, findings, and the hash over everything that happened in it.

    ``counts``: enough happened in it. ``kinds``: the faults that struck, and those that lay over all of it. ``seconds`` on the clock on the
    wall, ``cpu`` of them on a processor.
    """

    seed: int
    counts: bool
    trace: str
    findings: tuple[Finding, ...]
    kinds: frozenset[str]
    cells: Mapping[tuple[str, str], int]
    faults: int
    crashes: int
    edits: int
    writes: int
    pairs: int
    agreed: int
    seconds: float = 0.0
    cpu: float = 0.0


def run(seed: int, muted: frozenset[str] = frozenset(), tell: Callable[[str], None] = lambda line: None) -> Outcome:
    """Play the world of ``seed`` and judge it; ``tell`` hears the story line by line."""
    began, busy = time.perf_counter(), time.process_time()
    outcome = play(World(draw(seed, muted), tell))
    return replace(outcome, seconds=time.perf_counter() - began, cpu=time.process_time() - busy)


def run_twice(seed: int) -> Outcome:
    """As ``run``, and again: the second time everything must happen as it did the first time."""
    first, again = run(seed), run(seed)
    if (first.trace, first.findings) == (again.trace, again.findings):
        return first
    finding = Finding("undetermined", f"played again, it went another way: {again.trace[:8]} instead of {first.trace[:8]}")
    return replace(first, findings=(*first.findings, finding))


def play(world: World) -> Outcome:
    """Play a world and judge it: at rest, which a round shows that wrote nothing; and again after a restart and one round more."""
    shape = world.shape
    world.play()
    found = [] if world.come_to_rest() else [Finding("restless", f"still moving after many rounds (seed {shape.seed})")]
    judge = _judge(world)
    found += judge.findings()
    world.restart()
    found += _again(world, "one more round")
    after = _judge(world).findings()
    found += [finding for finding in after if finding not in found]
    if UNDO in shape.kinds:
        found += [Finding("not_undone", text) for text in undo(world)]
    found += [Finding(invariant, text) for invariant, text in world.violations]
    pairs, agreed = judge.agreed()
    edits = world.edits()
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
        kinds=frozenset(kind for kind, _ in world.record.cells) | (shape.kinds - set(STRIKES)),
        cells=dict(world.record.cells),
        faults=len(world.record.struck),
        crashes=world.crashes,
        edits=edits,
        writes=world.writes,
        pairs=pairs,
        agreed=agreed,
    )


def _judge(world: World) -> Judge:
    return Judge(world.shape, world.grounds, world.truth, claims.read(world.machine.peek()), world.circumstances)


def _again(world: World, what: str) -> list[Finding]:
    written = world.once_more()
    return [Finding("again", f"{what} still wrote {written} times (seed {world.shape.seed})")] if written else []
