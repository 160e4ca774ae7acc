"""Which marks of a Markdown text belong together (CommonMark's rule), and how wiki markup writes them. Pure and linear."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field


@dataclass(slots=True)
class Mark:
    """A run of ``*``, ``_`` or ``~``, or a tag.

    Attributes:
        sign: the character of the run; for a tag, the wiki sign.
        count: how many of the run are left.
        opens: may open.
        closes: may close.
        is_tag: it was a tag, which is a mark only with its partner.
        raw: the tag's wiki spelling where it has one of its own.
        closed: wiki signs this run closes, innermost first.
        opened: wiki signs this run opens, innermost first.
    """

    sign: str
    count: int
    opens: bool
    closes: bool
    is_tag: bool = False
    raw: str = ""
    length: int = 0
    closed: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)

    @classmethod
    def run(cls, signs: str, before: str, after: str) -> Mark:
        """A run of equal signs between two characters."""
        left = not after.isspace() and (not _is_sign(after) or before.isspace() or _is_sign(before))
        right = not before.isspace() and (not _is_sign(before) or after.isspace() or _is_sign(after))
        if signs[0] == "_":
            return cls(
                "_",
                len(signs),
                left and (not right or _is_sign(before)),
                right and (not left or _is_sign(after)),
                length=len(signs),
            )
        if signs[0] == "~" and len(signs) > 2:
            return cls("~", len(signs), False, False, length=len(signs))
        return cls(signs[0], len(signs), left, right, length=len(signs))

    @classmethod
    def tag(cls, sign: str, *, closing: bool, raw: str) -> Mark:
        """A tag that means the wiki sign."""
        return cls(sign, 1, not closing, closing, is_tag=True, raw=raw)


Piece = str | Mark


class Unpaired(Exception):
    """A tag stands without its partner, or crosses another mark."""


def _is_sign(char: str) -> bool:
    return unicodedata.category(char)[0] in "PS"


def paired(pieces: list[Piece]) -> list[Piece]:
    """The pieces, with the marks that belong together told so."""
    marks = [piece for piece in pieces if isinstance(piece, Mark)]
    if not marks:
        return pieces
    stack: list[Mark] = []
    floor: dict[tuple[str, bool, int], int] = {}
    for mark in marks:
        if mark.is_tag:
            _pair_tag(stack, mark)
            _lower(floor, len(stack))
            continue
        while mark.closes and mark.count:
            key = (mark.sign, mark.opens, mark.length % 3 if mark.sign != "~" else mark.length)
            index = _opener(stack, mark, floor.get(key, 0))
            if index < 0:
                floor[key] = len(stack)
                break
            _join(stack[index], mark)
            del stack[index + (1 if stack[index].count else 0) :]
            _lower(floor, len(stack))
        if mark.opens and mark.count:
            stack.append(mark)
    if any(mark.is_tag for mark in stack):
        raise Unpaired
    return pieces


def _lower(floor: dict[tuple[str, bool, int], int], height: int) -> None:
    for key, level in floor.items():
        if level > height:
            floor[key] = height


def _opener(stack: list[Mark], mark: Mark, floor: int) -> int:
    for index in range(len(stack) - 1, floor - 1, -1):
        other = stack[index]
        if other.is_tag:
            return -1
        if other.sign != mark.sign:
            continue
        if mark.sign == "~":
            if other.length == mark.length:
                return index
            continue
        odd = (other.closes or mark.opens) and (other.length + mark.length) % 3 == 0 and (other.length % 3 or mark.length % 3)
        if not odd:
            return index
    return -1


def _join(opener: Mark, closer: Mark) -> None:
    if closer.sign == "~":
        used, sign = closer.length, "-"
    else:
        used = 2 if opener.count > 1 and closer.count > 1 else 1
        sign = "*" if used == 2 else "_"
    opener.count -= used
    closer.count -= used
    opener.opened.append(sign)
    closer.closed.append(sign)


def _pair_tag(stack: list[Mark], mark: Mark) -> None:
    if mark.opens:
        stack.append(mark)
        return
    while stack and not stack[-1].is_tag:
        stack.pop()
    if not stack or stack[-1].sign != mark.sign:
        raise Unpaired
    opener = stack.pop()
    opener.opened.append(opener.raw if mark.sign == "{color}" else mark.sign)
    mark.closed.append("{color}" if mark.sign == "{color}" else mark.sign)


def written(pieces: list[Piece], line: str) -> str:
    """The pieces as wiki markup. A mark inside the same mark says nothing; one that reaches over a line break ends and begins anew."""
    if all(isinstance(piece, str) for piece in pieces):
        text = "".join(piece for piece in pieces if isinstance(piece, str))
        return text if line == "\n" else text.replace("\n", line)
    writer = _Writer(line)
    for piece in pieces:
        if isinstance(piece, str):
            writer.words(piece)
            continue
        for sign in piece.closed:
            writer.close(sign)
        if piece.count and not piece.is_tag:
            writer.words(_literal(piece))
        for sign in reversed(piece.opened):
            writer.open(sign)
    return writer.finish()


def _literal(mark: Mark) -> str:
    return ("\\" + mark.sign) * mark.count


_STRICT = frozenset({"+", "^", "~", "??", "{color}"})


class _Writer:
    """Writes words and marks; the spelling of a mark is settled when what follows it is known."""

    def __init__(self, line: str) -> None:
        self._line = line
        self._out: list[str] = []
        self._depth: dict[str, int] = {}
        self._open: list[tuple[str, int]] = []
        self._waiting: list[tuple[int, int, str]] = []

    def words(self, text: str) -> None:
        """Add finished wiki text."""
        if not text:
            return
        if text == "\n":
            self._new_line()
            return
        self._settle(text[0])
        self._out.append(text)

    def open(self, sign: str) -> None:
        """Begin a mark."""
        depth = self._depth.get(sign, 0)
        self._depth[sign] = depth + 1
        if depth:
            if sign in _STRICT or sign.startswith("{color"):
                raise Unpaired
            return
        self._begin(sign)

    def _begin(self, sign: str) -> None:
        self._settle(sign[0])
        self._open.append((sign, len(self._out)))
        self._out.append(sign)

    def close(self, sign: str) -> None:
        """End a mark."""
        if sign == "{color}":
            sign = next((word for word, _ in reversed(self._open) if word.startswith("{color")), "")
        self._depth[sign] = self._depth.get(sign, 0) - 1
        if self._depth[sign] > 0:
            return
        if not self._open or self._open[-1][0] != sign:
            raise Unpaired
        self._end()

    def _end(self) -> None:
        sign, index = self._open.pop()
        inside = "".join(self._out[index + 1 :])
        if not inside.strip(" ") or inside != inside.strip(" "):
            if sign in _STRICT or sign.startswith("{color"):
                raise Unpaired
            self._drop(index, inside, sign)
            return
        if sign.startswith("{color"):
            self._settle("{")
            self._out.append("{color}")
            return
        if inside[0] == sign[0] or inside[-1] == sign[0]:
            self._settle("{")
            self._out[index] = self._out[index] if self._out[index].startswith("{") else _forced(sign)
            self._out.append(_forced(sign))
            return
        self._settle(sign[0])
        self._waiting.append((index, len(self._out), sign))
        self._out.append(sign)

    def _drop(self, index: int, inside: str, sign: str) -> None:
        """Blanks at the edges of a mark stand outside it."""
        core = inside.strip(" ")
        if not core:
            self._out[index:] = [inside]
            return
        before = inside[: len(inside) - len(inside.lstrip(" "))]
        after = inside[len(inside.rstrip(" ")) :]
        self._waiting = [wait for wait in self._waiting if wait[0] < index]
        self._out[index:] = [before, _forced(sign), core, _forced(sign), after]

    def _new_line(self) -> None:
        again = [sign for sign, _ in self._open]
        if any(sign in _STRICT or sign.startswith("{color") for sign in again):
            raise Unpaired
        while self._open:
            self._end()
        self._settle("\n")
        self._out.append(self._line)
        for sign in again:
            self._begin(sign)

    def _settle(self, follows: str) -> None:
        """Choose the spelling of the marks just closed, now that the next character is known."""
        while self._waiting:
            index, end, sign = self._waiting.pop()
            before = self._out[index - 1][-1:] if index else ""
            if follows.isalnum() or follows == sign[0] or before.isalnum() or before in (sign[0], "\\"):
                if sign == "??":
                    raise Unpaired
                self._out[index] = self._out[end] = _forced(sign)

    def finish(self) -> str:
        """All that was written."""
        if self._open:
            raise Unpaired
        self._settle("")
        return "".join(self._out)


def _forced(sign: str) -> str:
    return "{" + sign + "}"
