"""Where the roadmap and the trackers say different things, as values; nothing is decided here, and nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from pmsync.model.enums import StatusCategory
from pmsync.model.roadmap import Entry, Horizon, Place, Roadmap, Verdict
from pmsync.product.contending import entries
from pmsync.product.rollup import Rolled


class DriftKind(StrEnum):
    """What sort of difference it is."""

    DIFFERS = "differs"
    NO_RECORD = "no record"
    STATUS = "status"
    LATE = "late"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Seen:
    """One record as its tracker shows it: where (``jira PAY-101``), and what, by field in the hub's words; "" for empty."""

    place: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference: what the roadmap says (and where), and what the tracker shows (and where)."""

    key: str
    kind: DriftKind
    what: str
    roadmap: str
    place: Place
    tracker: str
    where: str

    def __str__(self) -> str:
        return f"{self.key} {self.what}: {self.place} says {self.roadmap or 'nothing'}, {self.where} shows {self.tracker or 'nothing'}"


def intent_of(roadmap: Roadmap, entry: Entry, today: date) -> dict[str, str]:
    """What the file says that a record should show, by field; what it is silent about is left out."""
    said = {"title": entry.title}
    release = roadmap.releases.get(entry.release)
    said["release"] = release.name if release is not None else ""
    if entry.when is not None:
        said |= {"start": entry.when.first.isoformat(), "due": entry.when.last.isoformat()}
    if entry.pin is not None and entry.pin.holds(today):
        said["priority"] = entry.pin.priority.value
    return {name: value for name, value in said.items() if value}


def drift(
    roadmaps: Iterable[Roadmap], seen: Mapping[str, Iterable[Seen]], rolled: Mapping[str, Rolled], today: date
) -> tuple[Drift, ...]:
    """Everything in which roadmaps and trackers differ, in the order of the files.

    Args:
        roadmaps: of all product lines.
        seen: by full name, the records that show the item.
        rolled: by full name, what its parts say.
        today: the day by which something is late.
    """
    found: list[Drift] = []
    for key, roadmap, entry in entries(roadmaps):
        records = sorted(seen.get(key, ()), key=lambda one: one.place)
        wants_record = bool(entry.links or entry.create_in) and _is_wanted(entry)
        if not records and wants_record:
            asked = ", ".join(entry.links) or f"create in {entry.create_in}"
            found.append(Drift(key, DriftKind.NO_RECORD, "record", asked, entry.place("links"), "", "no tracker"))
        for name, value in intent_of(roadmap, entry, today).items():
            found.extend(_differs(key, entry, name, value, records))
        if key in rolled:
            found.extend(_of_work(key, roadmap, entry, rolled[key], today))
    return tuple(found)


def _differs(key: str, entry: Entry, name: str, value: str, records: Iterable[Seen]) -> Iterator[Drift]:
    place = entry.place("when" if name in ("start", "due") else name)
    for record in records:
        if record.fields.get(name, value) != value:
            yield Drift(key, DriftKind.DIFFERS, name, value, place, record.fields[name], record.place)


def _of_work(key: str, roadmap: Roadmap, entry: Entry, rolled: Rolled, today: date) -> Iterator[Drift]:
    status, place = rolled.status, entry.place("horizon")
    horizon = entry.horizon.value if entry.horizon is not None else ""
    shows = f"{status} ({rolled.done} of {rolled.total} done)"
    if not _is_wanted(entry) and status.category is StatusCategory.DOING:
        yield Drift(key, DriftKind.STATUS, "status", horizon or "declined", place, shows, "the trackers")
    if entry.horizon in (Horizon.LATER, Horizon.EXPLORING) and status.category is StatusCategory.DOING:
        yield Drift(key, DriftKind.STATUS, "status", horizon, place, shows, "the trackers")
    if rolled.contradiction:
        yield Drift(key, DriftKind.STATUS, "status", "", entry.place(), rolled.contradiction, "the trackers")
    release = roadmap.releases.get(entry.release)
    if release is not None and release.shipped and status.category is not StatusCategory.DONE and _is_wanted(entry):
        yield Drift(key, DriftKind.STATUS, "release", f"{release.name} is shipped", entry.place("release"), shows, "the trackers")
    due = entry.when or (release.ship if release is not None else None)
    if due is not None and due.last < today and status.category is not StatusCategory.DONE and _is_wanted(entry):
        yield Drift(key, DriftKind.LATE, "when", due.text, entry.place("when"), shows, "the trackers")
    if entry.horizon is Horizon.NOW and rolled.blocked:
        waits = ", ".join(sorted({block.blocker for block in rolled.blocks}))
        yield Drift(key, DriftKind.BLOCKED, "needs", horizon, place, f"waits for {waits}", "the trackers")


def _is_wanted(entry: Entry) -> bool:
    declined = entry.decision is not None and entry.decision.verdict is not Verdict.ACCEPTED
    return entry.horizon is not Horizon.NOT_PLANNED and not declined
