"""Pull: stream pages of changed records into the store.

Observations, dirty marks and the cursor land in one transaction per page, so that a crash between two pages loses nothing and skips
nothing. Memory is one page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pmsync.connect.capabilities import Unsupported
from pmsync.connect.contract import Page, Stream
from pmsync.engine.absence import absent
from pmsync.engine.context import Context
from pmsync.engine.directory import spoken_in
from pmsync.engine.mark import look
from pmsync.engine.observe import observe, sure
from pmsync.model.enums import Direction
from pmsync.model.item import LinkState
from pmsync.model.record import RecordRef, ScopeRef
from pmsync.store.scopes import ScopeRow


def know_scopes(context: Context, scopes: Sequence[ScopeRef]) -> None:
    """On the slow beat, read name, audience, server id and instance mark of the scopes, and refresh the catalogue."""
    if not any(_is_due(context, row) for row in _rows(context, scopes).values()):
        return
    for scope in scopes:
        if context.is_parked(scope):
            continue
        row = _rows(context, [scope])[scope]  # what was read of the scopes before may have made it due
        if _is_due(context, row):
            with context.isolated(scope, "reading the container"):
                _know(context, scope, row)


def _rows(context: Context, scopes: Sequence[ScopeRef]) -> dict[ScopeRef, ScopeRow | None]:
    with context.store.transaction() as tx:
        return tx.scopes.many(scopes)


def _is_due(context: Context, row: ScopeRow | None) -> bool:
    return row is None or not row.catalogue_at or context.clock.now() - row.catalogue_at >= context.setup.beats.catalogue


def _know(context: Context, scope: ScopeRef, row: ScopeRow | None) -> None:
    connector = context.connector(scope)
    connector.refresh()
    [found] = connector.scopes([scope])
    fresh = row or ScopeRow(scope)
    fresh = replace(
        fresh,
        audience=found.audience,
        remote_id=found.remote_id,
        name=found.name,
        url=found.url,
        catalogue_at=context.clock.now(),
    )
    with context.store.transaction() as tx:
        tx.scopes.put(fresh)
    look(context, scope)


def pull(context: Context, scope: ScopeRef) -> int:
    """Pull what changed in ``scope``; returns how many records differ from what was known."""
    changed = _walk(context, scope, Stream.ITEMS)
    if changed and _wants_comments(context, scope):
        _walk(context, scope, Stream.COMMENTS)
    with context.store.transaction() as tx:
        row = tx.scopes.get(scope) or ScopeRow(scope)
        tx.scopes.put(replace(row, pulled_at=context.clock.now(), parked_until=0.0, parked_why=""))
    context.tell("pulled", f"{scope}: {changed} changed", scope=scope, done=changed)
    return changed


def _wants_comments(context: Context, scope: ScopeRef) -> bool:
    """Comments are only pulled, and only where the config does not turn them off. They always move their record, so its beat is theirs."""
    policy = context.setup.policy
    direction = policy.directions.get(("comments", scope.system)) or policy.defaults.get("comments", Direction.PULL)
    return direction.ingests and not isinstance(context.connector(scope).capabilities.comments, Unsupported)


def _walk(context: Context, scope: ScopeRef, stream: Stream) -> int:
    with context.store.transaction() as tx:
        cursor = tx.cursors.get(scope, stream)
    if cursor is None and stream is Stream.ITEMS:
        context.ledger.reread.add(scope)
    changed = 0
    for page in context.connector(scope).pull(scope, stream, cursor):
        _gone(context, scope, page.gone)
        changed += _commit(context, scope, stream, page)
        context.keep_hold()
        if page.records:
            context.tell("progress", f"{scope}: pulling", scope=scope, done=changed)
    return changed


def _gone(context: Context, scope: ScopeRef, refs: Sequence[RecordRef]) -> None:
    """Look directly at records that the stream reports as deleted. This comes before the page's cursor is kept, so no crash forgets them."""
    if not refs:
        return
    with context.store.transaction() as tx:
        links = [link for link in tx.links.by_refs(refs).values() if link.state is LinkState.LINKED]
    absent(context, scope, links)


def _commit(context: Context, scope: ScopeRef, stream: Stream, page: Page) -> int:
    records = sure(context, scope, page.records)
    with context.store.transaction() as tx:
        changed = observe(context, tx, scope, records)
        if page.comments:
            tx.observations.put_comments(page.comments)
            spoken_in(tx, scope, page.comments)
        tx.cursors.put(scope, stream, page.cursor)
    return changed
