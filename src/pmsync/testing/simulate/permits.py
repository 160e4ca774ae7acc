"""What may be written while only a plan is carried out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pmsync.reconcile.operation import OpKind
from pmsync.reconcile.plan import Plan
from pmsync.testing.simulate.truth import Act

if TYPE_CHECKING:
    from pmsync.testing.simulate.world import World


def of_plan(world: World, plan: Plan) -> Callable[[Act], bool]:
    """Exactly the ops of the plan, what an earlier run had under way, and the status of a record that is new: a create cannot carry it."""
    with world.machine.peek() as tx:
        ops = [row.op for row in tx.ops.open()]
    ops += list(plan.ops) + [held.op for held in plan.held]
    fields = {
        (world.truth.thing(op.ref.system, op.ref.remote_id), change.field)
        for op in ops
        if op.ref is not None
        for change in op.changes
    }
    scopes = {(op.scope.system, op.scope.key) for op in ops if op.kind is OpKind.CREATE}
    made: set[str] = set()

    def allowed(act: Act) -> bool:
        if act.verb == "create":
            container = next((seen.container for _, _, thing, seen in world.truth.alive() if thing == act.thing), "")
            made.add(act.thing)
            return (act.system, container) in scopes
        completing = act.name == "status" and act.thing in world.truth.robot_made
        return act.first or act.thing in made or completing or (act.thing, act.name) in fields

    return allowed


def of_sync(world: World) -> Callable[[Act], bool]:
    """Everything, but where the config changed since the last run; what is paused is compared when it goes on."""
    machine = world.machine
    with machine.peek() as tx:
        rows = tx.scopes.many(machine.process.setup.scopes())
        begun = [row.op for row in tx.ops.open()]
    found = machine.process.setup.fingerprints
    awake = {scope: row for scope, row in rows.items() if scope.system != world.operator.paused}
    if not any(row is not None and row.config_hash not in ("", found[scope]) for scope, row in awake.items()):
        return lambda act: True
    things = {world.truth.thing(op.ref.system, op.ref.remote_id) for op in begun if op.ref is not None}
    creating = {op.scope.system for op in begun if op.ref is None}
    return lambda act: act.thing in things or act.system in creating
