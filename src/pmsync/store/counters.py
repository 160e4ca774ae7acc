"""Numbers that only grow, over the whole life of the store."""

from __future__ import annotations

from sqlalchemy import bindparam, update

from pmsync.store.sql import Session
from pmsync.store.tables.base import COUNTERS

NAMES = ("revision", "dirty")
"""The counters there are; their rows are made with the store."""

_TAKE = (
    update(COUNTERS)
    .where(COUNTERS.c.name == bindparam("of"))
    .values(value=COUNTERS.c.value + bindparam("count"))
    .returning(COUNTERS.c.value)
)


def take_numbers(session: Session, name: str, count: int = 1) -> int:
    """Take ``count`` consecutive numbers that nobody was given before; returns the first of them."""
    return int(session.value(_TAKE, {"of": name, "count": count})) - count + 1
