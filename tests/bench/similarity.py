"""How well duplicates are found, beside BM25 and fuzzy titles: ``python tests/bench/similarity.py``.

The measured issues name their duplicates themselves. Those links are hidden, and each issue that repeats earlier ones asks for them among all
that were there before it. Printed for each method: the share of questions whose answer stands first, among five and among ten, the mean of one
over its rank, and milliseconds for a question; for ours also milliseconds to add a text, and the paired bootstrap interval (95 %, 2,000 draws)
of what it is ahead of BM25.
"""

from __future__ import annotations

import json
import lzma
import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import bm25s
import numpy as np
import snowballstemmer
from rapidfuzz import fuzz, process, utils

from pmsync.product.similarity import Index

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "titanium-issues.jsonl.xz"
DEPTH = 50
DRAWS = 2_000


@dataclass(frozen=True, slots=True)
class Report:
    """One issue."""

    key: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Corpus:
    """All issues in the order in which they were made, and which of them repeat which earlier ones."""

    reports: Sequence[Report]
    repeats: Mapping[int, frozenset[int]]


@dataclass(frozen=True, slots=True)
class Measured:
    """How one method did: the rank of the first right answer to each question, 0 for none, and seconds for a question."""

    name: str
    ranks: Sequence[int]
    seconds: float

    def recall(self, depth: int) -> float:
        """The share of questions with a right answer among the first ``depth``."""
        return sum(0 < rank <= depth for rank in self.ranks) / len(self.ranks)

    @property
    def reciprocals(self) -> list[float]:
        """One over the rank of the first right answer, per question."""
        return [1 / rank if rank else 0.0 for rank in self.ranks]

    @property
    def hits(self) -> list[float]:
        """One for each question with a right answer among the first ten, zero for the others."""
        return [float(0 < rank <= 10) for rank in self.ranks]

    @property
    def mrr(self) -> float:
        """The mean reciprocal rank."""
        return sum(self.reciprocals) / len(self.ranks)

    def line(self) -> str:
        """The row of the table."""
        recalls = "  ".join(f"R@{depth} {self.recall(depth):.3f}" for depth in (1, 5, 10))
        return f"{self.name:20} {recalls}  MRR {self.mrr:.3f}  {self.seconds * 1e3:5.1f} ms a question"


def corpus(data: Path = DATA) -> Corpus:
    """The measured issues and their duplicates: what links tie together, taken as groups."""
    with lzma.open(data, "rt", encoding="utf-8") as lines:
        issues = sorted(map(json.loads, lines), key=lambda issue: (issue["fields"]["created"], issue["key"]))
    numbers = {issue["key"]: number for number, issue in enumerate(issues)}
    groups: dict[int, set[int]] = {number: {number} for number in numbers.values()}
    for issue in issues:
        for link in issue["fields"].get("issuelinks") or ():
            other = numbers.get((link.get("inwardIssue") or link.get("outwardIssue"))["key"])
            if link["type"]["name"] == "Duplicate" and other is not None:
                joined = groups[numbers[issue["key"]]] | groups[other]
                groups.update(dict.fromkeys(joined, joined))
    earlier = {number: frozenset(one for one in group if one < number) for number, group in groups.items()}
    reports = [
        Report(issue["key"], issue["fields"].get("summary") or "", issue["fields"].get("description") or "") for issue in issues
    ]
    return Corpus(reports, {number: found for number, found in sorted(earlier.items()) if found})


def ours(found: Corpus) -> tuple[Measured, float]:
    """The project's own index, grown as the issues came; also seconds to add a text."""
    index, ranks, asking, began = Index(), [], 0.0, time.perf_counter()
    for number, report in enumerate(found.reports):
        if number in found.repeats:
            asked = time.perf_counter()
            keys = [one.key for one in index.nearest(report.title, report.body, DEPTH)]
            asking += time.perf_counter() - asked
            ranks.append(_rank([int(key) for key in keys], found.repeats[number]))
        index.add(str(number), report.title, report.body)
    spent = time.perf_counter() - began - asking
    return Measured("pmsync", ranks, asking / len(ranks)), spent / len(found.reports)


def bm25(found: Corpus) -> Measured:
    """The library bm25s with stems, the title thrice: the strongest of its settings here."""
    stemmer = snowballstemmer.stemmer("english")
    texts = [" ".join([report.title] * 3 + [report.body]) for report in found.reports]
    tokens = bm25s.tokenize(texts, stopwords="en", stemmer=stemmer.stemWords, show_progress=False, return_ids=False)
    ranker = bm25s.BM25()
    ranker.index(tokens, show_progress=False)

    def ask(number: int) -> list[int]:
        return [int(one) for one in np.argsort(-ranker.get_scores(tokens[number])[:number], kind="stable")[:DEPTH]]

    return _measured("bm25s", found, ask)


def fuzzy(found: Corpus) -> Measured:
    """The library rapidfuzz over titles."""
    titles = [utils.default_process(report.title) for report in found.reports]

    def ask(number: int) -> list[int]:
        return [at for _, _, at in process.extract(titles[number], titles[:number], scorer=fuzz.token_set_ratio, limit=DEPTH)]

    return _measured("fuzzy titles", found, ask)


def ahead(one: Sequence[float], other: Sequence[float]) -> tuple[float, float]:
    """The paired bootstrap interval, 95 %, of how far the mean of ``one`` is ahead of that of ``other``."""
    draw, apart = random.Random(1), [left - right for left, right in zip(one, other, strict=True)]
    means = sorted(sum(draw.choices(apart, k=len(apart))) / len(apart) for _ in range(DRAWS))
    return means[int(0.025 * DRAWS)], means[int(0.975 * DRAWS)]


def _measured(name: str, found: Corpus, ask: Callable[[int], list[int]]) -> Measured:
    began = time.perf_counter()
    ranks = [_rank(ask(number), earlier) for number, earlier in found.repeats.items()]
    return Measured(name, ranks, (time.perf_counter() - began) / len(ranks))


def _rank(answers: Sequence[int], right: frozenset[int]) -> int:
    return next((at for at, one in enumerate(answers, 1) if one in right), 0)


def table(found: Corpus) -> list[str]:
    """Measure all three, as lines to be printed."""
    mine, adding = ours(found)
    theirs, titles = bm25(found), fuzzy(found)
    intervals = {
        "MRR of BM25": ahead(mine.reciprocals, theirs.reciprocals),
        "R@10 of BM25": ahead(mine.hits, theirs.hits),
        "MRR of fuzzy titles": ahead(mine.reciprocals, titles.reciprocals),
    }
    return [
        f"{len(found.reports):,} issues, {len(found.repeats)} of which repeat earlier ones",
        *(one.line() for one in (mine, theirs, titles)),
        f"adding a text: {adding * 1e3:.2f} ms",
        *(f"ahead of {name} by {low:+.3f} to {high:+.3f}" for name, (low, high) in intervals.items()),
    ]


if __name__ == "__main__":
    sys.stdout.write("\n".join([*table(corpus()), ""]))
