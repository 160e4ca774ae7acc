"""Adoption: whether a record that no item knows yet is the same thing as an existing item.

The ladder: a genuine marker, then a cross-link that names exactly one free item, then a title that exactly one unbound record and
exactly one free item share. Everything weaker is a suggestion for a person, never a silent tie. A title never ties a record to an
item that has a record in its scope already, nor to work that another container of the same system holds: two issues of one tracker
are two, whatever they are called.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from pmsync.model.record import Record, ScopeRef
from pmsync.model.titles import title_key
from pmsync.model.values import Known

SIMILAR = 0.75
"""The least score of a suggestion, 0 to 1."""

SUGGESTIONS = 5
"""How many suggestions one record gets at most."""


class How(StrEnum):
    """What an adoption rests on."""

    MARKER = "marker"
    REFERENCE = "reference"
    EXACT = "exact"


@dataclass(frozen=True, slots=True)
class Peer:
    """An item that may be the same thing.

    Attributes:
        uid: the item.
        product: its product.
        title: its title in the hub.
        scopes: the scopes in which it has a linked record.
        referenced: a cross-link of the record names one of its records, or the other way round.
        beside: it is work that another scope of the record's own system holds, and no rule copies within that system.
    """

    uid: str
    product: str
    title: str
    scopes: tuple[ScopeRef, ...] = ()
    referenced: bool = False
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Adopt:
    """Tie the record to ``item``."""

    item: str
    how: How


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One item that a person should look at; ``score`` is 0 to 1."""

    item: str
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class Suggest:
    """Leave it to a person; best first."""

    suggestions: tuple[Suggestion, ...]


@dataclass(frozen=True, slots=True)
class NoMatch:
    """Nothing like it is known."""


Match = Adopt | Suggest | NoMatch


def match(record: Record, peers: Sequence[Peer], marked: str | None, *, twin: bool = False, rival: bool = False) -> Match:
    """Climb down the ladder for one record.

    Args:
        record: the record that has no item.
        peers: items it may belong to: of the record's own product, or referenced. The cost is linear in their number.
        marked: the item that its marker names, once signature, instance and creator were checked; None otherwise.
        twin: another unbound record of its scope has the same normalised title.
        rival: another unbound record of its scope refers to the same item.
    """
    taken = {peer.uid for peer in peers if record.scope in peer.scopes}
    if marked is not None:
        if marked in taken:
            return Suggest((Suggestion(marked, 1.0, "it carries our marker, but the item has another record there"),))
        return Adopt(marked, How.MARKER)
    named = sorted((peer for peer in peers if peer.referenced), key=lambda peer: peer.uid)
    if len(named) == 1 and named[0].uid not in taken and not rival:
        return Adopt(named[0].uid, How.REFERENCE)
    if named:
        return Suggest(tuple(Suggestion(peer.uid, 1.0, _named(peer, taken)) for peer in named[:SUGGESTIONS]))
    return _by_title(_title(record), [peer for peer in peers if peer.uid not in taken], twin=twin)


def similarity(one: str, other: str) -> float:
    """How alike two titles are, 0 to 1: the better of the share of common words and the ratio of common characters."""
    a, b = title_key(one), title_key(other)
    if not (a and b):
        return 0.0
    words_a, words_b = set(a.split()), set(b.split())
    words = 2 * len(words_a & words_b) / (len(words_a) + len(words_b))
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    if matcher.real_quick_ratio() < SIMILAR or matcher.quick_ratio() < SIMILAR:
        return words
    return max(words, matcher.ratio())


def _title(record: Record) -> str:
    title = record.values.get("title")
    return str(title.value) if isinstance(title, Known) else ""


def _named(peer: Peer, taken: set[str]) -> str:
    return (
        "a link names it, but it has another record there"
        if peer.uid in taken
        else "a link names it, and not only it or not alone"
    )


def _by_title(title: str, free: list[Peer], *, twin: bool) -> Match:
    normal = title_key(title)
    exact = [peer for peer in free if normal and title_key(peer.title) == normal]
    if len(exact) == 1 and not twin and not exact[0].beside:
        return Adopt(exact[0].uid, How.EXACT)
    if exact:
        alone = "another record there has this title too" if twin else "an item of the same system has this title"
        why = "one of several items of this title" if len(exact) > 1 else alone
        return _suggest((1.0, peer.uid, why) for peer in exact)
    scored = ((similarity(title, peer.title), peer.uid, "a similar title") for peer in free)
    near = [suggestion for suggestion in scored if suggestion[0] >= SIMILAR]
    return _suggest(near) if near else NoMatch()


def _suggest(found: Iterable[tuple[float, str, str]]) -> Suggest:
    best = sorted(found, key=lambda one: (-one[0], one[1]))[:SUGGESTIONS]
    return Suggest(tuple(Suggestion(uid, round(score, 3), why) for score, uid, why in best))
