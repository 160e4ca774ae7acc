"""Selection against trying everything."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

from pmsync.product.selection.select import select
from pmsync.product.selection.values import Budget, Candidate

CASES = 1_000


def random_case(rng: random.Random) -> tuple[list[Candidate], Budget]:
    """Up to ten candidates with dependencies (now and then a cycle), musts, started items, two lines, two buckets and shares."""
    count = rng.randint(1, 10)
    names = [f"i{index}" for index in range(count)]
    candidates = []
    for index, name in enumerate(names):
        before = names[:index] if rng.random() < 0.97 else names
        needs = frozenset(rng.sample(before, min(len(before), rng.choice((0, 0, 0, 1, 1, 2)))))
        flags = {"must": rng.random() < 0.08, "started": rng.random() < 0.08}
        spot = {"line": rng.choice("ab"), "bucket": rng.choice(("bugs", "features"))}
        candidates.append(Candidate(name, rng.randint(0, 30), rng.randint(1, 12), needs=needs - {name}, **spot, **flags))
    capacity = rng.choice((10, 20, 30, 40))
    lines = {"a": rng.choice((0.1, 0.3, 0.5))} if rng.random() < 0.4 else {}
    buckets = {"bugs": rng.choice((0.2, 0.4)), "features": 0.2} if rng.random() < 0.4 else {}
    return candidates, Budget(capacity, lines=lines, buckets=buckets)


def subsets(candidates: list[Candidate], budget: Budget) -> Iterator[set[str]]:
    """Every legal selection."""
    by_key = {c.key: c for c in candidates}
    for size in range(len(candidates) + 1):
        for keys in itertools.combinations(by_key, size):
            chosen = set(keys)
            if all(by_key[key].needs <= chosen for key in keys) and sum(by_key[key].effort for key in keys) <= budget.capacity:
                yield chosen


def worth(chosen: set[str], candidates: list[Candidate], budget: Budget, locked: set[str]) -> tuple[float, float]:
    """What is kept of the shares, each up to what it asks for and its candidates can give; then the value."""
    kept = 0.0
    for attribute, shares in (("line", budget.lines), ("bucket", budget.buckets)):
        for name, part in shares.items():
            mine = {c.key: c.effort for c in candidates if getattr(c, attribute) == name}
            asked = min(round(part * budget.capacity), sum(mine.values()))
            kept += min(asked, sum(effort for key, effort in mine.items() if key in chosen))
    return kept, sum(c.value for c in candidates if c.key in chosen)


def test_selection_equals_trying_everything() -> None:
    """On 1,000 random small cases with dependencies and shares nothing is better than what is proposed, and it says so."""
    rng = random.Random(5)
    solved = 0
    for _ in range(CASES):
        candidates, budget = random_case(rng)
        proposal = select(candidates, budget)
        locked = {c.key for c in candidates if c.must or c.started}
        legal = [chosen for chosen in subsets(candidates, budget) if locked <= chosen]
        if not legal:
            assert proposal.overflow
            continue
        solved += 1
        chosen = set(proposal.chosen)
        assert chosen in legal
        assert proposal.exact
        best = max(worth(each, candidates, budget, locked) for each in legal)
        assert worth(chosen, candidates, budget, locked) == best
    assert solved > CASES * 0.8
