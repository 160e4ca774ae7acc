"""What a blocked item lends to what blocks it: nobody can start the critical thing before the thing it waits for."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from pmsync.model.enums import Priority


@dataclass(frozen=True, slots=True)
class Lent:
    """A priority that came from the item ``by``, which waits for this one, directly or through others."""

    priority: Priority
    by: str


def lend(own: Mapping[str, Priority | None], needs: Mapping[str, AbstractSet[str]], pinned: AbstractSet[str]) -> dict[str, Lent]:
    """Which items get a higher priority from what waits for them.

    Args:
        own: every open item's own priority; items that are not in it neither lend nor get.
        needs: what each item waits for; cycles do no harm: everything on one ends up with the highest of it.
        pinned: items that get nothing, because a person fixed them; they lend what they have.

    Returns:
        Items that are raised; the one who lends is the smallest key among those with the priority.
    """
    lent: dict[str, Lent] = {}
    for priority in Priority:
        for source in sorted(key for key, mine in own.items() if mine is priority and key not in lent):
            waiting = [source]
            while waiting:
                for blocker in sorted(needs.get(waiting.pop(), ())):
                    if blocker in lent or blocker in pinned or not _is_below(own.get(blocker, priority), priority):
                        continue
                    lent[blocker] = Lent(priority, source)
                    waiting.append(blocker)
    return lent


def _is_below(mine: Priority | None, priority: Priority) -> bool:
    return mine is None or mine.rank > priority.rank
