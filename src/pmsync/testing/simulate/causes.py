"""Faults of the engine that are known and not mended yet, so that a new one stands out.

They are counted like all others and never excused: a campaign that meets one ends with exit code 1. An entry is deleted together with its
fault.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from pmsync.testing.simulate.hosts import Host
from pmsync.testing.simulate.shape import POWER
from pmsync.testing.simulate.truth import Act

KNOWN: Mapping[str, str] = {
    "restored": "after an old backup was put back, what a record of ours shows is taken for agreed though somebody had edited it since, and twins "
    "of records that come back by their markers become items of their own",
    "copied": "while two copies of one store are at work side by side, each takes the other's writes for people's edits, and a label that somebody "
    "took off may come back",
    "edited_in_doubt": "where nobody is told who changed what, an edit made upon a write of ours that is in doubt is taken for one that did not "
    "know it: a needless conflict",
}


@dataclass(slots=True)
class Circumstances:
    """What was the case when things happened.

    ``doubtful``: acts of people on records on which a write of ours was unresolved. ``confirmed``: thing to the number of acts there had been
    when the engine read back that it had made it. ``inside``: acts of people in the midst of a round. ``rounds``: how many acts there had been
    when each round began. ``struck``: the faults that befell the world, each ending with its kind.
    """

    doubtful: set[int] = field(default_factory=set)
    confirmed: dict[str, int] = field(default_factory=dict)
    inside: set[int] = field(default_factory=set)
    rounds: list[int] = field(default_factory=list)
    struck: list[str] = field(default_factory=list)
    host: Host = field(default_factory=Host)
    copied: bool = False
    """Whether a copy of the store was at work: what both made is surplus, and only detected."""
    remembered: int = 0
    """How many acts there had been when the store was last made to forget something: what came of them may be known to nobody."""

    retied: dict[str, int] = field(default_factory=dict)
    """Family to how many acts there had been when one of its records, linked anew, was first met again: as at first contact."""

    def forgotten(self, family: str) -> int:
        """Acts of the family before this one may have come to anything: what was agreed of them is known no more."""
        return max(self.remembered, self.retied.get(family, 0))

    @property
    def power_cut(self) -> bool:
        """Whether the power ever went."""
        return any(strike.endswith(POWER) for strike in self.struck)


class Causes:
    """Tells which known fault, if any, explains a finding. ``blind``: systems that tell nobody who changed what."""

    def __init__(self, circumstances: Circumstances, blind: Set[str]) -> None:
        self._circumstances, self._blind = circumstances, blind

    def of_family(self, acts: Sequence[Act]) -> str:
        """For a thing that is managed twice, or not where it should be."""
        return "restored" if any(act.seq < self._circumstances.remembered for act in acts) else ""

    def of_loss(self, act: Act) -> str:
        """For a lost edit."""
        if self._circumstances.copied and act.name == "labels":
            return "copied"
        return "restored" if act.seq < self._circumstances.remembered else ""

    def of_conflict(self, acts: Sequence[Act]) -> str:
        """For a needless conflict."""
        doubtful = self._circumstances.doubtful
        return "edited_in_doubt" if any(act.seq in doubtful and act.system in self._blind for act in acts) else ""
