"""Where a score stands among its peers: those of the same product line, kind group and profile. Scores of others say nothing about it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

Key = tuple[int, float]
"""A score's key: MoSCoW class, value."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a score stands.

    Attributes:
        rank: 1 for the best; equal scores share the better rank.
        of: how many are ranked.
        percentile: the share of the peers that score less, equal ones by half, in percent; the best of n stands at 100 - 50/n.
    """

    rank: int
    of: int
    percentile: float


class Population:
    """The scores of one group of peers, kept sorted."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self._keys = sorted(keys)

    def __len__(self) -> int:
        return len(self._keys)

    def standing(self, key: Key) -> Standing:
        """Where a member with ``key`` stands."""
        return self._standing(bisect_left(self._keys, key), bisect_right(self._keys, key))

    def moved(self, old: Key, new: Key) -> Standing:
        """Where a member would stand if its key were ``new`` and all others stayed."""
        if old == new:
            return self.standing(old)
        left = bisect_left(self._keys, new) - (old < new)
        right = bisect_right(self._keys, new) - (old < new)
        return self._standing(left, right + 1)

    def _standing(self, below: int, up_to: int) -> Standing:
        total = len(self._keys)
        return Standing(total - up_to + 1, total, round(50 * (below + up_to) / total, 6))
