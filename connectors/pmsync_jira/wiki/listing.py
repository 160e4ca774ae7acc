"""A wiki list as a Markdown list. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pmsync_jira.wiki.losses import Report

Words = Callable[[str, Report], str]
"""Wiki text of a paragraph to Markdown."""


@dataclass(slots=True)
class _Item:
    marker: str
    line: int
    start: int
    end: int
    parts: list[str | list[str]]
    """Finished Markdown blocks as strings, lines of wiki text as lists."""


@dataclass(frozen=True, slots=True)
class _Level:
    ordered: bool
    number: int
    indent: int


@dataclass(slots=True)
class Listing:
    """The list that is open: its first marker, and its items so far."""

    first: str
    depth: int = 0
    _items: list[_Item] = field(default_factory=list)

    @staticmethod
    def sort_of(marker: str) -> str:
        """``numbers`` or ``bullets``, by the outermost sign of a marker."""
        return "numbers" if marker[0] == "#" else "bullets"

    @property
    def sort(self) -> str:
        """Numbers or bullets, at the outermost level."""
        return self.sort_of(self.first)

    @property
    def dashed(self) -> bool:
        """Whether its bullets are dashes."""
        return self.first[0] == "-"

    def item(self, marker: str, text: str, line: int, start: int) -> None:
        """Begin an item; ``marker`` is its signs, ``line`` its line for losses, ``start`` where it stands."""
        self.depth = len(marker)
        self._items.append(_Item(marker, line, start, start, [[text]] if text else []))

    def reach(self, end: int) -> None:
        """The last item ends here, or later."""
        self._items[-1].end = end

    def line(self, text: str) -> None:
        """Go on with the last item: Jira reads on until an empty line."""
        parts = self._items[-1].parts
        last = parts[-1] if parts else None
        if isinstance(last, list):
            last.append(text)
        else:
            parts.append([text])

    def block(self, markdown: str) -> None:
        """Add a finished block to the last item."""
        self._items[-1].parts.append(markdown)

    def markdown(self, report: Report, words: Words, *, other: bool) -> list[tuple[str, int, int]]:
        """(Markdown, start, end) of each outer item with all it holds.

        ``other`` takes the second spelling of bullets and numbers, so that two lists in a row stay two.
        """
        out: list[str] = []
        outer: list[tuple[int, int, int]] = []
        levels: list[_Level] = []
        for item in self._items:
            report.line = item.line
            depth = len(item.marker)
            if depth > len(levels) + 1:
                report.add("a list that skips a level moves up", item.marker)
                depth = len(levels) + 1
            ordered = item.marker[-1] == "#"
            parent = levels[depth - 2] if depth > 1 else None
            number = 1
            if len(levels) >= depth and levels[depth - 1].ordered == ordered:
                number = levels[depth - 1].number + 1
            lead = (f"{number}) " if other else f"{number}. ") if ordered else ("* " if other else "- ")
            indent = parent.indent if parent else 0
            del levels[depth - 1 :]
            levels.append(_Level(ordered, number, indent + len(lead)))
            start = outer.pop() if depth > 1 else (len(out), item.start, item.end)
            _write(out, " " * indent + lead, _text(item, report, words))
            outer.append((start[0], start[1], item.end))
        ends = [first for first, _, _ in outer[1:]] + [len(out)]
        return [("\n".join(out[first:last]), start, end) for (first, start, end), last in zip(outer, ends, strict=True)]


def _write(out: list[str], lead: str, text: str) -> None:
    if "\n" not in text:
        out.append((lead + text).rstrip())
        return
    pad = " " * len(lead)
    first, *rest = text.split("\n")
    out.append((lead + first).rstrip())
    out.extend(pad + line if line else "" for line in rest)


def _text(item: _Item, report: Report, words: Words) -> str:
    if len(item.parts) == 1 and isinstance(item.parts[0], list) and len(item.parts[0]) == 1:
        return words(item.parts[0][0], report)
    blocks: list[str] = []
    for part in item.parts:
        if isinstance(part, str):
            blocks.append(part)
            continue
        blocks.extend(words("\n".join(lines), report) for lines in _paragraphs(part))
    return "\n\n".join(block for block in blocks if block)


def _paragraphs(lines: list[str]) -> list[list[str]]:
    """A line of nothing but a forced break ends a paragraph: the only way an item can have two."""
    done: list[list[str]] = [[]]
    for line in lines:
        if line == "\\\\":
            done.append([])
        else:
            done[-1].append(line)
    return [lines for lines in done if lines]
