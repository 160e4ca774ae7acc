"""Safeguards switched off, inside a simulation only: one whose absence nothing notices is useless or untested.

Some stand behind another one that does the same in time. Those are taken away together with it (``lease+fencing``), for alone nobody misses
them: see ``BEHIND``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any
from unittest.mock import PropertyMock, patch

from pmsync.connect.contract import Absent
from pmsync.connect.markers import verify
from pmsync.engine import absence, apply, breaker, confirm, fingerprint, guards, mark, observe, recover, resolve, route, surplus
from pmsync.engine.context import Context
from pmsync.engine.engine import Engine, Report
from pmsync.engine.events import Tally
from pmsync.engine.history import History
from pmsync.model.item import LinkState
from pmsync.model.values import EMPTY, Unobserved
from pmsync.net.fence import Fence
from pmsync.reconcile import laws, routing
from pmsync.reconcile.lens import Unmapped
from pmsync.reconcile.lenses import EnumLens
from pmsync.reconcile.plan import Plan
from pmsync.reconcile.seats import Seat
from pmsync.reconcile.view import Base, BaseWrite
from pmsync.store.holding import Lease
from pmsync.store.leases import Leases
from pmsync.store.ops import OpState
from pmsync.store.store import Store
from pmsync.testing.faults import FaultKind
from pmsync.testing.simulate import machine
from pmsync.testing.simulate.machine import plugins
from pmsync.testing.simulate.shape import AUDIENCES, FEUD, PAUSE, POWER, RECONFIGURE, RIVALS, TRAIL
from pmsync.testing.simulate.way import Way

Away = Callable[[], AbstractContextManager[Any]]
"""Takes a safeguard away for a while."""


@contextmanager
def everywhere(function: Callable[..., Any], instead: Callable[..., Any]) -> Iterator[None]:
    """Put another function in a function's place in every module of ours that has imported it, but here, where it is kept to be called."""
    ours = [
        module for name, module in sorted(sys.modules.items()) if name.startswith(("pmsync.", "pmsync_")) and name != __name__
    ]
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


def _by_default(lens: EnumLens, remote: Any, hub: Any) -> bool:
    """Whether a token means just that by default: of what a lossy map cannot tell apart nothing is kept."""
    meaning = lens.reads.get(getattr(remote, "value", ""))
    return meaning == getattr(hub, "value", None)


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


def _believed(context: Context, record: Any) -> Any:
    """Believe every marker that we signed, on whatever record it stands."""
    return verify(record.marker, context.setup.marker_key) if record.marker else None


@contextmanager
def _no_markers() -> Iterator[None]:
    """Look for no marker anywhere: neither when a create is in doubt, nor when a record is met."""
    absent = Absent(consistent=True)
    with (
        everywhere(recover.genuine, lambda context, record: None),
        patch.object(resolve, "_found", lambda context, row, record: resolve._not_found(context, row, absent)),
    ):
        yield


def _carry_out_at_once(engine: Engine, listen: Any, scopes: Any = ()) -> tuple[Plan, Report]:
    """A plan that is carried out as it is made."""
    report = engine.sync(listen, scopes)
    return Plan("00000000-0000-4000-8000-000000000000", 0.0, (), (), ()), Report(report.run, Tally(), None)


@contextmanager
def _no_second_look() -> Iterator[None]:
    """Do not ask whether an item has a record in a scope already before another one is tied to it there."""
    with everywhere(surplus.is_surplus, lambda *given: False), patch.object(observe, "_taken", lambda *given: False):
        yield


@contextmanager
def _no_unique_index() -> Iterator[None]:
    """A database that refuses no second binding."""
    disk = machine._disk()
    kept = disk.blank
    disk.write(kept)
    names = disk.raw.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE 'uq_links_%'").fetchall()
    for (name,) in names:
        disk.raw.execute(f"DROP INDEX {name}")
    disk.blank = disk.read()
    try:
        yield
    finally:
        disk.blank = kept
        disk.write(kept)


def _stamps_count(context: Context, scope: Any, records: Sequence[Any]) -> list[Any]:
    """Take what a listing shows as it is."""
    return list(records)


@dataclass(frozen=True, slots=True)
class Ablation:
    """``away`` takes the safeguard away. ``kinds``: a world without these cannot show that it is missing, and is not played."""

    away: Away
    kinds: frozenset[str] = frozenset()


def _of(away: Away, *kinds: str) -> Ablation:
    return Ablation(away, frozenset(kinds))


SINGLE: Mapping[str, Ablation] = {
    "durable_intent": _of(lambda: patch.object(machine._Store, "transaction", _never_durable), POWER),
    "look_up_lost_writes": _of(lambda: everywhere(resolve.resolve, _forget)),
    "marker_search": _of(_no_markers),
    "quiet_period": _of(lambda: patch.object(resolve, "_quiet", lambda context, row: True), FaultKind.LATE),
    "in_flight_rule": _of(lambda: patch.object(Seat, "in_flight", PropertyMock(return_value=False))),
    "base_only_sent": _of(lambda: everywhere(confirm.settle_op, _take_all)),
    "look_before_writing": _of(lambda: patch.object(apply, "stale", lambda *given: None)),
    "history": _of(lambda: patch.object(History, "of", classmethod(lambda cls, fetched, ref, floor, me: cls((), me)))),
    "genuine_marker": _of(lambda: everywhere(recover.genuine, _believed)),
    "cursor_overlap": _of(lambda: patch.object(Way, "settings", _no_overlap), TRAIL),
    "older_look": _of(lambda: everywhere(observe.sure, _stamps_count)),
    "get_put": _of(lambda: patch.object(EnumLens, "consistent", _by_default)),
    "lens_laws": _of(lambda: everywhere(laws.check_surface, lambda surface: [])),
    "surplus_check": _of(_no_second_look),
    "unique_index": _of(_no_unique_index),
    "fencing": _of(_unfenced, RIVALS),
    "lease": _of(lambda: patch.object(Leases, "is_held", lambda leases, lease: False), RIVALS),
    "plan_only": _of(lambda: patch.object(Engine, "plan", _carry_out_at_once)),
    "read_only_fence": _of(lambda: patch.object(Fence, "closed", lambda fence: nullcontext())),
    "audience_guard": _of(lambda: everywhere(routing.may_cross, lambda *given, **named: None), AUDIENCES),
    "breaker": _of(lambda: everywhere(breaker.looping, lambda *given: False), FEUD),
    "config_fingerprint": _of(lambda: everywhere(fingerprint.changed_configs, lambda context: []), RECONFIGURE),
    "adopt_before_create": _of(lambda: patch.object(route, "_was_read", lambda context, tx, scope: True)),
    "no_resurrection": _of(lambda: everywhere(route.has_record, _only_living)),
    "instance_mark": _of(lambda: everywhere(mark.look, lambda context, scope: False)),
    "pause": _of(lambda: patch.object(guards, "_look_for_pauses", lambda context, tx: None), PAUSE),
    "two_looks_for_absence": _of(lambda: everywhere(absence.note_missing, _gone_at_once)),
}
"""Safeguard to what takes it away."""

BEHIND: Mapping[str, str] = {
    "get_put": "lens_laws",
    "lease": "fencing",
    "unique_index": "surplus_check",
    "read_only_fence": "plan_only",
}
"""Safeguard to the one it stands behind, or that stands behind it: what the one does not stop the other does."""


@contextmanager
def without(names: str) -> Iterator[None]:
    """Take away one safeguard, or several: ``lease+fencing``."""
    with ExitStack() as stack:
        for name in names.split("+"):
            stack.enter_context(SINGLE[name].away())
        yield


def kinds_for(names: str) -> frozenset[str]:
    """The kinds that a world must have to show that they are missing."""
    return frozenset[str]().union(*(SINGLE[name].kinds for name in names.split("+")))


ABLATIONS: Sequence[str] = (
    *(name for name in SINGLE if name not in BEHIND),
    *(f"{name}+{other}" for name, other in BEHIND.items()),
    *BEHIND,
)
"""Everything that is taken away; last what nobody is expected to miss."""
