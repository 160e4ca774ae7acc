"""Where a record and the hub differ, and what explains it. An independent look: it asks the lenses, never ``reconcile``.

A difference is explained by what is known to stand in the way: a conflict, a value without a counterpart, a person's pause. What should have
been taken over or written and was not, while nothing says why, is *unexplained*.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pmsync.engine.breaker import CODE, place
from pmsync.engine.refusals import refusal
from pmsync.engine.setup import Policy
from pmsync.model.enums import Audience, Direction
from pmsync.model.fields import FIELDS, MergeType
from pmsync.model.item import Item, Link
from pmsync.model.labels import by_key
from pmsync.model.record import Record
from pmsync.model.values import EMPTY, Empty, Known, Settled, Unobserved, members
from pmsync.reconcile.lens import Unmapped, Unrepresentable
from pmsync.reconcile.lenses import TextLens
from pmsync.reconcile.operation import Change
from pmsync.reconcile.seats import CUT
from pmsync.reconcile.sentences import say
from pmsync.reconcile.surface import Surface
from pmsync.store import Transaction
from pmsync.store.bases import BaseRow


class Why(StrEnum):
    """What explains a difference. ``docs/glossary.md`` has the words."""

    CONFLICT = "conflict"
    WAITING = "waiting"
    UNMAPPED = "unmapped"
    UNREPRESENTABLE = "unrepresentable"
    REFUSED = "refused"
    PULL_ONLY = "pull_only"
    READ_ONLY = "read_only"
    PROTECTED = "protected"
    PAUSED = "paused"
    FROZEN = "frozen"
    UNDONE = "undone"
    EDITED = "edited"
    MISSING = "missing"
    RESTRICTED = "restricted"
    RESPECTED = "respected"
    LOOP = "loop"
    STALE_MAP = "stale_map"
    UNSET = "unset"
    CUT = "cut"
    UNSEEN = "unseen"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where a record and the hub differ; ``field`` and ``surface`` are "" where it concerns the whole record.

    ``shows`` and ``hub``: the two values as a person reads them. ``note``: a sentence on the reason, "" where there is no more to say.
    """

    scope: str
    record: str
    url: str
    field: str
    surface: str
    why: Why
    shows: str
    hub: str
    note: str


@dataclass(frozen=True, slots=True)
class Pair:
    """One linked record beside its item, and all that may explain why they differ.

    Attributes:
        record: as it shows now.
        seen: as it was last pulled, None if it never was.
        shared: whether the item shows in other records too.
        disputed: fields in conflict.
        waiting: whether a write or a look at the item is still to come.
        halted: why nothing goes to or from the scope at present, with a sentence.
        barred: why nothing may be written to the record, with a sentence.
    """

    link: Link
    item: Item
    record: Record
    seen: Record | None
    bases: Mapping[str, BaseRow]
    shared: bool
    disputed: frozenset[str]
    waiting: bool
    halted: tuple[Why, str] | None
    barred: tuple[Why, str] | None


def differences(tx: Transaction, policy: Policy, surfaces: Mapping[str, Surface], pair: Pair) -> list[Difference]:
    """Every place where the two differ; none when they agree."""
    link, record = pair.link, pair.record
    if record.scope != link.scope:
        known = pair.seen is None or pair.seen.scope != record.scope
        why = Why.EDITED if known else Why.WAITING if pair.waiting else Why.UNEXPLAINED
        note = f"it was moved to {record.scope}"
        return [Difference(str(link.scope), record.key, record.url, "", "", why, str(record.scope), str(link.scope), note)]
    found = (
        _Place(tx, policy, pair, surface).difference()
        for surface in surfaces.values()
        if pair.item.kind.nature in surface.natures
    )
    return [one for one in found if one is not None]


def lost(link: Link, *, deleted: bool) -> Difference:
    """The difference that a record makes which cannot be read."""
    note = "it was deleted there" if deleted else "it cannot be read: deleted, moved, or out of sight"
    return Difference(str(link.scope), link.key, link.url, "", "", Why.MISSING, "", "", note)


def unread(link: Link) -> Difference:
    """The difference that a record makes which was never pulled."""
    return Difference(str(link.scope), link.key, link.url, "", "", Why.UNSEEN, "", "", "it was not pulled yet")


def tally(found: list[Difference]) -> Counter[str]:
    """How many differences there are for each reason."""
    return Counter(one.why.value for one in found)


@dataclass(frozen=True, slots=True)
class _Place:
    """One surface of one pair."""

    tx: Transaction
    policy: Policy
    pair: Pair
    surface: Surface

    def difference(self) -> Difference | None:
        """What differs here and why, None when nothing does or nothing is to be compared."""
        direction = self._direction
        if direction in (Direction.OFF, Direction.INIT):
            return None
        shown = self.pair.record.values.get(self.surface.id, Unobserved("it was not read"))
        if isinstance(shown, Unobserved):
            return None if self._hub == EMPTY else self._told(Why.UNSEEN, "(not seen)", shown.reason)
        if self.surface.lens.consistent(shown, self._hub):
            return None
        why, note = self._explained(shown)
        return self._told(why, self.surface.show(shown), note)

    def _told(self, why: Why, shows: str, note: str) -> Difference:
        record = self.pair.record
        scope, name = str(self.pair.link.scope), self.surface.field
        return Difference(scope, record.key, record.url, name, self.surface.id, why, shows, say(self._hub), note)

    @property
    def _direction(self) -> Direction:
        return self.policy.flow(self.surface.field, self.pair.link.ref.system, self.pair.item.kind.nature)

    @property
    def _hub(self) -> Settled:
        held = self.pair.item.fields.get(self.surface.field)
        return held.value if held else EMPTY

    @property
    def _base(self) -> BaseRow:
        return self.pair.bases.get(self.surface.id, BaseRow(None))

    def _alike(self, one: Settled, other: Settled) -> bool:
        return self.surface.lens.canon(one) == self.surface.lens.canon(other)

    def _moved(self, shown: Settled) -> bool:
        """Whether the record shows something else than was agreed; at first contact, anything at all."""
        base = self._base.base
        return not self.surface.lens.consistent(shown, EMPTY) if base is None else not self._alike(shown, base.remote)

    def _is_part(self) -> bool:
        """What was agreed here is a text cut for its length: an edit of it is not taken over."""
        base, lens = self._base.base, self.surface.lens
        return base is not None and isinstance(lens, TextLens) and lens.is_part(base.remote)

    def _still(self, shown: Settled) -> bool:
        """Whether both sides stand as they were agreed upon."""
        base = self._base.base
        return base is not None and not self._moved(shown) and _same(self.surface, base.hub, self._hub)

    def _explained(self, shown: Settled) -> tuple[Why, str]:
        if self.pair.halted is not None:
            return self.pair.halted
        looks: list[Callable[[Settled], Iterator[tuple[Why, str]]]] = [self._not_yet, self._standing]
        if not (self._direction.ingests and self._moved(shown)):  # else it should have been taken over: nothing excuses that
            looks += [self._unsayable, self._unwritten]
        for look in looks:
            if (found := next(look(shown), None)) is not None:
                return found
        if self.pair.waiting:
            return Why.WAITING, "the next sync settles it, or a plan waits for a person"
        return Why.UNEXPLAINED, "nothing known explains it"

    def _not_yet(self, shown: Settled) -> Iterator[tuple[Why, str]]:
        """What the next pull will bring, or a person has to end."""
        seen = self.pair.seen.values.get(self.surface.id) if self.pair.seen is not None else None
        if not isinstance(seen, Known | Empty) or not self._alike(seen, shown):
            yield Why.EDITED, "it was edited since the last pull"
        if self.surface.field in self.pair.disputed:
            yield Why.CONFLICT, "pmsync conflicts shows all sides"
        audiences = {self.pair.record.audience, self.pair.seen.audience if self.pair.seen else Audience.PRIVATE}
        if Audience.PRIVATE in audiences and self.pair.shared:
            yield Why.RESTRICTED, "only some people can read the record: nothing of it crosses"
        if self._is_part():
            if self._direction.ingests and self._moved(shown):
                yield Why.CUT, CUT.format(system=self.pair.link.ref.system)
            return
        meaning = self.surface.lens.ingest(shown, self._hub)
        if isinstance(meaning, Unmapped):
            yield Why.UNMAPPED, meaning.reason

    def _standing(self, shown: Settled) -> Iterator[tuple[Why, str]]:
        """What both sides know of and leave as it is."""
        if self._still(shown) and self._base.undone:
            yield Why.UNDONE, f"undone by run {self._base.undone[:8]}"
        link = self.pair.link
        told = self.tx.notices.get(link.scope, "stale_map", f"{link.key} {self.surface.field}: {say(self._hub)}")
        if told is not None and self._still(shown):
            yield Why.STALE_MAP, told.reason
        base = self._base.base
        if self._hub == EMPTY and (base is None or base.hub == EMPTY) and not (self._direction.ingests and self._moved(shown)):
            yield Why.UNSET, "the hub has no value, so none is written"

    def _unsayable(self, shown: Settled) -> Iterator[tuple[Why, str]]:
        """Why the hub's value can never be written there."""
        if not self._direction.emits:
            yield Why.PULL_ONLY, f"{self.surface.field} is not written to {self.pair.link.ref.system}, by the config"
        if self.surface.read_only is not None:
            yield Why.READ_ONLY, self.surface.read_only
        target = self.surface.lens.put(self._hub, shown)
        if isinstance(target, Unrepresentable):
            yield Why.UNREPRESENTABLE, target.reason
        elif refused := self.surface.judge(self._hub, target, self.pair.record).refused:
            yield Why.UNREPRESENTABLE, refused

    def _unwritten(self, shown: Settled) -> Iterator[tuple[Why, str]]:
        """Why the hub's value is not written there at present."""
        link = self.pair.link
        if self.pair.barred is not None:
            yield self.pair.barred
        if (row := self.tx.notices.get(link.scope, CODE, place(link, self.surface.id))) is not None:
            yield Why.LOOP, row.reason
        target = self.surface.lens.put(self._hub, shown)
        if not isinstance(target, Unrepresentable):
            change = Change(self.surface.id, self.surface.field, shown, target, self._hub, "")
            if (said := refusal(self.tx, link, change)) is not None:
                yield Why.REFUSED, said
        if self._base.drift_since is not None and self._direction is Direction.PUSH and self._moved(shown):
            yield Why.RESPECTED, "a person's edit is left standing for a while"


def _same(surface: Surface, one: Settled, other: Settled) -> bool:
    if FIELDS[surface.field].merge is MergeType.SET:
        return by_key(members(one)).keys() == by_key(members(other)).keys()
    return one == other
