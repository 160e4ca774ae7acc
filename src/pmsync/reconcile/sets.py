"""Merging sets: every replica's additions and removals against its own base; an addition wins over a concurrent removal."""

from __future__ import annotations

from dataclasses import dataclass

from pmsync.model.item import Provenance
from pmsync.model.labels import by_key
from pmsync.model.values import EMPTY, Settled, known, members
from pmsync.reconcile.lens import Unmapped
from pmsync.reconcile.outcome import Outcome, unchanged
from pmsync.reconcile.seats import HubField, Seat
from pmsync.reconcile.sentences import edit_by, short


@dataclass(frozen=True, slots=True)
class Delta:
    """What one replica added and removed since its base: label key to spelling."""

    seat: Seat
    added: dict[str, str]
    removed: dict[str, str]


def merge_sets(hub: HubField, seats: list[Seat]) -> Outcome:
    """Merge one set field. There are no conflicts; first contact is a union."""
    deltas = [delta for seat in seats if (delta := _delta(hub, seat)) is not None]
    if not deltas:
        return unchanged(hub, seats)
    before = by_key(members(hub.value))
    added = by_key(label for delta in deltas for label in delta.added.values())
    removed = {key for delta in deltas for key in delta.removed if key not in added}
    after = {key: label for key, label in {**added, **before}.items() if key not in removed}
    value = known(frozenset(after.values()))
    taken = {delta.seat.order for delta in deltas}
    noted = tuple(_note(seat, value) if seat.order in taken else seat for seat in seats)
    if after.keys() == before.keys():
        return Outcome(hub.value, hub.provenance, noted)
    effective = [delta for delta in deltas if _effect(delta, before, after)]
    return Outcome(value, _provenance(effective, before, after), noted, written=True)


def _delta(hub: HubField, seat: Seat) -> Delta | None:
    if not seat.reads(hub):
        return None
    if seat.base is None and seat.blank:
        return None
    if seat.base is not None and not seat.moved:
        return None
    now = _shown(seat, seat.remote)
    then = {} if seat.base is None else _shown(seat, seat.base.remote)
    added = {key: label for key, label in now.items() if key not in then}
    removed = {key: label for key, label in then.items() if key not in now}
    return Delta(seat, added, removed)


def _note(seat: Seat, value: Settled) -> Seat:
    return seat.rebased(seat.meaning(value), "the remote's edit was merged")


def _shown(seat: Seat, remote: Settled) -> dict[str, str]:
    """The labels of ``remote`` that the lens lets us see, in the hub's vocabulary."""
    meaning = seat.view.surface.lens.ingest(remote, EMPTY)
    return {} if isinstance(meaning, Unmapped) else by_key(members(meaning))


def _effect(delta: Delta, before: dict[str, str], after: dict[str, str]) -> str:
    plus = sorted(label for key, label in delta.added.items() if key in after and key not in before)
    minus = sorted(label for key, label in delta.removed.items() if key in before and key not in after)
    words = [f"added {short(', '.join(plus))}"] if plus else []
    words += [f"removed {short(', '.join(minus))}"] if minus else []
    return " and ".join(words)


def _provenance(deltas: list[Delta], before: dict[str, str], after: dict[str, str]) -> Provenance:
    makers = [edit_by(delta.seat, _effect(delta, before, after)) for delta in deltas]
    first = makers[0]
    return Provenance(first.source, first.actor, first.at, "; ".join(maker.why for maker in makers))
