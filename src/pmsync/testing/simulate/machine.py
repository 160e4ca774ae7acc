"""The machine pmsync runs on: it can die at any boundary, lose what was not yet durable, and start again from the bytes of its disk."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from random import Random

from pmsync.connect.clock import Clock
from pmsync.connect.contract import Connector
from pmsync.connect.plugin import Environment, Plugin, ScopeConfig
from pmsync.connect.registry import load_plugins
from pmsync.engine.engine import Engine
from pmsync.engine.setup import Beats, Policy, Product, Setup
from pmsync.model.record import ScopeRef
from pmsync.net.calls import CallLog
from pmsync.net.clock import VirtualClock
from pmsync.net.fence import Fence
from pmsync.reconcile.rails import Limits
from pmsync.reconcile.routing import Create, Rule
from pmsync.store import Store, Transaction
from pmsync.store.connect import connect, parse
from pmsync.store.migrate import migrate
from pmsync.testing.simulate.shape import POWER, Shape, SystemShape
from pmsync.testing.simulate.way import Way

KEY = b"the key that signs a simulation's markers"
LEASE = 121.0
"""Seconds after which a dead process no longer holds the store."""

BEATS = Beats(catalogue=1800.0, sweep=3600.0)
ROOMY = Limits(max_creates=10_000, max_updates=10_000, max_closes=10_000, close="allow")


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
        self._raw = connection
        self.blank = self.read()

    def read(self) -> bytes:
        """Everything on it."""
        return self._raw.serialize()

    def write(self, image: bytes) -> None:
        """Put an earlier content back."""
        self._raw.deserialize(image)


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


class _Store(Store):
    """A store that remembers what a power cut would leave: the content at the last durable commit, and after each commit since."""

    peeking: bool
    keeping: bool
    kept: list[bytes]
    boundary: Callable[[str], None]
    _durable: bool

    @contextmanager
    def transaction(self, *, durable: bool = False, fenced: bool = True) -> Iterator[Transaction]:
        self._durable = durable
        with super().transaction(durable=durable, fenced=fenced) as tx:
            yield tx

    def committing(self, moment: str) -> None:
        """For ``on_commit``: keep the content first, for it is there whatever the boundary does."""
        if self.peeking:
            return
        if self.keeping and moment == "after":
            image = _disk().read()
            self.kept = [image] if self._durable else [*self.kept, image]
        self.boundary(moment)


class Machine:
    """Runs one engine at a time over one disk.

    Attributes:
        store: the store of the running process.
        engine: its engine.
        fence: closed while only a plan is made.
    """

    def __init__(self, shape: Shape, clock: Clock, ways: Mapping[str, Way], names: Random) -> None:
        self._shape, self._clock, self._ways, self._names = shape, clock, ways, names
        self.on_commit: Callable[[str], None] = lambda moment: None
        self.fence = Fence()
        _disk().write(_disk().blank)
        self.start()

    def start(self) -> None:
        """Start the program over what is on the disk."""
        disk = _disk()
        store = _Store(disk.driver, disk.url, self._clock, lambda: _uid(self._names))
        store.peeking = False
        store.keeping = POWER in self._shape.kinds
        store.kept = [disk.read()] if store.keeping else []
        store.boundary = lambda moment: self.on_commit(moment)
        store.on_commit = store.committing
        self.store = store
        self.setup = Setup(self._connectors(), (_product(self._shape),), _policy(self._shape), KEY, {}, BEATS)
        self.engine = Engine(self.setup, store, self._clock, lambda: _uid(self._names))

    def stop(self) -> None:
        """The process ends, in peace or not."""
        for connector in self.setup.connectors.values():
            connector.close()

    def restart(self, image: bytes | None = None) -> None:
        """End the process, and start another over the same bytes, or over ``image``, once the dead one's hold on the store is over."""
        self.stop()
        _disk().write(self.image() if image is None else image)
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

    def after_power_cut(self, draw: Random) -> bytes:
        """What may be on the disk after a power cut: what was durable, and of the commits since then only the first few."""
        return draw.choice(self.store.kept)

    def _connectors(self) -> dict[str, Connector]:
        calls = CallLog()
        return {system.name: self._connector(system, calls) for system in self._shape.systems}

    def _connector(self, system: SystemShape, calls: CallLog) -> Connector:
        plugin = plugins()[system.kind]
        way = self._ways[system.name]
        given = {key: value for key, value in way.settings().items() if key != "kind"}
        scopes = tuple(
            ScopeConfig(ScopeRef(system.name, key), plugin.scope_settings.model_validate(key)) for key in system.containers
        )
        environment = Environment(system.name, self._clock, self.fence, calls, way.transport)
        return plugin.connector(plugin.settings.model_validate(given), scopes, environment)


def _product(shape: Shape) -> Product:
    scopes = tuple(ScopeRef(system.name, key) for system in shape.systems for key in system.containers)
    rules = tuple(
        Rule(frozenset(), "", source.name, ScopeRef(target.name, target.containers[0]), Create.AUTO)
        for source in shape.systems
        for target in shape.systems
        if source is not target
    )
    return Product("product", scopes, rules)


def _policy(shape: Shape) -> Policy:
    return Policy(owners=shape.owners, limits=ROOMY)
