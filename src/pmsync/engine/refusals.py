"""Writes that were refused are not tried again with the same value every round: they rest, told once, until the slow beat."""

from __future__ import annotations

import hashlib

from pmsync.engine.context import Context
from pmsync.model.item import Link
from pmsync.model.record import ScopeRef
from pmsync.model.values import Empty
from pmsync.reconcile.operation import Change, Operation
from pmsync.store import Transaction

CODE = "refused"
CREATE_CODE = "create_refused"


def refuse(context: Context, tx: Transaction, link: Link, change: Change, reason: str, *, tell: bool = True) -> None:
    """Remember that ``change`` was refused on ``link``, and tell it the first time (unless the caller tells it)."""
    context.ledger.troubled.add(link.scope)
    if tx.notices.raise_(link.scope, CODE, _subject(link, change), f"{link.key} {change.field}: {reason}") and tell:
        context.tell("rejected", f"{link.key} {change.field}: {reason}", scope=link.scope, item=link.item, field=change.field)


def refused(context: Context, tx: Transaction, link: Link, change: Change) -> bool:
    """Whether this very change was refused lately."""
    row = tx.notices.get(link.scope, CODE, _subject(link, change))
    if row is None:
        return False
    return context.clock.now() - row.last_at < context.setup.beats.catalogue


def refusal(tx: Transaction, link: Link, change: Change) -> str | None:
    """What the system said when it refused this very change, however long ago; None when it did not, or took it since."""
    row = tx.notices.get(link.scope, CODE, _subject(link, change))
    return row.reason if row is not None else None


def refuse_create(context: Context, tx: Transaction, op: Operation, reason: str) -> None:
    """Remember that creating the item's record in the op's scope was refused."""
    tx.notices.raise_(op.scope, CREATE_CODE, op.item, reason)


def create_refused(context: Context, tx: Transaction, scope: ScopeRef, item: str) -> bool:
    """Whether creating the item's record in ``scope`` was refused lately."""
    row = tx.notices.get(scope, CREATE_CODE, item)
    return row is not None and context.clock.now() - row.last_at < context.setup.beats.catalogue


def accepted(tx: Transaction, link: Link, change: Change) -> None:
    """Forget an earlier refusal of the change."""
    tx.notices.settle(link.scope, CODE, _subject(link, change))


def _subject(link: Link, change: Change) -> str:
    after = change.after
    text = "" if isinstance(after, Empty) else str(sorted(after.value) if isinstance(after.value, frozenset) else after.value)
    return f"{link.uid}:{change.surface}:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def refusals(context: Context) -> int:
    """How many refused writes rest now."""
    with context.store.transaction() as tx:
        return sum(1 for row in tx.notices.open() if row.code in (CODE, CREATE_CODE))
