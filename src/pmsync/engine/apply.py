"""Apply: re-read, commit the intent durably, send once, classify the answer.

Updates go in batches: one direct read for all targets, one durable commit for all intents, one write each, one direct read to confirm.
Creates go one by one, each behind its own durable intent, so that a crash leaves at most one create in doubt.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from pmsync.connect.contract import Outcome, Receipt
from pmsync.connect.errors import Ambiguous, ConnectorError, Park, WriteRefused
from pmsync.engine.absence import absent, missed
from pmsync.engine.adopt import Place, bind
from pmsync.engine.confirm import confirm_creates, confirm_updates, settle_op
from pmsync.engine.context import Context
from pmsync.engine.foresee import kept_promises
from pmsync.engine.guards import is_failing, may_create, may_go_on
from pmsync.engine.history import floor_after
from pmsync.engine.landing import Proof
from pmsync.engine.late import take_note_of_late_writes
from pmsync.engine.mark import leave_ahead
from pmsync.engine.observe import observe
from pmsync.engine.protect import bearer, protected, protected_place
from pmsync.engine.refusals import refuse, refuse_create
from pmsync.engine.route import forbidden, may_be_read, unwanted, update_forbidden
from pmsync.engine.settle import Wanted, settle
from pmsync.model.enums import Audience
from pmsync.model.item import Link, LinkState
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.reconcile.operation import Operation, OpKind
from pmsync.reconcile.plan import stale
from pmsync.reconcile.view import Dispute
from pmsync.store import Transaction
from pmsync.store.bases import BaseRow
from pmsync.store.dirty import DirtyRow
from pmsync.store.journal import Entry
from pmsync.store.ops import OpState

CREATES_AT_ONCE = 50
_NEVER = -1
"""The number of no mark: what is settled ahead of its turn stays marked."""

T = TypeVar("T")


def apply(context: Context, scope: ScopeRef, ops: Sequence[Operation]) -> None:
    """Carry out ``ops`` of one scope. What fails is told, recorded, and leaves the others alone."""
    updates = [op for op in ops if op.kind is OpKind.UPDATE]
    creates = [op for op in ops if op.kind is OpKind.CREATE]
    connector = context.connector(scope)
    for chunk in _chunks(creates, CREATES_AT_ONCE):
        if not may_go_on(context, scope):
            return
        context.keep_hold()
        with context.isolated(scope, "creating"):
            _create_all(context, scope, chunk)
    for chunk in _chunks(updates, connector.capabilities.fetch_batch):
        if not may_go_on(context, scope):
            return
        context.keep_hold()
        with context.isolated(scope, "updating"):
            _update_all(context, scope, chunk)


def _chunks(things: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(things), size):
        yield things[start : start + size]


def _update_all(context: Context, scope: ScopeRef, ops: Sequence[Operation]) -> None:
    connector = context.connector(scope)
    ready, floors = _preread(context, scope, ops)
    _end_unsent(context, [op for op in ready if not op.changes])
    ready = [op for op in ready if op.changes]
    if not ready:
        return
    connector.prepare(scope, ready)
    with context.store.transaction(durable=True) as tx:
        for op in ready:
            tx.ops.add(op, context.run, OpState.INTENT, floor=repr(floors[op.uid]))
    receipts = _send(context, scope, ready)
    answered = {receipt.op: receipt for receipt in receipts if receipt.outcome is Outcome.DONE}
    confirm_updates(context, scope, [op for op in ready if op.uid in answered], answered, floors)


def _end_unsent(context: Context, ops: Sequence[Operation]) -> None:
    """Ops that only end a link: there is nothing to send and nothing to wait for."""
    if not ops:
        return
    with context.store.transaction() as tx:
        seen = tx.observations.many([op.ref for op in ops if op.ref is not None])
        for op in ops:
            tx.ops.add(op, context.run, OpState.INTENT)
            if op.ref in seen:
                settle_op(context, tx, op, seen[op.ref], Proof())


def _preread(context: Context, scope: ScopeRef, ops: Sequence[Operation]) -> tuple[list[Operation], dict[str, float]]:
    """The ops whose targets still show what the plan saw; the others are dropped with the reason, and looked at anew.

    Also, for each op that is left, from when on its target's history tells of what this look did not see.
    """
    fetched = context.connector(scope).fetch(scope, [op.ref for op in ops if op.ref is not None])
    records = {record.ref: record for record in fetched.records}
    ready = []
    with context.store.transaction() as tx:
        observe(context, tx, scope, fetched.records)
        links = tx.links.by_refs([op.ref for op in ops if op.ref is not None])
        siblings = tx.links.of_items([op.item for op in ops])
        seen = tx.observations.many([link.ref for group in siblings.values() for link in group if link.state is LinkState.LINKED])
        items = tx.items.many([op.item for op in ops])
        writing = {row.op.ref or row.ref for group in tx.ops.open_for([op.item for op in ops]).values() for row in group}
        bases = tx.bases.of_links([link.uid for link in links.values()])
        disputes = tx.conflicts.open_for([op.item for op in ops])
        for op in ops:
            reason = _moved(context, op, records, links)
            if reason is None and op.ref is not None:
                reason = _overtaken(context, op, bases.get(links[op.ref].uid, {}), disputes.get(op.item, {}))
            if reason is None and op.ref is not None:
                reason = update_forbidden(context, tx, links[op.ref], siblings[op.item], seen)
            if reason is None and op.ref is not None:
                by = protected(context, bearer(items[op.item], siblings[op.item], seen), links[op.ref])
                reason = None if by is None else f"it is protected by {by.text}"
            if reason is None and op.ref in writing:
                reason = "an earlier write to it is still unresolved"
            if reason is None:
                ready.append(op)
            else:
                _drop(context, tx, op, reason)
    missed(context, scope, [link for link in links.values() if link.state is LinkState.LINKED and link.scope == scope], fetched)
    return ready, {op.uid: floor_after(records[op.ref], fetched.at) for op in ready if op.ref is not None}


def _moved(context: Context, op: Operation, records: dict[RecordRef, Record], links: dict[RecordRef, Link]) -> str | None:
    assert op.ref is not None  # updates name their record
    record, link = records.get(op.ref), links.get(op.ref)
    if record is None:
        return f"{op.key} cannot be read any more"
    if link is None or link.state is not LinkState.LINKED or link.scope != op.scope or link.item != op.item:
        return f"{record.key} is no longer managed here"
    if record.audience is Audience.PRIVATE:
        return f"{record.key} is restricted now"
    return stale(op, record, context.surface_map(op.scope))


def _overtaken(context: Context, op: Operation, bases: Mapping[str, BaseRow], disputes: Mapping[str, Dispute]) -> str | None:
    """Why what was planned is overtaken though the target shows again what the plan saw: somebody put it back since we last agreed on more,
    or two values stand against each other by now.
    """  # noqa: D205 - one thought
    for change in op.changes:
        row, surface = bases.get(change.surface), context.surface_map(op.scope)[change.surface]
        if change.field in disputes:
            return f"a conflict on {change.field} is open; nothing is written until it is resolved"
        if row is not None and row.base is not None and surface.lens.canon(row.base.remote) != surface.lens.canon(change.before):
            return f"{op.key}: {change.surface} was edited since, back to what the plan saw"
    return None


def _drop(context: Context, tx: Transaction, op: Operation, reason: str) -> None:
    tx.dirty.mark([f"item:{op.item}"], op.scope, "its target moved")
    tx.journal.append(
        [Entry(context.run, "skip", op.item, op=op.uid, system=op.scope.system, why=reason, at=context.clock.now())]
    )
    context.tell("dropped", f"{op.key or op.scope}: {reason}", scope=op.scope, item=op.item, op=op.uid, code="moved")


def _create_all(context: Context, scope: ScopeRef, ops: Sequence[Operation]) -> None:
    connector = context.connector(scope)
    _reread_sources(context, ops)
    ready = _still_missing(context, scope, ops)
    if not ready:
        return
    connector.prepare(scope, ready)
    leave_ahead(context, scope)
    floor = connector.floor(scope)
    answered: dict[str, Receipt] = {}
    sent: list[Operation] = []
    try:
        for op in ready:
            if not may_create(context, scope):
                break
            context.keep_hold()
            op = kept_promises(context, op)
            with context.store.transaction(durable=True) as tx:
                tx.ops.add(op, context.run, OpState.INTENT, floor=floor)
            sent.append(op)
            answered.update({receipt.op: receipt for receipt in _send(context, scope, [op]) if receipt.outcome is Outcome.DONE})
            context.tell("progress", f"{scope}: creating", scope=scope, done=len(answered), total=len(ready))
    finally:
        confirm_creates(context, scope, [op for op in sent if op.uid in answered], answered)


def _reread_sources(context: Context, ops: Sequence[Operation]) -> None:
    """Read again what creates were planned from, and settle what it shows now, unless nothing was marked since this run did so.

    A plan may be days old, and even within a round people edit, move, restrict and delete.
    """
    with context.store.transaction() as tx:
        links = tx.links.of_items([op.item for op in ops])
    by_scope: dict[ScopeRef, list[Link]] = defaultdict(list)
    for link in (link for group in links.values() for link in group if link.state is LinkState.LINKED):
        by_scope[link.scope].append(link)
    for scope, sources in by_scope.items():
        if not context.is_ready(scope) or context.is_parked(scope):
            continue
        with context.isolated(scope, "reading what is to be copied"):
            for chunk in _chunks(sources, context.connector(scope).capabilities.fetch_batch):
                context.keep_hold()
                absent(context, scope, chunk)
    names = [f"item:{uid}" for uid in links]
    with context.store.transaction() as tx:
        marks = tx.dirty.numbers(names)
    moved = [name for name in names if name not in marks or marks[name] != context.settled.get(name)]
    if moved:
        rows = [DirtyRow(name, None, "", _NEVER, 0, 0.0) for name in moved]
        take_note_of_late_writes(context, rows)
        settle(context, rows, Wanted())


def _still_missing(context: Context, scope: ScopeRef, ops: Sequence[Operation]) -> list[Operation]:
    """Creates that would be planned just so now: nothing stands there or is under way, and the source may still be shown there."""
    items = [op.item for op in ops]
    ready = []
    with context.store.transaction() as tx:
        links, open_ops = tx.links.of_items(items), tx.ops.open_for(items)
        alive = {uid: [link for link in group if link.state is LinkState.LINKED] for uid, group in links.items()}
        records = tx.observations.many([link.ref for group in alive.values() for link in group])
        known = tx.items.many(items)
        for op in ops:
            if op.item not in known:
                _drop(context, tx, op, "what it is to be copied from is not known any more")
            elif not all(may_be_read(context, tx, link) for link in alive.get(op.item, [])):
                _drop(context, tx, op, "what it is to be copied from cannot be read now")
            elif (reason := unwanted(context, known[op.item], links.get(op.item, []), records, op)) is not None:
                _drop(context, tx, op, reason)
            elif any(row.op.scope == scope for row in open_ops.get(op.item, [])):
                _drop(context, tx, op, "an earlier create is still unresolved")
            elif (refusal := forbidden(context, tx, alive.get(op.item, []), records, scope)) is not None:
                _drop(context, tx, op, refusal)
            elif (by := protected_place(context, bearer(known[op.item], alive.get(op.item, []), records), scope)) is not None:
                _drop(context, tx, op, f"protected by {by.text}")
            else:
                ready.append(op)
    return ready


def _send(context: Context, scope: ScopeRef, ops: Sequence[Operation]) -> list[Receipt]:
    """Send the ops once each, recording every receipt before the next op is sent."""
    receipts: list[Receipt] = []
    waiting = {op.uid: op for op in ops}
    try:
        for receipt in context.connector(scope).apply(scope, ops):
            _record(context, scope, waiting.pop(receipt.op), receipt)
            receipts.append(receipt)
            _rest(receipt)
            if waiting and is_failing(context, scope):
                break
    except Ambiguous as error:
        for op in waiting.values():
            _record(context, scope, op, Receipt(op.uid, Outcome.AMBIGUOUS, reason=error.message, hint=error.hint))
    except (ConnectorError, WriteRefused) as error:
        for op in waiting.values():
            _record(context, scope, op, Receipt(op.uid, Outcome.NOT_SENT, reason=error.message, hint=error.hint))
        raise
    for op in waiting.values():
        _record(context, scope, op, Receipt(op.uid, Outcome.NOT_SENT, reason="too many writes before it failed"))
    return receipts


def _rest(receipt: Receipt) -> None:
    """What was not sent for the remote's limits holds up everything behind it."""
    if receipt.outcome is Outcome.NOT_SENT and receipt.retry_at is not None:
        raise Park(receipt.reason, until=receipt.retry_at, hint=receipt.hint)


def _record(context: Context, scope: ScopeRef, op: Operation, receipt: Receipt) -> None:
    with context.store.transaction() as tx:
        _LANDINGS[receipt.outcome](context, tx, op, receipt)
    context.ledger.enter(op, receipt.outcome)
    context.tell(_TOLD[receipt.outcome], _sentence(op, receipt), scope=scope, item=op.item, op=op.uid, hint=receipt.hint)


def _done(context: Context, tx: Transaction, op: Operation, receipt: Receipt) -> None:
    """The id of a created record comes from the create's own answer and is bound in the same transaction."""
    tx.ops.advance(op.uid, OpState.SENT, sent_at=context.clock.now(), ref=receipt.ref, reason="answered")
    context.unsent.discard(op.item)
    _bind_made(context, tx, op, receipt)


def _bind_made(context: Context, tx: Transaction, op: Operation, receipt: Receipt) -> None:
    if op.kind is OpKind.CREATE and receipt.ref is not None:
        record = receipt.record
        place = Place(receipt.ref, op.scope, record.key if record else "", record.url if record else "")
        bind(context, tx, place, op.item, "created")


def _rejected(context: Context, tx: Transaction, op: Operation, receipt: Receipt) -> None:
    tx.ops.advance(op.uid, OpState.REJECTED, reason=receipt.reason)
    link = tx.links.by_ref(op.ref) if op.ref else None
    if link is None:
        refuse_create(context, tx, op, receipt.reason)
    elif not op.undoes:  # what takes a write back is tried once
        for change in op.changes:
            refuse(context, tx, link, change, receipt.refused.get(change.surface, receipt.reason), tell=False)
    tx.dirty.mark([f"item:{op.item}"], op.scope, "rejected")


def _not_sent(context: Context, tx: Transaction, op: Operation, receipt: Receipt) -> None:
    tx.ops.advance(op.uid, OpState.NOT_SENT, reason=receipt.reason, retry_at=receipt.retry_at)
    context.unsent.add(op.item)
    tx.dirty.mark([f"item:{op.item}"], op.scope, "not sent", receipt.retry_at or 0.0)


def _conflict(context: Context, tx: Transaction, op: Operation, receipt: Receipt) -> None:
    tx.ops.advance(op.uid, OpState.REJECTED, reason=receipt.reason or "the record moved since it was read")
    tx.dirty.mark([f"item:{op.item}"], op.scope, "its target moved")


def _ambiguous(context: Context, tx: Transaction, op: Operation, receipt: Receipt) -> None:
    """A record that a create has made for sure is bound, though a later step of it is in doubt."""
    now = context.clock.now()
    quiet = now + context.connector(op.scope).capabilities.quiet_period
    tx.ops.advance(op.uid, OpState.AMBIGUOUS, sent_at=now, quiet_until=quiet, ref=receipt.ref, reason=receipt.reason)
    _bind_made(context, tx, op, receipt)


_LANDINGS = {
    Outcome.DONE: _done,
    Outcome.REJECTED: _rejected,
    Outcome.NOT_SENT: _not_sent,
    Outcome.CONFLICT: _conflict,
    Outcome.AMBIGUOUS: _ambiguous,
}
_TOLD = {
    Outcome.DONE: "sent",
    Outcome.REJECTED: "rejected",
    Outcome.NOT_SENT: "not_sent",
    Outcome.CONFLICT: "dropped",
    Outcome.AMBIGUOUS: "waiting",
}


def _sentence(op: Operation, receipt: Receipt) -> str:
    target = op.key or f"a new record in {op.scope}"
    return f"{op.kind} {target}: {receipt.reason or receipt.outcome}"
