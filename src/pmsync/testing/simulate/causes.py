"""Faults of the engine that are known and not mended yet, so that a new one stands out.

They are counted like all others and never excused: a campaign that meets one ends with exit code 1. An entry is deleted together with its
fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pmsync.testing.simulate.hosts import Host
from pmsync.testing.simulate.shape import POWER

KNOWN: Mapping[str, str] = {}
"""The name of a known fault, as findings bear it, to what it is."""


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

    reread: int = 0
    """How many acts there had been when a store that was put back had read everything again. Until then it meets each record as if for the
    first time: what was agreed is not known, sets are united, and two titles that differ stand against each other.
    """

    lapses: list[tuple[int, int]] = field(default_factory=list)
    """From which act up to which one the store that was put back knows nothing."""

    retied: dict[str, int] = field(default_factory=dict)
    """Family to how many acts there had been when one of its records, linked anew, was first met again: as at first contact."""

    def forgotten(self, family: str) -> int:
        """Acts of the family before this one may have come to anything: what was agreed of them is known no more."""
        return max(self.remembered, self.reread, self.retied.get(family, 0))

    @property
    def power_cut(self) -> bool:
        """Whether the power ever went."""
        return any(strike.endswith(POWER) for strike in self.struck)
