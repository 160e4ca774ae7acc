"""The journal: every change of a value and every decision, as it happened. Rows are never changed; the database refuses it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, literal_column, select

from pmsync.model.values import Settled
from pmsync.store.codec import decode_optional, encode_optional
from pmsync.store.sql import Session, chunks
from pmsync.store.tables.history import JOURNAL


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened.

    Attributes:
        run: the run in which it happened.
        kind: ``ingest``, ``hub``, ``write``, ``undo``, ``base``, ``conflict``, ``resolve``, ``overruled``, ``overwritten``, ``skip``,
            ``link``, ``unlink``, ``move``, ``gone``, ``notice`` and the like.
        item: uid of the item, "" when it concerns none.
        field: the hub field, "" when it concerns none.
        link: uid of the link, "" when it concerns none.
        system: the system, "" when it concerns none.
        op: uid of the op that caused it, "" when none did.
        before: the value until then, None when it is not about a value.
        after: the value from then on, None when it is not about a value.
        actor: who did it, as far as the systems tell.
        why: a sentence for a person.
        at: Unix seconds; 0 means now.
        surface: where the value was written, "" when it was written nowhere.
    """

    run: str
    kind: str
    item: str
    field: str = ""
    link: str = ""
    system: str = ""
    op: str = ""
    before: Settled | None = None
    after: Settled | None = None
    actor: str = ""
    why: str = ""
    at: float = 0.0
    surface: str = ""


@dataclass(frozen=True, slots=True)
class JournalRow(Entry):
    """An entry as stored; ``seq`` grows with every entry."""

    seq: int = 0


_APPEND = insert(JOURNAL)
_LATEST = select(JOURNAL).order_by(JOURNAL.c.seq.desc()).limit(bindparam("limit"))
_OF_ITEM = _LATEST.where(JOURNAL.c.item == bindparam("of"))
_OF_FIELD = _OF_ITEM.where(JOURNAL.c.field == bindparam("on"))
_OF_RUN = select(JOURNAL).where(JOURNAL.c.run == bindparam("of")).order_by(JOURNAL.c.seq)
_COUNTS = select(JOURNAL.c.kind, func.count().label("number")).where(JOURNAL.c.run == bindparam("of")).group_by(JOURNAL.c.kind)
# Written out, not bound: a partial index serves only a query that says its condition word for word.
_OF_OPS = (
    select(JOURNAL)
    .where(JOURNAL.c.op.in_(bindparam("ops", expanding=True)), JOURNAL.c.op != literal_column("''"))
    .order_by(JOURNAL.c.seq)
)
_AFTER = select(JOURNAL).where(JOURNAL.c.at > bindparam("at")).order_by(JOURNAL.c.seq)
_SINCE = (
    select(JOURNAL)
    .where(JOURNAL.c.item == bindparam("of"), JOURNAL.c.seq > bindparam("after"), JOURNAL.c.field == bindparam("on"))
    .order_by(JOURNAL.c.seq)
)


class Journal:
    """Append and read; nothing else."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def append(self, entries: Sequence[Entry]) -> None:
        """Add entries at the end, in this order."""
        now = self._session.now()
        self._session.run_many(_APPEND, [_row(entry, now) for entry in entries])

    def of_item(self, item: str, field: str | None = None, limit: int = 200) -> list[JournalRow]:
        """The latest ``limit`` entries of an item, or of one field of it, oldest first."""
        if field is None:
            return _oldest_first(self._session.rows(_OF_ITEM, {"of": item, "limit": limit}))
        return _oldest_first(self._session.rows(_OF_FIELD, {"of": item, "on": field, "limit": limit}))

    def of_run(self, run: str) -> list[JournalRow]:
        """The entries of a run, oldest first."""
        return [_entry(row) for row in self._session.rows(_OF_RUN, {"of": run})]

    def counts(self, run: str) -> dict[str, int]:
        """How many entries of each kind a run made."""
        return {row.kind: row.number for row in self._session.rows(_COUNTS, {"of": run})}

    def of_ops(self, ops: Iterable[str]) -> list[JournalRow]:
        """The entries that these ops caused, oldest first."""
        rows = [_entry(row) for part in chunks(ops) for row in self._session.rows(_OF_OPS, {"ops": part})]
        return sorted(rows, key=lambda row: row.seq)

    def since(self, item: str, field: str, seq: int) -> list[JournalRow]:
        """The entries of one field of an item that were made after the entry ``seq``, oldest first."""
        return [_entry(row) for row in self._session.rows(_SINCE, {"of": item, "on": field, "after": seq})]

    def recent(self, limit: int = 200) -> list[JournalRow]:
        """The latest ``limit`` entries, oldest first."""
        return _oldest_first(self._session.rows(_LATEST, {"limit": limit}))

    def after(self, at: float) -> list[JournalRow]:
        """The entries that were made after ``at`` (Unix seconds), oldest first; reads the whole journal."""
        return [_entry(row) for row in self._session.rows(_AFTER, {"at": at})]


def _row(entry: Entry, now: float) -> dict[str, Any]:
    return {
        "run": entry.run,
        "kind": entry.kind,
        "item": entry.item,
        "field": entry.field,
        "link": entry.link,
        "system": entry.system,
        "op": entry.op,
        "before": encode_optional(entry.before),
        "after": encode_optional(entry.after),
        "actor": entry.actor,
        "why": entry.why,
        "at": entry.at or now,
        "surface": entry.surface,
    }


def _oldest_first(rows: Iterable[Row[Any]]) -> list[JournalRow]:
    return [_entry(row) for row in rows][::-1]


def _entry(row: Row[Any]) -> JournalRow:
    return JournalRow(
        run=row.run,
        kind=row.kind,
        item=row.item,
        field=row.field,
        link=row.link,
        system=row.system,
        op=row.op,
        before=decode_optional(row.before),
        after=decode_optional(row.after),
        actor=row.actor,
        why=row.why,
        at=row.at,
        surface=row.surface,
        seq=row.seq,
    )
