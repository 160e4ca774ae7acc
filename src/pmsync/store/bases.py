"""The pairs last agreed to be consistent, and since when a push surface shows a person's edit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache

import msgspec
from sqlalchemy import Executable, bindparam, func, select, update

from pmsync.reconcile.view import Base, BaseWrite
from pmsync.store.codec import decode_settled, encode_settled
from pmsync.store.sql import Session, chunks, insert_into
from pmsync.store.tables.hub import BASES


class BaseRow(msgspec.Struct, frozen=True):
    """What is agreed on one surface of one link; ``base`` None before first contact, ``drift_since`` in Unix seconds.

    ``undone``: the run that put the remote value back; the pair stands although its sides differ. "" where they were found consistent.
    """

    base: Base | None
    drift_since: float | None = None
    undone: str = ""


_OF_LINKS = select(BASES.c.link, BASES.c.surface, BASES.c.remote, BASES.c.hub, BASES.c.drift_since, BASES.c.undone).where(
    BASES.c.link.in_(bindparam("links", expanding=True))
)
_CALM = update(BASES).where(BASES.c.link == bindparam("of"), BASES.c.surface == bindparam("at_surface")).values(drift_since=None)


class Bases:
    """One row for each surface of each link."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of_links(self, uids: Iterable[str]) -> dict[str, dict[str, BaseRow]]:
        """Link uid to surface to what is agreed; links without a row are left out."""
        found: defaultdict[str, dict[str, BaseRow]] = defaultdict(dict)
        for part in chunks(uids):
            for row in self._session.rows(_OF_LINKS, {"links": part}):
                base = None
                if row.remote is not None and row.hub is not None:
                    base = Base(decode_settled(row.remote), decode_settled(row.hub))
                found[row.link][row.surface] = BaseRow(base, row.drift_since, row.undone)
        return dict(found)

    def put(self, writes: Sequence[BaseWrite], op: str | None = None, *, undone: str = "") -> None:
        """Agree on new pairs; ``op`` is the op whose confirmation they follow from, ``undone`` as in ``BaseRow``. Drift marks stay."""
        now = self._session.now()
        rows = [
            {
                "link": write.link,
                "surface": write.surface,
                "remote": encode_settled(write.base.remote),
                "hub": encode_settled(write.base.hub),
                "op": op,
                "why": write.why,
                "undone": undone,
                "at": now,
            }
            for write in writes
        ]
        self._session.put(BASES, ("remote", "hub", "op", "why", "undone", "at"), rows)

    def drifted(self, link: str, surface: str, at: float) -> None:
        """Note that the surface shows a person's edit since ``at``; an earlier note stands."""
        row = {"link": link, "surface": surface, "drift_since": at, "why": "", "undone": "", "at": at}
        self._session.run(_drift(self._session.dialect), row)

    def calmed(self, link: str, surface: str) -> None:
        """The surface shows no person's edit any more."""
        self._session.run(_CALM, {"of": link, "at_surface": surface})


@cache
def _drift(dialect: str) -> Executable:
    statement = insert_into(BASES, dialect)
    keep = func.coalesce(BASES.c.drift_since, statement.excluded.drift_since)
    return statement.on_conflict_do_update(index_elements=["link", "surface"], set_={"drift_since": keep})
