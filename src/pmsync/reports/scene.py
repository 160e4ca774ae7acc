"""What a report is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pmsync.model.customers import Customer
from pmsync.product.demand import DemandPolicy
from pmsync.reports.stock import Stock
from pmsync.store.journal import JournalRow

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Scene:
    """What a report is made from.

    Attributes:
        stock: what the store holds.
        customers: who pays, by key.
        policy: how demand is counted.
        now: Unix seconds.
        since: from when on changes count, Unix seconds.
        journal: the entries since then, oldest first.
    """

    stock: Stock
    customers: Mapping[str, Customer]
    policy: DemandPolicy
    now: float
    since: float = 0.0
    journal: Sequence[JournalRow] = field(default=())

    @property
    def at(self) -> str:
        """The time for people."""
        return moment(self.now)


def moment(at: float) -> str:
    """Unix seconds as ``2026-11-24 19:30 UTC``."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
