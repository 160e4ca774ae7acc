"""Safeguards switched off one at a time, inside a simulation only: a safeguard whose absence nothing notices is useless or untested."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any
from unittest.mock import PropertyMock, patch

from pmsync.connect.contract import Absent
from pmsync.engine import absence, apply, breaker, confirm, fingerprint, guards, mark, observe, recover, resolve, route
from pmsync.engine.context import Context
from pmsync.engine.history import History
from pmsync.model.item import LinkState
from pmsync.model.values import EMPTY, Unobserved
from pmsync.net.fence import Fence
from pmsync.reconcile import routing
from pmsync.reconcile.lens import Unmapped, Unrepresentable
from pmsync.reconcile.seats import Seat
from pmsync.reconcile.view import Base, BaseWrite
from pmsync.store.holding import Lease
from pmsync.store.leases import Leases
from pmsync.store.ops import OpState
from pmsync.store.store import Store
from pmsync.testing.simulate import machine
from pmsync.testing.simulate.machine import plugins
from pmsync.testing.simulate.outcome import run
from pmsync.testing.simulate.way import Way


@contextmanager
def everywhere(function: Callable[..., Any], instead: Callable[..., Any]) -> Iterator[None]:
    """Put another function in a function's place in every module of ours that has imported it."""
    ours = [module for name, module in sorted(sys.modules.items()) if name.startswith(("pmsync.", "pmsync_"))]
    with ExitStack() as stack:
        for module in ours:
            for name in [name for name, value in vars(module).items() if value is function]:
                stack.enter_context(patch.object(module, name, instead))
        yield


def _forget(context: Context) -> None:
    """Take every write in doubt for one that never arrived."""
    with context.store.transaction() as tx:
        for row in tx.ops.open():
            if row.state is not OpState.AMBIGUOUS:
                tx.ops.advance(row.op.uid, OpState.AMBIGUOUS, reason="cut off")
            tx.ops.advance(row.op.uid, OpState.RESOLVED, outcome="absent", reason="forgotten")
            tx.dirty.mark([f"item:{row.op.item}"], row.op.scope, "forgotten")


_settle_op = confirm.settle_op


def _take_all(context: Context, tx: Any, op: Any, record: Any, proof: Any) -> None:
    """Take the whole read-back for agreed, not only what was sent."""
    _settle_op(context, tx, op, record, proof)
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


def _says_exactly(seat: Seat, hub: Any) -> bool:
    """Whether the remote shows the very value that a fresh put would give: a lossy map then looks like a difference."""
    lens = seat.view.surface.lens
    wanted = lens.put(hub, EMPTY)
    return isinstance(wanted, Unrepresentable) or lens.canon(wanted) == lens.canon(seat.remote)


_transaction = machine._Store.transaction


def _never_durable(store: Any, *, durable: bool = False, fenced: bool = True) -> AbstractContextManager[Any]:
    return _transaction(store, durable=False, fenced=fenced)


def _only_living(links: Any, scope: Any) -> bool:
    """Only a record that is there keeps another from being made: what was deleted or given up does not."""
    return any(link.scope == scope and link.state is LinkState.LINKED for link in links)


def _unfenced() -> ExitStack:
    stack = ExitStack()
    stack.enter_context(patch.object(Store, "_check_fence", lambda store, tx: None))
    stack.enter_context(patch.object(Lease, "renew", lambda lease: None))
    return stack


def _gone_at_once(context: Context, link: Any, *, deleted: bool) -> None:
    """Take a record for deleted the first time it is missed."""
    _note_missing(context, link, deleted=True)


_note_missing = absence.note_missing

ABLATIONS: Mapping[str, Callable[[], AbstractContextManager[Any]]] = {
    "durable_intent": lambda: patch.object(machine._Store, "transaction", _never_durable),
    "look_up_lost_writes": lambda: everywhere(resolve.resolve, _forget),
    "marker_search": lambda: patch.object(
        resolve, "_found", lambda context, row, record: resolve._not_found(context, row, Absent(consistent=True))
    ),
    "quiet_period": lambda: patch.object(resolve, "_quiet", lambda context, row: True),
    "in_flight_rule": lambda: patch.object(Seat, "in_flight", PropertyMock(return_value=False)),
    "base_only_sent": lambda: everywhere(confirm.settle_op, _take_all),
    "look_before_writing": lambda: patch.object(apply, "_moved", lambda *given: None),
    "history": lambda: patch.object(History, "of", classmethod(lambda cls, fetched, ref, floor, me: cls((), me))),
    "genuine_marker": lambda: everywhere(recover.genuine, lambda context, record: None),
    "cursor_overlap": lambda: patch.object(Way, "settings", _no_overlap),
    "older_look": lambda: everywhere(observe.sure, lambda context, scope, records: list(records)),
    "get_put": lambda: patch.object(Seat, "says", _says_exactly),
    "fencing": _unfenced,
    "lease": lambda: patch.object(Leases, "is_held", lambda leases, lease: False),
    "read_only_fence": lambda: patch.object(Fence, "closed", lambda fence: nullcontext()),
    "audience_guard": lambda: everywhere(routing.may_cross, lambda *given, **named: None),
    "breaker": lambda: everywhere(breaker.looping, lambda *given: False),
    "config_fingerprint": lambda: everywhere(fingerprint.changed_configs, lambda context: []),
    "adopt_before_create": lambda: patch.object(route, "_was_read", lambda context, tx, scope: True),
    "no_resurrection": lambda: everywhere(route.has_record, _only_living),
    "instance_mark": lambda: everywhere(mark.look, lambda context, scope: None),
    "pause": lambda: patch.object(guards, "_look_for_pauses", lambda context, tx: None),
    "two_looks_for_absence": lambda: everywhere(absence.note_missing, _gone_at_once),
}
"""Safeguard to what takes it away."""


def hunt(name: str, seeds: Iterable[int]) -> tuple[int, str] | None:
    """Play without the safeguard until something is found that no known fault explains and that does not happen with it.

    Returns after how many seeds, and what; None: nothing.
    """
    for tried, seed in enumerate(seeds, 1):
        with ABLATIONS[name]():
            found = next((one for one in run(seed).findings if not one.cause), None)
        if found is not None and not any(one.invariant == found.invariant for one in run(seed).findings):
            return tried, f"seed {seed}: {found.invariant}: {found.text}"
    return None
