"""The last deed of some worlds: a person edits, a run carries it, and the run is taken back. Everything must be as it was before the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmsync.engine.undo import Undoing
from pmsync.model.item import LinkState
from pmsync.testing.simulate.shape import LAG

if TYPE_CHECKING:
    from pmsync.testing.simulate.world import World


def undo(world: World) -> list[str]:
    """Sentences about what was not restored; none where nothing could be edited that a run would carry."""
    place = _place(world)
    if place is None:
        return []
    system, record, serial = place
    world.say("-- the last deed: an edit, a run, and the run taken back")
    world.grounds[system].put(record, "ana", "title", f"{serial} the last word")
    world.truth.observe("ana")
    world.clock.sleep(LAG + world.machine.host.behind)
    before, start = _looks(world), len(world.truth.acts)
    report = world.operator.attempt(world.operator.sync)
    if report is None or not any(act.robot for act in world.truth.acts[start:]):
        return []
    undone: Undoing | None = world.operator.attempt(lambda: world.machine.engine.undo(world.hear, report.run)[0])
    if undone is None:
        return []
    world.operator.attempt(lambda: world.machine.engine.apply_plan(undone.plan, world.hear, wait=False))
    after = _looks(world)
    found = [
        f"{name} shows {after.get(name)} after the undo, and showed {was} before"
        for name, was in before.items()
        if after.get(name) != was
    ]
    if world.once_more():
        found.append("a run after the undo wrote again")
    return found


def _place(world: World) -> tuple[str, str, str] | None:
    """A record whose title is agreed with others, and its serial."""
    with world.machine.peek() as tx:
        disputed = {row.item for row in tx.conflicts.list(True)}
        items = [item.uid for item in tx.items.page("", 100) if item.uid not in disputed]
        links = tx.links.of_items(items)
    shown = {(system, record): seen for system, record, _, seen in world.truth.alive()}
    for _, group in sorted(links.items()):
        refs = [(link.ref.system, link.ref.remote_id) for link in group if link.state is LinkState.LINKED]
        titles = {shown[ref].values["title"] for ref in refs if ref in shown}
        if len(refs) > 1 and len(titles) == 1 and refs[0] in shown:
            return *refs[0], titles.pop().partition(" ")[0]
    return None


def _looks(world: World) -> dict[str, tuple[str, ...]]:
    return {
        f"{system}:{seen.key}": (*(seen.values[name] for name in ("title", "status", "priority")), *sorted(seen.labels))
        for system, _, _, seen in world.truth.alive()
    }
