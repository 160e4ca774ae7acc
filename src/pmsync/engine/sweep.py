"""Sweep: on the slow beat, compare all ids of a scope with its links, to find deletes, moves and what an index missed.

Absence is not evidence. A record counts as deleted only when a direct read says so twice, apart in time, while its container is readable;
an empty or shrunk listing stops the sweep.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pmsync.connect.capabilities import Unsupported
from pmsync.engine.context import Context
from pmsync.engine.pull import observe
from pmsync.model.item import Link, LinkState
from pmsync.model.record import Record, ScopeRef
from pmsync.reconcile.rails import shrunk
from pmsync.store.journal import Entry
from pmsync.store.scopes import ScopeRow


def sweep(context: Context, scope: ScopeRef) -> None:
    """Sweep ``scope`` if its beat is due."""
    now = context.clock.now()
    with context.store.transaction() as tx:
        row = tx.scopes.get(scope) or ScopeRow(scope)
        linked = tx.links.count(scope)
    if not row.swept_at:
        _swept(context, row, linked)
        return
    if now - row.swept_at < context.setup.beats.sweep:
        return
    if isinstance(context.connector(scope).capabilities.ids, Unsupported):
        return
    _sweep(context, scope, row)


def _sweep(context: Context, scope: ScopeRef, row: ScopeRow) -> None:
    listing = context.connector(scope).ids(scope)
    reason = shrunk(row.listed, len(listing.refs)) if listing.complete else "the listing is not complete"
    if reason is not None:
        context.tell("held", f"{scope}: no sweep: {reason}", scope=scope, code="shrunk")
        return
    present = {ref.remote_id for ref in listing.refs}
    after = ""
    while True:
        with context.store.transaction() as tx:
            links = tx.links.in_scope(scope, after)
        if not links:
            break
        after = links[-1].uid
        _suspects(context, scope, [link for link in links if link.ref.remote_id not in present])
    _swept(context, row, len(listing.refs))


def _swept(context: Context, row: ScopeRow, listed: int) -> None:
    with context.store.transaction() as tx:
        fresh = tx.scopes.get(row.scope) or row
        tx.scopes.put(replace(fresh, swept_at=context.clock.now(), listed=listed))


def _suspects(context: Context, scope: ScopeRef, links: Sequence[Link]) -> None:
    """Read the missing ones directly: moved ones come back, deleted ones are confirmed."""
    if not links:
        return
    fetched = context.connector(scope).fetch(scope, [link.ref for link in links])
    with context.store.transaction() as tx:
        observe(context, tx, scope, fetched.records)
    found = {record.ref for record in fetched.records}
    for link in links:
        if link.ref in found:
            continue
        moved = context.connector(scope).relocate(scope, link.ref, link.key)
        if moved is not None:
            _relink(context, link, moved)
        else:
            _missing(context, link, deleted=link.ref in fetched.deleted)


def _relink(context: Context, link: Link, record: Record) -> None:
    """A transfer made a new record: the link follows it, with its bases."""
    with context.store.transaction() as tx:
        tx.links.change(replace(link, ref=record.ref, scope=record.scope, key=record.key, url=record.url))
        why = f"{link.key} was transferred and is {record.key} now"
        tx.journal.append([Entry(context.run, "move", link.item, link=link.uid, why=why, at=context.clock.now())])
        observe(context, tx, record.scope, [record])
    context.tell("moved", why, scope=link.scope, item=link.item)


def _missing(context: Context, link: Link, *, deleted: bool) -> None:
    """First time: noted. Second time, apart: gone. Nothing is deleted or closed elsewhere because of it."""
    with context.store.transaction() as tx:
        first = tx.notices.raise_(link.scope, "missing", link.uid, f"{link.key} cannot be read any more")
        if first and not deleted:
            context.tell(
                "skipped", f"{link.key} cannot be read any more; looked at again next time", scope=link.scope, code="missing"
            )
            return
        tx.links.change(replace(link, state=LinkState.GONE))
        tx.notices.settle(link.scope, "missing", link.uid)
        why = f"{link.key} was deleted or hidden from us"
        tx.journal.append([Entry(context.run, "gone", link.item, link=link.uid, why=why, at=context.clock.now())])
    context.tell("gone", why, scope=link.scope, item=link.item)
