"""What became of a write of ours, as the record's own history tells it. Functions of values.

Stamps are compared only with stamps of the same server, and alone they do not order what happened within one second: the values do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pmsync.connect.contract import Edit, Fetched
from pmsync.model.record import Record, RecordRef
from pmsync.model.values import Known, Observed, Settled, Unobserved, known, members
from pmsync.reconcile.operation import Change
from pmsync.reconcile.surface import Surface

TICK = 1.0
"""Seconds by which a stamp may be coarser than the order of things."""


def floor_after(record: Record, at: float) -> float:
    """The moment from which the history of ``record`` tells what happened after it was read; server time, Unix seconds.

    Its last change is told again only where it may have company within the same second. ``at``: the server's clock when it was read.
    """
    return math.nextafter(record.updated_at, math.inf) if at - TICK > record.updated_at else record.updated_at


@dataclass(frozen=True, slots=True)
class Lost:
    """A value that a write of ours wrote over unseen; ``upon``: it was made by somebody who had seen what we write (it arrived twice)."""

    edit: Edit
    value: Settled
    upon: bool


@dataclass(frozen=True, slots=True)
class Fate:
    """What the history says of one change.

    Attributes:
        arrived: an entry of ours says that it did. Where none does, nothing is proven: what shows already leaves no entry.
        stood: the value was there at some time since, whoever put it there.
        added, removed: for sets, the members that came and went since.
        lost: what we wrote over unseen.
    """

    arrived: bool
    stood: bool
    added: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()
    lost: tuple[Lost, ...] = ()


@dataclass(frozen=True, slots=True)
class Late:
    """A write that had counted as lost has arrived. ``there``: what was agreed upon before, with that write applied to it."""

    there: Settled
    lost: tuple[Lost, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """One record's entries since the op's floor, in order; ``me`` is our own account."""

    edits: tuple[Edit, ...]
    me: str

    @classmethod
    def of(cls, fetched: Fetched, ref: RecordRef, floor: float, me: str) -> History:
        """The part of what was fetched that concerns one record from ``floor`` on."""
        return cls(tuple(edit for edit in fetched.edits if edit.ref == ref and edit.at >= floor), me)

    def made(self, surface: str, shown: Observed) -> Observed:
        """What our create made of the surface: what it showed until somebody else came, or else what it shows now."""
        foreign = (edit.before for edit in self.edits if edit.surface == surface and edit.actor != self.me)
        return next(foreign, shown)

    def lost_in_making(self, surface: Surface, change: Change) -> tuple[Lost, ...]:
        """What a create wrote over unseen: where it takes several steps, somebody may come between the first of them and the last."""
        chain = [edit for edit in self.edits if edit.surface == surface.id]
        if not chain or _is_set(change) or isinstance(made := chain[0].before, Unobserved):
            return ()
        ours = [place for place, edit in enumerate(chain) if edit.actor == self.me]
        return self._lost(surface, replace(change, before=made), chain, ours)

    def fate(self, surface: Surface, change: Change, floor: float) -> Fate:
        """What became of one change of an update whose target was read at ``floor``."""
        chain = self._since(surface, change, floor)
        ours = [place for place, edit in enumerate(chain) if edit.actor == self.me]
        sets = _is_set(change)
        return Fate(
            arrived=bool(ours),
            stood=any(_same(surface, edit.after, change.after) for edit in chain),
            added=_gone_or_come(chain, come=True) if sets else frozenset(),
            removed=_gone_or_come(chain, come=False) if sets else frozenset(),
            lost=self._lost_members(change, chain, ours) if sets else self._lost(surface, change, chain, ours),
        )

    def late(self, surface: Surface, change: Change, agreed: Settled, floor: float) -> Late | None:
        """Whether ``change``, sent after the target was read at ``floor`` and then believed lost, arrived after ``agreed`` was agreed upon."""
        chain = self._since(surface, change, floor)
        known_to = max((place for place, edit in enumerate(chain) if _same(surface, edit.after, agreed)), default=-1)
        unknown = chain[known_to + 1 :]
        ours = [place for place, edit in enumerate(unknown) if edit.actor == self.me]
        if _is_set(change):
            return self._late_members(change, agreed, unknown, ours)
        arrived = [place for place in ours if _same(surface, unknown[place].after, change.after)]
        if not arrived or _same(surface, agreed, change.after):
            return None
        return Late(change.after, self._lost(surface, replace(change, before=agreed), unknown, arrived))

    def _late_members(self, change: Change, agreed: Settled, unknown: Sequence[Edit], ours: Sequence[int]) -> Late | None:
        mine = [unknown[place] for place in ours]
        came = _gone_or_come(mine, come=True) & change.added - members(agreed)
        went = _gone_or_come(mine, come=False) & change.removed & members(agreed)
        return Late(known((members(agreed) | came) - went)) if came or went else None

    def _since(self, surface: Surface, change: Change, floor: float) -> list[Edit]:
        """The surface's entries after the target was read. Those of the very second of its last change count from where the value is left
        that was read; where it is not left, they came before.
        """  # noqa: D205 - one thought
        own = [edit for edit in self.edits if edit.surface == surface.id]
        doubtful = [edit for edit in own if edit.at <= floor]
        later = [edit for edit in own if edit.at > floor]
        start = next((at for at, edit in enumerate(doubtful) if _same(surface, edit.before, change.before)), len(doubtful))
        return [*doubtful[start:], *later]

    def _lost(self, surface: Surface, change: Change, chain: Sequence[Edit], ours: Sequence[int]) -> tuple[Lost, ...]:
        found = []
        for place in ours:
            if place == 0 or chain[place - 1].actor == self.me:
                continue
            theirs = chain[place - 1]
            value = theirs.after if isinstance(chain[place].before, Unobserved) else chain[place].before
            if isinstance(value, Unobserved) or _same(surface, value, change.before) or _same(surface, value, change.after):
                continue
            found.append(Lost(theirs, value, upon=any(mine < place for mine in ours)))
        return tuple(found)

    def _lost_members(self, change: Change, chain: Sequence[Edit], ours: Sequence[int]) -> tuple[Lost, ...]:
        """Members that somebody added and our write then took off. An addition goes before a removal, so the other way round loses nothing."""
        found = []
        for place in ours:
            taken = _set(chain[place].before) - _set(chain[place].after)
            for theirs in (edit for edit in chain[:place] if edit.actor != self.me):
                again = (_set(theirs.after) - _set(theirs.before)) & taken & change.removed
                if again:
                    found.append(Lost(theirs, known(again), upon=False))
        return tuple(found)


def _is_set(change: Change) -> bool:
    return any(isinstance(value, Known) and isinstance(value.value, frozenset) for value in (change.before, change.after))


def _set(value: Observed) -> frozenset[str]:
    return frozenset() if isinstance(value, Unobserved) else members(value)


def _gone_or_come(chain: Sequence[Edit], *, come: bool) -> frozenset[str]:
    steps = ((_set(edit.after), _set(edit.before)) if come else (_set(edit.before), _set(edit.after)) for edit in chain)
    return frozenset[str]().union(*(one - other for one, other in steps))


def _same(surface: Surface, one: Observed, other: Observed) -> bool:
    if isinstance(one, Unobserved) or isinstance(other, Unobserved):
        return False
    return surface.lens.canon(one) == surface.lens.canon(other)
