"""What ``reconcile`` looks at (an ``ItemView``) and what it answers (a ``Decision``). Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from pmsync.model.enums import Direction
from pmsync.model.item import Item, Link, Provenance
from pmsync.model.record import Record
from pmsync.model.values import Observed, Settled
from pmsync.reconcile.operation import Change
from pmsync.reconcile.surface import Surface


class Base(msgspec.Struct, frozen=True):
    """The pair last agreed to be consistent: the remote value in the remote's vocabulary, the hub value in the hub's."""

    remote: Settled
    hub: Settled


class SurfaceView(msgspec.Struct, frozen=True):
    """One surface of one replica as reconcile sees it.

    Attributes:
        surface: place and lens.
        direction: which way the field flows for this system.
        observed: what the latest observation shows.
        base: the agreed pair, None at first contact.
        sent: values that unresolved ops have tried to put here. With the base's remote value they form the set E: an observation in E is
            an echo or a stale read, never an edit.
        drift_since: Unix seconds since when a push surface shows a person's edit, None when it does not.
        respect_human: seconds for which such an edit is left standing.
        undone: the run that put the base's remote value back although the hub says something else, "" when none did.
    """

    surface: Surface
    direction: Direction
    observed: Observed
    base: Base | None
    sent: tuple[Settled, ...] = ()
    drift_since: float | None = None
    respect_human: float = 0.0
    undone: str = ""


@dataclass(frozen=True, slots=True)
class Replica:
    """One linked record of the item. ``busy``: an op on it is unresolved, so nothing new is planned for it."""

    link: Link
    record: Record
    surfaces: tuple[SurfaceView, ...]
    busy: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of the values in a conflict. ``source`` is a link uid, or ``hub`` for a value that no replica shows any more.

    ``shown`` is the value as a person knows it on that side.
    """

    source: str
    system: str
    value: Settled
    shown: str
    actor: str = ""
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Dispute:
    """An open conflict on one field: the last agreed hub value and every candidate."""

    field: str
    base: Settled
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class ItemView:
    """Everything about one item at one moment.

    ``owners`` maps a field to the system that breaks its ties; ``now`` is Unix seconds; ``left`` holds the uids of links that are no longer
    managed: what stood there is no side of anything any more. ``departed`` holds the systems with such links in which every
    other one takes part: what came from there and shows there no more is seen to have gone.
    """

    item: Item
    replicas: tuple[Replica, ...]
    disputes: Mapping[str, Dispute] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    now: float = 0.0
    left: frozenset[str] = frozenset()
    departed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class HubWrite:
    """A new hub value for one field, and who made it so."""

    field: str
    value: Settled
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class BaseWrite:
    """A newly agreed pair for (link, surface)."""

    link: str
    surface: str
    base: Base
    why: str


@dataclass(frozen=True, slots=True)
class WantedChange:
    """One surface that should be written."""

    link: str
    change: Change


@dataclass(frozen=True, slots=True)
class Overruled:
    """A value that lost to the field's owner or to a push direction: kept in the journal, never only gone."""

    link: str
    field: str
    value: Settled
    winner: Settled
    why: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """An open conflict that ended by itself: all sides now say ``value``."""

    field: str
    value: Settled
    why: str


@dataclass(frozen=True, slots=True)
class Skip:
    """Something that was left alone, and why. ``code`` is stable for machines: ``unmapped``, ``unrepresentable``, ``unobserved``,
    ``read_only``, ``busy``, ``conflict``, ``in_flight``, ``cut``, ``drift_respected``, ``undone``, ``stale_map``; those of an undo: ``engine.undo``.
    ``subject`` names the value or field concerned.
    """  # noqa: D205 - one thought

    link: str
    surface: str
    field: str
    code: str
    subject: str
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows for one item. Hub writes and bases are committed; wanted changes become operations of a plan."""

    hub: tuple[HubWrite, ...] = ()
    bases: tuple[BaseWrite, ...] = ()
    wanted: tuple[WantedChange, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    settled: tuple[Settlement, ...] = ()
    overruled: tuple[Overruled, ...] = ()
    drift: tuple[tuple[str, str], ...] = ()
    """(link, surface) pairs whose push surface shows a person's edit now."""
    skips: tuple[Skip, ...] = ()
