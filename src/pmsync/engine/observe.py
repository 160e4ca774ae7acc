"""Observe: store what was seen of records, mark what it concerns, and let links follow their records."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import replace

from pmsync.connect.comments import record as record_of
from pmsync.engine.context import Context
from pmsync.engine.crossing import crosses, is_on_managed, may_be_item
from pmsync.model.item import Link, LinkState
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.store import Transaction
from pmsync.store.journal import Entry

ENDED = ("unlinked", "moved", "undone")
"""How a link ends for good: a person's word, or a record's next link. It does not come back when the record is seen again."""


HASHED = "#"
"""What the hash of an address begins with; no address does."""


def sure(context: Context, scope: ScopeRef, records: Sequence[Record]) -> list[Record]:
    """A listing's records, those read directly that show anything else than is known without being any newer; outside of transactions.

    A listing may trail behind what was read directly before, and its older look is no edit; or the remote went back in time (a restored
    backup), or two changes share a stamp. Only a direct read tells.
    """
    if not records:
        return []
    records = [_discreet(context, record) for record in records]
    with context.store.transaction() as tx:
        known = tx.observations.many([record.ref for record in records])
    doubtful = {
        one.ref for one in records if one.ref in known and one.updated_at <= known[one.ref].updated_at and one != known[one.ref]
    }
    if not doubtful:
        return list(records)
    fetched = context.connector(scope).fetch(scope, sorted(doubtful, key=str))
    return [*(record for record in records if record.ref not in doubtful), *fetched.records]


def observe(context: Context, tx: Transaction, scope: ScopeRef, records: Sequence[Record]) -> int:
    """Store what was seen of ``records`` and mark what it concerns; records outside the scope become unmanaged, never more."""
    connector = context.connector(scope)
    links = tx.links.by_refs([record.ref for record in records])
    kept = [
        record
        for record in records
        if record.ref in links or (connector.in_scope(scope, record) and may_be_item(context, tx, record))
    ]
    differing = tx.observations.put([_discreet(context, record) for record in kept])
    tx.people.seen(scope.system, [account for record in differing for account in record.people.values() if account])
    touched: set[str] = set()
    for record in differing:
        link = links.get(record.ref)
        if link is None:
            touched.add(f"record:{record.ref}")
            continue
        follow(context, tx, link, record)
        touched.add(f"item:{link.item}")
    tx.dirty.mark(sorted(touched), scope, "changed remotely")
    return len(differing)


def take_up_comments(context: Context, tx: Transaction, scope: ScopeRef, parent: RecordRef) -> None:
    """A record got its item: the comments on it that were read before, and may cross, are records from now on."""
    if context.setup.product_of(scope) is not None and crosses(context, scope):
        observe(context, tx, scope, [record_of(comment, scope) for comment in tx.observations.comments(parent)])


def _discreet(context: Context, record: Record) -> Record:
    """A customer's address does not enter the store: a keyed hash tells one person from another as well."""
    asking = record.requester
    if asking is None or not asking.contact or asking.contact.startswith(HASHED):
        return record
    contact = HASHED + hmac.new(context.setup.marker_key, asking.contact.casefold().encode(), hashlib.sha256).hexdigest()[:32]
    return replace(record, requester=replace(asking, contact=contact))


def follow(context: Context, tx: Transaction, link: Link, record: Record) -> None:
    """Heal the link's display names, and let it become unmanaged when its record left every scope we know."""
    if link.how in ENDED:
        return
    home = record.scope if record.scope in context.setup.scopes() else link.scope
    inside = record.scope == home and context.connector(home).in_scope(home, record) and is_on_managed(tx, record)
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
    if old.key and old.key != new.key:
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
