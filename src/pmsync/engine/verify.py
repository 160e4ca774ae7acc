"""Verify: read every linked record directly and count where it and the hub differ. Nothing is written, here or there.

One page of links at a time: the records are read first and the store afterwards, so that what a sync did meanwhile shows as an edit since
the last pull and never as unexplained.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pmsync.connect.contract import Fetched
from pmsync.connect.errors import ConnectorError
from pmsync.engine.absence import lately_missed
from pmsync.engine.context import Context
from pmsync.engine.differences import Difference, Pair, Why, differences, lost, tally, unread
from pmsync.engine.protect import bearer, protected
from pmsync.engine.route import update_forbidden
from pmsync.model.item import Item, Link, LinkState
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.reconcile.surface import Surface
from pmsync.reconcile.view import Dispute
from pmsync.store import Transaction
from pmsync.store.bases import BaseRow
from pmsync.store.ops import OpRow


@dataclass(slots=True)
class ScopeCheck:
    """What was found in one scope.

    Attributes:
        scope: which.
        linked: how many linked records were looked at.
        agreed: how many of them agree with the hub in everything that can be compared.
        drift: reason to the number of places that differ for it.
        failed: why the scope could not be looked at to its end, "" when it was.
        remedy: what a person does about that.
    """

    scope: str
    linked: int = 0
    agreed: int = 0
    drift: Counter[str] = field(default_factory=Counter)
    failed: str = ""
    remedy: str = ""


@dataclass(slots=True)
class Verification:
    """All scopes, and those differences that were to be listed, unexplained ones first; ``omitted`` counts the others."""

    scopes: list[ScopeCheck] = field(default_factory=list)
    listed: list[Difference] = field(default_factory=list)
    omitted: int = 0

    @property
    def unexplained(self) -> int:
        """How many differences nothing explains: 0 at rest."""
        return sum(check.drift[Why.UNEXPLAINED] for check in self.scopes)

    @property
    def exit_code(self) -> int:
        """0 when everything was looked at and every difference is explained, else 1."""
        return 1 if self.unexplained or any(check.failed for check in self.scopes) else 0


def verify(context: Context, scopes: Sequence[ScopeRef], *, stored: bool, keep: int | None) -> Verification:
    """Compare the linked records of ``scopes`` with the hub.

    Args:
        context: what to ask and whom to tell; it stands for no run, and nothing is stored.
        scopes: where to look.
        stored: take the records as they were last pulled; no record is read then, only which values there are.
        keep: how many differences are listed; those that are explained only with None, which lists all.
    """
    found = Verification()
    for scope in scopes:
        found.scopes.append(_Look(context, scope, found, keep).through(stored=stored))
    found.listed.sort(key=lambda one: (one.why is not Why.UNEXPLAINED, one.why))
    return found


@dataclass(slots=True)
class _Look:
    """One scope while it is looked through."""

    context: Context
    scope: ScopeRef
    found: Verification
    keep: int | None

    def through(self, *, stored: bool) -> ScopeCheck:
        """Count page by page; a system that fails ends the scope, not the others."""
        check = ScopeCheck(str(self.scope))
        try:
            surfaces = self.context.surface_map(self.scope)
            with self.context.store.transaction() as tx:
                total = tx.links.count(self.scope)
            for links in self._pages():
                fetched = None if stored else self.context.connector(self.scope).fetch(self.scope, [link.ref for link in links])
                self._compare(check, surfaces, links, fetched)
                self.context.tell("progress", f"{self.scope}: comparing", scope=self.scope, done=check.linked, total=total)
        except ConnectorError as error:
            check.failed, check.remedy = error.message, error.hint
        return check

    def _pages(self) -> Iterator[list[Link]]:
        """The scope's links, one direct read to a page."""
        after, size = "", self.context.connector(self.scope).capabilities.fetch_batch
        while True:
            with self.context.store.transaction() as tx:
                links = tx.links.in_scope(self.scope, after, size)
            if not links:
                return
            after = links[-1].uid
            yield links

    def _compare(
        self, check: ScopeCheck, surfaces: Mapping[str, Surface], links: Sequence[Link], fetched: Fetched | None
    ) -> None:
        with self.context.store.transaction() as tx:
            facts = _facts(self.context, tx, self.scope, links)
            for link in (facts.links[one.uid] for one in links):
                if link.state is not LinkState.LINKED:
                    continue
                different = self._differences(tx, facts, surfaces, link, fetched)
                check.linked += 1
                check.agreed += not different
                check.drift.update(tally(different))
                self._list(different)

    def _differences(
        self, tx: Transaction, facts: _Facts, surfaces: Mapping[str, Surface], link: Link, fetched: Fetched | None
    ) -> list[Difference]:
        seen = facts.seen.get(link.ref)
        record = seen if fetched is None else next((one for one in fetched.records if one.ref == link.ref), None)
        if record is None:
            return [unread(link) if fetched is None else lost(link, deleted=link.ref in fetched.deleted)]
        return differences(tx, self.context.setup.policy, surfaces, facts.pair(self.context, tx, link, record))

    def _list(self, different: Sequence[Difference]) -> None:
        for one in different:
            wanted = self.keep is None or (one.why is Why.UNEXPLAINED and len(self.found.listed) < self.keep)
            if wanted:
                self.found.listed.append(one)
            else:
                self.found.omitted += 1


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the store knows of one page of links, read in one transaction."""

    links: Mapping[str, Link]
    siblings: Mapping[str, Sequence[Link]]
    items: Mapping[str, Item]
    seen: Mapping[RecordRef, Record]
    bases: Mapping[str, Mapping[str, BaseRow]]
    disputes: Mapping[str, Mapping[str, Dispute]]
    open_ops: Mapping[str, Sequence[OpRow]]
    dirty: frozenset[str]
    halted: tuple[Why, str] | None

    def pair(self, context: Context, tx: Transaction, link: Link, record: Record) -> Pair:
        """All that may explain why ``record`` differs from its item."""
        alive = [one for one in self.siblings[link.item] if one.state is LinkState.LINKED]
        return Pair(
            link,
            self.items[link.item],
            record,
            self.seen.get(link.ref),
            self.bases.get(link.uid, {}),
            len(alive) > 1,
            frozenset(self.disputes.get(link.item, {})),
            link.item in self.dirty or link.item in self.open_ops,
            self.halted,
            self._barred(context, tx, link, alive),
        )

    def _barred(self, context: Context, tx: Transaction, link: Link, alive: Sequence[Link]) -> tuple[Why, str] | None:
        if (by := protected(context, bearer(self.items[link.item], alive, self.seen), link)) is not None:
            return Why.PROTECTED, f"it is protected by {by.text}"
        refusal = update_forbidden(context, tx, link, alive, self.seen)
        if refusal is not None:
            return Why.RESTRICTED, refusal
        return (Why.MISSING, "it could not be read a while ago") if lately_missed(context, tx, link) else None


def _facts(context: Context, tx: Transaction, scope: ScopeRef, links: Sequence[Link]) -> _Facts:
    items = {link.item for link in links}
    siblings = tx.links.of_items(items)
    every = {link.uid: link for group in siblings.values() for link in group}
    return _Facts(
        every,
        siblings,
        tx.items.many(items),
        tx.observations.many([link.ref for link in every.values() if link.state is LinkState.LINKED]),
        tx.bases.of_links([link.uid for link in links]),
        tx.conflicts.open_for(items),
        tx.ops.open_for(items),
        frozenset(target.removeprefix("item:") for target in tx.dirty.marked(f"item:{uid}" for uid in items)),
        _halted(context, tx, scope),
    )


def _halted(context: Context, tx: Transaction, scope: ScopeRef) -> tuple[Why, str] | None:
    """Why nothing goes to or from the scope at present."""
    for pause in tx.pauses.all():
        if pause.target in (scope.system, str(scope)):
            return Why.PAUSED, f"{pause.target} is paused by {pause.who}"
    row = tx.scopes.get(scope)
    return (Why.FROZEN, row.frozen_why) if row is not None and row.frozen_why else None
