"""Systems and scopes that a person has paused."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, delete, select

from pmsync.store.sql import Session
from pmsync.store.tables.work import PAUSES

_ALL = select(PAUSES).order_by(PAUSES.c.target)
_LIFT = delete(PAUSES).where(PAUSES.c.target == bindparam("of"))


@dataclass(frozen=True, slots=True)
class Pause:
    """``target`` is a system's name or a scope as text; ``at`` Unix seconds."""

    target: str
    who: str
    why: str
    at: float


class Pauses:
    """One row for each pause."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, target: str, who: str, why: str) -> None:
        """Pause a system or a scope; a pause that stands already gets the new reason."""
        row = {"target": target, "who": who, "why": why, "at": self._session.now()}
        self._session.put(PAUSES, ("who", "why", "at"), [row])

    def lift(self, target: str) -> bool:
        """End a pause; False when there was none."""
        return bool(self._session.run(_LIFT, {"of": target}))

    def all(self) -> list[Pause]:
        """Every pause."""
        return [Pause(row.target, row.who, row.why, row.at) for row in self._session.rows(_ALL)]
