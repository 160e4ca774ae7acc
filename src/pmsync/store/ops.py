"""Planned writes and what became of them: the outbox.

The life of an op::

    PLANNED    to INTENT, or DROPPED when its target moved
    INTENT     committed durably, may be sent at any moment from now on
    SENT       the remote answered, or the record was found; a read-back is still to come
    AMBIGUOUS  the answer was lost; looked up until it is CONFIRMED or RESOLVED, or tried anew beginning with INTENT
    CONFIRMED  proven by what the record shows, from any state in which it may have been sent
    REJECTED, NOT_SENT, DROPPED, RESOLVED  the other ends

An op in INTENT, SENT or AMBIGUOUS is no token for sending: after a crash it may only be looked up.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Any, TypedDict, Unpack

from sqlalchemy import Executable, Row, bindparam, literal_column, select, update
from sqlalchemy.exc import IntegrityError

from pmsync.model.record import RecordRef
from pmsync.reconcile.operation import Operation
from pmsync.store.documents import operation_of, operation_text
from pmsync.store.errors import AlreadyOpen, CorruptStore, IllegalStep, StoreError
from pmsync.store.sql import Session, chunks
from pmsync.store.tables.work import OPS


class OpState(StrEnum):
    """Where an op stands."""

    PLANNED = "planned"
    INTENT = "intent"
    SENT = "sent"
    AMBIGUOUS = "ambiguous"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    NOT_SENT = "not_sent"
    DROPPED = "dropped"
    RESOLVED = "resolved"

    @property
    def terminal(self) -> bool:
        """Whether nothing follows."""
        return not STEPS[self]


_ENDS_UNSENT = {OpState.REJECTED, OpState.NOT_SENT, OpState.DROPPED}

STEPS: Mapping[OpState, frozenset[OpState]] = MappingProxyType(
    {
        OpState.PLANNED: frozenset({OpState.INTENT, OpState.DROPPED}),
        OpState.INTENT: frozenset({OpState.SENT, OpState.AMBIGUOUS, OpState.CONFIRMED, *_ENDS_UNSENT}),
        OpState.SENT: frozenset({OpState.SENT, OpState.AMBIGUOUS, OpState.CONFIRMED, *_ENDS_UNSENT}),
        OpState.AMBIGUOUS: frozenset({OpState.SENT, OpState.INTENT, OpState.CONFIRMED, OpState.RESOLVED}),
        OpState.CONFIRMED: frozenset(),
        OpState.REJECTED: frozenset(),
        OpState.NOT_SENT: frozenset(),
        OpState.DROPPED: frozenset(),
        OpState.RESOLVED: frozenset(),
    }
)
"""The legal steps, exhaustively. SENT onto itself: it became known where the record is."""


@dataclass(frozen=True, slots=True)
class OpRow:
    """An op and what is known of it. Times are Unix seconds; ``ref`` is its record as far as it is known.

    ``outcome`` of a RESOLVED op: ``landed``, ``absent`` or ``abandoned``.
    """

    op: Operation
    state: OpState
    run: str
    plan: str | None
    floor: str
    sent_at: float | None
    quiet_until: float | None
    retry_at: float | None
    attempts: int
    ref: RecordRef | None
    reason: str
    made_at: float
    outcome: str = ""
    changed_at: float = 0.0


class Facts(TypedDict, total=False):
    """What may be recorded with a step; what is not named stays as it was, and so does ``ref`` when it is None."""

    floor: str
    sent_at: float | None
    quiet_until: float | None
    retry_at: float | None
    attempts: int
    ref: RecordRef | None
    reason: str
    outcome: str


# Written out, not bound: a partial index serves only a query that says its condition word for word.
_ALIVE = OPS.c.alive == literal_column("1")
_UNSETTLED = OPS.c.state.in_([OpState.INTENT, OpState.SENT, OpState.AMBIGUOUS])
_ORDER = (OPS.c.made_at, OPS.c.uid)
_GET = select(OPS).where(OPS.c.uid == bindparam("of"))
_MANY = select(OPS).where(OPS.c.uid.in_(bindparam("uids", expanding=True)))
_OPEN = select(OPS).where(_ALIVE, _UNSETTLED).order_by(*_ORDER)
_OPEN_FOR = select(OPS).where(OPS.c.item.in_(bindparam("items", expanding=True)), _ALIVE, _UNSETTLED).order_by(*_ORDER)
_LOST = (
    select(OPS)
    .where(
        OPS.c.item.in_(bindparam("items", expanding=True)),
        OPS.c.state == OpState.RESOLVED,
        OPS.c.outcome == "absent",
        OPS.c.changed_at >= bindparam("since"),
    )
    .order_by(*_ORDER)
)
_OF_RUN = select(OPS).where(OPS.c.run == bindparam("of")).order_by(*_ORDER)


class Ops:
    """The outbox. Payloads are frozen: an op's change of heart is another op."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, op: Operation, run: str, state: OpState = OpState.PLANNED, plan: str | None = None, *, floor: str = "") -> None:
        """Store a new op; ``floor``: where a look for what became of it begins.

        Raises:
            AlreadyOpen: an unfinished create of the item in that scope, or an unfinished op of the record, stands in the way. Nothing was
                changed and the transaction goes on.
            IllegalStep: ``state`` is neither PLANNED nor INTENT.
        """
        if state not in (OpState.PLANNED, OpState.INTENT):
            raise IllegalStep(f"an op begins as planned or intent, not as {state}")
        now = self._session.now()
        payload = operation_text(op)
        row = {
            "uid": op.uid,
            "kind": op.kind,
            "item": op.item,
            "scope": str(op.scope),
            "system": op.ref.system if op.ref else None,
            "remote_id": op.ref.remote_id if op.ref else None,
            "payload": payload,
            "digest": _seal(payload),
            "run": run,
            "plan": plan,
            "state": state,
            "alive": 1,
            "floor": floor,
            "attempts": 0,
            "reason": "",
            "outcome": "",
            "made_at": now,
            "changed_at": now,
        }
        if not self._session.add(OPS, row):
            raise _in_the_way(op)

    def get(self, uid: str) -> OpRow | None:
        """The op of that name."""
        row = self._session.row(_GET, {"of": uid})
        return _op_row(row) if row else None

    def many(self, uids: Iterable[str]) -> dict[str, OpRow]:
        """The ops of those names; unknown ones are left out."""
        return {row.uid: _op_row(row) for part in chunks(uids) for row in self._session.rows(_MANY, {"uids": part})}

    def advance(self, uid: str, state: OpState, **facts: Unpack[Facts]) -> None:
        """Take one step of the life cycle and record what is known with it.

        Raises:
            IllegalStep: the op does not exist, or its state has no such step.
            AlreadyOpen: ``ref`` names a record on which another op is unfinished.
        """
        columns = {**_columns(facts), "state": state, "alive": int(not state.terminal)}
        if not self._update(uid, [source for source in OpState if state in STEPS[source]], columns):
            found = self.get(uid)
            raise IllegalStep(f"op {uid} is {found.state}: it cannot become {state}" if found else f"there is no op {uid}")

    def note(self, uid: str, **facts: Unpack[Facts]) -> None:
        """Record what is known without a step.

        Raises:
            IllegalStep: the op does not exist or has come to its end.
            AlreadyOpen: as ``advance``.
        """
        if not self._update(uid, [state for state in OpState if not state.terminal], _columns(facts)):
            raise IllegalStep(f"op {uid} is not under way: nothing can be added to it")

    def open(self) -> list[OpRow]:
        """The ops whose fate is unknown (INTENT, SENT, AMBIGUOUS), oldest first."""
        return [_op_row(row) for row in self._session.rows(_OPEN)]

    def open_for(self, items: Iterable[str]) -> dict[str, list[OpRow]]:
        """As ``open`` for some items; items without such an op are left out."""
        found: defaultdict[str, list[OpRow]] = defaultdict(list)
        for part in chunks(items):
            for row in self._session.rows(_OPEN_FOR, {"items": part}):
                found[row.item].append(_op_row(row))
        return dict(found)

    def lost_for(self, items: Iterable[str], since: float) -> list[OpRow]:
        """The ops of some items that ``since`` then (Unix seconds) were found never to have arrived, oldest first within each batch."""
        return [_op_row(row) for part in chunks(items) for row in self._session.rows(_LOST, {"items": part, "since": since})]

    def of_run(self, run: str) -> list[OpRow]:
        """The ops that a run added, oldest first."""
        return [_op_row(row) for row in self._session.rows(_OF_RUN, {"of": run})]

    def _update(self, uid: str, states: Sequence[OpState], columns: dict[str, Any]) -> int:
        statement = _step(tuple(states), tuple(columns))
        values = {f"new_{name}": value for name, value in columns.items()}
        values |= {"of": uid, "now": self._session.now()}
        if "remote_id" not in columns:
            return self._session.run(statement, values)
        try:
            with self._session.savepoint():
                return self._session.run(statement, values)
        except IntegrityError as error:
            message = f"another unfinished op writes to {columns['system']}#{columns['remote_id']}"
            raise AlreadyOpen(message, hint="it is resolved by the next sync") from error


@cache
def _step(states: tuple[OpState, ...], columns: tuple[str, ...]) -> Executable:
    statement = update(OPS).where(OPS.c.uid == bindparam("of"), OPS.c.state.in_(states))
    return statement.values({name: bindparam(f"new_{name}") for name in columns} | {"changed_at": bindparam("now")})


def _columns(facts: Facts) -> dict[str, Any]:
    columns: dict[str, Any] = {name: value for name, value in facts.items() if name != "ref"}
    ref = facts.get("ref")
    return columns if ref is None else {**columns, "system": ref.system, "remote_id": ref.remote_id}


def _seal(payload: str) -> str:
    return hashlib.sha256(payload.encode()).hexdigest()


def _in_the_way(op: Operation) -> StoreError:
    if op.ref is None:
        return AlreadyOpen(f"a create for item {op.item} in {op.scope} is unfinished", hint="it is resolved by the next sync")
    return AlreadyOpen(f"another op on {op.key or op.ref} is unfinished", hint="it is resolved by the next sync")


def _op_row(row: Row[Any]) -> OpRow:
    if _seal(row.payload) != row.digest:
        raise CorruptStore(
            f"op {row.uid} is not what was stored", hint="restore a backup of the database; the trackers themselves are untouched"
        )
    return OpRow(
        op=operation_of(row.payload),
        state=OpState(row.state),
        run=row.run,
        plan=row.plan,
        floor=row.floor,
        sent_at=row.sent_at,
        quiet_until=row.quiet_until,
        retry_at=row.retry_at,
        attempts=row.attempts,
        ref=RecordRef(row.system, row.remote_id) if row.system is not None else None,
        reason=row.reason,
        made_at=row.made_at,
        outcome=row.outcome,
        changed_at=row.changed_at,
    )
