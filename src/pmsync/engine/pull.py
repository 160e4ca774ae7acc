"""Pull: stream pages of changed records into the store.

Observations, dirty marks and the cursor land in one transaction per page, so that a crash between two pages loses nothing and skips
nothing. Memory is one page.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from pmsync.connect.capabilities import Unsupported
from pmsync.connect.comments import record as record_of
from pmsync.connect.contract import Page, Remark, Stream
from pmsync.engine.absence import absent
from pmsync.engine.context import Context
from pmsync.engine.crossing import are_due, crosses, note_beginning, tell_if_impossible
from pmsync.engine.directory import spoken_in
from pmsync.engine.mark import look
from pmsync.engine.observe import observe, sure
from pmsync.model.item import LinkState
from pmsync.model.record import RecordRef, ScopeRef
from pmsync.store import Transaction
from pmsync.store.scopes import ScopeRow

REMARK = "remark"
"""The code of notices on what is wrong in what was read."""


def know_scopes(context: Context, scopes: Sequence[ScopeRef]) -> None:
    """On the slow beat, read name, audience, server id and instance mark of the scopes, and refresh the catalogue."""
    rows = _rows(context, scopes)
    for scope in scopes:
        if not context.is_parked(scope) and _is_due(context, rows[scope]):
            with context.isolated(scope, "reading the container"):
                if _know(context, scope, rows[scope]):
                    rows = _rows(context, scopes)


def _rows(context: Context, scopes: Sequence[ScopeRef]) -> dict[ScopeRef, ScopeRow | None]:
    with context.store.transaction() as tx:
        return tx.scopes.many(scopes)


def _is_due(context: Context, row: ScopeRow | None) -> bool:
    return row is None or not row.catalogue_at or context.clock.now() - row.catalogue_at >= context.setup.beats.catalogue


def _know(context: Context, scope: ScopeRef, row: ScopeRow | None) -> bool:
    """Whether what it found concerns other scopes, too."""
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
    return look(context, scope)


def pull(context: Context, scope: ScopeRef) -> int:
    """Pull what changed in ``scope``; returns how many records differ from what was known."""
    crossing = crosses(context, scope)
    if crossing:
        note_beginning(context, scope)
    tell_if_impossible(context, scope)
    changed = _walk(context, scope, Stream.ITEMS)
    if (changed or (crossing and are_due(context, scope))) and _wants_comments(context, scope):
        _walk(context, scope, Stream.COMMENTS)
    with context.store.transaction() as tx:
        row = tx.scopes.get(scope) or ScopeRow(scope)
        pulled = replace(row, pulled_at=context.clock.now(), parked_until=0.0, parked_why="", comments_due=0)
        tx.scopes.put(pulled if crossing else replace(pulled, comments_from=0.0))
    context.tell("pulled", f"{scope}: {changed} changed", scope=scope, done=changed)
    return changed


def _wants_comments(context: Context, scope: ScopeRef) -> bool:
    """Comments are pulled where the config does not turn them off. They always move their record, so its beat is theirs."""
    wanted = context.setup.policy.comments(scope.system).ingests or crosses(context, scope)
    return wanted and not isinstance(context.connector(scope).capabilities.comments, Unsupported)


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
    crossing = crosses(context, scope)
    said = [record_of(comment, scope) for comment in page.comments] if crossing else []
    records = sure(context, scope, [*page.records, *said])
    with context.store.transaction() as tx:
        changed = observe(context, tx, scope, records)
        if crossing and stream is Stream.ITEMS and page.records:
            tx.scopes.put(replace(tx.scopes.get(scope) or ScopeRow(scope), comments_due=1))
        if page.comments:
            tx.observations.put_comments(page.comments)
            spoken_in(tx, scope, page.comments)
        if page.remarks is not None:
            _note(context, tx, scope, page.remarks)
        tx.cursors.put(scope, stream, page.cursor)
    return changed


def _note(context: Context, tx: Transaction, scope: ScopeRef, remarks: Sequence[Remark]) -> None:
    """Tell what is wrong in a scope once, and settle what was mended."""
    standing = {one.subject for one in remarks}
    for row in tx.notices.open():
        if row.scope == scope and row.code == REMARK and row.subject not in standing:
            tx.notices.settle(scope, REMARK, row.subject)
    for one in remarks:
        if tx.notices.raise_(scope, REMARK, one.subject, one.said):
            context.tell("skipped", one.said, scope=scope, code=REMARK)
