"""What the engine works with: connectors, products, policy. Built by ``app``; the engine opens nothing itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pmsync.connect.contract import Connector
from pmsync.engine.roster import People
from pmsync.model.enums import Direction, Nature
from pmsync.model.fields import FIELDS
from pmsync.model.record import ScopeRef
from pmsync.product.priorities import Policy as ScorePolicy
from pmsync.product.profiles import ProfileBook
from pmsync.reconcile.protect import Selector
from pmsync.reconcile.rails import Limits
from pmsync.reconcile.routing import Rule


@dataclass(frozen=True, slots=True)
class Product:
    """One product: its scopes and its mirror rules, in the config's order."""

    key: str
    scopes: tuple[ScopeRef, ...]
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """How fields flow.

    Attributes:
        directions: (field, system) to direction, for what the config names.
        defaults: field to direction, from ``all:`` in the config.
        owners: field to the system that breaks ties.
        respect_human: field to seconds for which a person's edit on a push surface stands.
        named_public: scopes whose config says ``audience: public``.
        limits: the rails.
        comments_since: Unix seconds from which on comments cross, where they cross; None: from when that was turned on.
        start: ``careful``: a scope new to the store is only read until a person applied a plan for it, and then on trial; ``at_once``: neither.
        protect: what is read and never written.
    """

    directions: Mapping[tuple[str, str], Direction] = field(default_factory=dict)
    defaults: Mapping[str, Direction] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    respect_human: Mapping[str, float] = field(default_factory=dict)
    named_public: frozenset[ScopeRef] = frozenset()
    limits: Limits = field(default_factory=Limits)
    start: Literal["careful", "at_once"] = "at_once"
    protect: tuple[Selector, ...] = ()
    comments_since: float | None = None

    def direction(self, name: str, system: str) -> Direction:
        """Which way ``name`` flows for ``system``: the config's word for the pair, else for all systems, else the field's own default."""
        named = self.directions.get((name, system)) or self.defaults.get(name)
        return named or FIELDS[name].default

    def flow(self, name: str, system: str, nature: Nature) -> Direction:
        """Which way a field of an item of that nature flows.

        All of a release flows as the field ``release`` does, and the text of a comment as ``comments``; whose it is and what it belongs to
        are set once.
        """
        if nature is Nature.COMMENT:
            ways = self.comments(system)
            return ways if name == "body" else Direction.INIT if ways is not Direction.OFF else Direction.OFF
        return self.direction("release" if nature is Nature.RELEASE else name, system)

    def comments(self, system: str) -> Direction:
        """Which way comments flow for ``system``; unless the config says otherwise they are only pulled."""
        return self.directions.get(("comments", system)) or self.defaults.get("comments", Direction.PULL)

    def comments_cross(self, system: str, others: Iterable[str]) -> bool:
        """Whether comments of ``system`` show in one of the ``others``, or theirs in it."""
        own, beside = self.comments(system), [self.comments(other) for other in others]
        taken_from = own.ingests and any(way.emits for way in beside)
        return taken_from or (own.emits and any(way.ingests for way in beside))


@dataclass(frozen=True, slots=True)
class Beats:
    """How often the slow streams run, in seconds."""

    catalogue: float = 3600.0
    sweep: float = 86_400.0


@dataclass(frozen=True, slots=True)
class Scoring:
    """How priorities follow from scores: which formula for what, how they move, and how often (seconds) they are worked out at least."""

    book: ProfileBook = field(default_factory=ProfileBook)
    policy: ScorePolicy = field(default_factory=ScorePolicy)
    every: float = 86_400.0


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything a run needs besides the store and the clock.

    ``fingerprints`` maps each scope to a hash of the config that concerns it; a change means that the next run only plans.
    ``scoring`` is there where priorities follow from scores.
    """

    connectors: Mapping[str, Connector]
    products: Sequence[Product]
    policy: Policy
    marker_key: bytes = field(repr=False)
    fingerprints: Mapping[ScopeRef, str] = field(default_factory=dict)
    beats: Beats = Beats()
    people: People = field(default_factory=dict)
    scoring: Scoring | None = None

    def scopes(self) -> list[ScopeRef]:
        """All scopes in the config's order."""
        return [scope for product in self.products for scope in product.scopes]

    def product_of(self, scope: ScopeRef) -> Product | None:
        """The product a scope belongs to."""
        return next((product for product in self.products if scope in product.scopes), None)

    def product(self, key: str) -> Product | None:
        """The product of that key; None when the config no longer names it."""
        return next((product for product in self.products if product.key == key), None)
