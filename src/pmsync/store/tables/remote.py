"""What the systems show: records as last read, comments, accounts, and how far each scope has been read."""

from __future__ import annotations

from sqlalchemy import Index, Table

from pmsync.store.tables.base import METADATA, document, moment, number, words

OBSERVATIONS = Table(
    "observations",
    METADATA,
    words("system", key=True),
    words("remote_id", key=True),
    words("scope"),
    document("record"),
    words("digest"),
    moment("seen_at"),
    moment("born_at"),
)
"""``born_at``: when the record says it was created; a transfer to a new id keeps it."""
Index(None, OBSERVATIONS.c.system, OBSERVATIONS.c.born_at)

COMMENTS = Table(
    "comments",
    METADATA,
    words("system", key=True),
    words("remote_id", key=True),
    words("parent"),
    document("comment"),
    words("digest"),
    moment("made_at"),
)
Index(None, COMMENTS.c.system, COMMENTS.c.parent, COMMENTS.c.made_at)

CURSORS = Table("cursors", METADATA, words("scope", key=True), words("stream", key=True), words("cursor"), moment("at"))

SCOPES = Table(
    "scopes",
    METADATA,
    words("scope", key=True),
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
)

INBOX = Table("inbox", METADATA, words("system", key=True), words("remote_id", key=True), moment("at"))
"""Records that a webhook hinted at and that were not looked at since. A hint carries no state, so one row is enough for many."""

PEOPLE = Table(
    "people",
    METADATA,
    words("system", key=True),
    words("account", key=True),
    words("name"),
    words("email"),
    number("active"),
    moment("seen_at"),
)
