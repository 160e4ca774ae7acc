"""Declared: a person has written down, in a roadmap's ``links:``, which records are one thing. It is as good as ``pmsync link``.

A record that is named and not known yet is waited for: nothing is created in its system meanwhile, and it is tied when it shows up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pmsync.engine.adopt import DECLARED, Place, bind, private_links
from pmsync.engine.context import Context
from pmsync.engine.directory import NAME, named_by
from pmsync.model.item import Link, LinkState
from pmsync.model.record import Record, ScopeRef
from pmsync.store import Transaction
from pmsync.store.dirty import DirtyRow

CODE = "declared"


def tie_declared(context: Context, rows: Sequence[DirtyRow]) -> None:
    """Make one item of what the records of the dirty items declare to be one."""
    if not sources(context):
        return
    uids = [row.target.removeprefix("item:") for row in rows]
    with context.store.transaction() as tx:
        links = tx.links.of_items(uids)
        mine = [one for group in links.values() for one in group if _is_source(context, one)]
        records = tx.observations.many([one.ref for one in mine])
        for link in mine:
            record = records.get(link.ref)
            if record is not None:
                _tie(context, tx, link, record)


def sources(context: Context) -> bool:
    """Whether any system is a place where people plan."""
    return any(connector.capabilities.source for connector in context.setup.connectors.values())


def awaits(records: Sequence[Record], scope: ScopeRef) -> bool:
    """Whether one of an item's records names a record of that system: it exists already, so none is made."""
    return any(declared.partition(":")[0] == scope.system for record in records for declared in record.declared)


def _is_source(context: Context, link: Link) -> bool:
    connector = context.setup.connectors.get(link.ref.system)
    return connector is not None and connector.capabilities.source and link.state is LinkState.LINKED


def _tie(context: Context, tx: Transaction, link: Link, record: Record) -> None:
    unknown = []
    for declared in record.declared:
        found = named_by(tx, declared)
        current = tx.links.by_ref(link.ref) or link
        problem = ""
        if len(found) > 1:
            problem = f"links: {declared} names several records"
        elif not found:
            unknown.append(declared)
            problem = f"links: {declared} is not known yet; it is tied to {record.key} as soon as it is seen"
        elif found[0].item != current.item:
            problem = _Pair(context, tx, current, found[0]).join()
        _tell(context, tx, record, declared, problem)
    product = context.setup.product_of(link.scope)
    scopes = [str(scope) for scope in product.scopes] if product else []
    for home in record.homes:
        said = "" if home in scopes else f"create_in: {home} is not among the scopes of its product: {', '.join(scopes)}"
        _tell(context, tx, record, home, said)
    names = [NAME + declared.partition(":")[2] for declared in unknown]
    current = tx.links.by_ref(link.ref) or link
    tx.references.put(current.item, f"links in {link.ref.system}", names)


def _tell(context: Context, tx: Transaction, record: Record, declared: str, problem: str) -> None:
    subject = f"{record.key} {declared}"
    if not problem:
        tx.notices.settle(record.scope, CODE, subject)
    elif tx.notices.raise_(record.scope, CODE, subject, problem):
        context.tell("skipped", problem, scope=record.scope, code=CODE)


@dataclass(frozen=True, slots=True)
class _Pair:
    """The record of a plan, and one that it names, in two items."""

    context: Context
    tx: Transaction
    plan: Link
    named: Link

    def join(self) -> str:
        """Move whichever of the two stands alone into the other's item; returns why neither can be moved, "" when one was."""
        links = self.tx.links.of_items([self.plan.item, self.named.item])
        mine, theirs = self._alive(links, self.plan.item), self._alive(links, self.named.item)
        if private_links(self.tx, [self.plan, self.named]):
            return f"links: {self.named.key} can be read by some people only: such things are tied to nothing"
        if len(mine) == 1 and self.plan.scope not in {one.scope for one in theirs}:
            return self._move(self.plan, self.named)
        if len(theirs) == 1 and self.named.scope not in {one.scope for one in mine}:
            return self._move(self.named, self.plan)
        taken = [one for one in theirs if one.scope == self.plan.scope] or [one for one in mine if one.scope == self.named.scope]
        if taken:
            return f"links: {self.named.key} cannot be tied to {self.plan.key}: {taken[0].key} stands in its place (pmsync unlink {taken[0].key})"
        return f"links: {self.named.key} and {self.plan.key} are each tied to other records (pmsync unlink one of them from those first)"

    def _alive(self, links: dict[str, list[Link]], item: str) -> list[Link]:
        return [one for one in links.get(item, []) if one.state is LinkState.LINKED]

    def _move(self, moving: Link, to: Link) -> str:
        record = self.tx.observations.get(moving.ref)
        self.tx.links.change(replace(moving, state=LinkState.UNMANAGED, how="moved"))
        place = Place(moving.ref, moving.scope, moving.key, moving.url) if record is None else Place.of(record)
        made = bind(self.context, self.tx, place, to.item, DECLARED)
        return "" if made is not None else f"links: {moving.key} is bound already"
