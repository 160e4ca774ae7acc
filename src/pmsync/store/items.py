"""The items of the hub and the values of their fields."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, select, update

from pmsync.model.enums import Kind
from pmsync.model.item import HubValue, Item, Provenance
from pmsync.model.titles import title_key
from pmsync.model.values import Known, Settled
from pmsync.store.codec import decode_settled, digest, encode_settled
from pmsync.store.counters import take_numbers
from pmsync.store.errors import StoreError
from pmsync.store.sql import Session, chunks
from pmsync.store.tables.hub import ITEM_FIELDS, ITEMS

_HEAD = select(ITEMS.c.uid, ITEMS.c.product, ITEMS.c.kind)
_MANY = _HEAD.where(ITEMS.c.uid.in_(bindparam("uids", expanding=True)))
_PAGE = _HEAD.where(ITEMS.c.uid > bindparam("after")).order_by(ITEMS.c.uid).limit(bindparam("limit"))
_FIELDS = select(ITEM_FIELDS).where(ITEM_FIELDS.c.item.in_(bindparam("uids", expanding=True)))
_TITLED = (
    select(ITEMS.c.uid).where(ITEMS.c.product == bindparam("of"), ITEMS.c.title_key == bindparam("key")).order_by(ITEMS.c.uid)
)
_VALUE = ("value", "revision", "source", "actor", "at", "why")
_COUNT = select(func.count()).select_from(ITEMS)
_ADD = insert(ITEMS)
_ADD_FIELDS = insert(ITEM_FIELDS)
_RETITLE = update(ITEMS).where(ITEMS.c.uid == bindparam("of")).values(title_key=bindparam("key"))


class Items:
    """Items are made and changed here, never deleted."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def create(self, product: str, kind: Kind, fields: Mapping[str, Settled], provenance: Provenance, *, uid: str = "") -> Item:
        """A new item with the given values, all made by ``provenance``. ``uid``: the name it had before this store forgot it."""
        session = self._session
        uid = uid or session.new_uid()
        first = take_numbers(session, "revision", len(fields))
        values = {name: HubValue(fields[name], first + step, provenance) for step, name in enumerate(sorted(fields))}
        session.run(
            _ADD,
            {
                "uid": uid,
                "product": product,
                "kind": kind,
                "title_key": _title_digest(fields["title"]) if "title" in fields else "",
                "made_at": session.now(),
            },
        )
        session.run_many(_ADD_FIELDS, [_field_row(uid, name, value) for name, value in values.items()])
        return Item(uid, product, kind, values)

    def get(self, uid: str) -> Item | None:
        """The item of that name."""
        return self.many([uid]).get(uid)

    def many(self, uids: Iterable[str]) -> dict[str, Item]:
        """The items that exist among ``uids``, by uid."""
        found: dict[str, Item] = {}
        for part in chunks(uids):
            found.update(self._built(self._session.rows(_MANY, {"uids": part})))
        return found

    def write(self, uid: str, field: str, value: Settled, provenance: Provenance) -> int:
        """Set one field; the new revision is greater than every revision given out before.

        Raises:
            StoreError: there is no such item.
        """
        session = self._session
        revision = take_numbers(session, "revision")
        if field == "title" and not session.run(_RETITLE, {"of": uid, "key": _title_digest(value)}):
            raise StoreError(f"there is no item {uid}")
        session.put(ITEM_FIELDS, _VALUE, [_field_row(uid, field, HubValue(value, revision, provenance))])
        return revision

    def page(self, after: str = "", limit: int = 500) -> list[Item]:
        """The next ``limit`` items, ordered by uid, whose uid is greater than ``after``."""
        return list(self._built(self._session.rows(_PAGE, {"after": after, "limit": limit})).values())

    def count(self) -> int:
        """How many items there are; reads the whole index."""
        return int(self._session.value(_COUNT))

    def titled(self, product: str, title_key: str) -> list[str]:
        """The uids of a product's items whose title has this ``title_key``."""
        rows = self._session.rows(_TITLED, {"of": product, "key": digest(title_key)})
        return [row.uid for row in rows]

    def _built(self, heads: Iterable[Row[Any]]) -> dict[str, Item]:
        known = {row.uid: row for row in heads}
        fields: defaultdict[str, dict[str, HubValue]] = defaultdict(dict)
        for part in chunks(known):
            for row in self._session.rows(_FIELDS, {"uids": part}):
                fields[row.item][row.field] = _hub_value(row)
        return {uid: Item(uid, row.product, Kind(row.kind), fields[uid]) for uid, row in known.items()}


def _title_digest(value: Settled) -> str:
    if not isinstance(value, Known):
        return ""
    return digest(title_key(value.value if isinstance(value.value, str) else " ".join(sorted(value.value))))


def _field_row(item: str, field: str, value: HubValue) -> dict[str, Any]:
    made_by = value.provenance
    return {
        "item": item,
        "field": field,
        "value": encode_settled(value.value),
        "revision": value.revision,
        "source": made_by.source,
        "actor": made_by.actor,
        "at": made_by.at,
        "why": made_by.why,
    }


def _hub_value(row: Row[Any]) -> HubValue:
    return HubValue(decode_settled(row.value), row.revision, Provenance(row.source, row.actor, row.at, row.why))
