"""Branch and bound over the relaxed problem: exact when it ends, with a bound when its allowance is spent first."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

from pmsync.product.selection.jobs import Problem, Share, bits
from pmsync.product.selection.relax import Relaxed, relax

ROOT_TRIES, NODE_TRIES = 60, 5
"""How often prices are adjusted, at first and further down."""

PATIENCE, CALMER = 3, 0.85
"""After an adjustment that does not lower the bound the next ones are smaller; after so many in a row they start from the best again."""

Prices = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The best selection, the most that any is worth (see ``Problem.worth``), and whether the two meet."""

    mask: int
    bound: int
    exact: bool


def search(problem: Problem, cells: int) -> Found:
    """Find the best selection.

    Args:
        problem: what to choose from.
        cells: the allowance: how many cells of tables may be filled. One table is always filled.
    """
    return _Search(problem, cells).run()


@dataclass(order=True, slots=True)
class _Node:
    bound: int
    serial: int
    inside: int
    outside: int
    prices: Prices
    mask: int


class _Search:
    def __init__(self, problem: Problem, cells: int) -> None:
        self._problem = problem
        self._cells = cells
        self._best = 0
        self._worth = problem.worth(0)
        self._nodes: list[_Node] = []
        self._serial = 0
        self._order = _by_density(problem)

    def run(self) -> Found:
        """Best first, until the best node is no better than what was found."""
        self._offer(self._filled(0, 0))
        self._open(0, 0, (0,) * (len(self._problem.shares) + len(self._problem.ties)), ROOT_TRIES)
        while self._nodes and -self._nodes[0].bound > self._worth and self._cells > 0:
            self._branch(heapq.heappop(self._nodes))
        bound = max(self._worth, -self._nodes[0].bound if self._nodes else 0)
        return Found(self._best, bound, bound == self._worth)

    def _branch(self, node: _Node) -> None:
        job = self._torn(node) if self._missing(node.mask) else self._priced(node)
        problem = self._problem
        inside = node.inside | problem.closures[job]
        if not inside & node.outside and problem.effort(inside) <= problem.capacity:
            self._open(inside, node.outside, node.prices, NODE_TRIES)
        self._open(node.inside, node.outside | problem.dependents[job], node.prices, NODE_TRIES)

    def _open(self, inside: int, outside: int, prices: Prices, tries: int) -> None:
        """Bound the node, and keep it if it may hold something better."""
        best, prices = self._priced_well(inside, outside, prices, tries)
        if best.bound <= self._worth:
            return
        if not self._missing(best.mask) and self._problem.worth(best.mask) == best.bound:
            return
        if (inside | outside).bit_count() < len(self._problem.jobs):
            self._serial += 1
            heapq.heappush(self._nodes, _Node(-best.bound, self._serial, inside, outside, prices, best.mask))

    def _priced_well(self, inside: int, outside: int, prices: Prices, tries: int) -> tuple[Relaxed, Prices]:
        """The lowest bound that a few adjustments of the prices lead to. Every try is also a start for a real selection."""
        best = now = self._tried(inside, outside, prices)
        best_prices, pace, fails = prices, 1.0, 0
        for _ in range(tries if prices else 0):
            if best.bound <= self._worth or self._cells <= 0:
                break
            moved = self._adjusted((inside, outside), prices, now, pace)
            if moved == prices:
                break
            prices, now = moved, self._tried(inside, outside, moved)
            if now.bound < best.bound:
                best, best_prices, fails = now, prices, 0
                continue
            pace, fails = pace * CALMER, fails + 1
            if fails == PATIENCE:
                prices, now, fails = best_prices, best, 0
        return best, best_prices

    def _adjusted(self, node: tuple[int, int], prices: Prices, now: Relaxed, pace: float) -> Prices:
        """Dearer where a share, or a need, got too little, cheaper where it got too much: Polyak's step (1969), as far as the bound is too high."""
        problem, fixed = self._problem, node[0] | node[1]
        shares = [share.wanted - problem.given(share, now.mask) for share in problem.shares]
        ties = [
            0 if fixed >> job & 1 or fixed >> need & 1 else (now.mask >> job & 1) - (now.mask >> need & 1)
            for job, need in problem.ties
        ]
        count, gap = len(shares), now.bound - self._worth
        moved = _stepped(prices[:count], shares, pace * gap, problem.penalty)
        return (*moved, *_stepped(prices[count:], ties, pace * gap, problem.penalty))

    def _tried(self, inside: int, outside: int, prices: Prices) -> Relaxed:
        problem = self._problem
        relaxed = relax(problem, inside, outside, prices)
        free = len(problem.jobs) - (inside | outside).bit_count()
        self._cells -= (free + 1) * (problem.capacity - problem.effort(inside) + 1)
        self._offer(self._mended(relaxed.mask, outside))
        return relaxed

    def _offer(self, mask: int) -> None:
        if (worth := self._problem.worth(mask)) > self._worth:
            self._best, self._worth = mask, worth

    def _mended(self, mask: int, outside: int) -> int:
        """A real selection from a relaxed one: what lacks something goes, then what still fits comes in."""
        kept = 0
        for index in bits(mask):
            if self._problem.closures[index] & ~mask == 0:
                kept |= 1 << index
        return self._filled(kept, outside)

    def _filled(self, kept: int, outside: int) -> int:
        """With what still fits: first what shares lack, then whatever is worth most for its effort."""
        kept = self._added(kept, outside, for_shares=True) if self._problem.shares else kept
        return self._added(kept, outside, for_shares=False)

    def _added(self, kept: int, outside: int, *, for_shares: bool) -> int:
        problem = self._problem
        left = problem.capacity - problem.effort(kept)
        given = [problem.given(share, kept) for share in problem.shares]
        for index in self._order:
            extra = problem.closures[index] & ~kept
            if not extra >> index & 1 or extra & outside or problem.jobs[index].effort > left:
                continue
            effort = problem.effort(extra)
            if effort <= left and (self._helps(extra, given) if for_shares else problem.value(extra)):
                kept |= extra
                left -= effort
                given = [got + problem.given(share, extra) for got, share in zip(given, problem.shares, strict=True)]
        return kept

    def _helps(self, extra: int, given: list[int]) -> bool:
        """Whether it gives to a share that has not enough."""
        return any(
            got < share.wanted and self._problem.given(share, extra)
            for got, share in zip(given, self._problem.shares, strict=True)
        )

    def _missing(self, mask: int) -> bool:
        return any(self._problem.closures[index] & ~mask for index in bits(mask))

    def _torn(self, node: _Node) -> int:
        """The missing job that most of what was taken waits for."""
        problem = self._problem
        waiting: dict[int, int] = {}
        for index in bits(node.mask & ~node.inside):
            for need in bits(problem.closures[index] & ~node.mask):
                waiting[need] = waiting.get(need, 0) + problem.jobs[index].value + 1
        return max(waiting, key=lambda need: (waiting[need], -need))

    def _priced(self, node: _Node) -> int:
        """The job that tells most where the prices pay for what is not there: one of a share, or one whose need came without it."""
        problem, fixed = self._problem, node.inside | node.outside
        paid = [
            (price, -job)
            for (job, need), price in zip(problem.ties, node.prices[len(problem.shares) :], strict=True)
            if price and not (fixed >> job & 1 or fixed >> need & 1) and node.mask >> need & 1 and not node.mask >> job & 1
        ]
        slacks = [(self._slack(share, node, place), -place) for place, share in enumerate(problem.shares)]
        if paid and max(paid)[0] >= max(slacks, default=(0, 0))[0]:
            return -max(paid)[1]
        gives = problem.shares[-max(slacks)[1]].gives if slacks else {}
        free = [i for i in range(len(problem.jobs)) if not fixed >> i & 1]
        return max(free, key=lambda index: (gives.get(index, 0), problem.jobs[index].effort, -index))

    def _slack(self, share: Share, node: _Node, place: int) -> int:
        over = self._problem.given(share, node.mask) - share.wanted
        return node.prices[place] * over if over > 0 else (self._problem.penalty - node.prices[place]) * -over


def _by_density(problem: Problem) -> list[int]:
    """The jobs, those first that are worth most for their effort, what they need counted in."""
    density = [problem.value(mask) / max(problem.effort(mask), 1) for mask in problem.closures]
    return sorted(range(len(problem.jobs)), key=lambda index: (-density[index], index))


def _stepped(prices: Prices, slopes: list[int], length: float, most: int) -> Prices:
    """Every price moved along its slope, ``length`` altogether; a price of 0 does not fall."""
    moving = [slope if slope > 0 or price > 0 else 0 for slope, price in zip(slopes, prices, strict=True)]
    square = sum(slope * slope for slope in moving)
    if not square:
        return prices
    return tuple(max(0, min(most, price + round(length * slope / square))) for price, slope in zip(prices, moving, strict=True))
