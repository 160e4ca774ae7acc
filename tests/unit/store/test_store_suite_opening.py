"""Opening and migrating, on every database."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from pmsync.net.clock import VirtualClock
from pmsync.store import Store, StoreError
from pmsync.store.errors import CorruptStore, NewerStore
from pmsync.store.migrate import alembic_config
from pmsync.store.migrations import HEAD, REVISIONS, VERSION_TABLE, versions
from pmsync.store.tables import METADATA


@pytest.fixture
def engine(store_url):
    """A plain connection beside pmsync."""
    engine = create_engine(store_url.replace("postgresql://", "postgresql+psycopg://"))
    yield engine
    engine.dispose()


def migrated_by_alembic(engine) -> None:
    from alembic import command

    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "head")


def fingerprint(engine) -> dict[str, str]:
    """Every index and trigger as the database itself words it."""
    query = "SELECT name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
    if engine.dialect.name == "postgresql":
        query = (
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() "
            "UNION ALL SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger "
            "WHERE NOT tgisinternal AND tgrelid = 'journal'::regclass"
        )
    with engine.connect() as connection:
        rows = connection.execute(text(query)).all()
    return {name: re.sub(r"\s+", " ", sql) for name, sql in rows if VERSION_TABLE not in name}


class TestOpening:
    def test_an_instance_keeps_its_name(self, store, open_store):
        assert len(store.instance) == 36
        assert open_store().instance == store.instance

    def test_a_store_is_a_context_manager(self, store_url, clock):
        with Store.open(store_url, clock) as store, store.transaction() as tx:
            assert tx.items.count() == 0

    def test_names_come_from_the_source_that_was_passed(self, store_url, clock, make):
        names = iter(["instance", "item-1"])
        with Store.open(store_url, clock, new_uid=lambda: next(names)) as store:
            with store.transaction() as tx:
                uid = make.item(tx).uid
            assert (store.instance, uid) == ("instance", "item-1")

    def test_a_store_of_a_newer_program_is_left_alone(self, store, engine, store_url, clock):
        with engine.begin() as connection:
            connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
        with pytest.raises(NewerStore, match="schema 9999") as refused:
            Store.open(store_url, clock)
        assert refused.value.hint == "upgrade pmsync"

    def test_another_programs_tables_are_left_alone(self, engine, store_url, clock):
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE items (id INTEGER)"))
        with pytest.raises(CorruptStore, match="did not make \\(items\\)") as refused:
            Store.open(store_url, clock)
        assert "restore a backup" in refused.value.hint
        assert inspect(engine).get_table_names() == ["items"]


@pytest.fixture
def next_release(monkeypatch, tmp_path):
    """Let the program know one revision more, which does as it is told."""

    def release(body: str) -> None:
        lines = ["import sqlalchemy as sa", "from alembic import op", "revision = '0002'", "down_revision = '0001'"]
        (tmp_path / "r0002_next.py").write_text("\n".join([*lines, f"def upgrade(): {body}"]))

        def config(connection):
            found = alembic_config(connection)
            found.set_main_option("version_locations", os.pathsep.join([str(Path(versions.__file__).parent), str(tmp_path)]))
            return found

        monkeypatch.setattr("pmsync.store.migrate.alembic_config", config)
        monkeypatch.setattr("pmsync.store.migrate.REVISIONS", (*REVISIONS, "0002"))
        monkeypatch.setattr("pmsync.store.migrate.HEAD", "0002")

    return release


class TestMigrating:
    def test_the_revisions_make_exactly_the_tables_of_the_program(self, engine, store_url, clock, open_store):
        migrated_by_alembic(engine)
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True, "version_table": VERSION_TABLE})
            assert compare_metadata(context, METADATA) == []
        by_revisions = fingerprint(engine)
        with engine.begin() as connection:
            METADATA.drop_all(connection)
            connection.execute(text(f"DROP TABLE {VERSION_TABLE}"))
            if engine.dialect.name == "postgresql":
                connection.execute(text("DROP FUNCTION journal_is_append_only"))
        open_store()
        assert fingerprint(engine) == by_revisions
        assert "uq_links_record" in by_revisions

    def test_an_older_store_is_brought_up_to_date_with_what_it_holds(self, store, engine, store_url, clock, make, next_release):
        with store.transaction() as tx:
            uid = make.item(tx).uid
        next_release("op.add_column('items', sa.Column('colour', sa.Text(), server_default='red'))")
        with Store.open(store_url, clock) as again, again.transaction() as tx:
            assert tx.items.get(uid) is not None
        with engine.connect() as connection:
            assert connection.execute(text("SELECT colour FROM items")).scalar() == "red"
            assert connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar() == "0002"

    def test_an_upgrade_that_fails_leaves_the_store_as_it_was(self, store, engine, store_url, clock, next_release):
        next_release("op.add_column('items', sa.Column('colour', sa.Text())); raise RuntimeError('power cut')")
        with pytest.raises(RuntimeError, match="power cut"):
            Store.open(store_url, clock)
        assert "colour" not in {column["name"] for column in inspect(engine).get_columns("items")}
        with engine.connect() as connection:
            assert connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar() == HEAD

    def test_the_program_knows_every_revision_there_is(self):
        script = ScriptDirectory.from_config(alembic_config(None))
        assert tuple(one.revision for one in script.walk_revisions())[::-1] == REVISIONS
        assert script.get_current_head() == HEAD

    def test_a_new_store_is_made_at_once_and_not_by_walking_through_its_revisions(self, store_url, monkeypatch):
        """Whoever opens a store for the first time, a test or the demo, does not wait for Alembic to be imported."""
        monkeypatch.setattr("pmsync.store.migrate.alembic_config", lambda connection: pytest.fail("Alembic was asked"))
        Store.open(store_url, VirtualClock()).close()

    def test_an_unusable_url_is_refused_without_its_password(self, clock):
        for url in ("mysql://u:s3cret@h/db", "s3cret", "postgresql://u:s3cret@h:port/db", "postgresql://u:p@s3cret@h/db"):
            with pytest.raises(StoreError) as refused:
                Store.open(url, clock)
            assert "s3cret" not in str(refused.value) + refused.value.hint
