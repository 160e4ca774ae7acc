"""The config fingerprint rail: when what concerns a scope changed since the last approved run, the next run only plans."""

from __future__ import annotations

from msgspec.structs import replace

from pmsync.engine.context import Context
from pmsync.engine.gather import linked_pages
from pmsync.model.record import ScopeRef
from pmsync.store import Transaction
from pmsync.store.scopes import ScopeRow


def changed_configs(context: Context) -> list[ScopeRef]:
    """Scopes whose config differs from the one last worked with; all their items are looked at anew.

    New scopes are no change, and what is paused is compared when it goes on.
    """
    with context.store.transaction() as tx:
        rows = tx.scopes.many(scope for scope in context.setup.fingerprints if scope not in context.paused)
    changed = [scope for scope, row in rows.items() if row and row.config_hash not in ("", context.setup.fingerprints[scope])]
    for scope in changed:
        said = f"{scope}: the config changed since the last run: this run only plans"
        context.tell("skipped", said, scope=scope, code="config_changed")
    for product in context.setup.products:
        if set(product.scopes) & set(changed):
            # What one scope says of itself (its audience, say) decides what the product's other scopes send there.
            for scope in product.scopes:
                _revisit(context, scope)
    return changed


def keep_fingerprints(context: Context, tx: Transaction) -> None:
    """Remember the config as the one worked with, for the scopes that could be: a wrong address that is mended is no change.

    A scope whose config changed is read from the beginning by the next run: what it covers now may be older than its cursor.
    """
    reached = {scope: found for scope, found in context.setup.fingerprints.items() if not context.is_parked(scope)}
    rows = tx.scopes.many(reached)
    for scope, fingerprint in reached.items():
        row = rows[scope] or ScopeRow(scope)
        if row.config_hash not in ("", fingerprint):
            tx.cursors.forget(scope)
        if row.config_hash != fingerprint:
            tx.scopes.put(replace(row, config_hash=fingerprint))


def _revisit(context: Context, scope: ScopeRef) -> None:
    for links in linked_pages(context, scope):
        with context.store.transaction() as tx:
            tx.dirty.mark([f"item:{link.item}" for link in links], scope, "the config changed")
