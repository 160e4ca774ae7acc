"""The schema, in SQLAlchemy Core: one file per group of tables. Revisions of it stand in ``pmsync.store.migrations``."""

from pmsync.store.tables import history, hub, remote, work
from pmsync.store.tables.base import METADATA

__all__ = ["METADATA", "history", "hub", "remote", "work"]
