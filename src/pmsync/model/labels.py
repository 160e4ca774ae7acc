"""Labels are equal by casefold with white space read as a hyphen (Jira's labels hold no spaces); their spelling is kept."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_SPACE = re.compile(r"\s+")


@lru_cache(10_000)
def label_key(label: str) -> str:
    """The identity of a label: trimmed, white space as ``-``, case folded."""
    return _SPACE.sub("-", label.strip()).casefold()


def by_key(labels: Iterable[str]) -> dict[str, str]:
    """Map each label's identity to its spelling; of two spellings of one label the one that sorts first is kept."""
    found: dict[str, str] = {}
    for label in sorted(labels):
        found.setdefault(label_key(label), label)
    return found
