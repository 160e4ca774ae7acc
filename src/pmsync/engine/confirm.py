"""Confirm: read back what was written. A success code is not proof: several systems accept a value and silently drop it.

The base moves only for the surfaces the op wrote, and only to what was sent or to a value that means the same. Whatever else the read-back
shows is an observation for the next round, so an edit made between our write and our read is never taken for ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pmsync.connect.capabilities import Unsupported
from pmsync.connect.contract import Receipt
from pmsync.engine.context import Context
from pmsync.engine.observe import observe
from pmsync.engine.refusals import accepted, refuse
from pmsync.model.item import Link
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Empty, Known, Settled, Unobserved, is_set, known, members
from pmsync.reconcile.lens import Unmapped
from pmsync.reconcile.operation import Change, Operation
from pmsync.reconcile.surface import Surface
from pmsync.reconcile.view import Base, BaseWrite
from pmsync.store import Transaction
from pmsync.store.journal import Entry
from pmsync.store.ops import OpState


def confirm_updates(context: Context, scope: ScopeRef, ops: Sequence[Operation], receipts: Mapping[str, Receipt]) -> None:
    """Read the targets of answered updates back, in one batch, and settle their bases."""
    _confirm(context, scope, ops, receipts, {op.uid: op.ref for op in ops if op.ref})


def confirm_creates(context: Context, scope: ScopeRef, ops: Sequence[Operation], receipts: Mapping[str, Receipt]) -> None:
    """Read created records back, in one batch, and settle their first bases."""
    refs = {op.uid: ref for op in ops if (ref := receipts[op.uid].ref) is not None}
    _confirm(context, scope, ops, receipts, refs)


def _confirm(
    context: Context, scope: ScopeRef, ops: Sequence[Operation], receipts: Mapping[str, Receipt], refs: Mapping[str, RecordRef]
) -> None:
    if not refs:
        return
    fetched = context.connector(scope).fetch(scope, list(refs.values()))
    records = {record.ref: record for record in fetched.records}
    landed = [(op, record) for op in ops if (record := records.get(refs[op.uid])) is not None]
    untouched = {op.uid for op, record in landed if is_untouched(context, op, record, receipts[op.uid].record)}
    with context.store.transaction() as tx:
        observe(context, tx, scope, fetched.records)
        for op, record in landed:
            settle_op(context, tx, op, record, receipts[op.uid].refused, untouched=op.uid in untouched)


def is_untouched(context: Context, op: Operation, record: Record, answer: Record | None = None) -> bool:
    """Whether nobody can have changed the record since our create ``op`` made it; to be asked outside of transactions.

    The record itself tells where the system names who changed it last, or else by its stamps; an edit within the resolution of those shows
    against the create's own ``answer``, where there is one. A later stamp alone is no edit: history, where it is kept, has the last word.
    """
    if op.ref is not None:
        return False
    connector = context.connector(op.scope)
    if record.actor:
        return record.actor == connector.me()
    if record.updated_at <= record.created_at:
        return answer is None or answer.values == record.values
    if isinstance(connector.capabilities.history, Unsupported):
        return False
    return all(edit.actor == connector.me() for edit in connector.history(op.scope, [record.ref], record.created_at))


def settle_op(
    context: Context, tx: Transaction, op: Operation, record: Record, refused: Mapping[str, str], *, untouched: bool = False
) -> None:
    """Close an op whose landing is proven, by what its record shows now. ``untouched``: see ``is_untouched``."""
    link = tx.links.by_ref(record.ref)
    if link is None:
        tx.ops.advance(op.uid, OpState.CONFIRMED, ref=record.ref, reason="the record is not linked any more")
        return
    reader = _Reader(context, tx, op, link, record, refused, untouched)
    landed = [reader.settle(change) for change in op.changes]
    if untouched:
        reader.first_bases()
    tx.dirty.mark([f"item:{op.item}"], op.scope, "confirmed")
    tx.ops.advance(op.uid, OpState.CONFIRMED, ref=record.ref, reason="" if all(landed) else "some values did not land")
    context.tell("confirmed", f"{op.kind} {record.key}", scope=op.scope, item=op.item, op=op.uid)


@dataclass(frozen=True, slots=True)
class _Reader:
    """One op held against one read-back."""

    context: Context
    tx: Transaction
    op: Operation
    link: Link
    record: Record
    refused: Mapping[str, str]
    untouched: bool

    def settle(self, change: Change) -> bool:
        """Move the base of one written surface as far as the read-back allows; True when the value landed."""
        surface = self.context.surface_map(self.op.scope).get(change.surface)
        shown = self.record.values.get(change.surface, Unobserved("not read"))
        if surface is None or isinstance(shown, Unobserved):
            return False
        if surface.lens.canon(shown) == surface.lens.canon(change.after) or surface.lens.consistent(shown, change.hub):
            self._agree(change, shown)
            return True
        if self.op.ref is None and self._initial(change, shown):
            return False
        if self.op.ref is None and not self.untouched:  # somebody was at it since: what differs is an edit
            self._agree(change, change.after)
            return True
        arrived = _arrived(surface, change, shown)
        if arrived is not None:
            return self._part(surface, change, arrived)
        if change.surface in self.refused or self._untouched(surface, change, shown):
            reason = self.refused.get(
                change.surface, "the value was accepted but is not stored: is a permission or a screen missing?"
            )
            refuse(self.context, self.tx, self.link, change, reason)
            return False
        self._agree(change, change.after)
        return True

    def _initial(self, change: Change, shown: Settled) -> bool:
        """Whether a record we created shows the system's own initial value: no edit, and left for an update to set."""
        never_set = self.untouched and isinstance(shown, Empty)
        return change.surface in self.refused or change.field in ("status", "priority") or never_set

    def _part(self, surface: Surface, change: Change, arrived: Settled) -> bool:
        """Of a set only a part arrived: the rest stays wanted and is never taken for a person's removal."""
        hub = surface.lens.ingest(arrived, change.hub)
        if not isinstance(hub, Unmapped):
            write = BaseWrite(self.link.uid, change.surface, Base(arrived, hub), "as far as it was stored")
            self.tx.bases.put([write], self.op.uid)
        if self.op.ref is not None:
            refuse(self.context, self.tx, self.link, change, self.refused.get(change.surface, "only a part of it is stored"))
        return False

    def _untouched(self, surface: Surface, change: Change, shown: Settled) -> bool:
        return surface.lens.canon(shown) == surface.lens.canon(change.before)

    def _agree(self, change: Change, remote: Settled) -> None:
        self.tx.bases.put([BaseWrite(self.link.uid, change.surface, Base(remote, change.hub), change.why)], self.op.uid)
        accepted(self.tx, self.link, change)
        entry = Entry(
            self.context.run,
            "write",
            self.op.item,
            field=change.field,
            link=self.link.uid,
            system=self.op.scope.system,
            op=self.op.uid,
            before=change.before,
            after=change.after,
            why=change.why,
            at=self.context.clock.now(),
        )
        self.tx.journal.append([entry])

    def first_bases(self) -> None:
        """For a record we created and nobody touched since: what it shows where nothing of ours landed is the system's initial value.

        Where somebody did touch it, such a value may be an edit, and meets the hub's as at first contact.
        """
        known = self.tx.bases.of_links([self.link.uid]).get(self.link.uid, {})
        initial = []
        for surface in self.context.surfaces(self.op.scope):
            row = known.get(surface.id)
            shown = self.record.values.get(surface.id, Unobserved("not read"))
            if (row is None or row.base is None) and not isinstance(shown, Unobserved):
                initial.append(BaseWrite(self.link.uid, surface.id, Base(shown, EMPTY), "as the system made it"))
        self.tx.bases.put(initial, self.op.uid)


def _arrived(surface: Surface, change: Change, shown: Settled) -> Settled | None:
    """The set as far as what we sent arrived; None when all of it did, or when it is no set. What others changed beside it does not count."""
    if not (is_set(change.before) or is_set(change.after)):
        return None
    before, after = _spelled(surface, change.before), _spelled(surface, change.after)
    seen = _spelled(surface, shown).keys()
    missing = {key for key in after if key not in before and key not in seen}
    left = {key: label for key, label in before.items() if key not in after and key in seen}
    if not missing and not left:
        return None
    return known(frozenset({**left, **{key: label for key, label in after.items() if key not in missing}}.values()))


def _spelled(surface: Surface, value: Settled) -> dict[Settled, str]:
    """The members of a set as they are written, by what they are up to canon."""
    return {surface.lens.canon(Known(frozenset({member}))): member for member in sorted(members(value))}
