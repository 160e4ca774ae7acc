"""Triage: the tickets that name no work yet, each with the work that it resembles, and how many say the same to the letter."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from pmsync.model.enums import StatusCategory
from pmsync.product.similarity import Index, Neighbour, fingerprint, is_automatic, spoken, subject
from pmsync.reports.document import Column, Document, Shape, Table
from pmsync.reports.scene import DAY, Scene
from pmsync.reports.stock import Said

LIKELY = 0.25
"""The score from which on a resemblance is worth a look."""
NEAREST = 3
SHOWN = 100
"""How many tickets are looked at: the latest first."""


def triage_report(scene: Scene) -> Document:
    """The queue: what nobody has tied to work yet, the latest first, with what it may be about."""
    waiting = sorted((said for said in scene.stock.feedback.values() if _waits(scene, said)), key=lambda said: -said.made)
    alike = Counter(fingerprint(said.title, said.body) for said in waiting)
    index, evidence = _index(scene)
    rows = []
    for said in waiting[:SHOWN]:
        near = index.nearest(subject(said.title), spoken(said.body), NEAREST * 3)
        rows.append(_row(scene, said, _work_of(near, evidence), alike[fingerprint(said.title, said.body)]))
    columns = (
        Column("ticket", "ticket"),
        Column("title", "what it says"),
        Column("same", "say the same", Shape.COUNT),
        Column("age", "age", Shape.DAYS),
        Column("like", "like"),
        Column("like_keys", "where"),
        Column("score", "how much", Shape.SHARE),
        Column("also", "or"),
    )
    note = "To tie a ticket to work, write the key of the work into its subject or link it there; the next sync sees it."
    likely = sum(1 for row in rows if isinstance(row[6], float) and row[6] >= LIKELY)
    lead = (f"{len(waiting):,} tickets name no work; of the latest {len(rows):,}, {likely:,} resemble some.",)
    table = Table("triage", "To be sorted", columns, tuple(rows), note=note, empty="Every ticket names the work it is about.")
    return Document("triage", "Triage", scene.at, lead, (table,))


def _waits(scene: Scene, said: Said) -> bool:
    done = said.status is not None and said.status.category is StatusCategory.DONE
    return not done and not is_automatic(said.title) and not any(uid in scene.stock.work for uid in said.about)


def _index(scene: Scene) -> tuple[Index, dict[str, frozenset[str]]]:
    """Work, and the tickets that are tied to work already: what they say is what customers call it. Key in the index to the work."""
    index = Index()
    evidence: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
    for work in scene.stock.work.values():
        index.add(work.uid, work.title, work.body)
        evidence[work.uid] = frozenset({work.uid})
    for said in scene.stock.feedback.values():
        if about := said.about & scene.stock.work.keys():
            index.add(said.uid, subject(said.title), spoken(said.body))
            evidence[said.uid] = frozenset(about)
    return index, evidence


def _work_of(near: Sequence[Neighbour], evidence: dict[str, frozenset[str]]) -> dict[str, float]:
    """The nearest work, each with the best score of anything that speaks for it."""
    found: dict[str, float] = {}
    for one in near:
        for uid in sorted(evidence[one.key]):
            found.setdefault(uid, one.score)
    return dict(list(found.items())[:NEAREST])


def _row(scene: Scene, said: Said, near: dict[str, float], alike: int) -> tuple[str | int | float | None, ...]:
    works = [scene.stock.work[uid] for uid in near]
    age = (scene.now - said.made) / DAY if said.made else None
    first = works[0] if works else None
    return (
        said.named,
        said.title,
        alike,
        age,
        first.title if first else "–",
        first.named if first else "–",
        round(near[first.uid], 4) if first else None,
        ", ".join(work.named for work in works[1:]),
    )
