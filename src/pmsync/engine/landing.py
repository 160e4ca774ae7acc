"""Landing: one op held against what its record shows afterwards, surface by surface.

The evidence, best first: the record's own history, the write's own answer, and what is shown. Where one of the first two tells, an edit made
upon our write is never taken for its failure, and what people did to a record that we made never for the way the system made it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pmsync.engine.context import Context
from pmsync.engine.history import Fate, History, Lost
from pmsync.engine.refusals import accepted, refuse
from pmsync.model.item import Link
from pmsync.model.record import Record
from pmsync.model.values import EMPTY, Empty, Known, Observed, Settled, Unobserved, is_set, known, members
from pmsync.reconcile.lens import Unmapped
from pmsync.reconcile.operation import Change, Operation
from pmsync.reconcile.overwritten import Overwritten
from pmsync.reconcile.surface import Surface
from pmsync.reconcile.view import Base, BaseWrite
from pmsync.store import Transaction
from pmsync.store.journal import Entry


@dataclass(frozen=True, slots=True)
class Proof:
    """What is known of a write beside the read-back.

    Attributes:
        refused: surface to the reason, as the receipt names them.
        answer: the record as the write's own answer shows it, None when there is none.
        history: what happened since the target was read, of a created record since it was made; None where no history is kept.
        floor: from when on, server time in Unix seconds; see ``history.floor_after``.
        untouched: of a created record: nobody can have changed it since, by its own account.
    """

    refused: Mapping[str, str] = field(default_factory=dict)
    answer: Record | None = None
    history: History | None = None
    floor: float = 0.0
    untouched: bool = False


@dataclass(frozen=True, slots=True)
class Landing:
    """One op, its record as read back, and what else is known."""

    context: Context
    tx: Transaction
    op: Operation
    link: Link
    record: Record
    proof: Proof

    def landed(self, change: Change) -> bool:
        """Whether the change is there, or is proven to have been."""
        surface, shown = self._look(change)
        if surface is None or isinstance(shown, Unobserved):
            return False
        if _alike(surface, shown, change.after):
            return True
        fate = self._fate(surface, change)
        return fate is not None and fate.arrived and _arrived(surface, change, shown, fate) is None

    def may_come(self, change: Change) -> bool:
        """Of a record that we made: whether a step of its own that was to set the change may still be under way."""
        surface, told = self._look(change)[0], self._made(change.surface)
        if surface is None:
            return False
        return (
            told is None
            or isinstance(told, Unobserved)
            or not (_alike(surface, told, change.after) or self._says(surface, change, told))
        )

    def settle(self, change: Change) -> bool:
        """Move the base of one written surface as far as the evidence allows; True when the value landed."""
        surface, shown = self._look(change)
        if surface is None or isinstance(shown, Unobserved):
            return False
        if _alike(surface, shown, change.after) or self._says(surface, change, shown):
            self._agree(change, shown)
            return True
        if self.op.ref is None:
            return self._settle_made(surface, change, shown)
        fate, answered = self._fate(surface, change), self._answered(surface, change)
        arrived = _arrived(surface, change, shown, fate)
        if arrived is not None and not answered:
            return self._part(surface, change, arrived)
        if answered or (fate is not None and (fate.arrived or fate.stood)):  # what shows now was made upon it
            self._agree(change, change.after)
            return True
        if change.surface in self.proof.refused or _alike(surface, shown, change.before):
            self._refuse(change, "the value was accepted but is not stored: is a permission or a screen missing?")
            return False
        if fate is not None:  # it never was there: what shows is an edit that did not know it
            return False
        self._agree(change, change.after)
        return True

    def lost(self) -> list[Overwritten]:
        """What the op wrote over unseen. To be asked before any base moves."""
        found = []
        bases = None
        for change in self.op.changes:
            surface = self.context.surface_map(self.op.scope).get(change.surface)
            for one in () if surface is None else self._lost(surface, change):
                bases = bases if bases is not None else self.tx.bases.of_links([self.link.uid]).get(self.link.uid, {})
                row = bases.get(change.surface)
                base = Base(change.after, change.hub) if one.upon else row.base if row else None
                found.append(Overwritten(self.link.uid, change.surface, one.value, base, one.edit.actor, one.edit.at))
        return found

    def first_bases(self) -> None:
        """For a record we created: what the system made of it by itself, where nothing of ours landed, is nobody's edit.

        Where it is not known what the system made, a value may be an edit, and meets the hub's as at first contact.
        """
        rows = self.tx.bases.of_links([self.link.uid]).get(self.link.uid, {})
        initial = []
        for surface in self.context.surfaces(self.op.scope, self.op.item_kind.nature):
            row, made = rows.get(surface.id), self._made(surface.id)
            if (row is None or row.base is None) and made is not None and not isinstance(made, Unobserved):
                initial.append(BaseWrite(self.link.uid, surface.id, Base(made, EMPTY), "as the system made it"))
        self.tx.bases.put(initial, self.op.uid)

    # -- the evidence -------------------------------------------------------------------------------------------------

    def _look(self, change: Change) -> tuple[Surface | None, Observed]:
        surface = self.context.surface_map(self.op.scope).get(change.surface)
        return surface, self.record.values.get(change.surface, Unobserved("not read"))

    def _fate(self, surface: Surface, change: Change) -> Fate | None:
        if self.op.ref is None or self.proof.history is None:
            return None
        return self.proof.history.fate(surface, change, self.proof.floor)

    def _lost(self, surface: Surface, change: Change) -> tuple[Lost, ...]:
        if self.op.ref is None:
            return () if self.proof.history is None else self.proof.history.lost_in_making(surface, change)
        fate = self._fate(surface, change)
        return () if fate is None else fate.lost

    def _answered(self, surface: Surface, change: Change) -> bool:
        """Whether the write's own answer shows that the value was stored, and somebody else was at the record since."""
        if self.proof.answer is None or self._is_ours_still():
            return False
        told = self.proof.answer.values.get(change.surface)
        if told is None or isinstance(told, Unobserved):
            return False
        sets = is_set(change.before) or is_set(change.after)
        return _arrived(surface, change, told) is None if sets else _alike(surface, told, change.after)

    def _made(self, surface: str) -> Observed | None:
        """What our create made of a surface, before anybody else came; None where that is not known."""
        shown = self.record.values.get(surface, Unobserved("not read"))
        if self._is_ours_still():
            return shown
        if self.proof.answer is not None:
            return self.proof.answer.values.get(surface, shown)
        if self.proof.history is not None:
            return self.proof.history.made(surface, shown)
        return shown if self.proof.untouched else None

    def _is_ours_still(self) -> bool:
        """Whether the system itself says that nobody came after us: then what shows is what our write made of it, whatever its answer said."""
        return bool(self.record.actor) and self.proof.untouched

    # -- what follows -------------------------------------------------------------------------------------------------

    def _settle_made(self, surface: Surface, change: Change, shown: Settled) -> bool:
        """For a record we created. What it was made with beside what was sent is the system's own, and left for an update to set."""
        told = self._made(change.surface)
        made = shown if told is None or isinstance(told, Unobserved) else told
        if _alike(surface, made, change.after) or self._says(surface, change, made):
            self._agree(change, made)
            return True
        never_set = told is not None and isinstance(made, Empty)
        if change.surface in self.proof.refused or change.field in ("status", "priority") or never_set:
            return False
        arrived = None if told is None else _arrived(surface, change, made)
        if arrived is not None:
            return self._part(surface, change, arrived)
        self._agree(change, change.after)
        return True

    def _says(self, surface: Surface, change: Change, shown: Settled) -> bool:
        """Whether the value says what was to be said; what takes a write back does not aim at the hub's value."""
        return not self.op.undoes and surface.lens.consistent(shown, change.hub)

    def _part(self, surface: Surface, change: Change, arrived: Settled) -> bool:
        """Of a set only a part arrived: the rest stays wanted and is never taken for a person's removal."""
        hub = change.hub if self.op.undoes else surface.lens.ingest(arrived, change.hub)
        if not isinstance(hub, Unmapped):
            write = BaseWrite(self.link.uid, change.surface, Base(surface.agreed(arrived), hub), "as far as it was stored")
            self.tx.bases.put([write], self.op.uid, undone=self._undone(change, arrived))
        if self.op.ref is not None:
            self._refuse(change, "only a part of it is stored")
        return False

    def _refuse(self, change: Change, otherwise: str) -> None:
        """What takes a write back is tried once: a refusal is told, and nothing waits for a better moment."""
        reason = self.proof.refused.get(change.surface, otherwise)
        if not self.op.undoes:
            refuse(self.context, self.tx, self.link, change, reason)
            return
        said = f"{self.link.key} {change.field} is not put back: {reason}"
        self.context.tell("rejected", said, scope=self.op.scope, item=self.op.item, field=change.field)

    def _agree(self, change: Change, remote: Settled) -> None:
        surface = self.context.surface_map(self.op.scope)[change.surface]
        write = BaseWrite(self.link.uid, change.surface, Base(surface.agreed(remote), change.hub), change.why)
        self.tx.bases.put([write], self.op.uid, undone=self._undone(change, remote))
        accepted(self.tx, self.link, change)
        entry = Entry(
            self.context.run,
            "undo" if self.op.undoes else "write",
            self.op.item,
            field=change.field,
            link=self.link.uid,
            system=self.op.scope.system,
            op=self.op.uid,
            before=change.before,
            after=change.after if is_set(change.before) or is_set(change.after) else remote,
            why=change.why,
            at=self.context.clock.now(),
            surface=change.surface,
        )
        self.tx.journal.append([entry])

    def _undone(self, change: Change, remote: Settled) -> str:
        """The run by which the two sides stand as they differ; "" where they do not."""
        surface = self.context.surface_map(self.op.scope)[change.surface]
        return self.context.run if self.op.undoes and not surface.lens.consistent(remote, change.hub) else ""


def _alike(surface: Surface, one: Settled, other: Settled) -> bool:
    return surface.lens.canon(one) == surface.lens.canon(other)


def _arrived(surface: Surface, change: Change, shown: Settled, fate: Fate | None = None) -> Settled | None:
    """The set as far as what we sent arrived; None when all of it did, or when it is no set. What others changed beside it does not count.

    What came or went at any time since, by the history, did arrive.
    """
    if not (is_set(change.before) or is_set(change.after)):
        return None
    before, after = _spelled(surface, change.before), _spelled(surface, change.after)
    came, went = (fate.added, fate.removed) if fate is not None else (frozenset[str](), frozenset[str]())
    there = _spelled(surface, shown).keys()
    seen, gone = there | _spelled(surface, known(came)).keys(), _spelled(surface, known(went)).keys()
    missing = {key for key in after if key not in before and key not in seen}
    left = {key: label for key, label in before.items() if key not in after and key in there and key not in gone}
    if not missing and not left:
        return None
    return known(frozenset({**left, **{key: label for key, label in after.items() if key not in missing}}.values()))


def _spelled(surface: Surface, value: Settled) -> dict[Settled, str]:
    """The members of a set as they are written, by what they are up to canon."""
    return {surface.lens.canon(Known(frozenset({member}))): member for member in sorted(members(value))}
