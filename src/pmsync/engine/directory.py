"""The directory that references are read and written by: which item a record belongs to, and which record an item shows in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pmsync.engine.roster import NOBODY, People, Roster
from pmsync.model.enums import Nature, Status
from pmsync.model.fields import FIELDS
from pmsync.model.item import Item, Link, LinkState
from pmsync.model.record import Comment, RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Known, Settled, members, raw
from pmsync.reconcile.lenses import MentionsLens, PeopleLens, ReferencesLens
from pmsync.reconcile.surface import Surface
from pmsync.store import Store, Transaction

NAME = "name:"
"""Stands before a key or an address that is mentioned and not known."""

NEVER = "9999"
"""After every date."""


@dataclass(frozen=True, slots=True)
class LinkDirectory:
    """Reads the link table, in the transaction that is open or in one of its own. ``within``: only records of the scope itself can be referred
    to there, as with the versions of a project; else any of its system.
    """  # noqa: D205 - one thought

    store: Store
    scope: ScopeRef
    within: bool

    def item(self, remote_id: str) -> str | None:
        """See ``Directory.item``."""
        with self.store.joined() as tx:
            link = tx.links.by_ref(RecordRef(self.scope.system, remote_id))
        return link.item if link is not None and link.state is LinkState.LINKED else None

    def record(self, item: str) -> str | None:
        """See ``Directory.record``: in the scope itself before others."""
        with self.store.joined() as tx:
            links = tx.links.of_items([item]).get(item, [])
        fit = [link for link in links if self._fits(link)]
        return min(fit, key=lambda link: (link.scope != self.scope, link.uid)).ref.remote_id if fit else None

    def named(self, text: str) -> str | None:
        """See ``Register.named``. Only work is named."""
        with self.store.joined() as tx:
            found = {link.item for link in tx.links.named(text) if link.state is LinkState.LINKED}
            items = tx.items.many(found)
        work = [uid for uid, item in items.items() if item.kind.nature is Nature.WORK]
        return work[0] if len(work) == 1 else None

    def rank(self, item: str) -> tuple[bool, str, str]:
        """What is not shipped comes first, the earliest before the later ones; of what is shipped, the latest."""
        with self.store.joined() as tx:
            found = tx.items.get(item)
        return (False, NEVER, item) if found is None else release_rank(found)

    def title(self, item: str) -> str:
        """See ``Directory.title``."""
        with self.store.joined() as tx:
            found = tx.items.get(item)
        title = raw(found.fields["title"].value) if found is not None and "title" in found.fields else None
        return str(title or item)

    def _fits(self, link: Link) -> bool:
        if link.state is not LinkState.LINKED or link.ref.system != self.scope.system:
            return False
        return link.scope == self.scope or not self.within


def bound(store: Store, scope: ScopeRef, surface: Surface, people: People = NOBODY) -> Surface:
    """The surface; one that refers to other records, or to people, is told who is who."""
    lens = surface.lens
    if isinstance(lens, PeopleLens):
        return replace(surface, lens=replace(lens, directory=Roster.of(people, scope.system)))
    directory = LinkDirectory(store, scope, within=FIELDS[surface.field].refers is Nature.RELEASE)
    if isinstance(lens, ReferencesLens):
        return replace(surface, lens=replace(lens, directory=directory))
    return replace(surface, lens=replace(lens, register=directory)) if isinstance(lens, MentionsLens) else surface


def release_rank(item: Item) -> tuple[bool, str, str]:
    """The order in which a place with room for one prefers releases: see ``LinkDirectory.rank``."""
    values = {name: held.value for name, held in item.fields.items()}
    shipped = values.get("status", EMPTY) in (Known(Status.RELEASED.value), Known(Status.DECLINED.value))
    day = raw(values.get("shipped" if shipped else "due", EMPTY)) or raw(values.get("due", EMPTY))
    text = str(day) if day is not None else NEVER
    return shipped, _reversed(text) if shipped else text, str(raw(values.get("title", EMPTY)) or item.uid)


def _reversed(text: str) -> str:
    """Sorts later texts first."""
    return "".join(chr(0x10FFFF - ord(letter)) for letter in text)


def keep_references(tx: Transaction, item: str, field: str, value: Settled) -> None:
    """Note whom the item refers to by its new ``value``; releases that are new may be wanted where it shows, so they are looked at."""
    if FIELDS[field].refers is None:
        return
    fresh = tx.references.put(item, field, members(value))
    if FIELDS[field].refers is Nature.RELEASE:
        tx.dirty.mark([f"item:{uid}" for uid in fresh], None, f"it is the {field} of another item")


def keep_strangers(tx: Transaction, item: str, surface: Surface, system: str, remote: Settled) -> None:
    """Note which records the item refers to that are not known: should one become known, the item is looked at again."""
    lens = surface.lens
    if not isinstance(lens, ReferencesLens | MentionsLens) or isinstance(lens, PeopleLens):
        return
    named = isinstance(lens, MentionsLens)
    strangers = [NAME + one if named else str(RecordRef(system, one)) for one in lens.strangers(remote)]
    if strangers:
        tx.references.put(item, f"{surface.field} in {system}", strangers)


def spoken_in(tx: Transaction, scope: ScopeRef, comments: Sequence[Comment]) -> None:
    """Look again at the feedback that was commented upon: the messages may name what it is about."""
    links = tx.links.by_refs({comment.parent for comment in comments}).values()
    items = tx.items.many({link.item for link in links})
    feedback = [f"item:{uid}" for uid, item in items.items() if item.kind.nature is Nature.FEEDBACK]
    tx.dirty.mark(feedback, scope, "somebody commented")


def named_by(tx: Transaction, declared: str) -> list[Link]:
    """The managed links of the record that ``system:key`` names."""
    system, _, key = declared.partition(":")
    return [one for one in tx.links.named(key) if one.ref.system == system and one.state is LinkState.LINKED]


def tell_referrers(tx: Transaction, link: Link) -> None:
    """The record has an item now, and the item a record here: whatever refers to either can say so now."""
    names = [NAME + name for name in (link.key, link.url) if name]
    referrers = tx.references.to([link.item, str(link.ref), *names])
    tx.dirty.mark([f"item:{uid}" for uid in referrers], link.scope, "what it refers to shows here now")
