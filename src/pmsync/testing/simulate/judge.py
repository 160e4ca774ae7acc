"""The judge: which edits must have survived, which conflicts were necessary, by the ground truth alone.

Only then the engine's claims and the systems' present looks are asked whether that is so. The rules stand in ``doubles``, ``agreement``,
``losses``, ``restraint`` and ``discretion``.
"""

from __future__ import annotations

from collections.abc import Mapping

from pmsync.testing.simulate import agreement, discretion, doubles, losses, restraint
from pmsync.testing.simulate.case import MERGED, Case, Finding
from pmsync.testing.simulate.causes import Circumstances
from pmsync.testing.simulate.claims import Claims
from pmsync.testing.simulate.shape import Shape
from pmsync.testing.simulate.truth import Truth
from pmsync.testing.stage import Ground

__all__ = ["Finding", "Judge"]

RULES = (doubles.findings, agreement.findings, losses.findings, restraint.findings, discretion.findings)


class Judge:
    """Judges one world at rest."""

    def __init__(
        self, shape: Shape, grounds: Mapping[str, Ground], truth: Truth, claims: Claims, circumstances: Circumstances
    ) -> None:
        self._case = Case(shape, grounds, truth, claims, circumstances)

    def findings(self) -> list[Finding]:
        """Everything that is wrong."""
        return [finding for rule in RULES for finding in rule(self._case)]

    def linked(self) -> int:
        """How many families have at least two managed records."""
        return sum(1 for group in self._case.standing.values() if sum(one.item is not None for one in group) >= 2)

    def agreed(self) -> tuple[int, int]:
        """How many (family, field) pairs there are among linked families, and how many of them agree."""
        pairs = agreed = 0
        for group in self._case.standing.values():
            linked = [one for one in group if one.item]
            if len(linked) >= 2:
                for name in (*MERGED, "labels"):
                    pairs += 1
                    agreed += self._case.alike(name, linked)
        return pairs, agreed
