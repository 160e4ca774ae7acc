"""Where block macros stand in wiki text: {code}, {noformat}, {quote}, {panel} and the four notes. Pure and linear."""

from __future__ import annotations

import re
from dataclasses import dataclass

CONTAINERS = frozenset({"quote", "panel", "info", "note", "tip", "warning"})
_MACRO = re.compile(r"(?<![\\{])\{(code|noformat|quote|panel|info|note|tip|warning)(?::([^{}\n]*+))?\}(?!\})")


@dataclass(frozen=True, slots=True)
class Macro:
    """One block macro.

    Attributes:
        name: the macro's name.
        params: what stands behind the colon; None where there is no colon.
        start: where the macro begins in the text.
        inside: where its body begins.
        close: where its body ends.
        end: where the macro ends.
    """

    name: str
    params: str | None
    start: int
    inside: int
    close: int
    end: int


def outermost(text: str) -> list[Macro]:
    """The macros of ``text`` that stand in no other one, in order. One that is never closed is not a macro but text."""
    if "{" not in text:
        return []
    found = _pairs(text)
    found.sort(key=lambda macro: macro.start)
    kept: list[Macro] = []
    reached = 0
    for macro in found:
        if macro.start >= reached:
            kept.append(macro)
            reached = macro.end
    return kept


def _pairs(text: str) -> list[Macro]:
    found: list[Macro] = []
    opened: dict[str, re.Match[str]] = {}
    endless: set[str] = set()
    position = 0
    while match := _MACRO.search(text, position):
        name = match[1]
        position = match.end()
        if name not in CONTAINERS:
            close = -1 if name in endless else text.find(f"{{{name}}}", position)
            if close < 0:
                endless.add(name)
                continue
            position = close + len(name) + 2
            found.append(Macro(name, match[2], match.start(), match.end(), close, position))
        elif name in opened and match[2] is None:
            first = opened[name]
            _forget(opened, name)
            found.append(Macro(name, first[2], first.start(), first.end(), match.start(), match.end()))
        else:
            opened.pop(name, None)
            opened[name] = match
    return found


def _forget(opened: dict[str, re.Match[str]], name: str) -> None:
    """Close ``name`` and all that was opened after it."""
    for other in reversed(list(opened)):
        del opened[other]
        if other == name:
            return
