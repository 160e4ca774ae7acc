"""Protected records: what is read and never written, by the config's selectors."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from pmsync.model.labels import label_key
from pmsync.model.record import ScopeRef


class Facet(StrEnum):
    """What a selector looks at. The first four begin a selector; the others are told apart by the names in the config."""

    LABEL = "label"
    STATUS = "status"
    PRIORITY = "priority"
    KIND = "kind"
    SYSTEM = "system"
    SCOPE = "scope"
    RECORD = "record"


PROPERTIES = (Facet.LABEL, Facet.STATUS, Facet.PRIORITY, Facet.KIND)


@dataclass(frozen=True, slots=True)
class Selector:
    """One line of the config.

    Attributes:
        text: as it stands in the config.
        facet: what it looks at.
        value: what that must be; for a record ``system:key``.
    """

    text: str
    facet: Facet
    value: str

    def fits(self, target: Target) -> bool:
        """Whether ``target`` is protected by it."""
        return self.value in target.facts(self.facet)


@dataclass(frozen=True, slots=True)
class Target:
    """What might be written, as far as selectors look at it.

    Attributes:
        scope: where it is, or would be made.
        names: the record's key and remote id; none for one that is not there yet.
        kind: the item's.
        labels: those of the item and of all its records.
        status: what the record shows, in the hub's words; likewise ``priority``. Empty where that is nothing, or where it is not there yet.
    """

    scope: ScopeRef
    names: tuple[str, ...]
    kind: str
    labels: frozenset[str]
    status: str = ""
    priority: str = ""

    def facts(self, facet: Facet) -> Collection[str]:
        """What a selector of that facet is compared with."""
        match facet:
            case Facet.LABEL:
                return {label_key(label) for label in self.labels}
            case Facet.RECORD:
                return {f"{self.scope.system}:{name}".casefold() for name in self.names}
            case _:
                return {self._single(facet)}

    def _single(self, facet: Facet) -> str:
        singles = {
            Facet.STATUS: self.status,
            Facet.PRIORITY: self.priority,
            Facet.KIND: self.kind,
            Facet.SYSTEM: self.scope.system,
            Facet.SCOPE: str(self.scope),
        }
        return singles[facet]


def selector(text: str, systems: Collection[str], scopes: Collection[ScopeRef]) -> Selector:
    """Read a selector: ``label:...``, ``status:...``, ``priority:...``, ``kind:...``, a system, a scope, or ``system:key`` of a record."""
    head, _, rest = text.partition(":")
    if head in PROPERTIES and rest:
        return Selector(text, Facet(head), label_key(rest) if head == Facet.LABEL else rest.strip())
    if text in systems:
        return Selector(text, Facet.SYSTEM, text)
    for scope in scopes:
        if str(scope).casefold() == text.casefold():
            return Selector(text, Facet.SCOPE, str(scope))
    return Selector(text, Facet.RECORD, text.casefold())


def protecting(selectors: Collection[Selector], target: Target) -> Selector | None:
    """The first selector that protects ``target``; None when it may be written."""
    return next((one for one in selectors if one.fits(target)), None)
