"""Stores to test with. ``tests/servers`` takes these fixtures over and puts PostgreSQL in the place of ``store_url``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from pmsync.connect.contract import Account
from pmsync.model.enums import Audience, Kind, Nature, Role
from pmsync.model.item import Item, Link, LinkState, Provenance
from pmsync.model.record import Comment, Record, RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Observed, Settled, known
from pmsync.net.clock import VirtualClock
from pmsync.reconcile.operation import Change, Operation, OpKind
from pmsync.reconcile.view import Base, BaseWrite, Candidate, Dispute
from pmsync.store import Store, Transaction
from pmsync.store.journal import Entry
from pmsync.store.lines import SqliteLine
from pmsync.store.ops import OpState
from pmsync.store.scopes import ScopeRow

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

    def item(self, tx: Transaction, title: str = "Pay twice", kind: Kind = Kind.BUG, **fields: Settled) -> Item:
        values: Mapping[str, Settled] = {"title": known(title), **fields}
        return tx.items.create("payments", kind, values, Provenance("jira", "ana", 5.0, "first seen"))

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
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, Any]]]:
    """Every statement that is sent, by SQLAlchemy or straight to SQLite's driver, with its parameters, in order."""
    heard: list[tuple[str, Any]] = []

    def listen(_connection: object, _cursor: object, statement: str, parameters: Any, _context: object, _many: bool) -> None:
        heard.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", listen)
    _overhear(monkeypatch, "_sent", lambda text, values: heard.append((text, tuple(values))))
    _overhear(monkeypatch, "_sent_many", lambda text, values: heard.append((text, [tuple(one) for one in values])))
    yield heard
    event.remove(Engine, "before_cursor_execute", listen)


def _overhear(monkeypatch: pytest.MonkeyPatch, name: str, hear: Callable[[str, Any], None]) -> None:
    send = getattr(SqliteLine, name)

    def sent(self: SqliteLine, text: str, values: Any) -> Any:
        hear(text, values)
        return send(self, text, values)

    monkeypatch.setattr(SqliteLine, name, sent)


@pytest.fixture
def use_everything(make: Make) -> Callable[[Store], None]:
    """Send every statement of every repository once."""
    return lambda store: _use_everything(store, make)


def _use_everything(store: Store, make) -> None:
    """Every method of every repository, once, but for ``items.count`` and ``dirty.count``: they count a whole index, as they say."""
    with store.hold("run") as lease, store.transaction() as tx:
        item = make.item(tx)
        tx.items.write(item.uid, "title", known("y"), Provenance("jira"))
        tx.items.get(item.uid), tx.items.page(), tx.items.titled("payments", "y")
        link = make.link(item.uid)
        tx.links.add(link), tx.links.change(link), tx.links.get(link.uid), tx.links.by_ref(link.ref)
        tx.links.of_items([item.uid]), tx.links.named(link.key), tx.links.in_scope(make.pay), tx.links.count(make.pay)
        record = make.record(link.ref)
        tx.observations.put([record]), tx.observations.get(record.ref), tx.observations.born("jira", 0.0, 0.0)
        tx.inbox.add([record.ref]), tx.inbox.take("jira", 5), tx.inbox.done([record.ref])
        tx.pauses.put("jira", "ana", ""), tx.pauses.all(), tx.pauses.lift("jira")
        tx.observations.put_comments([make.comment(record.ref)]), tx.observations.comments(record.ref)
        tx.bases.put([BaseWrite(link.uid, "title", Base(EMPTY, EMPTY), "")]), tx.bases.of_links([link.uid])
        tx.bases.drifted(link.uid, "title", 1.0), tx.bases.calmed(link.uid, "title")
        tx.cursors.put(make.pay, "items", "1"), tx.cursors.get(make.pay, "items"), tx.cursors.forget(make.pay)
        tx.dirty.mark(["item:a"], make.pay, "x")
        rows = tx.dirty.take(1e9, 10)
        tx.dirty.take_items(Nature.WORK, 1e9, 10)
        tx.dirty.postpone(rows[0], 5), tx.dirty.done(rows)
        _use_ops(tx, make)
        _use_history(tx, make)
        lease_epoch = tx.leases.acquire("item:a", "run", 9)
        tx.leases.renew("item:a", lease_epoch, 9), tx.leases.release("item:a", lease_epoch)
    with store.hold("run") as lease:
        lease.renew()


def _use_ops(tx, make) -> None:
    op = make.op()
    tx.ops.add(op, "run", OpState.INTENT), tx.ops.note(op.uid, floor="x")
    tx.ops.advance(op.uid, OpState.SENT, ref=make.ref()), tx.ops.advance(op.uid, OpState.CONFIRMED)
    tx.ops.get(op.uid), tx.ops.open(), tx.ops.open_for(["item"]), tx.ops.of_run("run")
    tx.plans.save("plan", b"", {}, True, "run"), tx.plans.get("pl"), tx.plans.held(), tx.plans.applied("plan", "run")


def _use_history(tx, make) -> None:
    dispute = Dispute("title", EMPTY, (Candidate("hub", "", EMPTY, ""),))
    uid = tx.conflicts.put("item", dispute, "run")
    (
        tx.conflicts.put("item", dispute, "run"),
        tx.conflicts.open_for(["item"]),
        tx.conflicts.list(),
        tx.conflicts.list(open_only=False),
    )
    (
        tx.conflicts.get(uid),
        tx.conflicts.candidates(uid),
        tx.conflicts.count_open(),
        tx.conflicts.close("item", "title", EMPTY, "ana"),
    )
    tx.journal.append([Entry("run", "hub", "item")])
    tx.journal.of_item("item"), tx.journal.of_item("item", "title"), tx.journal.of_run("run")
    tx.journal.recent(10)
    run = tx.runs.start("sync", "")
    tx.runs.finish(run, 0, {}), tx.runs.get(run)
    tx.scopes.put(ScopeRow(make.pay)), tx.scopes.get(make.pay)
    tx.notices.raise_(make.pay, "c", "s", "r"), tx.notices.get(make.pay, "c", "s"), tx.notices.settle(make.pay, "c", "s")
    tx.suggestions.put(make.ref(), "item", 0.5, ""), tx.suggestions.all(5), tx.suggestions.drop(make.ref())
    (
        tx.people.seen("jira", ["b"]),
        tx.people.put("jira", [Account("a", "A")]),
        tx.people.all("jira"),
    )
