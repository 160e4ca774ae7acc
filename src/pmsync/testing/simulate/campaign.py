"""Many seeds over several processes. Each process plays its own; what comes back is figures."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator

from pmsync.testing.simulate.outcome import Outcome, Sum, run

CHUNK = 8


def campaign(seeds: Iterable[int], workers: int, each: Callable[[Outcome], None] = lambda outcome: None) -> Sum:
    """Play every seed; ``each`` hears of every world as it ends."""
    total = Sum()
    for outcome in _outcomes(seeds, workers):
        total.add(outcome)
        each(outcome)
    return total


def _outcomes(seeds: Iterable[int], workers: int) -> Iterator[Outcome]:
    if workers < 2:
        yield from map(run, seeds)
        return
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        yield from pool.imap(run, seeds, CHUNK)
