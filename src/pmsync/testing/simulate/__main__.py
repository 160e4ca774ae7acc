"""``python -m pmsync.testing.simulate --runs N --seed-from S`` plays N worlds; ``--seed X --verbose`` replays one, step by step;
``--minimize X`` makes a failing one small.

The story and the findings go to stderr; the last line of stdout is one line of JSON. Exit 1 when a count that must be 0 is not. A campaign
that was stopped, by Ctrl-C or by ``--minutes``, goes on with the same command.
"""  # noqa: D205 - one thought

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterable

from pmsync.testing.simulate.campaign import Lost, campaign, spare_garbage
from pmsync.testing.simulate.causes import KNOWN
from pmsync.testing.simulate.cells import PHASES, STRIKES, impossible
from pmsync.testing.simulate.hunts import Table
from pmsync.testing.simulate.hunts import file_of as file_of_hunts
from pmsync.testing.simulate.minimize import lines, minimize, story
from pmsync.testing.simulate.outcome import run
from pmsync.testing.simulate.progress import Progress, file_of
from pmsync.testing.simulate.total import Sum

INTERRUPTED = 130
"""The exit code after Ctrl-C."""


def main() -> int:
    """Parse, play, print."""
    given = _arguments()
    if given.minimize is not None:
        return _minimize(given)
    if given.seed is not None:
        return _replay(given)
    if given.ablations:
        return _ablations(given)
    return _campaign(given)


def _campaign(given: argparse.Namespace) -> int:
    """Play many worlds, or what is left of them."""
    seeds = range(given.seed_from, given.seed_from + given.runs)
    path = file_of(seeds)
    if given.fresh:
        path.unlink(missing_ok=True)
    progress = Progress(path)
    if progress.found:
        _say(f"going on after {progress.done:,} of {len(seeds):,} seeds, as {path} has it; --fresh starts over")
    spare_garbage()
    end = time.monotonic() + given.minutes * 60 if given.minutes else float("inf")
    told = _Told(progress, len(seeds))
    try:
        whole = campaign(seeds, given.workers, progress, lambda: time.monotonic() >= end, told)
    except KeyboardInterrupt:
        _say(f"stopped after {progress.done:,} of {len(seeds):,} seeds; the same command goes on")
        return INTERRUPTED
    except Lost as lost:
        _say(f"{lost}; replay each with --seed. {progress.done:,} of {len(seeds):,} seeds are kept")
        return 1
    if whole:
        progress.forget()
    else:
        _say(f"time is up after {progress.done:,} of {len(seeds):,} seeds; the same command goes on")
    return _summed_up(progress.total, progress.seconds, given)


def _summed_up(total: Sum, seconds: float, given: argparse.Namespace) -> int:
    """Tell what was found, end with the line of figures, and say by the exit code whether all is well."""
    for seed, findings in sorted(total.failing.items()):
        for finding in findings:
            known = f" [{finding.cause}: {KNOWN[finding.cause]}]" if finding.cause else ""
            _say(f"seed {seed}: {finding.invariant}: {finding.text}{known}")
    if total.thin:
        _say(f"{total.thin:,} of {total.played:,} worlds were too thin to count")
    if given.cells:
        _tell_cells(total)
    line = total.line(seconds)
    if given.timings:
        times = total.timings()
        _say(f"a world takes {times['median_ms']} ms, one in ten {times['p90_ms']} ms or more; on a processor "
             f"{times['median_cpu_ms']} and {times['p90_cpu_ms']} ms")  # fmt: skip
        line |= times
    sys.stdout.write(json.dumps(line) + "\n")
    return 1 if any(total.zeros.values()) else 0


def _tell_cells(total: Sum) -> None:
    """A table of how often each fault struck in each step; "-" where it cannot."""
    _say("how often each fault struck in each step of a round")
    width = max(map(len, STRIKES))
    _say(" " * width + "".join(f"{phase:>10}" for phase in PHASES))
    for kind in STRIKES:
        _say(f"{kind:{width}}" + "".join(f"{_cell(total, kind, phase):>10}" for phase in PHASES))
    _say(f"never hit: {', '.join(total.missed()) or 'none'}")
    if total.astonishing():
        _say(f"hit, though that cannot be: {', '.join(total.astonishing())}")


def _cell(total: Sum, kind: str, phase: str) -> str:
    return f"{total.cells[kind, phase]:,}" if not impossible(kind, phase) or total.cells[kind, phase] else "-"


def _replay(given: argparse.Namespace) -> int:
    """Play one world."""
    total, began = Sum(), time.monotonic()
    outcome = run(given.seed, frozenset(given.mute), _say if given.verbose else lambda line: None)
    total.add(outcome)
    _say(f"seed {given.seed}: trace {outcome.trace}")
    return _summed_up(total, time.monotonic() - began, given)


def _minimize(given: argparse.Namespace) -> int:
    """Make a failing world small, and tell its story; 1 when there was something to make small."""
    small = minimize(given.minimize, frozenset(given.mute), given.invariant, _say)
    if small is None:
        _say(f"seed {given.minimize}: nothing is wrong")
        return 0
    _say("")
    story(small, _say)
    _write(lines(small))
    return 1


def _ablations(given: argparse.Namespace) -> int:
    """Switch off one safeguard after the other; 1 when the absence of one goes unnoticed. Goes on where it was stopped."""
    seeds = range(given.seed_from, given.seed_from + given.runs)
    path = file_of_hunts(seeds)
    if given.fresh:
        path.unlink(missing_ok=True)
    table = Table(seeds, path)
    end = time.monotonic() + given.minutes * 60 if given.minutes else float("inf")
    try:
        whole = table.fill(lambda: time.monotonic() >= end, _say)
    except KeyboardInterrupt:
        _say("stopped; the same command goes on")
        return INTERRUPTED
    if not whole:
        _say("time is up; the same command goes on")
    unnoticed = table.unnoticed()
    _say(f"{len(table.hunts)} safeguards and pairs, {len(unnoticed)} of which nothing misses: {', '.join(unnoticed) or 'none'}")
    sys.stdout.write(json.dumps({"worlds_until_noticed": table.figures(), "unnoticed": unnoticed}) + "\n")
    return 1 if unnoticed else 0


class _Told:
    """A line on stderr now and then."""

    def __init__(self, progress: Progress, runs: int) -> None:
        self._progress, self._runs, self._step = progress, runs, max(1, runs // 20)

    def __call__(self) -> None:
        """A world has ended."""
        done = self._progress.done
        if done % self._step == 0:
            failing = len(self._progress.total.failing)
            _say(f"{done:,} of {self._runs:,} worlds{f', {failing:,} failing' if failing else ''}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m pmsync.testing.simulate", description=__doc__)
    parser.add_argument("--runs", type=int, default=100, help="how many seeds")
    parser.add_argument("--seed-from", type=int, default=1, help="the first seed")
    parser.add_argument("--minutes", type=float, help="stop in good order after so many minutes; the same command goes on")
    parser.add_argument("--fresh", action="store_true", help="start over, instead of going on with a campaign that was stopped")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--seed", type=int, help="replay this one")
    parser.add_argument("--verbose", action="store_true", help="tell the story of the replayed seed")
    parser.add_argument("--minimize", type=int, metavar="SEED", help="make the failing world of this seed small")
    parser.add_argument("--invariant", default="", help="with --minimize: the finding to keep, by its first word")
    parser.add_argument("--mute", action="append", default=[], help="leave out a fault or a move, by its name in the story")
    parser.add_argument(
        "--ablations", action="store_true", help="switch off one safeguard at a time: after how many worlds is it noticed?"
    )
    parser.add_argument(
        "--cells", action="store_true", help="tell how often each fault struck in each step, and which cells were never hit"
    )
    parser.add_argument("--timings", action="store_true", help="tell how long a world takes")
    parser.add_argument("--json", action="store_true", help="kept for scripts: the last line is JSON in any case")
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stderr.write(line.encode("utf-8", "backslashreplace").decode() + "\n")


def _write(told: Iterable[str]) -> None:
    for line in told:
        sys.stdout.write(line.encode("utf-8", "backslashreplace").decode() + "\n")


def _again_with_fixed_hashes() -> None:
    """Start anew with the seed of Python's hashes fixed: the order of sets must not differ from one process to the next."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        command = [sys.executable, "-m", "pmsync.testing.simulate", *sys.argv[1:]]
        os.execve(sys.executable, command, {**os.environ, "PYTHONHASHSEED": "0"})  # noqa: S606 - this very program


if __name__ == "__main__":
    _again_with_fixed_hashes()
    sys.exit(main())
