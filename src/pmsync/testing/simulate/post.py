"""Webhooks: each change is told to us now, later, twice, out of order, or never; and somebody forges one now and then."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING

from pmsync.connect.errors import AuthFailed
from pmsync.store.errors import StoreError
from pmsync.testing.simulate.shape import HOOK_SECRET
from pmsync.testing.simulate.truth import Act

if TYPE_CHECKING:
    from pmsync.testing.simulate.world import World

LOST, DOUBLED, FORGED = 0.3, 0.2, 0.1
DELAYS = (0.0, 0.0, 2.0, 90.0, 1800.0)
"""Seconds until a webhook comes. At once means: before the answer of the call that caused it."""


class Post:
    """What is on its way to us. ``delivering``: a webhook is being taken, by whoever moves, whether he holds the store or not."""

    def __init__(self, world: World, chance: Random) -> None:
        self._world, self._chance = world, chance
        self._due: list[tuple[float, int, str, str]] = []
        self._sent = 0
        self.taken = 0
        self.delivering = False

    def send(self, acts: Sequence[Act]) -> None:
        """Somebody did something: a webhook or two set out, or none."""
        for place in dict.fromkeys((act.system, act.thing) for act in acts):
            if self._chance.random() < LOST:
                continue
            for _ in range(2 if self._chance.random() < DOUBLED else 1):
                self._sent += 1
                heapq.heappush(self._due, (self._world.clock.now() + self._chance.choice(DELAYS), self._sent, *place))

    def deliver(self) -> None:
        """Hand over what is due."""
        while self._due and not self.delivering and self._due[0][0] <= self._world.clock.now():
            _, number, system, thing = heapq.heappop(self._due)
            record = next((one for name, one, what, _ in self._world.truth.alive() if (name, what) == (system, thing)), None)
            if record is not None:
                self._deliver(system, record, number)

    def _deliver(self, system: str, record: str, number: int) -> None:
        world, forged = self._world, self._chance.random() < FORGED
        headers, body = world.grounds[system].webhook(record, "a guess" if forged else HOOK_SECRET)
        process = world.process
        self.delivering, writing = True, process.writing
        try:
            process.engine.hint(system, headers, body)
            self.taken += 1
            if forged:
                world.violations.append(("forged", f"{system} believed a forged webhook"))
        except AuthFailed as error:
            if not forged:
                world.violations.append(("raised", f"{system} refused a genuine webhook: {error.message}"))
        except StoreError:  # it is answered with an error, and comes again
            heapq.heappush(self._due, (world.clock.now() + 60.0, number, system, record))
        finally:
            self.delivering, process.writing = False, writing
