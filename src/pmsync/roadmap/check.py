"""What a roadmap means beyond its shape: names that must exist, cycles that must not, and claims that only one can make."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from pmsync.model.labels import label_key
from pmsync.model.roadmap import Entry, Roadmap, floor_of
from pmsync.model.titles import title_key
from pmsync.roadmap.parts import Notes
from pmsync.text.wording import nearest, quoted

Items = dict[str, Entry]


def checked(roadmap: Roadmap, notes: Notes) -> Roadmap:
    """The roadmap without what cannot be; all of it is noted."""
    _refuse_twins(roadmap, notes)
    items = {key: _named(entry, roadmap, notes) for key, entry in roadmap.items.items()}
    items = _acyclic(items, "parent", lambda entry: (entry.parent,) if entry.parent else (), notes)
    items = _acyclic(items, "needs", lambda entry: entry.needs, notes)
    items = _claimed_once(items, notes)
    items = {key: _lawful(entry, notes) for key, entry in items.items()}
    return replace(roadmap, items=MappingProxyType(items))


def _note(entry: Entry, key: str, said: tuple[str, str], notes: Notes) -> None:
    notes.add(entry.place(key), said[0], said[1], ("items", entry.key, key))


def _refuse_twins(roadmap: Roadmap, notes: Notes) -> None:
    first: dict[str, str] = {}
    for key, release in roadmap.releases.items():
        twin = first.setdefault(title_key(release.name), key)
        if twin != key:
            said = f"the release {quoted(key)} has the name of {quoted(twin)}"
            notes.add(release.place, said, "a name is one release, in every system: rename one of them", ("releases", key))


def _named(entry: Entry, roadmap: Roadmap, notes: Notes) -> Entry:
    """The item without what it names and there is not."""
    for field, known in (("release", roadmap.releases), ("objective", roadmap.objectives), ("parent", roadmap.items)):
        name = getattr(entry, field)
        if name and name not in known:
            _note(entry, field, _unknown(field if field != "parent" else "item", name, known), notes)
            entry = _with(entry, field, "")
    strange = [name for name in entry.needs if "/" not in name and name not in roadmap.items]
    for name in strange:
        _note(entry, "needs", _unknown("item", name, roadmap.items), notes)
    into = entry.decision.into if entry.decision else ""
    if into and into not in roadmap.items:
        _note(entry, "decision", _unknown("item", into, roadmap.items), notes)
    return replace(entry, needs=tuple(name for name in entry.needs if name not in strange)) if strange else entry


def _with(entry: Entry, field: str, value: object) -> Entry:
    changes: dict[str, Any] = {field: value}
    return replace(entry, **changes)


def _unknown(what: str, name: str, known: Iterable[str]) -> tuple[str, str]:
    options = list(known)
    near = nearest(name, options)
    return f"there is no {what} {quoted(name)} in this file", near if near.startswith("did") or len(
        options
    ) <= 8 else f"add it under {what}s:"


def _acyclic(items: Items, field: str, of: Callable[[Entry], tuple[str, ...]], notes: Notes) -> Items:
    """The items without the references that lead in a circle."""
    circles = _circles(items, of)
    found = dict(items)
    for circle in circles:
        around = " needs " if field == "needs" else " is part of "
        members = frozenset(circle)
        for key in circle:
            start = circle.index(key)
            said = around.join([*circle[start:], *circle[:start], key])
            _note(items[key], field, (f"{said}: a circle, so none of them can come first", "take one of them out"), notes)
            left = tuple(name for name in of(items[key]) if name not in members)
            found[key] = _with(found[key], field, left if field == "needs" else "")
    return found


def _circles(items: Mapping[str, Entry], of: Callable[[Entry], tuple[str, ...]]) -> list[list[str]]:
    """The circles among the references, each item in one at most, in the file's order; without recursion, for chains are long."""
    done: set[str] = set()
    circles: list[list[str]] = []
    for root in items:
        trail: list[str] = []
        stack = [(root, iter(of(items[root])))] if root not in done else []
        if stack:
            trail.append(root)
        while stack:
            key, rest = stack[-1]
            following = next((name for name in rest if name in items and name not in done), None)
            if following is None:
                done.add(key)
                stack.pop()
                trail.pop()
            elif following in trail:
                circle = trail[trail.index(following) :]
                circles.append(circle)
                done.update(circle)
            else:
                trail.append(following)
                stack.append((following, iter(of(items[following]))))
    return circles


def _claimed_once(items: Items, notes: Notes) -> Items:
    """A record belongs to one item: the first that names it."""
    holders: dict[str, str] = {}
    found = {}
    for key, entry in items.items():
        kept = []
        for link in entry.links:
            holder = holders.setdefault(link.casefold(), key)
            if holder == key:
                kept.append(link)
            else:
                place = items[holder].place("links")
                said = f"{link} belongs to {quoted(holder)} already (line {place.line})"
                _note(entry, "links", (said, "one record is one item's: take it out of one of the two"), notes)
        found[key] = replace(entry, links=tuple(dict.fromkeys(kept)))
    return found


def _lawful(entry: Entry, notes: Notes) -> Entry:
    """The item without a pin that its own data forbid."""
    floor = floor_of(entry)
    twins = sorted({label for label in entry.labels if sum(label_key(one) == label_key(label) for one in entry.labels) > 1})
    if twins:
        _note(entry, "labels", (f"{', '.join(twins)} are one label", "keep one spelling"), notes)
    if entry.pin is None or floor is None or entry.pin.priority.rank <= floor.priority.rank:
        return entry
    said = f"priority: pinned to {entry.pin.priority}, but {floor.why} keeps it at {floor.priority} or above"
    _note(entry, "priority", (said, f"pin it to {floor.priority} or higher, or change what puts the floor there"), notes)
    return replace(entry, pin=None)
