"""``select``: what to do in a period. Musts and started items first, with what they need; then the most value that fits."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pmsync.product.evidence import Unusable
from pmsync.product.selection.jobs import EFFORT_UNIT, VALUE_UNIT, Job, Problem, Share, bundles, grain_of
from pmsync.product.selection.search import search
from pmsync.product.selection.values import Budget, Candidate, Gain, Selection, ShareResult

COLUMNS = 4_000
"""The most columns of a table: a capacity with more steps than that is reckoned in coarser ones."""

FEW, FEW_CELLS, MANY_CELLS = 60, 400_000_000, 40_000_000
"""Up to this many candidates the search may take its time; beyond it ends early, and says how far off it may be."""


def select(candidates: Iterable[Candidate], budget: Budget) -> Selection:
    """Propose what to do.

    Shares go before value: as much of each as its candidates and the capacity allow, whatever that costs. An item that another one needs
    comes in with it, and counts. Items that need each other come together or not at all.

    Raises:
        Unusable: the budget or a candidate makes no sense.
    """
    ordered = sorted(candidates, key=lambda candidate: candidate.key)
    _check(ordered, budget)
    by_key = {candidate.key: candidate for candidate in ordered}
    locked = _closure((c.key for c in ordered if c.must or c.started), by_key)
    left = _impossible(ordered, by_key, locked)
    desk = _Desk(by_key, locked, budget)
    if overflow := _overflow(ordered, by_key, budget):
        left |= {c.key: "what is locked does not fit already" for c in ordered if c.key not in locked and c.key not in left}
        return dataclasses.replace(desk.proposal(locked, left), overflow=overflow)
    return desk.searched([c for c in ordered if c.key not in locked and c.key not in left], left)


def next_gains(candidates: Sequence[Candidate], budget: Budget, steps: Sequence[float]) -> tuple[Gain, ...]:
    """What so much more effort (each of ``steps``, after the buffer) would buy."""
    now = select(candidates, budget)
    gains = []
    for extra in steps:
        then = select(candidates, dataclasses.replace(budget, capacity=(budget.spendable + extra), buffer=0.0))
        enters, leaves = set(then.chosen) - set(now.chosen), set(now.chosen) - set(then.chosen)
        gains.append(Gain(extra, round(then.value - now.value, 6), tuple(sorted(enters)), tuple(sorted(leaves))))
    return tuple(gains)


def must_costs(candidates: Sequence[Candidate], budget: Budget) -> dict[str, float]:
    """By must, how much more value there would be if it were up for choice like everything else; 0 for one that would be chosen anyway."""
    now = select(candidates, budget).value
    costs = {}
    for must in sorted(c.key for c in candidates if c.must and not c.started):
        freed = [dataclasses.replace(c, must=False) if c.key == must else c for c in candidates]
        costs[must] = round(max(0.0, select(freed, budget).value - now), 6)
    return costs


def _check(candidates: Sequence[Candidate], budget: Budget) -> None:
    if not (math.isfinite(budget.capacity) and budget.capacity >= 0):
        raise Unusable(f"the capacity {budget.capacity:g} is not 0 or more", "write what the team can do in the period")
    if not 0 <= budget.buffer < 1:
        raise Unusable(f"the buffer {budget.buffer:g} is not a part of the capacity", "write 0% to 99%")
    for word, shares in (("lines", budget.lines), ("buckets", budget.buckets)):
        if any(share < 0 for share in shares.values()) or sum(shares.values()) > 1 + 1e-9:
            raise Unusable(
                f"the least shares of the {word} sum to {sum(shares.values()):.0%}", "lower them to 100% or less, none below 0"
            )
    if len({candidate.key for candidate in candidates}) < len(candidates):
        raise Unusable("two candidates have the same key", "give each its own")
    for candidate in candidates:
        for word, number in (("value", candidate.value), ("effort", candidate.effort)):
            if number is not None and not (math.isfinite(number) and number >= 0):
                raise Unusable(f"{candidate.key}: the {word} {number:g} is not 0 or more", "mend it, or leave it out")


def _closure(roots: Iterable[str], by_key: Mapping[str, Candidate]) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        key = waiting.pop()
        if key in by_key and key not in found:
            found.add(key)
            waiting.extend(by_key[key].needs)
    return frozenset(found)


def _impossible(candidates: Sequence[Candidate], by_key: Mapping[str, Candidate], locked: frozenset[str]) -> dict[str, str]:
    """Why some candidates are no choice at all: nobody estimated them, or what they need is not there to be chosen."""
    left = {c.key: "nobody estimated its effort" for c in candidates if c.effort is None and c.key not in locked}
    for c in candidates:
        strangers = sorted(need for need in c.needs if need not in by_key)
        if strangers and c.key not in locked:
            left.setdefault(c.key, f"it needs {strangers[0]}, which is not up for choice")
    spread = True
    while spread:
        more = {
            c.key: min(c.needs & left.keys())
            for c in candidates
            if c.key not in left and c.key not in locked and c.needs & left.keys()
        }
        left |= {key: f"it needs {need}, which cannot be chosen" for key, need in more.items()}
        spread = bool(more)
    return left


def _overflow(candidates: Sequence[Candidate], by_key: Mapping[str, Candidate], budget: Budget) -> tuple[str, ...]:
    """A smallest set of musts and started items that does not fit: take any one away, and the rest of the set does."""

    def fits(roots: Iterable[str]) -> bool:
        return sum(_effort(by_key[key]) for key in _closure(roots, by_key)) <= _steps(budget.spendable)

    roots = [c.key for c in candidates if c.must or c.started]
    if fits(roots):
        return ()
    for key in sorted(roots, key=lambda key: (_effort(by_key[key]), key)):
        rest = [root for root in roots if root != key]
        if not fits(rest):
            roots = rest
    return tuple(sorted(roots))


@dataclass(frozen=True, slots=True)
class _Desk:
    """What a selection is made from: all candidates, those that are in already, and the budget."""

    by_key: Mapping[str, Candidate]
    locked: frozenset[str]
    budget: Budget

    def searched(self, choice: Sequence[Candidate], left: Mapping[str, str]) -> Selection:
        """The best of ``choice`` beside what is locked."""
        room = _steps(self.budget.spendable) - sum(_effort(self.by_key[key]) for key in self.locked)
        efforts = [_effort(candidate) for candidate in choice]
        grain = grain_of(efforts, room, COLUMNS)
        members = bundles(choice)
        problem = self._problem(members, room // grain, grain)
        found = search(problem, FEW_CELLS if len(choice) <= FEW else MANY_CELLS)
        chosen = {key for index, keys in enumerate(members) if found.mask >> index & 1 for key in keys}
        outbid = {c.key: _outbid(c) for c in choice if c.key not in chosen}
        proposal = self.proposal(self.locked | chosen, {**left, **outbid})
        coarse = any(effort % grain for effort in efforts)
        if found.exact and not coarse:
            return proposal
        kept = problem.worth(found.mask) - problem.value(found.mask)
        bound = min(found.bound - kept, sum(job.value for job in problem.jobs)) / VALUE_UNIT + self._value(self.locked)
        return dataclasses.replace(proposal, exact=False, bound=round(bound, 6), grain=grain / EFFORT_UNIT if coarse else 0.0)

    def proposal(self, chosen: frozenset[str], left: Mapping[str, str]) -> Selection:
        """The selection of ``chosen``, as if nothing better existed."""
        value, effort = self._value(chosen), sum(_effort(self.by_key[key]) for key in chosen)
        shares = tuple(
            ShareResult(name, round(part * self.budget.spendable, 6), self._given(chosen, kind, name) / EFFORT_UNIT)
            for kind, name, part in self._parts()
        )
        spendable = self.budget.spendable
        keys = tuple(sorted(chosen)), dict(sorted(left.items())), tuple(sorted(self.locked))
        return Selection(*keys, value, effort / EFFORT_UNIT, spendable, shares, bound=value)

    def _problem(self, members: Sequence[tuple[str, ...]], capacity: int, grain: int) -> Problem:
        job_of = {key: index for index, keys in enumerate(members) for key in keys}
        jobs = []
        for index, keys in enumerate(members):
            needs = {job_of[need] for key in keys for need in self.by_key[key].needs if need in job_of}
            effort = sum(math.ceil(_effort(self.by_key[key]) / grain) for key in keys)
            jobs.append(Job(keys, round(self._value(keys) * VALUE_UNIT), effort, frozenset(needs - {index})))
        shares = [self._share((kind, name), part, members) for kind, name, part in self._parts()]
        return Problem(tuple(jobs), capacity, tuple(share for share in shares if share.wanted > 0))

    def _share(self, what: tuple[str, str], part: float, members: Sequence[tuple[str, ...]]) -> Share:
        """A share without what is locked already, and no more than there is to choose."""
        kind, name = what
        gives = {}
        for index, keys in enumerate(members):
            mine = [key for key in keys if getattr(self.by_key[key], kind) == name]
            if mine:
                gives[index] = sum(_effort(self.by_key[key]) for key in mine)
        missing = round(part * self.budget.spendable * EFFORT_UNIT) - self._given(self.locked, kind, name)
        return Share(name, min(max(0, missing), sum(gives.values())), gives)

    def _parts(self) -> list[tuple[str, str, float]]:
        """Every share: the attribute of candidates it goes by, the value of that, and how large it is."""
        lines = [("line", name, part) for name, part in sorted(self.budget.lines.items())]
        return lines + [("bucket", name, part) for name, part in sorted(self.budget.buckets.items())]

    def _given(self, chosen: Iterable[str], kind: str, name: str) -> int:
        return sum(_effort(self.by_key[key]) for key in chosen if getattr(self.by_key[key], kind) == name)

    def _value(self, keys: Iterable[str]) -> float:
        return sum(round((self.by_key[key].value or 0.0) * VALUE_UNIT) for key in keys) / VALUE_UNIT


def _effort(candidate: Candidate) -> int:
    return math.ceil((candidate.effort or 0.0) * EFFORT_UNIT - 1e-6)


def _steps(capacity: float) -> int:
    return math.floor(capacity * EFFORT_UNIT + 1e-6)


def _outbid(candidate: Candidate) -> str:
    if candidate.value is None:
        return "nobody scored it, and nothing chosen needs it"
    return "it does not fit beside what is worth more"
