"""TicketSQL and TransactionSQL, as far as anybody here asks in it: comparisons joined by AND and OR, in parentheses.

RT 5.0.3 knows no IN and answers 400 to it (``facts/support.md`` 1a).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

Value = str | int | Collection[str]
Test = Callable[[Callable[[str], Value]], bool]
"""A query: given what a row holds under a field's name, whether the row fits."""

_TOKEN = re.compile(
    r"""\s*(?:(?P<paren>[()])|(?P<text>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")|(?P<op>!=|>=|<=|=|>|<|\bNOT\s+LIKE\b|\bLIKE\b)|(?P<word>[^\s()'"=<>!]+))""",
    re.IGNORECASE,
)


class BadQuery(Exception):
    """RT does not understand it; the text is for its answer."""


class _Parser:
    def __init__(self, text: str, fields: Collection[str]) -> None:
        self._tokens: list[tuple[str, str]] = []
        self._fields = {name.casefold(): name for name in fields}
        at = 0
        while text[at:].strip():
            match = _TOKEN.match(text, at)
            if match is None:
                raise BadQuery(f"Wrong query in '{text}'")
            kind = match.lastgroup or ""
            self._tokens.append((kind, match.group(kind)))
            at = match.end()
        self._at = 0

    def whole(self) -> Test:
        if not self._tokens:
            raise BadQuery("Incomplete query")
        test = self._any()
        if self._at < len(self._tokens):
            raise BadQuery(f"Wrong query, expecting an aggregator near '{self._tokens[self._at][1]}'")
        return test

    def _any(self) -> Test:
        tests = [self._all()]
        while self._word("OR"):
            tests.append(self._all())
        return lambda row: any(test(row) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._word("AND"):
            tests.append(self._one())
        return lambda row: all(test(row) for test in tests)

    def _one(self) -> Test:
        if self._peek() == ("paren", "("):
            self._at += 1
            test = self._any()
            if self._peek() != ("paren", ")"):
                raise BadQuery("Incomplete query, a parenthesis is not closed")
            self._at += 1
            return test
        name, operator, wanted = self._next("word", "text"), self._next("op").upper(), self._next("word", "text")
        field = name if name.upper().startswith("CF.{") else self._fields.get(name.casefold())
        if field is None:
            raise BadQuery(f"Unknown field: {name}")
        return lambda row: compare(row(field), operator, wanted)

    def _word(self, word: str) -> bool:
        kind, text = self._peek()
        if kind == "word" and text.upper() == word:
            self._at += 1
            return True
        return False

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("", "")

    def _next(self, *kinds: str) -> str:
        kind, text = self._peek()
        if kind not in kinds:
            raise BadQuery(f"Wrong query, expecting a {' or '.join(kinds).upper()} near '{text}'")
        self._at += 1
        return re.sub(r"\\(.)", r"\1", text[1:-1]) if kind == "text" else text


def parse(text: str, fields: Collection[str]) -> Test:
    """Read a query over rows with these fields.

    Raises:
        BadQuery: it is none.
    """
    return _Parser(text, fields).whole()


def compare(held: Value, operator: str, wanted: str) -> bool:
    """One comparison: texts without regard to case, numbers by size; of several values one must fit, or for a negation none."""
    if not isinstance(held, str | int):
        if operator in ("!=", "NOT LIKE"):
            return all(compare(one, operator, wanted) for one in held)
        return any(compare(one, operator, wanted) for one in held)
    if isinstance(held, int) and wanted.lstrip("-").isdecimal():
        left: int | str = held
        right: int | str = int(wanted)
    else:
        left, right = str(held).casefold(), wanted.casefold()
    if operator in ("LIKE", "NOT LIKE"):
        return (str(right) in str(left)) == (operator == "LIKE")
    order = (left > right) - (left < right)  # type: ignore[operator]  # both are numbers, or both are texts
    return {"=": order == 0, "!=": order != 0, ">": order > 0, ">=": order >= 0, "<": order < 0, "<=": order <= 0}[operator]
