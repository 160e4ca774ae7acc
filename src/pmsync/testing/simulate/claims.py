"""What the engine says of itself at rest: its links, conflicts, decisions and notices. The judge holds this against the truth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from pmsync.model.item import Link, LinkState
from pmsync.model.values import Known, Settled, Value
from pmsync.reconcile.view import Candidate
from pmsync.store import Transaction
from pmsync.store.notices import NoticeRow
from pmsync.store.ops import OpRow

EVERYTHING = 1_000_000


@dataclass(frozen=True, slots=True)
class Dispute:
    """One conflict, open or decided: the last agreed value, and every value that ever stood in it."""

    item: str
    name: str
    open: bool
    base: str
    values: frozenset[str]
    decided: bool
    """Whether it is said who or what closed it, and what was chosen."""


@dataclass(frozen=True, slots=True)
class Claims:
    """``links`` by (system, remote id); ``overruled``: item, field and the hub value that lost to the field's owner."""

    links: Mapping[tuple[str, str], Link]
    disputes: tuple[Dispute, ...]
    overruled: frozenset[tuple[str, str, str]]
    notices: tuple[NoticeRow, ...]
    open_ops: tuple[OpRow, ...]
    known_at: Mapping[str, float]
    """Link to the moment (Unix seconds) when its record was first tied to an item."""
    quarantined: frozenset[str]
    """Display keys of records that are known to be surplus."""
    observed: Mapping[tuple[str, str], Mapping[str, Value | None]]
    """Record to what was last seen of it: surface to value, None where it is empty or could not be seen."""

    def told(self, key: str) -> bool:
        """Whether a person was told of the record, and it is left alone: it is surplus, or may be what a create in doubt made."""
        return key in self.quarantined or any(one.code == "unclaimed" and one.subject == key for one in self.notices)

    def item_of(self, system: str, record: str) -> str | None:
        """The item that manages the record, None when none does."""
        link = self.links.get((system, record))
        return link.item if link is not None and link.state is LinkState.LINKED else None


def read(peek: AbstractContextManager[Transaction]) -> Claims:
    """Read them off the store."""
    with peek as tx:
        items = [item.uid for item in tx.items.page("", EVERYTHING)]
        found = tx.links.of_items(items)
        disputes = tuple(
            Dispute(
                row.item,
                row.dispute.field,
                row.closed_at is None,
                _text(row.dispute.base),
                frozenset(map(_text, _stood(tx.conflicts.candidates(row.uid)))),
                bool(row.by) and row.chosen is not None,
            )
            for row in tx.conflicts.list(False, EVERYTHING)
        )
        journal = tx.journal.recent(EVERYTHING)
        notices = tuple(tx.notices.open())
        open_ops = tuple(tx.ops.open())
        seen = tx.observations.many([link.ref for group in found.values() for link in group])
    every = sorted((link for group in found.values() for link in group), key=lambda link: link.state is LinkState.LINKED)
    links = {(link.ref.system, link.ref.remote_id): link for link in every}  # of a record that was tied anew, the tie that holds
    overruled = frozenset(
        (entry.item, entry.field, _text(entry.before))
        for entry in journal
        if entry.kind == "overruled" and entry.before is not None
    )
    known = {entry.link: entry.at for entry in reversed(journal) if entry.kind in ("item", "link")}
    surplus = frozenset(notice.subject for notice in notices if notice.code == "surplus")
    observed = {
        (ref.system, ref.remote_id): {
            name: value.value if isinstance(value, Known) else None for name, value in record.values.items()
        }
        for ref, record in seen.items()
    }
    return Claims(links, disputes, overruled, notices, open_ops, known, surplus, observed)


def _stood(candidates: Iterable[Candidate]) -> list[Settled]:
    return [candidate.value for candidate in candidates]


def _text(value: Settled) -> str:
    if not isinstance(value, Known):
        return ""
    return value.value if isinstance(value.value, str) else " ".join(sorted(value.value))
