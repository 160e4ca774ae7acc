"""A value that we wrote over unseen is merged after all, as if it had been seen in time: nothing that somebody set is only gone.

It ends like any other meeting of two edits: they agree, the field's owner decides, or both stand in a conflict. Only that nothing shows the
value any more, so that it stands for itself until somebody decides.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import msgspec

from pmsync.model.fields import FIELDS, MergeType
from pmsync.model.item import Provenance
from pmsync.model.labels import by_key
from pmsync.model.values import EMPTY, Settled, known, members
from pmsync.reconcile.lens import Unmapped
from pmsync.reconcile.lenses.text import TextLens
from pmsync.reconcile.scalars import candidate, candidate_order, merge_scalars
from pmsync.reconcile.seats import HubField, Seat, agree_where_equal, hub_field, take_seats
from pmsync.reconcile.view import Base, Decision, Dispute, HubWrite, ItemView, Overruled


@dataclass(frozen=True, slots=True)
class Overwritten:
    """What was written over: the value in the surface's own vocabulary (of a set the members that were added and are gone again).

    ``base`` is the pair agreed before our write, None where there was none; ``actor`` and ``at`` (Unix seconds) tell who set it and when.
    """

    link: str
    surface: str
    value: Settled
    base: Base | None
    actor: str
    at: float


def take_back(view: ItemView, lost: Overwritten) -> Decision:
    """Merge what was written over. Bases are left alone: the record shows what we wrote."""
    seat = _seat(view, lost)
    if seat is None:
        return Decision()
    hub = hub_field(view, seat.view.surface.field)
    if seat.is_part:
        why = f"only the beginning of a longer text stands in {seat.system}: an edit of it is not taken over"
        return Decision(overruled=(Overruled(lost.link, hub.name, lost.value, hub.value, why),))
    if FIELDS[hub.name].merge is MergeType.SET:
        return _added_again(hub, seat)
    dispute = view.disputes.get(hub.name)
    if dispute is not None:
        return _joined(dispute, seat)
    others = [one for one in take_seats(view, hub)[0] if one.order != seat.order and one.base is not None and not one.moved]
    outcome = merge_scalars(hub, agree_where_equal(hub, sorted([*others, seat], key=lambda one: one.order)))
    write = outcome.hub_write(hub)
    return Decision(
        hub=() if write is None else (write,),
        disputes=() if outcome.dispute is None else (_standing_alone(outcome.dispute, seat),),
        overruled=outcome.overruled,
    )


def _seat(view: ItemView, lost: Overwritten) -> Seat | None:
    """The surface as it would have been seen; None where it takes no part, or what stood there cannot be told."""
    for replica in view.replicas:
        for place in replica.surfaces:
            if (replica.link.uid, place.surface.id) != (lost.link, lost.surface):
                continue
            meaning = place.surface.lens.ingest(lost.value, EMPTY if lost.base is None else lost.base.hub)
            if not place.direction.ingests:
                return None
            if isinstance(meaning, Unmapped):
                if not isinstance(place.surface.lens, TextLens):
                    return None
                meaning = lost.value
            record = dataclasses.replace(replica.record, actor=lost.actor, updated_at=lost.at)
            shown = msgspec.structs.replace(place, observed=lost.value, base=lost.base, sent=())
            return Seat(dataclasses.replace(replica, record=record, busy=False), shown, lost.value, meaning, lost.base)
    return None


def _standing_alone(dispute: Dispute, seat: Seat) -> Dispute:
    candidates = (dataclasses.replace(one, source="hub") if one.source == seat.link else one for one in dispute.candidates)
    return dataclasses.replace(dispute, candidates=tuple(sorted(candidates, key=candidate_order)))


def _joined(dispute: Dispute, seat: Seat) -> Decision:
    """The value joins a conflict that is open already."""
    theirs = dataclasses.replace(candidate(seat, seat.mapped), source="hub")
    if any(one.value == theirs.value for one in dispute.candidates):
        return Decision()
    candidates = tuple(sorted([*dispute.candidates, theirs], key=candidate_order))
    return Decision(disputes=(dataclasses.replace(dispute, candidates=candidates),))


def _added_again(hub: HubField, seat: Seat) -> Decision:
    """An addition goes before a removal that did not know of it."""
    before = by_key(members(hub.value))
    again = {key: label for key, label in by_key(members(seat.mapped)).items() if key not in before}
    if not again:
        return Decision()
    record = seat.replica.record
    named = ", ".join(sorted(again.values()))
    why = f"{seat.system} {record.key} added {named} while we were taking it off"
    value = known(frozenset({**before, **again}.values()))
    return Decision(hub=(HubWrite(hub.name, value, Provenance(seat.system, record.actor, record.updated_at, why)),))
