"""A small world: memory trackers, people who edit in them, and the whole engine over a store that survives a crash.

Time is virtual, names are seeded, and every request and every commit is an I/O boundary at which the process can be made to die.
"""

from __future__ import annotations

import copy
import sqlite3
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from pmsync.connect.plugin import Environment, ScopeConfig
from pmsync.engine.engine import Engine, Report
from pmsync.engine.events import Event
from pmsync.engine.setup import Beats, Policy, Product, Setup
from pmsync.model.enums import Audience
from pmsync.model.record import ScopeRef
from pmsync.net.calls import CallLog
from pmsync.net.clock import VirtualClock
from pmsync.net.fence import Fence
from pmsync.reconcile.plan import Plan
from pmsync.reconcile.rails import Limits
from pmsync.reconcile.routing import Create, Rule
from pmsync.store import Store
from pmsync_memory import PERSONALITIES, ContainerSettings, MemoryConnector, MemoryServer

KEY = b"a key that signs markers"
HOUR, DAY = 3600.0, 86_400.0
MEMORY = Path("/dev/shm")


class Crash(BaseException):
    """The process dies here: nothing after this may take effect."""


class Doom:
    """Counts the I/O boundaries that are passed and strikes just before one of them. After that, nothing gets through any more.

    Just after a boundary is just before the next one, for nothing lasting happens in between; so this is every place that counts.
    """

    def __init__(self, strike: int = 0) -> None:
        self.passed, self.strike, self.dead = 0, strike, False

    def step(self) -> None:
        if self.dead:
            raise Crash
        self.passed += 1
        if self.passed == self.strike:
            self.dead = True
            raise Crash


class WatchedStore(Store):
    """A store that knows whether a transaction is open."""

    inside = False

    @contextmanager
    def transaction(self, *, durable: bool = False, fenced: bool = True) -> Iterator[object]:
        with super().transaction(durable=durable, fenced=fenced) as tx:
            self.inside = True
            try:
                yield tx
            finally:
                self.inside = False

    def image(self) -> bytes:
        with sqlite3.connect(self._url.database) as raw:
            return raw.serialize()


class ShakyConnector(MemoryConnector):
    """A memory connector whose every request is an I/O boundary. No request leaves inside a transaction."""

    world: World
    _cached: set[object]

    def _ask(self, *args, **kwargs):
        assert not self.world.store.inside, f"a request inside a transaction: {args[:2]}"
        self.world.doom.step()
        answer = super()._ask(*args, **kwargs)
        self.world.on_request(*args[:2])
        return answer

    def me(self):
        self._discover("me")
        return super().me()

    def surfaces(self, scope):
        self._discover(scope)
        return self.world.surfaces.get(scope, lambda given: given)(super().surfaces(scope))

    def refresh(self):
        self._cached = {"me"} & self._cached

    def _discover(self, what):
        if what not in self._cached:
            assert not self.world.store.inside, f"{what} is asked of the server inside a transaction"
            self._cached.add(what)


class World:
    """Systems named by letters, each with its containers (``a:A`` and so on), one product, and an engine."""

    def __init__(
        self,
        systems: Mapping[str, str] | None = None,
        *,
        containers: Mapping[str, Sequence[str]] | None = None,
        rules: Sequence[Rule] | None = None,
        policy: Policy | None = None,
        seed: int = 1,
    ) -> None:
        self.clock, self.calls, self.fence = VirtualClock(), CallLog(), Fence()
        systems = systems or {"a": "listed", "b": "listed"}
        self.servers = {name: MemoryServer(self.clock, PERSONALITIES[kind], name) for name, kind in systems.items()}
        self.homes = {name: tuple((containers or {}).get(name, (name.upper(),))) for name in systems}
        for name, server in self.servers.items():
            server.add_containers(self.homes[name])
        self.managed = {name: list(homes) for name, homes in self.homes.items()}
        self.settings: dict[ScopeRef, dict[str, object]] = {}
        self.maps: dict[ScopeRef, Mapping[str, Mapping[str, str]]] = {}
        self.surfaces: dict[ScopeRef, Callable] = {}
        self.connector_class: type[ShakyConnector] = ShakyConnector
        self.rules = self.mirror_all() if rules is None else tuple(rules)
        self.policy = policy or Policy(limits=Limits(close="allow"))
        self.fingerprints: dict[ScopeRef, str] = {}
        self.beats = Beats()
        self.random = Random(seed)
        self.doom = Doom()
        self.on_request: Callable[[str, str], None] = lambda method, path: None
        self.heard: list[Event] = []
        self.folder = tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
        self.file = Path(self.folder.name) / "pmsync.db"
        self._driver = None
        self.open()

    # -- the machine -----------------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Start the process: a new store object over the same file, new connectors, a new engine."""
        if self._driver is None:
            first = WatchedStore.open(f"sqlite:///{self.file}", self.clock, new_uid=self.new_uid)
            self._driver = first._engine, first._url  # kept for its compiled statements, which are slow to make
        self.store = WatchedStore(*self._driver, self.clock, self.new_uid)
        self.store.on_commit = self._on_commit
        self.connectors = {name: self._connector(name) for name in self.servers}
        product = Product("p", tuple(self.scopes()), self.rules)
        setup = Setup(self.connectors, (product,), self.policy, KEY, self.fingerprints, self.beats)
        self.setup = setup
        self.engine = Engine(setup, self.store, self.clock, self.new_uid)

    def _on_commit(self, moment: str) -> None:
        if moment == "before":
            self.doom.step()

    def close(self) -> None:
        self.store.close()

    def restart(self) -> None:
        """The process is gone and another begins; the lease of the dead one runs out first."""
        self.close()
        self.doom = Doom()
        self.clock.sleep(121)
        self.open()

    def freeze(self) -> tuple[object, ...]:
        """Everything there is, as a value that ``thaw`` turns back into a world."""
        assert not any(server._late for server in self.servers.values())
        return self.store.image(), self._copy(self.servers), self.clock.now(), self.random.getstate()

    def thaw(self, frozen: tuple[object, ...]) -> None:
        """Back to the moment of ``freeze``."""
        image, servers, now, state = frozen
        self.close()
        self._overwrite(image)
        self.servers = self._copy(servers)
        self.clock._now = now
        self.random.setstate(state)
        self.doom, self.heard = Doom(), []
        self.on_request = lambda method, path: None
        self.open()

    def _copy(self, servers: Mapping[str, MemoryServer]) -> dict[str, MemoryServer]:
        return copy.deepcopy(dict(servers), {id(self.clock): self.clock})

    def _overwrite(self, image: bytes) -> None:
        for leftover in self.file.parent.iterdir():
            leftover.unlink()
        self.file.write_bytes(image)

    def _connector(self, name: str) -> ShakyConnector:
        configs = []
        for ref in self.scopes():
            if ref.system == name:
                settings = ContainerSettings(container=ref.key, **self.settings.get(ref, {}))
                configs.append(ScopeConfig(ref, settings, self.maps.get(ref, {})))
        made = self.connector_class(self.servers[name], configs, Environment(name, self.clock, self.fence, self.calls))
        made.world, made._cached = self, set()
        return made

    def new_uid(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    # -- the config ------------------------------------------------------------------------------------------------------------

    def scopes(self) -> list[ScopeRef]:
        return [ScopeRef(name, key) for name, homes in self.managed.items() for key in homes]

    def mirror_all(self, create: Create = Create.AUTO) -> tuple[Rule, ...]:
        """Everything lives everywhere, in each system's first container."""
        first = {name: ScopeRef(name, homes[0]) for name, homes in self.homes.items()}
        return tuple(
            Rule(frozenset(), "", source, home, create) for source in first for name, home in first.items() if name != source
        )

    # -- what is done ----------------------------------------------------------------------------------------------------------

    def hear(self, event: Event) -> None:
        self.heard.append(event)

    def sync(self, *scopes: ScopeRef) -> Report:
        self.heard = []
        return self.engine.sync(self.hear, scopes)

    def plan(self) -> Plan:
        self.heard = []
        with self.fence.closed():
            return self.engine.plan(self.hear)[0]

    def apply(self, plan: Plan) -> Report:
        self.heard = []
        return self.engine.apply_plan(Plan.decode(plan.encode()), self.hear)

    def rest(self, pause: float = 700.0, most: int = 16) -> Report:
        """Sync, with pauses, until a round finds nothing to do and nothing is in doubt: two rounds where a listing lags behind.

        So the last round, at least, is one more sync in which nothing was written. With pauses of a day, what is missing has to be settled too.
        """
        calm, enough = 0, 2 if any(server.personality.lag for server in self.servers.values()) else 1
        for _ in range(most):
            before = self.writes
            report = self.sync()
            changed = self.writes > before or report.tally.of("pulled") or report.exit_code
            doubtful = self.open_ops() or (pause > DAY and self.notices("missing"))
            calm = 0 if changed or doubtful else calm + 1
            if calm == enough:
                return report
            self.clock.sleep(pause)
        raise AssertionError(f"no rest after {most} rounds: exit {report.exit_code}, {report.tally}")

    # -- what people do, and what they see -------------------------------------------------------------------------------------

    def create(self, name: str, by: str = "ana", home: str = "", **values) -> str:
        return self.servers[name].person_creates(home or self.homes[name][0], values, by)

    def edit(self, name: str, id_: str = "1", by: str = "ana", **values) -> None:
        self.servers[name].person_edits(id_, values, by)

    def once(self, method: str, path: str, act: Callable[[], object]) -> None:
        """Let somebody ``act`` right after the next request of that name had its effect, in the middle of a round."""

        def watch(sent: str, asked: str) -> None:
            if (sent, asked) == (method, path):
                self.on_request = lambda *_: None
                act()

        self.on_request = watch

    def force(self, name: str, id_: str, **values) -> None:
        """A value that the tracker has and its rules, as we know them, do not."""
        server = self.servers[name]
        row = server.rows[id_]
        row.values.update(values)
        server._touch(row, "ana", "edit", surface=next(iter(values)), before=None, after=None)

    def rows(self, name: str) -> list[dict[str, object]]:
        """What a person sees of each record, in the order of its creation."""
        alive = [row for row in self.servers[name].rows.values() if not row.deleted]
        return [{"in": row.container, **row.values} for row in alive]

    def row(self, name: str, id_: str = "1") -> dict[str, object]:
        return dict(self.servers[name].rows[id_].values)

    @property
    def writes(self) -> int:
        """Every write that reached a server."""
        return sum(server.writes for server in self.servers.values())

    # -- what the hub holds ----------------------------------------------------------------------------------------------------

    def read(self, ask: Callable):
        with self.store.transaction() as tx:
            return ask(tx)

    def open_ops(self):
        return self.read(lambda tx: tx.ops.open())

    def conflicts(self):
        return self.read(lambda tx: tx.conflicts.list(True))

    def notices(self, code: str = ""):
        return [row for row in self.read(lambda tx: tx.notices.open()) if code in ("", row.code)]

    def items(self):
        return self.read(lambda tx: tx.items.page(""))

    def links(self):
        found = self.read(lambda tx: tx.links.of_items([item.uid for item in tx.items.page("")]))
        return sorted((link for group in found.values() for link in group), key=lambda link: (str(link.scope), link.key))

    def journal(self, kind: str = ""):
        return [entry for entry in self.read(lambda tx: tx.journal.recent(10_000)) if kind in ("", entry.kind)]

    def events(self, kind: str, code: str | None = None) -> list[Event]:
        return [event for event in self.heard if event.kind == kind and code in (None, event.code)]

    def hub(self, field: str, title: str | None = None) -> object:
        """The hub's bare value of a field, of the only item or of the one of that title."""
        [item] = [one for one in self.items() if title is None or one.fields["title"].value.value == title]
        held = item.fields.get(field)
        return getattr(held.value, "value", None) if held else None

    def outcome(self) -> object:
        """Where everything stands, with no names of ours in it."""
        seen = {name: sorted(map(_plain, self.rows(name))) for name in self.servers}
        held = sorted(
            _plain({name: getattr(value.value, "value", None) for name, value in item.fields.items()}) for item in self.items()
        )
        links = sorted((str(link.scope), link.state.value) for link in self.links())
        disputes = sorted(
            (row.dispute.field, str(row.dispute.base), tuple(sorted((one.system, one.shown) for one in row.dispute.candidates)))
            for row in self.conflicts()
        )
        return {"seen": seen, "hub": held, "links": links, "conflicts": disputes}


def _plain(values: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    shown = {name: ",".join(sorted(value)) if isinstance(value, frozenset) else str(value) for name, value in values.items()}
    return tuple(sorted((name, value) for name, value in shown.items() if value not in ("", "None")))


@pytest.fixture
def make_world() -> Iterator[Callable[..., World]]:
    """Builds worlds and clears them away."""
    made: list[World] = []

    def make(*args, **kwargs) -> World:
        made.append(World(*args, **kwargs))
        return made[-1]

    yield make
    for world in made:
        world.close()
        world.folder.cleanup()


@pytest.fixture
def world(make_world) -> World:
    """Two trackers, ``a`` and ``b``, that show each other's records."""
    return make_world()


@pytest.fixture
def linked(world) -> World:
    """The two trackers with one record that shows in both, at rest."""
    world.create("a", title="Login fails", status="doing", priority="1", labels=frozenset({"Bug"}))
    world.rest()
    return world


def audience_of(name: str) -> Audience:
    return Audience[name.upper()]


@pytest.fixture
def crash() -> type[BaseException]:
    return Crash


@pytest.fixture
def doom() -> type[Doom]:
    return Doom
