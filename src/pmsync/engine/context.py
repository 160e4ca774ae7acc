"""What every step of one run is handed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from pmsync.connect.clock import Clock
from pmsync.connect.contract import Connector
from pmsync.connect.errors import AuthFailed, ConnectorError, Fatal, Park, Retry
from pmsync.engine.events import Event, Listener
from pmsync.engine.setup import Setup
from pmsync.model.record import ScopeRef
from pmsync.reconcile.surface import Surface
from pmsync.store import Store
from pmsync.store.holding import Lease
from pmsync.store.store import fresh_uid

REST = 600.0
"""Seconds a daemon leaves a system alone whose credentials or address do not work."""


@dataclass(slots=True)
class Context:
    """One run: its setup, store, clock, name, and listener. ``parked`` maps a system that failed in this run to the reason.

    ``stopping`` is asked between batches: once true, nothing new is sent; what is under way is finished. ``patient`` runs (the daemon's)
    let a system whose credentials fail rest for a while; others try again at once, for a person may have mended them.
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
    _renewed: float = 0.0
    _surfaces: dict[ScopeRef, tuple[Surface, ...]] = field(default_factory=dict)

    def connector(self, scope: ScopeRef) -> Connector:
        """The connector that serves ``scope``'s system."""
        return self.setup.connectors[scope.system]

    def prepare(self, scopes: Sequence[ScopeRef]) -> None:
        """Ask every scope for its surfaces before any transaction is open; a system that fails is parked and takes no part."""
        for scope in scopes:
            if scope not in self._surfaces and not self.is_parked(scope.system):
                with self.isolated(scope, "reading its fields"):
                    self.connector(scope).me()
                    self.surfaces(scope)

    def is_ready(self, scope: ScopeRef) -> bool:
        """Whether the scope's surfaces are known in this run."""
        return scope in self._surfaces

    def surfaces(self, scope: ScopeRef) -> tuple[Surface, ...]:
        """The surfaces of ``scope``, asked once per run."""
        if scope not in self._surfaces:
            self._surfaces[scope] = tuple(self.connector(scope).surfaces(scope))
        return self._surfaces[scope]

    def surface_map(self, scope: ScopeRef) -> Mapping[str, Surface]:
        """The surfaces of ``scope`` by id."""
        return {surface.id: surface for surface in self.surfaces(scope)}

    def tell(self, kind: str, text: str, **facts: object) -> None:
        """Send one event to the listener."""
        self.listen(Event(kind, text, **facts))  # type: ignore[arg-type]  # the facts are Event's own fields

    def keep_hold(self) -> None:
        """Hold on to the store; called between batches, when no transaction is open."""
        now = self.clock.now()
        if self.lease is not None and now - self._renewed > self.lease.ttl / 4:
            self.lease.renew()
            self._renewed = now

    def is_parked(self, system: str) -> bool:
        """Whether the system rests for the remainder of this run."""
        return system in self.parked

    @contextmanager
    def isolated(self, scope: ScopeRef, doing: str) -> Iterator[None]:
        """Keep one system's failure to itself: it is told, the system is parked, the others go on."""
        try:
            yield
        except ConnectorError as error:
            self._park(scope, doing, error)

    def _park(self, scope: ScopeRef, doing: str, error: ConnectorError) -> None:
        self.parked[scope.system] = error.message
        until = _rest_until(error, self.clock.now(), self.patient)
        with self.store.transaction() as tx:
            row = tx.scopes.get(scope)
            if row is not None:
                tx.scopes.put(replace(row, parked_until=until, parked_why=error.message))
        kind = "parked" if isinstance(error, Park) else "failed"
        self.tell(kind, f"{scope}: {doing}: {error.message}", scope=scope, hint=error.hint, code=type(error).__name__)


def _rest_until(error: ConnectorError, now: float, patient: bool) -> float:
    if isinstance(error, Park):
        return error.until
    if isinstance(error, Retry):
        return error.at
    return now + REST if patient and isinstance(error, AuthFailed | Fatal) else 0.0
