"""The canonical layout of a roadmap file: keys in one order, two spaces a level, an empty line between parts and between items.

Values, comments and the order of items are a person's, and stay. A comment goes where the key below it goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pmsync.model.roadmap import Problem
from pmsync.roadmap.edit import end_of
from pmsync.roadmap.items import DECISION_KEYS, KEYS
from pmsync.roadmap.read import KEYS as ROOT_KEYS
from pmsync.roadmap.read import OBJECTIVE_KEYS, RELEASE_KEYS
from pmsync.roadmap.tree import Mapping, Pair, Scalar, Tree, UnreadableError, parse

_STEP = 2
_ORDERS = {"items": KEYS, "releases": RELEASE_KEYS, "objectives": OBJECTIVE_KEYS}
_APART = "items"
"""The part whose entries are set apart by an empty line."""


def tidy(text: str, file: str) -> str:
    """The text in its canonical layout; the same text where it has that already. What it means never changes.

    Raises:
        UnreadableError: it is no document, or holds what a layout would lose (a key that stands twice).
    """
    tree, problems = parse(text, file)
    if problems:
        raise UnreadableError(tuple(problems))
    if tree.flow or not tree.pairs:
        return _trimmed(text)
    laid = _trimmed("\n".join(_Layout(text).document(tree)))
    again, _ = parse(laid, file)
    if _meaning(again) != _meaning(tree):
        place = tree.pairs[0].at.place
        raise UnreadableError(
            (Problem(place, "the layout of this file cannot be tidied without changing what it says", "lay it out by hand"),)
        )
    return laid


def _trimmed(text: str) -> str:
    body = "\n".join(line.rstrip("\r") for line in text.split("\n")).strip("\n")
    return body + "\n" if body else ""


def _meaning(tree: Tree) -> object:
    """A tree without places and orders of keys."""
    if isinstance(tree, Scalar):
        return tree.kind, tree.text
    if isinstance(tree, Mapping):
        return {pair.key: _meaning(pair.value) for pair in tree.pairs}
    return [_meaning(one) for one in tree.items]


@dataclass(frozen=True, slots=True)
class _At:
    """Where in the document: the part of the file, the canonical order of the keys there, and how deep."""

    part: str
    order: Sequence[str]
    depth: int = 0

    def below(self, key: str) -> _At:
        """Below a key."""
        if self.depth == 0:
            return _At(key, (), 1)
        order = _ORDERS.get(self.part, ()) if self.depth == 1 else DECISION_KEYS if key == "decision" else ()
        return _At(self.part, order, self.depth + 1)


class _Layout:
    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = [line.rstrip("\r") for line in text.split("\n")]

    def document(self, tree: Mapping) -> list[str]:
        """All lines, laid out."""
        head = self._head(tree)
        found = [line.rstrip() for line in self._lines[:head]]
        before = 0
        for index, (lead, own) in enumerate(self._chunks(tree, _At("", ROOT_KEYS), head)):
            # Comments that follow the head at once are part of it, whichever key comes first.
            size = len(own) if not index and not (found and not found[-1]) else len(lead) + len(own)
            found += [""] if index and max(size, before) > 1 else []
            found += [*lead, *own]
            before = size
        comments = [line.strip() for line in self._lines[self._last(tree.pairs[-1]) + 1 :] if line.strip()]
        return [*found, "", *comments] if comments else found

    def _head(self, tree: Mapping) -> int:
        """How many lines are the comment that the file begins with: those above the first empty line, or above the first key."""
        first = tree.pairs[0].at.place.line - 1
        return next((index + 1 for index in range(first) if not self._lines[index].strip()), first)

    def _chunks(self, tree: Mapping, at: _At, above: int) -> list[tuple[list[str], list[str]]]:
        """Per pair, in canonical order: the comments that lead it, and its own lines; ``above``: the first line that may be a comment."""
        found = []
        for pair in tree.pairs:
            start = pair.at.place.line - 1
            lead = [" " * at.depth * _STEP + line.strip() for line in self._lines[above:start] if line.strip()]
            found.append((pair.key, lead, self._pair(pair, at)))
            above = self._last(pair) + 1
        rank = {key: index for index, key in enumerate(at.order)}
        if rank:
            found.sort(key=lambda one: rank.get(one[0], len(rank)))
        return [(lead, own) for _, lead, own in found]

    def _pair(self, pair: Pair, at: _At) -> list[str]:
        start = pair.at.place.line - 1
        value = pair.value
        if not isinstance(value, Mapping) or value.flow or not value.pairs:
            return self._moved(start, self._last(pair), at.depth)
        lines = [" " * at.depth * _STEP + self._lines[start].strip()]
        apart = at.depth == 0 and pair.key == _APART
        for index, (lead, own) in enumerate(self._chunks(value, at.below(pair.key), start + 1)):
            lines += ["", *lead, *own] if apart and index else [*lead, *own]
        return lines

    def _moved(self, first: int, last: int, depth: int) -> list[str]:
        """Lines with the first at its depth and the others along with it."""
        begin = self._lines[first]
        shift = depth * _STEP - (len(begin) - len(begin.lstrip(" ")))
        return [self._shifted(line, shift) for line in self._lines[first : last + 1]]

    def _shifted(self, line: str, shift: int) -> str:
        if not line.strip():
            return ""
        return " " * shift + line if shift >= 0 else line[min(-shift, len(line) - len(line.lstrip(" "))) :]

    def _last(self, pair: Pair) -> int:
        """The index of a pair's last line."""
        end = max(end_of(pair.value), pair.at.end) if not _nothing(pair.value) else pair.at.end
        return self._text.count("\n", 0, len(self._text[:end].rstrip("\r\n")))


def _nothing(tree: Tree) -> bool:
    return isinstance(tree, Scalar) and tree.span.start == tree.span.end
