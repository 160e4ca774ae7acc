"""From the roadmaps of all product lines to contenders: names are made unique over the lines, and what an item waits for is resolved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from pmsync.model.enums import Priority, Status
from pmsync.model.roadmap import Entry, Roadmap, floor_of
from pmsync.product.evidence import Evidence, Outcome
from pmsync.product.gates import cap_of
from pmsync.product.priorities import GROUPS, Contender, HumanEdit, Showing
from pmsync.product.profiles import Profile, ProfileBook, with_weights
from pmsync.product.scoring import Occasion, evidence_of, score


@dataclass(frozen=True, slots=True)
class Facts:
    """What the trackers know about one item.

    Attributes:
        priority: the hub's now.
        status: the hub's now, rolled up where the item has parts.
        edit: the last edit of the priority by a person.
        showings: where the priority shows.
        inputs: scoring inputs found in fields of any system, by name.
    """

    priority: Priority | None = None
    status: Status = Status.BACKLOG
    edit: HumanEdit | None = None
    showings: tuple[Showing, ...] = ()
    inputs: Mapping[str, Evidence] | None = None


NOTHING_KNOWN = Facts()


def full_key(line: str, key: str) -> str:
    """An item's name over all product lines, ``line/key``; a name that has its line already is kept."""
    return key if "/" in key else f"{line}/{key}"


def entries(roadmaps: Iterable[Roadmap]) -> Iterator[tuple[str, Roadmap, Entry]]:
    """Every item of every product line with its full name."""
    for roadmap in roadmaps:
        for key, entry in roadmap.items.items():
            yield full_key(roadmap.line, key), roadmap, entry


def contenders(
    roadmaps: Iterable[Roadmap],
    facts: Mapping[str, Facts],
    book: ProfileBook,
    today: date,
    *,
    metrics: Mapping[str, Evidence] | None = None,
) -> tuple[Contender, ...]:
    """Everything whose priority is to be decided, scored.

    Args:
        roadmaps: of all product lines, each line once.
        facts: by full name; an item without any is taken as backlog.
        book: how items are scored.
        today: the day of the scores.
        metrics: the newest point of each metric.
    """
    scorer = _Scorer(book, today, metrics)
    return tuple(
        scorer.contender(key, roadmap, entry, facts.get(key, NOTHING_KNOWN)) for key, roadmap, entry in entries(roadmaps)
    )


@dataclass(frozen=True, slots=True)
class _Scorer:
    book: ProfileBook
    today: date
    metrics: Mapping[str, Evidence] | None

    def contender(self, key: str, roadmap: Roadmap, entry: Entry, known: Facts) -> Contender:
        """The item, scored."""
        profile = with_weights(self.book.find(roadmap.line, entry.kind), roadmap)
        release = roadmap.releases.get(entry.release)
        return Contender(
            key=key,
            line=roadmap.line,
            group=GROUPS.get(entry.kind, "work"),
            score=self._score(profile, entry, known),
            profile=profile,
            before=known.priority,
            status=known.status,
            floor=floor_of(entry),
            cap=cap_of(entry),
            pin=entry.pin,
            needs=frozenset(full_key(roadmap.line, need) for need in entry.needs),
            ships=release.ship.last if release is not None and release.ship is not None else None,
            shipped=release is not None and release.shipped,
            edit=known.edit,
            showings=known.showings,
        )

    def _score(self, profile: Profile, entry: Entry, known: Facts) -> Outcome:
        found = (
            {} if profile.framework is None else evidence_of(entry, profile.framework, metrics=self.metrics, fields=known.inputs)
        )
        return score(profile, found, Occasion(self.today, entry.moscow, None if entry.when is None else entry.when.last))
