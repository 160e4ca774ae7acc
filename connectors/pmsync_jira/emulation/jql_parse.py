"""The grammar of the JQL subset: text to a tree. What it does not know it refuses, it never guesses."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pmsync_jira.emulation.errors import Refusal, bad_request

TOKEN = re.compile(
    r"""\s*(?:
        (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<sign>>=|<=|!=|>|<|=)
      | (?P<mark>[(),])
      | (?P<word>[^\s()=<>!~,"']+)
    )""",
    re.VERBOSE,
)
RELATIONS = frozenset({"=", "!=", ">", ">=", "<", "<="})


@dataclass(frozen=True, slots=True)
class Operand:
    """One value. ``kind``: ``text`` (quoted), ``word`` (bare) or ``function`` (its name, no arguments)."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Clause:
    """``field operator operands``; the operators ``empty`` and ``not empty`` take none, ``in`` and ``not in`` take many."""

    field: str
    operator: str
    operands: tuple[Operand, ...] = ()


@dataclass(frozen=True, slots=True)
class Both:
    """Every part holds."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Some part holds."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """The part does not hold."""

    part: Node


Node = Clause | Both | Either | Negation


@dataclass(frozen=True, slots=True)
class Order:
    """One key of ORDER BY."""

    field: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Parsed:
    """A whole query; ``where`` None when nothing restricts it."""

    where: Node | None
    order: tuple[Order, ...]


def parse(text: str) -> Parsed:
    """Parse a query.

    Raises:
        Refusal: 400 for what is malformed or outside the subset.
    """
    return _Parser(_tokens(text)).query()


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens = []
    position = 0
    end = len(text.rstrip())
    while position < end:
        match = TOKEN.match(text, position)
        if match is None:
            raise _unexpected(text[position:].strip()[:1])
        kind = match.lastgroup or ""
        value = match.group(kind)
        tokens.append((kind, re.sub(r"\\(.)", r"\1", value[1:-1]) if kind == "string" else value))
        position = match.end()
    return tokens


def _unexpected(what: str) -> Refusal:
    return bad_request(f"Error in the JQL Query: '{what}' was not expected here, or this stand-in does not understand it.")


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0

    def query(self) -> Parsed:
        where = None if self._is_word("order") or self._ended() else self._either()
        order = self._order()
        if not self._ended():
            raise _unexpected(self._peek()[1])
        return Parsed(where, order)

    def _either(self) -> Node:
        parts = [self._both()]
        while self._take_word("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _both(self) -> Node:
        parts = [self._single()]
        while self._take_word("and"):
            parts.append(self._single())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _single(self) -> Node:
        if self._take_word("not"):
            return Negation(self._single())
        if self._take_mark("("):
            inner = self._either()
            self._need_mark(")")
            return inner
        return self._clause()

    def _clause(self) -> Clause:
        kind, field = self._next()
        if kind not in {"word", "string"}:
            raise _unexpected(field)
        if self._take_word("is"):
            negated = self._take_word("not")
            if not (self._take_word("empty") or self._take_word("null")):
                raise _unexpected(self._peek()[1])
            return Clause(field.lower(), "not empty" if negated else "empty")
        if self._take_word("not"):
            if not self._take_word("in"):
                raise _unexpected(self._peek()[1])
            return Clause(field.lower(), "not in", self._list())
        if self._take_word("in"):
            return Clause(field.lower(), "in", self._list())
        kind, sign = self._next()
        if kind != "sign" or sign not in RELATIONS:
            raise _unexpected(sign)
        return Clause(field.lower(), sign, (self._operand(),))

    def _list(self) -> tuple[Operand, ...]:
        self._need_mark("(")
        operands = [self._operand()]
        while self._take_mark(","):
            operands.append(self._operand())
        self._need_mark(")")
        return tuple(operands)

    def _operand(self) -> Operand:
        kind, value = self._next()
        if kind not in {"word", "string"}:
            raise _unexpected(value)
        if kind == "word" and self._take_mark("("):
            self._need_mark(")")
            return Operand("function", value.lower())
        return Operand("text" if kind == "string" else "word", value)

    def _order(self) -> tuple[Order, ...]:
        if not self._take_word("order"):
            return ()
        if not self._take_word("by"):
            raise _unexpected(self._peek()[1])
        keys = [self._key()]
        while self._take_mark(","):
            keys.append(self._key())
        if len(keys) > 7:
            raise bad_request("The maximum of 7 fields in ORDER BY is exceeded.")
        return tuple(keys)

    def _key(self) -> Order:
        kind, field = self._next()
        if kind not in {"word", "string"}:
            raise _unexpected(field)
        if self._take_word("asc"):
            return Order(field.lower(), descending=False)
        if self._take_word("desc"):
            return Order(field.lower(), descending=True)
        raise bad_request(f"This stand-in needs ASC or DESC after ORDER BY {field}: the default differs by field.")

    def _ended(self) -> bool:
        return self._at >= len(self._tokens)

    def _peek(self) -> tuple[str, str]:
        return ("end", "the end of the query") if self._ended() else self._tokens[self._at]

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self._at += 1
        return token

    def _is_word(self, word: str) -> bool:
        kind, value = self._peek()
        return kind == "word" and value.lower() == word

    def _take_word(self, word: str) -> bool:
        taken = self._is_word(word)
        self._at += taken
        return taken

    def _take_mark(self, mark: str) -> bool:
        taken = self._peek() == ("mark", mark)
        self._at += taken
        return taken

    def _need_mark(self, mark: str) -> None:
        if not self._take_mark(mark):
            raise _unexpected(self._peek()[1])
