"""The hub: items, their fields, their links, and the pairs last agreed upon."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Table, text

from pmsync.store.tables.base import METADATA, Words, document, moment, number, words

ITEMS = Table("items", METADATA, words("uid", key=True), words("product"), words("kind"), words("title_key"), moment("made_at"))
"""``title_key`` holds the digest of ``model.titles.title_key``: a title may be longer than an index entry."""
Index(None, ITEMS.c.product, ITEMS.c.title_key)
Index(None, ITEMS.c.kind, ITEMS.c.uid)

ITEM_FIELDS = Table(
    "item_fields",
    METADATA,
    Column("item", Words(), ForeignKey(ITEMS.c.uid), primary_key=True),
    words("field", key=True),
    document("value"),
    number("revision"),
    words("source"),
    words("actor"),
    moment("at"),
    words("why"),
)

REFERENCES = Table(
    "item_references",
    METADATA,
    Column("item", Words(), ForeignKey(ITEMS.c.uid), primary_key=True),
    words("field", key=True),
    words("target", key=True),
)
"""What the values of fields that refer to items refer to: the other items by their uids, or, where a record shows what has no item yet, that as
``system#remote id``."""
Index(None, REFERENCES.c.target)

LINKS = Table(
    "links",
    METADATA,
    words("uid", key=True),
    Column("item", Words(), ForeignKey(ITEMS.c.uid), nullable=False),
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
)
_LINKED = text("state = 'linked'")
_BOUND_ONCE = text("state = 'linked' AND role IN ('primary', 'mirror')")
Index(None, LINKS.c.family)
Index(None, LINKS.c.item)
Index(None, LINKS.c.system, LINKS.c.remote_id)
Index(None, LINKS.c.scope, LINKS.c.uid)
# Only ever looked up by equality; a hash takes a text of any length.
Index(None, LINKS.c.key, postgresql_using="hash")
Index(None, LINKS.c.url, postgresql_using="hash")
Index(None, LINKS.c.remote_id, postgresql_using="hash")
Index("uq_links_record", LINKS.c.system, LINKS.c.remote_id, unique=True, sqlite_where=_LINKED, postgresql_where=_LINKED)
Index(
    "uq_links_role",
    LINKS.c.item,
    LINKS.c.scope,
    LINKS.c.role,
    unique=True,
    sqlite_where=_BOUND_ONCE,
    postgresql_where=_BOUND_ONCE,
)

BASES = Table(
    "bases",
    METADATA,
    Column("link", Words(), ForeignKey(LINKS.c.uid), primary_key=True),
    words("surface", key=True),
    document("remote", optional=True),
    document("hub", optional=True),
    moment("drift_since", optional=True),
    words("op", optional=True),
    words("why"),
    words("undone"),
    moment("at"),
)
"""``remote`` and ``hub`` are NULL together: drift may be seen before anything was agreed. ``undone``: see ``BaseRow``."""
