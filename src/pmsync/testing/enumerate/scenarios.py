"""The canonical scenarios: what a round can be about, each as small as it can be and still be that."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from pmsync.model.enums import Priority, Status
from pmsync.reconcile.routing import Create
from pmsync.testing.enumerate.crashes import Scenario
from pmsync.testing.enumerate.rig import Rig
from pmsync.testing.enumerate.values import DAY, PAUSE, PEOPLE, Layout
from pmsync.testing.stage import Sketch

HOMES = {"a": ("A", "A2"), "b": ("B",)}


def layout(kind: str = "listed", *, attic: bool = False, create: Create = Create.AUTO) -> Layout:
    """Two trackers, the second of that kind; with ``attic``, the first has two containers in the config."""
    return Layout({"a": "listed", "b": kind}, HOMES, {"a": 2 if attic else 1, "b": 1}, create)


def file(rig: Rig, side: str, title: str, *, labels: Collection[str] = (), priority: Priority | None = None) -> None:
    """Somebody files a record that is in progress."""
    sketch = Sketch(title, PEOPLE[side], "It says 500.", status=Status.IN_PROGRESS, priority=priority, labels=frozenset(labels))
    rig.person(lambda: rig.grounds[side].file(HOMES[side][0], sketch))


def put(rig: Rig, side: str, name: str, value: str, record: str = "1") -> None:
    """Somebody sets a field."""
    rig.person(lambda: rig.grounds[side].put(record, PEOPLE[side], name, value))


def label(rig: Rig, side: str, *, add: Collection[str] = (), remove: Collection[str] = ()) -> None:
    """Somebody changes labels."""
    rig.person(lambda: rig.grounds[side].label("1", PEOPLE[side], add=add, remove=remove))


def settled(rig: Rig) -> None:
    """One record that shows on both sides, long at rest."""
    file(rig, "a", "Login fails", labels=["Bug", "UI"], priority=Priority.CRITICAL)
    rig.rest()
    rig.clock.sleep(PAUSE)


def create(rig: Rig) -> None:
    """A new record."""
    file(rig, "a", "Login fails", labels=["Bug"], priority=Priority.CRITICAL)


def create_two_ways(rig: Rig) -> None:
    """New records on both sides, and one thing that both filed."""
    file(rig, "a", "Login fails")
    file(rig, "b", "Logout hangs", labels=["UI"])
    file(rig, "a", "Same thing")
    file(rig, "b", "same  THING", priority=Priority.HIGH)


def create_reviewed(rig: Rig) -> None:
    """Two new records, whose mirrors somebody has approved."""
    file(rig, "a", "Login fails")
    file(rig, "a", "Logout hangs")


def update(rig: Rig) -> None:
    """One side edits."""
    settled(rig)
    put(rig, "a", "title", "Login fails at night")
    put(rig, "a", "priority", "2")


def both_edit_apart(rig: Rig) -> None:
    """Both sides edit, different fields."""
    settled(rig)
    put(rig, "a", "title", "Login fails at night")
    put(rig, "b", "status", "review")


def conflict(rig: Rig) -> None:
    """Both sides edit the same field."""
    settled(rig)
    put(rig, "a", "title", "Login fails at night")
    put(rig, "b", "title", "Login fails at noon")
    put(rig, "b", "priority", "3")


def move(rig: Rig) -> None:
    """A record moves to another container, and is edited there."""
    settled(rig)
    rig.person(lambda: rig.grounds["a"].move("1", "ana", "A2"))
    put(rig, "a", "title", "Login fails elsewhere")


def labels(rig: Rig) -> None:
    """Both sides change labels."""
    settled(rig)
    label(rig, "a", add=["Night"], remove=["UI"])
    label(rig, "b", add=["Noon"])


def status(rig: Rig) -> None:
    """A record is closed."""
    settled(rig)
    put(rig, "b", "status", "done")


def delete(rig: Rig) -> None:
    """A record is deleted, and its counterpart edited."""
    file(rig, "b", "A bystander")
    settled(rig)
    rig.person(lambda: rig.grounds["b"].delete("1", "ben"))
    rig.clock.sleep(DAY)


SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        "create": Scenario(create, layout()),
        "create two ways": Scenario(create_two_ways, layout()),
        "create, reviewed": Scenario(create_reviewed, layout(create=Create.REVIEW), reviewed=True),
        "update": Scenario(update, layout()),
        "both edit apart": Scenario(both_edit_apart, layout()),
        "conflict": Scenario(conflict, layout()),
        "move": Scenario(move, layout(attic=True)),
        "labels": Scenario(labels, layout()),
        "status": Scenario(status, layout()),
        "delete": Scenario(delete, layout(), DAY),
    }
)
