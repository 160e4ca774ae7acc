"""Pull: stream pages of changed records into the store.

Observations, dirty marks and the cursor land in one transaction per page, so that a crash between two pages loses nothing and skips
nothing. Memory is one page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pmsync.connect.capabilities import Unsupported
from pmsync.connect.contract import Page, Stream
from pmsync.engine.context import Context
from pmsync.model.item import Link, LinkState
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.store import Transaction
from pmsync.store.journal import Entry
from pmsync.store.scopes import ScopeRow


def know_scopes(context: Context, scopes: Sequence[ScopeRef]) -> None:
    """On the slow beat, read name, audience and server id of the scopes and refresh the catalogue."""
    now = context.clock.now()
    for scope in scopes:
        if context.is_parked(scope):
            continue
        with context.store.transaction() as tx:
            row = tx.scopes.get(scope)
        if row is not None and row.catalogue_at and now - row.catalogue_at < context.setup.beats.catalogue:
            continue
        with context.isolated(scope, "reading the container"):
            _know(context, scope, row)


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


def pull(context: Context, scope: ScopeRef) -> int:
    """Pull what changed in ``scope``; returns how many records differ from what was known."""
    changed = _walk(context, scope, Stream.ITEMS)
    if changed and not isinstance(context.connector(scope).capabilities.comments, Unsupported):
        _walk(context, scope, Stream.COMMENTS)
    with context.store.transaction() as tx:
        row = tx.scopes.get(scope) or ScopeRow(scope)
        tx.scopes.put(replace(row, pulled_at=context.clock.now(), parked_until=0.0, parked_why=""))
    context.tell("pulled", f"{scope}: {changed} changed", scope=scope, done=changed)
    return changed


def _walk(context: Context, scope: ScopeRef, stream: Stream) -> int:
    with context.store.transaction() as tx:
        cursor = tx.cursors.get(scope, stream)
    changed = 0
    for page in context.connector(scope).pull(scope, stream, cursor):
        changed += _commit(context, scope, stream, page)
        context.keep_hold()
        if page.records:
            context.tell("progress", f"{scope}: pulling", scope=scope, done=changed)
    return changed


def _commit(context: Context, scope: ScopeRef, stream: Stream, page: Page) -> int:
    with context.store.transaction() as tx:
        changed = observe(context, tx, scope, page.records)
        if page.comments:
            tx.observations.put_comments(page.comments)
        for ref in page.gone:
            tx.dirty.mark([f"record:{ref}"], scope, "reported as deleted")
        tx.cursors.put(scope, stream, page.cursor)
    return changed


def observe(context: Context, tx: Transaction, scope: ScopeRef, records: Sequence[Record]) -> int:
    """Store what was seen of ``records`` and mark what it concerns; records outside the scope become unmanaged, never more."""
    connector = context.connector(scope)
    links = tx.links.by_refs([record.ref for record in records])
    kept = [record for record in records if record.ref in links or connector.in_scope(scope, record)]
    differing = tx.observations.put(kept)
    tx.people.seen(scope.system, [account for record in differing for account in record.people.values() if account])
    touched: set[str] = set()
    for record in differing:
        link = links.get(record.ref)
        if link is None:
            touched.add(f"record:{record.ref}")
            continue
        _follow(context, tx, link, record)
        touched.add(f"item:{link.item}")
    tx.dirty.mark(sorted(touched), scope, "changed remotely")
    return len(differing)


def _follow(context: Context, tx: Transaction, link: Link, record: Record) -> None:
    """Heal the link's display names, and let it become unmanaged when its record left every scope we know."""
    if link.how in ("unlinked", "moved"):
        return
    home = record.scope if record.scope in context.setup.scopes() else link.scope
    inside = record.scope == home and context.connector(home).in_scope(home, record)
    state = LinkState.LINKED if inside else LinkState.UNMANAGED
    if link.state is LinkState.GONE:
        state = LinkState.LINKED if inside else LinkState.GONE
    fresh = replace(link, key=record.key, url=record.url, scope=home, state=state)
    if fresh == link:
        return
    if _taken(tx, fresh, link):
        context.tell("quarantined", f"{record.key} moved into {home}, where its item has a record already", item=link.item)
        fresh = replace(fresh, state=LinkState.UNMANAGED)
    tx.links.change(fresh)
    _tell_moved(context, tx, link, fresh)


def _taken(tx: Transaction, fresh: Link, old: Link) -> bool:
    if fresh.state is not LinkState.LINKED or (old.state is LinkState.LINKED and fresh.scope == old.scope):
        return False
    siblings = tx.links.of_items([fresh.item]).get(fresh.item, [])
    return any(other.uid != fresh.uid and other.scope == fresh.scope and other.state is LinkState.LINKED for other in siblings)


def _tell_moved(context: Context, tx: Transaction, old: Link, new: Link) -> None:
    if old.key != new.key:
        context.tell("moved", f"{old.key} is now {new.key}", scope=new.scope, item=new.item)
        tx.journal.append([_entry(context, new, "move", f"{old.key} is now {new.key}")])
    if old.state != new.state:
        kind = "unmanaged" if new.state is LinkState.UNMANAGED else "linked_again"
        why = f"{new.key} left what the config covers" if kind == "unmanaged" else f"{new.key} is covered again"
        context.tell(kind, why, scope=new.scope, item=new.item)
        tx.journal.append([_entry(context, new, kind, why)])


def _entry(context: Context, link: Link, kind: str, why: str) -> Entry:
    return Entry(context.run, kind, link.item, link=link.uid, system=link.ref.system, why=why, at=context.clock.now())


def parse_ref(text: str) -> RecordRef:
    """Read ``system#remote id`` back."""
    system, _, remote_id = text.partition("#")
    return RecordRef(system, remote_id)
