"""Hints: what webhooks point at is read directly before the next listing. A hint says where to look, never what is there.

So late, doubled, reordered and lost hints change nothing but when a record is read: what it shows then is the state, and a listing makes up
for every hint that never came.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from pmsync.connect.capabilities import Unsupported
from pmsync.connect.contract import Fetched
from pmsync.connect.errors import AuthFailed, Rejected
from pmsync.engine.absence import missed
from pmsync.engine.context import Context
from pmsync.engine.observe import observe
from pmsync.engine.person import NotFoundError
from pmsync.engine.setup import Setup
from pmsync.model.item import Link, LinkState
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.store import Store, Transaction


def take_hint(setup: Setup, store: Store, system: str, headers: Mapping[str, str], body: bytes) -> int:
    """Verify a webhook and note the records it points at, each once; how many it names. Nothing is asked of any system.

    A webhook about something that is not synced names none.

    Raises:
        AuthFailed: it is not genuine, or this system takes no webhooks.
        NotFoundError: no system has that name.
    """
    connector = setup.connectors.get(system)
    if connector is None:
        raise NotFoundError(f"there is no system {system!r}", hint=f"the config has {', '.join(sorted(setup.connectors))}")
    if isinstance(unsupported := connector.capabilities.hints, Unsupported):
        raise AuthFailed(f"{system} takes no webhooks: {unsupported.reason}")
    try:
        refs = connector.hints(headers, body)
    except Rejected:
        return 0
    if refs:
        with store.transaction(fenced=False) as tx:  # whoever holds the store: a hint is good for every run
            tx.inbox.add(refs)
    return len(refs)


def follow_hints(context: Context, scopes: Sequence[ScopeRef]) -> None:
    """Read what was hinted at in the systems of ``scopes``, as far as they can be asked now."""
    first = {scope.system: scope for scope in reversed(scopes) if not context.is_parked(scope)}
    with context.store.transaction() as tx:
        hinted = [scope for system, scope in first.items() if tx.inbox.take(system, 1)]
    for scope in hinted:
        with context.isolated(scope, "following hints"):
            while not context.stopping() and _follow(context, scope):
                context.keep_hold()


def _follow(context: Context, scope: ScopeRef) -> bool:
    """One batch of the scope's system; whether there may be more."""
    connector = context.connector(scope)
    most = connector.capabilities.fetch_batch
    with context.store.transaction() as tx:
        refs = tx.inbox.take(scope.system, most)
    if not refs:
        return False
    fetched = connector.fetch(scope, refs)
    _look_for_missing(context, refs, fetched)
    with context.store.transaction() as tx:
        seen = sum(observe(context, tx, home, group) for home, group in _homes(context, tx, fetched.records).items())
        tx.inbox.done(refs)
    context.tell("progress", f"{scope.system}: {len(refs)} hints followed, {seen} changed", scope=scope, done=seen)
    return len(refs) == most


def _look_for_missing(context: Context, refs: Sequence[RecordRef], fetched: Fetched) -> None:
    """A hint may speak of a deletion or a transfer. This comes before the hint is done with, so no crash forgets it."""
    with context.store.transaction() as tx:
        links = [link for link in tx.links.by_refs(refs).values() if link.state is LinkState.LINKED]
    by_scope: dict[ScopeRef, list[Link]] = defaultdict(list)
    for link in links:
        by_scope[link.scope].append(link)
    for scope, group in by_scope.items():
        if context.setup.product_of(scope) is not None and not context.is_parked(scope):
            missed(context, scope, group, fetched)


def _homes(context: Context, tx: Transaction, records: Sequence[Record]) -> Mapping[ScopeRef, list[Record]]:
    """The records by the managed scope they concern. Dropped is what nobody manages, and what its scope's first listing will show anyway."""
    links = tx.links.by_refs([record.ref for record in records])
    homes: dict[ScopeRef, list[Record]] = defaultdict(list)
    for record in records:
        link = links.get(record.ref)
        home = record.scope if link is None or context.setup.product_of(record.scope) is not None else link.scope
        row = tx.scopes.get(home)
        if context.setup.product_of(home) is not None and row is not None and row.pulled_at:
            homes[home].append(record)
    return homes
