"""How demand is counted: the product manager's own settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from pmsync.model.customers import Money

EUR = "EUR"


class RateMissing(ValueError):
    """A currency has no rate. ``currency`` is its code."""

    def __init__(self, currency: str) -> None:
        super().__init__(f"there is no rate for {currency}")
        self.currency = currency


@dataclass(frozen=True, slots=True)
class DemandPolicy:
    """How demand is counted.

    Attributes:
        currency: the one in which revenue is told.
        rates: currency to what one unit of it is worth in ``currency``.
        half_life: days after which a voice weighs half; 0: voices do not age.
        whale_cap: the share of an item's revenue that one customer may make up, above 0 and at most 1. Where an item has too few customers for
            that, each counts at most as much as a typical customer pays.
        prospect: how likely a prospect is to buy, 0 to 1: that share of what it would pay counts.
        tiers: tier to what a customer of it pays in a year, in ``currency``, where nobody has said what this one pays.
    """

    currency: str = EUR
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    half_life: float = 180.0
    whale_cap: float = 0.25
    prospect: float = 0.3
    tiers: Mapping[str, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 < self.whale_cap <= 1:
            raise ValueError("whale_cap is a share above 0 and at most 1")
        if not 0 <= self.prospect <= 1:
            raise ValueError("prospect is a likelihood from 0 to 1")
        if self.half_life < 0:
            raise ValueError("half_life is a number of days, or 0 for never")

    def worth(self, money: Money) -> float:
        """An amount in the policy's own currency.

        Raises:
            RateMissing: there is no rate for its currency.
        """
        if money.currency == self.currency:
            return float(money.amount)
        if money.currency not in self.rates:
            raise RateMissing(money.currency)
        return float(money.amount * self.rates[money.currency])
