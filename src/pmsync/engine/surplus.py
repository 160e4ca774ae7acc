"""Surplus: records that we made and that no item needs, for a create reached its server twice, or late. They are told and left alone."""

from __future__ import annotations

from collections.abc import Sequence

from pmsync.connect.capabilities import Unsupported
from pmsync.connect.markers import Marker
from pmsync.engine.context import Context
from pmsync.model.item import Item, LinkState
from pmsync.model.record import Record
from pmsync.store import Transaction
from pmsync.store.journal import Entry


def is_surplus(tx: Transaction, marker: Marker, item: Item, record: Record) -> bool:
    """Whether the create that made the record has another one: the item has one here, or that create landed elsewhere or was made anew."""
    linked = [link for link in tx.links.of_items([item.uid]).get(item.uid, []) if link.state is LinkState.LINKED]
    if any(link.scope == record.scope for link in linked):
        return True
    row = tx.ops.get(marker.op)
    if row is None:
        return False
    if row.ref is not None:
        return row.ref != record.ref
    return row.state.terminal and any(link.ref.system == record.ref.system for link in linked)


def quarantine(context: Context, tx: Transaction, record: Record, item: Item) -> None:
    """Leave alone a record that carries the marker of an item that has its record, and say so; it may be a transferred one."""
    reason = f"{record.key} carries the marker of an item that has a record here already; it is left alone, close it by hand"
    tx.notices.raise_(record.scope, "surplus", record.key, reason)
    links = tx.links.of_items([item.uid]).get(item.uid, [])
    # A transfer keeps the marker and makes a new id: then it is the linked record that cannot be found any more.
    context.suspects += [link for link in links if link.ref.system == record.ref.system and link.state is LinkState.LINKED]
    tx.journal.append([Entry(context.run, "quarantine", item.uid, why=reason, at=context.clock.now())])
    context.tell("quarantined", reason, scope=record.scope, item=item.uid)


def made_twice(context: Context, tx: Transaction, record: Record, alike: Sequence[str]) -> bool:
    """Whether the record is another one of a create of ours, where no marker says so.

    Our account made it, and within a request's time a record of the same title in the same scope that belongs to one of the items ``alike``.
    """
    connector = context.connector(record.scope)
    if not isinstance(connector.capabilities.marker, Unsupported) or record.creator != connector.me():
        return False
    links = [link for group in tx.links.of_items(alike).values() for link in group]
    ours = tx.observations.many([link.ref for link in links if link.scope == record.scope and link.how == "created"])
    return any(abs(one.created_at - record.created_at) <= connector.capabilities.server_max for one in ours.values())


def is_left_alone(context: Context, tx: Transaction, record: Record) -> bool:
    """Whether the record of our making was found to be surplus before, however it was edited since."""
    ours = record.creator == context.connector(record.scope).me()
    return ours and tx.notices.get(record.scope, "surplus", record.key) is not None


def leave_alone(context: Context, tx: Transaction, record: Record) -> None:
    """Say that we made the record, and that its item has one."""
    reason = f"{record.key} was made by us for an item that has a record here already; it is left alone, close it by hand"
    tx.notices.raise_(record.scope, "surplus", record.key, reason)
    context.tell("quarantined", reason, scope=record.scope)
