"""Bringing a database to the schema this program knows: forward only, in one transaction, without a tool beside pmsync."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, insert, inspect, select, text

from pmsync.store.connect import begin
from pmsync.store.counters import NAMES
from pmsync.store.errors import CorruptStore, NewerStore, StoreError
from pmsync.store.migrations import HEAD, REVISIONS, VERSION, VERSION_TABLE
from pmsync.store.tables import METADATA
from pmsync.store.tables.base import COUNTERS, META

# Any number of our own: it names the right to create or migrate among all users of a PostgreSQL server's database.
_LOCK = 7_063_541_190


def migrate(engine: Engine, where: str, *, instance: str, now: float) -> None:
    """Create the schema, bring it up to date, or find it up to date. ``instance`` and ``now`` name a store that is made now.

    Raises:
        NewerStore: a newer pmsync wrote it.
        CorruptStore: it holds tables, and they are not ours.
        StoreError: the server does not keep text as UTF-8.
    """
    with engine.connect() as connection:
        if _version(connection) == HEAD:
            return
        begin(connection, durable=True)
        try:
            _bring_up(connection, where, instance, now)
            connection.exec_driver_sql("COMMIT")
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise


def alembic_config(connection: Connection) -> Any:
    """Alembic's configuration for our revisions on ``connection``, without a file."""
    from alembic.config import Config  # 0.15 s to import, needed once in the life of a release

    config = Config()
    config.set_main_option("script_location", "pmsync.store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _bring_up(connection: Connection, where: str, instance: str, now: float) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": _LOCK})
    version = _version(connection)
    if version is None:
        _create(connection, where, instance, now)
    elif version not in REVISIONS:
        raise NewerStore(
            f"the store {where} was written by a newer pmsync (schema {version}, this program knows {HEAD})",
            hint="upgrade pmsync",
        )
    elif version != HEAD:
        from alembic import command

        command.upgrade(alembic_config(connection), "head")


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(select(VERSION.c.version_num)).scalar()
    return None if found is None else str(found)


def _create(connection: Connection, where: str, instance: str, now: float) -> None:
    """Make all tables at once, which is 20 times faster than walking through the revisions; a test holds the two against each other."""
    strangers = set(inspect(connection).get_table_names()) & {*METADATA.tables, VERSION_TABLE}
    if connection.dialect.name == "sqlite":
        strangers = set(inspect(connection).get_table_names())
    if strangers:
        raise CorruptStore(
            f"the database {where} holds tables that pmsync did not make ({', '.join(sorted(strangers)[:3])})",
            hint="name another database in the store URL, or restore a backup; the trackers themselves are untouched",
        )
    _check_encoding(connection, where)
    METADATA.create_all(connection, checkfirst=False)
    VERSION.create(connection, checkfirst=False)
    connection.execute(insert(VERSION), {"version_num": HEAD})
    connection.execute(insert(META), [{"name": "instance", "value": instance}, {"name": "made_at", "value": repr(now)}])
    connection.execute(insert(COUNTERS), [{"name": name, "value": 0} for name in NAMES])


def _check_encoding(connection: Connection, where: str) -> None:
    if connection.dialect.name != "postgresql":
        return
    encoding = connection.execute(text("SHOW server_encoding")).scalar()
    if encoding != "UTF8":
        raise StoreError(
            f"{where} keeps text as {encoding}, which cannot hold every language",
            hint="createdb --encoding=UTF8 --template=template0 NAME",
        )
