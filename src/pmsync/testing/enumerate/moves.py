"""What can happen between two requests: somebody edits, reverts, deletes or moves a record, or what was on its way arrives.

Of each field there are three values: the one it begins with and two fresh ones. Fresh values stand for any value, so the second is offered
only once the first has been used: to swap the two everywhere is to tell the same story.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pmsync.testing.enumerate.rig import Rig
from pmsync.testing.enumerate.values import PEOPLE, SIDES

VALUES: Mapping[str, tuple[str, str, str]] = {
    "title": ("Login fails", "Login fails at night", "Login fails at noon"),
    "priority": ("1", "2", "3"),
    "status": ("doing", "review", "todo"),
}
"""Per field: what it begins with, and the fresh values in the order of their use."""


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that happens to the record of a side. ``name`` and ``value`` are those of an edit; ``verb`` ``move`` has a container as value."""

    verb: str
    side: str
    name: str = ""
    value: str = ""

    def __str__(self) -> str:
        """As a story tells it."""
        return (
            f"{self.side} {self.verb}s"
            + (f" {self.name}={self.value!r}" if self.name else "")
            + (f" to {self.value}" if self.verb == "move" else "")
        )


def moves(rig: Rig, fields: tuple[str, ...]) -> Iterator[Move]:
    """Everything that can happen now and changes anything."""
    for side in SIDES:
        yield from (Move("land", side) for _ in [one for one in rig.late if one.side == side][:1])
        for seen in list(rig.look(side).values())[:1]:
            for name in fields:
                used = {VALUES[name][0], *(act.after for act in rig.acts if act.name == name)}
                base, first, second = VALUES[name]
                offered = (base, first, second) if first in used else (base, first)
                yield from (Move("edit", side, name, value) for value in offered if value != seen.values[name])
            yield Move("delete", side)
            yield from (Move("move", side, "", home) for home in rig.layout.homes[side] if home != seen.container)


def make(rig: Rig, move: Move) -> None:
    """Let it happen."""
    if move.verb == "land":
        rig.land()
        return
    ground, by = rig.grounds[move.side], PEOPLE[move.side]
    record = next(iter(rig.look(move.side)))
    if move.verb == "edit":
        rig.person(lambda: ground.put(record, by, move.name, move.value))
    elif move.verb == "delete":
        rig.person(lambda: ground.delete(record, by))
    else:
        rig.person(lambda: ground.move(record, by, move.value))
