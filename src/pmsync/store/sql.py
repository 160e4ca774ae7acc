"""The few verbs in which the repositories speak SQL, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Column, Executable, Row, Table, bindparam, select
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.postgresql import insert as insert_postgres
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.exc import IntegrityError

from pmsync.store.errors import TooVague
from pmsync.store.lines import Line
from pmsync.store.prepared import Parameters

T = TypeVar("T")
_AFTER_NAMES = "~"
"""Sorts behind whatever a name is made of: letters, digits and hyphens."""
CHUNK = 500
"""The longest list that one statement is handed."""


class Session(msgspec.Struct, frozen=True):
    """One open transaction: its line to the database, the time, and a maker of new names."""

    line: Line
    now: Callable[[], float]
    new_uid: Callable[[], str]

    def rows(self, statement: Executable, parameters: Parameters | None = None) -> Sequence[Row[Any]]:
        """All rows of a query."""
        return self.line.rows(statement, parameters)

    def row(self, statement: Executable, parameters: Parameters | None = None) -> Row[Any] | None:
        """The first row of a query, if there is one."""
        return self.line.first(statement, parameters)

    def named(self, statement: Executable, name: str, kind: str) -> Row[Any] | None:
        """The row of that name, or the only one whose name begins so; ``statement`` is ``beginning`` of the names' column.

        Raises:
            TooVague: several begin so; ``kind`` (``runs``) says what they are.
        """
        rows = self.rows(statement, {"start": name, "end": name + _AFTER_NAMES}) if name else []
        if len(rows) > 1:
            raise TooVague(f"several {kind} begin with {name}", hint="give more of the name")
        return rows[0] if rows else None

    def value(self, statement: Executable, parameters: Parameters | None = None) -> Any:
        """The first column of the first row, None without a row."""
        row = self.line.first(statement, parameters)
        return None if row is None else row[0]

    def run(self, statement: Executable, parameters: Parameters | None = None) -> int:
        """Execute a statement once; how many rows it touched."""
        return self.line.run(statement, parameters)

    def run_many(self, statement: Executable, parameters: Sequence[Parameters]) -> None:
        """Execute a statement for each of ``parameters``, as one batch."""
        if parameters:
            self.line.run_many(statement, parameters)

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.line.dialect

    def add(self, table: Table, row: Parameters) -> bool:
        """Insert one row; False, with nothing changed, when a unique constraint refuses it."""
        return bool(self.run(_insert_unless_there(self.dialect, table), row))

    def add_missing(self, table: Table, rows: Sequence[Parameters]) -> None:
        """Insert the rows that no unique constraint refuses."""
        self.run_many(_insert_unless_there(self.dialect, table), rows)

    def put(self, table: Table, columns: tuple[str, ...], rows: Sequence[Parameters]) -> None:
        """Insert rows; where one has the primary key of a stored row, overwrite ``columns`` of that row."""
        self.run_many(_upsert(self.dialect, table, columns), rows)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo the block alone when a constraint refuses it; otherwise PostgreSQL gives up the whole transaction."""
        self.line.command("SAVEPOINT step")
        try:
            yield
        except IntegrityError:
            self.line.command("ROLLBACK TO SAVEPOINT step")
            raise
        self.line.command("RELEASE SAVEPOINT step")


def insert_into(table: Table, dialect: str) -> SqliteInsert | PostgresInsert:
    """The database's own INSERT, which knows ON CONFLICT."""
    return insert_postgres(table) if dialect == "postgresql" else insert_sqlite(table)


# Building a statement costs more than carrying it out, so each is built once.
@cache
def _insert_unless_there(dialect: str, table: Table) -> Executable:
    return insert_into(table, dialect).on_conflict_do_nothing()


@cache
def _upsert(dialect: str, table: Table, columns: tuple[str, ...]) -> Executable:
    statement = insert_into(table, dialect)
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns), set_={name: statement.excluded[name] for name in columns}
    )


def chunks(values: Iterable[T]) -> list[list[T]]:
    """Lists of at most ``CHUNK``, without repetitions, in order."""
    distinct = list(dict.fromkeys(values))
    return [distinct[start : start + CHUNK] for start in range(0, len(distinct), CHUNK)]


def beginning(names: Column[Any]) -> Executable:
    """The first two rows of the column's table whose name begins in a given way; see ``Session.named``."""
    return select(names.table).where(names >= bindparam("start"), names < bindparam("end")).limit(2)
