"""A reader of GraphQL documents: operations, fields, aliases, arguments, variables, fragments. Directives are not read.

It follows the grammar of the October 2021 specification as far as it goes and refuses the rest with its position.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

TOKEN = re.compile(
    r"""
    (?P<skip>[\s,\ufeff]+|\#[^\n]*)
    |(?P<block>\"\"\"(?:\\\"\"\"|[^"]|"(?!\"\"))*\"\"\")
    |(?P<string>"(?:[^"\\\n]|\\.)*")
    |(?P<number>-?(?:0|[1-9][0-9]*)(?P<fraction>\.[0-9]+)?(?P<exponent>[eE][+-]?[0-9]+)?)
    |(?P<name>[_A-Za-z][_0-9A-Za-z]*)
    |(?P<spread>\.\.\.)
    |(?P<punct>[!$()\[\]{}:=@|&])
    """,
    re.VERBOSE,
)


class SyntaxFault(Exception):
    """The document cannot be read. ``line`` and ``column`` count from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class Variable:
    """``$name`` where a value is expected."""

    name: str


@dataclass(frozen=True, slots=True)
class Enum:
    """A bare word where a value is expected."""

    name: str


@dataclass(frozen=True, slots=True)
class Definition:
    """A declared variable: its type as written (``[ID!]!``) and its default."""

    name: str
    type: str
    default: Any = None
    has_default: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One field: the key of its answer, its name, arguments as written, and what is asked of it."""

    key: str
    name: str
    arguments: dict[str, Any]
    selection: tuple[Field | Fragment | Spread, ...]
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Fragment:
    """An inline fragment (``on`` "" without a type), or a named one's body."""

    on: str
    selection: tuple[Field | Fragment | Spread, ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """``...name``."""

    name: str


@dataclass(frozen=True, slots=True)
class Document:
    """One operation and the document's fragments."""

    kind: str
    variables: tuple[Definition, ...]
    selection: tuple[Field | Fragment | Spread, ...]
    fragments: dict[str, Fragment]


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int
    column: int


@dataclass(slots=True)
class _Reader:
    tokens: list[_Token]
    place: int = 0
    fragments: dict[str, Fragment] = field(default_factory=dict)

    def peek(self) -> _Token:
        return self.tokens[self.place]

    def take(self, text: str = "", kind: str = "") -> _Token:
        token = self.peek()
        if (text and token.text != text) or (kind and token.kind != kind):
            wanted = text or kind
            raise SyntaxFault(f'Expected {wanted}, actual: {token.kind} ("{token.text}")', token.line, token.column)
        self.place += 1
        return token

    def passes(self, text: str) -> bool:
        if self.peek().text == text and self.peek().kind in ("punct", "spread", "name"):
            self.place += 1
            return True
        return False

    def document(self, operation: str | None) -> Document:
        found: dict[str, Document] = {}
        while self.peek().kind != "end":
            if self.passes("fragment"):
                name = self.take(kind="name").text
                self.take("on")
                self.fragments[name] = Fragment(self.take(kind="name").text, self.selection())
                continue
            name, document = self.operation()
            found[name] = document
        if operation is None and len(found) == 1:
            return next(iter(found.values()))
        if operation is None or operation not in found:
            raise SyntaxFault("An operation name is required" if found else "No operation was given", 1, 1)
        return found[operation]

    def operation(self) -> tuple[str, Document]:
        kind, name = "query", ""
        variables: tuple[Definition, ...] = ()
        if self.peek().text != "{":
            kind = self.take(kind="name").text
            if kind not in ("query", "mutation"):
                raise SyntaxFault(f"Unknown operation {kind}", self.peek().line, self.peek().column)
            if self.peek().kind == "name":
                name = self.take().text
            variables = self.definitions()
        return name, Document(kind, variables, self.selection(), self.fragments)

    def definitions(self) -> tuple[Definition, ...]:
        found: list[Definition] = []
        if self.passes("("):
            while not self.passes(")"):
                self.take("$")
                name = self.take(kind="name").text
                self.take(":")
                kind = self.type()
                has_default = self.passes("=")
                found.append(Definition(name, kind, self.value() if has_default else None, has_default))
        return tuple(found)

    def type(self) -> str:
        if self.passes("["):
            text = f"[{self.type()}]"
            self.take("]")
        else:
            text = self.take(kind="name").text
        return text + "!" if self.passes("!") else text

    def selection(self) -> tuple[Field | Fragment | Spread, ...]:
        self.take("{")
        found: list[Field | Fragment | Spread] = []
        while not self.passes("}"):
            found.append(self.part())
        return tuple(found)

    def part(self) -> Field | Fragment | Spread:
        if self.passes("..."):
            if self.passes("on"):
                return Fragment(self.take(kind="name").text, self.selection())
            if self.peek().text == "{":
                return Fragment("", self.selection())
            return Spread(self.take(kind="name").text)
        first = self.take(kind="name")
        name = self.take(kind="name").text if self.passes(":") else first.text
        arguments = self.arguments()
        if self.peek().text == "@":
            raise SyntaxFault("this emulator does not read directives", self.peek().line, self.peek().column)
        selection = self.selection() if self.peek().text == "{" else ()
        return Field(first.text, name, arguments, selection, first.line, first.column)

    def arguments(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.passes("("):
            while not self.passes(")"):
                name = self.take(kind="name").text
                self.take(":")
                found[name] = self.value()
        return found

    def value(self) -> Any:
        token = self.take()
        match token.kind, token.text:
            case "string", text:
                return json.loads(text)
            case "block", text:
                return _block(text[3:-3].replace('\\"""', '"""'))
            case "integer", text:
                return int(text)
            case "float", text:
                return float(text)
            case "name", "true" | "false" | "null":
                return {"true": True, "false": False, "null": None}[token.text]
            case "name", text:
                return Enum(text)
            case "punct", "$":
                return Variable(self.take(kind="name").text)
            case "punct", "[":
                items: list[Any] = []
                while not self.passes("]"):
                    items.append(self.value())
                return items
            case "punct", "{":
                self.place -= 1
                return self.object()
        raise SyntaxFault(f'Unexpected "{token.text}"', token.line, token.column)

    def object(self) -> dict[str, Any]:
        self.take("{")
        found: dict[str, Any] = {}
        while not self.passes("}"):
            name = self.take(kind="name").text
            self.take(":")
            found[name] = self.value()
        return found


@lru_cache(200)
def read(text: str, operation: str | None = None) -> Document:
    """The document's operation (the one named, where there are several).

    Raises:
        SyntaxFault: it cannot be read.
    """
    return _Reader(_tokens(text)).document(operation)


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    place, line, start = 0, 1, 0
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None:
            raise SyntaxFault(f'Unexpected character "{text[place]}"', line, place - start + 1)
        kind = match.lastgroup or ""
        if match["number"] is not None:
            kind = "float" if match["fraction"] or match["exponent"] else "integer"
        if kind != "skip":
            found.append(_Token(kind, match[0], line, place - start + 1))
        place = match.end()
        if breaks := match[0].count("\n"):
            line, start = line + breaks, match.start() + match[0].rfind("\n") + 1
    found.append(_Token("end", "", line, place - start + 1))
    return found


def _block(text: str) -> str:
    """A block string without its common indentation and blank edges."""
    lines = text.splitlines()
    widths = [len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()]
    margin = min(widths, default=0)
    lines = lines[:1] + [line[margin:] for line in lines[1:]]
    while lines and not lines[0].strip():
        lines.pop(0)
    while lines and not lines[-1].strip():
        lines.pop()
    return "\n".join(lines)
