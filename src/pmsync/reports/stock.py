"""What the store holds of one or all products, read once and kept light: work, releases, and what customers said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pmsync.model.enums import Nature, Status, StatusCategory
from pmsync.model.item import Item, Link, LinkState
from pmsync.model.record import Record, Requester
from pmsync.model.values import members, raw
from pmsync.store import Store, Transaction

PAGE = 500
BODY = 4_000
"""Characters of a body that are kept: what something is about is said by then."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What work, releases and feedback have in common.

    Attributes:
        uid: uid of the item.
        product: key of its product.
        title: its title, "" where it has none.
        status: where it stands; None where no system says.
        since: since when it stands there, Unix seconds; 0.0 where it does not stand anywhere.
        made: when the first of its records was made, Unix seconds; 0.0 where it has none left.
        keys: the keys of its records, by system.
    """

    uid: str
    product: str
    title: str
    status: Status | None
    since: float
    made: float
    keys: Mapping[str, tuple[str, ...]]

    @property
    def named(self) -> str:
        """Its keys for people, those of one system after those of the other; "–" where it has no record left."""
        return ", ".join(key for system in sorted(self.keys) for key in self.keys[system]) or "–"


@dataclass(frozen=True, slots=True)
class Work(Entry):
    """Something to be done. ``releases``, ``parent`` and ``blockers`` are uids."""

    kind: str = ""
    body: str = field(default="", repr=False)
    priority: str = ""
    releases: frozenset[str] = frozenset()
    parent: str = ""
    blockers: frozenset[str] = frozenset()

    @property
    def is_open(self) -> bool:
        """Whether it is neither done nor released nor declined."""
        return self.status is None or self.status.category is not StatusCategory.DONE


@dataclass(frozen=True, slots=True)
class Release(Entry):
    """A release: when it is due and when it shipped, as the systems write it."""

    due: str = ""
    shipped: str = ""


@dataclass(frozen=True, slots=True)
class Said(Entry):
    """One piece of feedback: the uids of the work it is about, and who asks."""

    about: frozenset[str] = frozenset()
    requester: Requester | None = None
    system: str = ""
    body: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Stock:
    """Everything, by uid."""

    work: Mapping[str, Work] = field(default_factory=dict)
    releases: Mapping[str, Release] = field(default_factory=dict)
    feedback: Mapping[str, Said] = field(default_factory=dict)


def take(store: Store, product: str | None = None) -> Stock:
    """Read the whole hub, a page at a time, of one product or of all."""
    work: dict[str, Work] = {}
    releases: dict[str, Release] = {}
    feedback: dict[str, Said] = {}
    for page in _pages(store):
        with store.transaction() as tx:
            items = [item for item in page if product in (None, item.product)]
            for item, records in _with_records(tx, items):
                common = _common(item, records)
                if item.kind.nature is Nature.FEEDBACK:
                    asking = next((record for record in records if record.requester is not None), None)
                    feedback[item.uid] = Said(
                        *common,
                        about=members(item.value("about")),
                        requester=asking.requester if asking else None,
                        system=asking.ref.system if asking else "",
                        body=item.text("body")[:BODY],
                    )
                elif item.kind.nature is Nature.RELEASE:
                    releases[item.uid] = Release(*common, due=item.text("due"), shipped=item.text("shipped"))
                elif item.kind.nature is Nature.WORK:
                    work[item.uid] = Work(
                        *common,
                        kind=item.kind,
                        body=item.text("body")[:BODY],
                        priority=item.text("priority"),
                        releases=members(item.value("release")),
                        parent=item.text("parent"),
                        blockers=members(item.value("blocked_by")),
                    )
    return Stock(work, releases, feedback)


def _pages(store: Store) -> Iterator[Sequence[Item]]:
    after = ""
    while True:
        with store.transaction() as tx:
            page = tx.items.page(after, PAGE)
        if not page:
            return
        yield page
        after = page[-1].uid


def _with_records(tx: Transaction, items: Sequence[Item]) -> Iterator[tuple[Item, list[Record]]]:
    links = tx.links.of_items([item.uid for item in items])
    alive: dict[str, list[Link]] = {
        uid: [link for link in group if link.state is LinkState.LINKED] for uid, group in links.items()
    }
    seen = tx.observations.many([link.ref for group in alive.values() for link in group])
    for item in items:
        yield item, [seen[link.ref] for link in alive.get(item.uid, []) if link.ref in seen]


def _common(
    item: Item, records: Sequence[Record]
) -> tuple[str, str, str, Status | None, float, float, Mapping[str, tuple[str, ...]]]:
    keys: dict[str, tuple[str, ...]] = {}
    for record in sorted(records, key=lambda one: one.key):
        keys[record.ref.system] = (*keys.get(record.ref.system, ()), record.key)
    held = item.fields.get("status")
    told = raw(held.value) if held is not None else None
    return (
        item.uid,
        item.product,
        item.text("title"),
        Status(str(told)) if told is not None else None,
        held.provenance.at if held is not None and told is not None else 0.0,
        min((record.created_at for record in records), default=0.0),
        keys,
    )
