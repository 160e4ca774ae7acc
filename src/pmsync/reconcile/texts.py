"""Merging texts: block by block, so that two people who edit different paragraphs both keep theirs."""

from __future__ import annotations

from dataclasses import dataclass

from pmsync.model.item import Provenance
from pmsync.model.values import Known, Settled, known
from pmsync.reconcile.outcome import Outcome, unchanged
from pmsync.reconcile.scalars import Edit, edits_of, merge_scalars, noted
from pmsync.reconcile.seats import HubField, Seat
from pmsync.reconcile.sentences import edit_by
from pmsync.reconcile.view import Overruled
from pmsync.text.merge import Side, merge


@dataclass(frozen=True, slots=True)
class _Merged:
    """The text so far, whether the field's owner had a hand in it, and what gave way to the owner."""

    text: str
    owned: bool
    overruled: tuple[Overruled, ...] = ()


def merge_texts(hub: HubField, seats: list[Seat]) -> Outcome:
    """Merge one text field: every replica's edit against its own base, block by block.

    Where two edits changed one block, the field's owner decides over that block; where there is none, or where two sides meet for the first
    time, it is decided as for any other value: a conflict holds both texts.
    """
    edits = edits_of(hub, seats)
    if not edits:
        return unchanged(hub, seats)
    merged = _fold(hub, edits)
    if merged is None:
        return merge_scalars(hub, seats)
    makers = [edit_by(edit.seat, f"edited {hub.name}") for edit in edits]
    provenance = Provenance(makers[0].source, makers[0].actor, makers[0].at, "; ".join(maker.why for maker in makers))
    value = known(merged.text)
    return Outcome(value, provenance, tuple(noted(seats, edits)), written=value != hub.value, overruled=merged.overruled)


def _fold(hub: HubField, edits: list[Edit]) -> _Merged | None:
    """All edits in one text; None where two of them cannot stand side by side, or where one has no base to be held against."""
    so_far: _Merged | None = _Merged(_text(hub.value), bool(hub.owner) and hub.owner == hub.provenance.source)
    for edit in edits:
        so_far = None if so_far is None or edit.seat.base is None else _with(hub, so_far, edit, _text(edit.seat.base.hub))
    return so_far


def _with(hub: HubField, so_far: _Merged, edit: Edit, base: str) -> _Merged | None:
    theirs = _text(edit.value)
    by_owner = edit.seat.system == hub.owner
    prefer: Side | None = "theirs" if by_owner else "ours" if so_far.owned else None
    found = merge(base, so_far.text, theirs, prefer)
    if found.text is None:
        return None
    why = f"{hub.owner} owns {hub.name}, and with it the paragraphs that both sides changed"
    loser = known(so_far.text) if by_owner else edit.value
    lost = (Overruled(edit.seat.link, hub.name, loser, known(found.text), why),) if found.clashes else ()
    return _Merged(found.text, so_far.owned or by_owner, (*so_far.overruled, *lost))


def _text(value: Settled) -> str:
    return str(value.value) if isinstance(value, Known) else ""
