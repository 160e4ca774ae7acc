"""How a world comes to rest: rounds, with pauses, until one finds nothing and writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmsync.engine.engine import Report
from pmsync.store.notices import NoticeRow
from pmsync.testing.simulate.machine import BEATS
from pmsync.testing.simulate.shape import LAG
from pmsync.testing.simulate.truth import ROBOT

if TYPE_CHECKING:
    from pmsync.testing.simulate.world import World

PAUSE = BEATS.sweep + 1.0
"""Seconds between rounds while the world comes to rest: everything that was put off is due by then, so that no round is idle."""

SWEEPS = 2
"""Sweeps until what was deleted or moved away is settled."""

AGAIN = 4
"""How often a refused write is tried before the refusal counts as lasting."""

MOST = 18
"""Rounds after which a world that is still moving counts as never coming to rest."""


class Quiet:
    """The time after the chaos."""

    def __init__(self, world: World) -> None:
        self._world = world

    def come_to_rest(self) -> bool:
        """False when the world never does.

        Where something was moved or deleted, the sweep has to come by twice after the chaos; it does so in every round.
        """
        world = self._world
        least = SWEEPS if any(act.verb in ("move", "delete") for act in world.truth.acts) else 1
        world.clock.sleep(max(LAG, PAUSE) + world.machine.host.behind)
        for number in range(1, MOST + 1):
            self._settle()
            before = world.marks()
            report = world.operator.round_in_peace()
            moving = (
                report is None
                or report.tally.of("pulled")
                or report.tally.of("later")
                or before != world.marks()
                or self._unfinished(report)
            )
            if not moving and number >= least:
                return True
            world.clock.sleep(PAUSE)
        return False

    def _settle(self) -> None:
        """Let everything that is under way arrive."""
        for way in self._world.ways.values():
            way.settle()
        self._world.truth.observe(ROBOT)

    def _unfinished(self, report: Report) -> bool:
        """Whether something is still on its way: a failure, a write in doubt that time will settle, a record that is looked for."""
        with self._world.machine.peek() as tx:
            open_ops, notices = tx.ops.open(), tx.notices.open()
        stuck = {notice.subject for notice in notices if notice.code == "in_doubt"}
        if any(row.op.uid not in stuck for row in open_ops) or any(self._passing(notice) for notice in notices):
            return True
        waiting = [text for text, _ in report.tally.failures]
        return bool(waiting) or (report.tally.of("waiting") > len(stuck))

    def _passing(self, notice: NoticeRow) -> bool:
        """A notice of something that is looked at again by itself: a missing record, a refused write that is tried once more."""
        again = notice.code in ("refused", "create_refused") and notice.count < AGAIN
        now = self._world.machine.store.clock.now()
        return notice.code == "missing" or (again and now - notice.last_at < BEATS.catalogue)
