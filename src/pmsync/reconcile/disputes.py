"""An open conflict goes on: later edits join it, withdrawn ones leave it, and it ends by itself when all sides agree."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Set
from dataclasses import dataclass

from pmsync.model.item import Provenance
from pmsync.model.values import Settled
from pmsync.reconcile.outcome import Outcome
from pmsync.reconcile.scalars import candidate, candidate_order
from pmsync.reconcile.seats import HubField, Seat
from pmsync.reconcile.sentences import say
from pmsync.reconcile.view import Candidate, Dispute, Overruled, Settlement


@dataclass(frozen=True, slots=True)
class _Side:
    """One seat during a conflict: rebased if it moved, with its candidate if it has one. ``back``: it shows the base again.

    ``upon``: the hub value that stood there when it was edited.
    """

    seat: Seat
    stands: Candidate | None
    back: bool
    upon: Settled | None = None


def carry_on(dispute: Dispute, hub: HubField, seats: list[Seat], left: Set[str] = frozenset()) -> Outcome:
    """Bring an open conflict up to date with what the replicas show now. ``left``: links that are no longer managed."""
    sides = [_side(dispute, seat) for seat in seats if _speaks(seat)]
    candidates = _candidates(dispute, sides, left)
    current = {side.seat.order: side.seat for side in sides}
    all_seats = tuple(current.get(seat.order, seat) for seat in seats)
    if not candidates:
        why = f"every side shows {say(dispute.base)} again"
        return _settle(hub, all_seats, dispute.base, Provenance("pmsync", at=hub.now, why=why), why)
    agreed = _agreed(candidates, sides, hub.departed)
    if agreed is not None:
        why = f"all sides now say {agreed.shown}"
        return _settle(hub, all_seats, agreed.value, Provenance(agreed.system, agreed.actor, agreed.at, why), why)
    ordered = tuple(sorted(candidates, key=candidate_order))
    owned = [one for one in ordered if one.system == hub.owner]
    if owned and all(one.value == owned[0].value for one in owned):
        return _owned(hub, all_seats, ordered, owned[0])
    news = set(ordered) != set(dispute.candidates)
    open_now = dataclasses.replace(dispute, candidates=ordered)
    return Outcome(hub.value, hub.provenance, all_seats, dispute=open_now, news=news)


def _speaks(seat: Seat) -> bool:
    return not seat.in_flight and seat.view.direction.ingests


def _side(dispute: Dispute, seat: Seat) -> _Side:
    own = [one for one in dispute.candidates if one.source == seat.link]
    if seat.says(dispute.base):
        seat = seat.rebased(dispute.base, "the remote shows the last agreed value") if own or seat.moved else seat
        return _Side(seat, None, back=True)
    standing = next((one for one in own if seat.says(one.value)), None)
    if standing is not None:
        return _Side(_noted(seat, standing.value), standing, back=False)
    if seat.moved or (seat.base is None and not seat.blank):
        value = seat.meaning(dispute.base)
        upon = seat.base.hub if seat.base is not None else None
        return _Side(_noted(seat, value), candidate(seat, value), back=False, upon=upon)
    return _Side(seat, None, back=False)


def _noted(seat: Seat, value: Settled) -> Seat:
    new = seat.moved or seat.base is None
    return seat.rebased(value, "the remote's edit joined the open conflict") if new else seat


def _candidates(dispute: Dispute, sides: list[_Side], left: Set[str]) -> list[Candidate]:
    """One candidate per (source, value): those the replicas show now, and those of sources that cannot be seen at present.

    Of a record that left, the value stays where it is and is no side any more; while nobody else speaks, nothing is decided by that. A value
    that no replica shows is no side any more either once it was edited by somebody who had it before his eyes.
    """
    shown = [side.stands for side in sides if side.stands is not None]
    answered = {one.source for one in shown} | {side.seat.link for side in sides if side.back} | (left if sides else frozenset())
    known = {side.upon for side in sides if side.upon is not None}
    kept = [one for one in dispute.candidates if one.source not in answered and not (one.source == "hub" and one.value in known)]
    return list({(one.source, one.value): one for one in [*kept, *shown]}.values())


def _agreed(candidates: Iterable[Candidate], sides: list[_Side], departed: Set[str]) -> Candidate | None:
    """The candidate that every other one equals or is consistent with, None while they differ."""
    ordered = sorted(candidates, key=candidate_order)
    seen = {other: _speakers(other, sides, departed) for other in ordered}
    for one in ordered:
        if all(
            other.value == one.value or (seen[other] and all(seat.says(one.value) for seat in seen[other])) for other in ordered
        ):
            return one
    return None


def _speakers(one: Candidate, sides: list[_Side], departed: Set[str]) -> list[Seat]:
    """The seats that stand for a candidate; of a value whose record left, those that it was carried to."""
    if one.source == "hub" and one.system in departed:
        return [side.seat for side in sides if side.seat.says(one.value)]
    return [side.seat for side in sides if side.stands == one]


def _owned(hub: HubField, seats: tuple[Seat, ...], candidates: tuple[Candidate, ...], winner: Candidate) -> Outcome:
    """The field's owner joined the conflict: it decides, as it would have if all edits had been seen at once."""
    why = f"{hub.owner} owns {hub.name}"
    lost = (Overruled(one.source, hub.name, one.value, winner.value, why) for one in candidates if one.value != winner.value)
    maker = Provenance(winner.system, winner.actor, winner.at, f"{winner.system} set {hub.name} to {winner.shown}; {why}")
    return dataclasses.replace(_settle(hub, seats, winner.value, maker, why), overruled=tuple(lost))


def _settle(hub: HubField, seats: tuple[Seat, ...], value: Settled, maker: Provenance, why: str) -> Outcome:
    settled = Settlement(hub.name, value, why)
    return Outcome(value, maker, seats, written=value != hub.value, settled=settled)
