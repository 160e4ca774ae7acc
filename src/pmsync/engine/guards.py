"""Guards: what a run may write, and where. Every write passes here twice: when it is planned, and just before it is sent.

What waits for a person is held in the plan; what waits only for time (a scope on trial, creates in doubt) is left to the next run.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from pmsync.engine import breaker
from pmsync.engine.context import Context
from pmsync.engine.mark import RESTORED, tell_frozen
from pmsync.engine.protect import tidy
from pmsync.engine.settle import Wanted
from pmsync.model.record import ScopeRef
from pmsync.reconcile.operation import Operation, OpKind
from pmsync.reconcile.plan import Held, Plan
from pmsync.reconcile.rails import DOUBTFUL, everything_moved, failing, judge, ration
from pmsync.store import Transaction
from pmsync.store.ops import OpRow
from pmsync.store.pauses import Pause
from pmsync.store.scopes import ScopeRow

CANARY, FULL = "canary", "full"
MOVED = "everything_moved"
FAILING = "writes_failing"


# -- before anything is read ------------------------------------------------------------------------------------------------------


def begin(context: Context, about: Sequence[ScopeRef]) -> None:
    """Find out which scopes a person has paused; those that the run is ``about`` are told, and so is what stays frozen until a person acts."""
    with context.store.transaction() as tx:
        _look_for_pauses(context, tx)
        rows = tx.scopes.many(about)
    for scope, row in rows.items():
        _tell_paused(context, scope)
        if row is not None and row.frozen_why not in ("", RESTORED):
            tell_frozen(context, scope, row)


def _look_for_pauses(context: Context, tx: Transaction) -> None:
    pauses = {pause.target: pause for pause in tx.pauses.all()}
    for scope in context.setup.scopes():
        if (pause := pauses.get(scope.system) or pauses.get(str(scope))) is not None:
            context.paused[scope] = say_paused(pause)


def say_paused(pause: Pause) -> str:
    """The sentence on a pause, its remedy included."""
    why = f" ({pause.why})" if pause.why else ""
    return f"{pause.target} is paused by {pause.who}{why}, until: pmsync resume {pause.target}"


def _tell_paused(context: Context, scope: ScopeRef) -> None:
    said = context.paused.get(scope)
    if said and context.ledger.first_time(said):
        context.tell("skipped", said, scope=scope, code="paused")


# -- when writes are planned ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Case:
    """What is known when writes are divided."""

    rows: Mapping[ScopeRef, ScopeRow]
    changed: Collection[ScopeRef]
    suspicious: Mapping[str, str]
    """Items of scopes on which everything moved at once, with the reason."""


def divide(context: Context, wanted: Wanted, changed: Collection[ScopeRef], *, only_plan: bool = False) -> Plan:
    """Divide the wanted writes into what may be done, what a person must see first, and what waits for the next run.

    Args:
        context: the run.
        wanted: what it wants to write.
        changed: scopes whose config changed; with any of them everything is held.
        only_plan: nothing is about to be done, so that nothing is rationed.
    """
    ops = wanted.in_order()
    context.ledger.wanted |= {op.scope for op in ops}
    with context.store.transaction() as tx:
        concerned = {op.scope for op in ops} | set(context.ledger.moved)
        linked = {scope: tx.links.count(scope) for scope in context.setup.scopes() if scope in concerned}
        _raise_alarms(context, tx, linked, changed)
        case = _Case(_rows(tx, ops), changed, _suspicious(context, tx, ops))
        doubtful = tx.ops.open()
    verdict = judge(ops, linked, context.setup.policy.limits, review=wanted.review, exempt=wanted.completing)
    reasons = {held.op.uid: held.reason for held in verdict.held}
    for op in ops:
        why = _reason(context, case, op)
        if why is not None:
            reasons.setdefault(op.uid, why)
    if not only_plan:
        _tell_new(context, case, ops)
    allowed = [op for op in ops if op.uid not in reasons]
    now = allowed if only_plan else _rationed(context, case, allowed, doubtful)
    held = tuple(Held(op, reasons[op.uid]) for op in ops if op.uid in reasons)
    return Plan(context.new_uid(), context.clock.now(), tuple(now), held, tuple(wanted.skips))


def _rows(tx: Transaction, ops: Iterable[Operation]) -> dict[ScopeRef, ScopeRow]:
    return _known(tx, {op.scope for op in ops})


def _known(tx: Transaction, scopes: Iterable[ScopeRef]) -> dict[ScopeRef, ScopeRow]:
    return {scope: row or ScopeRow(scope) for scope, row in tx.scopes.many(scopes).items()}


def _reason(context: Context, case: _Case, op: Operation) -> str | None:
    """Why a person must look before the op is done, whatever the limits say."""
    if case.changed:
        return "the config changed: look at the plan first"
    if _is_new(context, case, op.scope):
        return f"{op.scope} is new: look at the plan first"
    return case.suspicious.get(op.item)


def _is_new(context: Context, case: _Case, scope: ScopeRef) -> bool:
    return context.setup.policy.start == "careful" and not case.rows[scope].trust


def _tell_new(context: Context, case: _Case, ops: Iterable[Operation]) -> None:
    for scope in sorted({op.scope for op in ops}, key=str):
        said = f"{scope} is new: look at the plan first: pmsync plan -o plan.json, then pmsync apply plan.json"
        if _is_new(context, case, scope) and context.ledger.first_time(said):
            context.tell("held", said, scope=scope, code="new")


def _rationed(context: Context, case: _Case, allowed: Sequence[Operation], doubtful: Sequence[OpRow]) -> list[Operation]:
    """What is done in this run of what may be done; the rest is counted for ``tell_later``."""
    ledger = context.ledger
    groups: dict[ScopeRef, list[Operation]] = defaultdict(list)
    for op in allowed:
        groups[op.scope].append(op)
    kept: set[str] = set()
    for scope, group in groups.items():
        now: Sequence[Operation] = group
        if case.rows[scope].trust == CANARY and context.setup.policy.start == "careful":
            now, later = ration(group, ledger.written[scope])
            ledger.later[scope] = len(later)
        if _doubted(scope, doubtful) > DOUBTFUL and any(op.kind is OpKind.CREATE for op in now):
            now = [op for op in now if op.kind is not OpKind.CREATE]
            _tell_doubted(context, scope, _doubted(scope, doubtful))
        kept |= {op.uid for op in now}
    return [op for op in allowed if op.uid in kept]


def _doubted(scope: ScopeRef, rows: Iterable[OpRow]) -> int:
    return sum(1 for row in rows if row.op.scope == scope and row.op.kind is OpKind.CREATE and row.ref is None)


# -- everything moved at once -----------------------------------------------------------------------------------------------------


def _raise_alarms(context: Context, tx: Transaction, linked: Mapping[ScopeRef, int], changed: Collection[ScopeRef]) -> None:
    for scope, moved in context.ledger.moved.items():
        reason = everything_moved(moved, linked.get(scope, 0))
        if reason is None or scope in changed or scope in context.ledger.reread:
            continue
        said = f"{scope}: {reason}"
        tx.notices.raise_(scope, MOVED, "", said)
        if context.ledger.first_time(said):
            hint = "look at pmsync plan; pmsync apply approves it, and reverting it there ends it"
            context.tell("held", said, scope=scope, code=MOVED, hint=hint)


def _suspicious(context: Context, tx: Transaction, ops: Sequence[Operation]) -> dict[str, str]:
    """Items of the ops that show in a scope under alarm. An alarm from which no write follows is over."""
    alarms = {row.scope: row.reason for row in tx.notices.open() if row.code == MOVED and row.scope is not None}
    if not alarms:
        return {}
    links = tx.links.of_items([op.item for op in ops])
    found = {uid: alarms[link.scope] for uid, group in links.items() for link in group if link.scope in alarms}
    for scope in alarms:
        if not any(link.scope == scope for uid in found for link in links[uid]) and not _is_partial(context, scope):
            tx.notices.settle(scope, MOVED, "")
    return found


def _is_partial(context: Context, scope: ScopeRef) -> bool:
    """Whether something of the scope's product cannot be asked now, so that more may be wanted of it."""
    product = context.setup.product_of(scope)
    return product is None or any(context.is_parked(one) for one in product.scopes)


# -- just before writes are sent --------------------------------------------------------------------------------------------------


def may_go_on(context: Context, scope: ScopeRef) -> bool:
    """Whether the next batch may go to ``scope``. Asked between batches: a person may have paused it meanwhile."""
    if context.stopping() or context.is_parked(scope):
        return False
    with context.store.transaction() as tx:
        _look_for_pauses(context, tx)
        context.ledger.doubtful[scope] = _doubted(scope, tx.ops.open())
        row = tx.scopes.get(scope)
    _tell_paused(context, scope)
    return scope not in context.paused and not tell_frozen(context, scope, row) and not is_failing(context, scope)


def is_failing(context: Context, scope: ScopeRef) -> bool:
    """Whether too many of this run's writes to the system failed; told once, and kept in sight until writes go well again."""
    ledger = context.ledger
    reason = failing(ledger.sent[scope.system], ledger.failed[scope.system])
    if reason is None:
        return False
    said = f"{scope.system}: {reason}: nothing more is written there in this run"
    if ledger.first_time(said):
        with context.store.transaction() as tx:
            tx.notices.raise_(scope, FAILING, "", f"{scope.system}: {reason} in one run, which then stopped writing there")
        context.tell(
            "failed", said, scope=scope, code=FAILING, hint="pmsync status tells what was refused, pmsync doctor what is missing"
        )
    return True


def may_create(context: Context, scope: ScopeRef) -> bool:
    """Whether one more record may be made in ``scope``: not while too many creates there are in doubt. Asked before each."""
    doubted = context.ledger.doubtful[scope]
    if context.stopping() or is_failing(context, scope):
        return False
    if doubted <= DOUBTFUL:
        return True
    _tell_doubted(context, scope, doubted)
    return False


def _tell_doubted(context: Context, scope: ScopeRef, doubted: int) -> None:
    said = f"{scope}: {doubted} creates are in doubt: no more are made until they are looked up"
    if context.ledger.first_time(said):
        context.tell("waiting", said, scope=scope, code="in_doubt", hint="pmsync status lists them")


# -- how far a scope is trusted ---------------------------------------------------------------------------------------------------


def approve(context: Context, plan: Plan) -> None:
    """A person looked at ``plan`` and applies it: new scopes in it are on trial from now on, and alarms older than it are over."""
    with context.store.transaction() as tx:
        for row in _rows(tx, plan.ops).values():
            if not row.trust:
                tx.scopes.put(replace(row, trust=CANARY))
        for notice in [row for row in tx.notices.open() if row.code == MOVED and row.last_at <= plan.at]:
            tx.notices.settle(notice.scope, MOVED, "")


def tell_undone(context: Context, ops: Iterable[Operation]) -> None:
    """Say of approved ``ops`` that were not sent where a person's pause is the reason."""
    for scope, count in Counter(op.scope for op in ops if op.scope in context.paused).items():
        said = f"{scope}: {count:,} writes of the plan were not done: {context.paused[scope]}"
        context.tell("held", said, scope=scope, code="paused", hint="resume it, then apply the plan again")


def end_sync(context: Context) -> None:
    """Tell what waits for the next run, and trust the scopes that earned it."""
    for scope, count in sorted(context.ledger.later.items(), key=lambda pair: str(pair[0])):
        if count:
            said = f"{scope} is on trial: {count:,} more writes there wait for the next run"
            context.tell("later", said, scope=scope, code=CANARY)
    if context.stopping():
        return
    with context.store.transaction() as tx:
        doubted = {row.op.scope for row in tx.ops.open()}
        rows = _known(tx, context.setup.scopes())
        for row in rows.values():
            trust = _earned(context, row, rows, doubted)
            if trust != row.trust:
                tx.scopes.put(replace(row, trust=trust))
        _end_failing(context, tx)
        tidy(context, tx)
        breaker.tidy(context, tx)


def _earned(context: Context, row: ScopeRow, rows: Mapping[ScopeRef, ScopeRow], doubted: Collection[ScopeRef]) -> str:
    scope, ledger = row.scope, context.ledger
    if row.frozen_why:
        return row.trust
    if context.setup.policy.start == "at_once":
        return FULL if row.pulled_at and context.is_ready(scope) else row.trust
    if not row.trust and scope not in ledger.wanted and _product_is_read(context, scope, rows):
        return CANARY
    clean = ledger.written[scope] and scope not in ledger.troubled and scope not in doubted
    return FULL if row.trust == CANARY and clean else row.trust


def _product_is_read(context: Context, scope: ScopeRef, rows: Mapping[ScopeRef, ScopeRow]) -> bool:
    """Whether all that could ask for a write in ``scope`` was read and looked at in full."""
    product = context.setup.product_of(scope)
    return product is not None and not _is_partial(context, scope) and all(rows[one].pulled_at for one in product.scopes)


def _end_failing(context: Context, tx: Transaction) -> None:
    ledger = context.ledger
    for row in [row for row in tx.notices.open() if row.code == FAILING and row.scope is not None]:
        system = row.scope.system if row.scope else ""
        if ledger.sent[system] and failing(ledger.sent[system], ledger.failed[system]) is None:
            tx.notices.settle(row.scope, FAILING, "")
