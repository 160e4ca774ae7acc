"""Confirm: read back what was written, with what happened to it since it was looked at. A success code is not proof: several systems accept a
value and silently drop it.

The base moves only for the surfaces the op wrote, and only to what was sent or to a value that means the same. Whatever else the read-back
shows is an observation for the next round, so an edit made between our write and our read is never taken for ours. An edit made between our
last look and our write is written over, where the system takes no precondition; its history tells, and the value is taken back into the merge.
"""  # noqa: D205 - one thought

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pmsync.connect.capabilities import Unsupported
from pmsync.connect.contract import Fetched, Receipt
from pmsync.engine.context import Context
from pmsync.engine.gather import gather
from pmsync.engine.history import History
from pmsync.engine.landing import Landing, Proof
from pmsync.engine.observe import observe
from pmsync.engine.settle import commit
from pmsync.model.enums import Nature
from pmsync.model.item import Link, LinkState
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.reconcile.operation import Change, Operation, OpKind
from pmsync.reconcile.overwritten import Overwritten, take_back
from pmsync.store import Transaction
from pmsync.store.journal import Entry
from pmsync.store.ops import OpState


def confirm_updates(
    context: Context, scope: ScopeRef, ops: Sequence[Operation], receipts: Mapping[str, Receipt], floors: Mapping[str, float]
) -> None:
    """Read the targets of answered updates back, in one batch, and settle their bases. ``floors``: op to where its history begins."""
    _confirm(context, scope, ops, receipts, {op.uid: op.ref for op in ops if op.ref}, floors)


def confirm_creates(context: Context, scope: ScopeRef, ops: Sequence[Operation], receipts: Mapping[str, Receipt]) -> None:
    """Read created records back, in one batch, and settle their first bases."""
    refs = {op.uid: ref for op in ops if (ref := receipts[op.uid].ref) is not None}
    _confirm(context, scope, ops, receipts, refs, dict.fromkeys(refs, 0.0))


def _confirm(
    context: Context,
    scope: ScopeRef,
    ops: Sequence[Operation],
    receipts: Mapping[str, Receipt],
    refs: Mapping[str, RecordRef],
    floors: Mapping[str, float],
) -> None:
    if not refs:
        return
    fetched = look(context, scope, list(refs.values()), min(floors[uid] for uid in refs))
    records = {record.ref: record for record in fetched.records}
    landed = [
        (op, record, proof_of(context, op, record, fetched, floors[op.uid], receipts[op.uid]))
        for op in ops
        if (record := records.get(refs[op.uid])) is not None
    ]
    with context.store.transaction() as tx:
        observe(context, tx, scope, fetched.records)
        for op, record, proof in landed:
            settle_op(context, tx, op, record, proof)


def look(context: Context, scope: ScopeRef, refs: Sequence[RecordRef], since: float) -> Fetched:
    """Read records directly, with their history since then (server time, Unix seconds) where one is kept."""
    connector = context.connector(scope)
    kept = not isinstance(connector.capabilities.history, Unsupported)
    return connector.fetch(scope, refs, since if kept else None)


def proof_of(
    context: Context, op: Operation, record: Record, fetched: Fetched, floor: float | None, receipt: Receipt | None = None
) -> Proof:
    """What is known of a write beside its read-back; to be asked outside of transactions. ``floor`` None: since when is not known."""
    connector = context.connector(op.scope)
    me = connector.me()
    kept = floor is not None and not isinstance(connector.capabilities.history, Unsupported)
    kept = kept and record.kind.nature is not Nature.COMMENT  # nobody keeps who changed what in comments
    return Proof(
        refused=receipt.refused if receipt is not None else {},
        answer=receipt.record if receipt is not None else None,
        history=History.of(fetched, record.ref, floor, me) if kept and floor is not None else None,
        floor=floor or 0.0,
        untouched=record.actor == me if record.actor else record.updated_at <= record.created_at,
    )


def settle_op(context: Context, tx: Transaction, op: Operation, record: Record, proof: Proof) -> None:
    """Close an op whose landing is proven, by what its record shows now and what else is known."""
    link = tx.links.by_ref(record.ref)
    if link is None:
        tx.ops.advance(op.uid, OpState.CONFIRMED, ref=record.ref, reason="the record is not linked any more")
        return
    landed = _settle(context, tx, Landing(context, tx, op, link, record, proof), op.changes)
    if op.ends and landed:
        _end(context, tx, op, link)
    tx.dirty.mark([f"item:{op.item}"], op.scope, "confirmed")
    tx.ops.advance(op.uid, OpState.CONFIRMED, ref=record.ref, reason="" if landed else "some values did not land")
    context.tell("confirmed", f"{op.kind} {record.key}", scope=op.scope, item=op.item, op=op.uid)


def settle_part(context: Context, tx: Transaction, op: Operation, record: Record, proof: Proof) -> None:
    """Of an update that did not land as a whole, settle what did."""
    link = tx.links.by_ref(record.ref)
    if link is not None and op.ref is not None:
        landing = Landing(context, tx, op, link, record, proof)
        _settle(context, tx, landing, [change for change in op.changes if landing.landed(change)])


def has_landed(context: Context, op: Operation, record: Record, proof: Proof) -> bool:
    """Whether all of an update is there, or is proven to have been."""
    with context.store.transaction() as tx:
        link = tx.links.by_ref(record.ref)
        return link is not None and all(map(Landing(context, tx, op, link, record, proof).landed, op.changes))


def may_come(context: Context, tx: Transaction, op: Operation, record: Record, proof: Proof) -> bool:
    """Whether the status of a record that a create made may still arrive: in some systems that is a step of its own."""
    link = tx.links.by_ref(record.ref)
    if op.kind is not OpKind.CREATE or link is None:
        return False
    landing = Landing(context, tx, op, link, record, proof)
    return any(landing.may_come(change) for change in op.changes if change.field == "status")


def _settle(context: Context, tx: Transaction, landing: Landing, changes: Sequence[Change]) -> bool:
    """Settle some changes; True when all of them landed."""
    lost = [one for one in landing.lost() if any(change.surface == one.surface for change in changes)]
    landed = [landing.settle(change) for change in changes]
    if landing.op.ref is None:
        landing.first_bases()
    for one in lost:
        take_back_unseen(context, tx, landing.op, landing.link, one)
    return all(landed)


def take_back_unseen(context: Context, tx: Transaction, op: Operation, link: Link, lost: Overwritten) -> None:
    """Merge what we wrote over unseen, and tell it: it is in no system any more."""
    [change] = [change for change in op.changes if change.surface == lost.surface]
    shown = context.surface_map(op.scope)[lost.surface].show(lost.value)
    why = f"{lost.actor or 'somebody'} set {change.field} of {link.key} to {shown} just before our write reached it"
    entry = Entry(
        context.run,
        "overwritten",
        op.item,
        field=change.field,
        link=link.uid,
        system=op.scope.system,
        op=op.uid,
        before=lost.value,
        after=change.after,
        actor=lost.actor,
        why=why,
        at=context.clock.now(),
        surface=lost.surface,
    )
    tx.journal.append([entry])
    context.tell("overwritten", why, scope=op.scope, item=op.item, field=change.field, op=op.uid)
    for one in gather(context, tx, [op.item]):
        commit(context, tx, one, take_back(one.view, lost))


def _end(context: Context, tx: Transaction, op: Operation, link: Link) -> None:
    """What was created is given back: the record stays, nothing more is read from it or written to it, and none is made in its place."""
    tx.links.change(replace(tx.links.get(link.uid) or link, state=LinkState.UNMANAGED, how="undone"))
    entry = Entry(context.run, "unlink", op.item, link=link.uid, system=op.scope.system, op=op.uid, why=op.why)
    tx.journal.append([entry])
