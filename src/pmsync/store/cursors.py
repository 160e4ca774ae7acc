"""How far each stream of each scope has been read."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select

from pmsync.model.record import ScopeRef
from pmsync.store.sql import Session
from pmsync.store.tables.remote import CURSORS

_GET = select(CURSORS.c.cursor).where(CURSORS.c.scope == bindparam("of"), CURSORS.c.stream == bindparam("in_stream"))
_FORGET = delete(CURSORS).where(CURSORS.c.scope == bindparam("of"))


class Cursors:
    """Cursors are opaque; they are stored in the same transaction as what they stand after."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, scope: ScopeRef, stream: str) -> str | None:
        """The cursor, None before the first page."""
        found = self._session.value(_GET, {"of": str(scope), "in_stream": str(stream)})
        return None if found is None else str(found)

    def put(self, scope: ScopeRef, stream: str, cursor: str) -> None:
        """Move the cursor."""
        row = {"scope": str(scope), "stream": str(stream), "cursor": cursor, "at": self._session.now()}
        self._session.put(CURSORS, ("cursor", "at"), [row])

    def forget(self, scope: ScopeRef) -> None:
        """Start all streams of the scope from the beginning."""
        self._session.run(_FORGET, {"of": str(scope)})
