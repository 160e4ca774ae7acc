"""What an operator does to the store behind the program's back: keeps backups, puts an old one back, lets a copy run elsewhere."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from pmsync.engine.mark import RESTORED

if TYPE_CHECKING:
    from pmsync.testing.simulate.world import World


class Backups:
    """Only where some container keeps a mark can an old or copied store be noticed at all; elsewhere nothing is restored or copied."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._kept: list[tuple[int, bytes]] = []
        self._copy: bytes | None = None
        unmarked = (one.knobs.get("personality", "").startswith("unmarked") for one in world.shape.systems)
        self._noticeable = not any(unmarked)
        self._behind = False

    def keep(self) -> None:
        """Keep a backup of the store as it is, once anything was done with it."""
        if self._world.rounds:
            self._kept.append((len(self._world.truth.acts), self._world.machine.image()))

    def restore(self, chance: Random) -> None:
        """Put one of the backups back; whatever was known since is forgotten."""
        world = self._world
        if self._noticeable and self._kept:
            number = chance.randrange(len(self._kept))
            world.say(f"-- the store is restored from a backup, {len(self._kept) - number} rounds old")
            since, image = self._kept[number]
            self._forget()
            world.circumstances.lapses.append((since, len(world.truth.acts)))
            world.machine.restart(image)
            world.operator.look_for_pauses()

    def read_again(self) -> None:
        """A round came to its end: with it a store that was put back may have read everything again, unless it says that it has not."""
        if self._behind:
            self._world.circumstances.reread = len(self._world.truth.acts)
            with self._world.machine.peek() as tx:
                rows = [tx.scopes.get(scope) for scope in self._world.machine.process.setup.scopes()]
            self._behind = any(row is not None and row.frozen_why == RESTORED for row in rows)

    def _forget(self) -> None:
        self._world.circumstances.remembered = len(self._world.truth.acts)
        self._behind = True

    def run_copy(self) -> None:
        """A copy of the store, made the first time, is worked with for one round, as if it were the store."""
        world, machine = self._world, self._world.machine
        if not self._noticeable or world.rounds < 2:
            return
        ours = machine.image()
        world.circumstances.copied = True
        world.say("-- a copy of the store is at work")
        self._forget()
        machine.restart(self._copy or ours)
        paused = world.operator.paused
        world.operator.look_for_pauses()
        world.operator.attempt(world.operator.sync)
        self._copy = machine.image()
        world.say("-- and now the store itself again")
        self._forget()
        machine.restart(ours)
        world.operator.paused = paused
