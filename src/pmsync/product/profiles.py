"""Which formula scores which items, with what weights: a profile, and the book that finds one for a product line and a kind."""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from pmsync.model.enums import Kind
from pmsync.model.roadmap import Framework, Roadmap
from pmsync.product.evidence import Fault
from pmsync.product.formulas import Shape


@dataclass(frozen=True, slots=True)
class Anchor:
    """The two values of a criterion that are worth 0 and 100 points. ``worst`` may be the larger of the two."""

    worst: float = 0.0
    best: float = 100.0


HUNDRED = Anchor()


@dataclass(frozen=True, slots=True)
class Profile:
    """How a group of items is scored.

    Attributes:
        name: for people.
        framework: the formula; None for MoSCoW alone.
        moscow: MoSCoW goes first, and the formula decides within a class.
        weights: of the weighted scorecard, by criterion; costs are negative.
        anchors: of its criteria; 0 to 100 where none is named.
        shape: of the cost of delay (cd3).
        half_life: of a decaying cost of delay, weeks.
        effort_unit: ``months`` (a person's) or ``points``.
        points_per_month: how many points a person does in a month; None: points and time are not compared.
        thresholds: the least scores of critical, high, medium and low, for small populations; None for the framework's own.
    """

    name: str
    framework: Framework | None
    moscow: bool = False
    weights: Mapping[str, float] = field(default_factory=dict)
    anchors: Mapping[str, Anchor] = field(default_factory=dict)
    shape: Shape = Shape.LINEAR
    half_life: float = 26.0
    effort_unit: str = "months"
    points_per_month: float | None = None
    thresholds: tuple[float, float, float, float] | None = None

    @property
    def fingerprint(self) -> str:
        """A short hash of everything that changes a score, the same for equal profiles."""
        parts = (
            self.framework,
            self.moscow,
            sorted(self.weights.items()),
            sorted((name, anchor.worst, anchor.best) for name, anchor in self.anchors.items()),
            self.shape,
            self.half_life,
            self.effort_unit,
            self.points_per_month,
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]

    def faults(self) -> tuple[Fault, ...]:
        """What makes the profile itself unusable, each with a remedy."""
        found = []
        if self.framework is None and not self.moscow:
            found.append(self._fault("names no formula", "name a framework, or set moscow"))
        if self.framework is Framework.WEIGHTED:
            found.extend(self._scorecard_faults())
        if self.half_life <= 0:
            found.append(self._fault("the half life is not above 0", "write it in weeks"))
        if self.points_per_month is not None and self.points_per_month <= 0:
            found.append(self._fault("points_per_month is not above 0", "write how many points a person does in a month"))
        return tuple(found)

    def _scorecard_faults(self) -> list[Fault]:
        found = []
        if not all(math.isfinite(weight) for weight in self.weights.values()):
            found.append(self._fault("a weight is not a number", "write numbers"))
        if not sum(weight for weight in self.weights.values() if weight > 0) > 0:
            found.append(
                self._fault("the weights sum to 0", "give at least one criterion a weight above 0; costs have negative ones")
            )
        flat = sorted(name for name, anchor in self.anchors.items() if anchor.worst == anchor.best)
        found.extend(
            self._fault(f"both anchors of {name} are the same", "write the value worth 0 and the one worth 100") for name in flat
        )
        return found

    def _fault(self, message: str, remedy: str) -> Fault:
        return Fault(f"profile {self.name}", message, remedy)


@dataclass(frozen=True, slots=True)
class ProfileRule:
    """A profile and whom it is for: a product line ("" for every one), kinds (none for every one)."""

    profile: Profile
    line: str = ""
    kinds: frozenset[Kind] = frozenset()


RICE = Profile("rice", Framework.RICE)


@dataclass(frozen=True, slots=True)
class ProfileBook:
    """All profiles. The most particular rule wins: line and kind, then line, then kind, then ``default``; among equals the first."""

    default: Profile = RICE
    rules: tuple[ProfileRule, ...] = ()

    def find(self, line: str, kind: Kind) -> Profile:
        """The profile of items of ``kind`` in product line ``line``."""
        fitting = [rule for rule in self.rules if rule.line in ("", line) and (not rule.kinds or kind in rule.kinds)]
        best = max(fitting, key=lambda rule: (bool(rule.line), bool(rule.kinds)), default=None)
        return self.default if best is None else best.profile


def with_weights(profile: Profile, roadmap: Roadmap) -> Profile:
    """The profile with the weights that a product line's file gives; its own where the file is silent."""
    if profile.framework is not Framework.WEIGHTED or not roadmap.weights:
        return profile
    return dataclasses.replace(profile, weights=dict(roadmap.weights))
