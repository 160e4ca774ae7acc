"""The revisions of the schema, oldest first. Alembic runs them inside pmsync; they only go forward."""

from sqlalchemy import Column, MetaData, String, Table

REVISIONS = ("0001",)
"""Every revision this program knows."""

HEAD = REVISIONS[-1]

VERSION_TABLE = "pmsync_version"
"""Alembic's own table, under a name that no other program on the same server uses."""

VERSION = Table(VERSION_TABLE, MetaData(), Column("version_num", String(32), primary_key=True))
"""The same as a table, apart from those of the schema: Alembic must not take it for one of them."""
