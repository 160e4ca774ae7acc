"""The rig: two trackers that show each other's records, people in both, and the engine between them, all of which can be frozen.

Every request and every commit is a boundary at which the process can die. What lies between two boundaries changes nothing that lasts, so
that dying *before* each of them is dying at every moment there is.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from random import Random
from typing import Any, Protocol, TypeVar, cast

from pmsync.connect.contract import Connector
from pmsync.connect.errors import Ambiguous, ConnectorError
from pmsync.connect.plugin import Environment, Plugin, ScopeConfig
from pmsync.connect.registry import load_plugins
from pmsync.engine.engine import Engine, Report
from pmsync.engine.events import Event
from pmsync.engine.setup import Policy, Product, Setup
from pmsync.net.calls import CallLog
from pmsync.net.clock import VirtualClock
from pmsync.net.fence import Fence
from pmsync.reconcile.plan import Plan
from pmsync.reconcile.rails import Limits
from pmsync.reconcile.routing import Rule
from pmsync.store.conflicts import ConflictRow
from pmsync.store.notices import NoticeRow
from pmsync.testing.enumerate.disk import KeptStore, disk
from pmsync.testing.enumerate.freezing import canonical, pickled, unpickled
from pmsync.testing.enumerate.values import DAY, LEASE, PAUSE, SIDES, TOUCHING, Act, Boundary, Crash, Late, Layout, Mishap, Moment
from pmsync.testing.faults import FaultKind
from pmsync.testing.stage import Ground, Seen

T = TypeVar("T")
KEY = b"the key that signs these markers"


class _Clock(VirtualClock):
    def set(self, moment: float) -> None:
        """Forth or back to that moment."""
        self._now = moment


class _Staged(Protocol):
    stage: Callable[..., Ground]


@cache
def _plugin() -> Plugin:
    return load_plugins()[0]["memory"]


class Rig:
    """The world. ``on_boundary`` is told of every boundary, before it is passed; ``acts`` is the log of all that happened."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.clock = _Clock()
        self._names = Random(1)  # noqa: S311 - reproducible, not secret
        self.fence = Fence()
        self.grounds = {side: self._ground(side) for side in layout.kinds}
        self.on_boundary: Callable[[Boundary], None] = lambda boundary: None
        self.mishap: Mishap | None = None
        self.writes = self._round_writes = 0
        self.acts: tuple[Act, ...] = ()
        self.late: tuple[Late, ...] = ()
        self._dead = False
        self._seen: Mapping[str, Mapping[str, Seen]] = {}
        disk().write(disk().blank)
        self.store = KeptStore.over(disk(), self.clock, self._new_uid)
        self._look()
        self._start()

    def _ground(self, side: str) -> Ground:
        personality, _, history = self.layout.kinds[side].partition("+")
        ground = cast(_Staged, _plugin()).stage(self.clock, name=f"enumerate-{side}", personality=personality)
        if history:
            server = cast(Any, ground).server
            server.personality = dataclasses.replace(server.personality, history=True)
        for home in self.layout.homes[side]:
            ground.open(home, home)
        return ground

    # -- the process ---------------------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        self._dead = False
        self.store.end()
        self.store = KeptStore.over(disk(), self.clock, self._new_uid)
        self.store.boundary = lambda: self._pass(Boundary())
        connectors = {side: self._connector(side) for side in self.grounds}
        scopes = tuple(scope for side in self.grounds for scope in self.layout.scopes(side))
        policy = Policy(limits=Limits(max_creates=100, close="allow"))
        self.setup = Setup(connectors, (Product("p", scopes, self._rules()),), policy, KEY)
        self.engine = Engine(self.setup, self.store, self.clock, self._new_uid)

    def _connector(self, side: str) -> Connector:
        plugin, ground = _plugin(), self.grounds[side]
        given = {key: value for key, value in ground.settings().items() if key != "kind"}
        scopes = tuple(ScopeConfig(ref, plugin.scope_settings.model_validate(ref.key)) for ref in self.layout.scopes(side))

        def way(method: str, path: str, call: Callable[[], Any]) -> Any:
            return self._request(Boundary(side, method, path), call)

        environment = Environment(side, self.clock, self.fence, CallLog(), way)
        return plugin.connector(plugin.settings.model_validate(given), scopes, environment)

    def _rules(self) -> tuple[Rule, ...]:
        first = {side: self.layout.scopes(side)[0] for side in self.grounds}
        return tuple(
            Rule(frozenset(), "", source, home, self.layout.create)
            for source in first
            for side, home in first.items()
            if side != source
        )

    def _new_uid(self) -> str:
        return str(uuid.UUID(int=self._names.getrandbits(128), version=4))

    def restart(self) -> None:
        """The process is gone, and another starts once the dead one's hold on the store is over."""
        self.clock.sleep(LEASE)
        self._start()

    # -- boundaries ----------------------------------------------------------------------------------------------------------------

    def _pass(self, boundary: Boundary) -> None:
        if self._dead:
            raise Crash
        try:
            self.on_boundary(boundary)
        except Crash:
            self._dead = True
            raise

    def _request(self, boundary: Boundary, call: Callable[[], T]) -> T:
        self._pass(boundary)
        if boundary.method == "GET":
            self.acts += (Act("robot", "read", boundary.side),) if boundary.path in TOUCHING else ()
            return call()
        self.writes += 1
        self._round_writes += 1
        try:
            return self._mishap(boundary, call)
        finally:
            self._look("robot")

    def _mishap(self, boundary: Boundary, call: Callable[[], T]) -> T:
        if self.mishap is None or self.mishap.write != self._round_writes:
            return call()
        kind = self.mishap.kind
        if kind is FaultKind.LATE:
            self.late = (*self.late, Late(boundary.side, call))
        if kind in (FaultKind.LATE, FaultKind.LOSE_BEFORE):
            raise Ambiguous("the connection broke")
        call()
        if kind is FaultKind.LOSE_AFTER:
            raise Ambiguous("the connection broke")
        return call()

    # -- what happens --------------------------------------------------------------------------------------------------------------

    def _look(self, who: str = "") -> None:
        """Note what changed since the last look, as ``who``'s doing; nobody's is not noted."""
        seen = {side: dict(ground.look()) for side, ground in self.grounds.items()}
        if who:
            for side in seen:
                self.acts += tuple(_differences(who, side, self._seen[side], seen[side]))
        self._seen = seen

    def person(self, act: Callable[[], object]) -> None:
        """Somebody acts."""
        act()
        self._look("person")

    def land(self) -> None:
        """What was on its way arrives; nobody waits for its answer."""
        landing, self.late = self.late, ()
        for one in landing:
            with suppress(ConnectorError):
                one.call()
        self._look("robot")

    def look(self, side: str) -> Mapping[str, Seen]:
        """Every record of a side, by its id."""
        return self._seen[side]

    @property
    def changes(self) -> list[Act]:
        """The acts that changed anything."""
        return [act for act in self.acts if act.verb not in ("read", "round")]

    def sync(self, first: str = SIDES[0], mishap: Mishap | None = None) -> Report:
        """One round in which the side ``first`` is asked first."""
        self.mishap, self._round_writes = mishap, 0
        order = sorted(self.grounds, key=lambda side: side != first)
        report = self.engine.sync(self.hear, [scope for side in order for scope in self.layout.scopes(side)])
        self.acts += (Act("robot", "round"),)
        return report

    def hear(self, event: Event) -> None:
        """Told of everything that a run tells; nobody listens here."""

    def plan(self) -> Plan:
        """What a round would do."""
        with self.fence.closed():
            return self.engine.plan(self.hear)[0]

    def apply(self, plan: Plan) -> Report:
        """Carry out a saved plan, without waiting for what rests."""
        return self.engine.apply_plan(Plan.decode(plan.encode()), self.hear)

    def rest(self, pause: float = PAUSE, most: int = 16) -> Report:
        """Rounds, with pauses, until one writes nothing, finds nothing and leaves nothing in doubt: one more sync that wrote nothing.

        With pauses of a day, what is missing has to be settled too. Where a listing lags behind, two such rounds are needed.

        Raises:
            AssertionError: that never happens.
        """
        calm, enough = 0, 2 if any("lagging" in kind for kind in self.layout.kinds.values()) else 1
        for _ in range(most):
            before = self.writes
            report = self.sync()
            changed = self.writes > before or report.tally.of("pulled") or report.exit_code
            if changed or self.open_ops() or (pause >= DAY and self.notices("missing")):
                calm = 0
            else:
                calm += 1
            if calm == enough:
                return report
            self.clock.sleep(pause)
        raise AssertionError(f"no rest after {most} rounds: exit {report.exit_code}, {report.tally}")

    # -- what the hub holds --------------------------------------------------------------------------------------------------------

    def open_ops(self) -> list[str]:
        """The writes in doubt."""
        with self.store.peek() as tx:
            return [row.op.uid for row in tx.ops.open()]

    def conflicts(self) -> list[ConflictRow]:
        """The open conflicts."""
        with self.store.peek() as tx:
            return tx.conflicts.list(True)

    def notices(self, code: str) -> list[NoticeRow]:
        """The open notices of that code."""
        with self.store.peek() as tx:
            return [row for row in tx.notices.open() if row.code == code]

    def outcome(self) -> object:
        """Where everything stands, with no names of ours in it."""
        with self.store.peek() as tx:
            items = tx.items.page("")
            links = [link for group in tx.links.of_items([item.uid for item in items]).values() for link in group]
            disputes = [row.dispute for row in tx.conflicts.list(True)]
        seen = {side: sorted(_plain(one) for one in self.look(side).values()) for side in self.grounds}
        held = sorted(sorted((name, str(value.value)) for name, value in item.fields.items()) for item in items)
        tied = sorted((str(link.scope), link.state.value) for link in links)
        disputed = sorted(
            (one.field, str(one.base), tuple(sorted((side.system, side.shown) for side in one.candidates))) for one in disputes
        )
        return {"seen": seen, "hub": held, "links": tied, "conflicts": disputed}

    # -- freezing ------------------------------------------------------------------------------------------------------------------

    def freeze(self, image: bytes | None = None) -> Moment:
        """This moment, as a value. ``image``: what is on the disk, when a transaction is open or what is there was lost."""
        desks = tuple(pickled(vars(cast(Any, ground).server), self.clock) for ground in self.grounds.values())
        return Moment(image or disk().read(), desks, self.late, self.clock.now(), self._names.getstate(), self.acts)

    def desks(self, moment: Moment) -> list[object]:
        """What the trackers hold at that moment, in an order that depends on nothing else; their own logs left out."""
        return [canonical(unpickled(desk, None), "events") for desk in moment.desks]

    def thaw(self, moment: Moment) -> None:
        """Back to that moment, with a process that has just started."""
        disk().write(moment.image)
        for ground, desk in zip(self.grounds.values(), moment.desks, strict=True):
            server = vars(cast(Any, ground).server)  # the server stays the same object: late writes hold on to it
            server.clear()
            server.update(unpickled(desk, self.clock))
        self.clock.set(moment.now)
        self._names.setstate(moment.names)
        self.late, self.acts = moment.late, moment.acts
        self.on_boundary = lambda boundary: None
        self._look()
        self._start()


def _differences(who: str, side: str, old: Mapping[str, Seen], new: Mapping[str, Seen]) -> list[Act]:
    found = [Act(who, "delete", side, record) for record in old if record not in new]
    for record, seen in new.items():
        before = old.get(record)
        if before is None:
            found.append(Act(who, "create", side, record))
        elif before.container != seen.container:
            found.append(Act(who, "move", side, record, "", before.container, seen.container))
        was = dict(_plain(before)) if before else {}
        found += [
            Act(who, "edit", side, record, name, was.get(name, ""), value)
            for name, value in _plain(seen)
            if name != "container" and was.get(name, "") != value
        ]
    return found


def _plain(seen: Seen) -> list[tuple[str, str]]:
    """What a person sees of a record, name by name."""
    return [("container", seen.container), *sorted(seen.values.items()), ("labels", ",".join(sorted(seen.labels)))]
