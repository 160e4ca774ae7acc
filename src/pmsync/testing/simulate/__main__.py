"""``python -m pmsync.testing.simulate --runs N --seed-from S`` plays N worlds; ``--seed X --verbose`` replays one, step by step.

The story and the findings go to stderr; the last line of stdout is one line of JSON. Exit 1 when a count that must be 0 is not.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time

from pmsync.testing.faults import FaultKind
from pmsync.testing.simulate.ablations import ABLATIONS, hunt
from pmsync.testing.simulate.campaign import campaign
from pmsync.testing.simulate.causes import KNOWN
from pmsync.testing.simulate.outcome import Outcome, Sum, run
from pmsync.testing.simulate.shape import CRASH, POWER

STRIKES = (*FaultKind, CRASH, POWER)
"""Faults that strike at one moment, each of which can meet every phase."""


def main() -> int:
    """Parse, play, print."""
    given = _arguments()
    began = time.monotonic()
    if given.ablations:
        return _ablations(range(given.seed_from, given.seed_from + given.runs))
    if given.seed is not None:
        total = Sum()
        outcome = run(given.seed, frozenset(given.mute), _say if given.verbose else lambda line: None)
        total.add(outcome)
        _say(f"seed {given.seed}: trace {outcome.trace}")
    else:
        total = campaign(range(given.seed_from, given.seed_from + given.runs), given.workers, _Progress(given.runs))
    for seed, findings in sorted(total.failing.items()):
        for finding in findings:
            known = f" [{finding.cause}: {KNOWN[finding.cause]}]" if finding.cause else ""
            _say(f"seed {seed}: {finding.invariant}: {finding.text}{known}")
    if given.cells:
        _say(f"never hit: {', '.join(total.missed(STRIKES))}")
    sys.stdout.write(json.dumps(total.line(STRIKES, time.monotonic() - began)) + "\n")
    return 1 if any(total.zeros.values()) else 0


def _ablations(seeds: range) -> int:
    """Switch off one safeguard after the other; 1 when the absence of one goes unnoticed."""
    noticed: dict[str, int | None] = {}
    for name in ABLATIONS:
        found = hunt(name, seeds)
        noticed[name] = found[0] if found else None
        _say(
            f"without {name}: "
            + (f"noticed after {found[0]} worlds, {found[1]}" if found else f"nothing noticed in {len(seeds)} worlds")
        )
    sys.stdout.write(json.dumps({"worlds_until_noticed": noticed}) + "\n")
    return 1 if None in noticed.values() else 0


class _Progress:
    """A line on stderr now and then."""

    def __init__(self, runs: int) -> None:
        self._runs, self._done, self._step = runs, 0, max(1, runs // 20)

    def __call__(self, outcome: Outcome) -> None:
        self._done += 1
        if self._done % self._step == 0:
            _say(f"{self._done:,} of {self._runs:,} worlds")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m pmsync.testing.simulate", description=__doc__)
    parser.add_argument("--runs", type=int, default=100, help="how many worlds")
    parser.add_argument("--seed-from", type=int, default=1, help="the first seed")
    parser.add_argument("--seed", type=int, help="replay this one")
    parser.add_argument("--verbose", action="store_true", help="tell the story of the replayed seed")
    parser.add_argument("--mute", action="append", default=[], help="leave out a fault or a move, by its name in the story")
    parser.add_argument(
        "--ablations", action="store_true", help="switch off one safeguard at a time: after how many worlds is it noticed?"
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--cells", action="store_true", help="name the (fault, phase) cells that were never hit")
    parser.add_argument("--json", action="store_true", help="kept for scripts: the last line is JSON in any case")
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stderr.write(line.encode("utf-8", "backslashreplace").decode() + "\n")


def _again_with_fixed_hashes() -> None:
    """Start anew with the seed of Python's hashes fixed: the order of sets must not differ from one process to the next."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        command = [sys.executable, "-m", "pmsync.testing.simulate", *sys.argv[1:]]
        os.execve(sys.executable, command, {**os.environ, "PYTHONHASHSEED": "0"})  # noqa: S606 - this very program


if __name__ == "__main__":
    _again_with_fixed_hashes()
    sys.exit(main())
