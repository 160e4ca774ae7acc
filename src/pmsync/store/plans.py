"""Saved plans: what would be done, byte for byte, until it is applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, delete, literal_column, select, update

from pmsync.store.codec import COUNTS, decode, encode
from pmsync.store.sql import Session, beginning
from pmsync.store.tables.work import PLANS


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One plan. ``held``: a rail or the config's ``review`` keeps it for a person. Times are Unix seconds."""

    uid: str
    body: bytes
    counts: Mapping[str, int]
    held: bool
    run: str
    made_at: float
    applied_at: float | None
    applied_run: str


_NAMED = beginning(PLANS.c.uid)
_HELD = (
    select(PLANS).where(PLANS.c.held == literal_column("1"), PLANS.c.applied_at.is_(None)).order_by(PLANS.c.made_at, PLANS.c.uid)
)
_DROP_HELD = delete(PLANS).where(PLANS.c.held == literal_column("1"), PLANS.c.applied_at.is_(None))
_APPLIED = update(PLANS).where(PLANS.c.uid == bindparam("of")).values(applied_at=bindparam("at"), applied_run=bindparam("in_run"))


class Plans:
    """Plans are saved, read, and marked as applied."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def save(self, uid: str, body: bytes, counts: Mapping[str, int], held: bool, run: str) -> None:
        """Store a plan; one of the same uid is replaced."""
        row = {
            "uid": uid,
            "body": body,
            "counts": encode(dict(counts)),
            "held": int(held),
            "run": run,
            "made_at": self._session.now(),
            "applied_run": "",
        }
        self._session.put(PLANS, ("body", "counts", "held", "run", "made_at"), [row])

    def get(self, name: str) -> PlanRow | None:
        """The plan of that uid, or the only one whose uid begins so.

        Raises:
            TooVague: several begin so.
        """
        row = self._session.named(_NAMED, name, "plans")
        return _plan(row) if row else None

    def held(self) -> list[PlanRow]:
        """The plans that wait for a person, oldest first."""
        return [_plan(row) for row in self._session.rows(_HELD)]

    def drop_held(self) -> None:
        """Forget the plans that wait for a person: a newer one takes their place."""
        self._session.run(_DROP_HELD)

    def applied(self, uid: str, run: str) -> None:
        """Note that ``run`` carried the plan out."""
        self._session.run(_APPLIED, {"of": uid, "at": self._session.now(), "in_run": run})


def _plan(row: Row[Any]) -> PlanRow:
    return PlanRow(
        uid=row.uid,
        body=bytes(row.body),
        counts=decode(row.counts, COUNTS),
        held=bool(row.held),
        run=row.run,
        made_at=row.made_at,
        applied_at=row.applied_at,
        applied_run=row.applied_run,
    )
