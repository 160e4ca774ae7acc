"""Several processes of pmsync at once: threads of which only the holder of the baton moves, so that the same seed is the same story.

The baton changes hands at boundaries, where the seeded schedule says so; one that is frozen sleeps through everything until nobody else is
left to move, while its lease runs out.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from random import Random

SWITCH, FREEZE = 0.25, 0.02
"""How likely the baton changes hands at a boundary, and how likely its holder freezes there instead."""


class Baton:
    """``who`` moves now; "" while there is no race. ``on_freeze``: called as somebody freezes; lets time pass."""

    def __init__(self, chance: Random, on_freeze: Callable[[], None]) -> None:
        self._chance = chance
        self._on_freeze = on_freeze
        self._turns: dict[str, threading.Semaphore] = {}
        self._frozen: set[str] = set()
        self._over = threading.Semaphore(0)
        self._raised: list[BaseException] = []
        self.who = ""
        self.frozen = 0
        """How often somebody froze."""

    def race(self, runs: Mapping[str, Callable[[], None]]) -> None:
        """Run everybody to the end, one step of one at a time."""
        self._turns = {name: threading.Semaphore(0) for name in runs}
        threads = [threading.Thread(target=self._lane, args=(name, run), daemon=True) for name, run in runs.items()]
        for thread in threads:
            thread.start()
        self._pass_on()
        self._over.acquire()
        for thread in threads:
            thread.join()
        if self._raised:
            raise self._raised.pop()

    def offer(self, *, now: bool = False) -> None:
        """A boundary of the one who moves: perhaps somebody else goes on from here. ``now``: somebody else does, if there is anybody."""
        me = self.who
        if len(self._turns) < 2:
            return
        draw = self._chance.random()
        if not now and draw < FREEZE and not self._frozen:
            self._frozen.add(me)
            self.frozen += 1
            self._on_freeze()
        elif not now and (draw > FREEZE + SWITCH or len(self._frozen) + 1 == len(self._turns)):
            return
        turn = self._turns[me]
        self._pass_on(but=me)
        turn.acquire()

    def _pass_on(self, but: str = "") -> None:
        able = [name for name in self._turns if name != but and name not in self._frozen]
        if not able:
            self._frozen.clear()
            able = [name for name in self._turns if name != but] or list(self._turns)
        self.who = self._chance.choice(able)
        self._turns[self.who].release()

    def _lane(self, name: str, run: Callable[[], None]) -> None:
        self._turns[name].acquire()
        try:
            run()
        except BaseException as error:  # noqa: BLE001 - raised again where the race was begun
            self._raised.append(error)
        del self._turns[name]
        self._frozen.discard(name)
        if self._turns:
            self._pass_on()
        else:
            self.who = ""
            self._over.release()
