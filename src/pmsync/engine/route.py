"""Route: which records an item should have and has not, by the product's mirror rules and the audience guard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from pmsync.connect.markers import Marker, sign
from pmsync.engine.absence import lately_missed
from pmsync.engine.comments import is_shielded, places_of, told
from pmsync.engine.context import Context
from pmsync.engine.crossing import is_on_managed
from pmsync.engine.declared import awaits
from pmsync.engine.foresee import foreseen, takes_releases
from pmsync.engine.gather import Gathered
from pmsync.engine.protect import shields_place
from pmsync.engine.recover import lost_its_origin
from pmsync.engine.refusals import create_refused
from pmsync.engine.setup import Product
from pmsync.model.enums import Audience, Direction, Nature
from pmsync.model.fields import FIELDS
from pmsync.model.item import Item, Link, LinkState
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Settled, Unobserved, raw
from pmsync.reconcile.lens import Unmapped, Unrepresentable
from pmsync.reconcile.operation import Change, Operation, OpKind
from pmsync.reconcile.routing import Create, Route, Rule, demanded, may_cross, routes
from pmsync.reconcile.view import Decision
from pmsync.store import Transaction

_NEEDED = {Nature.COMMENT: {"body", "on"}}
"""Without which fields no record is made; of all else a title."""
_UNREAD = Unobserved("not read")


@dataclass(frozen=True, slots=True)
class Creation:
    """A create that the rules ask for; ``review``: a person must see it in a plan first; ``born``: when its source was filed."""

    op: Operation
    review: bool
    born: float = 0.0


@dataclass(frozen=True, slots=True)
class Routing:
    """The creates an item needs now.

    ``waiting``: more will follow once a destination can be read; ``resting``: once an earlier refusal is old enough.
    """

    creations: tuple[Creation, ...] = ()
    waiting: bool = False
    resting: bool = False


def creations(context: Context, tx: Transaction, one: Gathered, decision: Decision) -> Routing:
    """The creates that ``one`` needs now; those the audience guard forbids are told with the reason.

    Nothing is created where nothing was read yet, or where a record waits that may belong to the item: adopting comes before creating.
    """
    product = context.setup.product(one.item.product)
    if product is None or not one.alive:
        return Routing()
    if not all(may_be_read(context, tx, link) for link in one.alive):
        return Routing(waiting=True)
    values = {**_values_after(one, decision), **_unheld(context, one.item, one.alive, one.records)}
    found: list[Creation] = []
    shown = [one.records[link.ref] for link in one.alive if link.ref in one.records]
    waiting = resting = False
    unseen = any(link.ref not in one.records for link in one.alive)  # who can read it is not known yet
    labels = raw(values.get("labels", EMPTY))
    systems = frozenset(link.ref.system for link in one.alive)
    wanted = routes(product.rules, one.item.kind, labels if isinstance(labels, frozenset) else frozenset(), systems)
    places = (*_demanded(context, tx, one.item, product.rules), *places_of(context, tx, one.item, values))
    for route in (*_asked_for(product, shown, systems, wanted), *places):
        under_way = any(row.op.scope == route.to for row in one.open_ops)
        if route.create is Create.NEVER or under_way or has_record(one.links, route.to) or awaits(shown, route.to):
            continue
        if unseen or route.to in context.undecided or not _was_read(context, tx, route.to):
            waiting = True
            continue
        if _guarded(context, tx, one, route) or shields_place(context, tx, one, decision, route.to):
            continue
        if is_shielded(context, tx, values, one.item.kind.nature, route.to):
            continue
        if lost_its_origin(context, tx, one.item.uid, one.links):
            continue
        if create_refused(context, tx, route.to, one.item.uid):
            resting = True
            continue
        op = _create(context, one, route.to, values)
        if {change.field for change in op.changes} >= _NEEDED.get(one.item.kind.nature, {"title"}):
            found.append(Creation(op, route.create is Create.REVIEW, _born(one)))
    return Routing(tuple(found), waiting, resting)


def _asked_for(product: Product, shown: Sequence[Record], systems: Set[str], wanted: Sequence[Route]) -> tuple[Route, ...]:
    """What the rules want, and what a person has written down of this very item, which goes before them."""
    named = [ScopeRef.parse(home) for record in shown for home in record.homes]
    asked = demanded(product.rules, [to for to in dict.fromkeys(named) if to in product.scopes and to.system not in systems])
    taken = {route.to.system for route in asked}
    return (*asked, *(route for route in wanted if route.to.system not in taken))


def _demanded(context: Context, tx: Transaction, item: Item, rules: Sequence[Rule]) -> tuple[Route, ...]:
    """Where a release is needed because work shows there that goes into it, as far as pmsync may say so there."""
    if item.kind.nature is not Nature.RELEASE:
        return ()
    coming = {scope for uid, scope in context.demanded if uid == item.uid}
    places = sorted({*tx.references.places(item.uid, "release"), *coming}, key=str)
    return demanded(rules, [scope for scope in places if context.is_ready(scope) and takes_releases(context, scope)])


def _born(one: Gathered) -> float:
    return min((one.records[link.ref].created_at for link in one.alive if link.ref in one.records), default=0.0)


def _was_read(context: Context, tx: Transaction, scope: ScopeRef) -> bool:
    row = tx.scopes.get(scope)
    return context.is_ready(scope) and row is not None and row.pulled_at > 0


def _values_after(one: Gathered, decision: Decision) -> Mapping[str, Settled]:
    values = {name: held.value for name, held in one.item.fields.items()}
    values.update({write.field: write.value for write in decision.hub})
    return values


def _unheld(context: Context, item: Item, alive: Sequence[Link], records: Mapping[RecordRef, Record]) -> Mapping[str, Settled]:
    """What the item's source shows now of the fields that only flow when a record is made: the hub has them as they were at first.

    The source of a field is the system that the hub has it from, else the first.
    """
    values: dict[str, Settled] = {}
    for link in alive:
        for surface in context.surfaces(link.scope):
            name, record = surface.field, records.get(link.ref)
            held = item.fields.get(name)
            home = held.provenance.source if held else alive[0].ref.system
            direction = context.setup.policy.flow(name, link.ref.system, item.kind.nature)
            if record is None or link.ref.system != home or name in values or direction is not Direction.INIT:
                continue
            shown = record.values.get(surface.id, _UNREAD)
            if isinstance(shown, Unobserved):
                continue
            hub = surface.lens.ingest(shown, held.value if held else EMPTY)
            if not isinstance(hub, Unmapped):
                values[name] = hub
    return values


def has_record(links: Sequence[Link], scope: ScopeRef) -> bool:
    """Whether an item with these ``links`` needs no record in ``scope``.

    What was deleted there by a person or taken out of management is not made anew, in whichever container of that system it was last.
    """
    return any(link.scope == scope or (link.ref.system == scope.system and link.state is not LinkState.LINKED) for link in links)


def may_be_read(context: Context, tx: Transaction, link: Link) -> bool:
    """Whether the record of ``link`` can be asked now: nothing is copied from what nobody can look at, or that was missed just now."""
    return context.is_ready(link.scope) and not context.is_parked(link.scope) and not lately_missed(context, tx, link)


def unwanted(
    context: Context, item: Item, links: Sequence[Link], records: Mapping[RecordRef, Record], op: Operation
) -> str | None:
    """Why the create ``op`` of ``item``, planned a while ago, is not what would be planned for it now; None when it is.

    ``links`` are all of the item's, ``records`` what they show. What the hub holds must be settled already.
    """
    alive = [link for link in links if link.state is LinkState.LINKED]
    if not alive:
        return "what it was to be copied from is gone, or left what the config covers"
    if has_record(links, op.scope):
        return "the item has a record here by now, or had one"
    product = context.setup.product(item.product)
    held = {name: field.value for name, field in item.fields.items()} | dict(_unheld(context, item, alive, records))
    labels, systems = raw(held.get("labels", EMPTY)), frozenset(link.ref.system for link in alive)
    rules = product.rules if product else ()
    wanted = routes(rules, item.kind, labels if isinstance(labels, frozenset) else frozenset(), systems)
    if product is not None:
        wanted = _asked_for(product, [records[link.ref] for link in alive if link.ref in records], systems, wanted)
    with context.store.joined() as tx:
        wanted += (*_demanded(context, tx, item, rules), *places_of(context, tx, item, held))
    if not any(route.to == op.scope and route.create is not Create.NEVER for route in wanted):
        return "the product's mirror rules do not ask for it any more"
    # What a reference comes to is worked out again when it is sent.
    plain = [change for change in op.changes if FIELDS[change.field].refers is None]
    moved = sorted({change.field for change in plain if held.get(change.field, EMPTY) != change.hub})
    return f"what was to be copied changed meanwhile: {', '.join(moved)}" if moved else None


def forbidden(
    context: Context, tx: Transaction, links: Sequence[Link], records: Mapping[RecordRef, Record], to: ScopeRef
) -> str | None:
    """Why an item with these managed ``links`` must not be created in ``to``; None when it may. ``records``: what they show."""
    source = min((_audience(tx, records, link) for link in links), default=Audience.PRIVATE)
    row = tx.scopes.get(to)
    destination = row.audience if row else Audience.PUBLIC
    spoken = any(records[link.ref].kind.nature is Nature.COMMENT for link in links if link.ref in records)
    return _cross(context, tx, source, destination, _Way(links[0].item if links else "", to, spoken=spoken))


def update_forbidden(
    context: Context, tx: Transaction, link: Link, siblings: Sequence[Link], records: Mapping[RecordRef, Record]
) -> str | None:
    """Why nothing of its item may be written to the record of ``link``; None when it may.

    The guard holds for updates as for creates: a record that was made where few could read it may stand in public by now.
    """
    others = [
        one for one in siblings if one.uid != link.uid and one.state is LinkState.LINKED and _takes_part(records.get(one.ref))
    ]
    row, record = tx.scopes.get(link.scope), records.get(link.ref)
    if record is not None and not is_on_managed(tx, record):
        return "what it is on is not managed any more"
    destination = max(row.audience if row else Audience.PUBLIC, record.audience if record else Audience.PUBLIC)
    source = min((_audience(tx, records, one) for one in others), default=Audience.PUBLIC)
    spoken = record is not None and record.kind.nature is Nature.COMMENT
    return _cross(context, tx, source, destination, _Way(link.item, link.scope, link.uid, spoken))


@dataclass(frozen=True, slots=True)
class _Way:
    """Of which item, to which scope, and there into which link's record ("" for one that is to be made); ``spoken``: it is a comment."""

    item: str
    to: ScopeRef
    link: str = ""
    spoken: bool = False


def _cross(context: Context, tx: Transaction, source: Audience, destination: Audience, way: _Way) -> str | None:
    named = way.to in context.setup.policy.named_public and not way.spoken  # what was said inside is never made public
    if destination is Audience.PUBLIC and source is Audience.PUBLIC and not named:
        source = _past(tx, way)
    return may_cross(source, destination, named_public=named)


def _past(tx: Transaction, way: _Way) -> Audience:
    """Who could read the item's records that take no part any more: what was taken over from them is in the hub still.

    That is never public because of a deletion, a move, or a security level. One that only some people can read now was read while all could.
    """
    links = [link for link in tx.links.of_items([way.item]).get(way.item, []) if link.uid != way.link]
    seen = tx.observations.many([link.ref for link in links])
    silent = [link for link in links if link.state is not LinkState.LINKED or not _takes_part(seen.get(link.ref))]
    return min((max(Audience.INTERNAL, _audience(tx, seen, link)) for link in silent), default=Audience.PUBLIC)


def _takes_part(record: Record | None) -> bool:
    return record is not None and record.audience is not Audience.PRIVATE


def guarded_update(context: Context, tx: Transaction, one: Gathered, link: Link) -> bool:
    """Whether the audience guard forbids writing to the record of ``link``; told once, with the reason."""
    refusal = update_forbidden(context, tx, link, one.alive, one.records)
    if refusal is None:
        tx.notices.settle(link.scope, "audience", link.key)
        return False
    said = f"{link.key} is not written: {refusal}"
    if tx.notices.raise_(link.scope, "audience", link.key, said):
        context.tell("skipped", said, scope=link.scope, item=one.item.uid, code="audience")
    return True


def _guarded(context: Context, tx: Transaction, one: Gathered, route: Route) -> bool:
    """Whether the audience guard forbids the route; told once, with the reason."""
    refusal = forbidden(context, tx, one.alive, one.records, route.to)
    key = next(link.key for link in one.alive)
    if refusal is None:
        tx.notices.settle(route.to, "audience", key)
        return False
    said = f"{key} is not copied to {route.to}: {refusal}"
    if tx.notices.raise_(route.to, "audience", key, said):
        context.tell("skipped", said, scope=route.to, item=one.item.uid, code="audience")
    return True


def _audience(tx: Transaction, records: Mapping[RecordRef, Record], link: Link) -> Audience:
    """The narrower of what the container and the record itself allow; unknown counts as private."""
    record, row = records.get(link.ref), tx.scopes.get(link.scope)
    return min(record.audience, row.audience) if record and row else Audience.PRIVATE


def _create(context: Context, one: Gathered, scope: ScopeRef, values: Mapping[str, Settled]) -> Operation:
    uid = context.new_uid()
    marker = sign(Marker(context.store.instance, one.item.uid, uid, one.links[0].family), context.setup.marker_key)
    source = next(link for link in one.alive if link.state is LinkState.LINKED)
    changes = tuple(_seeds(context, scope, one.item.kind.nature, values, f"copied from {source.key}"))
    why = f"{source.key} belongs in {scope} by the product's mirror rules"
    if one.item.kind.nature is Nature.COMMENT:
        why = f"{told(one.records[source.ref])}, {source.key}: what it is on shows in {scope} as well"
    return Operation(uid, OpKind.CREATE, one.item.uid, scope, None, "", one.item.kind, changes, marker, why)


def _seeds(context: Context, scope: ScopeRef, nature: Nature, values: Mapping[str, Settled], why: str) -> list[Change]:
    changes = []
    for surface in context.surfaces(scope, nature):
        hub = values.get(surface.field, EMPTY)
        direction = context.setup.policy.flow(surface.field, scope.system, nature)
        if hub == EMPTY or surface.read_only or not direction.seeds:
            continue
        after = foreseen(context, scope, surface, hub)
        if isinstance(after, Unrepresentable):
            context.tell(
                "skipped", f"{scope} {surface.field}: {after.reason}", scope=scope, code="unrepresentable", field=surface.field
            )
            continue
        if after != EMPTY:
            changes.append(Change(surface.id, surface.field, EMPTY, after, hub, why, surface.judge(hub, after).losses))
    return changes
