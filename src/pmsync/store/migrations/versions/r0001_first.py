"""The first schema.

Frozen from the first release on: later changes are revisions of their own. The column helpers are those of the tables; what they make
must not change either.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from pmsync.store.tables.base import document, moment, number, words
from pmsync.store.tables.history import APPEND_ONLY

revision = "0001"
down_revision = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make every table of the first release."""
    _base()
    _hub()
    _remote()
    _work()
    _history()


def _only(condition: str) -> dict[str, Any]:
    """The options of a partial index."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _base() -> None:
    op.create_table("meta", words("name"), words("value"), sa.PrimaryKeyConstraint("name", name=op.f("pk_meta")))
    op.create_table("counters", words("name"), number("value"), sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")))


def _hub() -> None:
    op.create_table(
        "items",
        words("uid"),
        words("product"),
        words("kind"),
        words("title_key"),
        moment("made_at"),
        sa.PrimaryKeyConstraint("uid", name=op.f("pk_items")),
    )
    op.create_index(op.f("ix_items_product_title_key"), "items", ["product", "title_key"])
    op.create_index(op.f("ix_items_kind_uid"), "items", ["kind", "uid"])
    op.create_table(
        "item_fields",
        words("item"),
        words("field"),
        document("value"),
        number("revision"),
        words("source"),
        words("actor"),
        moment("at"),
        words("why"),
        sa.ForeignKeyConstraint(["item"], ["items.uid"], name=op.f("fk_item_fields_item")),
        sa.PrimaryKeyConstraint("item", "field", name=op.f("pk_item_fields")),
    )
    op.create_table(
        "item_references",
        words("item"),
        words("field"),
        words("target"),
        sa.ForeignKeyConstraint(["item"], ["items.uid"], name=op.f("fk_item_references_item")),
        sa.PrimaryKeyConstraint("item", "field", "target", name=op.f("pk_item_references")),
    )
    op.create_index(op.f("ix_item_references_target"), "item_references", ["target"])
    op.create_table(
        "links",
        words("uid"),
        words("item"),
        words("system"),
        words("remote_id"),
        words("scope"),
        words("role"),
        words("state"),
        words("key"),
        words("url"),
        words("how"),
        words("family"),
        moment("made_at"),
        sa.ForeignKeyConstraint(["item"], ["items.uid"], name=op.f("fk_links_item")),
        sa.PrimaryKeyConstraint("uid", name=op.f("pk_links")),
    )
    op.create_index(op.f("ix_links_family"), "links", ["family"])
    op.create_index(op.f("ix_links_item"), "links", ["item"])
    op.create_index(op.f("ix_links_key"), "links", ["key"], postgresql_using="hash")
    op.create_index(op.f("ix_links_remote_id"), "links", ["remote_id"], postgresql_using="hash")
    op.create_index(op.f("ix_links_scope_uid"), "links", ["scope", "uid"])
    op.create_index(op.f("ix_links_system_remote_id"), "links", ["system", "remote_id"])
    op.create_index(op.f("ix_links_url"), "links", ["url"], postgresql_using="hash")
    op.create_index("uq_links_record", "links", ["system", "remote_id"], unique=True, **_only("state = 'linked'"))
    op.create_index(
        "uq_links_role",
        "links",
        ["item", "scope", "role"],
        unique=True,
        **_only("state = 'linked' AND role IN ('primary', 'mirror')"),
    )
    op.create_table(
        "bases",
        words("link"),
        words("surface"),
        document("remote", optional=True),
        document("hub", optional=True),
        moment("drift_since", optional=True),
        words("op", optional=True),
        words("why"),
        words("undone"),
        moment("at"),
        sa.ForeignKeyConstraint(["link"], ["links.uid"], name=op.f("fk_bases_link")),
        sa.PrimaryKeyConstraint("link", "surface", name=op.f("pk_bases")),
    )


def _remote() -> None:
    op.create_table(
        "observations",
        words("system"),
        words("remote_id"),
        words("scope"),
        document("record"),
        words("digest"),
        moment("seen_at"),
        moment("born_at"),
        sa.PrimaryKeyConstraint("system", "remote_id", name=op.f("pk_observations")),
    )
    op.create_index(op.f("ix_observations_system_born_at"), "observations", ["system", "born_at"])
    op.create_table(
        "comments",
        words("system"),
        words("remote_id"),
        words("parent"),
        document("comment"),
        words("digest"),
        moment("made_at"),
        sa.PrimaryKeyConstraint("system", "remote_id", name=op.f("pk_comments")),
    )
    op.create_index(op.f("ix_comments_system_parent_made_at"), "comments", ["system", "parent", "made_at"])
    op.create_table(
        "cursors",
        words("scope"),
        words("stream"),
        words("cursor"),
        moment("at"),
        sa.PrimaryKeyConstraint("scope", "stream", name=op.f("pk_cursors")),
    )
    op.create_table(
        "scopes",
        words("scope"),
        number("audience"),
        words("remote_id"),
        words("name"),
        words("url"),
        words("config_hash"),
        number("listed"),
        number("shrunk_to"),
        moment("pulled_at"),
        moment("catalogue_at"),
        moment("swept_at"),
        moment("parked_until"),
        words("parked_why"),
        words("frozen_why"),
        words("mark"),
        words("next_mark"),
        moment("marked_at"),
        moment("restored_at"),
        words("trust"),
        moment("comments_from"),
        number("comments_due"),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_scopes")),
    )
    op.create_table(
        "inbox",
        words("system"),
        words("remote_id"),
        moment("at"),
        sa.PrimaryKeyConstraint("system", "remote_id", name=op.f("pk_inbox")),
    )
    op.create_table(
        "people",
        words("system"),
        words("account"),
        words("name"),
        words("email"),
        number("active"),
        moment("seen_at"),
        sa.PrimaryKeyConstraint("system", "account", name=op.f("pk_people")),
    )


def _work() -> None:
    op.create_table(
        "dirty",
        words("target"),
        words("scope", optional=True),
        words("reason"),
        number("seq"),
        number("attempts"),
        moment("not_before"),
        sa.PrimaryKeyConstraint("target", name=op.f("pk_dirty")),
    )
    op.create_index(op.f("ix_dirty_not_before"), "dirty", ["not_before"])
    op.create_table(
        "ops",
        words("uid"),
        words("kind"),
        words("item"),
        words("scope"),
        words("system", optional=True),
        words("remote_id", optional=True),
        document("payload"),
        words("digest"),
        words("run"),
        words("plan", optional=True),
        words("state"),
        sa.Column("alive", sa.Integer(), nullable=False),
        words("floor"),
        moment("sent_at", optional=True),
        moment("quiet_until", optional=True),
        moment("retry_at", optional=True),
        number("attempts"),
        words("reason"),
        words("outcome"),
        moment("made_at"),
        moment("changed_at"),
        sa.PrimaryKeyConstraint("uid", name=op.f("pk_ops")),
    )
    op.create_index("ix_ops_alive", "ops", ["state", "made_at", "uid"], **_only("alive = 1"))
    op.create_index(op.f("ix_ops_item_made_at_uid"), "ops", ["item", "made_at", "uid"])
    op.create_index(op.f("ix_ops_run_made_at_uid"), "ops", ["run", "made_at", "uid"])
    op.create_index("uq_ops_create", "ops", ["item", "scope"], unique=True, **_only("alive = 1 AND kind = 'create'"))
    op.create_index("uq_ops_record", "ops", ["system", "remote_id"], unique=True, **_only("alive = 1"))
    op.create_table(
        "plans",
        words("uid"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        document("counts"),
        sa.Column("held", sa.Integer(), nullable=False),
        words("run"),
        moment("made_at"),
        moment("applied_at", optional=True),
        words("applied_run"),
        sa.PrimaryKeyConstraint("uid", name=op.f("pk_plans")),
    )
    op.create_index("ix_plans_waiting", "plans", ["made_at", "uid"], **_only("held = 1 AND applied_at IS NULL"))
    op.create_table(
        "leases",
        words("name"),
        words("holder"),
        number("epoch"),
        words("host"),
        number("process"),
        moment("since"),
        moment("expires_at"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table("scores", words("entry"), document("memory"), sa.PrimaryKeyConstraint("entry", name=op.f("pk_scores")))
    op.create_table(
        "pauses",
        words("target"),
        words("who"),
        words("why"),
        moment("at"),
        sa.PrimaryKeyConstraint("target", name=op.f("pk_pauses")),
    )


def _history() -> None:
    op.create_table(
        "journal",
        sa.Column("seq", _SEQUENCE, autoincrement=True, nullable=False),
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
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_journal")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_journal_item_seq"), "journal", ["item", "seq"])
    op.create_index(op.f("ix_journal_run_seq"), "journal", ["run", "seq"])
    op.create_index("ix_journal_op", "journal", ["op", "seq"], **_only("op <> ''"))
    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)
    op.create_table(
        "runs",
        sa.Column("seq", _SEQUENCE, autoincrement=True, nullable=False),
        words("uid"),
        words("kind"),
        words("args"),
        moment("started_at"),
        moment("finished_at", optional=True),
        sa.Column("exit_code", sa.Integer(), nullable=True),
        document("counts"),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_runs")),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_runs_uid", "runs", ["uid"], unique=True)
    op.create_table(
        "conflicts",
        words("uid"),
        words("item"),
        words("field"),
        document("dispute"),
        words("run"),
        moment("opened_at"),
        moment("closed_at", optional=True),
        document("chosen", optional=True),
        words("by"),
        sa.PrimaryKeyConstraint("uid", name=op.f("pk_conflicts")),
    )
    op.create_index("ix_conflicts_open", "conflicts", ["opened_at", "uid"], **_only("closed_at IS NULL"))
    op.create_index(op.f("ix_conflicts_opened_at_uid"), "conflicts", ["opened_at", "uid"])
    op.create_index("uq_conflicts_open", "conflicts", ["item", "field"], unique=True, **_only("closed_at IS NULL"))
    op.create_table(
        "conflict_candidates",
        words("conflict"),
        words("digest"),
        document("candidate"),
        moment("seen_at"),
        sa.PrimaryKeyConstraint("conflict", "digest", name=op.f("pk_conflict_candidates")),
    )
    op.create_table(
        "notices",
        words("digest"),
        words("scope"),
        words("code"),
        words("subject"),
        words("reason"),
        number("times"),
        moment("first_at"),
        moment("last_at"),
        moment("settled_at", optional=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_notices")),
    )
    op.create_table(
        "suggestions",
        words("system"),
        words("remote_id"),
        words("item"),
        moment("score"),
        words("why"),
        moment("at"),
        sa.PrimaryKeyConstraint("system", "remote_id", "item", name=op.f("pk_suggestions")),
    )
    op.create_index(op.f("ix_suggestions_score"), "suggestions", ["score"])
