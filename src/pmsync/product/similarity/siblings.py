"""Titles that differ only in a number, a version or a branch: "Backport to 3.1", "Backport to 3.2". They resemble each other, and are two things."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"[^\s,;:()\[\]\"']+")
_MARK = re.compile(r"\d|[/_]|^#|^(?:main|master|trunk|develop|stable|release)$", re.IGNORECASE)


def are_siblings(one: str, other: str) -> bool:
    """Whether two titles say the same but for words that tell versions, numbers, keys or branches apart."""
    first, second = _parts(one), _parts(other)
    return first[0] == second[0] and first[1] != second[1]


def _parts(title: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words of a title that carry meaning, and those that carry a mark."""
    tokens = [token.casefold().rstrip(".!?") for token in _TOKEN.findall(title)]
    return tuple(token for token in tokens if not _MARK.search(token)), tuple(token for token in tokens if _MARK.search(token))
