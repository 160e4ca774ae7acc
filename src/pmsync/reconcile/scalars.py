"""Merging single values: gather every edit against one hub value, then agree, let the owner decide, or open a conflict."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from pmsync.model.enums import Role
from pmsync.model.item import COMPUTED, Provenance
from pmsync.model.values import EMPTY, Settled
from pmsync.reconcile.outcome import Outcome, unchanged
from pmsync.reconcile.seats import HubField, Seat
from pmsync.reconcile.sentences import edit_by, say, setting
from pmsync.reconcile.view import Candidate, Dispute, Overruled


@dataclass(frozen=True, slots=True)
class Edit:
    """One replica's new value. ``stale``: the hub has moved since this replica last agreed, so the two edits are concurrent."""

    seat: Seat
    value: Settled
    stale: bool


def merge_scalars(hub: HubField, seats: list[Seat]) -> Outcome:
    """Merge one field whose values are taken or left whole."""
    edits = edits_of(hub, seats)
    if not edits:
        return unchanged(hub, seats)
    rebased = noted(seats, edits)
    outcome = _contest(hub, rebased, edits)
    return dataclasses.replace(outcome, seats=tuple(rebased))


def edits_of(hub: HubField, seats: list[Seat]) -> list[Edit]:
    """Every new value that a replica shows and the hub does not know yet."""
    edits = [edit for seat in seats if (edit := _edit(hub, seat)) is not None]
    return _without_inits(edits) if edits else []


def candidate(seat: Seat, value: Settled) -> Candidate:
    """The conflict candidate that ``seat`` brings."""
    record = seat.replica.record
    return Candidate(seat.link, seat.system, value, seat.view.surface.show(seat.remote), record.actor, record.updated_at)


def _edit(hub: HubField, seat: Seat) -> Edit | None:
    if not seat.reads(hub) or seat.says(hub.value):
        return None
    if seat.base is None:
        return None if seat.blank else Edit(seat, seat.meaning(hub.value), stale=hub.value != EMPTY)
    if not seat.moved:
        return None
    return Edit(seat, seat.meaning(hub.value), stale=not hub.same(hub.value, seat.base.hub))


def _without_inits(edits: list[Edit]) -> list[Edit]:
    """A surface that only seeds gives way to those that sync; among several seeds one is taken, for they never disagree again."""
    syncing = [edit for edit in edits if edit.seat.view.direction.ingests]
    return syncing or [min(edits, key=lambda edit: (edit.seat.replica.link.role is not Role.PRIMARY, edit.seat.order))]


def noted(seats: list[Seat], edits: list[Edit]) -> list[Seat]:
    """Every edit is taken note of here, whatever becomes of it: afterwards only a newer one counts as an edit."""
    taken = {edit.seat.order: edit.value for edit in edits}
    why = "the remote's edit was taken into account"
    return [seat.rebased(taken[seat.order], why) if seat.order in taken else seat for seat in seats]


def _contest(hub: HubField, seats: list[Seat], edits: list[Edit]) -> Outcome:
    witness = _witness(hub, seats, edits)
    if (agreed := _agreeable(edits, witness)) is not None:
        return _won(hub, agreed, ())
    owned = [edit for edit in edits if edit.seat.system == hub.owner]
    if owned and all(edit.value == owned[0].value for edit in owned):
        return _won(hub, owned[0], _overruled(hub, edits, owned[0].value, witness))
    stale = [edit for edit in edits if edit.stale]
    if stale and not owned and hub.owner and _is_owners(hub, seats, stale):
        return _hub_stands(hub, seats, edits)
    return _conflict(hub, edits, witness)


def _is_owners(hub: HubField, seats: list[Seat], stale: list[Edit]) -> bool:
    """Whether the hub's value is the owner's: it made it, or, where all that contradicts is seen for the first time, it says the same."""
    if hub.owner == hub.provenance.source:
        return True
    newcomers = all(edit.seat.view.base is None for edit in stale)
    return newcomers and any(seat.system == hub.owner and not seat.blank and seat.says(hub.value) for seat in seats)


def _hub_stands(hub: HubField, seats: list[Seat], edits: list[Edit]) -> Outcome:
    """The owner made the hub's value: edits that did not know it lose; those that built on it go on alone."""
    fresh = [edit for edit in edits if not edit.stale]
    lost = _overruled(hub, [edit for edit in edits if edit.stale], hub.value, None)
    if not fresh:
        return Outcome(hub.value, hub.provenance, (), overruled=lost)
    outcome = _contest(hub, seats, fresh)
    return dataclasses.replace(outcome, overruled=(*lost, *outcome.overruled))


def _won(hub: HubField, winner: Edit, lost: tuple[Overruled, ...]) -> Outcome:
    return Outcome(winner.value, edit_by(winner.seat, setting(winner.seat)), (), written=True, overruled=lost)


def _witness(hub: HubField, seats: list[Seat], edits: list[Edit]) -> Candidate | Seat | None:
    """Who stands for the hub's own value, when that was made by an edit which none of these edits knew.

    The replica that shows it, if it still does, or, where that left, the one it was carried to that fits the edits least; else a candidate of
    its own; None where some edit was built upon it. A computed value is stood up for by nobody: it is worked out again.
    """
    if not all(edit.stale for edit in edits) or hub.provenance.source == COMPUTED:
        return None
    source = hub.provenance.source
    shown = [seat for seat in seats if seat.says(hub.value)]
    own = [seat for seat in shown if seat.system == source]
    if own or (shown and source in hub.departed):
        return min(own or shown, key=lambda seat: sum(seat.says(edit.value) for edit in edits))
    return Candidate("hub", source, hub.value, say(hub.value), hub.provenance.actor, hub.provenance.at)


def _agreeable(edits: list[Edit], witness: Candidate | Seat | None) -> Edit | None:
    """The edit whose value every contestant is consistent with: the finer of two values that a lossy map ties together."""
    if isinstance(witness, Candidate):
        return None
    sides = [edit.seat for edit in edits] + ([] if witness is None else [witness])
    return next((edit for edit in edits if all(side.says(edit.value) for side in sides)), None)


def _overruled(hub: HubField, edits: list[Edit], winner: Settled, witness: Candidate | Seat | None) -> tuple[Overruled, ...]:
    why = f"{hub.owner} owns {hub.name}"
    lost = [Overruled(e.seat.link, hub.name, e.value, winner, why) for e in edits if not e.seat.says(winner)]
    if witness is not None:
        source = witness.link if isinstance(witness, Seat) else witness.source
        lost.append(Overruled(source, hub.name, hub.value, winner, why))
    return tuple(lost)


def _conflict(hub: HubField, edits: list[Edit], witness: Candidate | Seat | None) -> Outcome:
    base, rolled_back = _last_agreed(hub, edits)
    found = {(e.seat.link, e.value): candidate(e.seat, e.value) for e in edits}
    if witness is not None and base != hub.value:
        found[("hub", hub.value)] = _stand_in(hub, witness)
    dispute = Dispute(hub.name, base, tuple(sorted(found.values(), key=candidate_order)))
    if not rolled_back:
        return Outcome(hub.value, hub.provenance, (), dispute=dispute, news=True)
    why = f"the last agreed value, kept while a conflict on {hub.name} is open"
    return Outcome(base, Provenance("pmsync", at=hub.now, why=why), (), written=True, dispute=dispute, news=True)


def candidate_order(one: Candidate) -> tuple[str, str, str]:
    """The fixed order of candidates."""
    return one.system, one.source, say(one.value)


def _stand_in(hub: HubField, witness: Candidate | Seat) -> Candidate:
    if isinstance(witness, Candidate):
        return witness
    shown = witness.view.surface.show(witness.remote)
    return Candidate(witness.link, witness.system, hub.value, shown, hub.provenance.actor, hub.provenance.at)


def _last_agreed(hub: HubField, edits: list[Edit]) -> tuple[Settled, bool]:
    """What the contestants last agreed upon, and whether the hub returns to it.

    Where the hub moved on after the agreement, it returns, so that the outcome does not depend on which replica was polled
    first. Where there never was an agreement (first contact), the conflict's base is empty and the hub keeps its value. The
    base is never a value that a contestant shows now, for showing it counts as a withdrawal.
    """
    agreed = [(e.seat.view.base.hub, True) for e in edits if e.stale and e.seat.view.base is not None]
    current = [(hub.value, False)] if any(not e.stale for e in edits) else []
    never: tuple[Settled, bool] = (EMPTY, False)
    options = [*agreed, *current, never]
    return next((option for option in options if not any(e.seat.says(option[0]) for e in edits)), (hub.value, False))
