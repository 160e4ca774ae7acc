"""Two edits of one Markdown text, made without knowing each other, as one text. Pure.

The laws (tested): an edit alone is taken as it is; two equal edits are one; it does not matter which side is called which; every block of
the merged text comes from one of the sides; no block that only one side added, changed or removed is lost. Where both sides changed one
block differently there is a clash, and nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from pmsync.text.align import matches
from pmsync.text.blocks import Block, join, split

Side = Literal["ours", "theirs"]


@dataclass(frozen=True, slots=True)
class Clash:
    """A place that both sides changed, each in its own way; the three texts are exact slices."""

    base: str
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Merge:
    """What came of a merge.

    Attributes:
        text: the merged text; None while clashes stand undecided.
        clashes: the places that both sides changed, decided by ``prefer`` or not.
    """

    text: str | None
    clashes: tuple[Clash, ...] = ()


@dataclass(frozen=True, slots=True)
class _Hunk:
    """``base[start:end]`` was replaced by ``blocks``."""

    start: int
    end: int
    blocks: tuple[int, ...]


def merge(base: str, ours: str, theirs: str, prefer: Side | None = None) -> Merge:
    """The text with both edits.

    Args:
        base: the text that both sides started from.
        ours: one edit of it.
        theirs: the other.
        prefer: whose block is taken where both changed one; None leaves such a merge without a text.
    """
    if ours == theirs or theirs == base:
        return Merge(ours)
    if ours == base:
        return Merge(theirs)
    return _Work(base, ours, theirs).merged(prefer)


class _Work:
    """One merge: the three rows of blocks, by number; equal numbers say the same."""

    def __init__(self, base: str, ours: str, theirs: str) -> None:
        self._texts = (base, ours, theirs)
        self._rows = tuple(split(text) for text in self._texts)
        self._keys = numbered(self._rows)

    def merged(self, prefer: Side | None) -> Merge:
        out: list[Block] = []
        clashes: list[Clash] = []
        pairs = [dict(matches(self._keys[0], keys)) for keys in self._keys[1:]]
        at = 0
        for ours, theirs in _groups(self._hunks(1, pairs[0]), self._hunks(2, pairs[1])):
            start = min(hunk.start for hunk in ours + theirs)
            end = max(hunk.end for hunk in ours + theirs)
            self._keep(range(at, start), pairs, out)
            at = end
            clash = self._clash(start, end, ours, theirs)
            if not (ours and theirs) or self._alike(ours, theirs):
                first = not theirs or (bool(ours) and clash.ours <= clash.theirs)
                self._take(1 if first else 2, ours if first else theirs, (start, end), out)
                continue
            clashes.append(clash)
            if prefer is not None:
                side = 1 if prefer == "ours" else 2
                self._take(side, ours if side == 1 else theirs, (start, end), out)
        self._keep(range(at, len(self._rows[0])), pairs, out)
        if clashes and prefer is None:
            return Merge(None, tuple(clashes))
        return self._checked(out, clashes, prefer)

    def _checked(self, out: list[Block], clashes: list[Clash], prefer: Side | None) -> Merge:
        """The blocks as a text, if it reads back as these blocks; else the whole text is the clash."""
        text = self._joined(out)
        wanted, found = numbered((out, split(text)))
        if wanted == found:
            return Merge(text, tuple(clashes))
        base, ours, theirs = self._texts
        return Merge({None: None, "ours": ours, "theirs": theirs}[prefer], (Clash(base, ours, theirs),))

    def _hunks(self, side: int, pairs: dict[int, int]) -> list[_Hunk]:
        """What the side replaced; where as many blocks of the same kinds stand for others, each for one."""
        base, row = self._rows[0], self._rows[side]
        hunks: list[_Hunk] = []
        ends = [*sorted(pairs.items()), (len(base), len(row))]
        i = j = 0
        for a, b in ends:
            olds, news = range(i, a), range(j, b)
            if len(olds) == len(news) and all(base[o].kind == row[n].kind for o, n in zip(olds, news, strict=True)):
                hunks.extend(_Hunk(o, o + 1, (n,)) for o, n in zip(olds, news, strict=True))
            elif olds or news:
                hunks.append(_Hunk(i, a, tuple(news)))
            i, j = a + 1, b + 1
        return hunks

    def _keep(self, span: range, pairs: list[dict[int, int]], out: list[Block]) -> None:
        """Blocks nobody changed in meaning; a side's new spelling is taken, the smaller where both have one."""
        for index in span:
            base = self._rows[0][index]
            ours, theirs = (self._rows[side][pairs[side - 1][index]] for side in (1, 2))
            if ours.source == base.source:
                chosen = theirs
            elif theirs.source == base.source:
                chosen = ours
            else:
                chosen = min(ours, theirs, key=lambda block: block.source)
            out.append(chosen)

    def _take(self, side: int, hunks: list[_Hunk], span: tuple[int, int], out: list[Block]) -> None:
        out.extend(self._rows[row][index] for row, index in self._indexes(side, hunks, span))

    def _indexes(self, side: int, hunks: list[_Hunk], span: tuple[int, int]) -> list[tuple[int, int]]:
        """What stands on the side in place of the base's span: (0, index) of the base, (side, index) of its own."""
        row: list[tuple[int, int]] = []
        at = span[0]
        for hunk in hunks:
            row.extend((0, index) for index in range(at, hunk.start))
            row.extend((side, index) for index in hunk.blocks)
            at = hunk.end
        row.extend((0, index) for index in range(at, span[1]))
        return row

    def _alike(self, ours: list[_Hunk], theirs: list[_Hunk]) -> bool:
        start = min(hunk.start for hunk in ours + theirs)
        end = max(hunk.end for hunk in ours + theirs)
        said = [[self._keys[row][i] for row, i in self._indexes(s, h, (start, end))] for s, h in ((1, ours), (2, theirs))]
        return said[0] == said[1]

    def _clash(self, start: int, end: int, ours: list[_Hunk], theirs: list[_Hunk]) -> Clash:
        texts = [join(self._rows[0][start:end])]
        for side, hunks in ((1, ours), (2, theirs)):
            texts.append(join(self._rows[row][index] for row, index in self._indexes(side, hunks, (start, end))))
        return Clash(*texts)

    def _joined(self, out: Sequence[Block]) -> str:
        """The blocks one after another, kept apart where they did not stand side by side before."""
        neighbours = {(a.source, b.source) for row in self._rows for a, b in pairwise(row)}
        parts: list[str] = []
        for index, block in enumerate(out):
            after = out[index + 1] if index + 1 < len(out) else None
            parts.append(block.source)
            if after is not None and (block.source, after.source) not in neighbours:
                parts.append(_gap(block, after))
        return "".join(parts).rstrip("\r\n") + self._tail() if out else ""

    def _tail(self) -> str:
        """The line ends after the last word: a side's that changed them, the shorter where both did."""
        base, ours, theirs = (text[len(text.rstrip("\r\n")) :] for text in self._texts)
        if ours == base:
            return theirs
        return ours if theirs == base else min(ours, theirs, key=lambda end: (len(end), end))


def _gap(block: Block, after: Block) -> str:
    words = block.source.rstrip("\r\n")
    ends = block.source[len(words) :].replace("\r\n", "\n").replace("\r", "\n")
    wanted = 1 if block.kind == after.kind == "item" else 2
    return "\n" * max(wanted - len(ends), 0)


def _groups(ours: list[_Hunk], theirs: list[_Hunk]) -> list[tuple[list[_Hunk], list[_Hunk]]]:
    """Hunks that touch the same blocks of the base, together; in the base's order."""
    tagged = sorted([(h, 0) for h in ours] + [(h, 1) for h in theirs], key=lambda pair: (pair[0].start, pair[0].end, pair[1]))
    groups: list[tuple[list[_Hunk], list[_Hunk]]] = []
    start = end = -1
    for hunk, side in tagged:
        inside = hunk.start < end or (hunk.start == hunk.end == start == end)
        if not groups or not inside:
            groups.append(([], []))
            start, end = hunk.start, hunk.end
        groups[-1][side].append(hunk)
        end = max(end, hunk.end)
    return groups


def numbered(rows: Sequence[Sequence[Block]]) -> tuple[tuple[int, ...], ...]:
    """The rows as numbers, the same for blocks that say the same; a block's key is worked out once for each spelling."""
    by_source: dict[str, int] = {}
    by_key: dict[tuple[str, str], int] = {}
    for row in rows:
        for block in row:
            if block.source not in by_source:
                by_source[block.source] = by_key.setdefault(block.key, len(by_key))
    return tuple(tuple(by_source[block.source] for block in row) for row in rows)
