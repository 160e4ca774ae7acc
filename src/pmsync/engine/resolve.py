"""Resolve: an op whose answer was lost is looked up, never resent blindly.

Positive evidence counts at once. "Not there" counts only after the quiet period, and for creates only twice, from a path that cannot lag.
What stays in doubt stays open; a system without any marker stops for a person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from pmsync.connect.capabilities import Unsupported
from pmsync.connect.comments import written
from pmsync.connect.contract import Absent, Found, Unreadable
from pmsync.engine.adopt import Place, bind
from pmsync.engine.confirm import has_landed, look, may_come, proof_of, settle_op, settle_part
from pmsync.engine.context import Context
from pmsync.engine.landing import Proof
from pmsync.engine.observe import observe
from pmsync.engine.recover import genuine
from pmsync.model.enums import Nature
from pmsync.model.item import LinkState
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.reconcile.operation import OpKind
from pmsync.store.ops import OpRow, OpState


def resolve(context: Context) -> None:
    """Look up every open op of every scope that is configured and can be asked."""
    with context.store.transaction() as tx:
        rows = tx.ops.open()
    by_scope: dict[ScopeRef, list[OpRow]] = defaultdict(list)
    for row in rows:
        by_scope[row.op.scope].append(row)
    context.prepare([scope for scope in by_scope if scope in context.setup.scopes()])
    for scope, open_rows in by_scope.items():
        if context.is_parked(scope):
            continue
        if not context.is_ready(scope):
            context.tell("waiting", f"{scope} is not in the config any more; a write to it stays in doubt", scope=scope)
            continue
        with context.isolated(scope, "looking up writes whose answer was lost"):
            _answered(context, scope, [row for row in open_rows if _ref(row) is not None])
            for row in open_rows:
                if _ref(row) is None:
                    _lost_create(context, row)


def _ref(row: OpRow) -> RecordRef | None:
    return row.op.ref or row.ref


def _answered(context: Context, scope: ScopeRef, rows: Sequence[OpRow]) -> None:
    """Updates, and creates whose id is known: one direct batch read tells, and the history that comes along with it."""
    for group in ([row for row in rows if row.op.ref], [row for row in rows if not row.op.ref]):
        refs = [ref for row in group if (ref := _ref(row)) is not None]
        if not refs:
            continue
        fetched = look(context, scope, refs, min(_floor(row) or 0.0 for row in group))
        records = {record.ref: record for record in fetched.records}
        for row, ref in zip(group, refs, strict=True):
            record = records.get(ref)
            if record is not None:
                _judge(context, row, record, proof_of(context, row.op, record, fetched, _floor(row)))
            elif _quiet(context, row):
                _close(context, row, "abandoned", "its record cannot be read any more")


def _floor(row: OpRow) -> float | None:
    """From when on the history of an update's target tells what became of it; of what we created, from the beginning. None: not known."""
    if row.op.ref is None:
        return 0.0
    return float(row.floor) if row.floor else None


def _judge(context: Context, row: OpRow, record: Record, proof: Proof) -> None:
    if row.state is not OpState.SENT and not _quiet(context, row) and _may_come(context, row, record, proof):
        _wait(context, row)
        return
    if row.op.kind is OpKind.CREATE or row.state is OpState.SENT or has_landed(context, row.op, record, proof):
        with context.store.transaction() as tx:
            observe(context, tx, row.op.scope, [record])
            settle_op(context, tx, row.op, record, proof)
        context.tell("resolved", f"{record.key}: the write had landed", scope=row.op.scope, item=row.op.item, op=row.op.uid)
        return
    if not _quiet(context, row):
        _wait(context, row)
        return
    with context.store.transaction() as tx:
        observe(context, tx, row.op.scope, [record])
        settle_part(context, tx, row.op, record, proof)
    _close(context, row, "absent", "the write did not land; it is planned anew")


def _may_come(context: Context, row: OpRow, record: Record, proof: Proof) -> bool:
    with context.store.transaction() as tx:
        return may_come(context, tx, row.op, record, proof)


def _lost_create(context: Context, row: OpRow) -> None:
    connector = context.connector(row.op.scope)
    if isinstance(connector.capabilities.find, Unsupported) or isinstance(connector.capabilities.marker, Unsupported):
        if _quiet(context, row) and _is_linked(context, row):
            _close(context, row, "landed", "its item has a record there by now")
        else:
            _stop(context, row)
        return
    if _is_pointless(context, row):
        _close(context, row, "absent", "what it was to be said on is gone, or managed no more")
        return
    finding = connector.find(row.op.scope, row.op, row.floor)
    if isinstance(finding, Found):
        _found(context, row, finding.record)
    elif isinstance(finding, Unreadable):
        context.tell("waiting", f"a create in {row.op.scope} is in doubt: {finding.reason}", scope=row.op.scope, op=row.op.uid)
    else:
        _not_found(context, row, finding)


def _is_pointless(context: Context, row: OpRow) -> bool:
    """Whether it is a comment on a record that no longer is there to be looked at."""
    if row.op.item_kind.nature is not Nature.COMMENT or not _quiet(context, row):
        return False
    with context.store.transaction() as tx:
        link = tx.links.by_ref(RecordRef(row.op.scope.system, written(row.op).on))
    return link is None or link.state is not LinkState.LINKED


def _found(context: Context, row: OpRow, record: Record) -> None:
    marker = genuine(context, record)
    if marker is None or marker.op != row.op.uid:
        context.tell("waiting", f"{record.key} carries a marker that is not ours; the create stays in doubt", scope=row.op.scope)
        return
    fetched = look(context, row.op.scope, [record.ref], 0.0)
    record = next((again for again in fetched.records if again.ref == record.ref), record)
    proof = proof_of(context, row.op, record, fetched, 0.0 if fetched.records else None)
    with context.store.transaction() as tx:
        if tx.links.by_ref(record.ref) is None:  # bound where we made it; observing then sees whether it has moved away since
            bind(context, tx, Place(record.ref, row.op.scope, record.key, record.url), row.op.item, "created")
        observe(context, tx, row.op.scope, [record])
        waits = not _quiet(context, row) and may_come(context, tx, row.op, record, proof)
        if waits:
            tx.ops.note(row.op.uid, ref=record.ref)
        else:
            settle_op(context, tx, row.op, record, proof)
    if waits:
        _wait(context, row)
        return
    context.tell("resolved", f"{record.key}: the create had landed", scope=row.op.scope, item=row.op.item, op=row.op.uid)


def _not_found(context: Context, row: OpRow, finding: Absent) -> None:
    if not _quiet(context, row):
        _wait(context, row)
        return
    if row.attempts < 1:
        capabilities = context.connector(row.op.scope).capabilities
        pause = 0.0 if finding.consistent else capabilities.index_lag
        with context.store.transaction() as tx:
            later = context.clock.now() + max(pause, 30.0)
            tx.ops.note(row.op.uid, attempts=row.attempts + 1, quiet_until=later)
        _wait(context, row)
        return
    _close(context, row, "absent", "it never arrived; it is planned anew")


def _is_linked(context: Context, row: OpRow) -> bool:
    with context.store.transaction() as tx:
        links = tx.links.of_items([row.op.item]).get(row.op.item, [])
    return any(link.scope == row.op.scope and link.state is LinkState.LINKED for link in links)


def _stop(context: Context, row: OpRow) -> None:
    reason = (
        f"a create in {row.op.scope} was cut off and this system keeps no marker: if its record is there, tie it with `pmsync link`; "
        f"if not, `pmsync resolve {row.op.uid[:8]} --abandon`"
    )
    with context.store.transaction() as tx:
        tx.notices.raise_(row.op.scope, "in_doubt", row.op.uid, reason)
    context.tell("held", reason, scope=row.op.scope, item=row.op.item, op=row.op.uid, code="in_doubt")


def _quiet(context: Context, row: OpRow) -> bool:
    period = context.connector(row.op.scope).capabilities.quiet_period
    until = row.quiet_until or (row.made_at + period)
    return context.clock.now() >= until


def _wait(context: Context, row: OpRow) -> None:
    period = context.connector(row.op.scope).capabilities.quiet_period
    until = row.quiet_until or (row.made_at + period)
    left = max(0, round(until - context.clock.now()))
    what = row.op.key or f"a new record in {row.op.scope}"
    context.tell("waiting", f"{what}: its answer was lost; looked up again in {left} s", scope=row.op.scope, op=row.op.uid)


def _close(context: Context, row: OpRow, outcome: str, reason: str) -> None:
    with context.store.transaction() as tx:
        if row.state is not OpState.AMBIGUOUS:
            tx.ops.advance(row.op.uid, OpState.AMBIGUOUS, reason="cut off")
        tx.ops.advance(row.op.uid, OpState.RESOLVED, outcome=outcome, reason=reason)
        tx.notices.settle(row.op.scope, "in_doubt", row.op.uid)
        tx.dirty.mark([f"item:{row.op.item}"], row.op.scope, reason)
    context.tell("resolved", f"{row.op.key or row.op.scope}: {reason}", scope=row.op.scope, item=row.op.item, op=row.op.uid)
