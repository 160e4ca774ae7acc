"""A text that is too long for a system, cut for that system alone. Pure.

The cut text says at its end that it is one, and is known again by that: it is never read back as an edit of the whole.
"""

from __future__ import annotations

import re
from enum import StrEnum

from pmsync.text.blocks import split

_NOTICE = "*Cut here: {kept:,} of {all:,} characters are shown, the whole text is kept elsewhere.*"
_CUT = re.compile(
    r"(?:[*_]|<em>)Cut here: [\d,]+ of [\d,]+ characters are shown, the whole text is kept elsewhere\.(?:[*_]|</em>)\s*\Z"
)


class Unit(StrEnum):
    """What a system counts when it limits a text."""

    CHARACTERS = "characters"
    UTF16 = "utf-16 units"
    UTF8 = "utf-8 bytes"


def measure(text: str, unit: Unit = Unit.CHARACTERS) -> int:
    """The text's length as the system counts it."""
    if unit is Unit.CHARACTERS or text.isascii():
        return len(text)
    if unit is Unit.UTF8:
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text) + sum(sign > "\uffff" for sign in text)


def cut(text: str, limit: int, unit: Unit = Unit.CHARACTERS) -> str:
    """``text`` itself where it fits; else its first blocks and a notice, together within ``limit``.

    Cut is between blocks; within one where else not even half of the room would be used: a long log, say.
    A text that ends in the notice already is cut again.

    Raises:
        ValueError: the limit has no room for the notice.
    """
    if measure(text, unit) <= limit:
        return text
    room = limit - measure(_notice(len(text), len(text)), unit) - 8
    if room < 0:
        raise ValueError(f"a limit of {limit} leaves no room for the notice of a cut")
    kept = _first(text, room, unit).rstrip()
    return f"{kept}\n\n{_notice(len(kept), len(text))}" if kept else _notice(0, len(text))


def shown_of(text: str) -> str:
    """What a cut text shows, without the notice; another text as it is."""
    match = _CUT.search(text, max(0, len(text) - 200))
    return text if match is None else text[: match.start()].rstrip()


def is_cut(text: str) -> bool:
    """The text ends in the notice of a cut: it is part of another text and never an edit of it."""
    return _CUT.search(text, max(0, len(text) - 200)) is not None


def _notice(kept: int, whole: int) -> str:
    return _NOTICE.format(kept=kept, all=whole)


def _first(text: str, room: int, unit: Unit) -> str:
    kept: list[str] = []
    used = 0
    for block in split(text):
        size = measure(block.source, unit)
        if used + measure(block.source.rstrip(), unit) > room:
            if not kept or (2 * used < room and block.kind != "html"):
                kept.append(_within(block.source, room - used, unit))
            break
        kept.append(block.source)
        used += size
    return "".join(kept)


def _within(source: str, room: int, unit: Unit) -> str:
    """The start of one block: whole lines where there are several, else words, else characters; a fence is closed again."""
    fence = re.match(r"\s*(`{3,}|~{3,})", source)
    close = "\n" + fence.group(1) if fence else ""
    room -= measure(close, unit)
    start = source[: max(room, 0)]
    while measure(start, unit) > room and start:
        start = start[: len(start) - max(1, (measure(start, unit) - room) // 4)]
    for sign in ("\n", " "):
        end = start.rfind(sign)
        if end > len(start) // 2:
            start = start[:end]
            break
    return start.rstrip() + close if start.strip() else ""
