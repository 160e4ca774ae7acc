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

from pmsync.model.values import EMPTY, known
from pmsync.reconcile.view import Base, BaseWrite
from pmsync.store import Held, Store, StoreError
from pmsync.store.connect import driver_of
from pmsync.store.errors import CorruptStore, Unreachable
from pmsync.store.journal import Entry
from pmsync.store.ops import OpState
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


def test_a_payload_that_was_tampered_with_is_never_sent(store, store_url, make):
    """What a person approved is what is carried out: the payload is sealed by its SHA-256."""
    op = make.op()
    with store.transaction(durable=True) as tx:
        tx.ops.add(op, "run", OpState.INTENT)
    with sqlite3.connect(store_url.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE ops SET payload = replace(payload, 'Pay once', 'Pay never')")
    connection.close()
    with pytest.raises(CorruptStore, match="not what was stored"), store.transaction() as tx:
        tx.ops.open()


def read_everything(store: Store) -> None:
    with store.transaction() as tx:
        after = ""
        while page := tx.items.page(after):
            after = page[-1].uid
        tx.items.titled("payments", "")


def fill_up(store: Store) -> None:
    """Let the database grow no further."""
    pages = pragma(store, "page_count")
    pragma(store, f"max_page_count={pages}")


def pragma(store: Store, name: str) -> object:
    """What SQLite answers on the store's own connection."""
    return driver_of(store._engine).execute(f"PRAGMA {name}").fetchone()[0]


class TestSettings:
    def test_every_connection_is_set_up(self, store):
        wanted = {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 30_000, "synchronous": 1}
        with store.transaction():
            assert {name: pragma(store, name) for name in wanted} == wanted

    def test_a_durable_commit_waits_for_the_disk_and_the_next_one_does_not(self, store, statements):
        """An intent must survive a power cut: SQLite promises that at synchronous=FULL (2) alone."""
        levels = []
        statements.clear()
        for durable in (True, False):
            with store.transaction(durable=durable):
                levels.append(pragma(store, "synchronous"))
        assert levels == [2, 1]
        assert [text for text, _ in statements] == [
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

    def test_a_run_that_is_killed_leaves_nothing_half_done_and_nothing_locked(self, store_url, clock, make):
        """A process that dies in the middle of a transaction: the next run starts at once and sees what was committed."""
        script = (
            "import os, sys; from pmsync.net.clock import VirtualClock; from pmsync.store import Store\n"
            "store = Store.open(sys.argv[1], VirtualClock(1000.0)); store.hold('killed', 3600)\n"
            "with store.transaction() as tx: tx.dirty.mark(['item:kept'], None, 'x')\n"
            "with store.transaction() as tx: tx.dirty.mark(['item:lost'], None, 'x'); os.kill(os.getpid(), 9)"
        )
        done = subprocess.run([sys.executable, "-c", script, store_url], check=False)
        assert done.returncode == -9
        with Store.open(store_url, clock) as store, store.hold("next") as lease, store.transaction() as tx:
            assert lease.epoch == 2
            assert [row.target for row in tx.dirty.take(0, 10)] == ["item:kept"]

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


class TestQueryPlans:
    def test_no_statement_walks_through_a_growing_table(self, store, store_url, statements, use_everything):
        """Every statement of every repository is explained: a round must cost what changed, not what is stored."""
        statements.clear()
        use_everything(store)
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


class TestBulk:
    """Plural methods speak SQL by the hundred, whatever they are handed."""

    def counted(self, statements, work) -> int:
        statements.clear()
        work()
        return len(statements)

    def test_reading_takes_one_statement_for_each_500(self, store, make, statements):
        names = [f"x{number}" for number in range(1001)]
        refs = [make.ref() for _ in names]
        with store.transaction() as tx:
            for read, keys in (
                (tx.links.by_refs, refs),
                (tx.links.of_items, names),
                (tx.observations.many, refs),
                (tx.bases.of_links, names),
                (tx.ops.open_for, names),
                (tx.conflicts.open_for, names),
                (tx.items.many, names),
            ):
                assert self.counted(statements, lambda read=read, keys=keys: read(keys)) == 3, read

    def test_writing_takes_one_batch(self, store, make, statements):
        records = [make.record() for _ in range(1001)]
        with store.transaction() as tx:
            link = make.link(make.item(tx).uid)
            tx.links.add(link)
            pairs = [BaseWrite(link.uid, f"s{number}", Base(EMPTY, EMPTY), "") for number in range(1001)]
            marks = [f"item:{number}" for number in range(1001)]
            assert self.counted(statements, lambda: tx.observations.put(records)) == 4
            assert self.counted(statements, lambda: tx.bases.put(pairs)) == 1
            assert self.counted(statements, lambda: tx.dirty.mark(marks, None, "x")) == 2
            assert self.counted(statements, lambda: tx.journal.append([Entry("run", "hub", "item")] * 1001)) == 1
            rows = tx.dirty.take(0, 5000)
            assert self.counted(statements, lambda: tx.dirty.done(rows)) == 1
            assert tx.dirty.count() == 0
