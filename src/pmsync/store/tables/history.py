"""What happened: the append-only journal, runs, conflicts, and what a person should look at."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Double, Index, Integer, Table, event, text

from pmsync.store.tables.base import METADATA, document, moment, number, words

# SQLite numbers rows by itself only in a column whose type is exactly INTEGER.
_SEQUENCE = BigInteger().with_variant(Integer(), "sqlite")

JOURNAL = Table(
    "journal",
    METADATA,
    Column("seq", _SEQUENCE, primary_key=True, autoincrement=True),
    words("run"),
    words("kind"),
    words("item"),
    words("field"),
    words("link"),
    words("system"),
    words("op"),
    document("before", optional=True),
    document("after", optional=True),
    words("actor"),
    words("why"),
    moment("at"),
    words("surface"),
    sqlite_autoincrement=True,
)
Index(None, JOURNAL.c.item, JOURNAL.c.seq)
Index(None, JOURNAL.c.run, JOURNAL.c.seq)
_OF_AN_OP = text("op <> ''")
Index("ix_journal_op", JOURNAL.c.op, JOURNAL.c.seq, sqlite_where=_OF_AN_OP, postgresql_where=_OF_AN_OP)

APPEND_ONLY = {
    "sqlite": (
        "CREATE TRIGGER journal_is_kept BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
        "CREATE TRIGGER journal_is_true BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN RAISE EXCEPTION ''the journal is append-only''; END'",
        "CREATE TRIGGER journal_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON journal "
        "FOR EACH STATEMENT EXECUTE FUNCTION journal_is_append_only()",
    ),
}
"""The triggers that keep the journal as it was written, per database."""


@event.listens_for(JOURNAL, "after_create")
def _guard_journal(_table: Table, connection: Connection, **_options: Any) -> None:
    for statement in APPEND_ONLY[connection.dialect.name]:
        connection.exec_driver_sql(statement)


RUNS = Table(
    "runs",
    METADATA,
    Column("seq", _SEQUENCE, primary_key=True, autoincrement=True),
    words("uid"),
    words("kind"),
    words("args"),
    moment("started_at"),
    moment("finished_at", optional=True),
    Column("exit_code", Integer(), nullable=True),
    document("counts"),
    sqlite_autoincrement=True,
)
Index("uq_runs_uid", RUNS.c.uid, unique=True)

CONFLICTS = Table(
    "conflicts",
    METADATA,
    words("uid", key=True),
    words("item"),
    words("field"),
    document("dispute"),
    words("run"),
    moment("opened_at"),
    moment("closed_at", optional=True),
    document("chosen", optional=True),
    words("by"),
)
_OPEN = text("closed_at IS NULL")
Index("uq_conflicts_open", CONFLICTS.c.item, CONFLICTS.c.field, unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN)
Index("ix_conflicts_open", CONFLICTS.c.opened_at, CONFLICTS.c.uid, sqlite_where=_OPEN, postgresql_where=_OPEN)
Index(None, CONFLICTS.c.opened_at, CONFLICTS.c.uid)

CANDIDATES = Table(
    "conflict_candidates",
    METADATA,
    words("conflict", key=True),
    words("digest", key=True),
    document("candidate"),
    moment("seen_at"),
)
"""Every value that ever stood in a conflict, also those that later updates of it no longer name."""

NOTICES = Table(
    "notices",
    METADATA,
    words("digest", key=True),
    words("scope"),
    words("code"),
    words("subject"),
    words("reason"),
    number("times"),
    moment("first_at"),
    moment("last_at"),
    moment("settled_at", optional=True),
)
"""``digest`` stands for (scope, code, subject): a subject may be longer than a key."""

SUGGESTIONS = Table(
    "suggestions",
    METADATA,
    words("system", key=True),
    words("remote_id", key=True),
    words("item", key=True),
    Column("score", Double(), nullable=False),
    words("why"),
    moment("at"),
)
Index(None, SUGGESTIONS.c.score)
