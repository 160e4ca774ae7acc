"""The runs: one row for each invocation that worked on the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, exists, insert, select, update

from pmsync.store.codec import COUNTS, decode, encode
from pmsync.store.ops import OpState
from pmsync.store.sql import Session, beginning
from pmsync.store.tables.history import RUNS
from pmsync.store.tables.work import OPS


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run. Times are Unix seconds; while it goes on, and for ever if it was killed, ``finished_at`` and ``exit_code`` are None."""

    uid: str
    kind: str
    args: str
    started_at: float
    finished_at: float | None
    exit_code: int | None
    counts: Mapping[str, int]


_NAMED = beginning(RUNS.c.uid)
_WROTE = exists().where(OPS.c.run == RUNS.c.uid, OPS.c.state.in_([OpState.CONFIRMED, OpState.RESOLVED]))
_WRITERS = select(RUNS).where(_WROTE).order_by(RUNS.c.seq.desc()).limit(bindparam("limit"))
_START = insert(RUNS)
_FINISH = (
    update(RUNS)
    .where(RUNS.c.uid == bindparam("of"))
    .values(finished_at=bindparam("at"), exit_code=bindparam("code"), counts=bindparam("sums"))
)


class Runs:
    """Runs are started and finished here."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def start(self, kind: str, args: str) -> str:
        """Begin a run: its kind (``sync``, ``plan``), and the arguments as a person typed them, without secrets. Returns its uid."""
        session = self._session
        uid = session.new_uid()
        session.run(_START, {"uid": uid, "kind": kind, "args": args, "started_at": session.now(), "counts": "{}"})
        return uid

    def finish(self, uid: str, exit_code: int, counts: Mapping[str, int]) -> None:
        """End a run with its exit code and what it counted."""
        values = {"of": uid, "at": self._session.now(), "code": exit_code, "sums": encode(dict(counts))}
        self._session.run(_FINISH, values)

    def get(self, name: str) -> RunRow | None:
        """The run of that uid, or the only one whose uid begins so.

        Raises:
            TooVague: several begin so.
        """
        row = self._session.named(_NAMED, name, "runs")
        return _run(row) if row else None

    def writers(self, limit: int) -> list[RunRow]:
        """The latest runs of which a write was settled, latest first."""
        return [_run(row) for row in self._session.rows(_WRITERS, {"limit": limit})]


def _run(row: Row[Any]) -> RunRow:
    return RunRow(row.uid, row.kind, row.args, row.started_at, row.finished_at, row.exit_code, decode(row.counts, COUNTS))
