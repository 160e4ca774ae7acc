"""Taking back what a run did to one record: the op that does it, or the reasons why it is left alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pmsync.engine.context import Context
from pmsync.engine.protect import Bearer, bearer, protected
from pmsync.engine.written import WRITES, Written, standing
from pmsync.model.enums import Audience, Nature, Status, StatusCategory
from pmsync.model.fields import FIELDS
from pmsync.model.item import Item, Link, LinkState
from pmsync.model.labels import by_key
from pmsync.model.record import Record, RecordRef
from pmsync.model.values import EMPTY, Known, Settled, Unobserved, known, members
from pmsync.reconcile.lens import Unmapped, Unrepresentable
from pmsync.reconcile.operation import Change, Operation, OpKind
from pmsync.reconcile.sentences import short
from pmsync.reconcile.surface import Surface
from pmsync.reconcile.view import Skip
from pmsync.store import Transaction
from pmsync.store.bases import BaseRow
from pmsync.store.journal import JournalRow
from pmsync.store.runs import RunRow

TAKEN_BACK = Known("*This copy was taken back.*")
"""What the copy of a comment says, below its header, whose making was undone: nothing is ever deleted."""


@dataclass(frozen=True, slots=True)
class Around:
    """What is known of some records besides what they show."""

    items: Mapping[str, Item]
    links: Mapping[str, Sequence[Link]]
    seen: Mapping[RecordRef, Record]
    bases: Mapping[str, Mapping[str, BaseRow]]
    disputed: frozenset[tuple[str, str]]
    unresolved: frozenset[RecordRef | None]


def around(tx: Transaction, links: Sequence[Link]) -> Around:
    """What the store knows of the records of ``links``."""
    uids = {link.item for link in links}
    disputes, open_ops = tx.conflicts.open_for(uids), tx.ops.open_for(uids)
    siblings = tx.links.of_items(uids)
    alive = {uid: [link for link in group if link.state is LinkState.LINKED] for uid, group in siblings.items()}
    return Around(
        tx.items.many(uids),
        alive,
        tx.observations.many([link.ref for group in alive.values() for link in group]),
        tx.bases.of_links([link.uid for link in links]),
        frozenset((item, name) for item, open_now in disputes.items() for name in open_now),
        frozenset(row.op.ref or row.ref for group in open_ops.values() for row in group),
    )


def barred(context: Context, link: Link, record: Record | None, facts: Around) -> Skip | None:
    """Why nothing at all is taken back on a record; None when something may be."""
    code, reason = "", ""
    if link.state is LinkState.UNMANAGED and link.how == "undone":
        code, reason = "undone_already", "it was created by pmsync and given back since; `pmsync link` ties it again"
    elif link.state is not LinkState.LINKED:
        code, reason = "unmanaged", "pmsync does not manage it any more"
    elif record is None:
        code, reason = "gone", "it cannot be read any more"
    elif record.scope != link.scope:
        code, reason = "unmanaged", f"it was moved to {record.scope}"
    elif record.audience is Audience.PRIVATE:
        code, reason = "restricted", "only some people can read it now"
    elif link.ref in facts.unresolved:
        code, reason = "unresolved", "a later write to it is in doubt: pmsync sync looks it up"
    elif (by := protected(context, _bearer(link, record, facts), link)) is not None:
        code, reason = "protected", f"it is protected by {by.text}"
    return Skip(link.uid, "", "", code, link.key, f"{link.key}: {reason}") if code else None


def _bearer(link: Link, record: Record, facts: Around) -> Bearer:
    return bearer(facts.items[link.item], facts.links[link.item], {**facts.seen, link.ref: record})


@dataclass(slots=True)
class TakeBack:
    """One record that the run wrote to or created, as it stands now."""

    context: Context
    tx: Transaction
    run: RunRow
    link: Link
    record: Record
    facts: Around
    skips: list[Skip] = field(default_factory=list)

    @property
    def item(self) -> Item:
        """The item it belongs to."""
        return self.facts.items[self.link.item]

    def put_back(self, places: Sequence[Written]) -> Operation | None:
        """The op that writes the values back that stood there before; None when all are left alone."""
        changes = [change for place in places if (change := self._back(place)) is not None]
        return self._op(changes) if changes else None

    def given_back(self, seq: int) -> Operation | None:
        """The op that closes a created record, if it can be closed, and ends its link; None when somebody has worked on it since."""
        edited = self._edited(seq)
        if edited:
            self._skip("changed_since", edited, f"{edited} was edited since pmsync created it; it is left alone")
            return None
        if self.item.kind.nature is Nature.COMMENT:
            return self._op([self._taking_back(surface) for surface in self._surfaces("body")], ends=True)
        return self._op([change for surface in self._surfaces("status") if (change := self._closing(surface))], ends=True)

    def _taking_back(self, surface: Surface) -> Change:
        """The change that empties a copy of a comment of all but the word that it was taken back."""
        shown = self.record.values.get(surface.id, EMPTY)
        before = EMPTY if isinstance(shown, Unobserved) else shown
        why = f"run {self.run.uid[:8]} created it and is undone"
        return Change(surface.id, "body", before, TAKEN_BACK, self._hub("body"), why)

    def _op(self, changes: Sequence[Change], *, ends: bool = False) -> Operation:
        said = f"created by run {self.run.uid[:8]}, which is undone" if ends else f"undoes run {self.run.uid[:8]}"
        return Operation(
            self.context.new_uid(),
            OpKind.UPDATE,
            self.link.item,
            self.link.scope,
            self.link.ref,
            self.record.key,
            self.item.kind,
            tuple(sorted(changes, key=lambda change: change.surface)),
            None,
            said,
            undoes=self.run.uid,
            ends=ends,
        )

    def _skip(self, code: str, name: str, reason: str, surface: str = "") -> None:
        self.skips.append(Skip(self.link.uid, surface, name, code, self.link.key, f"{self.link.key}: {reason}"))

    def _surfaces(self, name: str) -> Iterator[Surface]:
        return (surface for surface in self.context.surfaces(self.link.scope, self.item.kind.nature) if surface.field == name)

    def _hub(self, name: str) -> Settled:
        held = self.item.fields.get(name)
        return held.value if held else EMPTY

    # -- what the run wrote to known records -----------------------------------------------------------------------------------

    def _back(self, place: Written) -> Change | None:
        surface = self.context.surface_map(self.link.scope).get(place.surface)
        refused = self._stands(place) or self._unwritable(place, surface)
        if surface is None or refused is not None:
            code, reason = refused or ("not_pushed", "it is not there any more")
            self._skip(code, place.field, f"{place.field} {reason}", place.surface)
            return None
        shown = self.record.values.get(surface.id, Unobserved("it was not read"))
        if isinstance(shown, Unobserved):
            self._skip("gone", place.field, f"{place.field} cannot be seen: {shown.reason}", place.surface)
            return None
        target = _target(place, surface, shown)
        if target is None or not self._is_pulled(place, surface, shown):
            self._skip("changed_since", place.field, self._changed(place, surface, shown), place.surface)
            return None
        if surface.lens.canon(target) == surface.lens.canon(shown):
            return None
        why = f"undoes run {self.run.uid[:8]}" + ("" if place.undid else f": {place.why}")
        return Change(surface.id, place.field, shown, target, self._hub(place.field), why)

    def _is_pulled(self, place: Written, surface: Surface, shown: Settled) -> bool:
        """Whether what else a set holds is known: an edit that was not pulled yet would be agreed upon unseen."""
        row = self.facts.bases.get(self.link.uid, {}).get(surface.id)
        return not place.is_set or (
            row is not None and row.base is not None and surface.lens.canon(shown) == surface.lens.canon(row.base.remote)
        )

    def _stands(self, place: Written) -> tuple[str, str] | None:
        """Why the run's write is not the last word on the surface."""
        later = [
            entry
            for entry in self.tx.journal.since(self.link.item, place.field, place.seq)
            if entry.kind in WRITES and entry.link == self.link.uid and entry.surface == place.surface
        ]
        found = standing(self.run.uid, later, self.tx.ops.many(entry.op for entry in later))
        if not found.run:
            return "undone_already", f"was undone by run {found.back[:8]}"
        return None if found.run == self.run.uid else ("written_again", f"was written again by run {found.run[:8]}")

    def _unwritable(self, place: Written, surface: Surface | None) -> tuple[str, str] | None:
        if surface is None:
            return "not_pushed", "has no place there any more"
        if surface.read_only is not None:
            return "not_pushed", f"cannot be written there: {surface.read_only}"
        if not self.context.setup.policy.flow(place.field, self.link.ref.system, self.item.kind.nature).emits:
            return "not_pushed", f"is not written to {self.link.ref.system} any more, by the config"
        if (self.link.item, place.field) in self.facts.disputed:
            return "conflict", "is in conflict: pmsync conflicts"
        return None

    def _changed(self, place: Written, surface: Surface, shown: Settled) -> str:
        edits = [entry for entry in self.tx.journal.since(self.link.item, place.field, place.seq) if entry.kind == "hub"]
        actors = [entry.actor for entry in edits if entry.system == self.link.ref.system and entry.actor]
        who = (actors or [self.record.actor])[-1]
        by = f", by {who}" if who else ""
        more = "; what pmsync sync takes over first may be undone after it" if place.is_set else ""
        now, left = short(surface.show(shown)), short(surface.show(place.after))
        return f"{place.field} was changed since{by}: it shows {now}, the run left {left}{more}"

    # -- what the run created --------------------------------------------------------------------------------------------------

    def _edited(self, seq: int) -> str:
        """The first field that somebody edited on the record since pmsync created it, or that came into conflict; "" when there is none."""
        bases = self.facts.bases.get(self.link.uid, {})
        for surface in self.context.surfaces(self.link.scope, self.item.kind.nature):
            row = bases.get(surface.id)
            shown = self.record.values.get(surface.id, Unobserved("not read"))
            if row is None or row.base is None or isinstance(shown, Unobserved):
                continue
            if surface.lens.canon(shown) != surface.lens.canon(row.base.remote):
                return surface.field
        for name in FIELDS:
            if any(self._tells_of_an_edit(entry) for entry in self.tx.journal.since(self.link.item, name, seq)):
                return name
        return ""

    def _tells_of_an_edit(self, entry: JournalRow) -> bool:
        taken_over = entry.kind == "hub" and entry.system == self.link.ref.system
        lost = entry.kind in ("overruled", "overwritten") and entry.link == self.link.uid
        return taken_over or lost or entry.kind == "conflict"

    def _closing(self, surface: Surface) -> Change | None:
        """The change that closes the record as not planned; None when it is closed already or has to stay open, which is told."""
        shown, hub = self.record.values.get(surface.id, Unobserved("it was not read")), self._hub("status")
        if isinstance(shown, Unobserved):
            self._left_open(surface, shown.reason)
            return None
        if is_done(surface.lens.ingest(shown, hub)):
            return None
        target = surface.lens.put(Known(Status.DECLINED.value), shown)
        emits = self.context.setup.policy.direction("status", self.link.ref.system).emits
        if isinstance(target, Unrepresentable) or surface.read_only is not None or not emits:
            never = f"status is not written to {self.link.ref.system}, by the config"
            reason = target.reason if isinstance(target, Unrepresentable) else never
            self._left_open(surface, surface.read_only or reason)
            return None
        why = f"run {self.run.uid[:8]} created it and is undone: it is closed, and pmsync manages it no more"
        return Change(surface.id, "status", shown, target, hub, why)

    def _left_open(self, surface: Surface, reason: str) -> None:
        self._skip("left_open", "status", f"it is given back but stays open, close it by hand: {reason}", surface.id)


def _target(place: Written, surface: Surface, shown: Settled) -> Settled | None:
    """What to write so that the run's write is taken back; None when what it left does not stand there any more.

    Of a set only what the run added goes and what it removed returns: what others did to it stays.
    """
    if not place.is_set:
        return place.before if surface.lens.canon(shown) == surface.lens.canon(place.after) else None
    there = by_key(members(shown))
    if not place.added.keys() <= there.keys() or place.removed.keys() & there.keys():
        return None
    kept = {label for label in members(shown) if label not in _spelled(place.added, members(shown))}
    return known(frozenset(kept | set(place.removed.values())))


def _spelled(labels: Mapping[str, str], shown: frozenset[str]) -> set[str]:
    """The members of ``shown`` that are one of ``labels``, in whatever spelling."""
    return {label for label in shown if next(iter(by_key([label]))) in labels}


def is_done(meaning: Settled | Unmapped) -> bool:
    """Whether a status means that the record is closed."""
    if not isinstance(meaning, Known) or meaning.value not in set(Status):
        return False
    return Status(str(meaning.value)).category is StatusCategory.DONE
