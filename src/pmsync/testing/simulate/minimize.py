"""A failing world made as small as it gets: faults, moves and rounds are left out until what is wrong would be gone with any one more.

Everything that can be left out has a name: a strike (``github:2.17`` in the second round, ``crash:3.230``), a move of somebody
(``act:12``), a round of ours (``round:3``), a kind of trouble that lies over the whole world (``trail``, ``rivals``), and what makes it
busy (``busy``, ``reacting``, ``owners``).
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pmsync.testing.simulate.case import Finding
from pmsync.testing.simulate.cells import STRIKES
from pmsync.testing.simulate.outcome import Outcome, play, run
from pmsync.testing.simulate.shape import BUSY, OWNERS, REACTING, draw
from pmsync.testing.simulate.world import World

_FIELDS = ("title", "body", "status", "priority", "labels")


@dataclass(frozen=True, slots=True)
class Small:
    """A world in which nothing more can be left out.

    Attributes:
        seed: whose world it is.
        muted: what is left out of it.
        kept: what is not, each of which is needed.
        finding: what is wrong in it.
        worlds: how many were played on the way.
    """

    seed: int
    muted: frozenset[str]
    kept: tuple[str, ...]
    finding: Finding
    worlds: int

    def test(self) -> str:
        """A test that holds it fast, as ``tests/simulate/test_simulator_findings.py`` has them."""
        names = ", ".join(f'"{name}"' for name in sorted(self.muted, key=_place))
        muted = textwrap.fill(names, 120, initial_indent=" " * 12, subsequent_indent=" " * 12)
        return "\n".join(
            (
                f"def test_seed_{self.seed}_shows_nothing_{self.finding.invariant}():",
                f'    """Simulator seed {self.seed}: {self.finding.text}."""'.replace("\\", "\\\\"),
                "    muted = frozenset(",
                "        {",
                f"{muted},",
                "        }",
                "    )",
                f"    assert not run({self.seed}, muted).findings",
            )
        )


def minimize(
    seed: int, muted: frozenset[str] = frozenset(), invariant: str = "", say: Callable[[str], None] = lambda line: None
) -> Small | None:
    """Make the world of ``seed`` small. ``invariant``: which of its findings to keep; else the first that no known fault explains, or the first.

    ``say`` hears how far it is. None when there is nothing wrong in that world.
    """
    search = _Search(seed, muted)
    found = [one for one in search.outcome.findings if invariant in ("", one.invariant)]
    if not found:
        return None
    search.like = next((one for one in found if not one.cause), found[0])
    size = len(search.names())
    while size:
        names = search.names()
        say(f"{len(names)} faults and moves are left, {search.worlds} worlds played")
        dropped = search.drop(names, size)
        size = size // 2 if size > 1 else int(dropped)
    kept, finding = search.names(), search.finding()
    assert finding is not None  # the last world that was kept shows it
    return Small(seed, search.muted, tuple(kept), finding, search.worlds)


def story(small: Small, tell: Callable[[str], None]) -> None:
    """Tell what happens in the small world."""
    run(small.seed, small.muted, tell)


class _Search:
    """The smallest failing world so far."""

    def __init__(self, seed: int, muted: frozenset[str]) -> None:
        self.seed, self.muted = seed, muted
        self.worlds = 0
        self.like: Finding | None = None
        self.world, self.outcome = self._played(muted)

    def names(self) -> list[str]:
        """What can still be left out; what lies over everything first."""
        shape = self.world.shape
        overall = [*sorted(shape.kinds - set(STRIKES))]
        overall += [name for name, there in ((BUSY, shape.busy), (REACTING, shape.reacting), (OWNERS, shape.owners)) if there]
        rounds = [f"round:{number}" for number in range(1, shape.rounds + 1)]
        strikes = dict.fromkeys(strike.partition(" ")[0] for strike in self.world.record.struck)
        moves = [f"act:{number}" for number in range(self.world.people.moves, 0, -1)]
        return [name for name in (*overall, *rounds, *strikes, *moves) if name not in self.muted]

    def drop(self, names: Sequence[str], size: int) -> bool:
        """Leave out ``size`` names at a time where what is wrong stays; whether anything was left out."""
        dropped = False
        for start in range(0, len(names), size):
            muted = self.muted | set(names[start : start + size])
            world, outcome = self._played(muted)
            if self._alike(outcome) is not None:
                self.muted, self.world, self.outcome = muted, world, outcome
                dropped = True
        return dropped

    def finding(self) -> Finding | None:
        """What is wrong in the smallest world so far."""
        return self._alike(self.outcome)

    def _alike(self, outcome: Outcome) -> Finding | None:
        return next((one for one in outcome.findings if self.like is not None and _kind(one) == _kind(self.like)), None)

    def _played(self, muted: frozenset[str]) -> tuple[World, Outcome]:
        self.worlds += 1
        world = World(draw(self.seed, muted))
        return world, play(world)


def _kind(finding: Finding) -> tuple[str, str, tuple[str, ...]]:
    """What must be the same in a smaller world: the rule, the fault that explains it, and the fields it speaks of."""
    words = set(finding.text.replace(",", " ").split())
    return finding.invariant, finding.cause, tuple(name for name in _FIELDS if name in words)


def _place(name: str) -> tuple[str, list[int]]:
    kind, _, numbers = name.partition(":")
    return kind, [int(number) for number in numbers.split(".") if number]


def lines(small: Small) -> Iterable[str]:
    """What to tell of it besides its story."""
    yield f"seed {small.seed}: {small.finding.invariant}: {small.finding.text}"
    yield f"what it takes ({small.worlds} worlds played): {', '.join(small.kept) or 'nothing but the records there are'}"
    yield f"left out: {' '.join(f'--mute {name}' for name in sorted(small.muted, key=_place))}"
    yield ""
    yield small.test()
