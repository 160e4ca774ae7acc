"""Text that stays text: one line, without control characters, escaped for where it goes."""

from __future__ import annotations

import re
import unicodedata

_SPACES = re.compile(r"\s+")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~!&()])")
_ORDERED = re.compile(r"^(\d+)([.)])")
_KEYWORD = re.compile(
    "accdescr|acctitle|axisformat|click|dateformat|end|excludes|gantt|includes|inclusive|section|tick|title|today|topaxis|weekday|weekend",
    re.IGNORECASE,
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}


def clean(text: str) -> str:
    """One line without control, direction and other invisible characters; emoji joiners stay."""
    flat = _SPACES.sub(" ", text).strip()
    return "".join(c for c in flat if unicodedata.category(c) not in ("Cc", "Cs", "Co", "Cn") and not _turns(c))


def _turns(char: str) -> bool:
    """Whether the character turns the direction of what follows it: the rest of the page must not be turned with it."""
    return "\u202a" <= char <= "\u202e" or "\u2066" <= char <= "\u2069"


def html(text: str) -> str:
    """For the text and the attributes of HTML and SVG."""
    return "".join(_HTML.get(c, c) for c in text)


def markdown(text: str) -> str:
    """For a line of Markdown: nothing in it is markup, a mention, or a link."""
    escaped = _MARKDOWN.sub(r"\\\1", text)
    escaped = escaped.replace("@", "@\u200b").replace("://", ":\u200b//").replace("www.", "www\u200b.")
    escaped = _ORDERED.sub(r"\1\\\2", escaped)
    return f"\\{escaped}" if escaped.startswith(("-", "+", "=")) else escaped


def cell(text: str) -> str:
    """For a field of a table that a spreadsheet opens: never a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def diagram(text: str) -> str:
    """For a label of a mermaid diagram: its syntax characters as entities, and no keyword at its start."""
    escaped = "".join(f"#{ord(c)};" if c in "#;:,\"'`<>{}[]()|%&\\" else c for c in text)
    return f"#{ord(escaped[0])};{escaped[1:]}" if _KEYWORD.match(escaped) else escaped


def width(text: str, size: float, *, bold: bool = False) -> float:
    """About how wide the text is in a sans-serif face of ``size``; rather too wide than too narrow."""
    return size * sum(_wide(c) for c in text) * (1.08 if bold else 1.0)


def _wide(char: str) -> float:
    if unicodedata.combining(char) or char == "\u200d":
        return 0.0
    if unicodedata.east_asian_width(char) in "WF":
        return 1.05
    if char in "iljtfrI.,:;'|!()[] ":
        return 0.35
    if char in "mwMW@%":
        return 0.95
    return 0.7 if char.isupper() else 0.61


def wrap(text: str, room: float, size: float, most: int, *, bold: bool = False) -> list[str]:
    """The text in at most ``most`` lines that fit ``room``; what is too long ends with an ellipsis."""
    room = room / 1.08 if bold else room
    lines: list[str] = []
    for word in text.split(" "):
        for piece in _pieces(word, room, size):
            if lines and width(f"{lines[-1]} {piece}", size) <= room:
                lines[-1] += f" {piece}"
            else:
                lines.append(piece)
    if len(lines) <= most:
        return lines
    last = " ".join(lines[most - 1 : most + 1])
    while last and width(f"{last}…", size) > room:
        last = last[:-1]
    return [*lines[: most - 1], f"{last.rstrip()}…"]


def _pieces(word: str, room: float, size: float) -> list[str]:
    """A word cut where it is longer than a line."""
    pieces = [""]
    for char in word:
        if pieces[-1] and width(pieces[-1] + char, size) > room:
            pieces.append("")
        pieces[-1] += char
    return pieces
