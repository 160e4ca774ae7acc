"""The store: one database, its transactions, and the run that holds it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import TracebackType
from typing import Self

from sqlalchemy import URL, Engine, select

from pmsync.connect.clock import Clock
from pmsync.store.connect import connect, driver_of, parse
from pmsync.store.errors import Fenced, StoreError
from pmsync.store.faults import place, told
from pmsync.store.holding import Lease, take_run_lease
from pmsync.store.leases import EPOCH, RUN
from pmsync.store.lines import AlchemyLine, Line, SqliteLine
from pmsync.store.migrate import migrate
from pmsync.store.sql import Session
from pmsync.store.tables.base import META
from pmsync.store.transaction import Transaction

_RUN = {"of": RUN}
_INSTANCE = select(META.c.value).where(META.c.name == "instance")


def fresh_uid() -> str:
    """A new name that nobody else has."""
    return str(uuid.uuid4())


class Store:
    """One database. May be shared by threads; each transaction belongs to the thread that opened it.

    Attributes:
        instance: UUID made when the database was; a copy of the database has the same.
        clock: where all stamps come from.
        fence: the epoch of the run lease while this store holds it, None otherwise.
        on_commit: called with "before" and "after" around every commit. What it raises is raised by the transaction, whose
            changes are lost ("before") or kept ("after"), as in a crash at that moment.
    """

    def __init__(self, engine: Engine, url: URL, clock: Clock, new_uid: Callable[[], str]) -> None:
        self._engine = engine
        self._url = url
        self._new_uid = new_uid
        # SQLite has one writer; threads that wait here are woken at once, those that wait in SQLite poll.
        self._turn: AbstractContextManager[object] = threading.Lock() if engine.dialect.name == "sqlite" else nullcontext()
        self._inside: dict[int, Transaction] = {}
        self._line: SqliteLine | None = None
        self.clock = clock
        self.fence: int | None = None
        self.on_commit: Callable[[str], None] | None = None
        line = self._reached()
        try:
            named = line.first(_INSTANCE, None)
        finally:
            line.leave()
        assert named is not None  # migrate has seen to that
        self.instance = str(named[0])

    @classmethod
    def open(cls, url: str, clock: Clock, *, new_uid: Callable[[], str] = fresh_uid) -> Store:
        """Open a database, making it or bringing its schema up to date where needed.

        Args:
            url: ``sqlite:///pmsync.db``, ``sqlite:///:memory:`` or ``postgresql://user:password@host:port/database``.
            clock: where all stamps come from.
            new_uid: makes the names of new rows; a simulation passes a seeded one.

        Raises:
            StoreError: it cannot be used, with the remedy in ``hint``; no password is ever shown.
        """
        parsed = parse(url)
        engine = connect(parsed)
        try:
            with told(parsed):
                migrate(engine, place(parsed), instance=new_uid(), now=clock.now())
                return cls(engine, parsed, clock, new_uid)
        except BaseException:
            engine.dispose()
            raise

    def close(self) -> None:
        """Release the connections. A run lease that is still held expires by itself."""
        self._line = None
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def hold(self, holder: str, ttl: float = 120) -> Lease:
        """Hold the store for one run, for ``ttl`` seconds at a time; use as a context manager.

        Raises:
            Held: another run holds it; the message says which.
        """
        return take_run_lease(self, holder, ttl)

    def transaction(self, *, durable: bool = False, fenced: bool = True) -> AbstractContextManager[Transaction]:
        """One transaction: committed when the block ends, undone when it raises.

        Args:
            durable: the commit returns only when the disk has it; for what must survive a power cut, such as an intent.
            fenced: refuse when this store's run lease was taken over; only giving the lease back goes without.

        Raises:
            Fenced: the run lease was taken over.
            StoreError: the database is damaged, full, locked or lost; or this thread is inside a transaction already.
        """
        return self._transact(durable=durable, fenced=fenced)

    @contextmanager
    def joined(self) -> Iterator[Transaction]:
        """The transaction that this thread is inside of, else one for the block alone: for a question that is asked in both."""
        tx = self._inside.get(threading.get_ident())
        if tx is not None:
            yield tx
            return
        with self.transaction() as tx:
            yield tx

    @contextmanager
    def _transact(self, *, durable: bool, fenced: bool) -> Iterator[Transaction]:
        me = threading.get_ident()
        if me in self._inside:
            raise StoreError("this thread is inside a transaction already")
        with self._turn, told(self._url):
            line = self._reached()
            tx = self._inside[me] = Transaction(Session(line, self.clock.now, self._new_uid))
            try:
                line.begin(durable=durable)
                if fenced:
                    self._check_fence(line)
                yield tx
                self._tell("before")
                line.commit()
            except BaseException:
                line.roll_back()
                raise
            finally:
                del self._inside[me]
                line.leave()
        self._tell("after")

    def _reached(self) -> Line:
        if self._engine.dialect.name != "sqlite":
            return AlchemyLine(self._engine.connect())
        if self._line is None:
            self._line = SqliteLine(driver_of(self._engine), self._engine.dialect)
        return self._line

    def _check_fence(self, line: Line) -> None:
        if self.fence is None:
            return
        found = line.first(EPOCH, _RUN)
        if (found[0] if found else 0) != self.fence:
            raise Fenced("another run has taken over the store; this one may write nothing more", hint="let the other run finish")

    def _tell(self, moment: str) -> None:
        if self.on_commit is not None:
            self.on_commit(moment)
