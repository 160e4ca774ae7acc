"""Gather: read everything that ``reconcile`` must see of a batch of items, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pmsync.engine.context import Context
from pmsync.engine.crossing import written_at
from pmsync.model.enums import Audience, Nature
from pmsync.model.item import Item, Link, LinkState
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Settled, Unobserved, known, members
from pmsync.reconcile.lenses import MentionsLens
from pmsync.reconcile.operation import OpKind
from pmsync.reconcile.surface import Surface
from pmsync.reconcile.view import Dispute, ItemView, Replica, SurfaceView
from pmsync.store import Transaction
from pmsync.store.bases import BaseRow
from pmsync.store.ops import OpRow
from pmsync.text.names import names_in

_UNREAD = Unobserved("the connector did not read it")
PAGE = 500
"""How many links are read at a time."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """One item's view, plus what routing needs: all its links, the records it shows in, and its open ops."""

    view: ItemView
    links: tuple[Link, ...]
    records: Mapping[RecordRef, Record]
    open_ops: tuple[OpRow, ...]

    @property
    def item(self) -> Item:
        """The item itself."""
        return self.view.item

    @property
    def alive(self) -> list[Link]:
        """The links on which anything may be read or written."""
        return [link for link in self.links if link.state is LinkState.LINKED]


@dataclass(frozen=True, slots=True)
class _Batch:
    links: Mapping[str, list[Link]]
    records: Mapping[RecordRef, Record]
    bases: Mapping[str, Mapping[str, BaseRow]]
    ops: Mapping[str, list[OpRow]]
    disputes: Mapping[str, Mapping[str, Dispute]]
    said: Mapping[RecordRef, frozenset[str]]


def gather(context: Context, tx: Transaction, uids: Sequence[str]) -> list[Gathered]:
    """The views of the items that still exist, in the order of ``uids``."""
    items = tx.items.many(uids)
    batch = _read(tx, [uid for uid in uids if uid in items])
    return [_gathered(context, items[uid], batch) for uid in uids if uid in items]


def _read(tx: Transaction, uids: Sequence[str]) -> _Batch:
    links = tx.links.of_items(uids)
    alive = [link for group in links.values() for link in group if link.state is LinkState.LINKED]
    records = tx.observations.many([link.ref for link in alive])
    return _Batch(
        links,
        records,
        tx.bases.of_links([link.uid for link in alive]),
        tx.ops.open_for(uids),
        tx.conflicts.open_for(uids),
        {record.ref: _said(tx, record) for record in records.values() if record.kind.nature is Nature.FEEDBACK},
    )


def _said(tx: Transaction, record: Record) -> frozenset[str]:
    """What the messages of a ticket name: a customer's first words are one of them, and seldom its subject."""
    return frozenset(name for comment in tx.observations.comments(record.ref) for name in names_in(comment.body))


def _gathered(context: Context, item: Item, batch: _Batch) -> Gathered:
    links = tuple(batch.links.get(item.uid, []))
    ops = tuple(batch.ops.get(item.uid, []))
    visible = _visible(context, links, batch.records)
    replicas = tuple(_replica(context, link, batch, ops) for link in visible)
    left = [link for link in links if link.state is not LinkState.LINKED]
    silent = {link.ref.system for link in links if link.state is LinkState.LINKED and link not in visible}
    view = ItemView(
        item,
        replicas,
        batch.disputes.get(item.uid, {}),
        _owners(context, item, links),
        context.clock.now(),
        left=frozenset(link.uid for link in left),
        departed=frozenset(link.ref.system for link in left) - silent,
    )
    return Gathered(view, links, batch.records, ops)


def _owners(context: Context, item: Item, links: Sequence[Link]) -> dict[str, str]:
    """Who breaks ties: over a comment the system in which it was written."""
    if item.kind.nature is Nature.COMMENT:
        origin = written_at(context, links)
        return {} if origin is None else {"body": origin.ref.system}
    return dict(context.setup.policy.owners)


def _visible(context: Context, links: Sequence[Link], records: Mapping[RecordRef, Record]) -> list[Link]:
    """The links to reconcile. A restricted record takes no part while its item shows anywhere else: nothing of it may cross.

    Also where that other place cannot be asked now: what the hub takes over meanwhile would reach it later.
    """
    linked = [link for link in links if link.state is LinkState.LINKED]
    alive = [link for link in linked if link.ref in records and context.is_ready(link.scope)]
    if len(linked) < 2:
        return alive
    return [link for link in alive if records[link.ref].audience is not Audience.PRIVATE]


def _replica(context: Context, link: Link, batch: _Batch, ops: Sequence[OpRow]) -> Replica:
    record = _with_names(context, batch.records[link.ref], batch.said.get(link.ref, frozenset()))
    bases = batch.bases.get(link.uid, {})
    pending = [row for row in ops if _concerns(row, link)]
    surfaces = tuple(
        _surface(context, link, record, surface, bases, pending) for surface in context.surfaces(link.scope, record.kind.nature)
    )
    return Replica(link, record, surfaces, busy=bool(pending))


def _with_names(context: Context, record: Record, names: frozenset[str]) -> Record:
    """The record, mentioning what its messages name as well."""
    if not names:
        return record
    surfaces = context.surfaces(record.scope, record.kind.nature)
    shown = {one.id: record.values.get(one.id, EMPTY) for one in surfaces if isinstance(one.lens, MentionsLens)}
    with_names = {place: known(members(value) | names) for place, value in shown.items() if not isinstance(value, Unobserved)}
    return replace(record, values={**record.values, **with_names})


def _concerns(row: OpRow, link: Link) -> bool:
    if row.op.kind is OpKind.CREATE:
        return row.op.scope == link.scope
    return row.op.ref == link.ref


def _surface(
    context: Context, link: Link, record: Record, surface: Surface, bases: Mapping[str, BaseRow], pending: Sequence[OpRow]
) -> SurfaceView:
    row = bases.get(surface.id)
    policy = context.setup.policy
    return SurfaceView(
        surface,
        policy.flow(surface.field, link.ref.system, record.kind.nature),
        record.values.get(surface.id, _UNREAD),
        row.base if row else None,
        tuple(_sent(pending, surface.id)),
        row.drift_since if row else None,
        policy.respect_human.get(surface.field, 0.0),
        row.undone if row else "",
    )


def _sent(pending: Sequence[OpRow], surface: str) -> list[Settled]:
    return [change.after for row in pending for change in row.op.changes if change.surface == surface]


def linked_pages(context: Context, scope: ScopeRef) -> Iterator[list[Link]]:
    """Every managed link of a scope, page by page, each page in a transaction of its own that is over when it is handed on."""
    after = ""
    while True:
        with context.store.transaction() as tx:
            links = tx.links.in_scope(scope, after, PAGE)
        if links:
            yield links
        if len(links) < PAGE:
            return
        after = links[-1].uid
