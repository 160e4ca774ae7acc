"""Candidates as the search sees them: whole numbers, bit masks, and everything that waits for itself as one job."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pmsync.product.selection.values import Candidate

VALUE_UNIT = 1_000_000
"""Values are reckoned in millionths, so that sums are exact."""

EFFORT_UNIT = 1_000
"""Efforts are read in thousandths, rounded up."""


@dataclass(frozen=True, slots=True)
class Job:
    """One candidate, or several that need each other: all or none."""

    members: tuple[str, ...]
    value: int
    effort: int
    needs: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Share:
    """So much effort, in ``EFFORT_UNIT``, is to go to some jobs: ``gives`` says how much of it each one is."""

    name: str
    wanted: int
    gives: Mapping[int, int]

    @cached_property
    def mask(self) -> int:
        """The jobs that give anything."""
        return sum(1 << index for index in self.gives)


@dataclass(frozen=True)
class Problem:
    """What to choose from: jobs that need only jobs before them, the effort there is, and the shares of it."""

    jobs: tuple[Job, ...]
    capacity: int
    shares: tuple[Share, ...] = ()

    @cached_property
    def closures(self) -> tuple[int, ...]:
        """For each job the mask of it and all that it needs."""
        masks: list[int] = []
        for index, job in enumerate(self.jobs):
            mask = 1 << index
            for need in job.needs:
                mask |= masks[need]
            masks.append(mask)
        return tuple(masks)

    @cached_property
    def dependents(self) -> tuple[int, ...]:
        """For each job the mask of it and all that need it."""
        masks = [1 << index for index in range(len(self.jobs))]
        for index in range(len(self.jobs) - 1, -1, -1):
            for need in self.jobs[index].needs:
                masks[need] |= masks[index]
        return tuple(masks)

    @cached_property
    def ties(self) -> tuple[tuple[int, int], ...]:
        """Each job and a job that it needs, where it needs several: of these the relaxed problem keeps one only."""
        return tuple((index, need) for index, job in enumerate(self.jobs) if len(job.needs) > 1 for need in sorted(job.needs))

    @cached_property
    def penalty(self) -> int:
        """What a unit of a share is worth: more than all values together."""
        return sum(job.value for job in self.jobs) + 1

    def effort(self, mask: int) -> int:
        """Of the jobs in ``mask``."""
        return sum(self.jobs[index].effort for index in bits(mask))

    def value(self, mask: int) -> int:
        """Of the jobs in ``mask``."""
        return sum(self.jobs[index].value for index in bits(mask))

    def given(self, share: Share, mask: int) -> int:
        """How much effort of ``mask`` goes to ``share``."""
        return sum(share.gives.get(index, 0) for index in bits(mask & share.mask))

    def worth(self, mask: int) -> int:
        """What a selection is compared by: shares first, each up to what it asks for, then value."""
        return self.value(mask) + self.penalty * sum(min(share.wanted, self.given(share, mask)) for share in self.shares)


def bits(mask: int) -> Iterator[int]:
    """The indices in a mask, the smallest first."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def grain_of(efforts: Iterable[int], capacity: int, cells: int) -> int:
    """The largest unit that divides all efforts; a coarser one where the table would otherwise have too many columns."""
    exact = math.gcd(*efforts) or EFFORT_UNIT
    return max(exact, exact * math.ceil(capacity / exact / cells))


def bundles(candidates: Sequence[Candidate]) -> list[tuple[str, ...]]:
    """The candidates in an order in which each comes after what it needs; those that need each other are together."""
    keys = {candidate.key for candidate in candidates}
    needs = {c.key: sorted(need for need in c.needs if need != c.key and need in keys) for c in candidates}
    walk = _Walk(needs)
    for root in sorted(needs):
        walk.visit(root)
    return walk.found


class _Walk:
    """Tarjan's strongly connected components (1972), without recursion, since a chain may be as long as the roadmap."""

    def __init__(self, needs: Mapping[str, list[str]]) -> None:
        self._needs = needs
        self._index: dict[str, int] = {}
        self._low: dict[str, int] = {}
        self._stack: list[str] = []
        self._work: list[tuple[str, Iterator[str]]] = []
        self._waiting: set[str] = set()
        self.found: list[tuple[str, ...]] = []

    def visit(self, root: str) -> None:
        """Find everything that can be reached from ``root`` and was not found before."""
        if root in self._index:
            return
        self._enter(root)
        while self._work:
            key, rest = self._work[-1]
            for need in rest:
                if need not in self._index:
                    self._enter(need)
                    break
                if need in self._waiting:
                    self._low[key] = min(self._low[key], self._index[need])
            else:
                self._leave(key)

    def _enter(self, key: str) -> None:
        self._index[key] = self._low[key] = len(self._index)
        self._stack.append(key)
        self._waiting.add(key)
        self._work.append((key, iter(self._needs[key])))

    def _leave(self, key: str) -> None:
        self._work.pop()
        if self._work:
            above = self._work[-1][0]
            self._low[above] = min(self._low[above], self._low[key])
        if self._low[key] == self._index[key]:
            start = self._stack.index(key)
            members, self._stack = self._stack[start:], self._stack[:start]
            self._waiting.difference_update(members)
            self.found.append(tuple(sorted(members)))
