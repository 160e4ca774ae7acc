"""The canonical thing in the hub and its ties to records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from pmsync.model.enums import Kind, Role
from pmsync.model.record import RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Settled, raw

COMPUTED = "score"
"""The source of a value that was computed: it follows from other data, so that it gives way to whoever sets the value by hand."""


class Provenance(msgspec.Struct, frozen=True):
    """Who set a hub value: ``source`` is a system's name, ``person`` (a resolve), ``score`` (computed), or ``pmsync``."""

    source: str
    actor: str = ""
    at: float = 0.0
    why: str = ""


class HubValue(msgspec.Struct, frozen=True):
    """One field of an item: its value, the monotonic revision of its last change, and who made it."""

    value: Settled
    revision: int
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Item:
    """An issue, epic, idea or bug in the hub. ``uid`` is ours and immutable (a UUID as text)."""

    uid: str
    product: str
    kind: Kind
    fields: Mapping[str, HubValue]

    def value(self, field: str) -> Settled:
        """What the hub holds for ``field``; empty where it never held anything."""
        held = self.fields.get(field)
        return EMPTY if held is None else held.value

    def text(self, field: str) -> str:
        """The same as a text: "" where it is empty or a set."""
        found = raw(self.value(field))
        return found if isinstance(found, str) else ""


class LinkState(StrEnum):
    """``linked``: alive. ``unmanaged``: left its scope or was unlinked; nothing is written. ``gone``: deleted remotely, confirmed."""

    LINKED = "linked"
    UNMANAGED = "unmanaged"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Link:
    """The tie between an item and a record."""

    uid: str
    item: str
    ref: RecordRef
    scope: ScopeRef
    role: Role
    state: LinkState
    key: str
    url: str
    how: str
    """How the tie was made: ``origin``, ``created``, ``marker``, ``reference``, ``exact``, ``declared``, ``person``."""
    family: str = ""
    """What stands for the record that the item was first seen in (``connect.markers.origin_of``): the same in our marker on its copies."""
