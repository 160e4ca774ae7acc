"""Stores to test with. ``tests/servers`` takes these fixtures over and puts PostgreSQL in the place of ``store_url``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from pmsync.model.enums import Audience, Kind, Role
from pmsync.model.item import Item, Link, LinkState, Provenance
from pmsync.model.record import Comment, Record, RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Observed, Settled, known
from pmsync.net.clock import VirtualClock
from pmsync.reconcile.operation import Change, Operation, OpKind
from pmsync.store import Store, Transaction

PAY = ScopeRef("jira", "PAY")
API = ScopeRef("github", "acme/api")


class Make:
    """Builders of plausible rows; every call counts on, so that names never collide."""

    pay = PAY
    api = API

    def __init__(self) -> None:
        self._next = 0

    def number(self) -> int:
        self._next += 1
        return self._next

    def ref(self, system: str = "jira", remote_id: str | None = None) -> RecordRef:
        return RecordRef(system, remote_id or str(10_000 + self.number()))

    def item(self, tx: Transaction, title: str = "Pay twice", **fields: Settled) -> Item:
        values: Mapping[str, Settled] = {"title": known(title), **fields}
        return tx.items.create("payments", Kind.BUG, values, Provenance("jira", "ana", 5.0, "first seen"))

    def link(self, item: str, scope: ScopeRef = PAY, **changes: Any) -> Link:
        number = self.number()
        values: dict[str, Any] = {
            "uid": f"link-{number:05}",
            "item": item,
            "ref": self.ref(scope.system),
            "scope": scope,
            "role": Role.PRIMARY,
            "state": LinkState.LINKED,
            "key": f"{scope.key}-{number}",
            "url": f"https://{scope.system}.example/{scope.key}/{number}",
            "how": "origin",
        }
        return Link(**{**values, **changes})

    def record(self, ref: RecordRef | None = None, scope: ScopeRef = PAY, **changes: Any) -> Record:
        ref = ref or self.ref(scope.system)
        seen: Mapping[str, Observed] = {"title": known("Pay twice"), "priority": EMPTY, "labels": known(frozenset({"a", "b"}))}
        values: dict[str, Any] = {
            "ref": ref,
            "scope": scope,
            "key": f"{scope.key}-{ref.remote_id}",
            "url": f"https://{scope.system}.example/{ref.remote_id}",
            "kind": Kind.BUG,
            "values": seen,
            "version": "1",
            "updated_at": 20.0,
            "created_at": 10.0,
        }
        return Record(**{**values, **changes})

    def comment(self, parent: RecordRef, body: str = "me too", at: float = 10.0, **changes: Any) -> Comment:
        ref = RecordRef(parent.system, f"c{self.number():05}")
        values: dict[str, Any] = {"ref": ref, "parent": parent, "author": "bob", "body": body, "created_at": at, "updated_at": at}
        return Comment(**{**values, "audience": Audience.INTERNAL, **changes})

    def op(self, item: str = "item", ref: RecordRef | None = None, scope: ScopeRef = PAY, **changes: Any) -> Operation:
        """An update of ``ref``, or a create when there is none."""
        change = Change("title", "title", EMPTY, known("Pay once"), known("Pay once"), "the hub moved")
        values: dict[str, Any] = {
            "uid": f"op-{self.number():05}",
            "kind": OpKind.UPDATE if ref else OpKind.CREATE,
            "item": item,
            "scope": scope,
            "ref": ref,
            "key": "PAY-7" if ref else "",
            "item_kind": Kind.BUG,
            "changes": (change,),
            "marker": None if ref else "pm1.marker",
            "why": "title differs",
        }
        return Operation(**{**values, **changes})


@pytest.fixture
def make() -> Make:
    return Make()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(1000.0)


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/pmsync.db"


@pytest.fixture
def open_store(store_url: str, clock: VirtualClock) -> Iterator[Callable[[], Store]]:
    """Open the same database as often as wanted."""
    opened: list[Store] = []

    def open_one() -> Store:
        opened.append(Store.open(store_url, clock))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    return open_store()


@pytest.fixture
def statements() -> Iterator[list[tuple[str, Any]]]:
    """Every statement that SQLAlchemy sends, with its parameters, in order."""
    heard: list[tuple[str, Any]] = []

    def listen(_connection: object, _cursor: object, statement: str, parameters: Any, _context: object, _many: bool) -> None:
        heard.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", listen)
    yield heard
    event.remove(Engine, "before_cursor_execute", listen)
