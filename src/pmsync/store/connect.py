"""Opening databases: drivers, pools, and what is set on every new connection."""

from __future__ import annotations

import importlib.util
import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import StaticPool

from pmsync.store.errors import StoreError, Unreachable

BUSY_SECONDS = 30
"""How long one program waits for another's transaction."""

STATEMENTS = 512
"""How many statements SQLite keeps compiled."""

_URLS = "write sqlite:///pmsync.db or postgresql://user@host/database"
_SQLITE_PRAGMAS = (f"busy_timeout={BUSY_SECONDS * 1000}", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON")
# What a lost transaction held is pulled or resolved again, so only durable ones wait for the disk.
_POSTGRES_SETTINGS = ("synchronous_commit=off", f"lock_timeout='{BUSY_SECONDS}s'", "client_encoding='UTF8'")


def parse(text: str) -> URL:
    """Read a store URL.

    Raises:
        StoreError: it names no database we can use; the password is never shown.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # Not chained: what could not be parsed may hold a password anywhere.
        raise StoreError("the store URL cannot be read", hint=_URLS) from None
    if "@" in (url.host or ""):
        raise StoreError("the store URL holds a second @", hint="write %40 for an @ in a password")
    backend = url.get_backend_name()
    if backend == "sqlite":
        return url.set(drivername="sqlite")
    if backend in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    raise StoreError(f"pmsync cannot keep its store in {backend!r}", hint=_URLS)


def connect(url: URL) -> Engine:
    """A pool of connections; nothing is opened yet except that the file of an SQLite store is made, readable by its owner alone.

    Connections are in autocommit mode: transactions are begun and ended by ``begin`` and the store, in so many words.

    Raises:
        Unreachable: the path cannot hold a database, or the driver is missing.
    """
    if url.get_backend_name() == "sqlite":
        return _connect_sqlite(url)
    if importlib.util.find_spec("psycopg") is None:
        raise Unreachable("the PostgreSQL driver is not installed", hint="pip install 'pmsync[postgres]'")
    engine = create_engine(url, isolation_level="AUTOCOMMIT", hide_parameters=True, pool_pre_ping=True)
    event.listen(engine, "connect", _settle_postgres)
    return engine


def in_memory(url: URL) -> bool:
    """Whether the store lives no longer than the program."""
    return url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:")


def begin(connection: Connection, *, durable: bool) -> None:
    """Begin a transaction. A durable one is on the disk when its COMMIT returns; the others may be lost, in order, with the power."""
    if connection.dialect.name == "sqlite":
        # SQLite takes the new level only between transactions.
        connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return
    connection.exec_driver_sql("BEGIN")
    if durable:
        connection.exec_driver_sql("SET LOCAL synchronous_commit = on")


def driver_of(engine: Engine) -> sqlite3.Connection:
    """The one connection of an SQLite store, as its driver knows it."""
    borrowed = engine.raw_connection()
    try:
        driver = borrowed.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        return driver
    finally:
        borrowed.close()  # which leaves it open: the pool is this one connection


def _connect_sqlite(url: URL) -> Engine:
    if not in_memory(url):
        _make_file(Path(url.database or ""))
    # One connection for all: the store lets one thread at a time use it.
    engine = create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,
        connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS, "cached_statements": STATEMENTS},
        poolclass=StaticPool,
        pool_reset_on_return=None,  # who borrows it for a moment must not end the transaction of whom it belongs to
    )
    event.listen(engine, "connect", _settle_sqlite)
    return engine


def _make_file(path: Path) -> None:
    if not path.parent.is_dir():
        raise Unreachable(f"the folder of the store {path} does not exist", hint=f"mkdir -p {path.parent}")
    if path.is_dir():
        raise Unreachable(f"the store {path} is a folder", hint="name a file in the store URL")
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise Unreachable(
            f"the store {path} cannot be opened: {reason}", hint="give this user the right to write the file and its folder"
        ) from error


def _settle_sqlite(connection: Any, _record: object) -> None:
    for pragma in _SQLITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _settle_postgres(connection: Any, _record: object) -> None:
    for setting in _POSTGRES_SETTINGS:
        connection.execute(f"SET {setting}")
