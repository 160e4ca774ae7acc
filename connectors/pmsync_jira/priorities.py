"""What the priorities of a project's scheme mean in the hub. Pure and monotone.

Reading: the configured map, then well-known names, then the place in the scheme between the names that are known. Names such as ``None``
mean that nobody has decided; they are never taken for medium. Writing: the priority that reads exactly so, else the nearest one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pmsync.model.enums import Priority
from pmsync.reconcile.lenses import EnumLens
from pmsync.reconcile.surface import DefaultTaken
from pmsync_jira import wire
from pmsync_jira.vocabulary import UNSET, Vocabulary, config_line, name_key

_LEVELS = list(Priority)
_UNDECIDED = frozenset(
    (
        "none",
        "unprioritized",
        "unprioritised",
        "not set",
        "unset",
        "undecided",
        "no priority",
        "not prioritized",
        "not prioritised",
    ),
) | {"tbd", "-", "--"}
_PLAIN: Mapping[str, int] = {
    name: rank
    for rank, names in enumerate(
        (
            ("highest", "critical", "urgent", "blocker", "immediate", "showstopper"),
            ("high", "major"),
            ("medium", "normal", "moderate"),
            ("low",),
            ("lowest", "trivial", "minor"),
        )
    )
    for name in names
}
_CLASSIC: Mapping[str, int] = {"blocker": 0, "critical": 1, "major": 2, "minor": 3, "trivial": 4}
"""Jira's own scheme of old."""

_NUMBERED = re.compile(r"p([0-9])\b.*")


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one remote priority means (a rank, None for undecided) and how we know; "" where the config says so."""

    priority: wire.Priority
    rank: int | None
    why: str

    @property
    def hub(self) -> str:
        """The hub value, "" for undecided."""
        return "" if self.rank is None else _LEVELS[self.rank].value


def vocabulary(scheme: Sequence[wire.Priority], maps: Mapping[str, str], system: str) -> Vocabulary:
    """The lens between a project's priorities (by id, the most important first) and the hub's, with every assumption it rests on."""
    readings = _read(scheme, maps)
    empties = [one.priority.id for one in readings if one.rank is None]
    writes, nearest = _write(readings, maps)
    names = {one.id: one.name for one in scheme}
    defaults = [
        DefaultTaken(one.priority.id, one.hub, one.why, config_line("priority", system, one.priority.name, one.hub or UNSET))
        for one in readings
        if one.why
    ]
    defaults += [
        DefaultTaken(writes[hub], hub, why, config_line("priority", system, "NAME", hub)) for hub, why in nearest.items()
    ]
    lens = EnumLens(
        reads={one.priority.id: one.hub for one in readings if one.rank is not None},
        writes=writes,
        refused={} if writes else {level.value: "the project has no priorities" for level in Priority},
        unmapped_hint="say what it means in " + config_line("priority", system, "{token}", "medium"),
        empties=frozenset(empties),
        empty_token=empties[0] if empties else None,
        names=names,
    )
    return Vocabulary(lens, names, tuple(defaults))


def _read(scheme: Sequence[wire.Priority], maps: Mapping[str, str]) -> list[_Reading]:
    """Readings in scheme order; priorities that cannot be placed are left out, for unknown is not empty."""
    chosen = {name_key(remote): hub for remote, hub in maps.items()}
    known = _well_known([name_key(one.name) for one in scheme])
    anchored: list[_Reading | None] = []
    for one in scheme:
        key = name_key(one.name)
        if key in chosen:
            anchored.append(_Reading(one, None if chosen[key] == UNSET else _LEVELS.index(Priority(chosen[key])), ""))
        elif key in _UNDECIDED:
            anchored.append(_Reading(one, None, "its name says that nobody has decided"))
        elif key in known:
            anchored.append(_Reading(one, known[key], "a well-known name"))
        else:
            anchored.append(None)
    ranks = [one.rank for one in anchored if one is not None and one.rank is not None]
    if ranks != sorted(ranks):
        return [one for one in anchored if one is not None]
    return list(_placed(scheme, anchored))


def _well_known(keys: Sequence[str]) -> dict[str, int]:
    """Name to rank. ``Critical`` is the second of Jira's old scheme, but the first of others; P1 is the first where there is no P0."""
    if set(_CLASSIC).issuperset(keys) and "blocker" in keys:
        return dict(_CLASSIC)
    numbers = {key: int(match[1]) for key in keys if (match := _NUMBERED.fullmatch(key))}
    first = 0 if 0 in numbers.values() else 1
    ranks = {key: number - first for key, number in numbers.items() if 0 <= number - first < len(_LEVELS)}
    ranks |= {key: _PLAIN[key] for key in keys if key in _PLAIN}
    if "minor" in ranks and not {"low"} & ranks.keys():
        ranks["minor"] = _LEVELS.index(Priority.LOW) if {"trivial", "lowest"} & ranks.keys() else ranks["minor"]
    return ranks


def _placed(scheme: Sequence[wire.Priority], anchored: Sequence[_Reading | None]) -> Iterator[_Reading]:
    """Give every unknown name a rank between its known neighbours, evenly."""
    index = 0
    while index < len(scheme):
        reading = anchored[index]
        if reading is not None:
            yield reading
            index += 1
            continue
        end = index
        while end < len(scheme) and (anchored[end] is None or anchored[end].rank is None):  # type: ignore[union-attr]  # checked before
            end += 1
        unknown = [place for place in range(index, end) if anchored[place] is None]
        ranks = dict(zip(unknown, _between(_before(anchored, index), _after(anchored, end), len(unknown)), strict=True))
        for place in range(index, end):
            yield anchored[place] or _Reading(
                scheme[place], ranks[place], f"its place in the scheme, {place + 1} of {len(scheme)}"
            )
        index = end


def _before(anchored: Sequence[_Reading | None], index: int) -> int | None:
    return next((one.rank for one in reversed(anchored[:index]) if one is not None and one.rank is not None), None)


def _after(anchored: Sequence[_Reading | None], index: int) -> int | None:
    return next((one.rank for one in anchored[index:] if one is not None and one.rank is not None), None)


def _between(low: int | None, high: int | None, count: int) -> list[int]:
    """``count`` ranks from more to less important, strictly between the neighbours where there is room, else the neighbour's own."""
    first = 0 if low is None else low + 1
    free = (len(_LEVELS) if high is None else high) - first
    if free <= 0:
        return [low if low is not None else high or 0] * count
    return [first + (2 * place + 1) * free // (2 * count) for place in range(count)]


def _write(readings: Sequence[_Reading], maps: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The token for every hub priority, and why for those where more than one would do or none fits exactly."""
    order = {name_key(remote): place for place, remote in enumerate(maps)}
    best: dict[int, _Reading] = {}
    why: dict[str, str] = {}
    for level in Priority:
        own = [one for one in readings if one.rank == level.rank]
        if not own:
            continue
        best[level.rank] = chosen = min(own, key=lambda one: _preference(one, level, order))
        if len(own) > 1:
            others = ", ".join(one.priority.name for one in own if one is not chosen)
            why[level.value] = f"{level.value} is written as {chosen.priority.name}, though {others} would do too"
    writes: dict[str, str] = {}
    for level in Priority if best else ():
        nearest = best[min(best, key=lambda rank: (abs(rank - level.rank), rank))]
        writes[level.value] = nearest.priority.id
        if level.rank not in best:
            why[level.value] = f"no priority reads as {level.value}, {nearest.priority.name} is the nearest"
    return writes, why


def _preference(one: _Reading, level: Priority, order: Mapping[str, int]) -> tuple[int, bool, bool]:
    """Smaller is better: the earlier line of the config, then the very word, then a well-known name; the scheme's order decides last."""
    key = name_key(one.priority.name)
    return (order.get(key, len(order)), key != level.value, key not in _PLAIN)
