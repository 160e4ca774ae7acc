"""The journal, on every database: appended to, read, never changed."""

from __future__ import annotations

from dataclasses import fields

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from pmsync.model.values import EMPTY, known
from pmsync.store.journal import Entry


def facts(row) -> Entry:
    return Entry(**{part.name: getattr(row, part.name) for part in fields(Entry)})


class TestJournal:
    def test_entries_come_back_in_the_order_they_were_appended(self, store):
        entries = [
            Entry("run", "hub", "item", "title", "link", "jira", "op", known("a"), EMPTY, "ana", "edited", 5.0),
            Entry("run", "notice", "", at=4.0),
            Entry("other", "hub", "item", "labels", before=None, after=known(frozenset("ba")), at=3.0),
        ]
        with store.transaction() as tx:
            tx.journal.append(entries)
            tx.journal.append([])
        with store.transaction() as tx:
            rows = tx.journal.recent()
            assert [facts(row) for row in rows] == entries
            assert [row.seq for row in rows] == sorted(row.seq for row in rows)
            assert [facts(row) for row in tx.journal.of_run("run")] == entries[:2]
            assert [facts(row) for row in tx.journal.of_item("item")] == [entries[0], entries[2]]
            assert [facts(row) for row in tx.journal.of_item("item", "labels")] == [entries[2]]

    def test_entries_are_found_by_the_ops_that_caused_them(self, store):
        with store.transaction() as tx:
            tx.journal.append([Entry("run", "write", "item", "title", op=op, surface="summary") for op in ("b", "", "a", "b")])
            found = tx.journal.of_ops(["a", "b", "unknown"])
            assert [(row.op, row.surface) for row in found] == [("b", "summary"), ("a", "summary"), ("b", "summary")]
            assert tx.journal.of_ops([]) == []

    def test_what_happened_to_a_field_since(self, store):
        with store.transaction() as tx:
            tx.journal.append(
                [Entry("run", "hub", "item", name, why=str(n)) for n, name in enumerate(("title", "body", "title", "title"))]
            )
            first = tx.journal.recent()[0].seq
            assert [row.why for row in tx.journal.since("item", "title", first)] == ["2", "3"]
            assert tx.journal.since("other", "title", 0) == []

    def test_the_entries_of_a_run_are_counted_by_kind(self, store):
        with store.transaction() as tx:
            tx.journal.append([Entry("run", kind, "item") for kind in ("hub", "write", "hub")] + [Entry("other", "hub", "item")])
            assert tx.journal.counts("run") == {"hub": 2, "write": 1}

    def test_an_entry_without_a_time_happened_now(self, store, clock):
        with store.transaction() as tx:
            tx.journal.append([Entry("run", "hub", "item")])
            assert tx.journal.recent()[0].at == clock.now()

    def test_the_latest_are_shown(self, store):
        with store.transaction() as tx:
            tx.journal.append([Entry("run", "hub", "item", why=str(number)) for number in range(10)])
            assert [row.why for row in tx.journal.recent(3)] == ["7", "8", "9"]
            assert [row.why for row in tx.journal.of_item("item", limit=2)] == ["8", "9"]

    @pytest.mark.parametrize("change", ["UPDATE journal SET why = 'nicer'", "DELETE FROM journal"])
    def test_the_database_itself_refuses_to_change_history(self, store, store_url, change):
        with store.transaction() as tx:
            tx.journal.append([Entry("run", "hub", "item", why="as it was")])
        engine = create_engine(store_url.replace("postgresql://", "postgresql+psycopg://"))
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(text(change))
        engine.dispose()
        with store.transaction() as tx:
            assert [row.why for row in tx.journal.recent()] == ["as it was"]
