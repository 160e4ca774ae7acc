"""Crossing: where comments go further than the hub, by the config, and which of them take part."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from pmsync.connect.capabilities import Unsupported
from pmsync.connect.comments import ON
from pmsync.connect.markers import origin_of
from pmsync.engine.context import Context
from pmsync.model.enums import Nature, Role
from pmsync.model.item import Link, LinkState
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.model.values import Known
from pmsync.reconcile.matching import How
from pmsync.store import Transaction
from pmsync.store.scopes import ScopeRow

SKEW = 300.0
"""Seconds by which a server's clock may trail behind ours: a comment from just before comments began to cross may cross."""


def crosses(context: Context, scope: ScopeRef) -> bool:
    """Whether comments of the scope show in another system of its product, or those of another in it."""
    policy, product = context.setup.policy, context.setup.product_of(scope)
    if product is None or isinstance(context.connector(scope).capabilities.commenting, Unsupported):
        return False
    others = {one.system if one.system != scope.system else "" for one in product.scopes if one != scope} - {""}
    beside = sum(one.system == scope.system for one in product.scopes) > 1
    return policy.comments_cross(scope.system, [*others, *([scope.system] if beside else [])])


def tell_if_impossible(context: Context, scope: ScopeRef) -> None:
    """Say once where the config wants comments written and the system takes none of ours."""
    able = context.connector(scope).capabilities.commenting
    if not context.setup.policy.comments(scope.system).emits or not isinstance(able, Unsupported):
        return
    said = f"{scope}: no comments are written there: {able.reason}"
    with context.store.transaction() as tx:
        news = tx.notices.raise_(scope, "no_comments", "", said)
    if news:
        context.tell("skipped", said, scope=scope, code="no_comments")


def note_beginning(context: Context, scope: ScopeRef) -> None:
    """Keep from when on comments of the scope cross: older ones stay where they are."""
    with context.store.transaction() as tx:
        row = tx.scopes.get(scope) or ScopeRow(scope)
        if not row.comments_from:
            tx.scopes.put(replace(row, comments_from=context.clock.now() - SKEW))


def are_due(context: Context, scope: ScopeRef) -> bool:
    """Whether records of the scope were pulled whose comments were not, for the run ended in between."""
    with context.store.transaction() as tx:
        row = tx.scopes.get(scope)
    return row is not None and bool(row.comments_due)


def joins(context: Context, tx: Transaction, record: Record) -> bool:
    """Whether a comment without an item gets one: a copy of ours does, and one that is young enough, on a record that has an item."""
    if not crosses(context, record.scope):
        return False
    if record.marker is not None:  # which only what our account wrote has
        return True
    row = tx.scopes.get(record.scope)
    policy = context.setup.policy
    begun = policy.comments_since if policy.comments_since is not None else row.comments_from if row else 0.0
    if not policy.comments(record.scope.system).ingests or record.created_at < begun:
        return False
    on = record.values.get(ON)
    link = tx.links.by_ref(RecordRef(record.ref.system, str(on.value))) if isinstance(on, Known) else None
    return link is not None and link.state is LinkState.LINKED


def may_be_item(context: Context, tx: Transaction, record: Record) -> bool:
    """Whether a record that has no item may become one; all but comments may."""
    return record.kind.nature is not Nature.COMMENT or joins(context, tx, record)


def is_on_managed(tx: Transaction, record: Record) -> bool:
    """Whether what a comment is on is managed; of all else True. What a person took out, or moved out, takes its comments along."""
    on = record.values.get(ON) if record.kind.nature is Nature.COMMENT else None
    link = tx.links.by_ref(RecordRef(record.ref.system, str(on.value))) if isinstance(on, Known) else None
    return link is None or link.state is not LinkState.UNMANAGED


def written_at(context: Context, links: Sequence[Link]) -> Link | None:
    """Of the links of a comment the one where people wrote it: which the others come from, or else the first that is no copy of ours."""
    key = context.setup.marker_key
    first = next((link for link in links if link.family == origin_of(link.ref, key)), None)
    native = (link for link in links if link.role is Role.PRIMARY and link.how not in ("created", How.MARKER))
    return first or next(native, None)
