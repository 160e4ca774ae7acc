"""The decision over one item: a function of values, independent of the order in which replicas are given."""

from __future__ import annotations

from collections.abc import Iterable, Set

from pmsync.model.fields import FIELDS, MergeType
from pmsync.reconcile.disputes import carry_on
from pmsync.reconcile.emit import emit
from pmsync.reconcile.outcome import Outcome
from pmsync.reconcile.scalars import merge_scalars
from pmsync.reconcile.seats import HubField, Seat, agree_where_equal, follow, hub_field, take_seats
from pmsync.reconcile.sets import merge_sets
from pmsync.reconcile.texts import merge_texts
from pmsync.reconcile.view import Decision, Dispute, ItemView


def reconcile(view: ItemView) -> Decision:
    """What follows from everything known about one item.

    For each field: take note of what is equal already, gather the edits of all replicas against the one hub value, merge
    them by the field's type, and compare the merged value with every surface. Nothing is written on behalf of a value that
    could not be read, is not mapped, or is contested.
    """
    decisions = [_field(view, name) for name in FIELDS if _concerned(view, name)]
    return _joined(decisions)


def _concerned(view: ItemView, name: str) -> bool:
    shown = any(place.surface.field == name for replica in view.replicas for place in replica.surfaces)
    return shown or name in view.disputes


def _field(view: ItemView, name: str) -> Decision:
    hub = hub_field(view, name)
    seats, left_out = take_seats(view, hub)
    outcome = _merge(hub, seats, view.disputes.get(name), view.left)
    emissions = emit(hub, outcome)
    write = outcome.hub_write(hub)
    return Decision(
        hub=() if write is None else (write,),
        bases=(
            *(base for e in emissions if (base := e.seat.base_write(hub)) is not None),
            *(follow(view, hub, outcome.value) if outcome.dispute is None else ()),
        ),
        wanted=tuple(e.wanted for e in emissions if e.wanted is not None),
        disputes=(outcome.dispute,) if outcome.dispute is not None and outcome.news else (),
        settled=() if outcome.settled is None else (outcome.settled,),
        overruled=(*outcome.overruled, *(e.overruled for e in emissions if e.overruled is not None)),
        drift=tuple((e.seat.link, e.seat.view.surface.id) for e in emissions if e.drifted),
        skips=(*left_out, *(e.skip for e in emissions if e.skip is not None)),
    )


def _merge(hub: HubField, seats: list[Seat], dispute: Dispute | None, left: Set[str]) -> Outcome:
    if dispute is not None:
        return carry_on(dispute, hub, seats, left)
    if hub.merge is MergeType.SET:
        return merge_sets(hub, seats)
    merge = merge_texts if hub.merge is MergeType.TEXT else merge_scalars
    return merge(hub, agree_where_equal(hub, seats))


def _joined(decisions: Iterable[Decision]) -> Decision:
    parts = list(decisions)
    return Decision(
        hub=tuple(write for part in parts for write in part.hub),
        bases=tuple(sorted((b for part in parts for b in part.bases), key=lambda b: (b.link, b.surface))),
        wanted=tuple(sorted((w for part in parts for w in part.wanted), key=lambda w: (w.link, w.change.surface))),
        disputes=tuple(dispute for part in parts for dispute in part.disputes),
        settled=tuple(settlement for part in parts for settlement in part.settled),
        overruled=tuple(sorted((o for part in parts for o in part.overruled), key=lambda o: (o.link, o.field))),
        drift=tuple(sorted(pair for part in parts for pair in part.drift)),
        skips=tuple(sorted((s for part in parts for s in part.skips), key=lambda s: (s.link, s.surface, s.code))),
    )
