"""Plans that are kept: written to a file, read back, and held by the last sync."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pmsync.connect.errors import ConfigError

if TYPE_CHECKING:
    from pmsync.app import App
    from pmsync.reconcile.plan import Plan

HELD = "held"
"""The name of what the last sync held back, unless a file is called so."""

_BEGINNING = b'{\n "format"'
_MAKE = "pmsync plan -o plan.json makes one"


def check_place(file: Path) -> None:
    """Refuse a place for a plan before any work is done for it.

    Raises:
        ConfigError: nothing can be written there, or what is there is no plan.
    """
    if not file.parent.is_dir():
        raise ConfigError(f"the plan cannot be saved: there is no folder {file.parent}", hint=f"mkdir -p {file.parent}")
    if file.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK):
        raise ConfigError(f"the plan cannot be saved: {file} may not be written to", hint="name a file that may be written")
    if file.exists() and (head := _head(file)) and head != _BEGINNING:
        raise ConfigError(f"{file} is no plan, and is not overwritten", hint="name another file, or remove this one")


def save(plan: Plan, file: Path) -> None:
    """Write the plan file.

    Raises:
        ConfigError: it cannot be written.
    """
    try:
        with file.open("wb") as out:
            out.writelines(plan.parts())
    except OSError as error:
        raise ConfigError(f"the plan cannot be saved: {file}: {error.strerror}", hint="name another file with -o") from None


def load(app: App, file: Path) -> Plan:
    """The plan in ``file``; ``held`` is what the latest sync held back.

    Raises:
        ConfigError: there is none, it is damaged, or it was made for another config or store.
    """
    from pmsync.reconcile.plan import Plan, PlanError

    try:
        data = _held(app) if str(file) == HELD and not file.exists() else file.read_bytes()
    except OSError as error:
        raise ConfigError(f"the plan {file} cannot be read: {error.strerror}", hint=_MAKE) from None
    try:
        plan = Plan.decode(data)
    except PlanError as error:
        raise ConfigError(f"{file}: {error}", hint=_MAKE) from None
    _check(app, plan, file)
    return plan


def _held(app: App) -> bytes:
    with app.store.transaction() as tx:
        rows = tx.plans.held()
    if not rows:
        raise ConfigError("no sync holds anything back", hint=_MAKE)
    return rows[-1].body


def _check(app: App, plan: Plan, file: Path) -> None:
    """A plan speaks of the items of one store and the scopes of one config."""
    ops = plan.approved().ops
    unknown = sorted({str(op.scope) for op in ops} - {str(scope) for scope in app.setup.scopes()})
    if unknown:
        hint = "was it made with another config? make the plan anew"
        raise ConfigError(f"{file} writes to {', '.join(unknown)}, which the config does not name", hint=hint)
    items = list({op.item for op in ops})
    with app.store.transaction() as tx:
        missing = len(items) - len(tx.items.many(items))
    if missing:
        raise ConfigError(
            f"{file} was made with another store: it speaks of {missing} items that this one does not have", hint=_MAKE
        )


def _head(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(len(_BEGINNING))
