"""The instance mark: kept in each container, so that a store which is older than the world, or not alone in it, is noticed.

It is read on the catalogue's slow beat, before the first write of a run at whose end it would be left anew, and before a run creates anything.
It is left at the end of runs that wrote something else into the container, and before the first create: a store that does not know of a create
does not know that mark either. The mark that is about to be left is committed first: after a lost answer or a crash either is ours.

A mark of our own that this store never left means that the store was restored from a backup, or that a copy of it runs elsewhere. Nothing is
written then until everything was read again from the beginning, and what a listing may not show yet has had its time to show up; see
``pmsync.engine.adopt`` for how records find back to their items.
"""

from __future__ import annotations

from msgspec.structs import replace

from pmsync.connect.capabilities import Full
from pmsync.connect.errors import Rejected
from pmsync.connect.marks import Whose, make_mark, maker, whose
from pmsync.engine.context import Context
from pmsync.model.record import ScopeRef
from pmsync.store import Transaction
from pmsync.store.scopes import ScopeRow

WEEK = 7 * 86_400.0
"""Seconds within which a second mark that this store never left means that a copy of it is at work."""

RESTORED = "this store is older than what pmsync left there: everything is read again before anything is written"
COPIED = "a copy of this store works there too: stop one of the two, then `pmsync resume` here"
OTHER = "another pmsync installation manages it: take it out of one config, or `pmsync resume` here if that one has ended"

_CODES = {RESTORED: "restored", COPIED: "copied", OTHER: "other_instance"}
_KEPT = "no_mark"


def look(context: Context, scope: ScopeRef) -> bool:
    """Read the mark of the scope's container, and freeze what must not be written to because of it: True then. No transaction may be open."""
    if not _keeps(context, scope):
        return False
    container = context.connector(scope).container(scope)
    if not container.readable:
        return False
    context.marks[scope] = container.mark or ""
    with context.store.transaction() as tx:
        row = tx.scopes.get(scope) or ScopeRow(scope)
        judged = _judged(context, tx, row, container.mark or "")
        tx.scopes.put(judged)
    if judged.frozen_why == row.frozen_why:
        return False
    for one in context.setup.scopes():
        frozen(context, one)
    return True


def frozen(context: Context, scope: ScopeRef) -> str:
    """Why nothing may be written to the scope; "" when it may. Told once per run."""
    with context.store.transaction() as tx:
        row = tx.scopes.get(scope)
    return tell_frozen(context, scope, row)


def tell_frozen(context: Context, scope: ScopeRef, row: ScopeRow | None) -> str:
    """As ``frozen``, of what is known of the scope."""
    why = row.frozen_why if row else ""
    said = f"{scope}: nothing is written: {why}"
    if why and context.ledger.first_time(said):
        kind = "waiting" if why == RESTORED else "held"
        context.tell(kind, said, scope=scope, code=_CODES.get(why, "frozen"))
    return why


def look_ahead(context: Context, scope: ScopeRef, *, creating: bool) -> None:
    """Look at the mark before the first write of a run that will leave it anew: a newer one must not be lost under ours."""
    with context.store.transaction() as tx:
        row = tx.scopes.get(scope) or ScopeRow(scope)
    if (creating or _is_due(context, row)) and scope not in context.marks:
        with context.isolated(scope, "reading the mark"):
            look(context, scope)


def leave_ahead(context: Context, scope: ScopeRef) -> None:
    """Leave a mark before the first create of a run: to a store that does not know what is made now, it will be a stranger's.

    Raises:
        ConnectorError: it cannot be told whether it was left.
    """
    if not _keeps(context, scope) or scope in context.ledger.marked:
        return
    with context.store.transaction() as tx:
        row = tx.scopes.get(scope) or ScopeRow(scope)
        refused = tx.notices.get(scope, _KEPT, str(scope)) is not None
    if not refused or _is_due(context, row):
        _leave(context, scope)
    context.ledger.marked.add(scope)


def leave_marks(context: Context) -> None:
    """At the end of a run that may write: leave the marks that are due, and let scopes go on that were read anew."""
    with context.store.transaction() as tx:
        rows = tx.scopes.many(context.setup.scopes())
    for scope in [scope for scope, row in rows.items() if (row and row.frozen_why) or context.ledger.written.get(scope)]:
        if context.stopping() or context.is_parked(scope) or scope.system not in context.setup.connectors:
            continue
        with context.store.transaction() as tx:  # the mark of a scope before it may have frozen this one
            row = tx.scopes.get(scope) or ScopeRow(scope)
        reread = row.frozen_why == RESTORED and row.pulled_at > 0
        if reread or (not row.frozen_why and context.ledger.written.get(scope)):
            with context.isolated(scope, "leaving the mark"):
                if _keeps(context, scope) and _is_due(context, row):
                    _leave(context, scope)
                if reread and _has_shown_up(context, scope):
                    _go_on(context, scope)
                elif reread:
                    frozen(context, scope)  # told also where there is nothing to write yet


def _keeps(context: Context, scope: ScopeRef) -> bool:
    return isinstance(context.connector(scope).capabilities.container, Full)


def _is_due(context: Context, row: ScopeRow) -> bool:
    return context.clock.now() - row.marked_at >= context.setup.beats.catalogue


def _has_shown_up(context: Context, scope: ScopeRef) -> bool:
    """Whether the scope was read in this run, late enough to show whatever was written before the store was put back.

    Where our clock was set back since, that cannot be told, and is not waited for.
    """
    with context.store.transaction() as tx:
        rows = [row for one in context.setup.scopes() if (row := tx.scopes.get(one)) is not None]
    noticed = max((row.restored_at for row in rows), default=0.0)
    pulled = next((row.pulled_at for row in rows if row.scope == scope), 0.0)
    since = context.began - noticed
    return pulled >= context.began and not 0 <= since < context.connector(scope).capabilities.quiet_period


def _whose(context: Context, mark: str) -> Whose:
    return whose(mark, context.store.instance, context.setup.marker_key)


# -- what a mark says ------------------------------------------------------------------------------------------------------------


def _judged(context: Context, tx: Transaction, row: ScopeRow, seen: str) -> ScopeRow:
    """What is known of the scope once ``seen`` was read in its container."""
    by = _whose(context, seen)
    if by is Whose.NOBODY:
        return replace(row, marked_at=0.0)
    if seen == row.mark:
        return row
    if seen == row.next_mark:
        return replace(row, mark=seen, next_mark="", marked_at=row.marked_at or context.clock.now())
    if by is not Whose.OURS:
        known = maker(seen) == maker(row.mark)
        return replace(row, mark=seen) if known else _freeze(context, tx, replace(row, mark=seen), OTHER)
    if any(seen in (other.mark, other.next_mark) for other in _others(context, tx, row)):
        return replace(row, mark=seen)  # one container under two names
    return _older(context, tx, row, seen)


def _others(context: Context, tx: Transaction, row: ScopeRow) -> list[ScopeRow]:
    scopes = [scope for scope in context.setup.scopes() if scope != row.scope]
    return [other for scope in scopes if (other := tx.scopes.get(scope)) is not None]


def _older(context: Context, tx: Transaction, row: ScopeRow, seen: str) -> ScopeRow:
    """The store is older than the world, in this scope and in every other: all are read anew, their marks first."""
    now = context.clock.now()
    again = bool(row.restored_at) and now - row.restored_at < WEEK
    why = COPIED if again else RESTORED
    for other in _others(context, tx, row):
        lately = bool(other.restored_at) and now - other.restored_at < WEEK
        if again or not (lately or other.frozen_why):
            tx.scopes.put(replace(_unread(context, tx, other, why), catalogue_at=0.0))
    return replace(_unread(context, tx, row, why), mark=seen, next_mark="", restored_at=now)


def _unread(context: Context, tx: Transaction, row: ScopeRow, why: str) -> ScopeRow:
    """As if nothing had ever been read there. The sweep is due: what was deleted or moved away meanwhile is in no listing."""
    tx.cursors.forget(row.scope)
    due = max(1.0, context.clock.now() - context.setup.beats.sweep)
    return _freeze(context, tx, replace(row, pulled_at=0.0, marked_at=0.0, swept_at=due), why)


def _freeze(context: Context, tx: Transaction, row: ScopeRow, why: str) -> ScopeRow:
    tx.notices.raise_(row.scope, _CODES[why], str(row.scope), f"{row.scope}: {why}")
    return replace(row, frozen_why=why)


# -- leaving one -----------------------------------------------------------------------------------------------------------------


def _leave(context: Context, scope: ScopeRef) -> None:
    if scope not in context.marks:
        look(context, scope)
    if _whose(context, context.marks.get(scope, "")) is Whose.FOREIGN:
        return  # a person let us work beside another installation: its mark stays where it is
    with context.store.transaction(durable=True) as tx:
        row = tx.scopes.get(scope) or ScopeRow(scope)
        mark = row.next_mark or make_mark(context.store.instance, context.new_uid(), context.setup.marker_key)
        tx.scopes.put(replace(row, next_mark=mark))
    try:
        context.connector(scope).leave_mark(scope, mark)
    except Rejected as refused:
        _refused(context, scope, refused)
        return
    with context.store.transaction() as tx:
        row = tx.scopes.get(scope) or ScopeRow(scope)
        tx.scopes.put(replace(row, mark=mark, next_mark="", marked_at=context.clock.now()))
        tx.notices.settle(scope, _KEPT, str(scope))
        if not row.frozen_why:
            for code in _CODES.values():
                tx.notices.settle(scope, code, str(scope))


def _refused(context: Context, scope: ScopeRef, refused: Rejected) -> None:
    """Told once. Everything else goes on without a mark, and it is tried again a beat later."""
    with context.store.transaction() as tx:
        row = tx.scopes.get(scope) or ScopeRow(scope)
        tx.scopes.put(replace(row, next_mark="", marked_at=context.clock.now()))
        said = f"{refused.message}; until then a restored or copied store may go unnoticed there" + (
            f" ({refused.hint})" if refused.hint else ""
        )
        if tx.notices.raise_(scope, _KEPT, str(scope), said):
            context.tell("skipped", said, scope=scope, hint=refused.hint, code=_KEPT)


def _go_on(context: Context, scope: ScopeRef) -> None:
    with context.store.transaction() as tx:
        row = tx.scopes.get(scope) or ScopeRow(scope)
        tx.scopes.put(replace(row, frozen_why=""))
        tx.notices.settle(scope, _CODES[RESTORED], str(scope))
    context.tell("settled", f"{scope}: read again from the beginning; the next run goes on writing", scope=scope, code="restored")
