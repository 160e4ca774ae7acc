"""What a database driver says, in the words of someone who must act on it."""

from __future__ import annotations

import sqlite3
from types import TracebackType

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, OperationalError

from pmsync.store.errors import CorruptStore, StoreError, Unreachable

_RESTORE = "restore a backup of the database; the trackers themselves are untouched"
_FREE = "free some space and run the same command again: what was not committed is simply done again"
_BUSY = "wait for the other pmsync to finish, or stop it"
_SQLITE = (
    ("not a database", CorruptStore, "is not an SQLite database, or is damaged", _RESTORE),
    ("malformed", CorruptStore, "is damaged", _RESTORE),
    ("disk i/o error", CorruptStore, "cannot be read or written by the disk it is on", _RESTORE),
    ("is full", Unreachable, "cannot grow: the disk is full", _FREE),
    ("locked", Unreachable, "is locked by another program", _BUSY),
    ("readonly", Unreachable, "may not be written to", "give this user the right to write the file and its folder"),
    ("unable to open", Unreachable, "cannot be opened", "check that the path is a file in a folder this user may write to"),
)
_POSTGRES = {
    "42501": ("does not let this user create or use the tables", "grant the user CREATE and USAGE on the schema"),
    "53100": ("has no disk space left", _FREE),
    "55P03": ("has the rows locked by another program", _BUSY),
    "40P01": ("found two programs waiting for each other", "run the same command again"),
    "40001": ("found two programs writing the same rows", "run the same command again"),
}
# A refused connection has no code, only words (in the server's language).
_REFUSED = (
    ("password authentication failed", "check the user and the password in the store URL"),
    ("no password supplied", "write the password into the store URL, or name a password file in PGPASSFILE"),
    ("pg_hba.conf", "let this user in by the server's pg_hba.conf"),
    ("role", "check the user in the store URL, or create it: createuser NAME"),
    ("database", "check the name in the store URL, or create the database: createdb --encoding=UTF8 NAME"),
)
_START = "check that the server runs and that the host and port in the store URL are right"


class told:  # noqa: N801 - it is used as a verb
    """Turn what the driver raises about the database as a whole into a ``StoreError``. Errors in a statement stay as they are: they are ours."""

    def __init__(self, url: URL) -> None:
        self._url = url

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if isinstance(error, DBAPIError | sqlite3.Error):
            translated = _translated(error, self._url)
            if translated is not None:
                raise translated from error


def place(url: URL) -> str:
    """The database as a person knows it, without its password."""
    if url.get_backend_name() == "sqlite":
        return url.database or ":memory:"
    shown = {name: value for name, value in url.query.items() if name in ("host", "port")}
    return url.set(drivername="postgresql", query=shown).render_as_string(hide_password=True)


def _translated(error: Exception, url: URL) -> StoreError | None:
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.IntegrityError):
        return None
    if url.get_backend_name() == "sqlite":
        return _from_sqlite(str(cause).lower(), url)
    return _from_postgres(error, cause, url)


def _from_sqlite(said: str, url: URL) -> StoreError | None:
    for word, kind, finding, hint in _SQLITE:
        if word in said:
            return kind(f"the store {place(url)} {finding}", hint=hint)
    return None


def _from_postgres(error: Exception, cause: BaseException | None, url: URL) -> StoreError | None:
    state = getattr(cause, "sqlstate", None)
    if state in _POSTGRES:
        finding, hint = _POSTGRES[state]
        return Unreachable(f"the server of {place(url)} {finding}", hint=hint)
    lost = isinstance(error, OperationalError) or (isinstance(error, DBAPIError) and error.connection_invalidated)
    if not lost:
        return None
    reason = _without_secrets(str(cause).splitlines()[0], url).removeprefix("connection failed: ")
    hint = next((hint for word, hint in _REFUSED if "FATAL" in reason and word in reason), _START)
    return Unreachable(f"the server of {place(url)} cannot be reached: {reason}", hint=hint)


def _without_secrets(text: str, url: URL) -> str:
    for secret in (url.password, url.query.get("password")):
        if secret:
            text = text.replace(str(secret), "***")
    return text
