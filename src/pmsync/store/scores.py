"""What is remembered of the items of roadmaps from one scoring to the next."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import bindparam, delete, select

from pmsync.store.sql import Session, chunks
from pmsync.store.tables.work import SCORES

_ALL = select(SCORES)
_DROP = delete(SCORES).where(SCORES.c.entry.in_(bindparam("entries", expanding=True)))


class Scores:
    """One JSON document for each item, by its full name."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def all(self) -> dict[str, str]:
        """Everything that is remembered."""
        return {row.entry: row.memory for row in self._session.rows(_ALL)}

    def keep(self, memories: Mapping[str, str]) -> None:
        """Remember this and nothing else; only what differs is written."""
        held = self.all()
        for part in chunks(sorted(held.keys() - memories.keys())):
            self._session.run(_DROP, {"entries": part})
        changed = [{"entry": entry, "memory": memory} for entry, memory in memories.items() if held.get(entry) != memory]
        self._session.put(SCORES, ("memory",), changed)
