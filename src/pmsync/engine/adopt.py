"""Adopt before creating: every unlinked record finds its item, or becomes one.

The ladder: a genuine marker on a record our account created; a native cross-link; a unique exact title. Anything weaker is a suggestion
for a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from pmsync.connect.markers import Marker, origin_of
from pmsync.engine.comments import known_as
from pmsync.engine.context import Context
from pmsync.engine.directory import keep_references, named_by, tell_referrers
from pmsync.engine.doubts import Doubts, claim, open_create
from pmsync.engine.observe import parse_ref, take_up_comments
from pmsync.engine.recover import Orphans, family_of, genuine, origin_showed_up
from pmsync.engine.setup import Product
from pmsync.engine.surplus import is_left_alone, is_surplus, leave_alone, made_twice, quarantine
from pmsync.engine.transfers import Transfers, strangers
from pmsync.model.enums import Audience, Nature, Role
from pmsync.model.item import Item, Link, LinkState, Provenance
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.model.titles import title_key
from pmsync.model.values import EMPTY, Known, Settled, Unobserved
from pmsync.reconcile.lens import Unmapped
from pmsync.reconcile.matching import Adopt, How, Peer, Suggest, match
from pmsync.reconcile.view import Base, BaseWrite
from pmsync.store import Transaction
from pmsync.store.dirty import DirtyRow
from pmsync.store.errors import DoubleBinding
from pmsync.store.journal import Entry
from pmsync.store.ops import OpRow

FIRST_SEEN = "first seen in"
"""How the reason of a value begins that came along with its item: nobody is known to have decided on it."""

DECLARED = "declared"
"""How a link came about that a person has written down: see ``Link.how``."""


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
            for record in strangers(tx, rows):
                for key in {_title_of(record), *_references_of(record)}:
                    (self._shared if key in self._seen else self._seen).add(key)

    def twin(self, record: Record) -> bool:
        """Whether another unlinked record there has the same title."""
        return _title_of(record) in self._shared

    def rival(self, record: Record) -> bool:
        """Whether another unlinked record there refers to the same thing."""
        return not self._shared.isdisjoint(_references_of(record))


def _title_of(record: Record) -> int:
    return hash((record.scope, record.kind.nature, "title", _title(record)))


def _references_of(record: Record) -> set[int]:
    return {hash((record.scope, "reference", reference)) for reference in record.references}


@dataclass(frozen=True, slots=True)
class Company:
    """What is known of all the unlinked records of a reconciliation, before the first of them is placed."""

    crowd: Crowd
    transfers: Transfers
    orphans: Orphans
    doubts: Doubts


class Turn(StrEnum):
    """The order in which records find their items where copies name items that this store does not know.

    First what such a copy names as its original, then the copies, at last what only a title or a reference ties: it would make an item of its
    own while the one that it belongs to is not there yet.
    """

    ORIGINALS = "originals"
    COPIES = "copies"
    OTHERS = "others"
    DECLARED = "declared"
    """Records of which a person has written down what they are one with: what they name comes first."""


def turns(company: Company, *, declared: bool = False) -> tuple[Turn | None, ...]:
    """The turns that a reconciliation takes; None is everybody's. ``declared``: there may be records that declare what they are one with."""
    if company.orphans:
        return tuple(Turn)
    return (None, Turn.DECLARED) if declared else (None,)


def adopt(context: Context, rows: Sequence[DirtyRow], company: Company, turn: Turn | None = None) -> None:
    """Give every record among the dirty ``rows`` whose ``turn`` it is its item; the rows are done afterwards, but for those that cannot be
    decided now.
    """  # noqa: D205 - one thought
    transfers = company.transfers
    with context.store.transaction() as tx:
        linked = tx.links.by_refs([parse_ref(row.target.removeprefix("record:")) for row in rows])
        tx.dirty.mark([f"item:{link.item}" for link in linked.values()], None, "linked meanwhile")
        waiting, missing = set(), set()
        for record in strangers(tx, rows):
            if context.setup.product_of(record.scope) is None or transfers.left(record.ref):
                continue
            if transfers.missing(record.ref):
                missing.add(f"record:{record.ref}")
            elif not _its_turn(context, record, company, turn) or not _decide(context, tx, record, company):
                waiting.add(f"record:{record.ref}")
        for row in [row for row in rows if row.target in missing and not row.attempts]:
            waiting.add(row.target)
            tx.dirty.postpone(row, context.clock.now() + context.setup.beats.catalogue)
        tx.dirty.done([row for row in rows if row.target not in waiting])


def _its_turn(context: Context, record: Record, company: Company, turn: Turn | None) -> bool:
    if record.declared or turn is Turn.DECLARED:
        return bool(record.declared) and turn is Turn.DECLARED
    return turn is None or turn is _turn_of(context, record, company)


def _turn_of(context: Context, record: Record, company: Company) -> Turn:
    if context.is_ready(record.scope) and genuine(context, record) is not None:
        return Turn.COPIES
    return Turn.ORIGINALS if company.orphans.item(family_of(context, record, None)) else Turn.OTHERS


def _decide(context: Context, tx: Transaction, record: Record, company: Company) -> bool:
    """Find the record's item, or make it one; False when that has to wait."""
    if not context.is_ready(record.scope) or company.transfers.waits(record):
        return False
    row = company.doubts.maker(record)
    if row is not None:
        _claim(context, tx, record, row)
        return True
    if company.doubts.waits(tx, record):
        return False
    _place(context, tx, record, company)
    return True


def _claim(context: Context, tx: Transaction, record: Record, row: OpRow) -> None:
    """Tie the record to the item of the create in doubt that made it."""
    if bind(context, tx, Place.of(record), row.op.item, "created") is None:
        leave_alone(context, tx, record)
    else:
        claim(context, tx, record, row)


def _title(record: Record) -> str:
    title = record.values.get("title")
    return title_key(str(title.value)) if isinstance(title, Known) else ""


def _place(context: Context, tx: Transaction, record: Record, company: Company) -> None:
    """Give the record its item."""
    product = context.setup.product_of(record.scope)
    if product is None:
        return
    if record.kind.nature is Nature.COMMENT and (link := known_as(tx, record)) is not None:
        _moved_along(context, tx, link, record)
        return
    declared = _declared(tx, record)
    if declared is not None and bind(context, tx, Place.of(record), declared, DECLARED) is not None:
        return
    marker = genuine(context, record)
    family = family_of(context, record, marker)
    uid = marker.item if marker else company.orphans.item(family)
    item = _own_item(tx, record, marker, uid, family)
    if item is not None and marker is None:
        origin_showed_up(tx, item.uid, tx.links.of_items([item.uid])[item.uid])
    if marker and item is not None and is_surplus(tx, marker, item, record):
        quarantine(context, tx, record, item)
        return
    if item is None and uid and tx.items.get(uid) is None:
        found(context, tx, record, product.key, Memory(uid, family, How.MARKER if marker else "origin"))
        return
    crowd, peers = company.crowd, _peers(tx, record, product)
    verdict = match(record, peers, item.uid if item else None, twin=crowd.twin(record), rival=crowd.rival(record))
    if isinstance(verdict, Adopt):
        bound = bind(context, tx, Place.of(record), verdict.item, verdict.how)
        row = open_create(tx, verdict.item, record.scope)
        if bound is not None and row is None and marker and item is not None:
            company.orphans.agree(context, tx, bound, record, item)
        if bound is not None and row is not None and record.creator == context.connector(record.scope).me():
            claim(context, tx, record, row)
        return
    alike = [peer.uid for peer in peers if record.scope in peer.scopes and title_key(peer.title) == _title(record)]
    if is_left_alone(context, tx, record) or (
        alike and (company.doubts.waited(record) or made_twice(context, tx, record, alike))
    ):
        leave_alone(context, tx, record)
        return
    if isinstance(verdict, Suggest):
        for suggestion in verdict.suggestions:
            tx.suggestions.put(record.ref, suggestion.item, suggestion.score, suggestion.why)
        context.tell("skipped", f"{record.key} resembles an item: see pmsync link", scope=record.scope, code="suggestion")
    found(context, tx, record, product.key)


def _declared(tx: Transaction, record: Record) -> str | None:
    """The item of the first known record that a person has written down the record to be, as ``pmsync link`` would tie them."""
    for name in record.declared:
        found = named_by(tx, name)
        if len(found) == 1 and record.scope not in _homes(tx, found[0].item) and not private_links(tx, found):
            return found[0].item
    return None


def _moved_along(context: Context, tx: Transaction, link: Link, record: Record) -> None:
    """What the comment is on was transferred, and the comment has another id since."""
    there = replace(link, ref=record.ref, scope=record.scope, key=record.key, url=record.url, state=LinkState.LINKED)
    tx.links.change(there)
    tx.notices.settle(link.scope, "missing", link.uid)
    tx.dirty.mark([f"item:{link.item}"], record.scope, "transferred")
    why = f"{link.key} is {record.key} now"
    tx.journal.append([Entry(context.run, "move", link.item, link=link.uid, why=why, at=context.clock.now())])
    context.tell("moved", why, scope=record.scope, item=link.item)


def _own_item(tx: Transaction, record: Record, marker: Marker | None, uid: str, family: str) -> Item | None:
    """The item that the record belongs to for certain: ``uid``, that a marker names, or that of another record of its family."""
    named = tx.items.get(uid) if uid else None
    if named is not None and (marker or record.scope not in _homes(tx, named.uid)):
        return named
    for link in tx.links.of_families([family]).get(family, []):
        if marker or record.scope not in _homes(tx, link.item):
            return tx.items.get(link.item)
    return None


def _homes(tx: Transaction, item: str) -> set[ScopeRef]:
    """Where the item has a managed record."""
    return {link.scope for link in tx.links.of_items([item]).get(item, []) if link.state is LinkState.LINKED}


def _peers(tx: Transaction, record: Record, product: Product) -> list[Peer]:
    """The items that exact keys lead to: cross-links by name, titles by their index. No scan.

    What only some people can read is tied to nothing: its item would carry it elsewhere. Nor is an item tied again that shows nowhere any more:
    what people deleted would come back with it. A comment is what our marker says, or a new one, whatever else says the same.
    """
    if record.audience is Audience.PRIVATE or record.kind.nature is Nature.COMMENT:
        return []
    named = {link.item for reference in record.references for link in tx.links.named(reference) if link.how != "moved"}
    titled = tx.items.titled(product.key, _title(record)) if _title(record) else []
    uids = sorted({*named, *titled})
    items = tx.items.many(uids)
    links = tx.links.of_items(uids)
    secret = private_links(tx, [link for group in links.values() for link in group])
    beside = _beside(tx, record, product, links)
    return [
        _peer(items[uid], links.get(uid, []), referenced=uid in named, beside=uid in beside)
        for uid in uids
        if uid in items
        and items[uid].kind.nature is record.kind.nature
        and _shows(links.get(uid, []))
        and not any(link.uid in secret for link in links[uid])
    ]


def _shows(links: Sequence[Link]) -> bool:
    return any(link.state is LinkState.LINKED for link in links)


def private_links(tx: Transaction, links: Sequence[Link]) -> set[str]:
    """Those among the managed ``links``, by uid, whose record only some people can read."""
    managed = [link for link in links if link.state is LinkState.LINKED]
    records = tx.observations.many([link.ref for link in managed])
    return {link.uid for link in managed if link.ref in records and records[link.ref].audience is Audience.PRIVATE}


def _beside(tx: Transaction, record: Record, product: Product, links: Mapping[str, Sequence[Link]]) -> set[str]:
    """The items that another record of the same system stands for. One filed at the same moment may be this very one, under its old id.

    Releases join whatever has their name, and where a rule mirrors from one container of the system into another, so does work.
    """
    system = record.scope.system
    if record.kind.nature is Nature.RELEASE or any(rule.from_system == system == rule.to.system for rule in product.rules):
        return set()
    there = [link for group in links.values() for link in group if link.scope.system == system and link.state is LinkState.LINKED]
    known = tx.observations.many([link.ref for link in there])
    return {link.item for link in there if link.ref in known and known[link.ref].created_at != record.created_at}


def _peer(item: Item, links: Sequence[Link], *, referenced: bool, beside: bool) -> Peer:
    scopes = tuple(link.scope for link in links if link.state is LinkState.LINKED)
    title = item.fields.get("title")
    text = str(title.value.value) if title and isinstance(title.value, Known) else ""
    return Peer(item.uid, item.product, text, scopes, referenced, beside)


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
    others = tx.links.of_items([item]).get(item, [])
    role = Role.MIRROR if others else Role.PRIMARY
    copied = bool(others) and how in ("created", How.MARKER)
    family = others[0].family if copied else origin_of(place.ref, context.setup.marker_key)
    link = Link(context.new_uid(), item, place.ref, place.scope, role, LinkState.LINKED, place.key, place.url, how, family)
    name = place.key or str(place.ref)
    try:
        tx.links.add(link)
    except DoubleBinding as refused:
        context.tell("quarantined", f"{name}: {refused.message}", scope=place.scope, item=item)
        return None
    tx.suggestions.drop(place.ref)
    tell_referrers(tx, link)
    take_up_comments(context, tx, place.scope, place.ref)
    tx.dirty.mark([f"item:{item}"], place.scope, f"linked by {how}")
    why = f"{name} linked by {how}"
    tx.journal.append([Entry(context.run, "link", item, link=link.uid, system=place.ref.system, why=why, at=context.clock.now())])
    context.tell("adopted" if how != "created" else "linked", why, scope=place.scope, item=item, code=how)
    return link


@dataclass(frozen=True, slots=True)
class Memory:
    """What the records themselves remember of an item that this store does not know: its uid, their family, and how that shows."""

    uid: str
    family: str
    how: str


def found(context: Context, tx: Transaction, record: Record, product: str, memory: Memory | None = None) -> Item:
    """Make a new item of ``record``; both sides agree on every value that can be read."""
    memory = memory or Memory("", origin_of(record.ref, context.setup.marker_key), "origin")
    values, pairs = _first_values(context, record)
    provenance = Provenance(record.ref.system, record.actor or record.creator, record.updated_at, f"{FIRST_SEEN} {record.key}")
    item = tx.items.create(product, record.kind, values, provenance, uid=memory.uid)
    tie = (memory.how, memory.family)
    link = Link(
        context.new_uid(), item.uid, record.ref, record.scope, Role.PRIMARY, LinkState.LINKED, record.key, record.url, *tie
    )
    tx.links.add(link)
    for name, value in values.items():
        keep_references(tx, item.uid, name, value)
    tell_referrers(tx, link)
    if record.kind.nature is Nature.WORK:
        take_up_comments(context, tx, record.scope, record.ref)
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
    for surface in context.surfaces(record.scope, record.kind.nature):
        observed = record.values.get(surface.id, Unobserved("not read"))
        direction = context.setup.policy.flow(surface.field, record.scope.system, record.kind.nature)
        if isinstance(observed, Unobserved) or not (direction.ingests or direction.seeds):
            continue
        if direction.emits and not direction.ingests:
            continue
        hub = surface.lens.ingest(observed, EMPTY)
        if isinstance(hub, Unmapped):
            continue
        values.setdefault(surface.field, hub)
        pairs[surface.id] = Base(surface.agreed(observed), hub)
    return values, pairs


def is_record(row: DirtyRow) -> bool:
    """Whether a dirty row names a record without an item."""
    return row.target.startswith("record:")
