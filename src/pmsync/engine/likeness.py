"""Suggestions for ``pmsync link``: unlinked records of one product whose titles look alike. Asked for by a person, never acted upon."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pmsync.engine.setup import Setup
from pmsync.model.item import Item, Link, LinkState
from pmsync.model.titles import title_key
from pmsync.model.values import Known
from pmsync.reconcile.matching import SIMILAR, similarity
from pmsync.store import Store

_COMMON = 0.05
"""Words in more than this share of the titles (and in more than 20) are no evidence, and would make every pair a candidate."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records that may be one thing; ``score`` is 0 to 1."""

    keep: str
    keep_title: str
    other: str
    other_title: str
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class _Lone:
    """An item with one managed record."""

    item: Item
    link: Link
    title: str


def suggestions(setup: Setup, store: Store, limit: int = 50) -> list[Pair]:
    """The pairs that look most alike, best first: those met while adopting, and those whose titles resemble each other."""
    lone = list(_lone(store))
    by_product: dict[str, list[_Lone]] = defaultdict(list)
    for one in lone:
        by_product[one.item.product].append(one)
    pairs = [*_met(store, lone), *(pair for product in setup.products for pair in _pairs(by_product[product.key]))]
    best = {frozenset((pair.keep, pair.other)): pair for pair in sorted(pairs, key=lambda pair: pair.score)}
    return sorted(best.values(), key=lambda pair: (-pair.score, pair.keep, pair.other))[:limit]


def _met(store: Store, lone: Sequence[_Lone]) -> Iterator[Pair]:
    """What adoption left to a person: several items of one title, a link that names several things."""
    by_record = {one.link.ref: one for one in lone}
    by_item = {one.item.uid: one for one in lone}
    with store.transaction() as tx:
        rows = tx.suggestions.all()
    for row in rows:
        keep, other = by_item.get(row.item), by_record.get(row.record)
        if keep is not None and other is not None and keep.item.uid != other.item.uid:
            yield Pair(keep.link.key, keep.title, other.link.key, other.title, row.score, row.why)


def _lone(store: Store) -> Iterator[_Lone]:
    after = ""
    while True:
        with store.transaction() as tx:
            items = tx.items.page(after)
            links = tx.links.of_items([item.uid for item in items])
        if not items:
            return
        after = items[-1].uid
        for item in items:
            alive = [link for link in links.get(item.uid, []) if link.state is LinkState.LINKED]
            title = item.fields.get("title")
            if len(alive) == 1 and title and isinstance(title.value, Known):
                yield _Lone(item, alive[0], str(title.value.value))


def _pairs(lone: Sequence[_Lone]) -> Iterator[Pair]:
    """Compare only titles that share a telling word and live in different scopes."""
    words: dict[str, list[int]] = defaultdict(list)
    for index, one in enumerate(lone):
        for word in set(title_key(one.title).split()):
            words[word].append(index)
    most = max(20, int(len(lone) * _COMMON))
    candidates = {
        (low, high) for places in words.values() if len(places) <= most for low in places for high in places if low < high
    }
    for low, high in candidates:
        one, other = lone[low], lone[high]
        if one.link.scope == other.link.scope:
            continue
        score = similarity(one.title, other.title)
        if score >= SIMILAR:
            yield Pair(one.link.key, one.title, other.link.key, other.title, round(score, 2), "their titles look alike")
