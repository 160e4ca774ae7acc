"""What demand is made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Voice:
    """One piece of feedback about one item.

    Attributes:
        feedback: uid of the feedback item.
        item: uid of the item that it is about.
        customer: key of the customer who said it; None where that is not known.
        contact: what tells people of unknown customers apart, such as a hashed address; "" where not even that is known.
        at: when it was said, Unix seconds.
        importance: 0 (by the way) to 3 (cannot go on without it).
    """

    feedback: str
    item: str
    customer: str | None
    contact: str
    at: float
    importance: int = 1

    def __post_init__(self) -> None:
        if self.importance not in range(4):
            raise ValueError(f"{self.importance} is no importance: 0, 1, 2 or 3")

    @property
    def speaker(self) -> str:
        """Who counts once: the customer, else the contact, else the feedback by itself."""
        if self.customer is not None:
            return f"customer {self.customer}"
        return f"contact {self.contact}" if self.contact else f"feedback {self.feedback}"


class Standing(StrEnum):
    """How a speaker counts."""

    ACTIVE = "active"
    PROSPECT = "prospect"
    CHURNED = "churned"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Part:
    """What one speaker adds to the demand for one item.

    Attributes:
        speaker: as ``Voice.speaker`` names it.
        standing: how it counts.
        feedback: the latest piece of feedback, whose importance holds.
        voices: how many pieces it gave about this item.
        importance: 0 to 3.
        decay: 1 for a voice of today, 0.5 after a half-life.
        pays: what it pays in a year, in the policy's currency; None where it is not known at all.
        assumed: ``pays`` is what its tier pays, not what was said of it.
        volume: what it adds to the volume.
        revenue: what it adds to the revenue, after the cap.
        uncapped: what it would have added without the cap.
    """

    speaker: str
    standing: Standing
    feedback: str
    voices: int
    importance: int
    decay: float
    pays: float | None
    assumed: bool
    volume: float
    revenue: float
    uncapped: float

    @property
    def capped(self) -> bool:
        """Whether the cap took something away."""
        return self.revenue < self.uncapped


@dataclass(frozen=True, slots=True)
class Demand:
    """The demand for one item.

    Attributes:
        item: uid of the item.
        parts: one for each speaker, those that weigh most first. Churned customers are among them and add nothing: they are who to win back.
        volume: how many ask for it, by importance and age.
        revenue: what they pay in a year, by importance and age, capped; in the policy's currency.
        level: what one customer may add to the revenue at most.
        confidence: 0 to 1: the share of the volume that comes from customers of whom it is known what they pay.
    """

    item: str
    parts: tuple[Part, ...]
    volume: float
    revenue: float
    level: float
    confidence: float

    @property
    def customers(self) -> int:
        """How many customers ask for it, churned ones left out."""
        return sum(part.standing in (Standing.ACTIVE, Standing.PROSPECT) for part in self.parts)
