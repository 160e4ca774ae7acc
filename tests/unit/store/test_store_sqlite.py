"""What is particular to SQLite: the file, its settings, threads on one connection, and how queries are carried out."""

from __future__ import annotations

import os
import re
import sqlite3
import stat
import subprocess
import sys
from threading import Thread

import pytest
from sqlalchemy import create_engine

from pmsync.connect.contract import Account
from pmsync.model.item import Provenance
from pmsync.model.values import EMPTY, known
from pmsync.reconcile.view import Base, BaseWrite, Candidate, Dispute
from pmsync.store import Held, Store, StoreError
from pmsync.store.errors import CorruptStore, Unreachable
from pmsync.store.journal import Entry
from pmsync.store.ops import OpState
from pmsync.store.scopes import ScopeRow
from pmsync.store.tables import METADATA


class TestTheFile:
    def test_it_is_readable_by_its_owner_alone(self, store, tmp_path):
        for path in tmp_path.glob("pmsync.db*"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path

    def test_a_file_of_another_kind_is_told(self, tmp_path, clock):
        path = tmp_path / "notes.txt"
        path.write_text("these are my notes, not a database " * 100)
        with pytest.raises(CorruptStore, match=r"notes\.txt is not an SQLite database") as refused:
            Store.open(f"sqlite:///{path}", clock)
        assert refused.value.hint == "restore a backup of the database; the trackers themselves are untouched"
        assert path.read_text().startswith("these are my notes")

    def test_damage_found_later_is_told_too(self, store, store_url, clock, make, tmp_path):
        with store.transaction() as tx:
            for number in range(300):
                make.item(tx, f"title {number}", body=known("x" * 500))
        store.close()
        path = tmp_path / "pmsync.db"
        with path.open("r+b") as file:
            file.seek(8192)
            file.write(os.urandom(path.stat().st_size - 8192))
        with pytest.raises(CorruptStore, match=r"damaged|not an SQLite") as refused, Store.open(store_url, clock) as again:
            read_everything(again)
        assert "restore a backup" in refused.value.hint

    def test_a_missing_folder_is_told(self, tmp_path, clock):
        with pytest.raises(Unreachable, match=r"folder of the store .* does not exist") as refused:
            Store.open(f"sqlite:///{tmp_path}/nowhere/pmsync.db", clock)
        assert refused.value.hint == f"mkdir -p {tmp_path}/nowhere"

    def test_a_folder_in_its_place_is_told(self, tmp_path, clock):
        with pytest.raises(Unreachable, match="is a folder"):
            Store.open(f"sqlite:///{tmp_path}", clock)

    def test_a_path_that_may_not_be_written_is_told(self, tmp_path, clock, monkeypatch):
        def refuse(*_args: object) -> int:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("pmsync.store.connect.os.open", refuse)
        with pytest.raises(Unreachable, match="cannot be opened: permission denied") as refused:
            Store.open(f"sqlite:///{tmp_path}/pmsync.db", clock)
        assert "right to write" in refused.value.hint

    def test_a_full_disk_is_told_and_nothing_is_half_written(self, store, make, store_url):
        with store.transaction() as tx:
            make.item(tx)
        fill_up(store)
        with pytest.raises(Unreachable, match="disk is full"), store.transaction() as tx:
            make.item(tx, "x" * 500_000)
        with store.transaction() as tx:
            assert tx.items.count() == 1

    def test_a_lock_that_does_not_end_is_told(self, store, store_url, monkeypatch, clock):
        monkeypatch.setattr("pmsync.store.connect._SQLITE_PRAGMAS", ("busy_timeout=10",))
        rival = sqlite3.connect(store_url.removeprefix("sqlite:///"), isolation_level=None)
        rival.execute("BEGIN IMMEDIATE")
        with (
            Store.open(store_url, clock) as other,
            pytest.raises(Unreachable, match="locked by another program"),
            other.transaction(),
        ):
            pass
        rival.close()


def read_everything(store: Store) -> None:
    with store.transaction() as tx:
        after = ""
        while page := tx.items.page(after):
            after = page[-1].uid
        tx.items.titled("payments", "")


def fill_up(store: Store) -> None:
    """Let the database grow no further."""
    with store.transaction() as tx:
        connection = tx.items._session.connection
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")


class TestSettings:
    def test_every_connection_is_set_up(self, store):
        wanted = {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 30_000, "synchronous": 1}
        with store.transaction() as tx:
            connection = tx.items._session.connection
            assert {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted} == wanted

    def test_a_durable_commit_waits_for_the_disk_and_the_next_one_does_not(self, store, statements):
        """An intent must survive a power cut: SQLite promises that at synchronous=FULL (2) alone."""
        levels = []
        statements.clear()
        for durable in (True, False):
            with store.transaction(durable=durable) as tx:
                levels.append(tx.items._session.connection.exec_driver_sql("PRAGMA synchronous").scalar())
        assert levels == [2, 1]
        heard = [text for text, _ in statements if text != "PRAGMA synchronous"]
        assert heard == [
            "PRAGMA synchronous=FULL", "BEGIN IMMEDIATE", "COMMIT", "PRAGMA synchronous=NORMAL", "BEGIN IMMEDIATE", "COMMIT",
        ]  # fmt: skip


class TestMemory:
    def test_a_store_in_memory_serves_threads(self, clock, make):
        with Store.open("sqlite:///:memory:", clock) as store:

            def work() -> None:
                for _ in range(20):
                    with store.transaction(durable=True) as tx:
                        make.item(tx)

            threads = [Thread(target=work) for _ in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            with store.transaction() as tx:
                assert tx.items.count() == 60

    def test_two_stores_in_memory_are_two(self, clock, make):
        with Store.open("sqlite:///:memory:", clock) as one, Store.open("sqlite://", clock) as two:
            with one.transaction() as tx:
                make.item(tx)
            with two.transaction() as tx:
                assert tx.items.count() == 0
            assert one.instance != two.instance


class TestDeadHolders:
    @pytest.fixture
    def dead(self) -> int:
        """The number of a process that has ended."""
        done = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True)
        return int(done.stdout)

    def forge(self, store_url: str, column: str, value: object) -> None:
        with sqlite3.connect(store_url.removeprefix("sqlite:///")) as connection:
            connection.execute(f"UPDATE leases SET {column} = ?", (value,))
        connection.close()

    def test_the_lease_of_a_process_that_is_gone_is_free_at_once(self, store, open_store, store_url, dead):
        lease = store.hold("killed", ttl=3600)
        self.forge(store_url, "process", dead)
        with open_store().hold("next") as taken:
            assert taken.epoch == lease.epoch + 1

    def test_of_a_process_on_another_host_nothing_is_known(self, store, open_store, store_url, dead):
        store.hold("elsewhere", ttl=3600)
        self.forge(store_url, "process", dead)
        self.forge(store_url, "host", "other.example")
        with pytest.raises(Held, match=r"on other\.example"):
            open_store().hold("next")

    def test_a_process_of_another_user_lives(self, store, open_store, store_url, monkeypatch):
        def refuse(_pid: int, _signal: int) -> None:
            raise PermissionError

        store.hold("root's", ttl=3600)
        monkeypatch.setattr("pmsync.store.leases.os.kill", refuse)
        with pytest.raises(Held):
            open_store().hold("next")


GROWING = "items|item_fields|links|bases|observations|comments|dirty|ops|journal|runs|conflicts|conflict_candidates|plans|people"
PARTIAL = {
    index.name
    for table in METADATA.tables.values()
    for index in table.indexes
    if index.dialect_options["sqlite"]["where"] is not None
}


def use_everything(store: Store, make) -> None:
    """Every method of every repository, once, but for ``items.count`` and ``dirty.count``: they count a whole index, as they say."""
    with store.hold("run") as lease, store.transaction() as tx:
        item = make.item(tx)
        tx.items.write(item.uid, "title", known("y"), Provenance("jira"))
        tx.items.get(item.uid), tx.items.page(), tx.items.titled("payments", "y")
        link = make.link(item.uid)
        tx.links.add(link), tx.links.change(link), tx.links.get(link.uid), tx.links.by_ref(link.ref)
        tx.links.of_items([item.uid]), tx.links.named(link.key), tx.links.in_scope(make.pay), tx.links.count(make.pay)
        record = make.record(link.ref)
        tx.observations.put([record]), tx.observations.get(record.ref)
        tx.observations.put_comments([make.comment(record.ref)]), tx.observations.comments(record.ref)
        tx.observations.drop(record.ref)
        tx.bases.put([BaseWrite(link.uid, "title", Base(EMPTY, EMPTY), "")]), tx.bases.of_links([link.uid])
        tx.bases.drifted(link.uid, "title", 1.0), tx.bases.calmed(link.uid, "title"), tx.bases.forget(link.uid)
        tx.cursors.put(make.pay, "items", "1"), tx.cursors.get(make.pay, "items"), tx.cursors.forget(make.pay)
        tx.dirty.mark(["item:a"], make.pay, "x")
        rows = tx.dirty.take(1e9, 10)
        tx.dirty.postpone(rows[0], 5), tx.dirty.done(rows), tx.dirty.due(1e9)
        use_ops(tx, make)
        use_history(tx, make)
        lease_epoch = tx.leases.acquire("item:a", "run", 9)
        tx.leases.renew("item:a", lease_epoch, 9), tx.leases.release("item:a", lease_epoch)
    with store.hold("run") as lease:
        lease.renew()


def use_ops(tx, make) -> None:
    op = make.op()
    tx.ops.add(op, "run", OpState.INTENT), tx.ops.note(op.uid, floor="x")
    tx.ops.advance(op.uid, OpState.SENT, ref=make.ref()), tx.ops.advance(op.uid, OpState.CONFIRMED)
    tx.ops.get(op.uid), tx.ops.open(), tx.ops.open_for(["item"]), tx.ops.of_run("run"), tx.ops.of_item("item")
    tx.plans.save("plan", b"", {}, True, "run"), tx.plans.get("pl"), tx.plans.held(), tx.plans.applied("plan", "run")


def use_history(tx, make) -> None:
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
    tx.journal.recent(10), tx.journal.recent(10, after_seq=0)
    run = tx.runs.start("sync", "")
    tx.runs.finish(run, 0, {}), tx.runs.last(), tx.runs.last("sync"), tx.runs.recent(5), tx.runs.get(run)
    tx.scopes.put(ScopeRow(make.pay)), tx.scopes.get(make.pay), tx.scopes.all()
    tx.notices.raise_(make.pay, "c", "s", "r"), tx.notices.get(make.pay, "c", "s"), tx.notices.settle(make.pay, "c", "s")
    tx.suggestions.put(make.ref(), "item", 0.5, ""), tx.suggestions.all(5), tx.suggestions.drop(make.ref())
    tx.people.put("jira", [Account("a", "A")]), tx.people.name("jira", "a", "ana"), tx.people.unmapped(5), tx.people.all("jira")


class TestQueryPlans:
    def test_no_statement_walks_through_a_growing_table(self, store, store_url, make, statements):
        """Every statement of every repository is explained: a round must cost what changed, not what is stored."""
        statements.clear()
        use_everything(store, make)
        asked = dict(statement for statement in statements if re.match("SELECT|INSERT|UPDATE|DELETE", statement[0]))
        engine = create_engine(store_url)
        bad = []
        with engine.connect() as connection:
            for text, parameters in asked.items():
                one = parameters[0] if isinstance(parameters, list) else parameters
                for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", one):
                    if walks(row.detail, text):
                        bad.append(f"{row.detail}: {text}")
        engine.dispose()
        assert len(asked) > 75
        assert not bad, "\n".join(bad)

    def test_the_check_itself_notices_a_walk(self):
        assert walks("SCAN links", "SELECT * FROM links WHERE how = ?")
        assert walks("SCAN items USING COVERING INDEX x", "SELECT uid FROM items")
        assert walks("USE TEMP B-TREE FOR ORDER BY", "SELECT * FROM journal ORDER BY why LIMIT ?")
        assert not walks("SEARCH links USING INDEX x (item=?)", "SELECT * FROM links WHERE item = ?")
        assert not walks("SCAN journal", "SELECT * FROM journal ORDER BY seq DESC LIMIT ?")


def walks(detail: str, statement: str) -> bool:
    """Whether a step reads a whole growing table.

    Reading in index order up to a LIMIT, with no condition on the way, does not; nor does reading a partial index, which holds only
    what is still open.
    """
    bounded = "LIMIT" in statement and "WHERE" not in statement
    if "TEMP B-TREE FOR ORDER BY" in detail:
        return bounded
    if any(f"INDEX {name}" in detail for name in PARTIAL):
        return False
    return bool(re.match(rf"SCAN ({GROWING})\b", detail)) and not bounded


def test_a_store_in_a_url_nobody_knows_is_refused(clock):
    with pytest.raises(StoreError, match="oracle") as refused:
        Store.open("oracle://u@h/db", clock)
    assert "sqlite:///pmsync.db" in refused.value.hint
