"""Questions about what is known, answered from the store as plain values for the faces to show."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from pmsync.connect.errors import ConnectorError
from pmsync.engine.guards import CANARY, say_paused
from pmsync.engine.person import NotFoundError, one_link
from pmsync.engine.setup import Setup
from pmsync.engine.ties import Tied, tied_in
from pmsync.engine.whoswho import WhosWho, who_is_who
from pmsync.model.fields import FIELDS
from pmsync.model.item import Item, Link, LinkState
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.model.values import Empty, Known, Settled, Unobserved, members
from pmsync.reconcile.rails import CANARY as MOST_ON_TRIAL
from pmsync.store import Store, Transaction
from pmsync.store.bases import BaseRow
from pmsync.store.journal import Entry
from pmsync.store.scopes import ScopeRow

if TYPE_CHECKING:
    from pmsync.engine.naming import Naming

PEOPLE_AT_ONCE = 50
"""How many accounts are asked for in one call."""


@dataclass(frozen=True, slots=True)
class ScopeState:
    """One scope: how many records are linked, when it was last pulled (Unix seconds, 0 for never), and how it does.

    ``trust``: how far writes may go there: "" nothing yet, ``canary`` a few records a run, ``full``.
    """

    scope: str
    linked: int
    pulled_at: float
    state: str
    trust: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """Where things stand. ``pauses`` holds a sentence for each, also for what the config names no more; ``ties`` the links that stay here."""

    scopes: tuple[ScopeState, ...]
    items: int
    dirty: int
    conflicts: int
    held: int
    in_doubt: tuple[str, ...]
    notices: tuple[tuple[str, str], ...]
    pauses: tuple[str, ...] = ()
    ties: tuple[Tied, ...] = ()


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a conflict."""

    system: str
    shown: str
    actor: str
    at: float


@dataclass(frozen=True, slots=True)
class ConflictState:
    """One open conflict."""

    uid: str
    name: str
    field: str
    base: str
    sides: tuple[Side, ...]


@dataclass(frozen=True, slots=True)
class PlaceState:
    """One record where a field shows: what it shows now, what was last agreed, and the run that took a write back there ("" for none)."""

    record: str
    shown: str
    agreed: str
    undone: str = ""


@dataclass(frozen=True, slots=True)
class FieldState:
    """One field of one item: its value, who set it and why, where it shows, and what happened to it, latest first."""

    field: str
    value: str
    source: str
    at: float
    why: str
    places: tuple[PlaceState, ...]
    history: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """An item, told field by field."""

    item: str
    title: str
    records: tuple[str, ...]
    fields: tuple[FieldState, ...]


def status(setup: Setup, store: Store) -> Status:
    """Where things stand."""
    with store.transaction() as tx:
        pauses = {pause.target: say_paused(pause) for pause in tx.pauses.all()}
        scopes = tuple(_scope_state(tx, setup, store, scope, pauses) for scope in setup.scopes())
        in_doubt = tuple(
            f"{row.op.uid[:8]} {row.op.kind} {row.op.key or row.op.scope}: {row.reason or row.state}" for row in tx.ops.open()
        )
        notices = tuple((row.code, row.reason) for row in tx.notices.open() if row.code != "create_refused")
        ties = tuple(tied for system in setup.connectors for tied in tied_in(tx, system))
        counts = tx.items.count(), tx.dirty.count(), tx.conflicts.count_open(), len(tx.plans.held())
    return Status(scopes, *counts, in_doubt, notices, tuple(pauses.values()), ties)


def _scope_state(tx: Transaction, setup: Setup, store: Store, scope: ScopeRef, pauses: Mapping[str, str]) -> ScopeState:
    row = tx.scopes.get(scope) or ScopeRow(scope)
    left = row.parked_until - store.clock.now()
    careful = setup.policy.start == "careful"
    said = "paused" if pauses.keys() & {scope.system, str(scope)} else None
    if said is None and left > 0:
        said = f"rests for {left:.0f} s: {row.parked_why}"
    elif said is None and row.frozen_why:
        said = f"frozen, nothing is written there: {row.frozen_why}"
    elif said is None and not row.pulled_at:
        said = "not pulled yet"
    elif said is None and careful and not row.trust:
        said = "new: nothing is written there before a plan was applied"
    elif said is None and careful and row.trust == CANARY:
        said = f"on trial: at most {MOST_ON_TRIAL} records a run until one went well"
    return ScopeState(str(scope), tx.links.count(scope), row.pulled_at, said or "ready", row.trust)


def conflicts(store: Store) -> list[ConflictState]:
    """The open conflicts, latest first."""
    with store.transaction() as tx:
        rows = tx.conflicts.list(True)
        links = tx.links.of_items([row.item for row in rows])
        bases = {row.uid: _said(tx, row.dispute.field, row.dispute.base) for row in rows}
    found = []
    for row in rows:
        sides = tuple(Side(one.system, one.shown, one.actor, one.at) for one in row.dispute.candidates)
        name = " = ".join(link.key for link in _alive(links.get(row.item, [])))
        found.append(ConflictState(row.uid, name or row.item, row.dispute.field, bases[row.uid], sides))
    return found


def explain(store: Store, record: str, field: str | None, naming: Naming | None = None) -> Explanation:
    """Tell an item field by field. ``naming`` gives remote values the names a person knows; without it they show as they are.

    Raises:
        NotFoundError: the name leads to no managed record.
    """
    with store.transaction() as tx:
        item, links = _told(tx, record)
    if naming is not None:
        naming.learn(one.scope for one in links)
    with store.transaction() as tx:
        item, links = _told(tx, record)
        bases = tx.bases.of_links([one.uid for one in links])
        seen = tx.observations.many([link.ref for link in links])
        names = [field] if field else [name for name in FIELDS if name in item.fields]
        replicas = _Replicas(links, bases, seen, naming)
        fields = tuple(_field_state(tx, item, name, replicas) for name in names if name in item.fields)
    title = item.fields.get("title")
    return Explanation(item.uid, show(title.value) if title else "", tuple(one.key for one in links), fields)


def _told(tx: Transaction, record: str) -> tuple[Item, list[Link]]:
    link = one_link(tx, record)
    item = tx.items.many([link.item])[link.item]
    return item, _alive(tx.links.of_items([item.uid]).get(item.uid, []))


@dataclass(frozen=True, slots=True)
class _Replicas:
    """The records of one item: what was agreed with them, and what they show."""

    links: Sequence[Link]
    bases: Mapping[str, Mapping[str, BaseRow]]
    seen: Mapping[RecordRef, Record]
    naming: Naming | None

    def places(self, name: str) -> Iterator[PlaceState]:
        """Where the field ``name`` shows."""
        for link in self.links:
            values = self.seen[link.ref].values if link.ref in self.seen else {}
            for surface, row in self.bases.get(link.uid, {}).items():
                if row.base is not None and self._field(link, surface) == name:
                    yield PlaceState(
                        link.key,
                        self._seen(link, surface, values.get(surface)),
                        self._show(link, surface, row.base.remote),
                        row.undone,
                    )

    def _seen(self, link: Link, surface: str, value: object) -> str:
        if isinstance(value, Unobserved):
            return f"(not seen: {value.reason})"
        return self._show(link, surface, value) if isinstance(value, Known | Empty) else "(not read)"

    def _show(self, link: Link, surface: str, value: Settled) -> str:
        return self.naming.show(link.scope, surface, value) if self.naming else show(value)

    def _field(self, link: Link, surface: str) -> str:
        return self.naming.field(link.scope, surface) if self.naming else surface.rpartition(":")[2]


def _said(tx: Transaction, name: str, value: Settled) -> str:
    """A hub value as a person reads it; of a reference, what the items are called."""
    if FIELDS[name].refers is None:
        return show(value)
    titles = {uid: item.fields["title"].value for uid, item in tx.items.many(members(value)).items() if "title" in item.fields}
    return ", ".join(sorted(show(titles[uid]) if uid in titles else uid for uid in members(value))) or show(value)


def _field_state(tx: Transaction, item: Item, name: str, replicas: _Replicas) -> FieldState:
    held = item.fields[name]
    history = tuple(tx.journal.of_item(item.uid, name, 20))
    made = held.provenance
    source = f"{made.source} ({made.actor})" if made.actor else made.source
    return FieldState(name, _said(tx, name, held.value), source, made.at, made.why, tuple(replicas.places(name)), history)


def log(store: Store, limit: int, run: str | None) -> Sequence[Entry]:
    """The journal, latest first; of one run in its order.

    Raises:
        NotFoundError: there is no such run.
    """
    with store.transaction() as tx:
        if run is None:
            return list(tx.journal.recent(limit))
        row = tx.runs.get(run)
        if row is None:
            raise NotFoundError(f"there is no run {run!r}", hint="pmsync log shows the runs that did something")
        return list(tx.journal.of_run(row.uid))[:limit]


def learn_people(setup: Setup, store: Store) -> list[ConnectorError]:
    """Ask each system for the names of accounts that were seen but are not known yet, in batches; returns what went wrong."""
    failures = []
    for system in setup.connectors:
        scope = next((scope for scope in setup.scopes() if scope.system == system), None)
        try:
            if scope is not None:
                _learn_people(setup, store, scope)
        except ConnectorError as error:
            failures.append(error)
    return failures


def _learn_people(setup: Setup, store: Store, scope: ScopeRef) -> None:
    with store.transaction() as tx:
        unknown = [row.account.id for row in tx.people.all(scope.system) if not row.account.name]
    for start in range(0, len(unknown), PEOPLE_AT_ONCE):
        accounts = setup.connectors[scope.system].people(scope, unknown[start : start + PEOPLE_AT_ONCE])
        with store.transaction() as tx:
            tx.people.put(scope.system, accounts)


def people(setup: Setup, store: Store, system: str = "") -> WhosWho:
    """Every account seen, of one system or of all, with the person it belongs to or may belong to."""
    with store.transaction() as tx:
        rows = [row for one in setup.connectors for row in tx.people.all(one)]
    found = who_is_who(setup.people, rows)
    return dataclasses.replace(found, accounts=tuple(one for one in found.accounts if system in ("", one.system)))


def show(value: Settled) -> str:
    """A hub value as a person reads it."""
    if isinstance(value, Empty):
        return "(empty)"
    return ", ".join(sorted(value.value)) if isinstance(value.value, frozenset) else value.value


def plain(value: object) -> Any:
    """Dataclasses, values and sets as JSON can hold them."""
    if isinstance(value, Empty):
        return None
    if isinstance(value, Known):
        return sorted(value.value) if isinstance(value.value, frozenset) else value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    if isinstance(value, msgspec.Struct):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | frozenset):
        return [plain(inner) for inner in value]
    return value


def _alive(links: Sequence[Link]) -> list[Link]:
    return [link for link in links if link.state is LinkState.LINKED]
