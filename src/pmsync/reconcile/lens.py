"""The lens contract: the two-way mapping between a surface's vocabulary and the hub's.

A lens is given by two partial maps. ``ingest`` reads: each remote value becomes its default hub value. ``project`` writes:
each hub value has at most one remote image. Remote ``r`` and hub ``v`` are *consistent* when either map ties them; that
relation, never equality across vocabularies, decides whether something must be written.

Laws, checked by ``pmsync.reconcile.laws`` for every finite lens and by property tests for the rest:

* GetPut: ``put(ingest(r), r) == r`` for every r: no hub change, no remote write, however lossy the map.
* PutGet up to the fibre: after writing ``put(v, r)`` the remote is consistent with v.
* Canon: ``canon(canon(x)) == canon(x)``, and every map respects it.

Source: Foster, Greenwald, Moore, Pierce, Schmitt, "Combinators for bidirectional tree transformations", TOPLAS 2007.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pmsync.model.values import Settled


@dataclass(frozen=True, slots=True)
class Unmapped:
    """The remote value has no meaning in the hub yet. Nothing is changed on any side; ``reason`` says how to map it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unrepresentable:
    """The hub value has no image on this surface: a visible state, never a rounding."""

    reason: str


class Lens(Protocol):
    """The two-way mapping of one surface. All methods are pure and total."""

    def ingest(self, remote: Settled, hub: Settled) -> Settled | Unmapped:
        """The hub value that ``remote`` means; ``hub`` itself where the two are consistent already."""
        ...

    def put(self, hub: Settled, remote: Settled) -> Settled | Unrepresentable:
        """The remote value to write for ``hub``; ``remote`` itself where the two are consistent already."""
        ...

    def consistent(self, remote: Settled, hub: Settled) -> bool:
        """Whether the two already say the same."""
        ...

    def canon(self, remote: Settled) -> Settled:
        """The representative of all spellings of ``remote`` that mean the same (CRLF and LF, label case)."""
        ...
