"""Adopt before creating: every unlinked record finds its item, or becomes one.

The ladder: a genuine marker on a record our account created; a native cross-link; a unique exact title. Anything weaker is a suggestion
for a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pmsync.connect.markers import Marker, verify
from pmsync.engine.context import Context
from pmsync.engine.observe import parse_ref
from pmsync.model.enums import Audience, Role
from pmsync.model.item import Item, Link, LinkState, Provenance
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.model.titles import title_key
from pmsync.model.values import EMPTY, Known, Settled, Unobserved
from pmsync.reconcile.lens import Unmapped
from pmsync.reconcile.matching import Adopt, Peer, Suggest, match
from pmsync.reconcile.view import Base, BaseWrite
from pmsync.store import Transaction
from pmsync.store.dirty import DirtyRow
from pmsync.store.errors import DoubleBinding
from pmsync.store.journal import Entry


class Crowd:
    """Which titles and references stand on more than one unlinked record of a scope: what is shared proves nothing.

    Kept as hashes, for at first contact there are as many as records.
    """

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._shared: set[int] = set()

    def join(self, context: Context, rows: Sequence[DirtyRow]) -> None:
        """Count the unlinked records that the dirty ``rows`` name."""
        with context.store.transaction() as tx:
            for record in _strangers(tx, rows):
                for key in {_title_of(record), *_references_of(record)}:
                    (self._shared if key in self._seen else self._seen).add(key)

    def twin(self, record: Record) -> bool:
        """Whether another unlinked record there has the same title."""
        return _title_of(record) in self._shared

    def rival(self, record: Record) -> bool:
        """Whether another unlinked record there refers to the same thing."""
        return not self._shared.isdisjoint(_references_of(record))


def _title_of(record: Record) -> int:
    return hash((record.scope, "title", _title(record)))


def _references_of(record: Record) -> set[int]:
    return {hash((record.scope, "reference", reference)) for reference in record.references}


def _strangers(tx: Transaction, rows: Sequence[DirtyRow]) -> list[Record]:
    """The records among ``rows`` that no item has, oldest first."""
    refs = [parse_ref(row.target.removeprefix("record:")) for row in rows]
    linked = tx.links.by_refs(refs)
    records = tx.observations.many([ref for ref in refs if ref not in linked])
    return sorted(records.values(), key=lambda one: (one.created_at, str(one.ref)))


def adopt(context: Context, rows: Sequence[DirtyRow], crowd: Crowd) -> None:
    """Give every record among the dirty ``rows`` its item; the rows are done afterwards, but for those whose scope cannot be asked now."""
    with context.store.transaction() as tx:
        linked = tx.links.by_refs([parse_ref(row.target.removeprefix("record:")) for row in rows])
        tx.dirty.mark([f"item:{link.item}" for link in linked.values()], None, "linked meanwhile")
        waiting = set()
        for record in _strangers(tx, rows):
            if context.is_ready(record.scope):
                _place(context, tx, record, crowd)
            elif context.setup.product_of(record.scope) is not None:
                waiting.add(f"record:{record.ref}")
        tx.dirty.done([row for row in rows if row.target not in waiting])


def genuine(context: Context, record: Record) -> Marker | None:
    """The record's marker if we signed it *and* our account created the record: people copy bodies and properties."""
    if record.marker is None or record.creator != context.connector(record.scope).me():
        return None
    return verify(record.marker, context.setup.marker_key)


def _title(record: Record) -> str:
    title = record.values.get("title")
    return title_key(str(title.value)) if isinstance(title, Known) else ""


def _place(context: Context, tx: Transaction, record: Record, crowd: Crowd) -> None:
    product = context.setup.product_of(record.scope)
    if product is None:
        return
    marker = genuine(context, record)
    marked = tx.items.get(marker.item) if marker else None
    if marker and marked is None and marker.instance != context.store.instance:
        context.tell("skipped", f"{record.key} was created by another pmsync instance", scope=record.scope, code="foreign_marker")
    if marker and marked is not None and _surplus(tx, marker, record):
        _quarantine(context, tx, record, marked)
        return
    peers = _peers(tx, record, product.key)
    verdict = match(record, peers, marked.uid if marked else None, twin=crowd.twin(record), rival=crowd.rival(record))
    if isinstance(verdict, Adopt):
        bind(context, tx, Place.of(record), verdict.item, verdict.how)
        return
    if isinstance(verdict, Suggest):
        for suggestion in verdict.suggestions:
            tx.suggestions.put(record.ref, suggestion.item, suggestion.score, suggestion.why)
        context.tell("skipped", f"{record.key} resembles an item: see pmsync link", scope=record.scope, code="suggestion")
    found(context, tx, record, product.key)


def _surplus(tx: Transaction, marker: Marker, record: Record) -> bool:
    """Whether the create that made the record has another one: the item has one here, or that create landed elsewhere or was made anew."""
    linked = [link for link in tx.links.of_items([marker.item]).get(marker.item, []) if link.state is LinkState.LINKED]
    if any(link.scope == record.scope for link in linked):
        return True
    row = tx.ops.get(marker.op)
    if row is None:
        return False
    if row.ref is not None:
        return row.ref != record.ref
    return row.state.terminal and any(link.ref.system == record.ref.system for link in linked)


def _quarantine(context: Context, tx: Transaction, record: Record, item: Item) -> None:
    reason = f"{record.key} carries the marker of an item that has a record here already; it is left alone, close it by hand"
    tx.notices.raise_(record.scope, "surplus", record.key, reason)
    links = tx.links.of_items([item.uid]).get(item.uid, [])
    # A transfer keeps the marker and makes a new id: then it is the linked record that cannot be found any more.
    context.suspects += [link for link in links if link.ref.system == record.ref.system and link.state is LinkState.LINKED]
    tx.journal.append([Entry(context.run, "quarantine", item.uid, why=reason, at=context.clock.now())])
    context.tell("quarantined", reason, scope=record.scope, item=item.uid)


def _peers(tx: Transaction, record: Record, product: str) -> list[Peer]:
    """The items that exact keys lead to: cross-links by name, titles by their index. No scan.

    What only some people can read is tied to nothing: its item would carry it elsewhere.
    """
    if record.audience is Audience.PRIVATE:
        return []
    named = {link.item for reference in record.references for link in tx.links.named(reference)}
    titled = tx.items.titled(product, _title(record)) if _title(record) else []
    uids = sorted({*named, *titled})
    items = tx.items.many(uids)
    links = tx.links.of_items(uids)
    secret = private_links(tx, [link for group in links.values() for link in group])
    return [
        _peer(items[uid], links.get(uid, []), referenced=uid in named)
        for uid in uids
        if uid in items and not any(link.uid in secret for link in links.get(uid, []))
    ]


def private_links(tx: Transaction, links: Sequence[Link]) -> set[str]:
    """Those among the managed ``links``, by uid, whose record only some people can read."""
    managed = [link for link in links if link.state is LinkState.LINKED]
    records = tx.observations.many([link.ref for link in managed])
    return {link.uid for link in managed if link.ref in records and records[link.ref].audience is Audience.PRIVATE}


def _peer(item: Item, links: Sequence[Link], *, referenced: bool) -> Peer:
    scopes = tuple(link.scope for link in links if link.state is LinkState.LINKED)
    title = item.fields.get("title")
    text = str(title.value.value) if title and isinstance(title.value, Known) else ""
    return Peer(item.uid, item.product, text, scopes, referenced)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record is, as far as a link needs to know it."""

    ref: RecordRef
    scope: ScopeRef
    key: str
    url: str

    @classmethod
    def of(cls, record: Record) -> Place:
        """The place of a record that was read."""
        return cls(record.ref, record.scope, record.key, record.url)


def bind(context: Context, tx: Transaction, place: Place, item: str, how: str) -> Link | None:
    """Link the record at ``place`` to ``item``; None, told and left alone, when either is bound already."""
    role = Role.MIRROR if tx.links.of_items([item]).get(item) else Role.PRIMARY
    link = Link(context.new_uid(), item, place.ref, place.scope, role, LinkState.LINKED, place.key, place.url, how)
    name = place.key or str(place.ref)
    try:
        tx.links.add(link)
    except DoubleBinding as refused:
        context.tell("quarantined", f"{name}: {refused.message}", scope=place.scope, item=item)
        return None
    tx.suggestions.drop(place.ref)
    tx.dirty.mark([f"item:{item}"], place.scope, f"linked by {how}")
    why = f"{name} linked by {how}"
    tx.journal.append([Entry(context.run, "link", item, link=link.uid, system=place.ref.system, why=why, at=context.clock.now())])
    context.tell("adopted" if how != "created" else "linked", why, scope=place.scope, item=item, code=how)
    return link


def found(context: Context, tx: Transaction, record: Record, product: str) -> Item:
    """Make a new item of ``record``; both sides agree on every value that can be read."""
    values, pairs = _first_values(context, record)
    provenance = Provenance(record.ref.system, record.actor or record.creator, record.updated_at, f"first seen in {record.key}")
    item = tx.items.create(product, record.kind, values, provenance)
    link = Link(
        context.new_uid(), item.uid, record.ref, record.scope, Role.PRIMARY, LinkState.LINKED, record.key, record.url, "origin"
    )
    tx.links.add(link)
    tx.bases.put([BaseWrite(link.uid, surface, pair, "first seen") for surface, pair in pairs.items()])
    tx.dirty.mark([f"item:{item.uid}"], record.scope, "new item")
    tx.journal.append(
        [
            Entry(
                context.run, "item", item.uid, link=link.uid, system=record.ref.system, why=provenance.why, at=context.clock.now()
            )
        ]
    )
    context.tell("created_item", f"{record.key} became an item", scope=record.scope, item=item.uid)
    return item


def _first_values(context: Context, record: Record) -> tuple[dict[str, Settled], Mapping[str, Base]]:
    values: dict[str, Settled] = {}
    pairs: dict[str, Base] = {}
    for surface in context.surfaces(record.scope):
        observed = record.values.get(surface.id, Unobserved("not read"))
        direction = context.setup.policy.direction(surface.field, record.scope.system)
        if isinstance(observed, Unobserved) or not (direction.ingests or direction.seeds):
            continue
        if direction.emits and not direction.ingests:
            continue
        hub = surface.lens.ingest(observed, EMPTY)
        if isinstance(hub, Unmapped):
            continue
        values.setdefault(surface.field, hub)
        pairs[surface.id] = Base(observed, hub)
    return values, pairs


def is_record(row: DirtyRow) -> bool:
    """Whether a dirty row names a record without an item."""
    return row.target.startswith("record:")
