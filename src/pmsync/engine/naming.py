"""Remote values by the names a person knows them by: a status by its name, not by its number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pmsync.connect.errors import ConnectorError
from pmsync.engine.directory import bound
from pmsync.engine.reading import show
from pmsync.engine.setup import Setup
from pmsync.model.record import ScopeRef
from pmsync.model.values import Settled
from pmsync.reconcile.surface import Surface
from pmsync.store import Store


class Naming:
    """Knows the surfaces of the scopes it learned; values of the others, and of systems out of reach, show as they are."""

    def __init__(self, setup: Setup, store: Store) -> None:
        self._setup = setup
        self._store = store
        self._surfaces: dict[ScopeRef, Mapping[str, Surface]] = {}

    def learn(self, scopes: Iterable[ScopeRef]) -> None:
        """Ask for the surfaces of ``scopes``, as far as their systems can be asked now. No transaction may be open."""
        now = self._store.clock.now()
        for scope in scopes:
            if scope in self._surfaces or scope.system not in self._setup.connectors:
                continue
            with self._store.transaction() as tx:
                row = tx.scopes.get(scope)
            self._surfaces[scope] = {} if row and row.parked_until > now else self._ask(scope)

    def show(self, scope: ScopeRef, surface: str, value: Settled) -> str:
        """The value on that surface as a person reads it."""
        known = self._surfaces.get(scope, {}).get(surface)
        return known.show(value) if known else show(value)

    def field(self, scope: ScopeRef, surface: str) -> str:
        """The hub field that shows there. Unless the surface is known, its id tells: it begins with, or ends in, the field."""
        known = self._surfaces.get(scope, {}).get(surface)
        return known.field if known else surface.rpartition(":")[2]

    def _ask(self, scope: ScopeRef) -> Mapping[str, Surface]:
        try:
            return {
                one.id: bound(self._store, scope, one, self._setup.people)
                for one in self._setup.connectors[scope.system].surfaces(scope)
            }
        except ConnectorError:
            return {}  # whoever asks gets the raw value, which is true as well
