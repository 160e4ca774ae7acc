"""Who pays: customers as a product manager's own list, or a support tool, tells of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum


class CustomerStatus(StrEnum):
    """Where a customer stands."""

    PROSPECT = "prospect"
    ACTIVE = "active"
    CHURNED = "churned"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in one currency, named by its ISO 4217 code. Never negative."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not self.amount.is_finite() or self.amount < 0:
            raise ValueError(f"{self.amount} {self.currency} is no amount that somebody pays")


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer.

    Attributes:
        key: its name in files and reports.
        name: what people call it.
        status: where it stands.
        arr: what it pays, or would pay, in a year; None where nobody has said. Zero is a free customer.
        tier: the name of what it bought, for what is assumed where ``arr`` is not known.
        segment: the market it belongs to.
        domains: the ends of its mail addresses, ``acme.com``; those below them count as well.
        ids: system to its id there (the organization of a support tool).
        renewal: when it decides again.
    """

    key: str
    name: str
    status: CustomerStatus = CustomerStatus.ACTIVE
    arr: Money | None = None
    tier: str = ""
    segment: str = ""
    domains: tuple[str, ...] = ()
    ids: Mapping[str, str] = field(default_factory=dict)
    renewal: date | None = None
