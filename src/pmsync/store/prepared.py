"""Statements made ready once: what SQLAlchemy works out anew for every execution, kept as plain lists of what to do with the values.

For drivers that are handed values in the order of ``?`` marks, as SQLite's is.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Dialect, Executable, Row
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.selectable import ReturnsRows

from pmsync.store.tables.base import ESCAPE, Words

Parameters = Mapping[str, Any]
Process = Callable[[Any], Any]
KEPT = 512
"""How many statements stay ready; the repositories have about a hundred, some of them in several sizes."""


class Prepared:
    """One statement for lists of certain lengths. ``sql`` is its text."""

    def __init__(self, compiled: SQLCompiler, keys: Collection[str], sizes: Mapping[str, int]) -> None:
        state = compiled.construct_expanded_state({key: [None] * sizes[key] if key in sizes else None for key in keys})
        whole = {part: name for name, parts in state.parameter_expansion.items() for part in parts}
        self.sql = state.statement
        self._names = tuple(state.positiontup or ())
        self._lists = tuple((name, state.parameter_expansion[name]) for name in sizes)
        self._fixed = {name: state.parameters[name] for name in self._names if whole.get(name, name) not in keys}
        writes = [_write(compiled, whole.get(name, name)) for name in self._names]
        self._texts = tuple(mark for mark, process in enumerate(writes) if process is Words.escaped)
        self._others = tuple((mark, write) for mark, write in enumerate(writes) if write not in (None, Words.escaped))

    def values(self, parameters: Parameters) -> list[Any]:
        """What to hand to the driver."""
        if self._fixed or self._lists:
            parameters = {**self._fixed, **parameters}
            for name, parts in self._lists:
                parameters.update(zip(parts, _padded(parameters[name], len(parts)), strict=True))
        values = [parameters[name] for name in self._names]
        for mark in self._texts:
            text = values[mark]
            if text is not None and not (text.isascii() and "\x00" not in text):  # asked here, for it is seldom so
                values[mark] = Words.escaped(text)
        for mark, write in self._others:
            values[mark] = write(values[mark])
        return values


def _write(compiled: SQLCompiler, name: str) -> Process | None:
    return compiled.binds[name].type.dialect_impl(compiled.dialect).bind_processor(compiled.dialect)


class Family:
    """One statement for lists of any length, and how the rows it returns are read."""

    def __init__(self, statement: Executable, keys: tuple[str, ...], dialect: Dialect) -> None:
        assert isinstance(statement, ClauseElement)
        compiled = statement.compile(dialect=dialect, column_keys=list(keys))
        assert isinstance(compiled, SQLCompiler)
        self._compiled, self._keys = compiled, keys
        self._lists = tuple(key for key in keys if key in compiled.binds and compiled.binds[key].expanding)
        self._only = None if self._lists else Prepared(compiled, keys, {})
        self._members: dict[tuple[int, ...], Prepared] = {}
        columns: list[ColumnElement[Any]] = list(statement.exported_columns) if isinstance(statement, ReturnsRows) else []
        reads = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        assert set(reads) <= {None, Words.plain}  # of all that is stored, texts alone are not what they are read as
        self._texts = tuple(place for place, read in enumerate(reads) if read is not None)
        self._words = _getter(self._texts)
        self._row = _row_of([str(column.key) for column in columns])

    def member(self, parameters: Parameters) -> Prepared:
        """The one for lists as long as these. Few lengths are kept, for a repetition in a list changes nothing."""
        if self._only is not None:
            return self._only
        lengths = tuple(_rounded(len(parameters[key])) for key in self._lists)
        member = self._members.get(lengths)
        if member is None:
            sizes = dict(zip(self._lists, lengths, strict=True))
            member = self._members[lengths] = Prepared(self._compiled, self._keys, sizes)
        return member

    def row(self, found: Sequence[Any]) -> Row[Any]:
        """A row as the repositories read it."""
        for text in self._words(found):
            if text is not None and ESCAPE in text:  # asked here, for it is hardly ever so
                return self._row([Words.plain(value) if place in self._texts else value for place, value in enumerate(found)])
        return self._row(found)


def _row_of(names: Sequence[str]) -> Callable[[Iterable[Any]], Row[Any]]:
    """Makes rows with these names: as SQLAlchemy's own, as far as repositories read them, and three times as quick to read."""
    named: Any = namedtuple  # type checkers want the names written out
    # As its ``_make`` does, but for counting the values, which SQLite has done.
    return partial(tuple.__new__, named("Row", names, rename=True))


def _getter(places: Sequence[int]) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """Takes what stands at these places out of a row."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda found: [found[place] for place in places]


def _rounded(length: int) -> int:
    """The next power of two; none stays none."""
    return 1 << (length - 1).bit_length() if length else 0


def _padded(values: Sequence[Any], length: int) -> Sequence[Any]:
    return [*values, *[values[-1]] * (length - len(values))] if values else values


@lru_cache(KEPT)
def prepared(statement: Executable, keys: tuple[str, ...], dialect: Dialect) -> Family:
    """The statement, ready for parameters of these names."""
    return Family(statement, keys, dialect)
