"""From a position to a band, and what keeps it there: the margin that a cut has to be passed by, and the runs that have to agree.

Without it 5 % of noise in the inputs moves a thousand priorities in ninety runs over two hundred items, and every one of them is a
message to an engineer.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from pmsync.model.enums import Priority
from pmsync.model.roadmap import Framework
from pmsync.product.profiles import Profile

BANDS = tuple(Priority)
SHARES = (0.05, 0.20, 0.40, 0.30, 0.05)
"""Of critical, high, medium, low, minor."""

THRESHOLDS = {
    Framework.WEIGHTED: (85.0, 65.0, 35.0, 15.0),
    Framework.OPPORTUNITY: (15.0, 12.0, 10.0, 5.0),
    Framework.ICE: (640.0, 350.0, 125.0, 27.0),
}
"""The least scores of critical, high, medium, low where a formula has an end of its scale. RICE and the like have none."""

ENDS = {Framework.WEIGHTED: (0.0, 100.0), Framework.OPPORTUNITY: (0.0, 20.0), Framework.ICE: (1.0, 1000.0)}
ROOM = 0.8
"""A margin never takes more than this part of the room behind a cut, so that every band can be reached."""

Cuts = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Scale:
    """How positions are cut into bands.

    Attributes:
        what: ``percentile`` or ``score``.
        cuts: the least positions of critical, high, medium and low.
        up: how far a cut has to be passed on the way up.
        down: the same on the way down.
    """

    what: str
    cuts: Cuts
    up: Cuts
    down: Cuts

    def band(self, position: float) -> Priority:
        """The band by the cuts alone."""
        return _first(position, self.cuts, (0.0, 0.0, 0.0, 0.0))

    def settled(self, position: float, current: Priority) -> Priority:
        """The band that ``position`` leads to from ``current``: the nearest one that no margin speaks against."""
        least = _first(position, self.cuts, self.up)
        most = _first(position, self.cuts, tuple(-way for way in self.down))
        if current.rank > least.rank:
            return least
        return most if current.rank < most.rank else current


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of an item from run to run.

    Attributes:
        band: the band that its score put it in.
        since: when it came there, Unix seconds.
        estimate: a hash of what people estimated, and of the profile; where it changes, nothing is waited for.
        seen: the last run that had it.
        candidate: the band that it may move to; None while it stays.
        runs: how many runs in a row asked for a move that way.
        asked: when the first of them did.
    """

    band: Priority
    since: float
    estimate: str
    seen: float
    candidate: Priority | None = None
    runs: int = 0
    asked: float = 0.0


@dataclass(frozen=True, slots=True)
class Stability:
    """How sluggish bands are.

    Attributes:
        margin: how far a cut has to be passed: percentile points, or percent of the score's scale.
        confirm: how many runs in a row have to ask for the move;
        dwell: or for how long it has to have been asked for, seconds.
    """

    margin: float = 3.0
    confirm: int = 2
    dwell: float = 7 * 86_400.0


def scale_of(
    profile: Profile | None, population: int, *, least: int, shares: tuple[float, ...] = SHARES, margin: float = 3.0
) -> Scale:
    """The scale for a group of peers: by rank; in a group smaller than ``least``, by thresholds where the profile has any."""
    thresholds = _thresholds(profile) if population < least else None
    if profile is not None and thresholds is not None:
        low, high = ENDS[profile.framework] if profile.framework in ENDS else (thresholds[3], thresholds[0])
        return _scale("score", thresholds, margin * (high - low) / 100, (float("inf"), float("-inf")))
    above = [round(100 * (1 - sum(shares[: index + 1])), 6) for index in range(4)]
    cuts = (above[0], above[1], above[2], above[3])
    edge = 50 / max(population, 1)
    return _scale("percentile", cuts, margin, (100 - edge, edge))


def settle(memory: Memory | None, position: float, scale: Scale, estimate: str, now: float, stability: Stability) -> Memory:
    """Steps 3 and 4 for one item: the band that it is in from now on.

    A new item takes the band of the cuts at once, a newly estimated one the band that the margin allows at once; every other one moves
    when enough runs in a row asked for it. Where they asked for different bands, it moves to the nearest of them.
    """
    if memory is None:
        return Memory(scale.band(position), now, estimate, now)
    proposal = scale.settled(position, memory.band)
    memory = dataclasses.replace(memory, seen=now)
    if proposal is memory.band:
        return dataclasses.replace(memory, estimate=estimate, candidate=None, runs=0, asked=0.0)
    if estimate != memory.estimate:
        return Memory(proposal, now, estimate, now)
    return _confirmed(_asking(memory, proposal, now), proposal, now, stability)


def _asking(memory: Memory, proposal: Priority, now: float) -> Memory:
    candidate = memory.candidate
    if candidate is None or (candidate.rank < memory.band.rank) != (proposal.rank < memory.band.rank):
        return dataclasses.replace(memory, candidate=proposal, runs=1, asked=now)
    nearer = min(candidate, proposal, key=lambda band: abs(band.rank - memory.band.rank))
    return dataclasses.replace(memory, candidate=nearer, runs=memory.runs + 1)


def _confirmed(memory: Memory, proposal: Priority, now: float, stability: Stability) -> Memory:
    candidate = memory.candidate
    if candidate is None or (memory.runs < stability.confirm and now - memory.asked < stability.dwell):
        return memory
    moved = Memory(candidate, now, memory.estimate, now)
    return moved if proposal is candidate else dataclasses.replace(moved, candidate=proposal, runs=1, asked=now)


def _thresholds(profile: Profile | None) -> Cuts | None:
    if profile is None or profile.moscow:
        return None
    if profile.thresholds is not None:
        return profile.thresholds
    return None if profile.framework is None else THRESHOLDS.get(profile.framework)


def _scale(what: str, cuts: Cuts, margin: float, ends: tuple[float, float]) -> Scale:
    over = (ends[0], *cuts[:3])
    under = (*cuts[1:], ends[1])
    up = [max(0.0, min(margin, ROOM * (top - cut))) for cut, top in zip(cuts, over, strict=True)]
    down = [max(0.0, min(margin, ROOM * (cut - bottom))) for cut, bottom in zip(cuts, under, strict=True)]
    return Scale(what, cuts, (up[0], up[1], up[2], up[3]), (down[0], down[1], down[2], down[3]))


def _first(position: float, cuts: Cuts, beyond: tuple[float, ...]) -> Priority:
    for band, cut, margin in zip(BANDS, cuts, beyond, strict=False):
        if position >= cut + margin:
            return band
    return BANDS[-1]
