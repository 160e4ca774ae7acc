"""Work under way: dirty marks, ops, plans, leases."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, text

from pmsync.store.tables.base import METADATA, document, moment, number, words

DIRTY = Table(
    "dirty",
    METADATA,
    words("target", key=True),
    words("scope", optional=True),
    words("reason"),
    number("seq"),
    number("attempts"),
    moment("not_before"),
)
Index(None, DIRTY.c.not_before)

OPS = Table(
    "ops",
    METADATA,
    words("uid", key=True),
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
    Column("alive", Integer(), nullable=False),
    words("floor"),
    moment("sent_at", optional=True),
    moment("quiet_until", optional=True),
    moment("retry_at", optional=True),
    number("attempts"),
    words("reason"),
    words("outcome"),
    moment("made_at"),
    moment("changed_at"),
)
"""``system`` and ``remote_id`` name the op's record as far as it is known; ``alive`` is 1 until a terminal state."""
_ALIVE = text("alive = 1")
_ALIVE_CREATE = text("alive = 1 AND kind = 'create'")
Index("ix_ops_alive", OPS.c.state, OPS.c.made_at, OPS.c.uid, sqlite_where=_ALIVE, postgresql_where=_ALIVE)
Index(None, OPS.c.item, OPS.c.made_at, OPS.c.uid)
Index(None, OPS.c.run, OPS.c.made_at, OPS.c.uid)
Index("uq_ops_create", OPS.c.item, OPS.c.scope, unique=True, sqlite_where=_ALIVE_CREATE, postgresql_where=_ALIVE_CREATE)
Index("uq_ops_record", OPS.c.system, OPS.c.remote_id, unique=True, sqlite_where=_ALIVE, postgresql_where=_ALIVE)

PLANS = Table(
    "plans",
    METADATA,
    words("uid", key=True),
    Column("body", LargeBinary(), nullable=False),
    document("counts"),
    Column("held", Integer(), nullable=False),
    words("run"),
    moment("made_at"),
    moment("applied_at", optional=True),
    words("applied_run"),
)
_WAITING = text("held = 1 AND applied_at IS NULL")
Index("ix_plans_waiting", PLANS.c.made_at, PLANS.c.uid, sqlite_where=_WAITING, postgresql_where=_WAITING)

LEASES = Table(
    "leases",
    METADATA,
    words("name", key=True),
    words("holder"),
    number("epoch"),
    words("host"),
    number("process"),
    moment("since"),
    moment("expires_at"),
)
"""A row stays when its lease is released (``holder`` ""), so that the epoch never goes back."""

SCORES = Table("scores", METADATA, words("entry", key=True), document("memory"))
"""What is remembered of a roadmap's item from one scoring to the next, by its full name."""

PAUSES = Table("pauses", METADATA, words("target", key=True), words("who"), words("why"), moment("at"))
"""Systems and scopes that a person has paused."""
