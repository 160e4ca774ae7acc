"""What a person should look at: said once, counted afterwards, until it is settled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update

from pmsync.model.record import ScopeRef
from pmsync.store.codec import digest
from pmsync.store.sql import Session
from pmsync.store.tables.history import NOTICES


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One open notice: where, which kind, about what, the latest reason, how often and when (Unix seconds) it was raised."""

    scope: ScopeRef | None
    code: str
    subject: str
    reason: str
    count: int
    first_at: float
    last_at: float


_ADD = insert(NOTICES)
_GET = select(NOTICES.c.settled_at).where(NOTICES.c.digest == bindparam("of"))
_ONE = select(NOTICES).where(NOTICES.c.digest == bindparam("of"), NOTICES.c.settled_at.is_(None))
_AGAIN = (
    update(NOTICES)
    .where(NOTICES.c.digest == bindparam("of"))
    .values(times=NOTICES.c.times + 1, reason=bindparam("because"), last_at=bindparam("at"))
)
_REOPEN = (
    update(NOTICES)
    .where(NOTICES.c.digest == bindparam("of"))
    .values(times=1, reason=bindparam("because"), first_at=bindparam("at"), last_at=bindparam("at"), settled_at=None)
)
_SETTLE = (
    update(NOTICES).where(NOTICES.c.digest == bindparam("of"), NOTICES.c.settled_at.is_(None)).values(settled_at=bindparam("at"))
)
_OPEN = select(NOTICES).where(NOTICES.c.settled_at.is_(None)).order_by(NOTICES.c.first_at, NOTICES.c.digest)


class Notices:
    """One row for each (scope, code, subject)."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def raise_(self, scope: ScopeRef | None, code: str, subject: str, reason: str) -> bool:
        """Raise a notice; True when it is news: never raised before, or settled since."""
        session = self._session
        name, now = _name(scope, code, subject), session.now()
        known = session.row(_GET, {"of": name})
        if known is None:
            row = {
                "digest": name,
                "scope": str(scope) if scope else "",
                "code": code,
                "subject": subject,
                "reason": reason,
                "times": 1,
                "first_at": now,
                "last_at": now,
            }
            session.run(_ADD, row)
            return True
        settled = known.settled_at is not None
        session.run(_REOPEN if settled else _AGAIN, {"of": name, "because": reason, "at": now})
        return settled

    def get(self, scope: ScopeRef | None, code: str, subject: str) -> NoticeRow | None:
        """The notice, while it is open."""
        row = self._session.row(_ONE, {"of": _name(scope, code, subject)})
        return _notice(row) if row else None

    def open(self) -> list[NoticeRow]:
        """The notices that are not settled, oldest first."""
        return [_notice(row) for row in self._session.rows(_OPEN)]

    def settle(self, scope: ScopeRef | None, code: str, subject: str) -> None:
        """The matter is dealt with; raised again, it is news again."""
        self._session.run(_SETTLE, {"of": _name(scope, code, subject), "at": self._session.now()})


def _name(scope: ScopeRef | None, code: str, subject: str) -> str:
    return digest("\n".join((str(scope) if scope else "", code, subject)))


def _notice(row: Row[Any]) -> NoticeRow:
    scope = ScopeRef.parse(row.scope) if row.scope else None
    return NoticeRow(scope, row.code, row.subject, row.reason, row.times, row.first_at, row.last_at)
