"""The people of a world: they file, edit, revert, label, comment, copy, move and delete; and automations answer what we write.

Every title begins with the serial of its thing (``I7 ...``) and every value that is made up is used once, so that it can be told where it
came from and what became of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random

from pmsync.model.enums import Audience, Kind, Priority, Status
from pmsync.testing.simulate.shape import AUDIENCES, LEAST_ITEMS, Shape, SystemShape, stream
from pmsync.testing.simulate.truth import Act, Truth
from pmsync.testing.stage import Ground, Seen, Sketch

NAMES = ("ana", "ben", "mei")
AUTOMATION = "automation"
WORDS = ("login fails", "umlauts äöü", "emoji 🙂", "<b>bold</b>", "a | b", "ends with #42", "-- dashes --", "日本語", "x" * 80)
MOVES: Mapping[str, int] = {
    "title": 6,
    "status": 4,
    "priority": 3,
    "add_label": 3,
    "remove_label": 2,
    "body": 1,
    "comment": 1,
    "revert": 2,
    "copy": 1,
    "move": 1,
    "delete": 1,
    "file": 1,
    "restrict": 1,
}
"""What people do, and how often."""

THINNING = ("delete", "move", "restrict")
"""Moves after which a thing may be linked no more; nobody makes them where hardly enough would be left."""

Place = tuple[str, str, Seen]
"""A system, a record of it, and its looks."""


class People:
    """Everybody but us."""

    def __init__(self, shape: Shape, grounds: Mapping[str, Ground], truth: Truth, chance: Random) -> None:
        self._shape, self._grounds, self._truth, self._chance = shape, grounds, truth, chance
        self._systems = {system.name: system for system in shape.systems}
        self._serials = self._words = self._contradicted = self.moves = 0
        self.told: list[str] = []
        """What was done, in words, for a replay."""

    def found(self) -> None:
        """File what there is before the first round; one or two things were filed in two systems under one title.

        Only where listings do not hide what was edited lately: nobody could see there that the thing exists already.
        """
        plain = [system for system in self._shape.systems if not system.knobs.get("personality", "").startswith("lagging")]
        for number in range(self._shape.items):
            system = self._chance.choice(self._shape.systems)
            title = self._title(self._serial())
            self._file(system, title)
            others = [one for one in plain if one is not system]
            if number < 2 and system in plain and others and self._chance.random() < 0.7:
                self._file(self._chance.choice(others), title)

    def move(self, hidden: frozenset[str] = frozenset()) -> None:
        """One move of somebody, though not on the systems ``hidden``."""
        self.moves += 1
        self._chance = stream(self._shape.seed, f"workload/{self.moves}")  # so that leaving one move out changes no other
        draw = self._chance.random(), self._chance.random(), self._chance.random()
        places = [place for place in self._places() if place[0] not in hidden]
        hot = self._chance.random() < 0.5
        if not places or f"act:{self.moves}" in self._shape.muted:
            return
        kind = self._chance.choices(list(MOVES), list(MOVES.values()))[0]
        pool = [place for place in places if self._family(place) == self._family(places[0])] if hot else places
        place = pool[int(draw[0] * len(pool))]
        if kind in THINNING and self._few(place):
            kind = "status"
        by = NAMES[int(draw[1] * len(NAMES))]
        said = _DEEDS[kind](self, place, by)
        self._tell(f"act:{self.moves} {by} {kind} {said}", by)

    def contradict(self, system: str, record: str) -> None:
        """Somebody who knows better gives a record another title, if it is still there."""
        place = next((one for one in self._places() if one[:2] == (system, record)), None)
        if place is not None:
            self._contradicted += 1
            serial = self._family(place)
            self._grounds[system].put(record, "mei", "title", f"{serial} n{self._contradicted} no, otherwise")
            self._tell(f"mei contradicts {place[2].key}", "mei")

    def answer(self, acts: Sequence[Act]) -> None:
        """An automation that labels what we closed, and one that comments."""
        for act in acts:
            if act.robot and act.verb == "set" and act.name == "status" and not act.first:
                place = next((one for one in self._places() if self._truth.thing(one[0], one[1]) == act.thing), None)
                if place is not None:
                    self._grounds[act.system].label(place[1], AUTOMATION, add=[self._word("auto")])
                    self._tell(f"automation labels {act.thing}", AUTOMATION)

    def feud(self, acts: Sequence[Act]) -> None:
        """In two systems an automation insists on a priority of its own, whatever we write there."""
        for act in acts:
            wishes = {system.name: pick for system, pick in zip(self._shape.systems, (0, -1), strict=False)}
            if not act.robot or act.verb != "set" or act.name != "priority" or act.first or act.system not in wishes:
                continue
            wish = list(self._grounds[act.system].choices("priority"))[wishes[act.system]]
            place = next((one for one in self._places() if self._truth.thing(one[0], one[1]) == act.thing), None)
            if place is not None and place[2].values["priority"] != wish:
                self._grounds[act.system].put(place[1], AUTOMATION, "priority", wish)
                self._tell(f"automation wants {wish} in {act.thing}", AUTOMATION)

    # -- the deeds -----------------------------------------------------------------------------------------------------------------

    def _set_title(self, place: Place, by: str) -> str:
        return self._put(place, by, "title", self._title(self._family(place)))

    def _set_choice(self, place: Place, by: str, name: str) -> str:
        system, _, seen = place
        others = [value for value in self._grounds[system].choices(name) if value != seen.values[name]]
        return self._put(place, by, name, self._chance.choice(others))

    def _set_status(self, place: Place, by: str) -> str:
        return self._set_choice(place, by, "status")

    def _set_priority(self, place: Place, by: str) -> str:
        return self._set_choice(place, by, "priority")

    def _set_body(self, place: Place, by: str) -> str:
        return self._put(place, by, "body", f"{self._word('b')} {self._chance.choice(WORDS)}")

    def _add_label(self, place: Place, by: str) -> str:
        label = self._word("l")
        self._grounds[place[0]].label(place[1], by, add=[label])
        return f"{place[2].key} +{label}"

    def _remove_label(self, place: Place, by: str) -> str:
        labels = sorted(place[2].labels)
        if not labels:
            return self._add_label(place, by)
        label = self._chance.choice(labels)
        self._grounds[place[0]].label(place[1], by, remove=[label])
        return f"{place[2].key} -{label}"

    def _comment(self, place: Place, by: str) -> str:
        self._grounds[place[0]].comment(place[1], by, f"a comment {self._word('c')}")
        return place[2].key

    def _revert(self, place: Place, by: str) -> str:
        """Put a title back to what the record showed before."""
        thing = self._truth.thing(place[0], place[1])
        past = [act.before for act in self._truth.acts if act.thing == thing and act.name == "title" and act.before]
        title = past[-1] if past else self._title(self._family(place))
        return self._put(place, by, "title", title)

    def _copy(self, place: Place, by: str) -> str:
        title = self._title(self._serial())
        self._grounds[place[0]].copy(place[1], by, title)
        return f"{place[2].key} as {title!r}"

    def _move(self, place: Place, by: str) -> str:
        name, record, seen = place
        system = self._systems[name]
        others = [one for one in (*system.containers, system.attic) if one != seen.container]
        target = self._chance.choice(others)
        self._truth.observe(by)
        fresh = self._grounds[name].move(record, by, target)
        self._truth.moved(name, record, fresh)
        return f"{seen.key} to {target}"

    def _delete(self, place: Place, by: str) -> str:
        self._grounds[place[0]].delete(place[1], by)
        return place[2].key

    def _restrict(self, place: Place, by: str) -> str:
        """Only some may read it from now on; where nobody thinks of audiences, a comment."""
        if AUDIENCES not in self._shape.kinds:
            return self._comment(place, by)
        self._grounds[place[0]].restrict(place[1], by)
        return place[2].key

    def _file_new(self, place: Place, by: str) -> str:
        system = self._systems[place[0]]
        title = self._title(self._serial())
        self._file(system, title)
        return f"{title!r} in {system.name}"

    # -- helpers -------------------------------------------------------------------------------------------------------------------

    def _file(self, system: SystemShape, title: str) -> None:
        draw = self._chance
        sketch = Sketch(
            title,
            draw.choice(NAMES),
            f"{self._word('b')}: {draw.choice(WORDS)}",
            draw.choice((Kind.BUG, Kind.TASK, Kind.FEATURE)),
            draw.choice((Status.BACKLOG, Status.BACKLOG, Status.IN_PROGRESS, Status.DONE)),
            draw.choice((None, Priority.HIGH, Priority.MEDIUM, Priority.LOW)),
            frozenset({self._word("l")} if draw.random() < 0.5 else ()),
        )
        self._grounds[system.name].file(draw.choice(system.containers), sketch)
        self._tell(f"{sketch.by} files {title!r} in {system.name}", sketch.by)

    def _put(self, place: Place, by: str, name: str, value: str) -> str:
        self._grounds[place[0]].put(place[1], by, name, value)
        return f"{place[0]} {place[2].key} {value!r}"

    def _places(self) -> list[Place]:
        return [(system, record, seen) for system, record, _, seen in self._truth.alive()]

    def _family(self, place: Place) -> str:
        return self._truth.families[self._truth.thing(place[0], place[1])]

    def _few(self, without: Place) -> bool:
        """Whether too few things would have a record that takes part, were it not for this one."""
        left = {
            self._family(place)
            for place in self._places()
            if place[:2] != without[:2]
            and place[2].audience is not Audience.PRIVATE
            and place[2].container in self._systems[place[0]].containers
        }
        return len(left) < LEAST_ITEMS

    def _serial(self) -> str:
        self._serials += 1
        return f"I{self._serials}"

    def _word(self, prefix: str) -> str:
        self._words += 1
        return f"{prefix}{self._words}"

    def _title(self, serial: str) -> str:
        return f"{serial} {self._word('t')} {self._chance.choice(WORDS)}"

    def _tell(self, said: str, by: str) -> None:
        self.told.append(said)
        self._truth.observe(by)


_DEEDS: Mapping[str, Callable[[People, Place, str], str]] = {
    "title": People._set_title,
    "status": People._set_status,
    "priority": People._set_priority,
    "add_label": People._add_label,
    "remove_label": People._remove_label,
    "body": People._set_body,
    "comment": People._comment,
    "revert": People._revert,
    "copy": People._copy,
    "move": People._move,
    "delete": People._delete,
    "file": People._file_new,
    "restrict": People._restrict,
}
