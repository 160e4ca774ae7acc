"""Recover: how records find back to items that this store does not know any more.

The markers on the records that we made are a second copy of the link table. Each names its item, and the record that the item was first seen
in (its origin; see ``pmsync.connect.markers``). So a store restored from a backup, or made anew under the old key, ties copy and origin to one
item again, in whatever order they show up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from pmsync.connect.capabilities import Unsupported
from pmsync.connect.markers import Marker, origin_of, verify
from pmsync.engine.context import Context
from pmsync.engine.history import History
from pmsync.engine.transfers import strangers
from pmsync.model.enums import Role
from pmsync.model.item import Item, Link
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Observed, Unobserved, is_set
from pmsync.reconcile.matching import How
from pmsync.reconcile.surface import Surface
from pmsync.reconcile.view import Base, BaseWrite
from pmsync.store import Transaction
from pmsync.store.dirty import DirtyRow

LOST = "lost_origin"


def genuine(context: Context, record: Record) -> Marker | None:
    """The record's marker if we signed it *and* our account created the record: people copy bodies and properties."""
    if record.marker is None or record.creator != context.connector(record.scope).me():
        return None
    return verify(record.marker, context.setup.marker_key)


def family_of(context: Context, record: Record, marker: Marker | None) -> str:
    """What the record has in common with the other records of its item: the origin that its marker names, or it is one itself."""
    return marker.origin if marker and marker.origin else origin_of(record.ref, context.setup.marker_key)


def lost_its_origin(context: Context, tx: Transaction, item: str, links: Sequence[Link]) -> bool:
    """Whether the item was made anew from a copy alone, for what it was copied from was deleted since, or has not shown up yet.

    Nothing is created for it, for that might make a second original, or bring back what somebody deleted. Told once.
    """
    copies = [link for link in links if link.role is Role.PRIMARY and link.how == How.MARKER]
    if not copies or any(link.family == origin_of(link.ref, context.setup.marker_key) for link in links):
        return False
    key = copies[0].key
    said = f"{key} is our copy of a record that cannot be found: nothing is created for its item until that shows up"
    if tx.notices.raise_(copies[0].scope, LOST, item, said):
        context.tell("skipped", said, scope=copies[0].scope, item=item, code=LOST)
    return True


def origin_showed_up(tx: Transaction, item: str, links: Iterable[Link]) -> None:
    """The matter of ``lost_its_origin`` is dealt with."""
    for link in links:
        tx.notices.settle(link.scope, LOST, item)


class Orphans:
    """The copies of ours among the unlinked records, and the items they name that this store does not know.

    Empty but for a restored or a new store, and for a create whose answer was lost.
    """

    def __init__(self) -> None:
        self._items: dict[str, str] = {}
        self._unknown: set[str] = set()
        self._histories: dict[RecordRef, History] = {}

    def __bool__(self) -> bool:
        """Whether any item is named that this store does not know."""
        return bool(self._unknown)

    def join(self, context: Context, rows: Sequence[DirtyRow]) -> None:
        """Note the copies among the dirty ``rows``, and how they came to show what they show. To be called outside of transactions.

        Of two items that share an origin the first one counts.
        """
        with context.store.transaction() as tx:
            ready = [record for record in strangers(tx, rows) if record.marker and context.is_ready(record.scope)]
            copies = [(record, marker) for record in ready if (marker := genuine(context, record)) is not None]
            known = tx.items.many({marker.item for _, marker in copies})
        for _, marker in copies:
            if marker.item not in known:
                self._unknown.add(marker.item)
                self._items.setdefault(marker.origin, marker.item)
        by_scope: dict[ScopeRef, list[Record]] = defaultdict(list)
        for record, _ in copies:
            by_scope[record.scope].append(record)
        for scope, records in by_scope.items():
            self._read_histories(context, scope, records)

    def item(self, family: str) -> str:
        """The name under which the item of a family is to be made anew; "" for none."""
        return self._items.get(family, "")

    def agree(self, context: Context, tx: Transaction, link: Link, record: Record, item: Item) -> None:
        """First bases for a copy that found back to its item: what our own writes made of it is nobody's edit.

        Sets are left to first contact, which drops nothing. So is what differs from the hub of a store that knew the item all along: that
        hub may be the older one.
        """
        writes = []
        for surface in context.surfaces(record.scope, record.kind.nature):
            made, hub = self._made(context, record, surface), item.fields.get(surface.field)
            value = hub.value if hub else EMPTY
            if isinstance(made, Unobserved) or is_set(made) or is_set(value):
                continue
            if surface.lens.consistent(made, value):
                writes.append(BaseWrite(link.uid, surface.id, Base(made, value), "as we left it"))
            elif value == EMPTY or item.uid in self._unknown:
                writes.append(BaseWrite(link.uid, surface.id, Base(made, EMPTY), "as we left it"))
        tx.bases.put(writes)

    def _made(self, context: Context, record: Record, surface: Surface) -> Observed:
        """What we, or the system at our create, made of a surface before anybody else came; unobserved where that is not known."""
        shown = record.values.get(surface.id, Unobserved("not read"))
        if record.actor == context.connector(record.scope).me() or record.updated_at <= record.created_at:
            return shown
        history = self._histories.get(record.ref)
        return history.made(surface.id, shown) if history is not None else Unobserved("who changed what is not known")

    def _read_histories(self, context: Context, scope: ScopeRef, records: Sequence[Record]) -> None:
        connector = context.connector(scope)
        if isinstance(connector.capabilities.history, Unsupported):
            return
        with context.isolated(scope, "reading how records came to be as they are"):
            since = min(record.created_at for record in records)
            fetched = connector.fetch(scope, [record.ref for record in records], since)
            for record in records:
                self._histories[record.ref] = History.of(fetched, record.ref, record.created_at, connector.me())
