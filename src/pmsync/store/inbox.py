"""Records that webhooks hinted at, until they are looked at. A hint never carries state, so one row is enough for many of them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, select

from pmsync.model.record import RecordRef
from pmsync.store.sql import Session, chunks
from pmsync.store.tables.remote import INBOX

_TAKE = (
    select(INBOX.c.remote_id)
    .where(INBOX.c.system == bindparam("of"))
    .order_by(INBOX.c.at, INBOX.c.remote_id)
    .limit(bindparam("most"))
)
_DONE = delete(INBOX).where(INBOX.c.system == bindparam("of"), INBOX.c.remote_id.in_(bindparam("ids", expanding=True)))


class Inbox:
    """What to look at before the next listing."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, refs: Sequence[RecordRef]) -> None:
        """Note hints; those that wait already go on waiting."""
        now = self._session.now()
        self._session.add_missing(INBOX, [{"system": ref.system, "remote_id": ref.remote_id, "at": now} for ref in refs])

    def take(self, system: str, most: int) -> list[RecordRef]:
        """The oldest hints of a system; they stay until they are ``done``."""
        return [RecordRef(system, row.remote_id) for row in self._session.rows(_TAKE, {"of": system, "most": most})]

    def done(self, refs: Sequence[RecordRef]) -> None:
        """Forget hints that were followed."""
        for system in {ref.system for ref in refs}:
            for part in chunks(ref.remote_id for ref in refs if ref.system == system):
                self._session.run(_DONE, {"of": system, "ids": part})
