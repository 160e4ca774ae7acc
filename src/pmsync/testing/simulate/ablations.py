"""Safeguards switched off one at a time, inside a simulation only: a safeguard whose absence nothing notices is useless or untested."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any
from unittest.mock import PropertyMock, patch

from pmsync.engine import adopt, apply, confirm, resolve
from pmsync.engine.context import Context
from pmsync.model.values import EMPTY, Unobserved
from pmsync.reconcile.lens import Unmapped
from pmsync.reconcile.seats import Seat
from pmsync.reconcile.view import Base, BaseWrite
from pmsync.store.ops import OpState
from pmsync.testing.simulate.machine import plugins
from pmsync.testing.simulate.outcome import run
from pmsync.testing.simulate.way import Way


def _forget(context: Context) -> None:
    """Take every write in doubt for one that never arrived."""
    with context.store.transaction() as tx:
        for row in tx.ops.open():
            if row.state is not OpState.AMBIGUOUS:
                tx.ops.advance(row.op.uid, OpState.AMBIGUOUS, reason="cut off")
            tx.ops.advance(row.op.uid, OpState.RESOLVED, outcome="absent", reason="forgotten")
            tx.dirty.mark([f"item:{row.op.item}"], row.op.scope, "forgotten")


_settle_op = confirm.settle_op


def _take_all(context: Context, tx: Any, op: Any, record: Any, refused: Any, *, untouched: bool = False) -> None:
    """Take the whole read-back for agreed, not only what was sent."""
    _settle_op(context, tx, op, record, refused, untouched=untouched)
    link = tx.links.by_ref(record.ref)
    writes = []
    for surface in context.surfaces(op.scope) if link is not None else ():
        shown = record.values.get(surface.id, Unobserved("not read"))
        if not isinstance(shown, Unobserved):
            hub = surface.lens.ingest(shown, EMPTY)
            writes.append(BaseWrite(link.uid, surface.id, Base(shown, EMPTY if isinstance(hub, Unmapped) else hub), "read back"))
    tx.bases.put(writes)


_settings = Way.settings


def _no_overlap(way: Way) -> Mapping[str, Any]:
    """Settings that tell a connector, where it can be told, to read nothing again."""
    given = _settings(way)
    model = plugins()[given["kind"]].settings
    return {**given, "overlap": 0} if "overlap" in model.model_fields else given


ABLATIONS: Mapping[str, Callable[[], AbstractContextManager[Any]]] = {
    "look_up_lost_writes": lambda: patch("pmsync.engine.engine.resolve", _forget),
    "quiet_period": lambda: patch.object(resolve, "_quiet", lambda context, row: True),
    "in_flight_rule": lambda: patch.object(Seat, "in_flight", PropertyMock(return_value=False)),
    "base_only_sent": lambda: patch.object(confirm, "settle_op", _take_all),
    "look_before_writing": lambda: patch.object(apply, "_moved", lambda *given: None),
    "genuine_marker": lambda: patch.object(adopt, "genuine", lambda context, record: None),
    "cursor_overlap": lambda: patch.object(Way, "settings", _no_overlap),
}
"""Safeguard to what takes it away."""


def hunt(name: str, seeds: Iterable[int]) -> tuple[int, str] | None:
    """Play without the safeguard until something is found that no known fault explains: after how many seeds, and what; None: nothing."""
    with ABLATIONS[name]():
        for tried, seed in enumerate(seeds, 1):
            found = next((one for one in run(seed).findings if not one.cause), None)
            if found is not None:
                return tried, f"seed {seed}: {found.invariant}: {found.text}"
    return None
