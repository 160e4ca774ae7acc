"""The config fingerprint rail: when what concerns a scope changed since the last approved run, the next run only plans."""

from __future__ import annotations

from dataclasses import replace

from pmsync.engine.context import Context
from pmsync.model.record import ScopeRef
from pmsync.store.scopes import ScopeRow


def changed_configs(context: Context) -> list[ScopeRef]:
    """Scopes whose config differs from the one last worked with; all their items are looked at anew. New scopes are no change."""
    changed = []
    for scope, fingerprint in context.setup.fingerprints.items():
        with context.store.transaction() as tx:
            row = tx.scopes.get(scope)
            if row is None or not row.config_hash or row.config_hash == fingerprint:
                continue
            changed.append(scope)
            _revisit(context, scope)
        context.tell(
            "skipped", f"{scope}: the config changed since the last run: this run only plans", scope=scope, code="config_changed"
        )
    return changed


def keep_fingerprints(context: Context) -> None:
    """Remember the config as the one worked with."""
    with context.store.transaction() as tx:
        for scope, fingerprint in context.setup.fingerprints.items():
            row = tx.scopes.get(scope) or ScopeRow(scope)
            if row.config_hash != fingerprint:
                tx.scopes.put(replace(row, config_hash=fingerprint))


def _revisit(context: Context, scope: ScopeRef) -> None:
    after = ""
    while True:
        with context.store.transaction() as tx:
            links = tx.links.in_scope(scope, after)
            tx.dirty.mark([f"item:{link.item}" for link in links], scope, "the config changed")
        if not links:
            return
        after = links[-1].uid
