"""The disk under the store: an SQLite database in memory, whose whole content can be read and put back."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from pmsync.connect.clock import Clock
from pmsync.net.clock import VirtualClock
from pmsync.store import Store, Transaction
from pmsync.store.connect import connect, parse
from pmsync.store.migrate import migrate

INSTANCE = "00000000-0000-4000-8000-000000000001"


class Disk:
    """One database, shared by all worlds of this process one after the other.

    Attributes:
        blank: its content as pmsync has just made it.
    """

    def __init__(self) -> None:
        self.url = parse("sqlite:///:memory:")
        self.driver = connect(self.url)
        migrate(self.driver, "memory", instance=INSTANCE, now=VirtualClock().now())
        connection = self.driver.raw_connection().driver_connection
        assert isinstance(connection, sqlite3.Connection)
        self._raw = connection
        self.blank = self.read()

    @property
    def changes(self) -> int:
        """A number that grows with every row that is changed, whether the change is kept or not."""
        return self._raw.total_changes

    def read(self) -> bytes:
        """Everything on it; to be called between transactions."""
        return self._raw.serialize()

    def write(self, image: bytes) -> None:
        """Put an earlier content back."""
        self._raw.deserialize(image)


@cache
def disk() -> Disk:
    """This process's disk."""
    return Disk()


class KeptStore(Store):
    """A store that can remember what dying may leave.

    Attributes:
        kept: once ``keep`` was called, the content after the last durable commit, and after each commit since then that changed anything.
            The last is what a crash leaves, each of them what a power cut may leave.
        commits: how many commits changed anything since ``keep``; the last of ``kept`` is that one's content.
        boundary: called before every commit.
    """

    kept: list[bytes]
    commits = 0
    boundary: Callable[[], None]
    _peeking = _durable = False
    _changes: int
    _driver: Disk

    @classmethod
    def over(cls, driver: Disk, clock: Clock, new_uid: Callable[[], str]) -> KeptStore:
        """The store of a program that starts over what is on the disk."""
        store = cls(driver.driver, driver.url, clock, new_uid)
        store.kept, store._driver = [], driver
        store.on_commit = store._committing
        return store

    def keep(self) -> None:
        """Remember from now on."""
        self.kept, self.commits, self._changes = [self._driver.read()], 0, self._driver.changes

    def end(self) -> None:
        """Its program is gone."""
        self.on_commit = None
        self.kept = []

    @contextmanager
    def transaction(self, *, durable: bool = False, fenced: bool = True) -> Iterator[Transaction]:
        """See ``Store.transaction``."""
        self._durable = durable
        with super().transaction(durable=durable, fenced=fenced) as tx:
            yield tx

    @contextmanager
    def peek(self) -> Iterator[Transaction]:
        """Look into the store from outside the program: no boundary, no fence."""
        self._peeking = True
        try:
            with self.transaction(fenced=False) as tx:
                yield tx
        finally:
            self._peeking = False

    def _committing(self, moment: str) -> None:
        if self._peeking:
            return
        if moment == "before":
            self.boundary()
        elif self.kept and self._driver.changes != self._changes:
            self._changes, self.commits = self._driver.changes, self.commits + 1
            image = self._driver.read()
            self.kept = [image] if self._durable else [*self.kept, image]
