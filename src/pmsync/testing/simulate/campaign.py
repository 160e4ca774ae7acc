"""Many seeds over several processes. Each process plays its own; what comes back is figures.

A campaign may be stopped at any moment, in good order or not; the same command goes on where it was.
"""

from __future__ import annotations

import ctypes
import faulthandler
import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pmsync.testing.simulate.outcome import Outcome, run, run_twice
from pmsync.testing.simulate.progress import Progress

CHUNK = 4
"""Seeds that a process is handed at a time."""

TWICE = 100
"""One seed of so many is played twice."""

_LITTER = 10_000
"""How many new objects there are before garbage is looked for."""

PATIENCE = 120.0
"""Seconds after which a world hangs: it takes less than one."""

_PARENT_DEATH_SIGNAL = 1  # linux/prctl.h: what the kernel sends when the process that began this one is gone


class Lost(Exception):
    """A process that played worlds hung or died. ``seeds``: those it may have played; what was told before is kept."""

    def __init__(self, seeds: Sequence[int]) -> None:
        super().__init__(f"a process hung or died while it played one of the seeds {', '.join(map(str, seeds))}")
        self.seeds = seeds


def campaign(
    seeds: range,
    workers: int,
    progress: Progress,
    stop: Callable[[], bool] = lambda: False,
    each: Callable[[], None] = lambda: None,
) -> bool:
    """Play every seed that ``progress`` does not hold yet, or as many as there are until ``stop`` says so.

    ``each`` hears of every world as it ends. Returns whether all are played.

    Raises:
        Lost: a process hung or died; the same command goes on before the seeds that it names.
    """
    try:
        for outcome in _outcomes(seeds[progress.done :], workers, stop):
            progress.total.add(outcome)
            progress.total.twice += _is_twice(outcome.seed)
            progress.done += 1
            progress.keep()
            each()
    finally:
        progress.keep(now=True)
    return progress.done == len(seeds)


def _is_twice(seed: int) -> bool:
    return seed % TWICE == 1


def _one(seed: int) -> Outcome:
    return run_twice(seed) if _is_twice(seed) else run(seed)


@dataclass(frozen=True, slots=True)
class Watched:
    """Plays worlds, and ends its process, with the seed and a traceback on stderr, when one of them takes more than ``patience`` seconds."""

    play: Callable[[int], Any] = _one
    patience: float = PATIENCE

    def __call__(self, seeds: Sequence[int]) -> list[Any]:
        """What came of the seeds."""
        return [self._watch(seed) for seed in seeds]

    def _watch(self, seed: int) -> Any:
        watch = threading.Timer(self.patience, self._end, (seed,))
        watch.daemon = True
        watch.start()
        faulthandler.dump_traceback_later(2 * self.patience, exit=True)  # for one that no other thread can interrupt
        try:
            return self.play(seed)
        finally:
            faulthandler.cancel_dump_traceback_later()
            watch.cancel()

    def _end(self, seed: int) -> None:
        sys.stderr.write(f"seed {seed} has not come to its end after {self.patience:g} s\n")
        faulthandler.dump_traceback(all_threads=True)
        os._exit(1)


def _outcomes(seeds: Iterable[int], workers: int, stop: Callable[[], bool]) -> Iterator[Outcome]:
    """Outcomes in the order of their seeds; after ``stop`` only those of what was begun."""
    watched = Watched(_one)
    if workers > 1:
        yield from spread(watched, seeds, workers, stop)
        return
    for seed in seeds:
        if stop():
            return
        yield from watched([seed])


def spread(watched: Watched, seeds: Iterable[int], workers: int, stop: Callable[[], bool]) -> Iterator[Any]:
    """What came of the seeds, in their order, played by processes.

    Raises:
        Lost: one of them hung or died.
    """
    rest = iter(seeds)
    begun: deque[tuple[list[int], Future[list[Any]]]] = deque()
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _settle)
    try:
        for chunk in iter(lambda: list(islice(rest, CHUNK)), []):
            if stop():
                break
            begun.append((chunk, pool.submit(watched, chunk)))
            if len(begun) > 2 * workers:
                yield from begun[0][1].result()
                begun.popleft()
        while begun:
            yield from begun[0][1].result()
            begun.popleft()
    except BrokenProcessPool:
        under_way = [chunk for chunk, future in begun if not future.done() or future.exception() is not None][:workers]
        raise Lost([seed for chunk in under_way for seed in chunk]) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _settle() -> None:
    """What a process does first: leave Ctrl-C to the one that began it, die with it, and set aside what will never be garbage."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    spare_garbage()


def spare_garbage() -> None:
    """Set aside what will never be garbage, and look for the rest less often: a world leaves little that only a search finds."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_LITTER)
