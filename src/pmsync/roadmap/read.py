"""From the text of a roadmap file to a ``Roadmap`` and everything that is wrong with it. One bad value costs that value, not the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from pmsync.model.enums import Kind
from pmsync.model.periods import CALENDAR, FiscalYear, Period
from pmsync.model.roadmap import Capacity, KeyResult, Objective, PlannedRelease, Problem, Roadmap
from pmsync.roadmap.check import checked
from pmsync.roadmap.items import read_item
from pmsync.roadmap.parts import Notes, Path, Reader, fields, named, pairs
from pmsync.roadmap.scalars import WrongError, amount, line, many, number, period, share, text, yes
from pmsync.roadmap.tree import Mapping as Node
from pmsync.roadmap.tree import Pair, Tree, parse
from pmsync.text.wording import nearest, quoted

KEYS = (
    "product",
    "vision",
    "segments",
    "pricing",
    "weights",
    "shares",
    "capacity",
    "objectives",
    "releases",
    "items",
)
"""The keys of a roadmap, in their canonical order."""

OBJECTIVE_KEYS = ("title", "weight", "by", "metric", "baseline", "target", "current", "results")
RELEASE_KEYS = ("name", "start", "ship", "shipped", "notes", "public")
_RESULT_KEYS = ("title", "metric", "baseline", "target", "current", "by")


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as read: the roadmap, the tree that it was read from, and what is wrong, in the file's order."""

    roadmap: Roadmap
    tree: Node
    problems: tuple[Problem, ...]


def read(text_: str, line_key: str, file: str, fiscal: FiscalYear = CALENDAR) -> Reading:
    """Read one product line's file.

    Args:
        text_: the file's text.
        line_key: the product line's key: the file's name without its ending.
        file: the file's name in messages.
        fiscal: when quarters begin.

    Raises:
        UnreadableError: the file is no document at all.
    """
    tree, problems = parse(text_, file)
    notes = Notes(problems)
    root = _Root(fiscal, notes)
    kept = fields(tree, dict.fromkeys(KEYS, _whole), notes, ())
    found = {name: root.part(name, one) for name, one in kept.items()}
    roadmap = Roadmap(line_key, file=file, **{name: value for name, value in found.items() if value is not None})
    roadmap = checked(roadmap, notes)
    weights = kept.get("weights")
    if roadmap.weights and not sum(roadmap.weights.values()) and weights is not None:
        notes.add(
            weights.span.place,
            "weights: they sum to 0, so nothing could be told apart",
            "give one of them more weight",
            ("weights",),
        )
        roadmap = replace(roadmap, weights=MappingProxyType({}))
    return Reading(roadmap, tree, tuple(sorted(notes.problems, key=lambda one: (one.place.line, one.place.column))))


def _whole(tree: Tree) -> Tree:
    return tree


@dataclass(frozen=True, slots=True)
class _Root:
    fiscal: FiscalYear
    notes: Notes

    def part(self, name: str, tree: Tree) -> Any:
        """The value of one key of the file; None where it cannot be used."""
        path = (name,)
        if name in ("product", "vision", "segments", "pricing"):
            return self._plain(tree, {"product": line, "segments": many(line)}.get(name, text), path)
        if name == "weights":
            return self._mapping(tree, number, path)
        if name == "shares":
            return MappingProxyType({Kind(kind): value for kind, value in self._mapping(tree, share, path, list(Kind)).items()})
        if name == "capacity":
            return self._capacity(tree, path)
        one = {"objectives": self._objective, "releases": self._release}.get(name, self._item)
        return MappingProxyType(named(tree, one, self.notes, path))

    def _plain(self, tree: Tree, reader: Reader, path: Path) -> Any:
        try:
            return reader(tree)
        except WrongError as error:
            self.notes.wrong(error, path)
            return None

    def _mapping(self, tree: Tree, reader: Reader, path: Path, keys: Sequence[str] = ()) -> Mapping[str, Any]:
        """Names to values; ``keys``: the only names there are, where they are few."""
        found = {}
        for pair in pairs(tree, self.notes, path):
            here = (*path, pair.key)
            if keys and pair.key not in keys:
                self.notes.add(pair.at.place, f"there is no kind {quoted(pair.key)}", nearest(pair.key, keys), here)
                continue
            value = self._plain(pair.value, reader, here)
            if value is not None:
                found[pair.key] = value
        return MappingProxyType(found)

    def _capacity(self, tree: Tree, path: Path) -> tuple[Capacity, ...]:
        found = []
        for pair in pairs(tree, self.notes, path):
            try:
                when = Period.parse(pair.key, self.fiscal)
            except ValueError as error:
                self.notes.add(pair.at.place, f"{quoted(pair.key)} is no time: {error}", "2026Q1: 40 points", (*path, pair.key))
                continue
            how_much = self._plain(pair.value, amount, (*path, pair.key))
            if how_much is not None:
                found.append(Capacity(when, how_much))
        return tuple(found)

    def _results(self, when: Reader) -> dict[str, Reader]:
        return {"title": line, "metric": line, "baseline": number, "target": number, "current": number, "by": when}

    def _objective(self, pair: Pair, path: Path) -> Objective:
        when = period(self.fiscal)
        readers = {"title": line, "weight": number, "results": _whole, **self._results(when)}
        found = fields(pair.value, readers, self.notes, path)
        tree = found.pop("results", None)
        results: list[KeyResult] = []
        if tree is not None:
            made = named(tree, self._result, self.notes, (*path, "results"))
            results += made.values()
        own = {name: found[name] for name in _RESULT_KEYS if name in found and name not in ("title", "by")}
        if own:
            results.insert(0, KeyResult(pair.key, found.get("title", ""), by=found.get("by"), **own))
        return Objective(
            pair.key, found.get("title", pair.key), found.get("weight", 1.0), found.get("by"), tuple(results), pair.at.place
        )

    def _result(self, pair: Pair, path: Path) -> KeyResult:
        return KeyResult(pair.key, **fields(pair.value, self._results(period(self.fiscal)), self.notes, path))

    def _release(self, pair: Pair, path: Path) -> PlannedRelease:
        when = period(self.fiscal)
        read: dict[str, Reader] = dict(zip(RELEASE_KEYS, (line, when, when, yes, text, text), strict=True))
        found = fields(pair.value, read, self.notes, path)
        return PlannedRelease(pair.key, **{"name": pair.key, **found}, place=pair.at.place)

    def _item(self, pair: Pair, path: Path) -> Any:
        return read_item(pair, path, self.fiscal, self.notes)
