"""Sweep: on the slow beat, compare all ids of a scope with its links, to find deletes, moves and what an index missed.

The listing only says where to look: what it lacks, and what it has that we lack, is read directly. An empty or shrunk listing stops the
sweep until its next beat, or until a person says that it is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from msgspec.structs import replace

from pmsync.connect.capabilities import Unsupported
from pmsync.engine.absence import CODE, absent
from pmsync.engine.context import Context
from pmsync.engine.gather import linked_pages
from pmsync.engine.observe import observe
from pmsync.model.record import RecordRef, ScopeRef
from pmsync.reconcile.rails import shrunk
from pmsync.store.scopes import ScopeRow

PAGE = 500
SHRUNK = "shrunk"
"""The code of the notice on a listing that is not believed. A person who settles it believes it."""


def sweep(context: Context, scope: ScopeRef) -> None:
    """Sweep ``scope`` if its beat is due."""
    now = context.clock.now()
    with context.store.transaction() as tx:
        row = tx.scopes.get(scope) or ScopeRow(scope)
        linked = tx.links.count(scope)
    if not row.swept_at:
        _swept(context, scope, linked)
        return
    if now - row.swept_at < context.setup.beats.sweep:
        return
    if isinstance(context.connector(scope).capabilities.ids, Unsupported):
        return
    _sweep(context, scope, max(row.listed, linked))


def _sweep(context: Context, scope: ScopeRef, before: int) -> None:
    listing = context.connector(scope).ids(scope)
    reason = shrunk(before, len(listing.refs))
    if reason is not None and not _is_believed(context, scope, len(listing.refs)):
        _disbelieve(context, scope, reason, len(listing.refs) if listing.complete else -1)
        _swept(context, scope, before)
        return
    _look_for_lost(context, scope, {ref.remote_id for ref in listing.refs})
    _look_at_unknown(context, scope, listing.refs)
    _swept(context, scope, len(listing.refs), believed=reason is None)


def _swept(context: Context, scope: ScopeRef, listed: int, *, believed: bool = False) -> None:
    """The next sweep is a beat away; a listing that is ``believed`` ends what was said of one that was not."""
    with context.store.transaction() as tx:
        row = tx.scopes.get(scope) or ScopeRow(scope)
        if believed and row.shrunk_to >= 0:
            row = replace(row, shrunk_to=-1)
            tx.notices.settle(scope, SHRUNK, "")
        tx.scopes.put(replace(row, swept_at=context.clock.now(), listed=listed))


def _is_believed(context: Context, scope: ScopeRef, listed: int) -> bool:
    """Whether a person has said that a listing as short as this one is right."""
    with context.store.transaction() as tx:
        row = tx.scopes.get(scope) or ScopeRow(scope)
        settled = row.shrunk_to >= 0 and tx.notices.get(scope, SHRUNK, "") is None
    return settled and shrunk(row.shrunk_to, listed) is None


def _disbelieve(context: Context, scope: ScopeRef, reason: str, listed: int) -> None:
    """Tell it, and keep for a person how short the listing was; one that was cut off (``listed`` -1) can only be waited out."""
    said = f"{scope}: no sweep: {reason}"
    if listed < 0:
        context.tell("skipped", said, scope=scope, code=SHRUNK)
        return
    remedy = f"if that many are gone: pmsync resume {scope} --accept-listing"
    with context.store.transaction() as tx:
        tx.notices.raise_(scope, SHRUNK, "", f"{said}; {remedy}")
        tx.scopes.put(replace(tx.scopes.get(scope) or ScopeRow(scope), shrunk_to=listed))
    context.tell("held", said, scope=scope, code=SHRUNK, hint=remedy)


def _look_for_lost(context: Context, scope: ScopeRef, present: AbstractSet[str]) -> None:
    """Read directly what is linked and not listed; what is listed again was never lost."""
    with context.store.transaction() as tx:
        noted = {row.subject for row in tx.notices.open() if row.code == CODE and row.scope == scope}
    for links in linked_pages(context, scope):
        context.keep_hold()
        found = [link for link in links if link.uid in noted and link.ref.remote_id in present]
        if found:
            with context.store.transaction() as tx:
                for link in found:
                    tx.notices.settle(scope, CODE, link.uid)
        absent(context, scope, [link for link in links if link.ref.remote_id not in present])


def _look_at_unknown(context: Context, scope: ScopeRef, listed: Sequence[RecordRef]) -> None:
    """Read directly what is listed and was never seen here: the change stream must have missed it."""
    for start in range(0, len(listed), PAGE):
        context.keep_hold()
        part = listed[start : start + PAGE]
        with context.store.transaction() as tx:
            linked = tx.links.by_refs(part)
            strangers = [ref for ref in part if ref not in linked]
            seen = tx.observations.many(strangers)
        unknown = [ref for ref in strangers if ref not in seen]
        if unknown:
            fetched = context.connector(scope).fetch(scope, unknown)
            with context.store.transaction() as tx:
                observe(context, tx, scope, fetched.records)
