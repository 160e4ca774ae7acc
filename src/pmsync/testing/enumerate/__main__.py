"""``python -m pmsync.testing.enumerate pairs`` crashes every canonical scenario at every pair of steps; ``stories`` tells every small story.

What is found goes to stderr; stdout gets one line of JSON. Exit 1 when anything was found.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

from pmsync.testing.enumerate.crashes import Crashes
from pmsync.testing.enumerate.scenarios import SCENARIOS
from pmsync.testing.enumerate.walk import Bounds, Course, Tally

BOUNDS = (Bounds(4, 0, inside=True), Bounds(4, 1), Bounds(3, 1, inside=True))
COURSES = tuple(
    Course(kind, linked, bounds)
    for kind in ("listed+history", "listed-rich", "listed")
    for linked in (True, False)
    for bounds in BOUNDS
    if not (kind == "listed" and bounds.inside)
)
"""What ``stories`` tells. Without history or precondition nothing can save what is edited between a look and a write: there, nobody does."""


def main() -> int:
    """Parse, crash or walk, tell."""
    given = _arguments()
    began = time.monotonic()
    with ProcessPoolExecutor(given.workers) as pool:
        total = _pairs(pool) if given.what == "pairs" else _stories(pool, given)
    sys.stdout.write(json.dumps({**total, "seconds": round(time.monotonic() - began, 1)}) + "\n")
    return 1 if total["found"] else 0


def _pairs(pool: ProcessPoolExecutor) -> dict[str, int]:
    total = {"scenarios": len(SCENARIOS), "boundaries": 0, "steps": 0, "pairs": 0, "found": 0}
    for name, counts in zip(SCENARIOS, pool.map(_crash, SCENARIOS), strict=True):
        _say(f"{name}: " + ", ".join(f"{count} {what}" for what, count in counts.items()))
        for what, count in counts.items():
            total[what] += count
    return total


def _crash(name: str) -> dict[str, int]:
    crashes = Crashes(SCENARIOS[name])
    unlike = crashes.unlike()
    counts = {"boundaries": len(crashes.steps.at), "steps": len(crashes.steps.left), "pairs": 0, "found": len(unlike)}
    for number in unlike:
        _say(f"{name}: boundary {number} leaves something else than its step")
    for pair, came_to in crashes.pairs():
        counts["pairs"] += 1
        if came_to != crashes.end:
            counts["found"] += 1
            _say(f"{name}: crashes at {pair}: {came_to} instead of {crashes.end}")
    return counts


def _stories(pool: ProcessPoolExecutor, given: argparse.Namespace) -> dict[str, int]:
    total = {"courses": 0, "stories": 0, "worlds": 0, "found": 0}
    for course in _courses(given):
        tally, began = Tally(), time.monotonic()
        for part in pool.map(course.walk, range(given.workers), [given.workers] * given.workers):
            tally.join(part)
        _say(
            f"{course}: all {tally.stories:,} stories, ending in {len(tally.worlds):,} worlds, {len(tally.findings):,} badly; "
            f"{time.monotonic() - began:.0f} s"
        )
        for finding in sorted(tally.findings, key=lambda one: (len(one.story), str(one.story)))[: given.most]:
            _say(f"  {' | '.join(finding.story)} => {'; '.join(finding.problems)}")
        total["courses"] += 1
        total["stories"] += tally.stories
        total["worlds"] += len(tally.worlds)
        total["found"] += len(tally.findings)
    return total


def _courses(given: argparse.Namespace) -> Iterator[Course]:
    for course in COURSES:
        if given.kind in ("", course.kind):
            events, fields = min(course.bounds.events, given.events), tuple(given.fields.split(","))
            yield replace(course, bounds=replace(course.bounds, events=events, fields=fields))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m pmsync.testing.enumerate", description=__doc__)
    parser.add_argument("what", choices=("pairs", "stories"))
    parser.add_argument("--events", type=int, default=4, help="the longest story, where a course would go further")
    parser.add_argument("--kind", default="", help="only trackers of this kind")
    parser.add_argument("--fields", default="title,priority", help="two of title, priority, status")
    parser.add_argument("--most", type=int, default=20, help="how many findings of each course are told")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes")
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
