"""How messages about what a person wrote are worded: what is quoted, what sort of value it is, and what may have been meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


def quoted(value: object) -> str:
    """A value as a message may quote it: on one line."""
    return f"'{printable(str(value))}'"


def nearest(word: str, known: Iterable[str]) -> str:
    """A remedy that names the nearest valid word, or all of them."""
    options = sorted({str(option) for option in known})
    folded = {option.casefold(): option for option in reversed(options)}
    close = difflib.get_close_matches(word[:100].casefold(), folded, n=1, cutoff=0.6)
    if close:
        return f"did you mean {folded[close[0]]!r}?"
    return "valid here: " + ", ".join(options) if options else ""


def kind_of(value: Any) -> str:
    """What sort of value stands there, in words that never show it."""
    if value is None:
        return "empty"
    for types, words in (
        (bool, "true or false"),
        (int | float, "a number"),
        (str, "a text"),
        (dict, "a mapping"),
        (list, "a list"),
    ):
        if isinstance(value, types):
            return words
    return "of another type"


def printable(text: str) -> str:
    """The text on one line, what cannot be printed as its escape."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
