"""What came of many seeds: figures that can be added up, kept in a file, and told in one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pmsync.testing.simulate.case import Finding
from pmsync.testing.simulate.cells import PHASES, impossible, possible
from pmsync.testing.simulate.outcome import INVARIANTS, MUST_BE_ZERO, Outcome

_TRACE = 16
"""Hex digits of a trace's hash that are kept: enough to tell millions apart."""

_PLAIN = ("runs", "thin", "faults", "crashes", "edits", "writes", "pairs", "agreed", "twice")
_COUNTED = ("violations", "known")
_TIMED = ("wall", "cpu")


@dataclass(slots=True)
class Sum:
    """Many outcomes added up; worlds that do not count are only counted as such.

    Attributes:
        runs: worlds in which enough happened; ``thin`` are the others, ``twice`` those of all that were played twice.
        violations: invariant to how often it was broken; ``known`` counts by the cause that explains it.
        kinds: the faults that there were.
        cells: (fault, phase) to how often it struck.
        traces: the hashes of what happened.
        wall: whole milliseconds to the worlds that took so long; ``cpu`` the same on a processor.
        failing: seed to what was found.
    """

    runs: int = 0
    thin: int = 0
    faults: int = 0
    crashes: int = 0
    edits: int = 0
    writes: int = 0
    pairs: int = 0
    agreed: int = 0
    twice: int = 0
    violations: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    kinds: set[str] = field(default_factory=set)
    cells: Counter[tuple[str, str]] = field(default_factory=Counter)
    traces: set[str] = field(default_factory=set)
    wall: Counter[int] = field(default_factory=Counter)
    cpu: Counter[int] = field(default_factory=Counter)
    failing: dict[int, list[Finding]] = field(default_factory=dict)

    def add(self, one: Outcome) -> None:
        """Add one world. What is wrong in it counts in any case; its figures only where enough happened."""
        self.wall[round(one.seconds * 1000)] += 1
        self.cpu[round(one.cpu * 1000)] += 1
        if one.findings:
            self.failing[one.seed] = list(one.findings)
        for finding in one.findings:
            self.violations[finding.invariant] += 1
            self.known[finding.cause] += bool(finding.cause)
        if not one.counts:
            self.thin += 1
            return
        self.runs += 1
        self.faults += one.faults
        self.crashes += one.crashes
        self.edits += one.edits
        self.writes += one.writes
        self.pairs += one.pairs
        self.agreed += one.agreed
        self.kinds |= one.kinds
        self.cells.update(one.cells)
        self.traces.add(one.trace[:_TRACE])

    @property
    def played(self) -> int:
        """All worlds."""
        return self.runs + self.thin

    @property
    def zeros(self) -> dict[str, int]:
        """The counts that must be 0."""
        return {name: sum(self.violations[one] for one in names) for name, names in MUST_BE_ZERO.items()}

    def missed(self) -> list[str]:
        """Cells that can be hit and never were."""
        return [f"{kind}/{phase}" for kind, phase in possible() if not self.cells[kind, phase]]

    def astonishing(self) -> list[str]:
        """Cells that were hit though ``cells`` says that they cannot be, or knows nothing of the step."""
        return [f"{kind}/{phase}" for kind, phase in sorted(self.cells) if impossible(kind, phase) or phase not in PHASES]

    def line(self, seconds: float) -> dict[str, Any]:
        """The final line. Beside what it must tell: the worlds that were too thin to count, those played twice, and what explains findings."""
        zeros = self.zeros
        return {
            "runs": self.runs,
            "fault_kinds": len(self.kinds),
            "faults_fired": self.faults,
            "crashes": self.crashes,
            "edits": self.edits,
            "writes": self.writes,
            "invariants": len(INVARIANTS),
            **zeros,
            "agreed_share": round(self.agreed / self.pairs, 4) if self.pairs else 0.0,
            "cells_missed": len(self.missed()),
            "distinct_traces": len(self.traces),
            "seconds": round(seconds, 1),
            "thin": self.thin,
            "played_twice": self.twice,
            "known_causes": {cause: count for cause, count in sorted(self.known.items()) if count},
        }

    def timings(self) -> dict[str, int]:
        """Milliseconds of a world: the median and the 90th of 100, on the wall and on a processor."""
        return {
            "median_ms": _quantile(self.wall, 0.5),
            "p90_ms": _quantile(self.wall, 0.9),
            "median_cpu_ms": _quantile(self.cpu, 0.5),
            "p90_cpu_ms": _quantile(self.cpu, 0.9),
        }

    # -- kept in a file ------------------------------------------------------------------------------------------------------------

    def plain(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            **{name: getattr(self, name) for name in (*_PLAIN, *_COUNTED)},
            **{name: list(getattr(self, name).items()) for name in _TIMED},
            "cells": [[kind, phase, count] for (kind, phase), count in self.cells.items()],
            "kinds": sorted(self.kinds),
            "traces": sorted(self.traces),
            "failing": [[seed, [[one.invariant, one.text, one.cause] for one in found]] for seed, found in self.failing.items()],
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Sum:
        """Undo ``plain``."""
        total = cls(
            kinds=set(plain["kinds"]),
            cells=Counter({(kind, phase): count for kind, phase, count in plain["cells"]}),
            traces=set(plain["traces"]),
            failing={seed: [Finding(*one) for one in found] for seed, found in plain["failing"]},
        )
        for name in _PLAIN:
            setattr(total, name, plain[name])
        for name in _COUNTED:
            setattr(total, name, Counter(plain[name]))
        for name in _TIMED:
            setattr(total, name, Counter(dict(plain[name])))
        return total


def _quantile(times: Counter[int], share: float) -> int:
    passed, wanted = 0, share * times.total()
    for time in sorted(times):
        passed += times[time]
        if passed >= wanted:
            return time
    return 0
