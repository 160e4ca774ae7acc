"""Settle: run the pure ``reconcile`` over a batch of dirty items, commit what it decides, and collect the writes it wants.

An item stays dirty until nothing more is wanted of it: the dirty table is the durable outbox, planned work itself is never stored.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from pmsync.engine.absence import lately_missed
from pmsync.engine.breaker import looping
from pmsync.engine.comments import follow_deletions
from pmsync.engine.context import Context
from pmsync.engine.directory import keep_references, keep_strangers
from pmsync.engine.elsewhere import point_elsewhere
from pmsync.engine.feedback import derive, told_to_feedback
from pmsync.engine.gather import Gathered, gather
from pmsync.engine.placeless import tell_placeless
from pmsync.engine.protect import shields
from pmsync.engine.refusals import refused
from pmsync.engine.route import creations, guarded_update
from pmsync.engine.ties import keep_ties
from pmsync.model.enums import Audience, Nature
from pmsync.model.item import Item, Link
from pmsync.model.record import ScopeRef
from pmsync.model.values import EMPTY, Unobserved
from pmsync.reconcile.matching import How
from pmsync.reconcile.operation import Change, Operation, OpKind
from pmsync.reconcile.reconcile import reconcile
from pmsync.reconcile.sentences import say
from pmsync.reconcile.view import Decision, Skip, SurfaceView
from pmsync.store import Transaction
from pmsync.store.dirty import DirtyRow
from pmsync.store.journal import Entry


class Verdict(Enum):
    """What becomes of an item's dirty mark: nothing more is wanted; it waits for its writes; it rests until the slow beat."""

    DONE = auto()
    KEEP = auto()
    LATER = auto()


_TURNS = {Nature.WORK: 1, Nature.COMMENT: 2}


@dataclass(slots=True)
class Wanted:
    """The writes a run wants.

    ``review`` holds uids of creates that a person must see first, ``completing`` those of updates that finish a creation, and ``born`` tells
    of each create when its source was filed (Unix seconds): mirrors are made in that order.
    """

    ops: list[Operation] = field(default_factory=list)
    born: dict[str, float] = field(default_factory=dict)
    review: set[str] = field(default_factory=set)
    completing: set[str] = field(default_factory=set)
    skips: list[Skip] = field(default_factory=list)

    def in_order(self) -> list[Operation]:
        """Updates as they came, then creates: what others refer to first, then the oldest source first; comments last."""
        return sorted(self.ops, key=lambda op: (_TURNS.get(op.item_kind.nature, 0), self.born.get(op.uid, 0.0)))


def settle(context: Context, rows: Sequence[DirtyRow], wanted: Wanted) -> None:
    """Reconcile the items that the dirty ``rows`` name, in one transaction, adding what must be written to ``wanted``."""
    if not rows:
        return
    uids = [row.target.removeprefix("item:") for row in rows]
    with context.store.transaction() as tx:
        tx.scopes.many(context.setup.scopes())  # of which each item asks for several
        gathered = {one.item.uid: one for one in gather(context, tx, uids)}
        derived = _follow(context, tx, [one.item for one in gathered.values()])
        derived += follow_deletions(context, tx, gathered.values())
        gathered |= {one.item.uid: one for one in gather(context, tx, derived)}
        finished, judged = [], []
        for row, uid in zip(rows, uids, strict=True):
            verdict = _settle_one(context, tx, gathered[uid], wanted) if uid in gathered else Verdict.DONE
            if verdict is Verdict.DONE:
                finished.append(row)
            elif verdict is Verdict.KEEP:
                context.settled[row.target] = row.seq
            else:
                tx.dirty.postpone(row, context.clock.now() + context.setup.beats.catalogue)
            if verdict is not Verdict.KEEP and uid in gathered:
                judged.append(gathered[uid])
        tx.dirty.done(finished)
        _lift_guards(context, tx, judged)


_FOLLOWED = frozenset({"about", "blocked_by"})
"""Fields that others follow from."""


def _follow(context: Context, tx: Transaction, items: Collection[Item]) -> list[str]:
    """Bring the fields up to date that follow from others; the uids of the items of which one was written."""
    return [*derive(context, tx, items), *point_elsewhere(context, tx, items)]


def _lift_guards(context: Context, tx: Transaction, judged: Sequence[Gathered]) -> None:
    """The audience guard stood in the way of something that is not wanted any more: of these items, what it was not met for just now."""
    keys = {link.key for one in judged for link in one.links}
    for notice in tx.notices.open():
        if notice.code == "audience" and notice.subject in keys and notice.last_at < context.clock.now():
            tx.notices.settle(notice.scope, notice.code, notice.subject)


def _settle_one(context: Context, tx: Transaction, one: Gathered, wanted: Wanted) -> Verdict:
    """Commit one item's decision, and say whether anything more is wanted of it."""
    context.ledger.moved.update(_edited(one))
    decision = reconcile(one.view)
    commit(context, tx, one, decision)
    if any(write.field in _FOLLOWED for write in decision.hub) and _follow(context, tx, tx.items.many([one.item.uid]).values()):
        [one] = gather(context, tx, [one.item.uid])
        decision = reconcile(one.view)
        commit(context, tx, one, decision)
    if one.item.uid in context.unsent:
        return Verdict.KEEP
    updates = list(_updates(context, tx, one, decision, wanted))
    routing = creations(context, tx, one, decision)
    wanted.ops += updates
    wanted.ops += [create.op for create in routing.creations]
    wanted.review |= {create.op.uid for create in routing.creations if create.review}
    wanted.born |= {create.op.uid: create.born for create in routing.creations}
    if updates or routing.creations or routing.waiting or _unsettled(context, one, decision):
        return Verdict.KEEP
    resting = routing.resting or len(decision.wanted) > sum(len(op.changes) for op in updates)
    return Verdict.LATER if resting or any(skip.code == "drift_respected" for skip in decision.skips) else Verdict.DONE


def _edited(one: Gathered) -> Iterator[ScopeRef]:
    """The scopes whose records show an edit that was not taken note of yet."""
    for replica in one.view.replicas:
        if not replica.busy and one.item.kind.nature is not Nature.COMMENT and any(_moved(view) for view in replica.surfaces):
            yield replica.link.scope


def _moved(view: SurfaceView) -> bool:
    if view.base is None or not view.direction.ingests or isinstance(view.observed, Unobserved):
        return False
    canon = view.surface.lens.canon
    return canon(view.observed) != canon(view.base.remote)


def _unsettled(context: Context, one: Gathered, decision: Decision) -> bool:
    """Whether a write is in doubt, or a record could not take part because its system is out of reach."""
    if one.open_ops or any(skip.code in ("busy", "in_flight") for skip in decision.skips):
        return True
    return any(not context.is_ready(link.scope) and context.setup.product_of(link.scope) for link in one.alive)


def commit(context: Context, tx: Transaction, one: Gathered, decision: Decision) -> None:
    """Store what was decided over one item: hub values, bases, conflicts, drift, and what lost or was left alone."""
    _write_hub(context, tx, one, decision)
    tx.bases.put(decision.bases)
    _keep_disputes(context, tx, one, decision)
    _keep_drift(context, tx, one, decision)
    for lost in decision.overruled:
        why = f"{lost.why}; the overruled value is kept here"
        entry = _entry(context, one, "overruled", field=lost.field, link=lost.link, before=lost.value, after=lost.winner, why=why)
        tx.journal.append([entry])
        said = f"{_name(one)} {lost.field}: {say(lost.value)} gives way to {say(lost.winner)}, for {lost.why}"
        context.tell("overruled", said, item=one.item.uid, field=lost.field)
    for skip in decision.skips:
        _notice(context, tx, one, skip)
    _wait_for_strangers(tx, one)
    tell_placeless(context, tx, one, decision)


def _wait_for_strangers(tx: Transaction, one: Gathered) -> None:
    """What a record refers to may be pulled later."""
    for replica in one.view.replicas:
        keep_ties(tx, one.item.uid, replica)
        for view in replica.surfaces:
            if not isinstance(view.observed, Unobserved):
                keep_strangers(tx, one.item.uid, view.surface, replica.link.ref.system, view.observed)


def _write_hub(context: Context, tx: Transaction, one: Gathered, decision: Decision) -> None:
    for write in decision.hub:
        held = one.item.fields.get(write.field)
        before = held.value if held else None
        tx.items.write(one.item.uid, write.field, write.value, write.provenance)
        keep_references(tx, one.item.uid, write.field, write.value)
        told_to_feedback(tx, one.item.uid, write.field)
        entry = _entry(
            context,
            one,
            "hub",
            field=write.field,
            system=write.provenance.source,
            before=before,
            after=write.value,
            actor=write.provenance.actor,
            why=write.provenance.why,
        )
        tx.journal.append([entry])
        context.tell("ingested", write.provenance.why, item=one.item.uid, field=write.field)


def _keep_disputes(context: Context, tx: Transaction, one: Gathered, decision: Decision) -> None:
    for dispute in decision.disputes:
        known = one.view.disputes.get(dispute.field)
        if known == dispute:
            continue
        tx.conflicts.put(one.item.uid, dispute, context.run)
        said = " / ".join(f"{candidate.system}: {candidate.shown}" for candidate in dispute.candidates)
        entry = _entry(context, one, "conflict", field=dispute.field, before=dispute.base, why=said)
        tx.journal.append([entry])
        if known is None:
            context.tell("conflict", f"{_name(one)} {dispute.field}: {said}", item=one.item.uid, field=dispute.field)
    for ended in decision.settled:
        tx.conflicts.close(one.item.uid, ended.field, ended.value, "agreement")
        tx.journal.append([_entry(context, one, "resolve", field=ended.field, after=ended.value, why=ended.why)])
        context.tell("settled", f"{_name(one)} {ended.field}: {ended.why}", item=one.item.uid, field=ended.field)


def _keep_drift(context: Context, tx: Transaction, one: Gathered, decision: Decision) -> None:
    now = context.clock.now()
    drifting = set(decision.drift)
    for replica in one.view.replicas:
        for view in replica.surfaces:
            place = (replica.link.uid, view.surface.id)
            if place in drifting:
                tx.bases.drifted(*place, now)
            elif view.drift_since is not None:
                tx.bases.calmed(*place)


_NOTICED = frozenset({"unmapped", "unrepresentable", "read_only", "stale_map", "drift_respected", "unobserved", "cut"})


_FREE = frozenset({"title", "body", "labels"})
"""Fields whose values are no common words: what cannot be written concerns one record."""


def _notice(context: Context, tx: Transaction, one: Gathered, skip: Skip) -> None:
    """Report each reason once per scope and subject, however many items share it."""
    if skip.code not in _NOTICED:
        return
    link = next((link for link in one.links if link.uid == skip.link), None)
    if link is None:
        return
    shared = skip.code in ("unmapped", "read_only", "unobserved") or (skip.code == "unrepresentable" and skip.field not in _FREE)
    subject = f"{skip.field}: {skip.subject}" if shared else f"{link.key} {skip.field}: {skip.subject}"
    reason = f"{link.key} {skip.field}: {skip.reason}" if skip.code in ("unrepresentable", "cut") and not shared else skip.reason
    if tx.notices.raise_(link.scope, skip.code, subject, reason):
        context.tell("skipped", reason, scope=link.scope, item=one.item.uid, field=skip.field, code=skip.code)


def _updates(context: Context, tx: Transaction, one: Gathered, decision: Decision, wanted: Wanted) -> Iterator[Operation]:
    links = {link.uid: link for link in one.alive}
    shielded = shields(context, tx, one, decision)
    grouped: dict[str, list[Change]] = defaultdict(list)
    for want in decision.wanted:
        link = links[want.link]
        if (
            want.link not in shielded
            and not _barred(context, tx, one, link)
            and not refused(context, tx, link, want.change)
            and not looping(context, tx, link, want.change)
        ):
            grouped[want.link].append(want.change)
    wanted.skips += decision.skips
    for link_uid, changes in sorted(grouped.items()):
        op = _update(context, one, links[link_uid], changes)
        if _completes(one, links[link_uid], changes):
            wanted.completing.add(op.uid)
        yield op


def _barred(context: Context, tx: Transaction, one: Gathered, link: Link) -> bool:
    """Whether nothing at all is written to the record: only some people can read it, too many can, or it cannot be found at present."""
    if one.records[link.ref].audience is Audience.PRIVATE or lately_missed(context, tx, link):
        return True
    return guarded_update(context, tx, one, link)


def _update(context: Context, one: Gathered, link: Link, changes: Sequence[Change]) -> Operation:
    why = "; ".join(dict.fromkeys(change.why for change in changes))
    return Operation(
        context.new_uid(), OpKind.UPDATE, one.item.uid, link.scope, link.ref, link.key, one.item.kind, tuple(changes), None, why
    )


def _completes(one: Gathered, link: Link, changes: Sequence[Change]) -> bool:
    """Whether the update only sets the status that our own create of the record could not carry."""
    if link.how not in ("created", How.MARKER) or any(change.field != "status" for change in changes):
        return False
    replica = next(replica for replica in one.view.replicas if replica.link.uid == link.uid)
    bases = {view.surface.id: view.base for view in replica.surfaces}
    return all((base := bases.get(change.surface)) is not None and base.hub == EMPTY for change in changes)


def _name(one: Gathered) -> str:
    return next((link.key for link in one.alive), one.item.uid[:8])


def _entry(context: Context, one: Gathered, kind: str, **facts: object) -> Entry:
    return Entry(context.run, kind, one.item.uid, at=context.clock.now(), **facts)  # type: ignore[arg-type]  # Entry's own fields
