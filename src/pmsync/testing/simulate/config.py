"""What the operator's config file says, and what the engine is handed of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from pmsync.engine.setup import Policy, Product
from pmsync.model.enums import Direction
from pmsync.model.record import ScopeRef
from pmsync.reconcile.protect import Facet, Selector
from pmsync.reconcile.rails import Limits
from pmsync.reconcile.routing import Create, Rule
from pmsync.testing.simulate.shape import CAREFUL, Shape

ROOMY = Limits(max_creates=10_000, max_updates=10_000, max_closes=10_000, close="allow")


@dataclass(frozen=True, slots=True)
class Config:
    """``owners``: field to the system that breaks its ties. ``closed``: destinations to which nothing is mirrored any more. ``silent``: fields
    and systems that no longer hear of a field (``pull`` only).

    ``careful``: a scope new to the store is only read until somebody applied a plan for it. ``protected``: a scope that is read, and never written.
    """  # noqa: D205 - one thought

    owners: Mapping[str, str] = field(default_factory=dict)
    closed: frozenset[str] = frozenset()
    silent: frozenset[tuple[str, str]] = frozenset()
    careful: bool = False
    protected: ScopeRef | None = None


def config_of(shape: Shape) -> Config:
    """The config that a world begins with."""
    place = shape.protected
    return Config(owners=shape.owners, careful=CAREFUL in shape.kinds, protected=ScopeRef(*place) if place else None)


def product(shape: Shape, config: Config) -> Product:
    """Everything in one product; every system mirrors into the first container of every other one."""
    scopes = tuple(ScopeRef(system.name, key) for system in shape.systems for key in system.containers)
    rules = tuple(
        Rule(frozenset(), "", source.name, ScopeRef(target.name, target.containers[0]), Create.AUTO)
        for source in shape.systems
        for target in shape.systems
        if source is not target and target.name not in config.closed
    )
    return Product("product", scopes, rules)


def policy(config: Config) -> Policy:
    """How fields flow."""
    name = str(config.protected)
    return Policy(
        directions=dict.fromkeys(config.silent, Direction.PULL),
        owners=config.owners,
        limits=ROOMY,
        start="careful" if config.careful else "at_once",
        protect=(Selector(name, Facet.SCOPE, name),) if config.protected else (),
    )


def fingerprints(shape: Shape, config: Config) -> Mapping[ScopeRef, str]:
    """A hash of the whole config for every scope."""
    told = repr((sorted(config.owners.items()), sorted(config.closed), sorted(config.silent)))
    found = hashlib.sha256(told.encode()).hexdigest()
    return {ScopeRef(system.name, key): found for system in shape.systems for key in system.containers}
