"""The words of selecting: candidates, a budget, and the proposal that comes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that could be done in the period.

    Attributes:
        key: unique among the candidates.
        value: what it is worth, 0 or more; None where nobody knows. What is a must or started is taken all the same.
        effort: in the budget's unit, 0 or more; None where nobody estimated it: then it cannot be selected.
        line: its product line.
        bucket: what a share may be kept for: its kind, or any other class.
        must: the period is nothing without it.
        started: work is under way: it stays in.
        needs: candidates, or other items, that have to be done before it or with it.
    """

    key: str
    value: float | None
    effort: float | None
    line: str = ""
    bucket: str = ""
    must: bool = False
    started: bool = False
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Budget:
    """What there is to spend.

    Attributes:
        capacity: in the unit of the efforts, 0 or more.
        buffer: the part of it that is kept free, 0 to below 1.
        lines: by product line, the least share of what can be spent that goes to it.
        buckets: the same by bucket.
    """

    capacity: float
    buffer: float = 0.0
    lines: Mapping[str, float] = field(default_factory=dict)
    buckets: Mapping[str, float] = field(default_factory=dict)

    @property
    def spendable(self) -> float:
        """The capacity without the buffer."""
        return self.capacity * (1 - self.buffer)


@dataclass(frozen=True, slots=True)
class Gain:
    """What ``extra`` more effort would buy: how much more value, what comes in, and what would leave for it."""

    extra: float
    value: float
    enters: tuple[str, ...]
    leaves: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShareResult:
    """What became of one share: the line or bucket, the effort that it asks for, and what was given to it."""

    name: str
    wanted: float
    given: float

    @property
    def short(self) -> float:
        """How much is missing; above 0 only where the candidates do not allow more."""
        return max(0.0, self.wanted - self.given)


@dataclass(frozen=True, slots=True)
class Selection:
    """A proposal. It is written to nobody.

    Attributes:
        chosen: keys, sorted.
        left: key of everything else to why it is not in.
        locked: the chosen ones that were not up for choice: musts, started items and what those need.
        value: of everything chosen, items of unknown value as 0.
        effort: of everything chosen.
        spendable: what there was to spend.
        shares: what became of each share.
        exact: nothing better exists.
        bound: no selection is worth more than this, shares being kept as well; ``value`` where it is exact.
        overflow: musts and started items that together do not fit: the smallest such set that dropping one more would mend. Where there
            is any, nothing beyond what is locked is chosen, and ``effort`` is above ``spendable``.
        grain: efforts were rounded up to multiples of it; 0 where they were taken as they are.
    """

    chosen: tuple[str, ...]
    left: Mapping[str, str]
    locked: tuple[str, ...]
    value: float
    effort: float
    spendable: float
    shares: tuple[ShareResult, ...] = ()
    exact: bool = True
    bound: float = 0.0
    overflow: tuple[str, ...] = ()
    grain: float = 0.0

    @property
    def gap(self) -> float:
        """How much better another selection could be at most, as a part of the bound."""
        return 0.0 if self.exact or self.bound <= 0 else max(0.0, (self.bound - self.value) / self.bound)
