"""What the store refuses, and why. All are ``StoreError``s with a remedy in ``hint``."""

from __future__ import annotations

from pmsync.connect.errors import StoreError

__all__ = [
    "AlreadyOpen",
    "CorruptStore",
    "DoubleBinding",
    "Fenced",
    "Held",
    "IllegalStep",
    "NewerStore",
    "StoreError",
    "TooVague",
    "Unreachable",
]


class DoubleBinding(StoreError):
    """A record is bound to an item already, or the item has such a record in that scope already."""


class AlreadyOpen(StoreError):
    """An unfinished op stands in the way: one create per (item, scope), one op per record."""


class IllegalStep(StoreError):
    """An op was to take a step that its life cycle does not know."""


class Held(StoreError):
    """Another run holds the store."""


class Fenced(StoreError):
    """The run lease was taken over; this run may write nothing more."""


class CorruptStore(StoreError):
    """The database is not readable as one of ours."""


class NewerStore(StoreError):
    """The database was written by a newer pmsync."""


class Unreachable(StoreError):
    """The database cannot be opened: path, rights, driver, server."""


class TooVague(StoreError):
    """An abbreviated name fits several rows."""
