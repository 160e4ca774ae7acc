"""Undo: a plan that takes back what one run wrote, and says of everything else why it stays.

Only what the run left and nobody touched since is taken back. The hub keeps its values: what is put back is agreed upon as it stands,
although the sides differ, until either is edited. What the run created is closed where that can be said there, and given back: pmsync manages
it no more and makes none in its place.

The codes of what is left alone: ``changed_since``, ``written_again``, ``undone_already``, ``conflict``, ``not_pushed``, ``unresolved``,
``unmanaged``, ``gone``, ``restricted``, ``protected``, ``out_of_reach``; and ``left_open`` for a created record that is given back without
being closed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pmsync.engine.context import Context
from pmsync.engine.person import NotFoundError
from pmsync.engine.takeback import TakeBack, around, barred
from pmsync.engine.written import Done, done_by
from pmsync.model.item import Link
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.model.values import EMPTY
from pmsync.reconcile.lens import Unmapped
from pmsync.reconcile.operation import Operation
from pmsync.reconcile.plan import Held, Plan
from pmsync.reconcile.rails import judge
from pmsync.reconcile.view import Skip
from pmsync.store import Transaction
from pmsync.store.runs import RunRow

LAST = "last"
"""The name of the latest run that wrote something."""

_RUNS = 5
"""How many runs a person is offered who named one that does not exist."""


@dataclass(frozen=True, slots=True)
class Undoing:
    """What taking ``run`` back would write, and what else the run did, which ``stays``: sentences."""

    run: RunRow
    plan: Plan
    stays: tuple[str, ...]


def undo(context: Context, name: str) -> Undoing:
    """The plan that takes back the run of that name (a beginning of it is enough, or ``last``). Reads every record it wrote directly.

    Raises:
        NotFoundError: there is no such run.
        TooVague: several runs begin so.
    """
    with context.store.transaction() as tx:
        run = _find(tx, name)
        done = done_by(tx, run.uid)
        stays = _stays(tx, run, done)
    maker = _Maker(context, run, done)
    by_scope: dict[ScopeRef, list[Link]] = defaultdict(list)
    for link in sorted(done.links.values(), key=lambda link: (str(link.scope), link.key, link.uid)):
        by_scope[link.scope].append(link)
    for scope, links in by_scope.items():
        maker.look(scope, links)
    return Undoing(run, _railed(context, maker), stays)


def _find(tx: Transaction, name: str) -> RunRow:
    writers = tx.runs.writers(_RUNS)
    row = (writers[0] if writers else None) if name == LAST else tx.runs.get(name)
    if row is not None:
        return row
    if not writers:
        raise NotFoundError(f"there is no run {name!r}: none has written anything yet", hint="pmsync sync")
    offered = ", ".join(f"{one.uid[:8]} ({one.kind})" for one in writers)
    raise NotFoundError(f"there is no run {name!r}", hint=f"the latest that wrote something: {offered}; or `last`")


def _stays(tx: Transaction, run: RunRow, done: Done) -> tuple[str, ...]:
    """What the run did in the hub, which is no write and is not taken back."""
    counts = tx.journal.counts(run.uid)
    told = (
        ("hub", "values taken over into the hub: pmsync explain shows them"),
        ("item", "items made of new records"),
        ("adopted", "records tied to items: pmsync unlink takes one out"),
        ("resolve", "conflicts ended"),
        ("conflict", "conflicts opened: pmsync conflicts"),
    )
    counts = {**counts, "adopted": counts.get("link", 0) - len(done.created)}
    return tuple(f"{counts[kind]:,} {words}" for kind, words in told if counts.get(kind, 0) > 0)


@dataclass(slots=True)
class _Maker:
    """Turns what a run did into the ops that take it back, record by record."""

    context: Context
    run: RunRow
    done: Done
    ops: list[Operation] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)

    def look(self, scope: ScopeRef, links: Sequence[Link]) -> None:
        """Read the records of one scope and plan for them; all of them are left alone where it cannot be read."""
        context = self.context
        if scope not in context.setup.scopes():
            self._leave(links, f"{scope} is not in the config any more")
            return
        context.prepare([scope])
        size = context.connector(scope).capabilities.fetch_batch
        for start in range(0, len(links), size):
            chunk = links[start : start + size]
            context.keep_hold()
            records = self._read(scope, chunk)
            if records is None:
                why = context.paused.get(scope) or context.parked.get(scope.system, "see above")
                self._leave(chunk, f"{scope} cannot be read now: {why}")
            else:
                self._plan(chunk, records)
            context.tell("progress", f"{scope}: reading", scope=scope, done=start + len(chunk), total=len(links))

    def _read(self, scope: ScopeRef, links: Sequence[Link]) -> dict[RecordRef, Record] | None:
        """The records as they show now; None where they cannot be asked for."""
        context = self.context
        if not context.is_ready(scope) or context.is_parked(scope):
            return None
        with context.isolated(scope, "reading what is to be undone"):
            found = context.connector(scope).fetch(scope, [link.ref for link in links])
            return {record.ref: record for record in found.records}
        return None

    def _leave(self, links: Sequence[Link], reason: str) -> None:
        self.skips += [Skip(link.uid, "", "", "out_of_reach", link.key, f"{link.key}: {reason}") for link in links]

    def _plan(self, links: Sequence[Link], records: Mapping[RecordRef, Record]) -> None:
        context = self.context
        with context.store.transaction() as tx:
            facts = around(tx, links)
            for link in links:
                record = records.get(link.ref)
                refused = barred(context, link, record, facts)
                if record is None or refused is not None:
                    self.skips += [] if refused is None else [refused]
                    continue
                one = TakeBack(context, tx, self.run, link, record, facts)
                created = self.done.created.get(link.uid)
                op = one.given_back(created) if created is not None else one.put_back(self.done.writes[link.uid])
                self.ops += [] if op is None else [op]
                self.skips += one.skips


def _railed(context: Context, maker: _Maker) -> Plan:
    """The plan, divided by the rails: an undo of many writes waits for a person like any other run of that size."""
    with context.store.transaction() as tx:
        linked = {scope: tx.links.count(scope) for scope in context.setup.scopes()}
    meant = [_as_meant(context, op) for op in maker.ops]
    reasons = {held.op.uid: held.reason for held in judge(meant, linked, context.setup.policy.limits).held}
    allowed = tuple(op for op in maker.ops if op.uid not in reasons)
    held = tuple(Held(op, reasons[op.uid]) for op in maker.ops if op.uid in reasons)
    return Plan(context.new_uid(), context.clock.now(), allowed, held, tuple(maker.skips))


def _as_meant(context: Context, op: Operation) -> Operation:
    """The op with what each change means in the hub's words in place of the hub's value: the rails look at where a record goes."""
    surfaces = context.surface_map(op.scope)
    changes = []
    for change in op.changes:
        meaning = surfaces[change.surface].lens.ingest(change.after, EMPTY)
        changes.append(change if isinstance(meaning, Unmapped) else replace(change, hub=meaning))
    return replace(op, changes=tuple(changes))
