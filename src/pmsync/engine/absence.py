"""Absence: what becomes of linked records that do not show up where they should.

Absence is not evidence. A moved record comes back by a direct read; a transferred one is followed; one counts as deleted only when the
remote says so in as many words, or when direct reads miss it twice, apart in time, while its container is readable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pmsync.connect.capabilities import Unsupported
from pmsync.connect.comments import ON
from pmsync.connect.contract import Fetched
from pmsync.engine.context import Context
from pmsync.engine.observe import follow, observe, take_up_comments
from pmsync.model.enums import Nature
from pmsync.model.item import Link, LinkState
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.model.values import Known
from pmsync.store import Transaction
from pmsync.store.journal import Entry

CODE = "missing"
FRESH = 600.0
"""Seconds for which a direct read may not show a new comment yet, where a server has several databases."""


def absent(context: Context, scope: ScopeRef, links: Sequence[Link]) -> None:
    """Read the records of ``links`` directly, and settle what became of those that still cannot be read."""
    if not links:
        return
    fetched = context.connector(scope).fetch(scope, [link.ref for link in links])
    with context.store.transaction() as tx:
        observe(context, tx, scope, fetched.records)
    missed(context, scope, links, fetched)


def look_for_suspects(context: Context) -> None:
    """Read directly the records that may have been transferred, and follow those that were."""
    suspects = {link.uid: link for link in context.suspects}
    context.suspects.clear()
    for link in suspects.values():
        if context.is_ready(link.scope) and not context.is_parked(link.scope):
            with context.isolated(link.scope, "looking for a record that may have been transferred"):
                absent(context, link.scope, [link])


def missed(context: Context, scope: ScopeRef, links: Sequence[Link], fetched: Fetched) -> None:
    """Settle what became of the records of ``links`` that a direct read did not find."""
    found = {record.ref for record in fetched.records}
    lost = [link for link in links if link.ref not in found]
    if not lost:
        return
    if not is_readable(context, scope):
        return
    comments, deleted = _missing_comments(context, scope, lost)
    for link in lost:
        moved = None if link.ref in comments else context.connector(scope).relocate(scope, link.ref, link.key)
        if moved is not None:
            relink(context, link, moved)
        else:
            note_missing(context, link, deleted=link.ref in fetched.deleted or link.ref in deleted)


def _missing_comments(context: Context, scope: ScopeRef, lost: Sequence[Link]) -> tuple[set[RecordRef], set[RecordRef]]:
    """Which of the lost records are comments, and which of these were deleted: what they were on can be read, and they are not new."""
    with context.store.transaction() as tx:
        seen = tx.observations.many([link.ref for link in lost])
    on = {ref: _parent(record) for ref, record in seen.items() if record.kind.nature is Nature.COMMENT}
    if not on:
        return set(), set()
    parents = sorted({parent for parent in on.values() if parent is not None}, key=str)
    there = {record.ref for record in context.connector(scope).fetch(scope, parents).records} if parents else set()
    settled = context.clock.now() - FRESH
    return set(on), {ref for ref, parent in on.items() if parent in there and seen[ref].created_at < settled}


def _parent(record: Record) -> RecordRef | None:
    on = record.values.get(ON)
    return RecordRef(record.ref.system, str(on.value)) if isinstance(on, Known) else None


def lately_missed(context: Context, tx: Transaction, link: Link) -> bool:
    """Whether the record could not be read a short while ago; nothing is written to it until it is looked for again."""
    row = tx.notices.get(link.scope, CODE, link.uid)
    return row is not None and context.clock.now() - row.last_at < context.setup.beats.catalogue


def is_readable(context: Context, scope: ScopeRef) -> bool:
    """Whether the scope's container can be read; told where not, for nothing follows then from what is missing there."""
    connector = context.connector(scope)
    if isinstance(connector.capabilities.container, Unsupported) or connector.container(scope).readable:
        return True
    said = f"{scope} itself cannot be read: nothing is concluded from what is missing there"
    context.tell("skipped", said, scope=scope, code="unreadable")
    return False


def relink(context: Context, link: Link, record: Record) -> None:
    """A transfer made a new record: the link follows it, with its bases; unless the new record was linked on its own meanwhile."""
    why = f"{link.key} was transferred and is {record.key} now"
    with context.store.transaction() as tx:
        other = tx.links.by_ref(record.ref)
        if other is not None and other.state is LinkState.LINKED:
            tx.links.change(replace(link, state=LinkState.GONE))
            why += ", which is linked already"
        else:
            moved = replace(link, ref=record.ref)
            tx.links.change(moved)
            observe(context, tx, link.scope, [record])
            follow(
                context, tx, tx.links.by_ref(record.ref) or moved, record
            )  # it may have been seen just so before it was linked
            take_up_comments(context, tx, record.scope, record.ref)
        tx.notices.settle(link.scope, CODE, link.uid)
        tx.notices.settle(record.scope, "surplus", record.key)
        tx.dirty.mark([f"item:{link.item}"], link.scope, "transferred")
        tx.journal.append([Entry(context.run, "move", link.item, link=link.uid, why=why, at=context.clock.now())])
    context.tell("moved", why, scope=link.scope, item=link.item)


def note_missing(context: Context, link: Link, *, deleted: bool) -> None:
    """First time: noted. Again after a while: gone. Nothing is deleted or closed elsewhere because of it."""
    now = context.clock.now()
    with context.store.transaction() as tx:
        known = tx.notices.get(link.scope, CODE, link.uid)
        if not deleted and (known is None or now - known.first_at < context.setup.beats.catalogue):
            said = f"{link.key} cannot be read any more; it is looked for again later"
            if tx.notices.raise_(link.scope, CODE, link.uid, said):
                context.tell("skipped", said, scope=link.scope, item=link.item, code=CODE)
            return
        tx.links.change(replace(link, state=LinkState.GONE))
        tx.notices.settle(link.scope, CODE, link.uid)
        tx.dirty.mark([f"item:{link.item}"], link.scope, "a record of it is gone")
        why = f"{link.key} was deleted or hidden from us"
        tx.journal.append([Entry(context.run, "gone", link.item, link=link.uid, why=why, at=now)])
    context.tell("gone", why, scope=link.scope, item=link.item)
