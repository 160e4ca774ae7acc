"""A Markdown text as the row of its blocks, each an exact slice: joined they are the text, byte for byte. Pure and linear.

A block is what people edit as one: a paragraph, a heading, one item of a list with all it holds, a whole table, a whole quote, a code
block. The empty lines after a block belong to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pmsync.text.canon import canon

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
_RULE = re.compile(r" {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$")
_HEADING = re.compile(r" {0,3}#{1,6}(?:[ \t]|$)")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
_ITEM = re.compile(r"( *)([-+*]|\d{1,9}[.)])( {1,4}(?=[^ \t])|[ \t]|$)")
_DEFINITION = re.compile(r" {0,3}\[[^\]\n]+\]:")
_DELIMITERS = re.compile(r" {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_NUMBER = re.compile(r"^( *)\d{1,9}(?=[.)])")
_TAGS = (
    "address article aside base basefont blockquote body caption center col colgroup dd details dialog dir div dl dt fieldset figcaption "
    "figure footer form frame frameset h[1-6] head header hr html iframe legend li link main menu menuitem nav noframes ol optgroup "
    "option p param search section summary table tbody td tfoot th thead title tr track ul"
).replace(" ", "|")
_RAW = re.compile(r" {0,3}<(?:script|pre|style|textarea)(?:[\s>]|$)", re.I)
_RAW_END = re.compile(r"</(?:script|pre|style|textarea)>", re.I)
_OPENERS = ((_RAW, _RAW_END), (re.compile(r" {0,3}<!--"), re.compile("-->")), (re.compile(r" {0,3}<\?"), re.compile(r"\?>")))
_ELEMENT = re.compile(rf" {{0,3}}</?(?:{_TAGS})(?:[\s/>]|$)", re.I)
_TAG_ALONE = re.compile(
    r" {0,3}(?:<[A-Za-z][\w-]*(?:\s+[\w:.-]+(?:\s*=\s*(?:[^\s\"'=<>`]+|'[^']*'|\"[^\"]*\"))?)*\s*/?>|</[A-Za-z][\w-]*\s*>)\s*$"
)


@dataclass(frozen=True, slots=True)
class Block:
    """One block.

    Attributes:
        source: the exact slice, with the line ends and empty lines after it (and, in the first block, before it).
        kind: ``paragraph``, ``heading``, ``rule``, ``code``, ``html``, ``table``, ``item``, ``quote``, ``definition`` or ``blank``.
    """

    source: str
    kind: str

    @property
    def key(self) -> tuple[str, str]:
        """What the block says: equal for all spellings of it. The number of an item is spelling, its place says it.

        It is worked out anew each time it is asked for.
        """
        if self.kind == "definition":
            return self.kind, " ".join(self.source.split())
        return self.kind, canon(_NUMBER.sub(r"\g<1>1", self.source.strip("\r\n")) if self.kind == "item" else self.source)


def split(text: str) -> tuple[Block, ...]:
    """The blocks of ``text``: ``join(split(text)) == text``. An empty text has none."""
    cutter = _Cutter()
    lines = _LINE.findall(text) if "\r" in text else text.splitlines(True) if text.isascii() and _plain(text) else _lines(text)
    for line in lines:
        cutter.take(line)
    return tuple(cutter.blocks())


def join(blocks: Iterable[Block]) -> str:
    """The text of which these are the blocks."""
    return "".join(block.source for block in blocks)


def _plain(text: str) -> bool:
    """No character but the line feed would count as a line end in ``str.splitlines``."""
    return not any(sign in text for sign in "\v\f\x1c\x1d\x1e")


def _lines(text: str) -> list[str]:
    parts = text.split("\n")
    last = parts.pop()
    return [part + "\n" for part in parts] + ([last] if last else [])


class _Cutter:
    """Takes lines and knows which block is open."""

    def __init__(self) -> None:
        self._done: list[tuple[str, list[str]]] = []
        self._kind = ""
        self._open = False
        self._blank = True
        self._fence = ""
        self._end: re.Pattern[str] | None = None
        self._indent = 0
        self._lines = 0

    def blocks(self) -> Iterator[Block]:
        """What has been taken so far."""
        for kind, lines in self._done:
            yield Block("".join(lines), kind)

    def take(self, line: str) -> None:
        """Put the line to the open block, or open one with it."""
        words = line.strip()
        if self._fence:
            self._add(line)
            if words and not words.strip(self._fence[0]) and len(words) >= len(self._fence):
                self._fence = ""
            return
        if self._end is not None:
            self._add(line)
            if self._end.search(line):
                self._end = None
            return
        if not words:
            self._skip(line)
            return
        if not (self._open and self._continues(line, words)):
            self._start(line, words)
        else:
            self._add(line)
        self._blank = False

    def _add(self, line: str) -> None:
        self._done[-1][1].append(line)
        self._lines += 1

    def _skip(self, line: str) -> None:
        if self._done:
            self._done[-1][1].append(line)
        else:
            self._done.append(("blank", [line]))
        self._blank = True
        if self._kind not in ("item", "indented"):
            self._open = False

    def _continues(self, line: str, words: str) -> bool:
        kind = self._kind
        indent = _indent(line)
        if kind == "item":
            return indent >= self._indent or not (self._blank or _begins(line, words, False))
        if kind == "indented":
            return indent >= 4
        if kind == "html":
            return True
        if kind == "quote":
            return words[0] == ">" or not _begins(line, words, True)
        if kind == "table":
            return not _begins(line, words, False)
        if self._lines == 1 and "-" in words and self._is_table(line):
            self._rename("table")
            return True
        if words[0] in "=-" and _UNDERLINE.match(line.rstrip()):
            self._rename("heading")
            self._open = False
            return True
        return indent >= 4 or not _begins(line, words, True)

    def _is_table(self, line: str) -> bool:
        head = self._done[-1][1][-1]
        return ("|" in head or "|" in line) and _DELIMITERS.match(line.rstrip()) is not None

    def _rename(self, kind: str) -> None:
        self._kind = kind
        self._done[-1] = (kind, self._done[-1][1])

    def _start(self, line: str, words: str) -> None:
        kind = self._classify(line, words)
        before = self._done.pop()[1] if self._done and self._done[-1][0] == "blank" else []
        self._done.append(("code" if kind == "indented" else kind, [*before, line]))
        self._kind, self._lines = kind, 1
        self._open = kind not in ("heading", "rule", "definition", "code")

    def _classify(self, line: str, words: str) -> str:
        if _indent(line) >= 4:
            return "indented"
        first = words[0]
        if first in "`~" and (fence := _FENCE.match(line.rstrip())):
            self._fence = fence.group(1)
            return "code"
        if first == ">":
            return "quote"
        if first == "<" and (kind := self._html(line)):
            return kind
        if first in "-+*_0123456789#[":
            return self._marked(line)
        return "paragraph"

    def _marked(self, line: str) -> str:
        bare = line.rstrip()
        if _HEADING.match(bare):
            return "heading"
        if _RULE.match(bare):
            return "rule"
        if item := _ITEM.match(bare):
            self._indent = item.end() if item.group(3).strip(" ") == "" and item.group(3) else item.end(2) + 1
            return "item"
        return "definition" if _DEFINITION.match(bare) else "paragraph"

    def _html(self, line: str) -> str:
        for start, end in _OPENERS:
            if match := start.match(line):
                self._end = None if end.search(line, match.end()) else end
                return "html"
        return "html" if _ELEMENT.match(line) or _TAG_ALONE.match(line) else ""


def _indent(line: str) -> int:
    """How far the words stand in; a tab goes on to the next multiple of four."""
    width = 0
    for sign in line:
        if sign == " ":
            width += 1
        elif sign == "\t":
            width += 4 - width % 4
        else:
            break
    return width


def _begins(line: str, words: str, interrupting: bool) -> bool:
    """The line can begin a block of its own right after another line; ``interrupting`` where that line is a paragraph's."""
    first = words[0]
    if first not in "`~><-+*_#0123456789":
        return False
    bare = line.rstrip()
    if first in "`~":
        return _FENCE.match(bare) is not None
    if first == ">":
        return _indent(line) < 4
    if first == "<":
        opens = any(start.match(line) for start, _ in _OPENERS) or _ELEMENT.match(line) is not None
        return opens or (not interrupting and _TAG_ALONE.match(line) is not None)
    if _HEADING.match(bare) or _RULE.match(bare):
        return True
    item = _ITEM.match(bare)
    if item is None or (interrupting and item.end() == len(bare)):
        return False
    return not (interrupting and item.group(2)[:-1] not in ("", "1"))
