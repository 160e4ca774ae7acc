"""Many seeds over several processes. Each process plays its own; what comes back is figures.

A campaign may be stopped at any moment, in good order or not; the same command goes on where it was.
"""

from __future__ import annotations

import ctypes
import faulthandler
import gc
import multiprocessing
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice

from pmsync.testing.simulate.outcome import Outcome, run, run_twice
from pmsync.testing.simulate.progress import Progress

CHUNK = 4
"""Seeds that a process is handed at a time."""

TWICE = 100
"""One seed of so many is played twice."""

PATIENCE = 300
"""Seconds after which a process that plays ``CHUNK`` worlds hangs."""

_PARENT_DEATH_SIGNAL = 1  # linux/prctl.h: what the kernel sends when the process that began this one is gone


def campaign(
    seeds: range,
    workers: int,
    progress: Progress,
    stop: Callable[[], bool] = lambda: False,
    each: Callable[[], None] = lambda: None,
) -> bool:
    """Play every seed that ``progress`` does not hold yet, or as many as there are until ``stop`` says so.

    ``each`` hears of every world as it ends. Returns whether all are played.
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


def _played(seeds: Sequence[int]) -> list[Outcome]:
    """Play worlds in a process of their own, which ends with a traceback when one of them hangs."""
    faulthandler.dump_traceback_later(PATIENCE, exit=True)
    try:
        return [_one(seed) for seed in seeds]
    finally:
        faulthandler.cancel_dump_traceback_later()


def _one(seed: int) -> Outcome:
    return run_twice(seed) if _is_twice(seed) else run(seed)


def _outcomes(seeds: Iterable[int], workers: int, stop: Callable[[], bool]) -> Iterator[Outcome]:
    """Outcomes in the order of their seeds; after ``stop`` only those of what was begun."""
    rest = iter(seeds)
    chunks = iter(lambda: list(islice(rest, CHUNK if workers > 1 else 1)), [])
    if workers < 2:
        for [seed] in chunks:
            if stop():
                return
            yield _one(seed)
        return
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _settle)
    try:
        begun: deque[Future[list[Outcome]]] = deque()
        for chunk in chunks:
            if stop():
                break
            begun.append(pool.submit(_played, chunk))
            if len(begun) > 2 * workers:
                yield from begun.popleft().result()
        for future in begun:
            yield from future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _settle() -> None:
    """What a process does first: leave Ctrl-C to the one that began it, die with it, and set aside what will never be garbage."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    spare_garbage()


def spare_garbage() -> None:
    """Set aside what will never be garbage, so that nobody looks through it again and again."""
    gc.collect()
    gc.freeze()
