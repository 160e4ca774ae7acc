"""Which elements of two rows correspond. Pure, and close to linear: unique common elements are the anchors."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Sequence
from itertools import pairwise

_CELLS = 40_000
"""The largest table filled between two anchors; a stretch beyond it counts as replaced."""

Span = tuple[int, int, int, int]


def matches(left: Sequence[Hashable], right: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Pairs of indexes of equal elements, rising on both sides."""
    found: list[tuple[int, int]] = []
    todo: list[Span] = [(0, len(left), 0, len(right))]
    while todo:
        span = _trim(left, right, todo.pop(), found)
        if span[0] == span[1] or span[2] == span[3]:
            continue
        anchors = _anchors(left, right, span)
        if not anchors:
            found.extend(_table(left, right, span))
            continue
        found.extend(anchors)
        ends = [(span[0] - 1, span[2] - 1), *anchors, (span[1], span[3])]
        todo.extend((a + 1, c, b + 1, d) for (a, b), (c, d) in pairwise(ends))
    return sorted(found)


def _trim(left: Sequence[Hashable], right: Sequence[Hashable], span: Span, found: list[tuple[int, int]]) -> Span:
    a, b, c, d = span
    while a < b and c < d and left[a] == right[c]:
        found.append((a, c))
        a, c = a + 1, c + 1
    while a < b and c < d and left[b - 1] == right[d - 1]:
        b, d = b - 1, d - 1
        found.append((b, d))
    return a, b, c, d


def _anchors(left: Sequence[Hashable], right: Sequence[Hashable], span: Span) -> list[tuple[int, int]]:
    """The longest rising row of pairs whose elements stand once on each side."""
    a, b, c, d = span
    often, other = Counter(left[a:b]), Counter(right[c:d])
    places = {right[j]: j for j in range(c, d)}
    pairs = [(i, places[left[i]]) for i in range(a, b) if often[left[i]] == 1 and other.get(left[i]) == 1]
    tops: list[int] = []
    tails: list[int] = []
    before: list[int] = []
    for index, (_, j) in enumerate(pairs):
        place = bisect_left(tops, j)
        before.append(tails[place - 1] if place else -1)
        tops[place : place + 1] = [j]
        tails[place : place + 1] = [index]
    row: list[tuple[int, int]] = []
    index = tails[-1] if tails else -1
    while index >= 0:
        row.append(pairs[index])
        index = before[index]
    return row[::-1]


def _table(left: Sequence[Hashable], right: Sequence[Hashable], span: Span) -> list[tuple[int, int]]:
    """The longest common row, by the classical table; nothing where the table would be too large."""
    a, b, c, d = span
    if (b - a) * (d - c) > _CELLS:
        return []
    width = d - c + 1
    best = [[0] * width for _ in range(b - a + 1)]
    for i in range(b - 1, a - 1, -1):
        row, below = best[i - a], best[i - a + 1]
        for j in range(d - 1, c - 1, -1):
            row[j - c] = below[j - c + 1] + 1 if left[i] == right[j] else max(below[j - c], row[j - c + 1])
    found: list[tuple[int, int]] = []
    i, j = a, c
    while i < b and j < d:
        if left[i] == right[j]:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif best[i - a + 1][j - c] >= best[i - a][j - c + 1]:
            i += 1
        else:
            j += 1
    return found
