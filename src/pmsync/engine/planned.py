"""Planned: what the roadmaps say, with what the hub knows of it: where the work stands, and which priority it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pmsync.engine.scores import source_scopes
from pmsync.engine.setup import Setup
from pmsync.model.enums import Priority, Status
from pmsync.model.item import Item
from pmsync.model.record import RecordRef
from pmsync.model.roadmap import Entry, Roadmap
from pmsync.product.contending import entries, full_key
from pmsync.product.rollup import Part, Rolled, roll_up
from pmsync.store import Store


@dataclass(frozen=True, slots=True)
class Planned:
    """The roadmaps in the config's order, and what is known of their items by full name: rolled up work, priorities, the hub's items."""

    roadmaps: tuple[Roadmap, ...]
    rolled: Mapping[str, Rolled]
    priorities: Mapping[str, Priority | None]
    items: Mapping[str, Item]


def planned(setup: Setup, store: Store, product: str | None = None) -> Planned:
    """Read the roadmaps of one product, or of all, and what the hub knows of them. Nothing but the roadmaps' files is asked.

    Raises:
        ConnectorError: a roadmap cannot be read.
    """
    scopes = [
        scope for scope in source_scopes(setup) if product is None or _product_of(setup, scope.system, scope.key) == product
    ]
    found = {scope: setup.connectors[scope.system].roadmap(scope) for scope in scopes}
    roadmaps = {scope: roadmap for scope, roadmap in found.items() if roadmap is not None}
    refs = {key: RecordRef(scope.system, key) for scope, roadmap in roadmaps.items() for key, _, _ in entries([roadmap])}
    with store.transaction() as tx:
        links = tx.links.by_refs(refs.values())
        items = tx.items.many({link.item for link in links.values()})
    known = {key: items[links[ref].item] for key, ref in refs.items() if ref in links and links[ref].item in items}
    parts = [_part(key, roadmap, entry, known.get(key)) for key, roadmap, entry in entries(roadmaps.values())]
    priorities = {key: Priority(value) if (value := item.text("priority")) else None for key, item in known.items()}
    return Planned(tuple(roadmaps.values()), roll_up(parts), priorities, known)


def _product_of(setup: Setup, system: str, key: str) -> str:
    names = [product.key for product in setup.products for scope in product.scopes if (scope.system, scope.key) == (system, key)]
    return names[0] if names else ""


def _part(key: str, roadmap: Roadmap, entry: Entry, item: Item | None) -> Part:
    release = roadmap.releases.get(entry.release)
    status = item.text("status") if item is not None else ""
    return Part(
        key,
        Status(status) if status else Status.BACKLOG,
        full_key(roadmap.line, entry.parent) if entry.parent else "",
        frozenset(full_key(roadmap.line, need) for need in entry.needs),
        entry.effort.value if entry.effort is not None else None,
        release is not None and release.shipped,
    )
