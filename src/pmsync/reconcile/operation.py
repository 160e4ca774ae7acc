"""Planned writes: what would bring one record into agreement, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pmsync.model.enums import Kind
from pmsync.model.record import RecordRef, ScopeRef
from pmsync.model.values import Settled, members


class OpKind(StrEnum):
    """What an op does to its record."""

    CREATE = "create"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class Change:
    """One surface that an op writes.

    Attributes:
        surface: surface id within the op's scope.
        field: the hub field.
        before: the remote value the plan rests on; the write is dropped if the record shows another by then.
        after: the remote value to be written.
        hub: the hub value at plan time, which becomes the base's hub side when the write lands.
        why: a sentence for a person.
        losses: what the surface cannot show of the hub's value, a sentence each.
    """

    surface: str
    field: str
    before: Settled
    after: Settled
    hub: Settled
    why: str
    losses: tuple[str, ...] = ()

    @property
    def added(self) -> frozenset[str]:
        """For sets: what the write adds."""
        return members(self.after) - members(self.before)

    @property
    def removed(self) -> frozenset[str]:
        """For sets: what the write removes."""
        return members(self.before) - members(self.after)


@dataclass(frozen=True, slots=True)
class Operation:
    """One planned write to one record (UPDATE) or of one new record (CREATE). Its durable states live in the store.

    Attributes:
        uid: UUID as text, the op's name in plans, journal and markers.
        kind: create or update.
        item: uid of the hub item.
        scope: where the record lives or will live.
        ref: the record; None for a create.
        key: the display key for people, "" for a create.
        item_kind: what to create.
        changes: the surfaces written, in a fixed order; for a create all seeded surfaces with ``before`` EMPTY.
        marker: the signed token a create plants; None for an update.
        why: a sentence for a person.
        undoes: the run whose write this takes back, "" for every other op. Its changes put earlier values back, which are not consistent
            with the hub's: the pair is agreed upon as it stands.
        ends: the record's link ends when the op is confirmed; with no changes nothing is sent for it.
    """

    uid: str
    kind: OpKind
    item: str
    scope: ScopeRef
    ref: RecordRef | None
    key: str
    item_kind: Kind
    changes: tuple[Change, ...]
    marker: str | None
    why: str
    undoes: str = ""
    ends: bool = False
