"""Which items refer to which: the index behind every field whose values are items."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import bindparam, delete, literal_column, select

from pmsync.model.record import ScopeRef
from pmsync.store.sql import Session, chunks
from pmsync.store.tables.hub import LINKS, REFERENCES

_OF = select(REFERENCES.c.target).where(REFERENCES.c.item == bindparam("of"), REFERENCES.c.field == bindparam("name"))
_TO = select(REFERENCES.c.item).where(REFERENCES.c.target.in_(bindparam("targets", expanding=True))).distinct()
_BY = select(REFERENCES.c.item).where(REFERENCES.c.target == bindparam("of"), REFERENCES.c.field == bindparam("name"))
_KEPT = select(REFERENCES.c.target).where(REFERENCES.c.field == bindparam("name"))
_PLACES = (
    select(LINKS.c.scope)
    .join(REFERENCES, REFERENCES.c.item == LINKS.c.item)
    .where(
        REFERENCES.c.target == bindparam("of"),
        REFERENCES.c.field == bindparam("name"),
        LINKS.c.state == literal_column("'linked'"),
    )
    .distinct()
)
_DROP = delete(REFERENCES).where(
    REFERENCES.c.item == bindparam("of"), REFERENCES.c.field == bindparam("name"), REFERENCES.c.target == bindparam("to")
)


class References:
    """Kept by the engine with every value of such a field that it writes."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, item: str, field: str, targets: Collection[str]) -> list[str]:
        """What the field refers to from now on; returns the targets that are new."""
        held = {row.target for row in self._session.rows(_OF, {"of": item, "name": field})}
        for lost in sorted(held - set(targets)):
            self._session.run(_DROP, {"of": item, "name": field, "to": lost})
        fresh = sorted(set(targets) - held)
        self._session.add_missing(REFERENCES, [{"item": item, "field": field, "target": one} for one in fresh])
        return fresh

    def kept(self, field: str) -> list[str]:
        """All targets of the field, whoever refers to them; reads the whole index."""
        return sorted({row.target for row in self._session.rows(_KEPT, {"name": field})})

    def to(self, targets: Iterable[str]) -> list[str]:
        """The uids of the items that refer to one of ``targets``, whatever these are; sorted."""
        found: set[str] = set()
        for part in chunks(targets):
            found |= {row.item for row in self._session.rows(_TO, {"targets": part})}
        return sorted(found)

    def by(self, field: str, item: str) -> list[str]:
        """The uids of the items whose ``field`` refers to ``item``; sorted."""
        return sorted(row.item for row in self._session.rows(_BY, {"of": item, "name": field}))

    def places(self, item: str, field: str) -> list[ScopeRef]:
        """The scopes in which items show whose ``field`` refers to ``item``; sorted."""
        rows = self._session.rows(_PLACES, {"of": item, "name": field})
        return sorted((ScopeRef.parse(row.scope) for row in rows), key=str)
