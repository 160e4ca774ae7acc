"""Placeless: a value that a system has no place for stays in the hub, and that is said once, for a value that shows nowhere may be missed."""

from __future__ import annotations

from pmsync.engine.context import Context
from pmsync.engine.gather import Gathered
from pmsync.model.enums import Nature
from pmsync.model.record import ScopeRef
from pmsync.model.values import EMPTY
from pmsync.reconcile.view import Decision
from pmsync.store import Transaction

_PLACELESS = frozenset({"start", "due", "blocked_by"})
"""Fields of work that some systems have no place for."""


def tell_placeless(context: Context, tx: Transaction, one: Gathered, decision: Decision) -> None:
    """A value that a system has no place for stays in the hub; said once per scope."""
    if one.item.kind.nature is not Nature.WORK:
        return
    values = {name: held.value for name, held in one.item.fields.items()} | {write.field: write.value for write in decision.hub}
    for name in sorted(name for name in _PLACELESS if values.get(name, EMPTY) != EMPTY):
        for scope in sorted({link.scope for link in one.alive if context.is_ready(link.scope)}, key=str):
            if (scope, name) not in context.placeless:
                context.placeless.add((scope, name))
                _judge(context, tx, one, (scope, name))


def _judge(context: Context, tx: Transaction, one: Gathered, place: tuple[ScopeRef, str]) -> None:
    scope, name = place
    if any(surface.field == name for surface in context.surfaces(scope, Nature.WORK)):
        tx.notices.settle(scope, "placeless", name)
    elif context.setup.policy.flow(name, scope.system, Nature.WORK).emits:
        reason = f"{scope} has no place for {name}: what is set elsewhere is kept, and does not show there"
        if tx.notices.raise_(scope, "placeless", name, reason):
            context.tell("skipped", reason, scope=scope, item=one.item.uid, field=name, code="placeless")
