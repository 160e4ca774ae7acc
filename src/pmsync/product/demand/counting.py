"""Counting: each customer once for each item, by what it said last, how long ago that was, and what it pays.

``volume = sum(importance / 3 * decay)`` over all speakers that are not churned, and
``revenue = sum(min(pays * likelihood * importance / 3 * decay, level))`` over those of whom it is known what they pay. The level is the
highest at which no customer makes up more than ``whale_cap`` of the sum, and at least what a typical customer pays: so the number never falls
because one more customer asks for the same.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pmsync.model.customers import Customer, CustomerStatus
from pmsync.product.demand.parts import Demand, Part, Standing, Voice
from pmsync.product.demand.policy import DemandPolicy

DAY = 86_400.0
MOST = 3
"""The highest importance."""
ROUNDING = 1 + 1e-12
"""Two amounts that differ by less are equal."""


def demand(voices: Iterable[Voice], customers: Mapping[str, Customer], policy: DemandPolicy, now: float) -> dict[str, Demand]:
    """The demand for each item that a voice is about, by the item's uid. ``now``: Unix seconds.

    Raises:
        RateMissing: a customer pays in a currency without a rate.
    """
    counter = _Counter(customers, policy, now)
    by_item: defaultdict[str, list[Voice]] = defaultdict(list)
    for voice in voices:
        by_item[voice.item].append(voice)
    return {item: counter.count(item, found) for item, found in sorted(by_item.items())}


@dataclass(frozen=True, slots=True)
class _Pay:
    """What a customer pays, or would pay if it buys, and whether that is assumed."""

    amount: float
    assumed: bool


class _Counter:
    def __init__(self, customers: Mapping[str, Customer], policy: DemandPolicy, now: float) -> None:
        self._customers = customers
        self._policy = policy
        self._now = now
        self._pays = {key: pay for key, one in customers.items() if (pay := self._pay(one)) is not None}
        paying = [self._pays[key].amount for key in self._pays if customers[key].status is CustomerStatus.ACTIVE]
        self._typical = statistics.median(paying) if paying else 0.0

    def count(self, item: str, voices: Sequence[Voice]) -> Demand:
        by_speaker: defaultdict[str, list[Voice]] = defaultdict(list)
        for voice in voices:
            by_speaker[voice.speaker].append(voice)
        parts = [self._part(found) for found in by_speaker.values()]
        level = self._level([part.uncapped for part in parts])
        parts = [replace(part, revenue=min(part.uncapped, level)) for part in parts]
        parts.sort(key=lambda part: (-part.revenue, -part.volume, part.speaker))
        volume = math.fsum(part.volume for part in parts)
        known = math.fsum(part.volume for part in parts if part.pays is not None and not part.assumed)
        return Demand(
            item, tuple(parts), volume, math.fsum(part.revenue for part in parts), level, known / volume if volume else 0.0
        )

    def _part(self, voices: Sequence[Voice]) -> Part:
        latest = max(voices, key=lambda voice: (voice.at, voice.feedback))
        customer = self._customers.get(latest.customer) if latest.customer is not None else None
        standing = Standing(customer.status) if customer is not None else Standing.UNKNOWN
        pay = self._pays.get(customer.key) if customer is not None else None
        likelihood = {Standing.CHURNED: 0.0, Standing.PROSPECT: self._policy.prospect}.get(standing, 1.0)
        decay = self._decay(latest.at)
        weight = latest.importance / MOST * decay
        revenue = pay.amount * likelihood * weight if pay is not None else 0.0
        return Part(
            speaker=latest.speaker,
            standing=standing,
            feedback=latest.feedback,
            voices=len({voice.feedback for voice in voices}),
            importance=latest.importance,
            decay=decay,
            pays=pay.amount if pay is not None else None,
            assumed=pay is not None and pay.assumed,
            volume=0.0 if standing is Standing.CHURNED else weight,
            revenue=revenue,
            uncapped=revenue,
        )

    def _decay(self, at: float) -> float:
        """One for what was said today or, by a clock that is ahead, later."""
        if not self._policy.half_life:
            return 1.0
        return float(0.5 ** (max(0.0, self._now - at) / DAY / self._policy.half_life))

    def _pay(self, customer: Customer) -> _Pay | None:
        if customer.arr is not None:
            return _Pay(self._policy.worth(customer.arr), assumed=False)
        if customer.tier in self._policy.tiers:
            return _Pay(float(self._policy.tiers[customer.tier]), assumed=True)
        return None

    def _level(self, amounts: Sequence[float]) -> float:
        """The highest level ``l`` with ``l <= whale_cap * sum(min(amount, l))``, and at least the typical pay.

        With the ``k`` largest cut down to it, ``l = cap * rest / (1 - k * cap)``; the first ``k`` at which the next one fits below is right.
        """
        cap, falling = self._policy.whale_cap, sorted(amounts, reverse=True)
        for cut, amount in enumerate(falling):
            if cut * cap >= 1:
                break
            level = cap * math.fsum(falling[cut:]) / (1 - cut * cap)
            if amount <= level * ROUNDING:
                return max(level if cut else amount, self._typical)
        return self._typical
