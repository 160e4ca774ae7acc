"""What kinds of tracker the server can play."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Personality:
    """How one kind of tracker differs from another.

    ``lag``: seconds by which its listings trail behind its direct reads. ``new_ids``: a move gives a record another id, and the old one leads
    there. ``releases``: records may be releases, or what customers say; work goes into the former, has a parent and waits for other work.
    """

    idempotency_key: bool = False
    marker: bool = True
    lag: float = 0.0
    compare_and_set: bool = False
    history: bool = False
    deletions: bool = False
    new_ids: bool = False
    releases: bool = False


_KINDS = {
    "keyed": Personality(idempotency_key=True),
    "listed": Personality(),
    "lagging": Personality(lag=600.0),
    "unmarked": Personality(marker=False),
    "renaming": Personality(new_ids=True),
    "planned": Personality(releases=True),
}
PERSONALITIES: Mapping[str, Personality] = MappingProxyType(
    _KINDS | {f"{name}-rich": replace(kind, compare_and_set=True, history=True, deletions=True) for name, kind in _KINDS.items()}
)
"""By name: each kind bare, and ``-rich`` with compare-and-set, history and a deletions feed."""
