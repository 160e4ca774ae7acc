"""Pausing a system or a scope, and letting it go on: a person's brake. A pause takes hold in the middle of a run, so it needs no lease.

A person's word is as good as an intent: it is committed durably, so that no power cut takes it back.
"""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from pmsync.engine.setup import Setup
from pmsync.engine.sweep import SHRUNK
from pmsync.model.record import ScopeRef
from pmsync.store import Store, Transaction
from pmsync.store.journal import Entry
from pmsync.store.pauses import Pause


@dataclass(frozen=True, slots=True)
class Who:
    """The person at the keyboard, and the moment (Unix seconds)."""

    name: str
    at: float


def pause(store: Store, target: str, who: Who, why: str) -> bool:
    """Pause a system or a scope by name; False when it was paused already, which only gets the new reason."""
    with store.transaction(durable=True) as tx:
        known = any(one.target == target for one in tx.pauses.all())
        tx.pauses.put(target, who.name, why)
        tx.journal.append([_entry("", "pause", target, who, f"{target} paused by {who.name}" + (f": {why}" if why else ""))])
    return not known


def unpause(store: Store, target: str, who: Who) -> Pause | None:
    """End the pause of exactly that name; None when there is none."""
    with store.transaction(durable=True) as tx:
        found = next((one for one in tx.pauses.all() if one.target == target), None)
        if found is not None:
            tx.pauses.lift(target)
            tx.journal.append([_entry("", "resume", target, who, f"{target} resumed by {who.name}")])
    return found


def frozen_scopes(setup: Setup, store: Store) -> dict[ScopeRef, str]:
    """The scopes that may not be written until a person says so, each with the reason."""
    with store.transaction() as tx:
        rows = list(tx.scopes.many(setup.scopes()).values())
    return {row.scope: row.frozen_why for row in rows if row is not None and row.frozen_why}


def thaw(tx: Transaction, run: str, scope: ScopeRef, who: Who) -> str:
    """Let a frozen scope be written again; why it was frozen, "" when it was not."""
    row = tx.scopes.get(scope)
    if row is None or not row.frozen_why:
        return ""
    tx.scopes.put(replace(row, frozen_why=""))
    for notice in tx.notices.open():
        if notice.scope == scope and notice.reason.endswith(row.frozen_why):
            tx.notices.settle(scope, notice.code, notice.subject)
    why = f"{scope} may be written again, says {who.name}; it was frozen: {row.frozen_why}"
    tx.journal.append([_entry(run, "resume", str(scope), who, why)])
    return row.frozen_why


def believe(tx: Transaction, run: str, scope: ScopeRef, who: Who) -> int | None:
    """Believe the scope's short listing and sweep by it with the next run; how many records it held, None when none was refused."""
    row = tx.scopes.get(scope)
    if row is None or row.shrunk_to < 0 or tx.notices.get(scope, SHRUNK, "") is None:
        return None
    tx.notices.settle(scope, SHRUNK, "")
    tx.scopes.put(replace(row, swept_at=1.0))
    why = f"the listing of {scope}, down to {row.shrunk_to:,} records, is right, says {who.name}"
    tx.journal.append([_entry(run, "resume", str(scope), who, why)])
    return row.shrunk_to


def _entry(run: str, kind: str, target: str, who: Who, why: str) -> Entry:
    return Entry(run, kind, "", system=target.partition(":")[0], actor=who.name, why=why, at=who.at)
