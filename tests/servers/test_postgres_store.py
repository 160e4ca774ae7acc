"""What is particular to PostgreSQL: durability, fencing against a takeover under way, and what is said when the server is not there."""

from __future__ import annotations

import importlib.util
import re
from threading import Event, Thread

import pytest
from sqlalchemy import make_url, text

from pmsync.store import Store, StoreError
from pmsync.store.errors import Unreachable

pytestmark = pytest.mark.postgres

GROWING = "items|item_fields|links|bases|observations|comments|dirty|ops|journal|runs|conflicts|conflict_candidates|plans|people"


def test_a_durable_commit_waits_for_the_disk_and_the_others_do_not(store):
    levels = []
    for durable in (False, True, False):
        with store.transaction(durable=durable) as tx:
            levels.append(tx.items._session.line._connection.exec_driver_sql("SHOW synchronous_commit").scalar())
    assert levels == ["off", "on", "off"]


def test_a_takeover_waits_for_the_old_holders_transaction(store, open_store, clock, make):
    """Between the check of the fence and the commit nobody can take the lease: no write of a stale epoch ever lands."""
    other, begun, order = open_store(), Event(), []
    store.hold("slow", ttl=10)
    clock.sleep(10)

    def take_over() -> None:
        begun.wait()
        with other.hold("quick"):
            order.append("taken over")

    thread = Thread(target=take_over)
    thread.start()
    with store.transaction() as tx:
        make.item(tx)
        begun.set()
        thread.join(0.3)
        order.append("committing")
    thread.join()
    assert order == ["committing", "taken over"]


def test_the_password_is_never_shown_when_the_server_refuses(clock):
    for url in (
        "postgresql://ana:s3cret@127.0.0.1:1/pmsync",
        "postgresql://ana:s3cret@127.0.0.1:1/pmsync?password=s3cret&connect_timeout=3",
    ):
        with pytest.raises(Unreachable, match=r"ana:\*\*\*@.* cannot be reached") as refused:
            Store.open(url, clock)
        assert "s3cret" not in str(refused.value) + refused.value.hint
        assert "server runs" in refused.value.hint


def test_a_missing_database_is_told_with_the_command_that_makes_it(store_url, clock):
    url = make_url(store_url).set(database="nowhere").render_as_string(hide_password=False)
    with pytest.raises(Unreachable, match='database "nowhere" does not exist') as refused:
        Store.open(url, clock)
    assert "createdb" in refused.value.hint


def test_a_missing_driver_is_told_with_the_command_that_installs_it(clock, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "psycopg" else find(name))
    with pytest.raises(Unreachable, match="driver is not installed") as refused:
        Store.open("postgresql://h/db", clock)
    assert refused.value.hint == "pip install 'pmsync[postgres]'"


def test_a_database_that_cannot_hold_every_language_is_refused(postgres, server, clock):
    with server.connect() as connection:
        connection.execute(text("CREATE DATABASE pmsync_latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"))
    try:
        with pytest.raises(StoreError, match="keeps text as LATIN1") as refused:
            Store.open(postgres.set(database="pmsync_latin").render_as_string(hide_password=False), clock)
        assert "UTF8" in refused.value.hint
    finally:
        with server.connect() as connection:
            connection.execute(text("DROP DATABASE pmsync_latin WITH (FORCE)"))


def test_a_connection_that_is_lost_is_told_and_made_again(store, server, make):
    def lose() -> None:
        with store.transaction() as tx:
            make.item(tx)
            own = tx.items._session.line._connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
            with server.connect() as connection:
                connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": own})
            make.item(tx)

    with pytest.raises(Unreachable, match="cannot be reached"):
        lose()
    with store.transaction() as tx:
        assert tx.items.count() == 0


def test_two_programs_may_open_a_new_store_at_once(store_url, clock):
    opened: list[str] = []

    def open_it() -> None:
        with Store.open(store_url, clock) as store:
            opened.append(store.instance)

    threads = [Thread(target=open_it) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 3
    assert len(set(opened)) == 1


def test_an_index_serves_every_statement(store, store_url, statements, use_everything):
    """With walks through tables forbidden, the planner still finds a way for every query, so none needs one when the tables have grown."""
    statements.clear()
    use_everything(store)
    asked = dict(statement for statement in statements if re.match("SELECT|UPDATE|DELETE", statement[0]))
    bad = []
    with store.transaction() as tx:
        connection = tx.items._session.line._connection
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for asking, parameters in asked.items():
            one = parameters[0] if isinstance(parameters, list) else parameters
            plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {asking}", one).scalars())
            if re.search(rf"Seq Scan on ({GROWING})\b", plan):
                bad.append(f"{asking}\n{plan}")
    assert len(asked) > 60
    assert not bad, "\n\n".join(bad)
