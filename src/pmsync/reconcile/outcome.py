"""What the merge of one field comes to, before it is turned into writes."""

from __future__ import annotations

from dataclasses import dataclass

from pmsync.model.item import Provenance
from pmsync.model.values import Settled
from pmsync.reconcile.seats import HubField, Seat
from pmsync.reconcile.view import Dispute, HubWrite, Overruled, Settlement


@dataclass(frozen=True, slots=True)
class Outcome:
    """The merged hub value with its maker, the seats as agreed so far, and what happened on the way.

    Attributes:
        value: the hub's value after the merge.
        provenance: who made it.
        seats: all seats, those whose edit was taken note of rebased to what they show.
        written: whether the hub's value is new.
        dispute: the conflict that is open now, None when there is none.
        news: whether the conflict is new or has changed.
        settled: how an open conflict ended.
        overruled: the values that lost.
    """

    value: Settled
    provenance: Provenance
    seats: tuple[Seat, ...]
    written: bool = False
    dispute: Dispute | None = None
    news: bool = False
    settled: Settlement | None = None
    overruled: tuple[Overruled, ...] = ()

    def hub_write(self, hub: HubField) -> HubWrite | None:
        """The hub write that follows, None when the hub keeps its value."""
        return HubWrite(hub.name, self.value, self.provenance) if self.written else None


def unchanged(hub: HubField, seats: list[Seat]) -> Outcome:
    """Nobody edited anything that the hub did not know."""
    return Outcome(hub.value, hub.provenance, tuple(seats))
