"""Days: a record has one day, the hub a time as exactly as somebody said it: a day, a month, a quarter, a half year or a year."""

from __future__ import annotations

from dataclasses import dataclass

from pmsync.model.periods import Period
from pmsync.model.values import EMPTY, Known, Settled, known
from pmsync.reconcile.lens import Unmapped, Unrepresentable


@dataclass(frozen=True, slots=True)
class DayLens:
    """A longer time shows as its last day, or as its first where ``begins``; while it shows so, the hub keeps the time as it was said."""

    begins: bool = False

    def ingest(self, remote: Settled, hub: Settled) -> Settled | Unmapped:
        """The hub's time where the record shows it, else the day."""
        return hub if self.consistent(remote, hub) else self.canon(remote)

    def put(self, hub: Settled, remote: Settled) -> Settled | Unrepresentable:
        """The day that stands for the hub's time."""
        if self.consistent(remote, hub):
            return remote
        text = _text(hub)
        day = self._day(text)
        return Unrepresentable(f"{text!r} is no day, month, quarter or year") if text and day is None else known(day)

    def consistent(self, remote: Settled, hub: Settled) -> bool:
        """The record shows the day that stands for the hub's time, or both show none."""
        shown, wanted = _text(remote), _text(hub)
        return shown == wanted or (bool(shown) and shown == self._day(wanted))

    def canon(self, remote: Settled) -> Settled:
        """Without blanks around it."""
        return known(_text(remote))

    def _day(self, text: str) -> str | None:
        """The one day of a time; None where it is no time."""
        try:
            period = Period.parse(text)
        except ValueError:
            return None
        return (period.first if self.begins else period.last).isoformat()


def _text(value: Settled) -> str:
    if value == EMPTY:
        return ""
    assert isinstance(value, Known)
    if not isinstance(value.value, str):
        raise TypeError("a lens over days was given a set: the surface is declared for the wrong field")
    return value.value.strip()
