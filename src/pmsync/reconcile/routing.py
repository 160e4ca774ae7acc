"""What lives where: mirror rules, and the guard that keeps things from audiences they were not meant for."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum

from pmsync.model.enums import Audience, Kind, Nature
from pmsync.model.labels import label_key
from pmsync.model.record import ScopeRef


class Create(StrEnum):
    """How a missing mirror comes about: after a person's approval, by itself, or not at all."""

    REVIEW = "review"
    AUTO = "auto"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Rule:
    """One mirror rule. Empty ``kinds`` and an empty ``label`` match all work; the item must have a record in ``from_system``."""

    kinds: frozenset[Kind]
    label: str
    from_system: str
    to: ScopeRef
    create: Create


@dataclass(frozen=True, slots=True)
class Route:
    """A scope the item should have a record in."""

    to: ScopeRef
    create: Create


def routes(rules: Sequence[Rule], kind: Kind, labels: AbstractSet[str], systems: AbstractSet[str]) -> tuple[Route, ...]:
    """Where an item should also live, sorted; for each destination system the first rule that fits decides.

    Args:
        rules: the product's rules in the config's order.
        kind: the item's kind.
        labels: its labels.
        systems: the systems in which it has a record now. A system that has one needs no mirror: otherwise a mirror would be
            mirrored back into a second container of the system it came from.
    """
    keys = {label_key(label) for label in labels}
    decided: dict[str, Route] = {}
    for rule in rules:
        if rule.from_system in systems and _fits(rule, kind, keys):
            decided.setdefault(rule.to.system, Route(rule.to, rule.create))
    within = {rule.to for rule in rules if rule.to.system == rule.from_system}
    missing = [route for route in decided.values() if route.to.system not in systems or route.to in within]
    return tuple(sorted(missing, key=lambda route: str(route.to)))


def demanded(rules: Sequence[Rule], scopes: Sequence[ScopeRef]) -> tuple[Route, ...]:
    """Where an item should also live because others show in ``scopes`` that refer to it; in the order of ``scopes``.

    It comes about as cautiously as whatever else is created there; where nothing is, after a person's approval.
    """
    return tuple(Route(scope, _caution(rules, scope)) for scope in scopes)


def _caution(rules: Sequence[Rule], scope: ScopeRef) -> Create:
    ways = {rule.create for rule in rules if rule.to == scope} or {Create.REVIEW}
    return next(way for way in (Create.NEVER, Create.REVIEW, Create.AUTO) if way in ways)


def may_cross(source: Audience, destination: Audience, *, named_public: bool = False) -> str | None:
    """Why what ``source`` can read must not be created where ``destination`` can; None when it may.

    Private things (a security level, an internal note) never cross. An audience may narrow; it widens only to a public destination
    that the config names public.
    """
    if source is Audience.PRIVATE:
        return "it is private: only some people can read it where it is, and such things never cross"
    if destination <= source or named_public:
        return None
    return "the destination is public and the source is not; write `audience: public` beside the destination to allow it"


def _fits(rule: Rule, kind: Kind, keys: AbstractSet[str]) -> bool:
    if kind not in rule.kinds and (rule.kinds or kind.nature is not Nature.WORK):
        return False
    return not rule.label or label_key(rule.label) in keys
