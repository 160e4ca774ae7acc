"""What lives where: mirror rules, and the guard that keeps private things from wider audiences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pmsync.model.enums import Audience, Kind
from pmsync.model.labels import label_key
from pmsync.model.record import ScopeRef


class Create(StrEnum):
    """How a missing mirror comes about: after a person's approval, by itself, or not at all."""

    REVIEW = "review"
    AUTO = "auto"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Rule:
    """One mirror rule. An empty ``kinds`` or ``label`` matches everything; ``from_system`` is where the item's primary record lives."""

    kinds: frozenset[Kind]
    label: str
    from_system: str
    to: ScopeRef
    create: Create


@dataclass(frozen=True, slots=True)
class Subject:
    """What the rules look at: an item's kind, labels, the scope of its primary record, and the scopes it has records in."""

    kind: Kind
    labels: frozenset[str]
    home: ScopeRef
    bound: frozenset[ScopeRef]


@dataclass(frozen=True, slots=True)
class Route:
    """A scope the item should have a record in."""

    to: ScopeRef
    create: Create


@dataclass(frozen=True, slots=True)
class Place:
    """A scope's audience, and whether the config names it public."""

    audience: Audience
    named_public: bool = False


def routes(subject: Subject, rules: Sequence[Rule]) -> tuple[Route, ...]:
    """The missing mirrors of an item, sorted. For each destination system the first matching rule decides."""
    decided: dict[str, Route] = {}
    for rule in rules:
        if _matches(subject, rule):
            decided.setdefault(rule.to.system, Route(rule.to, rule.create))
    missing = [route for route in decided.values() if route.to not in subject.bound]
    return tuple(sorted(missing, key=lambda route: str(route.to)))


def crossing(record: Audience, source: Place, destination: Place) -> str | None:
    """Why what is in ``source`` must not be created in ``destination``; None when it may.

    A private record (security level, internal note) never crosses. Otherwise an audience may narrow, and widens only where the
    config names the destination public.
    """
    if record is Audience.PRIVATE or source.audience is Audience.PRIVATE:
        return "the source is private: only some people can read it, and such records never cross"
    if destination.audience <= min(record, source.audience):
        return None
    if destination.audience is Audience.PUBLIC and destination.named_public:
        return None
    return "the destination is public and the source is not; name the destination `audience: public` in the config to allow it"


def describe(places: Mapping[ScopeRef, Place]) -> list[str]:
    """One line per scope for ``doctor``: who can read it, and whether that was named."""
    return [
        f"{scope}: {place.audience.name.lower()}{' (named in the config)' if place.named_public else ''}"
        for scope, place in sorted(places.items(), key=lambda pair: str(pair[0]))
    ]


def _matches(subject: Subject, rule: Rule) -> bool:
    if rule.kinds and subject.kind not in rule.kinds:
        return False
    if rule.label and label_key(rule.label) not in {label_key(label) for label in subject.labels}:
        return False
    return rule.from_system == subject.home.system
