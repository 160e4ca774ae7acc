"""The ground truth: everything that ever changed in any system, by whom, in the order in which it happened.

It is read off the systems themselves after every boundary, never from the engine. A *thing* is one record through all its moves; its
*family* is the serial that people put into every title, so that it is known which records belong together without asking the engine.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pmsync.connect.clock import Clock
from pmsync.model.enums import Audience
from pmsync.testing.stage import Ground, Seen

ROBOT = "robot"
"""Who did what our account did."""

SCALARS = ("title", "body", "status", "priority")
_SERIAL = re.compile(r"I\d+")


@dataclass(frozen=True, slots=True)
class Act:
    """One change.

    ``verb`` is ``create``, ``set``, ``delete``, ``move`` or ``audience``. For labels ``name`` is ``labels``, and ``before``/``after`` hold the
    one label that went or came. ``first``: it came with the record.
    """

    seq: int
    at: float
    who: str
    system: str
    thing: str
    verb: str
    name: str = ""
    before: str = ""
    after: str = ""
    first: bool = False
    audience: Audience = Audience.INTERNAL
    """Who could read it where it was done, as it was done."""

    @property
    def robot(self) -> bool:
        """Whether our account did it."""
        return self.who == ROBOT


class Truth:
    """Watches the grounds."""

    def __init__(self, grounds: Mapping[str, Ground], clock: Clock) -> None:
        self._grounds = grounds
        self._clock = clock
        self._ticks: dict[str, int] = dict.fromkeys(grounds, -1)
        self._shown: dict[str, Mapping[str, Seen]] = {name: {} for name in grounds}
        self._things: dict[tuple[str, str], str] = {}
        self.acts: list[Act] = []
        self.families: dict[str, str] = {}
        """Thing to family."""
        self.robot_made: set[str] = set()
        self._audience = Audience.INTERNAL

    def observe(self, who: str) -> list[Act]:
        """Note what changed since the last look as done by ``who``."""
        start = len(self.acts)
        for system, ground in self._grounds.items():
            ticks = ground.ticks()
            if ticks != self._ticks[system]:
                self._ticks[system] = ticks
                now = ground.look()
                before = self._shown[system]
                for record in sorted({*before, *now}):
                    if before.get(record) != now.get(record):
                        self._compare(who, system, record, before.get(record), now.get(record))
                self._shown[system] = now
        return self.acts[start:]

    def moved(self, system: str, old: str, new: str) -> None:
        """A record goes on under another id; to be told before ``observe``."""
        if old != new:
            self._things[system, new] = self._things[system, old]
            shown = dict(self._shown[system])
            shown[new] = shown.pop(old)
            self._shown[system] = shown

    def thing(self, system: str, record: str) -> str:
        """The thing that a record is."""
        return self._things.get((system, record), f"{system}:{record}")

    def alive(self) -> Iterator[tuple[str, str, str, Seen]]:
        """System, record id, thing and looks of everything that exists."""
        for system, records in self._shown.items():
            for record, seen in records.items():
                yield system, record, self.thing(system, record), seen

    def by_family(self) -> Mapping[str, list[Act]]:
        """Family to its acts, in order."""
        found: defaultdict[str, list[Act]] = defaultdict(list)
        for act in self.acts:
            found[self.families[act.thing]].append(act)
        return found

    def _compare(self, who: str, system: str, record: str, old: Seen | None, new: Seen | None) -> None:
        thing = self._things.setdefault((system, record), f"{system}:{record}")
        if new is None:
            self._add(who, system, thing, "delete")
            return
        self._audience = new.audience
        if old is not None and old.audience != new.audience:
            self._add(who, system, thing, "audience", before=old.audience.name, after=new.audience.name)
        first = old is None
        if first:
            match = _SERIAL.match(new.values["title"])
            self.families[thing] = match[0] if match else thing
            if new.robot:
                self.robot_made.add(thing)
            self._add(who, system, thing, "create")
        elif old is not None and old.container != new.container:
            self._add(who, system, thing, "move", "container", old.container, new.container)
        for name in SCALARS:
            before = "" if old is None else old.values[name]
            if before != new.values[name]:
                self._add(who, system, thing, "set", name, before, new.values[name], first=first)
        had = frozenset[str]() if old is None else old.labels
        for label in sorted(had - new.labels):
            self._add(who, system, thing, "set", "labels", before=label)
        for label in sorted(new.labels - had):
            self._add(who, system, thing, "set", "labels", after=label, first=first)

    def _add(
        self,
        who: str,
        system: str,
        thing: str,
        verb: str,
        name: str = "",
        before: str = "",
        after: str = "",
        *,
        first: bool = False,
    ) -> None:
        self.acts.append(
            Act(len(self.acts), self._clock.now(), who, system, thing, verb, name, before, after, first, self._audience)
        )
