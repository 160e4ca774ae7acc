"""How work flows: how long it takes, how much is under way, how old what is open is. Derived from what is synced; no number is asked of anybody."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence

from pmsync.model.enums import StatusCategory
from pmsync.product.demand import demand
from pmsync.reports.customers import voices
from pmsync.reports.document import Column, Document, Shape, Table
from pmsync.reports.scene import DAY, Scene
from pmsync.reports.stock import Work

FEW = 5
"""Below this many, a middle and a tail tell nothing."""
NOTE = (
    "lead time: from the first record to the status done, released or declined, of what was finished in the time looked at. "
    f"Where fewer than {FEW} were, no middle is told."
)


def flow_report(scene: Scene) -> Document:
    """Lead time by kind, what is under way, and the share of demand that is served."""
    by_kind: defaultdict[str, list[Work]] = defaultdict(list)
    for work in scene.stock.work.values():
        by_kind[work.kind].append(work)
    columns = (
        Column("kind", "kind"),
        Column("open", "open", Shape.COUNT),
        Column("doing", "under way", Shape.COUNT),
        Column("blocked", "blocked", Shape.COUNT),
        Column("age", "age of open, median", Shape.DAYS),
        Column("finished", "finished", Shape.COUNT),
        Column("lead", "lead time, median", Shape.DAYS),
        Column("tail", "85 % within", Shape.DAYS),
    )
    rows = tuple(_row(scene, kind, works) for kind, works in sorted(by_kind.items(), key=lambda pair: (-len(pair[1]), pair[0])))
    table = Table(
        "flow",
        "Flow by kind",
        columns,
        rows,
        note=NOTE,
        empty="There is no work yet.",
        bars="open",
    )
    return Document("flow", "Flow", scene.at, _lead(scene), (table,))


def _lead(scene: Scene) -> tuple[str, ...]:
    served = [0.0, 0.0]
    for one in demand(voices(scene), scene.customers, scene.policy, scene.now).values():
        served[not scene.stock.work[one.item].is_open] += one.volume
    total = sum(served)
    share = f"{served[1] / total:.0%} of what customers ask for is done." if total else "No ticket names a piece of work yet."
    doing = sum(_category(work) is StatusCategory.DOING for work in scene.stock.work.values())
    return f"{doing:,} things are under way.", share


def _row(scene: Scene, kind: str, works: Sequence[Work]) -> tuple[str | int | float | None, ...]:
    left = [work for work in works if work.is_open]
    doing = [work for work in left if _category(work) is StatusCategory.DOING]
    blocked = [work for work in left if any(uid in scene.stock.work and scene.stock.work[uid].is_open for uid in work.blockers)]
    leads = [
        (work.since - work.made) / DAY
        for work in works
        if not work.is_open and work.made and work.since >= max(scene.since, work.made)
    ]
    ages = [(scene.now - work.made) / DAY for work in left if work.made]
    return kind, len(left), len(doing), len(blocked), _middle(ages), len(leads), _middle(leads), _tail(leads)


def _middle(days: Sequence[float]) -> float | None:
    return statistics.median(days) if len(days) >= FEW else None


def _tail(days: Sequence[float]) -> float | None:
    return statistics.quantiles(days, n=20)[16] if len(days) >= FEW else None


def _category(work: Work) -> StatusCategory:
    return StatusCategory.TODO if work.status is None else work.status.category
