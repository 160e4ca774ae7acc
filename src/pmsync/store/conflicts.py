"""Conflicts: values that moved apart, kept until someone decides, and afterwards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, select, update

from pmsync.model.values import Settled
from pmsync.reconcile.view import Candidate, Dispute
from pmsync.store.codec import decode_optional, digest, encode_settled
from pmsync.store.documents import candidate_of, candidate_text, dispute_of, dispute_text
from pmsync.store.sql import Session, beginning, chunks
from pmsync.store.tables.history import CANDIDATES, CONFLICTS


@dataclass(frozen=True, slots=True)
class ConflictRow:
    """One conflict. While it is open, ``closed_at`` and ``chosen`` are None; ``by`` says who or what closed it."""

    uid: str
    item: str
    dispute: Dispute
    opened_at: float
    closed_at: float | None
    chosen: Settled | None
    by: str


_ADD = insert(CONFLICTS)
_IS_OPEN = CONFLICTS.c.closed_at.is_(None)
_OF_FIELD = select(CONFLICTS.c.uid).where(CONFLICTS.c.item == bindparam("of"), CONFLICTS.c.field == bindparam("on"), _IS_OPEN)
_OPEN_FOR = select(CONFLICTS).where(CONFLICTS.c.item.in_(bindparam("items", expanding=True)), _IS_OPEN)
_LATEST = (CONFLICTS.c.opened_at.desc(), CONFLICTS.c.uid.desc())
_ALL = select(CONFLICTS).order_by(*_LATEST).limit(bindparam("limit"))
_OPEN = _ALL.where(_IS_OPEN)
_COUNT = select(func.count()).select_from(CONFLICTS).where(_IS_OPEN)
_NAMED = beginning(CONFLICTS.c.uid)
_UPDATE = update(CONFLICTS).where(CONFLICTS.c.uid == bindparam("of")).values(dispute=bindparam("now"), run=bindparam("in_run"))
_CLOSE = (
    update(CONFLICTS)
    .where(CONFLICTS.c.item == bindparam("of"), CONFLICTS.c.field == bindparam("on"), _IS_OPEN)
    .values(closed_at=bindparam("at"), chosen=bindparam("value"), by=bindparam("who"))
)
_CANDIDATES = (
    select(CANDIDATES.c.candidate)
    .where(CANDIDATES.c.conflict == bindparam("of"))
    .order_by(CANDIDATES.c.seen_at, CANDIDATES.c.digest)
)


class Conflicts:
    """At most one open conflict for each field of an item."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, item: str, dispute: Dispute, run: str) -> str:
        """Open the conflict, or bring the open one up to date; its uid. Candidates that are no longer named stay in ``candidates``."""
        session = self._session
        text, now = dispute_text(dispute), session.now()
        uid = session.value(_OF_FIELD, {"of": item, "on": dispute.field})
        if uid is None:
            uid = session.new_uid()
            row = {"uid": uid, "item": item, "field": dispute.field, "dispute": text, "run": run, "opened_at": now, "by": ""}
            session.run(_ADD, row)
        else:
            session.run(_UPDATE, {"of": uid, "now": text, "in_run": run})
        texts = [candidate_text(candidate) for candidate in dispute.candidates]
        rows = [{"conflict": uid, "digest": digest(one), "candidate": one, "seen_at": now} for one in texts]
        session.add_missing(CANDIDATES, rows)
        return str(uid)

    def open_for(self, items: Iterable[str]) -> dict[str, dict[str, Dispute]]:
        """Item uid to field to the open dispute; items without one are left out."""
        found: defaultdict[str, dict[str, Dispute]] = defaultdict(dict)
        for part in chunks(items):
            for row in self._session.rows(_OPEN_FOR, {"items": part}):
                found[row.item][row.field] = dispute_of(row.dispute)
        return dict(found)

    def close(self, item: str, field: str, value: Settled, by: str) -> None:
        """Close the open conflict of the field, if there is one, with the value chosen and who or what chose it."""
        self._session.run(_CLOSE, {"of": item, "on": field, "at": self._session.now(), "value": encode_settled(value), "who": by})

    def list(self, open_only: bool = True, limit: int = 500) -> list[ConflictRow]:
        """The latest ``limit`` conflicts, latest first."""
        return [_conflict(row) for row in self._session.rows(_OPEN if open_only else _ALL, {"limit": limit})]

    def get(self, name: str) -> ConflictRow | None:
        """The conflict of that uid, or the only one whose uid begins so.

        Raises:
            TooVague: several begin so.
        """
        row = self._session.named(_NAMED, name, "conflicts")
        return _conflict(row) if row else None

    def candidates(self, uid: str) -> tuple[Candidate, ...]:
        """Every value that ever stood in the conflict, in the order they appeared."""
        return tuple(candidate_of(row.candidate) for row in self._session.rows(_CANDIDATES, {"of": uid}))

    def count_open(self) -> int:
        """How many conflicts are open."""
        return int(self._session.value(_COUNT))


def _conflict(row: Row[Any]) -> ConflictRow:
    return ConflictRow(
        row.uid, row.item, dispute_of(row.dispute), row.opened_at, row.closed_at, decode_optional(row.chosen), row.by
    )
