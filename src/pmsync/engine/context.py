"""What every step of one run is handed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from msgspec.structs import replace

from pmsync.connect.clock import Clock
from pmsync.connect.contract import Connector
from pmsync.connect.errors import AuthFailed, ConnectorError, Fatal, Gone, Park, Retry
from pmsync.engine.directory import bound
from pmsync.engine.events import Event, Listener
from pmsync.engine.ledger import Ledger
from pmsync.engine.roster import knows_nobody
from pmsync.engine.setup import Setup
from pmsync.model.enums import Nature
from pmsync.model.item import Link
from pmsync.model.record import ScopeRef
from pmsync.reconcile.laws import check_surface
from pmsync.reconcile.surface import Surface
from pmsync.store import Store
from pmsync.store.holding import Lease
from pmsync.store.scopes import ScopeRow
from pmsync.store.store import fresh_uid

REST = 600.0
"""Seconds a daemon leaves a system alone whose credentials or address do not work."""


@dataclass(slots=True)
class Context:
    """One run: its setup, store, clock, name, and listener.

    ``parked`` maps a system that failed in this run to the reason, ``rests`` those among
    them that only wait for their limits to the moment (Unix seconds) from which they may be asked again. ``closed`` holds the scopes that
    cannot be read while their system can, ``paused`` those that a person has paused, each with a sentence, ``unsent`` the items of which a
    write did not leave: the next run tries again, not this one. ``ledger`` counts what became of the run's writes.
    ``suspects`` are links whose record may have been transferred: to be looked at once no transaction is open. ``began``: when the run did.
    ``marks`` holds the instance marks read in this run, "" for none. ``demanded`` holds the releases, by uid, that new work will go into,
    and where. ``undecided`` holds the scopes in which a new record waits: no more can be told yet than that it may be one that is known.
    ``scored``: scores were worked out in this run.
    ``placeless`` holds the places, scope and field, that were judged in
    this run for whether the field shows there.
    ``settled`` holds what this run settled and what waits for its writes since, with the number of its mark.

    ``stopping`` is asked between batches: once true, nothing new is sent; what is under way is finished. ``patient`` runs (the daemon's)
    let a system that fails rest for a while; others try again at once, for a person may have mended what was wrong.
    """

    setup: Setup
    store: Store
    clock: Clock
    run: str
    listen: Listener
    new_uid: Callable[[], str] = fresh_uid
    stopping: Callable[[], bool] = lambda: False
    patient: bool = False
    lease: Lease | None = None
    parked: dict[str, str] = field(default_factory=dict)
    rests: dict[str, float] = field(default_factory=dict)
    closed: set[ScopeRef] = field(default_factory=set)
    paused: dict[ScopeRef, str] = field(default_factory=dict)
    unsent: set[str] = field(default_factory=set)
    ledger: Ledger = field(default_factory=Ledger)
    suspects: list[Link] = field(default_factory=list)
    marks: dict[ScopeRef, str] = field(default_factory=dict)
    demanded: set[tuple[str, ScopeRef]] = field(default_factory=set)
    undecided: set[ScopeRef] = field(default_factory=set)
    placeless: set[tuple[ScopeRef, str]] = field(default_factory=set)
    scored: bool = False
    settled: dict[str, int] = field(default_factory=dict)
    began: float = field(init=False)
    _renewed: float = 0.0
    _surfaces: dict[ScopeRef, Mapping[str, Surface]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """The run begins now."""
        self.began = self._renewed = self.clock.now()

    def connector(self, scope: ScopeRef) -> Connector:
        """The connector that serves ``scope``'s system."""
        return self.setup.connectors[scope.system]

    def prepare(self, scopes: Sequence[ScopeRef]) -> None:
        """Ask every scope for its surfaces before any transaction is open; a system that fails is parked and takes no part.

        So is one whose maps break the lens laws: with them a value would come back as another, and be taken for an edit.
        """
        for scope in scopes:
            if scope not in self._surfaces and not self.is_parked(scope):
                with self.isolated(scope, "reading its fields"):
                    self.connector(scope).me()
                    self.surface_map(scope)

    def is_ready(self, scope: ScopeRef) -> bool:
        """Whether the scope's surfaces are known in this run."""
        return scope in self._surfaces

    def surfaces(self, scope: ScopeRef, nature: Nature = Nature.WORK) -> tuple[Surface, ...]:
        """The surfaces of records of one nature in ``scope``; see ``surface_map``. Who is assigned counts where the config knows anybody."""
        return tuple(one for one in self.surface_map(scope).values() if nature in one.natures and not knows_nobody(one.lens))

    def surface_map(self, scope: ScopeRef) -> Mapping[str, Surface]:
        """The surfaces of ``scope`` by id, asked once per run.

        Raises:
            Fatal: a map of the config breaks the lens laws.
        """
        if scope not in self._surfaces:
            found = self.connector(scope).surfaces(scope)
            _refuse_unlawful(scope, found)
            self._surfaces[scope] = {surface.id: bound(self.store, scope, surface, self.setup.people) for surface in found}
        return self._surfaces[scope]

    def tell(self, kind: str, text: str, **facts: object) -> None:
        """Send one event to the listener."""
        self.listen(Event(kind, text, **facts))  # type: ignore[arg-type]  # the facts are Event's own fields

    def keep_hold(self) -> None:
        """Hold on to the store; called between batches, when no transaction is open."""
        now = self.clock.now()
        if self.lease is not None and now - self._renewed > self.lease.ttl / 4:
            self.lease.renew()
            self._renewed = now

    def is_parked(self, scope: ScopeRef) -> bool:
        """Whether the scope, or its whole system, rests for the remainder of this run: it failed, or a person has paused it."""
        return scope.system in self.parked or scope in self.closed or scope in self.paused

    def rest(self, row: ScopeRow) -> bool:
        """Park the system of ``row`` when an earlier run found that it must rest until later; True when it does."""
        if row.parked_until <= self.clock.now():
            return False
        self.parked[row.scope.system] = row.parked_why
        return True

    @contextmanager
    def isolated(self, scope: ScopeRef, doing: str) -> Iterator[None]:
        """Keep one failure to itself: it is told, the system is parked (or the one scope that cannot be read), the others go on."""
        try:
            yield
        except ConnectorError as error:
            self._park(scope, doing, error)

    def _park(self, scope: ScopeRef, doing: str, error: ConnectorError) -> None:
        if isinstance(error, Gone):
            self.closed.add(scope)
        else:
            self.parked[scope.system] = error.message
        if isinstance(error, Park):
            self.rests[scope.system] = error.until
        until = _rest_until(error, self.clock.now(), self.patient)
        resting = [one for one in self.setup.scopes() if one.system == scope.system] if until else [scope]
        with self.store.transaction() as tx:
            for one in resting:
                row = tx.scopes.get(one) or ScopeRow(one)
                tx.scopes.put(replace(row, parked_until=until, parked_why=error.message))
        kind = "parked" if isinstance(error, Park) else "failed"
        self.tell(kind, f"{scope}: {doing}: {error.message}", scope=scope, hint=error.hint, code=type(error).__name__)


def _refuse_unlawful(scope: ScopeRef, surfaces: Sequence[Surface]) -> None:
    for surface in surfaces:
        if violations := check_surface(surface):
            hint = f"change maps.{surface.field}.{scope.system} in the config; pmsync doctor shows every value"
            raise Fatal(f"{scope} {surface.id}: the map breaks a law: {violations[0]}", hint=hint)


def _rest_until(error: ConnectorError, now: float, patient: bool) -> float:
    if isinstance(error, Park):
        return error.until
    if not patient:
        return 0.0
    if isinstance(error, Retry):
        return error.at
    return now + REST if isinstance(error, AuthFailed | Fatal) else 0.0
