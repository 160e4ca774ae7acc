"""The relaxed problem: each job keeps one of the jobs that it needs, and all other needs, and shares, become prices.

Solved exactly by a table, it bounds the real problem from above whatever the prices are (Lagrangian relaxation: Geoffrion 1974).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pmsync.product.selection.jobs import Problem, bits


@dataclass(frozen=True, slots=True)
class Relaxed:
    """The best of the relaxed problem: the mask of what it takes (fixed jobs included), and what that is worth there."""

    mask: int
    bound: int


def relax(problem: Problem, inside: int, outside: int, prices: Sequence[int]) -> Relaxed:
    """Solve the relaxed problem with some jobs fixed.

    Args:
        problem: the real one.
        inside: jobs that are in, with all that they need; they fit.
        outside: jobs that are out, with all that need them.
        prices: for each share what a unit of its effort is worth beside the values, 0 to ``problem.penalty``; then for each of
            ``problem.ties`` what the one pays the other to be there, 0 or more.
    """
    free = [index for index in range(len(problem.jobs)) if not (inside | outside) >> index & 1]
    gains = {index: problem.jobs[index].value for index in (*free, *bits(inside))}
    for (job, need), price in zip(problem.ties, prices[len(problem.shares) :], strict=True):
        if price and not (inside | outside) & (1 << job | 1 << need):
            gains[job] -= price
            gains[need] += price
    for share, price in zip(problem.shares, prices, strict=False):
        if price:
            for index, give in share.gives.items():
                if index in gains:
                    gains[index] += price * give
    room = problem.capacity - problem.effort(inside)
    order, beyond = _forest(problem, free)
    taken, best = _table([(problem.jobs[i].effort, gains[i]) for i in order], beyond, room)
    mask = inside
    for position in taken:
        mask |= 1 << order[position]
    fixed = sum(gains[index] for index in bits(inside))
    unused = sum((problem.penalty - price) * share.wanted for share, price in zip(problem.shares, prices, strict=False))
    return Relaxed(mask, best + fixed + unused)


def _forest(problem: Problem, free: list[int]) -> tuple[list[int], list[int]]:
    """The free jobs so that each stands before its tree, and for each position the first one after its tree."""
    allowed = set(free)
    children: dict[int | None, list[int]] = {None: []}
    for index in free:
        needs = [need for need in problem.jobs[index].needs if need in allowed]
        parent = max(needs, key=lambda need: (problem.closures[need].bit_count(), problem.jobs[need].effort, need), default=None)
        children.setdefault(parent, []).append(index)
    order: list[int] = []
    beyond = [0] * len(free)
    work: list[tuple[int, bool]] = [(index, False) for index in reversed(children[None])]
    places: dict[int, int] = {}
    while work:
        index, left = work.pop()
        if left:
            beyond[places[index]] = len(order)
            continue
        places[index] = len(order)
        order.append(index)
        work.append((index, True))
        work.extend((child, False) for child in reversed(children.get(index, ())))
    return order, beyond


def _table(jobs: Sequence[tuple[int, int]], beyond: Sequence[int], room: int) -> tuple[list[int], int]:
    """The best subtrees within ``room``: row ``i`` holds, for every room, the most that jobs from ``i`` on are worth."""
    rows: list[list[int]] = [[]] * len(jobs) + [[0] * (room + 1)]
    for position in range(len(jobs) - 1, -1, -1):
        effort, gain = jobs[position]
        without, rest = rows[beyond[position]], rows[position + 1]
        if effort > room:
            rows[position] = without
            continue
        taken = [worth + gain for worth in rest[: room + 1 - effort]]
        rows[position] = without[:effort] + list(map(max, without[effort:], taken))
    chosen, position, left = [], 0, room
    while position < len(jobs):
        if rows[position][left] > rows[beyond[position]][left]:
            chosen.append(position)
            left -= jobs[position][0]
            position += 1
        else:
            position = beyond[position]
    return chosen, rows[0][room]
