"""Crash at every boundary, and at every pair of them: whenever the process dies, its successors come to the same end.

A process that dies between two boundaries leaves what it would have left at the second of them, for in between nothing lasting happens. Of
the boundaries, those before which nothing lasting happened since the last one leave the same bytes on the disk and the same records in
the trackers; they are one *step*, tried once. What a step leaves is caught while the process runs, so that a crash there is a thaw.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pmsync.engine.engine import Report
from pmsync.testing.enumerate.rig import Rig
from pmsync.testing.enumerate.values import PAUSE, Boundary, Crash, Layout, Moment

AGAIN = 6
"""How often a plan is applied until all of it is done."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """``before`` makes the world as the process finds it, ``layout`` says how its trackers are set up, ``pause`` passes between rounds at rest.

    What dies is a round; where the scenario is ``reviewed``, it is the apply of a plan that was made and saved before.
    """

    before: Callable[[Rig], None]
    layout: Layout
    pause: float = PAUSE
    reviewed: bool = False


class Steps:
    """Told of every boundary of a run, it keeps what each step of it would leave on dying there; the first is the world as it was before.

    ``at`` is the step of each boundary. With ``power`` it keeps all that may be left by a power cut there: each of the commits since the
    last durable one may be lost, if those after it are.
    """

    def __init__(self, rig: Rig, *, power: bool = False) -> None:
        self.left: list[Moment] = []
        self.at: list[int] = []
        self._rig, self._power = rig, power
        self._known: set[tuple[int, int, int]] = set()
        rig.store.keep()

    def __call__(self, boundary: Boundary) -> None:
        """One boundary."""
        rig = self._rig
        kept = rig.store.kept if self._power else rig.store.kept[-1:]
        for back, image in enumerate(reversed(kept)):
            place = rig.store.commits - back, len(rig.changes), rig.writes
            if place not in self._known:
                self._known.add(place)
                self.left.append(rig.freeze(image))
        self.at.append(len(self.left) - 1)


class Strike:
    """Counts boundaries, and kills the process at one of them."""

    def __init__(self, at: int = 0) -> None:
        self.passed, self._at = 0, at

    def __call__(self, boundary: Boundary) -> None:
        """Pass one boundary, or die."""
        self.passed += 1
        if self.passed == self._at:
            raise Crash


class Crashes:
    """One scenario, run once to its end: ``steps`` and ``end`` are of that."""

    def __init__(self, scenario: Scenario) -> None:
        self.rig, self._scenario = Rig(scenario.layout), scenario
        scenario.before(self.rig)
        self.rig.clock.sleep(PAUSE)
        self._plan = self.rig.plan() if scenario.reviewed else None
        self.start = self.rig.freeze()
        self.rig.thaw(self.start)
        self.steps = self._steps(self._run)
        self.end = self._finish()

    def singles(self) -> Iterator[tuple[str, object]]:
        """Die once, at every step; what each came to."""
        for number, left in enumerate(self.steps.left):
            self._revive(left)
            yield f"step {number}", self._finish()

    def pairs(self) -> Iterator[tuple[str, object]]:
        """Die, and die again on the way to rest, at every pair of steps; what each came to."""
        for first, left in enumerate(self.steps.left):
            self._revive(left)
            for second, again in enumerate(self._steps(self._finish).left):
                self._revive(again)
                yield f"steps {first} and {second}", self._finish()

    def unlike(self) -> list[int]:
        """The boundaries at which really dying leaves anything else than the step that stands for them: there should be none."""
        found = []
        for number, step in enumerate(self.steps.at, start=1):
            self.rig.thaw(self.start)
            self.rig.on_boundary = Strike(number)
            try:
                self._run()
                found.append(number)
            except Crash:
                left = self.rig.freeze()
                if self._bytes(left) != self._bytes(self.steps.left[step]):
                    found.append(number)
        return found

    def power(self) -> tuple[int, int]:
        """How many worlds a power cut may leave, and how many of them no crash would leave."""
        self.rig.thaw(self.start)
        cut = Steps(self.rig, power=True)
        self._watched(cut, self._run)
        crashed, left = ({self._bytes(moment) for moment in moments} for moments in (self.steps.left, cut.left))
        return len(left), len(left - crashed)

    def _bytes(self, moment: Moment) -> tuple[bytes, str]:
        return moment.image, repr(self.rig.desks(moment))

    def _steps(self, run: Callable[[], object]) -> Steps:
        steps = Steps(self.rig)
        self._watched(steps, run)
        return steps

    def _watched(self, watch: Callable[[Boundary], None], run: Callable[[], object]) -> None:
        self.rig.on_boundary = watch
        run()
        self.rig.on_boundary = lambda boundary: None

    def _run(self) -> Report:
        return self.rig.sync() if self._plan is None else self.rig.apply(self._plan)

    def _revive(self, left: Moment) -> None:
        self.rig.thaw(left)
        self.rig.restart()

    def _finish(self) -> object:
        """Go on until everything rests: with a plan, apply it again until all of it is done."""
        for _ in range(AGAIN if self._plan is not None else 0):
            if self._run().exit_code == 0:
                break
            self.rig.clock.sleep(PAUSE)
        self.rig.rest(self._scenario.pause)
        return self.rig.outcome()
