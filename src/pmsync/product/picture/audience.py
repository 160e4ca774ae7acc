"""Cutting a view out of roadmaps: what an audience may not know does not get in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from pmsync.model.enums import Audience, Priority, Status, StatusCategory
from pmsync.model.periods import Granularity, Period
from pmsync.model.roadmap import Entry, Horizon, Objective, PlannedRelease, Roadmap
from pmsync.product.contending import full_key
from pmsync.product.picture.view import Aim, Card, Column, Detail, LineView, ReleaseCard, View
from pmsync.product.picture.words import clean
from pmsync.product.rollup import Rolled

_PUBLIC = frozenset({Detail.KIND, Detail.WHEN, Detail.STATUS})
WHITELISTS: Mapping[Audience, frozenset[Detail]] = {
    Audience.PUBLIC: _PUBLIC,
    Audience.INTERNAL: frozenset(Detail) - {Detail.DESCRIPTION},
    Audience.PRIVATE: frozenset(Detail),
}
"""What each audience sees where nobody chose: outsiders public text, the rough time and the rough state, and nothing else."""

_COLUMNS = {
    Horizon.NOW: Column.NOW,
    Horizon.NEXT: Column.NEXT,
    Horizon.LATER: Column.LATER,
    Horizon.EXPLORING: Column.EXPLORING,
    Horizon.NOT_PLANNED: Column.NOT_PLANNED,
}


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the items beside their files, by full name (``line/key``)."""

    rolled: Mapping[str, Rolled] = field(default_factory=dict)
    priorities: Mapping[str, Priority | None] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)


def view_of(
    roadmaps: Iterable[Roadmap],
    known: Known,
    audience: Audience,
    today: date,
    *,
    title: str = "Roadmap",
    details: frozenset[Detail] | None = None,
) -> View:
    """Cut out what an audience may know.

    Args:
        roadmaps: product lines in the order in which they are shown.
        known: what the trackers say.
        audience: who reads it. A public view has items with public text only, and that is all that it says of them.
        today: the day of the picture.
        title: of the whole; it is shown to everybody.
        details: the whitelist; None for the audience's own (``WHITELISTS``).
    """
    shown = WHITELISTS[audience] if details is None else details
    cutter = _Cutter(shown, audience is Audience.PUBLIC, known)
    lines = [line for line in (cutter.line(roadmap) for roadmap in roadmaps) if line is not None]
    return View(clean(title), audience, today, tuple(lines))


class _Cutter:
    def __init__(self, shown: frozenset[Detail], public: bool, known: Known) -> None:
        self._shown = shown
        self._public = public
        self._known = known

    def line(self, roadmap: Roadmap) -> LineView | None:
        """A line; None where there is nothing to show of it."""
        cards = [card for card in (self._card(roadmap, entry) for entry in roadmap.items.values()) if card is not None]
        if self._public and not cards:
            return None
        return LineView(
            self._if(Detail.LINE, clean(roadmap.product or roadmap.line)),
            self._if(Detail.VISION, clean(roadmap.vision)),
            tuple(clean(segment) for segment in roadmap.segments) if Detail.SEGMENTS in self._shown else (),
            self._if(Detail.PRICING, clean(roadmap.pricing)),
            tuple(_aim(one) for one in roadmap.objectives.values()) if Detail.OBJECTIVES in self._shown else (),
            tuple(one for one in (self._release(release) for release in roadmap.releases.values()) if one is not None),
            tuple(sorted(cards, key=_order)),
        )

    def _if(self, detail: Detail, text: str) -> str:
        return text if detail in self._shown else ""

    def _title(self, entry: Entry) -> str:
        """The title where the audience may see it, else the public text, else nothing."""
        return (
            clean(entry.name) if Detail.TITLE in self._shown and not (self._public and not entry.public) else clean(entry.public)
        )

    def _release(self, release: PlannedRelease) -> ReleaseCard | None:
        """A release's public text is its name for outsiders."""
        if Detail.RELEASES in self._shown:
            return ReleaseCard(
                clean(release.name), self._when(release.ship), release.shipped, clean(release.public or release.notes)
            )
        if not release.public:
            return None
        return ReleaseCard(clean(release.public), self._when(release.ship), release.shipped)

    def _card(self, roadmap: Roadmap, entry: Entry) -> Card | None:
        key = full_key(roadmap.line, entry.key)
        title = self._title(entry)
        if not title:
            return None
        rolled = self._known.rolled.get(key)
        status = rolled.status if rolled is not None else Status.BACKLOG
        column = _column(entry, status)
        decision = self._decision(entry)
        if self._public and column in (Column.NOT_PLANNED, Column.UNSORTED) and not decision:
            return None
        release = roadmap.releases.get(entry.release)
        into = self._release(release) if release is not None else None
        objective = roadmap.objectives.get(entry.objective)
        card = Card(
            title=title,
            column=column,
            key=self._if(Detail.KEY, clean(key)),
            kind=self._if(Detail.KIND, entry.kind.value),
            objective=self._if(Detail.OBJECTIVES, clean(objective.title)) if objective is not None else "",
            release=into.name if into is not None else "",
            when=self._when(entry.when),
            status=self._status(status) if rolled is not None else "",
            category=status.category if Detail.STATUS in self._shown else StatusCategory.TODO,
            owner=self._if(Detail.OWNER, clean(entry.owner)),
            links=tuple(clean(link) for link in entry.links) if Detail.LINKS in self._shown else (),
            decision=decision,
            description=self._if(Detail.DESCRIPTION, entry.description),
        )
        return self._waiting(self._measured(card, key, rolled), roadmap, entry, rolled)

    def _measured(self, card: Card, key: str, rolled: Rolled | None) -> Card:
        if Detail.PROGRESS in self._shown and rolled is not None:
            card = replace(card, progress=rolled.progress, counted=f"{rolled.done} of {rolled.total}" if rolled.total > 1 else "")
        if Detail.PRIORITY in self._shown:
            card = replace(card, priority=self._known.priorities.get(key))
        return replace(card, score=self._known.scores.get(key)) if Detail.SCORE in self._shown else card

    def _waiting(self, card: Card, roadmap: Roadmap, entry: Entry, rolled: Rolled | None) -> Card:
        if Detail.NEEDS not in self._shown:
            return card
        needs = [roadmap.items[need] for need in entry.needs if need in roadmap.items]
        waits = [title for title in (self._title(need) for need in needs if self._is_open(roadmap, need)) if title]
        return replace(card, blocked=rolled is not None and rolled.blocked, waits=tuple(waits))

    def _is_open(self, roadmap: Roadmap, entry: Entry) -> bool:
        rolled = self._known.rolled.get(full_key(roadmap.line, entry.key))
        return rolled is None or rolled.status.category is not StatusCategory.DONE

    def _when(self, when: Period | None) -> Period | None:
        """The time; outsiders are told a quarter at the closest, for a day is a promise."""
        if when is None or Detail.WHEN not in self._shown:
            return None
        close = self._public and when.granularity in (Granularity.DAY, Granularity.MONTH)
        return Period.parse(f"{when.last.year}Q{(when.last.month + 2) // 3}") if close else when

    def _status(self, status: Status) -> str:
        if Detail.STATUS not in self._shown:
            return ""
        if self._public:
            return {StatusCategory.TODO: "planned", StatusCategory.DOING: "in progress"}.get(status.category, _public_end(status))
        return status.value.replace("_", " ")

    def _decision(self, entry: Entry) -> str:
        decided = entry.decision
        if decided is None:
            return ""
        if self._public:
            return clean(decided.public)
        if Detail.DECISION not in self._shown:
            return ""
        return clean(f"{decided.verdict}: {decided.reason}" if decided.reason else decided.verdict.value)


def _public_end(status: Status) -> str:
    return "available" if status is Status.RELEASED else "nearly there" if status is Status.DONE else "not planned"


def _column(entry: Entry, status: Status) -> Column:
    if status is Status.RELEASED:
        return Column.SHIPPED
    if status in (Status.DECLINED, Status.DUPLICATE):
        return Column.NOT_PLANNED
    return Column.UNSORTED if entry.horizon is None else _COLUMNS[entry.horizon]


def _order(card: Card) -> tuple[int, int, date, str]:
    rank = card.priority.rank if card.priority is not None else len(Priority)
    return list(Column).index(card.column), rank, card.when.last if card.when is not None else date.max, card.title


def _aim(objective: Objective) -> Aim:
    results = []
    for result in objective.results:
        named = result.title if result.title != objective.title else ""
        words = clean(named or result.metric or result.key)
        known = (("from", result.baseline), ("now", result.current), ("target", result.target))
        numbers = ", ".join(f"{name} {value:g}" for name, value in known if value is not None)
        way = _way(result.baseline, result.target, result.current)
        results.append((f"{words}: {numbers}" if numbers else words, way))
    return Aim(clean(objective.title or objective.key), objective.by.text if objective.by is not None else "", tuple(results))


def _way(baseline: float | None, target: float | None, current: float | None) -> float | None:
    if target is None or current is None:
        return None
    start = baseline if baseline is not None else 0.0
    return None if target == start else max(0.0, min(1.0, (current - start) / (target - start)))
