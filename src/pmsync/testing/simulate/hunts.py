"""After how many worlds is a missing safeguard noticed? A hunt through the seeds, kept in a file, so that it goes on where it stopped."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pmsync.testing.simulate.ablations import ABLATIONS, BEHIND, kinds_for, without
from pmsync.testing.simulate.outcome import run
from pmsync.testing.simulate.progress import FOLDER, fingerprint
from pmsync.testing.simulate.shape import draw

BUG = "bug"
"""A program that falls over for what was taken out of it shows that it was there, not that it keeps anything safe: that does not count."""

EVERY = 5.0
"""Seconds between two savings."""


@dataclass(frozen=True, slots=True)
class Hunt:
    """How far one hunt has come.

    Attributes:
        tried: how many seeds it has been through, those whose worlds cannot show anything included.
        invariant: the short name of what was found, "" while nothing was.
        found: where, and what.
        seconds: how long it took, on the clock on the wall.
    """

    tried: int = 0
    invariant: str = ""
    found: str = ""
    seconds: float = 0.0


def hunt(names: str, seeds: Sequence[int], so_far: Hunt = Hunt(), until: Callable[[], bool] = lambda: False) -> Hunt:
    """Play without a safeguard until something is found that no known fault explains and that does not happen with it.

    A world without the kinds of mishap that the ablation names cannot show anything. It counts as tried and is not played.
    """
    began, kinds = time.perf_counter(), kinds_for(names)
    tried, found = so_far.tried, ("", "")
    for seed in seeds[so_far.tried :]:
        if until():
            break
        tried += 1
        if kinds <= draw(seed).kinds:
            found = noticed(names, seed)
        if found[0]:
            break
    return Hunt(tried, *found, so_far.seconds + time.perf_counter() - began)


def noticed(names: str, seed: int) -> tuple[str, str]:
    """What is wrong with one world without the safeguards, and is not with them: the invariant, and a sentence; two empty texts for nothing.

    Of a pair (``lease+fencing``) the world that lacks only the second one must not show it either.
    """
    with without(names):
        findings = [one for one in run(seed).findings if not one.cause and one.invariant != BUG]
    if not findings:
        return "", ""
    usual = {one.invariant for one in run(seed).findings}
    _, _, first_line = names.partition("+")
    if first_line:
        with without(first_line):
            usual |= {one.invariant for one in run(seed).findings}
    fresh = next((one for one in findings if one.invariant not in usual), None)
    return (fresh.invariant, f"seed {seed}: {fresh.text}") if fresh else ("", "")


class Table:
    """The hunts of all ablations over the same seeds, kept in ``path``."""

    def __init__(self, seeds: range, path: Path) -> None:
        self._seeds, self._path = seeds, path
        self._saved = time.monotonic()
        kept = json.loads(path.read_text()) if path.exists() else {}
        self.hunts: dict[str, Hunt] = {name: Hunt(**kept[name]) if name in kept else Hunt() for name in ABLATIONS}

    def fill(self, over: Callable[[], bool], tell: Callable[[str], None]) -> bool:
        """Hunt for one after the other; False when there was no time for all of it. ``tell`` hears a line about each."""
        for name in self.hunts:
            while self._open(name):
                self.hunts[name] = hunt(name, self._seeds, self.hunts[name], lambda: over() or self._due())
                self._keep()
                if over() and self._open(name):
                    return False
            tell(self.line(name))
        return True

    def line(self, name: str) -> str:
        """What came of one hunt, in a sentence."""
        one = self.hunts[name]
        if one.invariant:
            return f"without {name}: noticed after {one.tried:,} worlds, {one.seconds:.0f} s, {one.invariant}: {one.found}"
        behind = f", see {name}+{BEHIND[name]}" if name in BEHIND else ""
        return f"without {name}: nothing noticed in {one.tried:,} worlds, {one.seconds:.0f} s{behind}"

    def unnoticed(self) -> list[str]:
        """The safeguards whose absence nothing notices, neither alone nor together with the one they stand behind."""
        pairs = {name: f"{name}+{other}" for name, other in BEHIND.items()}
        return [name for name in ABLATIONS if not (self.hunts[name].invariant or self.hunts[pairs.get(name, name)].invariant)]

    def figures(self) -> Mapping[str, int | None]:
        """Name to how many worlds it took, None where nothing was noticed."""
        return {name: one.tried if one.invariant else None for name, one in self.hunts.items()}

    def _open(self, name: str) -> bool:
        return not self.hunts[name].invariant and self.hunts[name].tried < len(self._seeds)

    def _due(self) -> bool:
        return time.monotonic() - self._saved >= EVERY

    def _keep(self) -> None:
        self._path.parent.mkdir(exist_ok=True)
        fresh = self._path.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps({name: asdict(one) for name, one in self.hunts.items()}))
        fresh.replace(self._path)
        self._saved = time.monotonic()


def file_of(seeds: range, folder: Path = FOLDER) -> Path:
    """The file of the hunts over ``seeds`` with the code as it is now."""
    return folder / f"{fingerprint()}-{seeds.start}-{len(seeds)}-ablations.json"
