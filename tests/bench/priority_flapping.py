"""How many priorities noise moves: ``python tests/bench/priority_flapping.py [SEEDS]``.

200 items with lognormal scores, 90 daily runs, noise of so much of each score; prints the changes per seed with nothing against flapping,
with the margin alone, and with the defaults (margin and two runs). Each change is a message to an engineer.
"""

from __future__ import annotations

import random
import statistics
import sys
from datetime import date

from pmsync.model.enums import Priority
from pmsync.model.roadmap import Amount, Framework
from pmsync.product.bands import Stability
from pmsync.product.deciding import decide
from pmsync.product.evidence import Evidence, Score, Taken
from pmsync.product.priorities import DAY, Contender, Policy, State
from pmsync.product.profiles import Profile

ITEMS, RUNS = 200, 90
PROFILE = Profile("value", Framework.VALUE)
FREE = 10**9
VARIANTS = {
    "cuts alone": Policy(stability=Stability(margin=0, confirm=1), max_changes=FREE),
    "margin alone": Policy(stability=Stability(confirm=1), max_changes=FREE),
    "defaults": Policy(),
}


def changes(seed: int, noise: float, policy: Policy) -> int:
    """The priorities that change after the first run."""
    rng = random.Random(seed)
    truth = [rng.lognormvariate(3, 1) for _ in range(ITEMS)]
    state, count = State(), 0
    held: list[Priority | None] = [None] * ITEMS
    for run in range(RUNS):
        values = [round(true * (1 + rng.gauss(0, noise)), 6) for true in truth]
        contenders = [Contender(f"pay/{i:03}", "pay", "work", score(value), None, held[i]) for i, value in enumerate(values)]
        decided = decide(state, contenders, run * DAY, policy, approved=run == 0)
        state, held = decided.state, [ruling.priority for ruling in decided.rulings]
        count += sum(ruling.changed for ruling in decided.rulings) if run else 0
    return count


def score(value: float) -> Score:
    """What a metric showed."""
    taken = {"value": Taken(value, Evidence(Amount(value), "metric", measured=True))}
    return Score(Framework.VALUE, value, PROFILE.fingerprint, date(2026, 1, 1), inputs=taken)


def main() -> int:
    """Print the figures."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    for noise in (0.02, 0.05, 0.10):
        for name, policy in VARIANTS.items():
            found = [changes(seed, noise, policy) for seed in range(seeds)]
            sys.stdout.write(f"noise {noise:.0%}, {name}: mean {statistics.mean(found):.1f}, per seed {found}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
