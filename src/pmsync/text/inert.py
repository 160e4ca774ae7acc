"""Names that call people and numbers that link issues where GitHub finds them: made inert with an empty comment behind the sign. Pure.

``@ana`` and ``@<!-- -->ana`` read the same and are the same to ``canon``; GitHub calls nobody by the second. Code, tags, addresses and the
targets of links are left alone, for nothing in them calls anybody.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator

from pmsync.text.blocks import split
from pmsync.text.canon import canon
from pmsync.text.inline import CALM

_CALL = (
    r"(?<![A-Za-z0-9])@[A-Za-z0-9][A-Za-z0-9-]{0,38}"
    r"|(?<!&)#\d{1,9}(?![A-Za-z0-9])|(?<![A-Za-z0-9])[Gg][Hh]-\d{1,9}(?![A-Za-z0-9])"
)
_PARTS = re.compile(rf"`+|\\[\\`<\[]|<[^<>\n]{{1,500}}>|\]\([^()\n]{{0,2000}}\)|https?://[^\s<>]+|(?P<call>{_CALL})")
_CALMED = re.compile(
    rf"`+|\\[\\`<\[]|(?P<call>(?:[@#]|(?<![A-Za-z0-9])[Gg][Hh]-){CALM}(?=[^\W_]))|<[^<>\n]{{1,500}}>|\]\([^()\n]{{0,2000}}\)|https?://[^\s<>]+"
)
_FENCE = re.compile(r"[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+)*(`{3,}(?=[^`]*$)|~{3,})")


def inert(text: str, alive: frozenset[str] = frozenset()) -> str:
    """The text that calls nobody and links no issue, but those in ``alive`` (see ``calls``)."""
    return _each(text, _PARTS, lambda match: match if match.casefold() in alive else _calm(match))


def revived(text: str) -> str:
    """The text without the empty comments that keep a name or a number from acting."""
    return _each(text, _CALMED, lambda match: match.removesuffix(CALM)) if CALM in text else text


def calls(text: str) -> frozenset[str]:
    """The names and numbers that act in the text, casefolded: ``@ana``, ``#12``, ``gh-12``."""
    return frozenset(match["call"].casefold() for block in split(text) for match in _found(block.source, block.kind, _PARTS))


def _calm(call: str) -> str:
    sign = 3 if call[0] in "gG" else 1
    return call[:sign] + CALM + call[sign:]


def _each(text: str, parts: re.Pattern[str], change: Callable[[str], str]) -> str:
    """The text with every call changed; a block that would say something else by that stays as it is, and so does a text."""
    done: list[str] = []
    for block in split(text):
        pieces: list[str] = []
        at = 0
        for match in _found(block.source, block.kind, parts):
            pieces += [block.source[at : match.start()], change(match["call"])]
            at = match.end()
        made = "".join(pieces) + block.source[at:]
        done.append(made if made == block.source or canon(made) == canon(block.source) else block.source)
    whole = "".join(done)
    return whole if whole == text or canon(whole) == canon(text) else text


def _found(source: str, kind: str, parts: re.Pattern[str]) -> Iterator[re.Match[str]]:
    if kind in ("code", "definition") or not any(sign in source for sign in ("@", "#", "GH-", "gh-", "Gh-", "gH-")):
        return
    for start, end in _outside_fences(source):
        yield from _calls_in(source, start, end, parts)


def _outside_fences(source: str) -> Iterator[tuple[int, int]]:
    """Stretches of a block that are not fenced code within it."""
    if "```" not in source and "~~~" not in source:
        yield 0, len(source)
        return
    fence = ""
    start = at = 0
    for line in source.splitlines(keepends=True):
        match = _FENCE.match(line.rstrip())
        if fence and match and match[1].startswith(fence) and not line.rstrip()[match.end() :]:
            fence, start = "", at + len(line)
        elif not fence and match:
            fence = match[1]
            yield start, at
        at += len(line)
    if not fence:
        yield start, at


def _calls_in(source: str, start: int, end: int, parts: re.Pattern[str]) -> Iterator[re.Match[str]]:
    ticks: dict[int, list[int]] | None = None
    at = start
    while (match := parts.search(source, at, end)) is not None:
        at = match.end()
        if match["call"]:
            yield match
        elif match[0][0] == "`":
            if ticks is None:
                ticks = _ticks(source, start, end)
            places = ticks.get(len(match[0]), [])
            next_one = bisect_right(places, match.start())
            at = places[next_one] + len(match[0]) if next_one < len(places) else at


def _ticks(source: str, start: int, end: int) -> dict[int, list[int]]:
    """Where runs of backticks begin, by their length."""
    found: dict[int, list[int]] = {}
    for match in re.compile("`+").finditer(source, start, end):
        found.setdefault(len(match[0]), []).append(match.start())
    return found
