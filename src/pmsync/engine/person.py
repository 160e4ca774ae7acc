"""What a person decides: resolve a conflict, link and unlink records, give up on a write in doubt. Local only; the next run writes.

A person's word is as good as an intent: it is committed durably, so that no power cut takes it back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pmsync.connect.errors import PmsyncError
from pmsync.engine.absence import CODE as MISSING
from pmsync.engine.adopt import Place, bind, private_links
from pmsync.engine.context import Context
from pmsync.engine.directory import keep_references
from pmsync.engine.doubts import UNCLAIMED, claim, open_create, unclaimed
from pmsync.engine.gather import Gathered, gather
from pmsync.model.enums import Audience
from pmsync.model.item import Link, LinkState, Provenance
from pmsync.model.record import Record, ScopeRef
from pmsync.model.values import Settled, Unobserved
from pmsync.reconcile.view import Base, BaseWrite, Dispute
from pmsync.store import Transaction
from pmsync.store.journal import Entry
from pmsync.store.ops import OpState


class NotFoundError(PmsyncError):
    """A name that leads to nothing in the hub."""


@dataclass(frozen=True, slots=True)
class Choice:
    """How a conflict is to end: the system whose value wins, or a value given outright."""

    system: str = ""
    value: Settled | None = None


def resolve_conflict(context: Context, conflict: str, choice: Choice, who: str) -> Settled:
    """Close an open conflict with one hub edit; every replica is brought to it by the next run.

    Raises:
        NotFoundError: no open conflict begins with that name, or the chosen system has no value in it.
    """
    with context.store.transaction(durable=True) as tx:
        row = tx.conflicts.get(conflict)
        if row is None or row.closed_at is not None:
            raise NotFoundError(f"there is no open conflict {conflict!r}", hint="pmsync conflicts lists them")
        value = _chosen(row.dispute, choice)
        [one] = gather(context, tx, [row.item])
        _acknowledge(tx, one, row.dispute, value)
        why = f"{who} resolved the conflict"
        tx.items.write(row.item, row.dispute.field, value, Provenance("person", who, context.clock.now(), why))
        keep_references(tx, row.item, row.dispute.field, value)
        tx.conflicts.close(row.item, row.dispute.field, value, who)
        entry = Entry(
            context.run, "resolve", row.item, field=row.dispute.field, after=value, actor=who, why=why, at=context.clock.now()
        )
        tx.journal.append([entry])
        tx.dirty.mark([f"item:{row.item}"], None, "conflict resolved")
    return value


def _chosen(dispute: Dispute, choice: Choice) -> Settled:
    if choice.value is not None:
        return choice.value
    for candidate in dispute.candidates:
        if candidate.system == choice.system:
            return candidate.value
    systems = ", ".join(sorted({candidate.system for candidate in dispute.candidates}))
    raise NotFoundError(f"{choice.system!r} has no value in this conflict", hint=f"choose one of {systems}, or give --value")


def _acknowledge(tx: Transaction, one: Gathered, dispute: Dispute, value: Settled) -> None:
    """Take what each replica shows now as seen, so that only a later edit counts as new.

    What never stood in the conflict was not seen by whoever resolved it: it stays an edit, and is met as one.
    """
    seen = [value, dispute.base, *(candidate.value for candidate in dispute.candidates)]
    writes = []
    for replica in one.view.replicas:
        for view in replica.surfaces:
            if view.surface.field != dispute.field or isinstance(view.observed, Unobserved):
                continue
            known = next((stood for stood in seen if view.surface.lens.consistent(view.observed, stood)), None)
            if known is not None:
                write = BaseWrite(
                    replica.link.uid, view.surface.id, Base(view.observed, known), "seen when the conflict was resolved"
                )
                writes.append(write)
    tx.bases.put(writes)


def link_records(context: Context, keep: str, other: str) -> Link:
    """Tie the record named ``other`` to the item of the record named ``keep``. Fields that differ become conflicts, or go to their owner.

    Raises:
        NotFoundError: a name leads to no record, or the item has a record in that scope already.
    """
    with context.store.transaction(durable=True) as tx:
        target, stranger = one_link(tx, keep), unclaimed(context, tx, other)
        if stranger is not None:
            return _link_unclaimed(context, tx, target, stranger)
        moving = one_link(tx, other, unlinked=True)
        if target.item == moving.item and moving.state is LinkState.LINKED:
            raise NotFoundError(f"{keep} and {other} are linked already")
        _refuse_double(tx, target, moving.scope)
        siblings = tx.links.of_items([moving.item])[moving.item]
        together = moving.state is LinkState.LINKED and any(link.state is LinkState.LINKED for link in siblings if link != moving)
        if together:
            raise NotFoundError(f"{other} is linked to another record", hint=f"pmsync unlink {other} first")
        if private_links(tx, [target, replace(moving, state=LinkState.LINKED)]):
            raise NotFoundError(f"{keep} or {other} can be read by some people only: such things are never carried elsewhere")
        tx.links.change(replace(moving, state=LinkState.UNMANAGED, how="moved"))
        tx.notices.settle(moving.scope, MISSING, moving.uid)
        record = tx.observations.get(moving.ref)
        place = Place(moving.ref, moving.scope, moving.key, moving.url) if record is None else Place.of(record)
        made = bind(context, tx, place, target.item, "person")
        if made is None:
            raise NotFoundError(f"{other} is bound already")
        return made


def _link_unclaimed(context: Context, tx: Transaction, target: Link, record: Record) -> Link:
    """Tie a record that waits, for a create in doubt may have made it. If it is that item's create, it has landed."""
    _refuse_double(tx, target, record.scope)
    if record.audience is Audience.PRIVATE or private_links(tx, [target]):
        raise NotFoundError(
            f"{target.key} or {record.key} can be read by some people only: such things are never carried elsewhere"
        )
    made = bind(context, tx, Place.of(record), target.item, "person")
    if made is None:
        raise NotFoundError(f"{record.key} is bound already")
    tx.notices.settle(record.scope, UNCLAIMED, record.key)
    row = open_create(tx, target.item, record.scope)
    if row is not None:
        claim(context, tx, record, row)
    return made


def _refuse_double(tx: Transaction, target: Link, scope: ScopeRef) -> None:
    for link in tx.links.of_items([target.item])[target.item]:
        if link.scope == scope and link.state is LinkState.LINKED:
            raise NotFoundError(
                f"{target.key} has a record in {scope} already: {link.key}", hint=f"pmsync unlink {link.key} first"
            )


def unlink_record(context: Context, name: str) -> Link:
    """Take a record out of management: nothing is read from it or written to it until it is linked again."""
    with context.store.transaction(durable=True) as tx:
        link = one_link(tx, name)
        tx.links.change(replace(link, state=LinkState.UNMANAGED, how="unlinked"))
        tx.notices.settle(link.scope, MISSING, link.uid)
        tx.dirty.mark([f"item:{link.item}"], link.scope, "one of its records was unlinked")
        entry = Entry(
            context.run, "unlink", link.item, link=link.uid, why=f"{link.key} unlinked by a person", at=context.clock.now()
        )
        tx.journal.append([entry])
    return link


def abandon(context: Context, op_uid: str) -> None:
    """Give up on a write in doubt after looking by hand; its item is planned anew.

    Raises:
        NotFoundError: there is no such open write.
    """
    with context.store.transaction(durable=True) as tx:
        rows = [row for row in tx.ops.open() if row.op.uid.startswith(op_uid)]
        if not op_uid or len(rows) != 1:
            many = "several writes in doubt are" if op_uid and rows else "there is no write in doubt"
            raise NotFoundError(f"{many} named {op_uid!r}", hint="pmsync status lists them")
        [row] = rows
        if row.state is not OpState.AMBIGUOUS:
            tx.ops.advance(row.op.uid, OpState.AMBIGUOUS, reason="cut off")
        tx.ops.advance(row.op.uid, OpState.RESOLVED, outcome="abandoned", reason="given up by a person")
        tx.notices.settle(row.op.scope, "in_doubt", row.op.uid)
        tx.dirty.mark([f"item:{row.op.item}"], row.op.scope, "given up by a person")


def one_link(tx: Transaction, name: str, *, unlinked: bool = False) -> Link:
    """The one managed record of that key, URL or remote id; where there is none, and ``unlinked``, the one that a person took out.

    Raises:
        NotFoundError: none, or several.
    """
    named = tx.links.named(name)
    found = [link for link in named if link.state is LinkState.LINKED]
    if unlinked and not found:
        found = [link for link in named if link.state is LinkState.UNMANAGED and link.how in ("unlinked", "undone")]
    if len(found) != 1:
        many = ", ".join(f"{link.ref.system}:{link.key}" for link in found)
        hint = f"be more exact: {many}" if found else "use the key or URL as pmsync status and explain show it"
        raise NotFoundError(f"{name!r} names {'several records' if found else 'no managed record'}", hint=hint)
    return found[0]
