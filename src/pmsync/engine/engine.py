"""The engine's door: plan, apply a saved plan, sync everything, or one scope's round.

Each run holds the store's lease, tells its events to one listener, and ends with a ``Report``.
"""

from __future__ import annotations

import threading
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from pmsync.connect.clock import Clock
from pmsync.connect.markers import renewed
from pmsync.engine import guards, pausing, person
from pmsync.engine.absence import look_for_suspects
from pmsync.engine.adopt import Company, Crowd, adopt, turns
from pmsync.engine.apply import apply
from pmsync.engine.context import Context
from pmsync.engine.declared import sources, tie_declared
from pmsync.engine.doubts import Doubts
from pmsync.engine.events import Event, Listener, Tally
from pmsync.engine.fingerprint import changed_configs, keep_fingerprints
from pmsync.engine.foresee import note_promises
from pmsync.engine.gather import linked_pages
from pmsync.engine.hints import follow_hints, take_hint
from pmsync.engine.late import take_note_of_late_writes
from pmsync.engine.mark import leave_marks, look_ahead, tell_frozen
from pmsync.engine.person import Choice
from pmsync.engine.pull import know_scopes, pull
from pmsync.engine.recover import Orphans
from pmsync.engine.refusals import refusals
from pmsync.engine.resolve import resolve
from pmsync.engine.scores import rescore, scores_due
from pmsync.engine.settle import Wanted, settle
from pmsync.engine.setup import Setup
from pmsync.engine.sweep import sweep
from pmsync.engine.transfers import Transfers
from pmsync.engine.undo import Undoing, undo
from pmsync.engine.verify import Verification, verify
from pmsync.model.enums import Nature
from pmsync.model.item import Link
from pmsync.model.record import ScopeRef
from pmsync.model.values import Settled
from pmsync.reconcile.operation import Operation, OpKind
from pmsync.reconcile.plan import Plan
from pmsync.store import Store, Transaction
from pmsync.store.dirty import DirtyRow
from pmsync.store.ops import OpState
from pmsync.store.store import fresh_uid

BATCH = 200
RECORDS = "record:"
"""What the targets of marks on records begin with."""
PASSES = 6
LEASE = 120.0
"""Seconds a run holds the store at a time."""


@dataclass(frozen=True, slots=True)
class Report:
    """How a run ended: its name, its tally, and the plan of what it did not do by itself (None when nothing is held).

    ``refused``: how many writes rest because a system refused them, in this run or an earlier one.
    """

    run: str
    tally: Tally
    held: Plan | None
    refused: int = 0

    @property
    def exit_code(self) -> int:
        """0 done; 1 something failed or waits and may be retried; 3 a person is needed."""
        if (self.held is not None and self.held.held) or self.tally.of("held"):
            return 3
        return 1 if self.tally.failures or any(map(self.tally.of, ("waiting", "later", "rejected"))) else 0


class Engine:
    """Runs rounds over one store."""

    def __init__(self, setup: Setup, store: Store, clock: Clock, new_uid: Callable[[], str] = fresh_uid) -> None:
        self._setup = setup
        self._store = store
        self._clock = clock
        self._new_uid = new_uid
        self._stop = threading.Event()

    def stop(self) -> None:
        """Ask the run under way to finish what it has begun and send nothing new; may be called from another thread."""
        self._stop.set()

    def plan(self, listen: Listener, scopes: Sequence[ScopeRef] = ()) -> tuple[Plan, Report]:
        """Pull and reconcile, and say what would be written. Nothing leaves this machine but reads."""
        with self._run("plan", listen) as (context, tally):
            self._observe(context, scopes)
            wanted = self._reconcile(context)
            plan = guards.divide(context, wanted, (), only_plan=True)
            return plan, Report(context.run, tally, None)

    def pull(self, listen: Listener, scopes: Sequence[ScopeRef] = (), *, into_sources: bool = False) -> Report:
        """Only pull. ``into_sources``: then write what changed into the places where people plan, and nowhere else; a person asked for it."""
        with self._run("pull", listen) as (context, tally):
            self._observe(context, scopes)
            if into_sources:
                self._write_sources(context)
            return Report(context.run, tally, None)

    def sync(self, listen: Listener, scopes: Sequence[ScopeRef] = (), *, patient: bool = False) -> Report:
        """One whole round: do what the config permits, and hold the rest as a plan. ``patient``: see ``Context``."""
        with self._run("sync", listen) as (context, tally):
            context.patient = patient
            self._observe(context, scopes)
            resolve(context)
            changed = changed_configs(context)
            held = self._passes(context, changed)
            leave_marks(context)
            _tell_unsent(context)
            guards.end_sync(context)
            if held is not None:
                with self._store.transaction() as tx:
                    tx.plans.drop_held()
                    tx.plans.save(held.uid, held.encode(), held.counts(), True, context.run)
                context.tell("held", f"{len(held.held)} writes wait for a person: pmsync plan, then pmsync apply")
                return Report(context.run, tally, held, refusals(context))
            complete = not (context.parked or context.closed or context.stopping())
            with self._store.transaction() as tx:
                if complete or not changed:
                    keep_fingerprints(context, tx)
                if complete and not context.paused:
                    tx.plans.drop_held()
            return Report(context.run, tally, held, refusals(context))

    def apply_plan(self, plan: Plan, listen: Listener, *, wait: bool = True) -> Report:
        """Do exactly what ``plan`` lists; ops whose target moved since are skipped with a reason. Resumable: what is done stays done.

        ``wait``: rest as long as a system's limits ask for and go on, instead of ending with what is left undone.
        """
        plan = plan.approved()
        with self._run("apply", listen) as (context, tally):
            guards.begin(context, sorted({op.scope for op in plan.ops}, key=str))
            guards.approve(context, plan)
            know_scopes(context, sorted({op.scope for op in plan.ops}, key=str))
            context.prepare(self._setup.scopes())
            resolve(context)
            self._carry_out(context, plan.ops, wait)
            self._complete(context, {op.item for op in plan.ops}, wait)
            guards.tell_undone(context, self._outstanding(plan.ops))
            leave_marks(context)
            _tell_unsent(context)
            with self._store.transaction() as tx:
                keep_fingerprints(context, tx)
                tx.plans.applied(plan.uid, context.run)
            return Report(context.run, tally, None, refusals(context))

    def undo(self, listen: Listener, run: str) -> tuple[Undoing, Report]:
        """The plan that takes ``run`` back, for ``apply_plan``; see ``pmsync.engine.undo``. Nothing leaves this machine but reads."""
        with self._run("undo", listen) as (context, tally):
            guards.begin(context, ())
            self._let_rest(context, ())
            return undo(context, run), Report(context.run, tally, None)

    def verify(
        self, listen: Listener, scopes: Sequence[ScopeRef] = (), *, stored: bool = False, keep: int | None = 0
    ) -> Verification:
        """Count where the hub and every system differ; see ``pmsync.engine.verify``. It is no run: nothing is written, here or there."""
        context = Context(self._setup, self._store, self._clock, "", listen)
        return verify(context, list(scopes) or self._setup.scopes(), stored=stored, keep=keep)

    def score(self, listen: Listener, *, approved: bool = False) -> Report:
        """Work out the scores and what follows from them in the hub; ``approved``: however many priorities that moves."""
        with self._run("score", listen) as (context, tally):
            context.prepare(self._setup.scopes())
            rescore(context, approved=approved)
            return Report(context.run, tally, None)

    def hint(self, system: str, headers: Mapping[str, str], body: bytes) -> int:
        """Take a webhook of ``system``: the records it points at are read before the next listing. See ``pmsync.engine.hints.take_hint``.

        May be called from another thread, while a run is under way.
        """
        return take_hint(self._setup, self._store, system, headers, body)

    def resolve_conflict(self, conflict: str, choice: Choice, who: str) -> Settled:
        """See ``pmsync.engine.person.resolve_conflict``."""
        with self._run("resolve", lambda event: None) as (context, _):
            context.prepare(self._setup.scopes())
            return person.resolve_conflict(context, conflict, choice, who)

    def link(self, keep: str, other: str) -> Link:
        """See ``pmsync.engine.person.link_records``."""
        with self._run("link", lambda event: None) as (context, _):
            return person.link_records(context, keep, other)

    def unlink(self, name: str) -> Link:
        """See ``pmsync.engine.person.unlink_record``."""
        with self._run("unlink", lambda event: None) as (context, _):
            return person.unlink_record(context, name)

    def abandon(self, op: str) -> None:
        """See ``pmsync.engine.person.abandon``."""
        with self._run("abandon", lambda event: None) as (context, _):
            person.abandon(context, op)

    def thaw(self, scope: ScopeRef, who: pausing.Who) -> str:
        """See ``pmsync.engine.pausing.thaw``."""
        with self._run("resume", lambda event: None) as (context, _), self._store.transaction(durable=True) as tx:
            return pausing.thaw(tx, context.run, scope, who)

    def believe(self, scope: ScopeRef, who: pausing.Who) -> int | None:
        """See ``pmsync.engine.pausing.believe``."""
        with self._run("resume", lambda event: None) as (context, _), self._store.transaction(durable=True) as tx:
            return pausing.believe(tx, context.run, scope, who)

    # -- the steps ---------------------------------------------------------------------------------------------------

    @contextmanager
    def _run(self, kind: str, listen: Listener) -> Iterator[tuple[Context, Tally]]:
        tally = Tally()

        def hear(event: Event) -> None:
            tally.hear(event)
            listen(event)

        with self._store.hold(f"pmsync {kind}", LEASE) as lease:
            with self._store.transaction() as tx:
                run = tx.runs.start(kind, "")
            context = Context(self._setup, self._store, self._clock, run, hear, self._new_uid, self._stop.is_set, lease=lease)
            try:
                yield context, tally
            finally:
                with self._store.transaction() as tx:
                    tx.runs.finish(run, 1 if tally.failures else 0, tally.counts)

    def _observe(self, context: Context, scopes: Sequence[ScopeRef]) -> None:
        wanted = list(scopes) or self._setup.scopes()
        guards.begin(context, wanted)
        self._let_rest(context, wanted)
        know_scopes(context, wanted)
        follow_hints(context, wanted)
        for scope in wanted:
            if context.is_parked(scope):
                continue
            with context.isolated(scope, "pulling"):
                pull(context, scope)
                sweep(context, scope)

    def _let_rest(self, context: Context, wanted: Sequence[ScopeRef]) -> None:
        """Leave every system alone that an earlier run found in need of rest; told for the scopes that this run is about."""
        with self._store.transaction() as tx:
            rows = [row for row in tx.scopes.many(self._setup.scopes()).values() if row is not None]
        for row in rows:
            if context.rest(row) and row.scope in wanted:
                left = round(row.parked_until - self._clock.now())
                context.tell("parked", f"{row.scope}: rests for {left} s more: {row.parked_why}", scope=row.scope)

    def _write_sources(self, context: Context) -> None:
        """Bring the places where people plan up to date. Their items were settled while nothing flowed there, so all are looked at again."""
        context.prepare(self._setup.scopes())
        resolve(context)
        scopes = [scope for scope in self._setup.scopes() if context.connector(scope).capabilities.source]
        for scope in scopes:
            for links in linked_pages(context, scope):
                with self._store.transaction() as tx:
                    tx.dirty.mark([f"item:{link.item}" for link in links], scope, "it may be written into its file")
        for _ in range(PASSES):
            wanted = self._reconcile(context)
            ops = [op for op in wanted.ops if op.scope in scopes and op.uid not in wanted.review]
            if not ops or context.stopping():
                return
            self._apply(context, ops)

    def _passes(self, context: Context, changed: Sequence[ScopeRef]) -> Plan | None:
        """Reconcile and apply until a pass writes nothing; returns what is held."""
        for _ in range(PASSES):
            if context.stopping():
                return None
            wanted = self._reconcile(context)
            plan = guards.divide(context, wanted, changed)
            self._apply(context, plan.ops)
            if not plan.ops:
                return plan if plan.held else None
        context.tell("failed", f"still writing after {PASSES} passes: something answers every write with another change")
        return None

    def _reconcile(self, context: Context) -> Wanted:
        """Adopt and settle everything dirty, in batches, each item once. Where nothing is, nothing is asked of any system."""
        now = self._clock.now()
        with self._store.transaction() as tx:
            idle = not tx.dirty.take(now, 1)
        if idle and not scores_due(context):
            return Wanted()
        context.prepare(self._setup.scopes())
        company = Company(Crowd(), Transfers(context), Orphans(), Doubts(context))
        for rows in self._dirty_records(context, now):
            company.transfers.look(rows)
            company.crowd.join(context, rows)
            company.orphans.join(context, rows)
            company.doubts.join(rows)
        for turn in turns(company, declared=sources(context)):
            for rows in self._dirty_records(context, now):
                adopt(context, rows, company, turn)
        if sources(context):
            for rows in self._dirty_items(context, now, Nature.WORK):
                tie_declared(context, rows)
        look_for_suspects(context)
        rescore(context)
        wanted = Wanted()
        context.demanded.clear()
        for nature in (Nature.WORK, Nature.RELEASE, Nature.FEEDBACK, Nature.COMMENT):
            if nature is Nature.RELEASE:
                self._demand(context)
            for rows in self._dirty_items(context, now, nature):
                take_note_of_late_writes(context, rows)
                settle(context, rows, wanted)
        with self._store.transaction() as tx:
            known = tx.scopes.many({op.scope for op in wanted.ops})
        still = {scope for scope, row in known.items() if tell_frozen(context, scope, row)}
        wanted.ops = [op for op in wanted.ops if op.scope not in still]
        return wanted

    def _demand(self, context: Context) -> None:
        """Have the releases looked at that work needs where it will show."""
        with self._store.transaction() as tx:
            tx.dirty.mark([f"item:{uid}" for uid, _ in context.demanded], None, "new work goes into it")

    def _dirty_records(self, context: Context, now: float) -> Iterator[list[DirtyRow]]:
        """Records sort behind items, and nothing behind records."""
        return self._dirty(context, lambda tx, after: tx.dirty.take(now, BATCH, after), RECORDS)

    def _dirty_items(self, context: Context, now: float, nature: Nature) -> Iterator[list[DirtyRow]]:
        """Work first: it tells where releases are needed, and feedback what has become of it."""
        return self._dirty(context, lambda tx, after: tx.dirty.take_items(nature, now, BATCH, after), "")

    def _dirty(
        self, context: Context, take: Callable[[Transaction, str], list[DirtyRow]], after: str
    ) -> Iterator[list[DirtyRow]]:
        while True:
            with self._store.transaction() as tx:
                rows = take(tx, after)
            if not rows:
                return
            after = rows[-1].target
            context.keep_hold()
            yield rows

    def _apply(self, context: Context, ops: Sequence[Operation]) -> None:
        note_promises(context, ops)
        by_scope: dict[ScopeRef, list[Operation]] = defaultdict(list)
        for op in ops:
            by_scope[op.scope].append(op)
        scopes = [scope for scope in sorted(by_scope, key=str) if scope.system in self._setup.connectors]
        for scope in scopes:
            if not context.is_parked(scope):
                look_ahead(context, scope, creating=any(op.kind is OpKind.CREATE for op in by_scope[scope]))
        for scope in scopes:
            if not context.is_parked(scope):
                apply(context, scope, by_scope[scope])

    def _carry_out(self, context: Context, ops: Sequence[Operation], wait: bool) -> None:
        """Apply approved ops, resting for limits where that is wanted, until nothing is outstanding."""
        self._apply(context, self._outstanding(ops))
        while wait and context.rests and not context.stopping():
            self._rest(context)
            self._apply(context, self._outstanding(ops))

    def _outstanding(self, ops: Sequence[Operation]) -> list[Operation]:
        """The ops that were not sent yet; one that provably never left, or never arrived, goes out under a name of its own."""
        with self._store.transaction() as tx:
            return [fresh for op in ops if (fresh := self._unsent(tx, op)) is not None]

    def _unsent(self, tx: Transaction, op: Operation) -> Operation | None:
        while (row := tx.ops.get(op.uid)) is not None:
            if row.state is not OpState.NOT_SENT and row.outcome != "absent":
                return None
            uid = str(uuid.uuid5(uuid.UUID(op.uid), "again"))
            op = replace(op, uid=uid, marker=renewed(op.marker, uid, self._setup.marker_key) if op.marker else None)
        return op

    def _rest(self, context: Context) -> None:
        """Let time pass until the first of the resting systems may be asked again."""
        system, until = min(context.rests.items(), key=lambda pair: pair[1])
        left = max(0.0, until - self._clock.now())
        context.tell("resting", f"{system} rests for {left:.0f} s: {context.parked[system]}; Ctrl-C is safe, apply goes on later")
        while self._clock.now() < until and not context.stopping():
            self._clock.sleep(min(LEASE / 4, until - self._clock.now()))
            context.keep_hold()
        context.rests.pop(system)
        context.parked.pop(system)

    def _complete(self, context: Context, items: set[str], wait: bool) -> None:
        """Finish approved creations: set the status that a create could not carry."""
        wanted = self._reconcile(context)
        self._carry_out(context, [op for op in wanted.ops if op.uid in wanted.completing and op.item in items], wait)
        self._reconcile(context)


def _tell_unsent(context: Context) -> None:
    if context.unsent:
        context.tell("failed", f"writes to {len(context.unsent):,} items did not leave; they are tried again by the next run")
