"""Reading mappings key by key: what cannot be used is noted with its place and left out, and the rest is read on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pmsync.model.roadmap import Place, Problem
from pmsync.roadmap.scalars import WrongError, described, refuse_key
from pmsync.roadmap.tree import Mapping as Node
from pmsync.roadmap.tree import Pair, Scalar, Span, Tree
from pmsync.text.wording import nearest, quoted

Reader = Callable[[Tree], Any]
Path = tuple[str, ...]


@dataclass(slots=True)
class Notes:
    """What is wrong with a file."""

    problems: list[Problem] = field(default_factory=list)

    def add(self, place: Place, message: str, remedy: str, path: Path) -> None:
        """Note one problem."""
        self.problems.append(Problem(place, message, remedy, path))

    def refused(self, tree: Tree, path: Path) -> bool:
        """Whether the value was refused before it was read: it stands for a tag or an anchor, and is no mapping that holds one."""
        return isinstance(tree, Scalar) and any(one.path == path and one.place == tree.span.place for one in self.problems)

    def wrong(self, error: WrongError, path: Path) -> None:
        """Note what a reader refused; the last key says of what it speaks."""
        said = error.message
        named = f"{path[-1]}: {said}" if path and not said.startswith((path[-1], "an effort")) else said
        self.add(error.span.place, named, error.remedy, path)


def fields(tree: Tree, readers: Mapping[str, Reader], notes: Notes, path: Path) -> dict[str, Any]:
    """The values of a mapping by key; unknown keys and values that cannot be used are noted and left out."""
    found: dict[str, Any] = {}
    for pair in pairs(tree, notes, path):
        here = (*path, pair.key)
        reader = readers.get(pair.key)
        if reader is None:
            notes.add(pair.at.place, f"unknown key {quoted(pair.key)}", nearest(pair.key, readers), here)
            continue
        if notes.refused(pair.value, here):
            continue
        try:
            found[pair.key] = reader(pair.value)
        except WrongError as error:
            notes.wrong(error, here)
    return found


def pairs(tree: Tree, notes: Notes, path: Path) -> tuple[Pair, ...]:
    """The pairs of a mapping; nothing of what is none, which is noted."""
    if isinstance(tree, Node):
        return tree.pairs
    if not (isinstance(tree, Scalar) and tree.kind == "null"):
        name = path[-1] if path else "this"
        notes.add(
            tree.span.place,
            f"{name}: is {described(tree)} where keys with values are wanted",
            "write  key: value  below it",
            path,
        )
    return ()


def named(tree: Tree, one: Callable[[Pair, Path], Any], notes: Notes, path: Path) -> dict[str, Any]:
    """A mapping of names to what ``one`` reads of each; names that are no keys are noted and left out."""
    found: dict[str, Any] = {}
    for pair in pairs(tree, notes, path):
        try:
            refuse_key(pair.key, pair.at)
        except WrongError as error:
            notes.add(error.span.place, error.message, error.remedy, (*path, pair.key))
            continue
        made = one(pair, (*path, pair.key))
        if made is not None:
            found[pair.key] = made
    return found


def places(tree: Tree, at: Span) -> dict[str, Place]:
    """Where the keys of a mapping stand, itself under ``""``."""
    inner = {pair.key: pair.at.place for pair in tree.pairs} if isinstance(tree, Node) else {}
    return {"": at.place, **inner}
