"""Weak matches between a record and an item: for a person to judge."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, delete, select

from pmsync.model.record import RecordRef
from pmsync.store.sql import Session
from pmsync.store.tables.history import SUGGESTIONS


@dataclass(frozen=True, slots=True)
class SuggestionRow:
    """A record that may belong to an item: how sure (0 to 1), why, and when (Unix seconds) it was last suggested."""

    record: RecordRef
    item: str
    score: float
    why: str
    at: float


_ALL = select(SUGGESTIONS).order_by(SUGGESTIONS.c.score.desc()).limit(bindparam("limit"))
_DROP = delete(SUGGESTIONS).where(SUGGESTIONS.c.system == bindparam("of"), SUGGESTIONS.c.remote_id == bindparam("id"))


class Suggestions:
    """One row for each (record, item)."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, record: RecordRef, item: str, score: float, why: str) -> None:
        """Suggest that ``record`` belongs to ``item``."""
        row = {
            "system": record.system,
            "remote_id": record.remote_id,
            "item": item,
            "score": score,
            "why": why,
            "at": self._session.now(),
        }
        self._session.put(SUGGESTIONS, ("score", "why", "at"), [row])

    def all(self, limit: int = 500) -> list[SuggestionRow]:
        """The surest ``limit`` suggestions, surest first."""
        rows = self._session.rows(_ALL, {"limit": limit})
        return [SuggestionRow(RecordRef(row.system, row.remote_id), row.item, row.score, row.why, row.at) for row in rows]

    def drop(self, record: RecordRef) -> None:
        """Forget the suggestions for a record: it is linked, or a person said no."""
        self._session.run(_DROP, {"of": record.system, "id": record.remote_id})
