"""Elsewhere: where else an item shows, and what it waits for that has no place of its own there, for systems that can link to other systems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pmsync.connect.pointers import BLOCKER, SELF, Pointer
from pmsync.engine.context import Context
from pmsync.engine.route import forbidden
from pmsync.model.enums import Audience, Nature
from pmsync.model.item import Item, Link, LinkState, Provenance
from pmsync.model.record import Record, RecordRef
from pmsync.model.values import Settled, known, members
from pmsync.store import Transaction
from pmsync.store.journal import Entry

FIELD = "elsewhere"


def point_elsewhere(context: Context, tx: Transaction, items: Iterable[Item]) -> list[str]:
    """Bring the field ``elsewhere`` of the work among ``items`` up to date, where some system is to show it.

    Returns the uids of those whose field was written.
    """
    work = [item for item in items if item.kind.nature is Nature.WORK] if _shown(context) else []
    if not work:
        return []
    awaited = {item.uid: members(item.value("blocked_by")) for item in work}
    links = tx.links.of_items([*awaited, *{uid for uids in awaited.values() for uid in uids}])
    alive = {uid: [one for one in found if one.state is LinkState.LINKED] for uid, found in links.items()}
    records = tx.observations.many([link.ref for found in alive.values() for link in found])
    written = []
    for item in work:
        own = _open(alive.get(item.uid, []), records)
        found = {str(_pointer(SELF, link)) for link in own} if len(own) > 1 else set()
        for uid in awaited[item.uid]:
            found |= {
                str(_pointer(BLOCKER, link)) for link in _strange(context, tx, own, _open(alive.get(uid, []), records), records)
            }
        if _set(context, tx, item, known(frozenset(found))):
            written.append(item.uid)
    return written


def _shown(context: Context) -> bool:
    return any(context.setup.policy.direction(FIELD, system).emits for system in context.setup.connectors)


def _open(links: Sequence[Link], records: Mapping[RecordRef, Record]) -> list[Link]:
    """Those whose record not only some people can read."""
    return [link for link in links if link.ref in records and records[link.ref].audience is not Audience.PRIVATE]


def _strange(
    context: Context, tx: Transaction, own: Sequence[Link], blocker: Sequence[Link], records: Mapping[RecordRef, Record]
) -> list[Link]:
    """The records of a blocker that is missing somewhere where the item shows, if those who read the item may know of it."""
    systems = {link.ref.system for link in blocker}
    if not blocker or all(link.ref.system in systems for link in own):
        return []
    told = all(forbidden(context, tx, blocker, records, link.scope) is None for link in own)
    return list(blocker) if told else []


def _pointer(kind: str, link: Link) -> Pointer:
    return Pointer(kind, link.ref, link.key, link.url)


def _set(context: Context, tx: Transaction, item: Item, after: Settled) -> bool:
    before = item.value(FIELD)
    if before == after:
        return False
    why = "it follows from where it and what it waits for show"
    tx.items.write(item.uid, FIELD, after, Provenance("pmsync", at=context.clock.now(), why=why))
    entry = Entry(
        context.run, "hub", item.uid, field=FIELD, system="pmsync", before=before, after=after, why=why, at=context.clock.now()
    )
    tx.journal.append([entry])
    return True
