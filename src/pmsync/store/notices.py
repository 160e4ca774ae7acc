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


KNOWN = 200
"""Up to so many open notices a transaction knows by name; where there are more, each is asked for."""

_STANDING = select(NOTICES.c.digest).where(NOTICES.c.settled_at.is_(None)).limit(bindparam("most"))
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
        self._standing: set[str] | None = None
        """Which are open, once that was asked; None also where they are too many to know them all."""
        self._asked = False

    def raise_(self, scope: ScopeRef | None, code: str, subject: str, reason: str) -> bool:
        """Raise a notice; True when it is news: never raised before, or settled since."""
        session = self._session
        name, now = _name(scope, code, subject), session.now()
        if self._standing is not None:
            self._standing.add(name)
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
        name = _name(scope, code, subject)
        row = self._session.row(_ONE, {"of": name}) if self._may_stand(name) else None
        return _notice(row) if row else None

    def open(self) -> list[NoticeRow]:
        """The notices that are not settled, oldest first."""
        return [_notice(row) for row in self._session.rows(_OPEN)]

    def settle(self, scope: ScopeRef | None, code: str, subject: str) -> None:
        """The matter is dealt with; raised again, it is news again."""
        name = _name(scope, code, subject)
        if self._may_stand(name):
            self._session.run(_SETTLE, {"of": name, "at": self._session.now()})

    def _may_stand(self, name: str) -> bool:
        """Whether the notice may be open. Hardly any is, and many are asked for in one transaction: one query answers for all."""
        if not self._asked:
            self._asked = True
            found = {str(row[0]) for row in self._session.rows(_STANDING, {"most": KNOWN + 1})}
            self._standing = found if len(found) <= KNOWN else None
        return self._standing is None or name in self._standing


def _name(scope: ScopeRef | None, code: str, subject: str) -> str:
    return digest("\n".join((str(scope) if scope else "", code, subject)))


def _notice(row: Row[Any]) -> NoticeRow:
    scope = ScopeRef.parse(row.scope) if row.scope else None
    return NoticeRow(scope, row.code, row.subject, row.reason, row.times, row.first_at, row.last_at)
