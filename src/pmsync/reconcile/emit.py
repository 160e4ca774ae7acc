"""From a merged value to what must be written: per surface a change, a new base, or a skip with its reason."""

from __future__ import annotations

import msgspec

from pmsync.model.enums import Direction
from pmsync.model.values import EMPTY, Settled
from pmsync.reconcile.lens import Unrepresentable
from pmsync.reconcile.operation import Change
from pmsync.reconcile.outcome import Outcome
from pmsync.reconcile.seats import HubField, Seat
from pmsync.reconcile.sentences import reason, say, short
from pmsync.reconcile.view import Overruled, Skip, WantedChange


class Emission(msgspec.Struct, frozen=True):
    """What one seat comes to."""

    seat: Seat
    wanted: WantedChange | None = None
    skip: Skip | None = None
    drifted: bool = False
    overruled: Overruled | None = None


def emit(hub: HubField, outcome: Outcome) -> list[Emission]:
    """The emission of every seat of one field."""
    if outcome.dispute is not None:
        return _blocked(hub, outcome)
    return [_emit(hub, outcome, seat) for seat in outcome.seats]


def _blocked(hub: HubField, outcome: Outcome) -> list[Emission]:
    told: set[str] = set()
    found: list[Emission] = []
    for seat in outcome.seats:
        held = seat.view.direction.emits and not seat.says(outcome.value)
        if not held or seat.link in told:
            found.append(Emission(seat, drifted=held and _is_drift(seat)))
            continue
        told.add(seat.link)
        words = f"a conflict on {hub.name} is open; nothing is written until it is resolved"
        found.append(Emission(seat, skip=seat.skip("conflict", hub.name, words), drifted=_is_drift(seat)))
    return found


def _emit(hub: HubField, outcome: Outcome, seat: Seat) -> Emission:
    value = outcome.value
    if seat.in_flight:
        return _busy(hub, outcome, seat)
    if seat.says(value):
        return Emission(_agreed(hub, seat, value))
    if not seat.view.direction.emits or _nothing_to_say(hub, outcome, seat):
        return Emission(seat)
    if _is_drift(seat):
        return _drift(hub, outcome, seat)
    if not _called_for(hub, seat, value):
        return Emission(seat, skip=_standing(seat, value))
    return _write(hub, outcome, seat)


def _standing(seat: Seat, value: Settled) -> Skip:
    """The sides differ though neither moved: somebody took a write back, or a map changed."""
    shown = short(seat.view.surface.show(seat.remote))
    if run := seat.view.undone:
        words = f"{shown} stands beside {say(value)}: undone by run {run[:8]}, until either side is edited"
        return seat.skip("undone", say(value), words)
    words = f"{shown} and {say(value)} no longer match, though neither was edited (a map changed)"
    return seat.skip("stale_map", say(value), words)


def _agreed(hub: HubField, seat: Seat, value: Settled) -> Seat:
    if seat.view.direction is Direction.INIT and seat.base is None:
        return seat
    if seat.base is not None and not seat.moved and hub.same(seat.base.hub, value):
        return seat
    return seat.rebased(value, "both sides say the same")


def _nothing_to_say(hub: HubField, outcome: Outcome, seat: Seat) -> bool:
    """An empty hub value is written only where an agreed value was emptied; it never erases what it has not known."""
    if outcome.value != EMPTY:
        return False
    if seat.base is None or (seat.base.hub == EMPTY and not seat.moved):
        return True
    return not (hub.present or outcome.written)


def _called_for(hub: HubField, seat: Seat, value: Settled) -> bool:
    return seat.base is None or seat.moved or not hub.same(seat.base.hub, value)


def _busy(hub: HubField, outcome: Outcome, seat: Seat) -> Emission:
    value = outcome.value
    if not seat.view.direction.emits or seat.says(value) or _nothing_to_say(hub, outcome, seat):
        return Emission(seat)
    target = seat.view.surface.lens.put(value, seat.remote)
    under_way = not isinstance(target, Unrepresentable) and any(seat.alike(target, sent) for sent in seat.view.sent)
    if under_way or not _called_for(hub, seat, value):
        return Emission(seat)
    return Emission(seat, skip=seat.skip("busy", say(value), "an earlier write to this record is unresolved"))


def _is_drift(seat: Seat) -> bool:
    """A person's edit on a surface that only receives."""
    if seat.view.direction is not Direction.PUSH:
        return False
    return not seat.blank if seat.base is None else seat.moved


def _drift(hub: HubField, outcome: Outcome, seat: Seat) -> Emission:
    place = seat.view
    since = hub.now if place.drift_since is None else place.drift_since
    left = place.respect_human - (hub.now - since)
    if left > 0:
        shown = place.surface.show(seat.remote)
        words = f"a person's edit is left standing for another {left / 3600:.1f} hours"
        return Emission(seat, skip=seat.skip("drift_respected", shown, words), drifted=True)
    emission = _write(hub, outcome, seat)
    if emission.wanted is None:
        return Emission(seat, skip=emission.skip, drifted=True)
    theirs = seat.meaning(outcome.value)
    lost = Overruled(seat.link, hub.name, theirs, outcome.value, f"{hub.name} is only pushed to {seat.system}")
    noted = seat.rebased(theirs, "a person's edit was overruled")
    return Emission(noted, wanted=emission.wanted, drifted=True, overruled=lost)


def _write(hub: HubField, outcome: Outcome, seat: Seat) -> Emission:
    surface, value = seat.view.surface, outcome.value
    if surface.read_only is not None:
        return Emission(seat, skip=seat.skip("read_only", say(value), surface.read_only))
    target = surface.lens.put(value, seat.remote)
    if isinstance(target, Unrepresentable):
        return Emission(seat, skip=seat.skip("unrepresentable", say(value), target.reason))
    verdict = surface.judge(value, target, seat.replica.record)
    if verdict.refused:
        return Emission(seat, skip=seat.skip("unrepresentable", say(value), verdict.refused))
    why = reason(outcome.provenance, hub.name, value)
    change = Change(surface.id, hub.name, seat.remote, target, surface.visible(value), why, verdict.losses)
    return Emission(seat, wanted=WantedChange(seat.link, change))
