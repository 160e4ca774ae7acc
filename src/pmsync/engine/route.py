"""Route: which records an item should have and has not, by the product's mirror rules and the audience guard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pmsync.connect.markers import Marker, sign
from pmsync.engine.context import Context
from pmsync.engine.gather import Gathered
from pmsync.engine.refusals import create_refused
from pmsync.model.enums import Audience, Role
from pmsync.model.item import LinkState
from pmsync.model.record import ScopeRef
from pmsync.model.values import EMPTY, Settled, raw
from pmsync.reconcile.lens import Unrepresentable
from pmsync.reconcile.operation import Change, Operation, OpKind
from pmsync.reconcile.routing import Create, Place, Route, Subject, crossing, routes
from pmsync.reconcile.view import Decision
from pmsync.store import Transaction


@dataclass(frozen=True, slots=True)
class Creation:
    """A create that the rules ask for; ``review``: a person must see it in a plan first."""

    op: Operation
    review: bool


def creations(context: Context, tx: Transaction, one: Gathered, decision: Decision) -> list[Creation]:
    """The creates that ``one`` needs now; those the audience guard forbids are told with the reason."""
    product = context.setup.product(one.item.product)
    if product is None or not one.alive:
        return []
    values = _values_after(one, decision)
    found: list[Creation] = []
    for route in routes(_subject(one, values), product.rules):
        if route.create is Create.NEVER or _has_record(one, route.to) or context.is_parked(route.to.system):
            continue
        if _guarded(context, tx, one, route) or create_refused(context, tx, route.to, one.item.uid):
            continue
        op = _create(context, one, route.to, values)
        if any(change.field == "title" for change in op.changes):
            found.append(Creation(op, route.create is Create.REVIEW))
    return found


def _subject(one: Gathered, values: Mapping[str, Settled]) -> Subject:
    labels = raw(values.get("labels", EMPTY))
    home = next((link for link in one.alive if link.role is Role.PRIMARY), one.alive[0])
    bound = frozenset(link.scope for link in one.alive)
    return Subject(one.item.kind, labels if isinstance(labels, frozenset) else frozenset(), home.scope, bound)


def _values_after(one: Gathered, decision: Decision) -> Mapping[str, Settled]:
    values = {name: held.value for name, held in one.item.fields.items()}
    values.update({write.field: write.value for write in decision.hub})
    return values


def _has_record(one: Gathered, scope: ScopeRef) -> bool:
    """A record that is linked, was deleted by a person, or was taken out of management is not made anew."""
    return any(link.scope == scope for link in one.links) or any(row.op.scope == scope for row in one.open_ops)


def _guarded(context: Context, tx: Transaction, one: Gathered, route: Route) -> bool:
    """Whether the audience guard forbids the route; told once, with the reason."""
    destination = _place(context, tx, route.to)
    for link in one.alive:
        record = one.records.get(link.ref)
        audience = record.audience if record else Audience.PRIVATE
        refusal = crossing(audience, _place(context, tx, link.scope), destination)
        if refusal is None:
            continue
        said = f"{link.key} is not copied to {route.to}: {refusal}"
        if tx.notices.raise_(route.to, "audience", link.key, said):
            context.tell("skipped", said, scope=route.to, item=one.item.uid, code="audience")
        return True
    return False


def _place(context: Context, tx: Transaction, scope: ScopeRef) -> Place:
    row = tx.scopes.get(scope)
    return Place(row.audience if row else Audience.PRIVATE, scope in context.setup.policy.named_public)


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
