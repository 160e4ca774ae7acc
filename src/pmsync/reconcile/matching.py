"""Adoption: whether a record that no item knows yet is the same thing as an existing item.

The ladder: a genuine marker, then a reference that names exactly one free item, then a title that exactly one free record and
exactly one free item share. Everything weaker is a suggestion for a person, never a silent tie. Titles alone never tie a record
to an item that is bound on that side already.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

SIMILAR = 0.75
"""The least score of a suggestion, 0 to 1."""


class How(StrEnum):
    """What an adoption rests on."""

    MARKER = "marker"
    REFERENCE = "reference"
    EXACT = "exact"


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A record that no item knows yet.

    Attributes:
        product: the product its scope belongs to.
        title: its title.
        names: its own key and URL, by which the records of others may refer to it.
        references: keys and URLs of other records that it names.
        marker_item: the item its marker names, once signature, instance and creator have been checked; None otherwise.
        twins: how many other unbound records of its scope have the same normalised title.
    """

    product: str
    title: str
    names: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    marker_item: str | None = None
    twins: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """An item that might be the same thing.

    Attributes:
        uid: the item.
        product: its product.
        title: its title in the hub.
        names: keys and URLs of its linked records.
        references: keys and URLs that its linked records name.
        bound: it has a record in the newcomer's scope already.
    """

    uid: str
    product: str
    title: str
    names: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    bound: bool = False


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


def match(record: Newcomer, items: Sequence[Known], limit: int = 5) -> Match:
    """Climb down the ladder for one record; at most ``limit`` suggestions."""
    marked = [item for item in items if item.uid == record.marker_item]
    if marked:
        return _by_marker(marked[0])
    named = [item for item in items if _refer(record, item)]
    free = [item for item in named if not item.bound]
    if len(free) == 1 and len(named) == 1:
        return Adopt(free[0].uid, How.REFERENCE)
    if named:
        return Suggest(tuple(Suggestion(item.uid, 1.0, _named_why(item)) for item in _by_uid(named)[:limit]))
    return _by_title(record, [item for item in items if item.product == record.product and not item.bound], limit)


def normal_title(title: str) -> str:
    """The form in which titles are compared: NFKC, case folded, white space collapsed."""
    return " ".join(unicodedata.normalize("NFKC", title).casefold().split())


def similarity(one: str, other: str) -> float:
    """How alike two titles are, 0 to 1: the better of the character ratio and the share of common words."""
    a, b = normal_title(one), normal_title(other)
    if not (a and b):
        return 0.0
    words_a, words_b = set(a.split()), set(b.split())
    tokens = 2 * len(words_a & words_b) / (len(words_a) + len(words_b))
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    if matcher.real_quick_ratio() < SIMILAR or matcher.quick_ratio() < SIMILAR:
        return tokens
    return max(tokens, matcher.ratio())


def _by_marker(item: Known) -> Match:
    if item.bound:
        why = "the record carries our marker for this item, which is bound to another record there"
        return Suggest((Suggestion(item.uid, 1.0, why),))
    return Adopt(item.uid, How.MARKER)


def _refer(record: Newcomer, item: Known) -> bool:
    return _overlap(record.references, item.names) or _overlap(item.references, record.names)


def _overlap(one: Iterable[str], other: Iterable[str]) -> bool:
    return not set(one).isdisjoint(other)


def _named_why(item: Known) -> str:
    return "named by a link, but bound to another record there" if item.bound else "one of several items named by links"


def _by_title(record: Newcomer, items: list[Known], limit: int) -> Match:
    title = normal_title(record.title)
    exact = [item for item in items if title and normal_title(item.title) == title]
    if len(exact) == 1 and record.twins == 0:
        return Adopt(exact[0].uid, How.EXACT)
    if exact:
        why = "the same title, but not the only one" if len(exact) > 1 else "the same title, shared with another record there"
        return Suggest(tuple(Suggestion(item.uid, 1.0, why) for item in _by_uid(exact)[:limit]))
    scored = [(similarity(record.title, item.title), item.uid) for item in items]
    near = sorted((pair for pair in scored if pair[0] >= SIMILAR), key=lambda pair: (-pair[0], pair[1]))
    if not near:
        return NoMatch()
    return Suggest(tuple(Suggestion(uid, round(score, 3), "a similar title") for score, uid in near[:limit]))


def _by_uid(items: Iterable[Known]) -> list[Known]:
    return sorted(items, key=lambda item: item.uid)
