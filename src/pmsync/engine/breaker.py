"""The loop breaker: stop writing a field that something else keeps undoing, and say so."""

from __future__ import annotations

from collections.abc import Sequence

from pmsync.engine.context import Context
from pmsync.model.item import Link
from pmsync.reconcile.operation import Change
from pmsync.reconcile.rails import Step, oscillates
from pmsync.store import Transaction
from pmsync.store.journal import Entry

WINDOW = 3600.0
"""Seconds of history that count."""

MOST = 10
"""Writes to one field of one record within the window, whoever edited in between: two automations that answer each other look like edits."""


CODE = "loop"


def place(link: Link, surface: str) -> str:
    """The subject of the notice that a surface of the record is left alone."""
    return f"{link.uid}:{surface}"


def looping(context: Context, tx: Transaction, link: Link, change: Change) -> bool:
    """Whether the change would feed a loop; told once each time it begins, and lifted when the window has passed."""
    since = context.clock.now() - WINDOW
    entries = [entry for entry in tx.journal.of_item(link.item, change.field, 100) if entry.at >= since]
    reason, subject = _reason(entries, link), place(link, change.surface)
    if reason is None:
        tx.notices.settle(link.scope, CODE, subject)
        return False
    said = f"{link.key} {change.field}: {reason}; it is left alone for an hour"
    if tx.notices.raise_(link.scope, CODE, subject, said):
        context.tell("held", said, scope=link.scope, item=link.item, field=change.field, code=CODE)
    return True


def tidy(context: Context, tx: Transaction) -> None:
    """Settle what was left alone and is wanted no more: what is still wanted has been told again within the window."""
    over = context.clock.now() - WINDOW
    for notice in tx.notices.open():
        if notice.code == CODE and notice.last_at < over:
            tx.notices.settle(notice.scope, CODE, notice.subject)


def _reason(entries: Sequence[Entry], link: Link) -> str | None:
    writes = [entry for entry in entries if entry.kind == "write" and entry.link == link.uid]
    if len(writes) >= MOST:
        return f"it was written {len(writes)} times within the hour: something answers every write with another change"
    steps = [step for entry in entries if (step := _step(entry, link)) is not None]
    return oscillates(steps)


def _step(entry: Entry, link: Link) -> Step | None:
    if entry.after is None:
        return None
    if entry.kind == "write" and entry.link == link.uid:
        return Step(entry.after, by_person=False)
    return Step(entry.after, by_person=True) if entry.kind in ("hub", "resolve", "undo") else None
