"""The machine pmsync runs on: it can die at any boundary, lose what was not yet durable, and start again from the bytes of its disk."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from pmsync.connect.contract import Connector
from pmsync.connect.plugin import Environment, Plugin, ScopeConfig
from pmsync.connect.registry import load_plugins
from pmsync.engine.engine import Engine
from pmsync.engine.setup import Beats, Setup
from pmsync.model.record import ScopeRef
from pmsync.net.calls import CallLog
from pmsync.net.clock import VirtualClock
from pmsync.net.fence import Fence
from pmsync.store import Store, Transaction
from pmsync.store.connect import connect, parse
from pmsync.store.leases import RUN
from pmsync.store.lines import Line, SqliteLine
from pmsync.store.migrate import migrate
from pmsync.testing.simulate.config import Config, config_of, fingerprints, policy, product
from pmsync.testing.simulate.hosts import Host, HostClock
from pmsync.testing.simulate.shape import HOOK_SECRET, HOOKS, POWER, Shape, SystemShape
from pmsync.testing.simulate.way import Way

KEY = b"the key that signs a simulation's markers"
Step = tuple[str, Sequence[Any], bool]
"""A statement that was carried out, its values, and whether it was so for each of many."""

LEASE = 121.0
"""Seconds after which a dead process no longer holds the store."""

BEATS = Beats(catalogue=1800.0, sweep=3600.0)


class Crash(BaseException):
    """The process dies here: nothing after this may take effect."""


class _Disk:
    """One SQLite database in memory, shared by all worlds of this process, whose whole content can be read and put back."""

    def __init__(self) -> None:
        self.url = parse("sqlite:///:memory:")
        self.driver = connect(self.url)
        clock = VirtualClock()
        migrate(self.driver, "memory", instance=_uid(Random(0)), now=clock.now())  # noqa: S311 - the same in every world
        connection = self.driver.raw_connection().driver_connection
        assert isinstance(connection, sqlite3.Connection)
        self.raw = connection
        self.line = _Line(self)
        self.log: list[Step] | None = None
        """What was committed since it was last asked for; None while nobody asks."""
        self._changes, self._image = -1, b""
        self.blank = self.read()

    def read(self) -> bytes:
        """Everything on it. Where nothing was written since, the same image as before."""
        if self._changes != self.raw.total_changes or self.raw.in_transaction:
            self._changes, self._image = self.raw.total_changes, self.raw.serialize()
        return self._image

    def write(self, image: bytes) -> None:
        """Put an earlier content back."""
        if image is not self.read():
            self.raw.deserialize(image)
            self._changes, self._image = self.raw.total_changes, image
        self.log = None

    def take_log(self) -> list[Step]:
        """What was committed since the last time."""
        taken, self.log = self.log or [], []
        return taken

    def replay(self, steps: Sequence[Step]) -> None:
        """Commit once more what was committed."""
        self.raw.execute("BEGIN")
        for text, values, many in steps:
            (self.raw.executemany if many else self.raw.execute)(text, values)
        self.raw.execute("COMMIT")

    def forget_holder(self) -> None:
        """Nobody holds the store: that a process of this host is gone is seen at once."""
        self.raw.execute("UPDATE leases SET expires_at = 0 WHERE name = ?", (RUN,))

    def ops(self) -> frozenset[str]:
        """The names of all ops, open or not."""
        return frozenset(name for (name,) in self.raw.execute("SELECT uid FROM ops"))

    def in_doubt(self) -> bool:
        """Whether any write is unresolved."""
        rows = self.raw.execute("SELECT 1 FROM ops WHERE alive = 1 AND state IN ('intent', 'sent', 'ambiguous') LIMIT 1")
        return rows.fetchone() is not None

    def epoch(self) -> int:
        """The epoch of the run lease as it stands, a transaction that is open included."""
        row = self.raw.execute("SELECT epoch FROM leases WHERE name = ?", (RUN,)).fetchone()
        return int(row[0]) if row else 0


@cache
def _disk() -> _Disk:
    """The disk; at first it holds what pmsync has just made."""
    return _Disk()


@cache
def plugins() -> Mapping[str, Plugin]:
    """The installed connectors."""
    return load_plugins()[0]


def _uid(names: Random) -> str:
    return str(uuid.UUID(int=names.getrandbits(128), version=4))


class _Line(SqliteLine):
    """A line that leaves a log on the disk of what was committed over it."""

    def __init__(self, disk: _Disk) -> None:
        super().__init__(disk.raw, disk.driver.dialect)
        self._disk = disk
        self._open: list[Step] = []

    def begin(self, *, durable: bool) -> None:
        """Begin."""
        super().begin(durable=durable)
        self._open.clear()

    def commit(self) -> None:
        """Commit."""
        super().commit()
        if self._disk.log is not None:
            self._disk.log += self._open

    def _sent(self, text: str, values: Sequence[Any]) -> sqlite3.Cursor:
        cursor = super()._sent(text, values)
        if self._disk.log is not None and not text.startswith(("SELECT", "COMMIT")):
            self._open.append((text, values, False))
        return cursor

    def _sent_many(self, text: str, values: Sequence[Sequence[Any]]) -> None:
        super()._sent_many(text, values)
        if self._disk.log is not None:
            self._open.append((text, values, True))


class _Store(Store):
    """A store that remembers what a power cut would leave: the content at the last durable commit, and what each commit since has added.

    ``promised``: the names of the ops that would be left in any case.
    """

    peeking: bool
    keeping: bool
    durable: bytes
    since: list[list[Step]]
    promised: frozenset[str]
    boundary: Callable[[str], None]
    _durable: bool

    def transaction(self, *, durable: bool = False, fenced: bool = True) -> AbstractContextManager[Transaction]:
        self._durable = durable
        return super().transaction(durable=durable, fenced=fenced)

    def committing(self, moment: str) -> None:
        """For ``on_commit``: keep the content first, for it is there whatever the boundary does."""
        if self.peeking:
            return
        if self.keeping and moment == "after":
            self.keep()
        self.boundary(moment)

    def keep(self) -> None:
        """Note what there is now, or what has been added."""
        added = _disk().take_log()
        if self._durable:
            self.durable, self.since = _disk().read(), []
            self.promised = _disk().ops()
        else:
            self.since.append(added)

    def _reached(self) -> Line:
        return _disk().line


@dataclass(slots=True)
class Process:
    """pmsync, running: its store, what it works with, its engine, and the fence that is closed while it only plans."""

    store: _Store
    setup: Setup
    engine: Engine
    fence: Fence
    writing: bool = False
    """Whether the last thing it did was to send a write."""

    def close(self) -> None:
        """It ends, in peace or not."""
        for connector in self.setup.connectors.values():
            connector.close()

    @property
    def fenced_out(self) -> bool:
        """Whether it holds the store no longer, though it believes so."""
        return self.store.fence is not None and self.store.fence != _disk().epoch()


class Machine:
    """Runs pmsync over one disk.

    Attributes:
        config: what its config file says; whoever changes it restarts the program.
        host: its clock's error.
        process: the process that runs; ``store`` and ``engine`` are that process's.
        exposed: whether the power may go.
    """

    def __init__(self, shape: Shape, clock: VirtualClock, ways: Mapping[str, Way], names: Random) -> None:
        self._shape, self._clock, self._ways, self._names = shape, clock, ways, names
        self.config: Config = config_of(shape)
        self.host = Host()
        self.exposed = POWER in shape.kinds
        self.on_commit: Callable[[str], None] = lambda moment: None
        _disk().write(_disk().blank)
        self.start()

    def start(self) -> None:
        """Start the program over what is on the disk."""
        self.process = self.boot()
        self.store, self.engine = self.process.store, self.process.engine
        self.store.keeping = self.exposed
        if self.exposed:
            self.store.keep()

    def boot(self) -> Process:
        """A process of its own over the same disk."""
        disk, clock, fence = _disk(), HostClock(self._clock, self.host), Fence()
        store = _Store(disk.driver, disk.url, clock, lambda: _uid(self._names))
        store.peeking = False
        store.keeping, store._durable = False, True
        store.boundary = lambda moment: self.on_commit(moment)
        store.on_commit = store.committing
        setup = Setup(
            self._connectors(clock, fence),
            (product(self._shape, self.config),),
            policy(self.config),
            KEY,
            fingerprints(self._shape, self.config),
            BEATS,
        )
        return Process(store, setup, Engine(setup, store, clock, lambda: _uid(self._names)), fence)

    def raced(self) -> None:
        """Another process was at work on the disk, and all of it is durable by now: after a power cut it must still be there."""
        if self.exposed:
            self.store._durable = True
            self.store.keep()

    def heal(self) -> None:
        """From now on the power stays."""
        self.exposed = self.store.keeping = False
        _disk().log = None

    def stop(self) -> None:
        """The process ends, in peace or not."""
        self.process.close()

    def restart(self, image: bytes | None = None) -> None:
        """End the process, and start another over the same bytes, or over ``image``, once the dead one's hold on the store is over."""
        self.stop()
        _disk().write(self.image() if image is None else image)
        _disk().forget_holder()
        self._clock.sleep(LEASE)
        self.start()

    @contextmanager
    def peek(self) -> Iterator[Transaction]:
        """Look into the store from outside the program: no boundary, no fence."""
        self.store.peeking = True
        try:
            with self.store.transaction(fenced=False) as tx:
                yield tx
        finally:
            self.store.peeking = False

    def image(self) -> bytes:
        """The bytes on the disk."""
        return _disk().read()

    def in_doubt(self) -> bool:
        """Whether any write of the program is unresolved; no transaction may be open."""
        return _disk().in_doubt()

    def would_outlast(self, op: str) -> bool:
        """Whether a power cut now would leave the op's intent; also where none can come."""
        return not self.exposed or op in self.store.promised

    def after_power_cut(self, draw: Random) -> bytes:
        """What may be on the disk after a power cut: what was durable, and of the commits since then only the first few."""
        number = draw.randrange(len(self.store.since) + 1)
        _disk().write(self.store.durable)
        for steps in self.store.since[:number]:
            _disk().replay(steps)
        return _disk().read()

    def _connectors(self, clock: HostClock, fence: Fence) -> dict[str, Connector]:
        calls = CallLog()
        return {system.name: self._connector(system, clock, fence, calls) for system in self._shape.systems}

    def _connector(self, system: SystemShape, clock: HostClock, fence: Fence, calls: CallLog) -> Connector:
        plugin = plugins()[system.kind]
        way = self._ways[system.name]
        given = {key: value for key, value in way.settings().items() if key != "kind"}
        if HOOKS in self._shape.kinds:
            given["webhook_secret"] = HOOK_SECRET
        scopes = tuple(
            ScopeConfig(ScopeRef(system.name, key), plugin.scope_settings.model_validate(key)) for key in system.containers
        )
        environment = Environment(system.name, clock, fence, calls, way.transport)
        return plugin.connector(plugin.settings.model_validate(given), scopes, environment)
