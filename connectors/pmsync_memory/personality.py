"""What kinds of tracker the server can play, and what may befall a write on its way to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Personality:
    """How one kind of tracker differs from another. ``lag``: seconds by which its listings trail behind its direct reads."""

    idempotency_key: bool = False
    marker: bool = True
    lag: float = 0.0
    compare_and_set: bool = False
    history: bool = False
    deletions: bool = False


_KINDS = {
    "keyed": Personality(idempotency_key=True),
    "listed": Personality(),
    "lagging": Personality(lag=600.0),
    "unmarked": Personality(marker=False),
}
PERSONALITIES: Mapping[str, Personality] = MappingProxyType(
    _KINDS | {f"{name}-rich": replace(kind, compare_and_set=True, history=True, deletions=True) for name, kind in _KINDS.items()}
)
"""By name: each kind bare, and ``-rich`` with compare-and-set, history and a deletions feed."""


class Fate(StrEnum):
    """What may befall a write on its way; the sender of all but the last two cannot tell the first four apart by waiting."""

    UNSENT = "unsent"  # the connection never opened
    LOST = "lost"  # it broke before the server acted
    UNANSWERED = "unanswered"  # it broke after the server acted
    LATE = "late"  # it broke, and the server acts ``lateness`` seconds from now
    TWICE = "twice"  # a proxy on the way sent it again
