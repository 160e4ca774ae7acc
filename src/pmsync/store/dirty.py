"""The work queue: what should be looked at again. Level-triggered: a mark says that something moved, never what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Executable, Row, bindparam, case, delete, func, literal, select, update

from pmsync.model.enums import Kind, Nature
from pmsync.model.record import ScopeRef
from pmsync.store.counters import take_numbers
from pmsync.store.sql import Session, chunks, insert_into
from pmsync.store.tables.base import Words
from pmsync.store.tables.hub import ITEMS
from pmsync.store.tables.work import DIRTY


@dataclass(frozen=True, slots=True)
class DirtyRow:
    """One mark.

    Attributes:
        target: ``item:<uid>`` or ``record:<system>#<remote id>``.
        scope: where the reason arose, None for one that arose in the hub.
        reason: of the latest mark, a phrase for a person.
        seq: grows with every mark; ``done`` deletes only what was not marked again meanwhile.
        attempts: how often the work was postponed.
        not_before: Unix seconds.
    """

    target: str
    scope: ScopeRef | None
    reason: str
    seq: int
    attempts: int
    not_before: float


_TAKE = (
    select(DIRTY)
    .where(DIRTY.c.target > bindparam("after"), DIRTY.c.not_before <= bindparam("now"))
    .order_by(DIRTY.c.target)
    .limit(bindparam("limit"))
)
_MARKED = select(DIRTY.c.target, DIRTY.c.seq).where(DIRTY.c.target.in_(bindparam("targets", expanding=True)))
_COUNT = select(func.count()).select_from(DIRTY)
_AROSE = select(DIRTY.c.target).where(DIRTY.c.scope.in_(bindparam("scopes", expanding=True))).limit(1)
_DONE = delete(DIRTY).where(DIRTY.c.target == bindparam("of"), DIRTY.c.seq == bindparam("as_of"))
_POSTPONE = (
    update(DIRTY)
    .where(DIRTY.c.target == bindparam("of"), DIRTY.c.seq == bindparam("as_of"))
    .values(attempts=DIRTY.c.attempts + 1, not_before=bindparam("until"))
)

_ITEM = "item:"
_PAST_ITEMS = "item;"
"""The first text behind all that begin with ``item:``."""
_KINDS = {nature: [kind.value for kind in Kind if kind.nature is nature] for nature in Nature}
_TAKE_ITEMS = (
    select(DIRTY)
    .outerjoin(ITEMS, ITEMS.c.uid == func.substr(DIRTY.c.target, len(_ITEM) + 1))
    .where(
        DIRTY.c.target > bindparam("after"),
        DIRTY.c.target < literal(_PAST_ITEMS, Words()),
        DIRTY.c.not_before <= bindparam("now"),
        func.coalesce(ITEMS.c.kind, literal(Kind.TASK.value, Words())).in_(bindparam("kinds", expanding=True)),
    )
    .order_by(DIRTY.c.target)
    .limit(bindparam("limit"))
)


class Dirty:
    """At most one mark for each target."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def mark(self, targets: Iterable[str], scope: ScopeRef | None, reason: str, not_before: float = 0) -> None:
        """Mark targets. A target marked already becomes due at the earlier of the two times."""
        names = sorted(set(targets))
        if not names:
            return
        # From a counter, so that a mark made after ``done`` never looks like the one that was taken.
        seq = take_numbers(self._session, "dirty")
        shared = {"scope": str(scope) if scope else None, "reason": reason, "seq": seq, "attempts": 0, "not_before": not_before}
        # Two writers that lock the same rows in the same order cannot block each other for good.
        self._session.run_many(_mark(self._session.dialect), [{"target": target, **shared} for target in names])

    def take(self, now: float, limit: int, after: str = "") -> list[DirtyRow]:
        """The next ``limit`` marks due at ``now``, ordered by target, whose target is greater than ``after``. They stay marked."""
        return [_row(row) for row in self._session.rows(_TAKE, {"now": now, "after": after, "limit": limit})]

    def take_items(self, nature: Nature, now: float, limit: int, after: str = "") -> list[DirtyRow]:
        """As ``take``, but only marks on items of that nature. An item that is gone counts as work."""
        values = {"kinds": _KINDS[nature], "now": now, "after": after or _ITEM, "limit": limit}
        return [_row(row) for row in self._session.rows(_TAKE_ITEMS, values)]

    def marked(self, targets: Iterable[str]) -> set[str]:
        """Those among ``targets`` that are marked, due or not."""
        return set(self.numbers(targets))

    def numbers(self, targets: Iterable[str]) -> dict[str, int]:
        """The ``seq`` of the marks of those among ``targets`` that are marked, due or not: it is another one once they are marked again."""
        return {row.target: row.seq for part in chunks(targets) for row in self._session.rows(_MARKED, {"targets": part})}

    def arose_in(self, scopes: Iterable[ScopeRef]) -> bool:
        """Whether the reason of any mark arose in one of ``scopes``; reads all marks."""
        return bool(self._session.rows(_AROSE, {"scopes": [str(scope) for scope in scopes]}))

    def done(self, rows: Sequence[DirtyRow]) -> None:
        """Take marks away, except those that were marked again after they were taken."""
        self._session.run_many(_DONE, [{"of": row.target, "as_of": row.seq} for row in rows])

    def postpone(self, row: DirtyRow, not_before: float) -> None:
        """Try again later; a mark renewed meanwhile stays due as it is."""
        self._session.run(_POSTPONE, {"of": row.target, "as_of": row.seq, "until": not_before})

    def count(self) -> int:
        """How many targets are marked; reads the whole index."""
        return int(self._session.value(_COUNT))


def _row(row: Row[Any]) -> DirtyRow:
    scope = ScopeRef.parse(row.scope) if row.scope else None
    return DirtyRow(row.target, scope, row.reason, row.seq, row.attempts, row.not_before)


@cache
def _mark(dialect: str) -> Executable:
    statement = insert_into(DIRTY, dialect)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["target"],
        set_={
            "scope": new.scope,
            "reason": new.reason,
            "seq": new.seq,
            "not_before": case((new.not_before < DIRTY.c.not_before, new.not_before), else_=DIRTY.c.not_before),
        },
    )
