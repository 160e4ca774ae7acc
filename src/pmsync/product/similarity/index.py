"""An inverted index over titles and bodies, ranked by BM25F, that grows and shrinks one text at a time.

The formula is that of Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with its usual constants:
the fields of a text are weighted before they saturate. What a query adds: only its most telling terms are followed, for a whole report
holds hundreds, and a term that it repeats counts by the logarithm of how often. ``tests/bench/similarity.py`` prints how well that does
beside other methods on real duplicates.
"""

from __future__ import annotations

import heapq
import math
import re
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pmsync.product.similarity.words import terms_of

TITLE = 3.0
"""What a word of the title weighs; one of the body weighs 1."""
CODE = 0.3
"""What a word within code, a log or a stack trace weighs: thousands of reports share them."""
TELLING = 24
"""How many terms of a query are followed."""
COMMON = 0.5
"""A term that more than this share of all texts holds tells nothing."""
SATURATION = 1.2
LENGTH = 0.75
SHARED = 5
"""How many of the terms that two texts share are named."""
LONGEST = 20_000
"""Characters of a body that are read: what a pasted log says after that is noise."""
_FENCE = re.compile(r"\{(?:code|noformat)[^}\n]*\}|```")
_STALE = 0.25
"""The share of discarded texts from which on the lists are written anew."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A text that resembles another one.

    Attributes:
        key: its name in the index.
        score: 0 to 1: its share of what the query would score against itself.
        terms: what the two share, the most telling first; stems, not words.
    """

    key: str
    score: float
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Posting:
    """The texts that hold one term: their numbers, rising, and the term's weight in each."""

    numbers: array[int]
    weights: array[float]


@dataclass(frozen=True, slots=True)
class _Telling:
    """A term of a query: what a match is worth, and where it stands."""

    term: str
    worth: float
    weight: float
    posting: _Posting


class Index:
    """Texts by their terms. Adding, discarding and asking cost what the text at hand holds, not what the index holds beyond its common terms."""

    def __init__(self) -> None:
        self._postings: defaultdict[str, _Posting] = defaultdict(lambda: _Posting(array("I"), array("f")))
        self._numbers: dict[str, int] = {}
        self._keys: list[str | None] = []
        self._lengths = array("f")
        self._total = 0.0

    def __len__(self) -> int:
        return len(self._numbers)

    def __contains__(self, key: object) -> bool:
        return key in self._numbers

    def add(self, key: str, title: str, body: str = "") -> None:
        """Take a text in; one that is there under ``key`` is replaced."""
        self.discard(key)
        number, terms = len(self._keys), _weighed(title, body)
        for term, weight in terms.items():
            posting = self._postings[term]
            posting.numbers.append(number)
            posting.weights.append(weight)
        self._numbers[key] = number
        self._keys.append(key)
        self._lengths.append(math.fsum(terms.values()))
        self._total += self._lengths[number]

    def discard(self, key: str) -> None:
        """Forget a text; nothing happens where there is none."""
        number = self._numbers.pop(key, None)
        if number is None:
            return
        self._keys[number] = None
        self._total -= self._lengths[number]
        if len(self._keys) - len(self._numbers) > max(64, _STALE * len(self._keys)):
            self._compact()

    def nearest(
        self, title: str, body: str = "", limit: int = 10, accept: Callable[[str], bool] = lambda key: True
    ) -> list[Neighbour]:
        """The texts most like this one that ``accept`` lets through, the nearest first; equal ones in the order in which they came."""
        terms = _weighed(title, body)
        telling = self._telling(terms)
        if not telling:
            return []
        scores = self._scores(telling)
        itself = math.fsum(one.worth * self._matched(one.weight, math.fsum(terms.values())) for one in telling)
        ranked = heapq.nsmallest(
            limit,
            ((-score, number) for number, score in scores.items() if (key := self._keys[number]) is not None and accept(key)),
        )
        return [
            Neighbour(str(self._keys[number]), min(1.0, -score / itself), self._shared(telling, number))
            for score, number in ranked
        ]

    def _telling(self, terms: Mapping[str, float]) -> list[_Telling]:
        found = []
        for term, weight in terms.items():
            posting = self._postings.get(term)
            if posting is None or len(posting.numbers) > max(1.0, COMMON * len(self._keys)):
                continue
            held = len(posting.numbers)
            rarity = math.log(1 + (len(self._keys) - held + 0.5) / (held + 0.5))
            found.append(_Telling(term, rarity * math.log1p(weight), weight, posting))
        return heapq.nsmallest(TELLING, found, key=lambda one: (-one.worth, one.term))

    def _scores(self, telling: list[_Telling]) -> dict[int, float]:
        scores: defaultdict[int, float] = defaultdict(float)
        base, per_length, lengths = SATURATION * (1 - LENGTH), SATURATION * LENGTH / self._mean(), self._lengths
        for one in telling:
            worth = one.worth * (SATURATION + 1)
            for number, weight in zip(one.posting.numbers, one.posting.weights, strict=True):
                scores[number] += worth * weight / (weight + base + per_length * lengths[number])
        return scores

    def _matched(self, weight: float, length: float) -> float:
        saturated = SATURATION * (1 - LENGTH + LENGTH * length / self._mean())
        return weight * (SATURATION + 1) / (weight + saturated)

    def _mean(self) -> float:
        return self._total / len(self._numbers) if self._total > 0 else 1.0

    def _shared(self, telling: list[_Telling], number: int) -> tuple[str, ...]:
        return tuple(one.term for one in telling if _holds(one.posting.numbers, number))[:SHARED]

    def _compact(self) -> None:
        """Number the texts anew, without those that were discarded."""
        left = [number for number, key in enumerate(self._keys) if key is not None]
        anew = {number: at for at, number in enumerate(left)}
        for term, posting in list(self._postings.items()):
            kept = [
                (anew[number], weight) for number, weight in zip(posting.numbers, posting.weights, strict=True) if number in anew
            ]
            if kept:
                self._postings[term] = _Posting(array("I", (at for at, _ in kept)), array("f", (weight for _, weight in kept)))
            else:
                del self._postings[term]
        self._keys = [self._keys[number] for number in left]
        self._lengths = array("f", (self._lengths[number] for number in left))
        self._numbers = {key: at for at, key in enumerate(self._keys) if key is not None}


def _holds(numbers: array[int], number: int) -> bool:
    at = bisect_left(numbers, number)
    return at < len(numbers) and numbers[at] == number


def _weighed(title: str, body: str) -> dict[str, float]:
    """Each term with what it weighs in this text."""
    found: defaultdict[str, float] = defaultdict(float)
    parts = [(title, TITLE)]
    for number, part in enumerate(_FENCE.split(body[:LONGEST])):
        parts.append((part, CODE if number % 2 else 1.0))
    for text, weight in parts:
        for term in terms_of(text):
            found[term] += weight
    return found
