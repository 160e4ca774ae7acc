"""The sentences that stand beside values: who set what, and when."""

from __future__ import annotations

from datetime import UTC, datetime

from pmsync.model.item import Provenance
from pmsync.model.values import Known, Settled, raw
from pmsync.reconcile.seats import Seat

_WIDTH = 60


def short(text: str) -> str:
    """``text`` on one line, cut to 60 characters."""
    line = " ".join(text.split())
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 3]}..."


def say(value: Settled) -> str:
    """A hub value as a person reads it."""
    if not isinstance(value, Known):
        return "(empty)"
    bare = raw(value)
    return short(", ".join(sorted(bare)) if isinstance(bare, frozenset) else str(bare))


def edit_by(seat: Seat, what: str) -> Provenance:
    """The provenance of an edit seen at ``seat``: ``jira PAY-7 set status to In Review (ana, 2026-03-01)``; of a file with its line."""
    record = seat.replica.record
    place = record.places.get(seat.view.surface.id, "")
    why = f"{seat.system} {record.key} {what}{_by(record.actor or place, record.updated_at)}"
    return Provenance(seat.system, record.actor, record.updated_at, why)


def setting(seat: Seat) -> str:
    """What an edit of a whole value did."""
    surface = seat.view.surface
    return f"set {surface.field} to {short(surface.show(seat.remote))}"


def reason(provenance: Provenance, field: str, value: Settled) -> str:
    """Why the hub holds ``value``, made up from the provenance where it brings no sentence of its own."""
    if provenance.why:
        return provenance.why
    return f"{provenance.source} set {field} to {say(value)}{_by(provenance.actor, provenance.at)}"


def _by(actor: str, at: float) -> str:
    parts = [actor] if actor else []
    if at:
        parts.append(f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}")
    return f" ({', '.join(parts)})" if parts else ""
