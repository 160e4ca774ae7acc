"""Foresee: a plan may create a record, and another that refers to it, before either exists. What has no id yet goes by its item's uid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from pmsync.engine.context import Context
from pmsync.model.enums import Nature
from pmsync.model.fields import FIELDS
from pmsync.model.record import ScopeRef
from pmsync.model.values import EMPTY, Settled, known, members
from pmsync.reconcile.lens import Unrepresentable
from pmsync.reconcile.lenses import ReferencesLens
from pmsync.reconcile.lenses.references import PROMISE
from pmsync.reconcile.operation import Change, Operation
from pmsync.reconcile.surface import Surface


def foreseen(context: Context, scope: ScopeRef, surface: Surface, hub: Settled) -> Settled | Unrepresentable:
    """What to write for ``hub`` on a new record, references to what this run is about to create included."""
    target = surface.lens.put(hub, EMPTY)
    lens = surface.lens
    if isinstance(target, Unrepresentable) or not isinstance(lens, ReferencesLens):
        return target
    if FIELDS[surface.field].refers is not Nature.RELEASE or not takes_releases(context, scope):
        return target
    coming = {uid for uid in members(hub) if lens.directory.record(uid) is None}
    if not coming or (lens.single and members(target)):
        return target
    context.demanded.update((uid, scope) for uid in coming)
    if lens.single:
        return known(PROMISE + min(coming, key=lens.directory.rank))
    return known(frozenset({*members(target), *(PROMISE + uid for uid in coming)}))


def takes_releases(context: Context, scope: ScopeRef) -> bool:
    """Whether pmsync may make releases in the scope, and refer to them."""
    if not context.setup.policy.direction("release", scope.system).emits:
        return False
    made = any(surface.field == "title" and not surface.read_only for surface in context.surfaces(scope, Nature.RELEASE))
    return made and any(surface.field == "release" and not surface.read_only for surface in context.surfaces(scope))


def note_promises(context: Context, ops: Iterable[Operation]) -> None:
    """What the ops refer to that does not exist yet is needed where they write."""
    for op in ops:
        for change in op.changes:
            if FIELDS[change.field].refers:
                context.demanded.update((uid, op.scope) for uid in _promised(change))


def _promised(change: Change) -> set[str]:
    """The uids of the items that it refers to before they have their records."""
    return {one.removeprefix(PROMISE) for one in members(change.after) if one.startswith(PROMISE)}


def kept_promises(context: Context, op: Operation) -> Operation:
    """The op with every promise replaced by the record that it came to; where none exists now, it goes without."""
    if not any(FIELDS[change.field].refers for change in op.changes):
        return op
    return replace(op, changes=tuple(_kept(context, op)))


def _kept(context: Context, op: Operation) -> Iterator[Change]:
    surfaces = context.surface_map(op.scope)
    for change in op.changes:
        lens = surfaces[change.surface].lens if change.surface in surfaces else None
        uids = _promised(change)
        if not isinstance(lens, ReferencesLens) or not uids:
            yield change
            continue
        made = {record for uid in uids if (record := lens.directory.record(uid)) is not None}
        ids = {one for one in members(change.after) if not one.startswith(PROMISE)} | made
        if ids:
            after = known(min(ids)) if lens.single else known(frozenset(ids))
            yield replace(change, after=after, hub=lens.visible(change.hub))
