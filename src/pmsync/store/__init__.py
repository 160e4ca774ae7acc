"""The store: the hub, what was observed, what is under way, and what happened, in SQLite or PostgreSQL.

``Store.open`` is the door; ``store.transaction()`` hands out the repositories. SQLAlchemy Core only, synchronous only. Secrets are never
stored.
"""

from pmsync.store.errors import AlreadyOpen, DoubleBinding, Fenced, Held, IllegalStep, StoreError
from pmsync.store.holding import Lease
from pmsync.store.store import Store
from pmsync.store.transaction import Transaction

__all__ = [
    "AlreadyOpen",
    "DoubleBinding",
    "Fenced",
    "Held",
    "IllegalStep",
    "Lease",
    "Store",
    "StoreError",
    "Transaction",
]
