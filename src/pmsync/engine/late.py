"""Late: a write that counts as lost, since nothing showed of it for as long as its server may take, may arrive after all, over what was set since.

Nobody meant it to. Where a history is kept it says that it was our account that set the value: then it is no edit, and what was agreed upon
since is written once more. What somebody had set just before it, and nobody had read yet, is merged like anything that we wrote over unseen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from pmsync.connect.capabilities import Unsupported
from pmsync.engine.confirm import take_back_unseen
from pmsync.engine.context import Context
from pmsync.engine.history import History
from pmsync.engine.observe import observe
from pmsync.model.item import Link, LinkState
from pmsync.model.record import ScopeRef
from pmsync.model.values import Settled, Unobserved
from pmsync.reconcile.lens import Unmapped
from pmsync.reconcile.operation import Change, Operation
from pmsync.reconcile.overwritten import Overwritten
from pmsync.reconcile.surface import Surface
from pmsync.reconcile.view import Base, BaseWrite
from pmsync.store import Transaction
from pmsync.store.dirty import DirtyRow
from pmsync.store.journal import Entry
from pmsync.store.ops import OpRow

HORIZON = 86_400.0
"""Seconds for which a write that counts as lost may still arrive and be told from an edit."""


def take_note_of_late_writes(context: Context, rows: Iterable[DirtyRow]) -> None:
    """Before the items that ``rows`` name are settled: look at the history of what moved since a write to it was believed lost."""
    uids = [row.target.removeprefix("item:") for row in rows]
    with context.store.transaction() as tx:
        lost = [row for row in tx.ops.lost_for(uids, context.clock.now() - HORIZON) if row.op.ref is not None and row.floor]
        suspects = _moved(context, tx, lost) if lost else []
    by_scope: defaultdict[ScopeRef, list[OpRow]] = defaultdict(list)
    for row in suspects:
        by_scope[row.op.scope].append(row)
    for scope, group in by_scope.items():
        with context.isolated(scope, "reading what became of a write that was believed lost"):
            _look(context, scope, group)


def _moved(context: Context, tx: Transaction, rows: Sequence[OpRow]) -> list[OpRow]:
    """Of the lost writes those whose record shows another value than was agreed upon, where that can be looked into."""
    refs = [row.op.ref for row in rows if row.op.ref is not None]
    links, seen = tx.links.by_refs(refs), tx.observations.many(refs)
    bases = tx.bases.of_links([link.uid for link in links.values()])
    found = []
    for row in rows:
        link, scope = links.get(row.op.ref) if row.op.ref else None, row.op.scope
        if link is None or link.state is not LinkState.LINKED or link.scope != scope or link.ref not in seen:
            continue
        if not context.is_ready(scope) or context.is_parked(scope):
            continue
        if isinstance(context.connector(scope).capabilities.history, Unsupported):
            continue
        surfaces = context.surface_map(scope)
        for change in row.op.changes:
            base = bases.get(link.uid, {}).get(change.surface)
            shown = seen[link.ref].values.get(change.surface, Unobserved("not read"))
            if base is None or base.base is None or isinstance(shown, Unobserved) or change.surface not in surfaces:
                continue
            canon = surfaces[change.surface].lens.canon
            if canon(shown) != canon(base.base.remote):
                found.append(row)
                break
    return found


def _look(context: Context, scope: ScopeRef, rows: Sequence[OpRow]) -> None:
    connector = context.connector(scope)
    refs = list(dict.fromkeys(row.op.ref for row in rows if row.op.ref is not None))
    fetched = connector.fetch(scope, refs, min(float(row.floor) for row in rows))
    me = connector.me()
    with context.store.transaction() as tx:
        observe(context, tx, scope, fetched.records)
        for row in rows:
            if row.op.ref is not None:
                _settle(context, tx, row, History.of(fetched, row.op.ref, float(row.floor), me))


def _settle(context: Context, tx: Transaction, row: OpRow, history: History) -> None:
    assert row.op.ref is not None  # only updates are looked at
    link = tx.links.by_ref(row.op.ref)
    if link is None:
        return
    bases = tx.bases.of_links([link.uid]).get(link.uid, {})
    for change in row.op.changes:
        surface, base = context.surface_map(row.op.scope).get(change.surface), bases.get(change.surface)
        if surface is None or base is None or base.base is None:
            continue
        late = history.late(surface, change, base.base.remote, float(row.floor))
        if late is None:
            continue
        _agree(context, tx, row.op, link, change, _pair(surface, change, late.there, base.base))
        for one in late.lost:
            unseen = Overwritten(link.uid, change.surface, one.value, base.base, one.edit.actor, one.edit.at)
            take_back_unseen(context, tx, row.op, link, unseen)


def _pair(surface: Surface, change: Change, there: Settled, base: Base) -> Base:
    """What the two sides say of each other once the write has arrived."""
    if there == change.after:
        return Base(there, change.hub)
    hub = surface.lens.ingest(there, base.hub)
    return Base(there, base.hub if isinstance(hub, Unmapped) else hub)


def _agree(context: Context, tx: Transaction, op: Operation, link: Link, change: Change, pair: Base) -> None:
    why = f"{link.key} {change.field}: a write that was believed lost arrived late; it is no edit"
    lens = context.surface_map(op.scope)[change.surface].lens
    undone = context.run if op.undoes and not lens.consistent(pair.remote, pair.hub) else ""
    tx.bases.put([BaseWrite(link.uid, change.surface, pair, why)], op.uid, undone=undone)
    entry = Entry(
        context.run,
        "undo" if op.undoes else "write",
        op.item,
        field=change.field,
        link=link.uid,
        system=op.scope.system,
        op=op.uid,
        before=change.before,
        after=pair.remote,
        why=why,
        at=context.clock.now(),
        surface=change.surface,
    )
    tx.journal.append([entry])
    tx.dirty.mark([f"item:{op.item}"], op.scope, "a write arrived late")
    context.tell("resolved", why, scope=op.scope, item=op.item, field=change.field, op=op.uid)
