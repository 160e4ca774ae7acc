"""The ties between items and records. The database itself refuses a second binding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, bindparam, func, literal_column, select, union, update
from sqlalchemy.exc import IntegrityError

from pmsync.model.enums import Kind, Role
from pmsync.model.item import Link, LinkState
from pmsync.model.record import RecordRef, ScopeRef
from pmsync.store.errors import DoubleBinding, StoreError
from pmsync.store.sql import Session, chunks
from pmsync.store.tables.hub import ITEMS, LINKS

# Written out, not bound: a partial index serves only a query that says its condition word for word.
_IS_LINKED = LINKS.c.state == literal_column("'linked'")
_BY_UID = select(LINKS).where(LINKS.c.uid == bindparam("of"))
_BY_RECORDS = (
    select(LINKS)
    .where(LINKS.c.system == bindparam("of"), LINKS.c.remote_id.in_(bindparam("ids", expanding=True)))
    .order_by(LINKS.c.made_at, LINKS.c.uid)
)
_BY_ITEMS = select(LINKS).where(LINKS.c.item.in_(bindparam("items", expanding=True))).order_by(LINKS.c.made_at, LINKS.c.uid)
_BY_FAMILIES = (
    select(LINKS)
    .where(LINKS.c.family.in_(bindparam("families", expanding=True)), _IS_LINKED)
    .order_by(LINKS.c.made_at, LINKS.c.uid)
)
_NAMED = union(*(select(LINKS).where(column == bindparam("text")) for column in (LINKS.c.key, LINKS.c.url, LINKS.c.remote_id)))
_IN_SCOPE = (
    select(LINKS)
    .where(LINKS.c.scope == bindparam("of"), LINKS.c.uid > bindparam("after"), _IS_LINKED)
    .order_by(LINKS.c.uid)
    .limit(bindparam("limit"))
)
_COUNT = select(func.count()).select_from(LINKS).where(LINKS.c.scope == bindparam("of"), _IS_LINKED)
# By the items, which have an index of their kinds: most stores hold no comments among them.
_COUNT_COMMENTS = (
    select(func.count())
    .select_from(ITEMS)
    .join(LINKS, LINKS.c.item == ITEMS.c.uid)
    .where(ITEMS.c.kind == bindparam("kind"), LINKS.c.scope == bindparam("of"), _IS_LINKED)
)
_CHANGING = ("state", "scope", "key", "url", "role", "how", "system", "remote_id", "family")
_CHANGE = update(LINKS).where(LINKS.c.uid == bindparam("of")).values({name: bindparam(f"new_{name}") for name in _CHANGING})
_HINT = "unlink the other one first, or leave this record alone"


class Links:
    """Links are made and changed here, never deleted: what ended is unmanaged or gone."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, link: Link) -> None:
        """Store a new link.

        Raises:
            DoubleBinding: the record is linked already, or the item has a linked record of that role in that scope, or the uid is taken.
                Nothing was changed and the transaction goes on.
        """
        row = {**_row(link), "made_at": self._session.now()}
        if not self._session.add(LINKS, row):
            raise self._refused(link)

    def get(self, uid: str) -> Link | None:
        """The link of that name."""
        row = self._session.row(_BY_UID, {"of": uid})
        return _link(row) if row else None

    def by_ref(self, ref: RecordRef) -> Link | None:
        """The link of a record: the linked one, else the latest that ended."""
        return self.by_refs([ref]).get(ref)

    def by_refs(self, refs: Iterable[RecordRef]) -> dict[RecordRef, Link]:
        """As ``by_ref`` for many; records without a link are left out."""
        ids: defaultdict[str, list[str]] = defaultdict(list)
        for ref in refs:
            ids[ref.system].append(ref.remote_id)
        found: dict[RecordRef, Link] = {}
        for system, remote_ids in ids.items():
            for part in chunks(remote_ids):
                for link in map(_link, self._session.rows(_BY_RECORDS, {"of": system, "ids": part})):
                    if link.ref not in found or found[link.ref].state is not LinkState.LINKED:
                        found[link.ref] = link
        return found

    def of_items(self, uids: Iterable[str]) -> dict[str, list[Link]]:
        """All links of the items, of every state, oldest first; items without a link are left out."""
        found: defaultdict[str, list[Link]] = defaultdict(list)
        for part in chunks(uids):
            for row in self._session.rows(_BY_ITEMS, {"items": part}):
                found[row.item].append(_link(row))
        return dict(found)

    def of_families(self, families: Iterable[str]) -> dict[str, list[Link]]:
        """The linked links of each family, oldest first; families without one are left out."""
        found: defaultdict[str, list[Link]] = defaultdict(list)
        for part in chunks(family for family in families if family):
            for row in self._session.rows(_BY_FAMILIES, {"families": part}):
                found[row.family].append(_link(row))
        return dict(found)

    def named(self, text: str) -> list[Link]:
        """The links whose display key, URL or remote id is exactly ``text``, ordered by uid."""
        return sorted(map(_link, self._session.rows(_NAMED, {"text": text})), key=lambda link: link.uid)

    def change(self, link: Link) -> None:
        """Store everything of the link anew but its item: a link that ends in one item begins anew in another.

        Raises:
            DoubleBinding: as ``add``; nothing was changed and the transaction goes on.
            StoreError: there is no such link.
        """
        row = _row(link)
        try:
            with self._session.savepoint():
                touched = self._session.run(_CHANGE, {"of": link.uid, **{f"new_{name}": row[name] for name in _CHANGING}})
        except IntegrityError as error:
            raise self._refused(link) from error
        if not touched:
            raise StoreError(f"there is no link {link.uid}")

    def in_scope(self, scope: ScopeRef, after: str = "", limit: int = 500) -> list[Link]:
        """The next ``limit`` linked links of a scope, ordered by uid, whose uid is greater than ``after``."""
        rows = self._session.rows(_IN_SCOPE, {"of": str(scope), "after": after, "limit": limit})
        return [_link(row) for row in rows]

    def count(self, scope: ScopeRef) -> int:
        """How many links of the scope are linked; comments do not count."""
        every = int(self._session.value(_COUNT, {"of": str(scope)}))
        return every - int(self._session.value(_COUNT_COMMENTS, {"of": str(scope), "kind": Kind.COMMENT.value}))

    def _refused(self, link: Link) -> StoreError:
        holder = self.by_ref(link.ref)
        if holder and holder.uid != link.uid and holder.state is LinkState.LINKED:
            return DoubleBinding(f"{link.key} is linked to item {holder.item} already", hint=_HINT)
        return DoubleBinding(f"item {link.item} has a {link.role} record in {link.scope} already", hint=_HINT)


def _row(link: Link) -> dict[str, Any]:
    return {
        "uid": link.uid,
        "item": link.item,
        "system": link.ref.system,
        "remote_id": link.ref.remote_id,
        "scope": str(link.scope),
        "role": link.role,
        "state": link.state,
        "key": link.key,
        "url": link.url,
        "how": link.how,
        "family": link.family,
    }


def _link(row: Row[Any]) -> Link:
    return Link(
        uid=row.uid,
        item=row.item,
        ref=RecordRef(row.system, row.remote_id),
        scope=ScopeRef.parse(row.scope),
        role=Role(row.role),
        state=LinkState(row.state),
        key=row.key,
        url=row.url,
        how=row.how,
        family=row.family,
    )
