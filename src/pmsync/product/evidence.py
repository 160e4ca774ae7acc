"""What a score is made of, and what comes of it: a score with its inputs, or the list of what is missing or wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from pmsync.model.roadmap import Amount, Framework


@dataclass(frozen=True, slots=True)
class Evidence:
    """One scoring input as somebody gave it.

    Attributes:
        amount: the number with its unit.
        source: where it stands, for people: ``roadmap/payments.yaml:12:7``, ``jira PAY-101 Story points``, ``metric checkout_users``.
        as_of: the day it is of; None where nobody said.
        measured: it is counted, not estimated: it wobbles by itself, so its change is no new estimate.
        sample: how many answers it rests on; None where it is no survey.
    """

    amount: Amount
    source: str
    as_of: date | None = None
    measured: bool = False
    sample: int | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """An input, or a profile, that no score can be made of; ``remedy`` is what to do about it."""

    what: str
    message: str
    remedy: str
    source: str = ""

    def __str__(self) -> str:
        place = f"{self.source}: " if self.source else ""
        return f"{place}{self.what}: {self.message} ({self.remedy})"


class Unusable(ValueError):
    """A number cannot stand where it stands. ``remedy`` is what a person does about it."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Taken:
    """One input as the formula took it: ``number`` in the formula's unit, and what it was read from (None: worked out)."""

    number: float
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """How much an item is worth doing, by one profile.

    Attributes:
        framework: the formula; None where MoSCoW alone decides.
        value: the formula's result, in its own unit, rounded to six places. Comparable under the same profile only.
        tier: the MoSCoW class as a number, 3 for must to 0 for wont; it goes before the value. 0 where the profile does not ask for it.
        inputs: by name, with sources and dates.
        profile: the fingerprint of the profile.
        at: the day it was worked out.
        warnings: what a person should know about the inputs.
    """

    framework: Framework | None
    value: float
    profile: str
    at: date
    tier: int = 0
    inputs: Mapping[str, Taken] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[int, float]:
        """What scores are compared by."""
        return self.tier, self.value


@dataclass(frozen=True, slots=True)
class Unscored:
    """No score, and why: ``missing`` names the inputs nobody gave, ``faults`` those that are wrong. It is never a score of 0."""

    profile: str
    missing: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def why(self) -> str:
        """One clause for a person."""
        parts = [f"{', '.join(self.missing)} {'is' if len(self.missing) == 1 else 'are'} missing"] if self.missing else []
        return "; ".join([*parts, *(f"{fault.what}: {fault.message}" for fault in self.faults)])


Outcome = Score | Unscored
