"""Route: which records an item should have and has not, by the product's mirror rules and the audience guard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pmsync.connect.markers import Marker, sign
from pmsync.engine.context import Context
from pmsync.engine.gather import Gathered
from pmsync.engine.refusals import create_refused
from pmsync.model.enums import Audience
from pmsync.model.item import Link, LinkState
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Settled, raw
from pmsync.reconcile.lens import Unrepresentable
from pmsync.reconcile.operation import Change, Operation, OpKind
from pmsync.reconcile.routing import Create, Route, may_cross, routes
from pmsync.reconcile.view import Decision
from pmsync.store import Transaction


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

    Nothing is created where nothing was read yet: adopting comes before creating.
    """
    product = context.setup.product(one.item.product)
    if product is None or not one.alive:
        return Routing()
    values = _values_after(one, decision)
    found: list[Creation] = []
    waiting = resting = False
    labels = raw(values.get("labels", EMPTY))
    systems = frozenset(link.ref.system for link in one.alive)
    for route in routes(product.rules, one.item.kind, labels if isinstance(labels, frozenset) else frozenset(), systems):
        if route.create is Create.NEVER or _has_record(one, route.to):
            continue
        if not _was_read(context, tx, route.to):
            waiting = True
            continue
        if _guarded(context, tx, one, route):
            continue
        if create_refused(context, tx, route.to, one.item.uid):
            resting = True
            continue
        op = _create(context, one, route.to, values)
        if any(change.field == "title" for change in op.changes):
            found.append(Creation(op, route.create is Create.REVIEW, _born(one)))
    return Routing(tuple(found), waiting, resting)


def _born(one: Gathered) -> float:
    return min((one.records[link.ref].created_at for link in one.alive if link.ref in one.records), default=0.0)


def _was_read(context: Context, tx: Transaction, scope: ScopeRef) -> bool:
    row = tx.scopes.get(scope)
    return context.is_ready(scope) and row is not None and row.pulled_at > 0


def _values_after(one: Gathered, decision: Decision) -> Mapping[str, Settled]:
    values = {name: held.value for name, held in one.item.fields.items()}
    values.update({write.field: write.value for write in decision.hub})
    return values


def _has_record(one: Gathered, scope: ScopeRef) -> bool:
    """A record that is linked, was deleted by a person, or was taken out of management is not made anew."""
    return any(link.scope == scope for link in one.links) or any(row.op.scope == scope for row in one.open_ops)


def forbidden(
    context: Context, tx: Transaction, links: Sequence[Link], records: Mapping[RecordRef, Record], to: ScopeRef
) -> str | None:
    """Why an item with these managed ``links`` must not be created in ``to``; None when it may. ``records``: what they show."""
    source = min((_audience(tx, records, link) for link in links), default=Audience.PRIVATE)
    row = tx.scopes.get(to)
    destination = row.audience if row else Audience.PUBLIC
    return may_cross(source, destination, named_public=to in context.setup.policy.named_public)


def update_forbidden(
    context: Context, tx: Transaction, link: Link, siblings: Sequence[Link], records: Mapping[RecordRef, Record]
) -> str | None:
    """Why nothing of its item may be written to the record of ``link``; None when it may.

    The guard holds for updates as for creates: a record that was made where few could read it may stand in public by now.
    """
    others = [
        one for one in siblings if one.uid != link.uid and one.state is LinkState.LINKED and _takes_part(records.get(one.ref))
    ]
    if not others:
        return None
    row, record = tx.scopes.get(link.scope), records.get(link.ref)
    destination = max(row.audience if row else Audience.PUBLIC, record.audience if record else Audience.PUBLIC)
    source = min(_audience(tx, records, one) for one in others)
    return may_cross(source, destination, named_public=link.scope in context.setup.policy.named_public)


def _takes_part(record: Record | None) -> bool:
    return record is not None and record.audience is not Audience.PRIVATE


def guarded_update(context: Context, tx: Transaction, one: Gathered, link: Link) -> bool:
    """Whether the audience guard forbids writing to the record of ``link``; told once, with the reason."""
    refusal = update_forbidden(context, tx, link, one.alive, one.records)
    if refusal is None:
        return False
    said = f"{link.key} is not written: {refusal}"
    if tx.notices.raise_(link.scope, "audience", link.key, said):
        context.tell("skipped", said, scope=link.scope, item=one.item.uid, code="audience")
    return True


def _guarded(context: Context, tx: Transaction, one: Gathered, route: Route) -> bool:
    """Whether the audience guard forbids the route; told once, with the reason."""
    refusal = forbidden(context, tx, one.alive, one.records, route.to)
    if refusal is None:
        return False
    key = next(link.key for link in one.alive)
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
    marker = sign(Marker(context.store.instance, one.item.uid, uid), context.setup.marker_key)
    source = next(link for link in one.alive if link.state is LinkState.LINKED)
    changes = tuple(_seeds(context, scope, values, f"copied from {source.key}"))
    why = f"{source.key} belongs in {scope} by the product's mirror rules"
    return Operation(uid, OpKind.CREATE, one.item.uid, scope, None, "", one.item.kind, changes, marker, why)


def _seeds(context: Context, scope: ScopeRef, values: Mapping[str, Settled], why: str) -> list[Change]:
    changes = []
    for surface in context.surfaces(scope):
        hub = values.get(surface.field, EMPTY)
        direction = context.setup.policy.direction(surface.field, scope.system)
        if hub == EMPTY or surface.read_only or not direction.seeds:
            continue
        after = surface.lens.put(hub, EMPTY)
        if isinstance(after, Unrepresentable):
            context.tell(
                "skipped", f"{scope} {surface.field}: {after.reason}", scope=scope, code="unrepresentable", field=surface.field
            )
            continue
        if after != EMPTY:
            changes.append(Change(surface.id, surface.field, EMPTY, after, hub, why))
    return changes
