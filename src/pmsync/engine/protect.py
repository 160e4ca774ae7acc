"""Protected records are read and never written: the config's ``protect`` selectors, held against records and their items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pmsync.engine.context import Context
from pmsync.engine.gather import Gathered
from pmsync.model.item import Item, Link
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Known, Settled, Unobserved, members
from pmsync.reconcile.lens import Unmapped
from pmsync.reconcile.protect import Facet, Selector, Target, protecting
from pmsync.reconcile.view import Decision
from pmsync.store import Transaction

CODE = "protected"
UNMATCHED = "protects_nothing"


@dataclass(frozen=True, slots=True)
class Bearer:
    """An item as selectors look at it: its kind, the hub's values, all its managed links, and what their records show."""

    kind: str
    values: Mapping[str, Settled]
    links: Sequence[Link]
    records: Mapping[RecordRef, Record]

    @property
    def labels(self) -> frozenset[str]:
        """The labels of the item and of every record it shows in, whether they are synced or not."""
        found = set(members(self.values.get("labels", EMPTY)))
        for link in self.links:
            for value in self.records[link.ref].values.values() if link.ref in self.records else ():
                if isinstance(value, Known) and isinstance(value.value, frozenset):
                    found |= value.value
        return frozenset(found)


def bearer(item: Item, links: Sequence[Link], records: Mapping[RecordRef, Record]) -> Bearer:
    """The item as the hub holds it."""
    return Bearer(str(item.kind), {name: held.value for name, held in item.fields.items()}, links, records)


def _after(one: Gathered, decision: Decision) -> Bearer:
    """The item as it is once the decision is committed."""
    held = bearer(one.item, one.alive, one.records)
    return replace(held, values={**held.values, **{write.field: write.value for write in decision.hub}})


def protected(context: Context, of: Bearer, link: Link) -> Selector | None:
    """The selector that protects the record of ``link``; None when it may be written."""
    selectors = context.setup.policy.protect
    if not selectors:
        return None
    record = of.records.get(link.ref)
    names = (record.key if record else link.key, link.key, link.ref.remote_id)
    status, priority = (_shown(context, of, link.scope, record, name) for name in ("status", "priority"))
    return protecting(selectors, Target(link.scope, names, of.kind, of.labels, status, priority))


def protected_place(context: Context, of: Bearer, scope: ScopeRef) -> Selector | None:
    """The selector that forbids to make a record of the item in ``scope``; None when it may be made."""
    selectors = context.setup.policy.protect
    return protecting(selectors, Target(scope, (), of.kind, of.labels)) if selectors else None


def _shown(context: Context, of: Bearer, scope: ScopeRef, record: Record | None, name: str) -> str:
    """What the record itself shows, in the hub's words; the item's own value where that cannot be told."""
    value = hub = of.values.get(name, EMPTY)
    if record is not None and context.is_ready(scope):
        for surface in context.surfaces(scope):
            seen = record.values.get(surface.id, Unobserved("not read"))
            if surface.field == name and not isinstance(seen, Unobserved):
                meaning = surface.lens.ingest(seen, hub)
                value = hub if isinstance(meaning, Unmapped) else meaning
    return str(value.value) if isinstance(value, Known) else ""


def shields(context: Context, tx: Transaction, one: Gathered, decision: Decision) -> set[str]:
    """The links of ``one`` whose records are protected. Told once for those of which something is wanted, with the selector."""
    if not context.setup.policy.protect:
        return set()
    wanted, of, found = {want.link for want in decision.wanted}, _after(one, decision), set()
    for link in one.alive:
        by = protected(context, of, link)
        if by is None:
            tx.notices.settle(link.scope, CODE, link.uid)
            continue
        found.add(link.uid)
        said = f"{link.key} is not written: it is protected by {by.text}"
        if link.uid in wanted and tx.notices.raise_(link.scope, CODE, link.uid, said):
            context.tell("skipped", said, scope=link.scope, item=one.item.uid, code=CODE)
    return found


def shields_place(context: Context, tx: Transaction, one: Gathered, decision: Decision, scope: ScopeRef) -> bool:
    """Whether no record of ``one`` may be made in ``scope``; told once, with the selector."""
    if not context.setup.policy.protect:
        return False
    by = protected_place(context, _after(one, decision), scope)
    if by is None:
        return False
    said = f"{one.alive[0].key} is not copied to {scope}: protected by {by.text}"
    if tx.notices.raise_(scope, CODE, one.item.uid, said):
        context.tell("skipped", said, scope=scope, item=one.item.uid, code=CODE)
    return True


def tidy(context: Context, tx: Transaction) -> None:
    """Settle what the config no longer protects, and tell of selectors that name no record that is known."""
    texts = [one.text for one in context.setup.policy.protect]
    for notice in tx.notices.open():
        if notice.code == CODE and not any(notice.reason.endswith(f"protected by {text}") for text in texts):
            tx.notices.settle(notice.scope, CODE, notice.subject)
        if notice.code == UNMATCHED and notice.subject not in texts:
            tx.notices.settle(None, UNMATCHED, notice.subject)
    for one in context.setup.policy.protect:
        if one.facet is Facet.RECORD:
            _check_match(context, tx, one)


def _check_match(context: Context, tx: Transaction, one: Selector) -> None:
    system, _, name = one.text.partition(":")
    if any(link.ref.system == system for link in tx.links.named(name)):
        tx.notices.settle(None, UNMATCHED, one.text)
        return
    said = f"safety.protect: {one.text} is neither a scope of the config nor a record that is linked: it protects nothing yet"
    if tx.notices.raise_(None, UNMATCHED, one.text, said):
        context.tell("skipped", said, code=UNMATCHED)
