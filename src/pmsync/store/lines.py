"""How statements reach the database: through SQLAlchemy, or, on SQLite, straight to its driver.

SQLite answers most queries within microseconds, and SQLAlchemy's way there takes ten times that; a round is made of thousands.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import Connection, Dialect, Executable, Row
from sqlalchemy.exc import DBAPIError, IntegrityError

from pmsync.store.connect import begin
from pmsync.store.prepared import Family, Parameters, prepared

_COUNTED = {"preserve_rowcount": True}  # else an INSERT counts -1 on PostgreSQL


class Line(Protocol):
    """A connection for one transaction at a time. ``dialect``: ``sqlite`` or ``postgresql``."""

    dialect: str

    def begin(self, *, durable: bool) -> None:
        """See ``pmsync.store.connect.begin``."""
        ...

    def commit(self) -> None:
        """Commit."""
        ...

    def roll_back(self) -> None:
        """Undo, as far as the database still has anything to undo."""
        ...

    def leave(self) -> None:
        """The transaction is over."""
        ...

    def command(self, text: str) -> None:
        """Something without parameters or rows."""
        ...

    def rows(self, statement: Executable, parameters: Parameters | None) -> Sequence[Row[Any]]:
        """All rows of a query."""
        ...

    def first(self, statement: Executable, parameters: Parameters | None) -> Row[Any] | None:
        """The first row of a query, if there is one."""
        ...

    def run(self, statement: Executable, parameters: Parameters | None) -> int:
        """Execute once; how many rows were touched."""
        ...

    def run_many(self, statement: Executable, parameters: Sequence[Parameters]) -> None:
        """Execute for each of ``parameters``, as one batch."""
        ...


class AlchemyLine:
    """Through SQLAlchemy."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.dialect = connection.dialect.name

    def begin(self, *, durable: bool) -> None:
        """Begin."""
        begin(self._connection, durable=durable)

    def commit(self) -> None:
        """Commit."""
        self.command("COMMIT")

    def roll_back(self) -> None:
        """Undo; a connection that is lost is given up."""
        if self._connection.invalidated:
            return
        try:
            self.command("ROLLBACK")
        except DBAPIError:
            self._connection.invalidate()  # what counts is the error that led here

    def leave(self) -> None:
        """Give the connection back to the pool."""
        self._connection.close()

    def command(self, text: str) -> None:
        """Something without parameters or rows."""
        self._connection.exec_driver_sql(text)

    def rows(self, statement: Executable, parameters: Parameters | None) -> Sequence[Row[Any]]:
        """All rows of a query."""
        return self._connection.execute(statement, parameters).all()

    def first(self, statement: Executable, parameters: Parameters | None) -> Row[Any] | None:
        """The first row of a query."""
        return self._connection.execute(statement, parameters).first()

    def run(self, statement: Executable, parameters: Parameters | None) -> int:
        """Execute once."""
        return self._connection.execute(statement, parameters, execution_options=_COUNTED).rowcount

    def run_many(self, statement: Executable, parameters: Sequence[Parameters]) -> None:
        """Execute a batch."""
        self._connection.execute(statement, parameters)


class SqliteLine:
    """Straight to SQLite's driver, with one connection for as long as the store is open."""

    dialect = "sqlite"

    def __init__(self, driver: sqlite3.Connection, dialect: Dialect) -> None:
        self._driver = driver
        self._dialect = dialect
        self._level = ""

    def begin(self, *, durable: bool) -> None:
        """Begin."""
        level = "FULL" if durable else "NORMAL"
        if level != self._level:
            self.command(f"PRAGMA synchronous={level}")  # SQLite takes the new level only between transactions
            self._level = level
        self.command("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Commit."""
        self.command("COMMIT")

    def roll_back(self) -> None:
        """Undo; after some errors, a full disk for one, SQLite has done so by itself."""
        if self._driver.in_transaction:
            self.command("ROLLBACK")

    def leave(self) -> None:
        """Nothing: the connection stays."""

    def command(self, text: str) -> None:
        """Something without parameters or rows."""
        self._sent(text, ())

    def rows(self, statement: Executable, parameters: Parameters | None) -> Sequence[Row[Any]]:
        """All rows of a query."""
        parameters = parameters or {}
        family = self._family(statement, parameters)
        member = family.member(parameters)
        return [family.row(found) for found in self._sent(member.sql, member.values(parameters))]

    def first(self, statement: Executable, parameters: Parameters | None) -> Row[Any] | None:
        """The first row of a query."""
        parameters = parameters or {}
        family = self._family(statement, parameters)
        member = family.member(parameters)
        found = self._sent(member.sql, member.values(parameters)).fetchone()
        return None if found is None else family.row(found)

    def run(self, statement: Executable, parameters: Parameters | None) -> int:
        """Execute once."""
        parameters = parameters or {}
        member = self._family(statement, parameters).member(parameters)
        return self._sent(member.sql, member.values(parameters)).rowcount

    def run_many(self, statement: Executable, parameters: Sequence[Parameters]) -> None:
        """Execute a batch."""
        member = self._family(statement, parameters[0]).member(parameters[0])
        self._sent_many(member.sql, [member.values(one) for one in parameters])

    def _family(self, statement: Executable, parameters: Parameters) -> Family:
        return prepared(statement, tuple(parameters), self._dialect)

    def _sent(self, text: str, values: Sequence[Any]) -> sqlite3.Cursor:
        try:
            return self._driver.execute(text, values)
        except sqlite3.IntegrityError as error:
            raise IntegrityError(text, None, error, hide_parameters=True) from error

    def _sent_many(self, text: str, values: Sequence[Sequence[Any]]) -> None:
        try:
            self._driver.executemany(text, values)
        except sqlite3.IntegrityError as error:
            raise IntegrityError(text, None, error, hide_parameters=True) from error
