"""Pure: which hub fields show where in a roadmap file, and what its items are as records."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pmsync.connect.plugin import ScopeConfig
from pmsync.model.enums import Audience, Kind, Nature, Priority, Status
from pmsync.model.periods import CALENDAR, Granularity, Period
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.model.roadmap import Entry, Horizon, Place, PlannedRelease, Roadmap, Verdict
from pmsync.model.values import Known, Observed, Unobserved, known, plain
from pmsync.reconcile.lenses import EnumLens, LabelsLens, ReferencesLens, TextLens
from pmsync.reconcile.surface import Surface
from pmsync.roadmap.read import Reading
from pmsync.roadmap.tree import Mapping as Node

ME = "pmsync"
"""The account that items belong to which pmsync wrote into a file."""

OPEN = Unobserved("")
"""The file leaves it open: it neither competes with what others say nor erases it."""

RELEASES = "releases/"
"""Stands before a release's key in its remote id, so that items and releases never share one."""

PREFIX = "pm/"
"""What the labels begin with that pmsync makes of horizons, where the config names no namespace."""

SHIPPED, PLANNED = "shipped", "planned"
_PIN = "a priority in the file is a pin, and only a person pins"
_WHEN = "when: says both, and is changed in the file"
_DECIDED = "the file says what was decided; where work stands shows where it is done"
_RELEASE = frozenset({Nature.RELEASE})
_BOTH = frozenset({Nature.WORK, Nature.RELEASE})
_VERDICTS = {Verdict.DECLINED: Status.DECLINED, Verdict.MERGED: Status.DUPLICATE}
_MARK = re.compile(r"#\s*pmsync:(\S+)")


def surfaces_of(scope: ScopeConfig, read_only: str | None) -> list[Surface]:
    """The surfaces of a product line. ``read_only``: why nothing is written there, None where it is."""
    decided = {str(verdict): str(status) for verdict, status in _VERDICTS.items()}
    priorities = {str(priority): str(priority) for priority in Priority}
    states = {status.value: SHIPPED if status is Status.RELEASED else PLANNED for status in Status}
    title, line = TextLens(limit=255, single_line=True), TextLens(single_line=True)
    return [
        Surface("title", "title", title, read_only, natures=_BOTH),
        Surface("description", "body", TextLens(markdown=True), read_only),
        Surface("decision", "status", EnumLens(decided, {status: verdict for verdict, status in decided.items()}), _DECIDED),
        Surface("priority", "priority", EnumLens(priorities, priorities), _PIN),
        Surface("labels", "labels", LabelsLens(scope.label_namespace), read_only),
        Surface("release", "release", ReferencesLens(single=True), read_only),
        Surface("parent", "parent", ReferencesLens(single=True, scalar=True), read_only),
        Surface("needs", "blocked_by", ReferencesLens(), read_only),
        Surface("when.start", "start", line, _WHEN),
        Surface("when.due", "due", line, _WHEN),
        Surface("start", "start", line, read_only, natures=_RELEASE),
        Surface("ship", "due", line, read_only, natures=_RELEASE),
        Surface(
            "shipped",
            "status",
            EnumLens({SHIPPED: Status.RELEASED, PLANNED: Status.PLANNED}, states),
            read_only,
            natures=_RELEASE,
        ),
    ]


def prefix_of(scope: ScopeConfig) -> str:
    """What the labels of horizons begin with."""
    return scope.label_namespace or PREFIX


@dataclass(frozen=True, slots=True)
class Source:
    """What the records of one file share.

    Attributes:
        scope: the product line.
        audience: who can read the file.
        saved_at: Unix seconds of its last change.
        now: Unix seconds: a pin may have run out.
        prefix: what the labels of horizons begin with.
        text: the file's text.
    """

    scope: ScopeRef
    audience: Audience
    saved_at: float
    now: float
    prefix: str
    text: str


def item_id(line: str, key: str) -> str:
    """The remote id of an item: its file's name and its key."""
    return f"{line}/{key}"


def release_id(line: str, key: str) -> str:
    """The remote id of a release."""
    return f"{line}/{RELEASES}{key}"


def records_of(reading: Reading, source: Source) -> dict[str, Record]:
    """The records of a file by remote id: its releases, then its items."""
    roadmap = reading.roadmap
    troubled = _Troubled.of(reading)
    marks = dict(_marks(reading, source.text))
    found = [(("releases", key), _release(one, source, troubled)) for key, one in roadmap.releases.items()]
    found += [(("items", key), _item(one, roadmap.line, source, troubled, roadmap.weights)) for key, one in roadmap.items.items()]
    signed = [replace(one, marker=marks[at], creator=ME) if at in marks else one for at, one in found]
    return {one.ref.remote_id: replace(one, version=_version(one)) for one in signed}


def left(ref: RecordRef, source: Source) -> Record:
    """What is known of an item that was taken out of its file: that nothing is said of it any more."""
    key = ref.remote_id.partition("/")[2].removeprefix(RELEASES)
    kind = Kind.RELEASE if ref.remote_id.partition("/")[2].startswith(RELEASES) else Kind.FEATURE
    return Record(ref, source.scope, key, _url(source, key), kind, {}, "left", source.saved_at, source.saved_at, excluded=True)


def next_turn(roadmap: Roadmap, now: float) -> float | None:
    """The moment (Unix seconds) at which the file comes to say something else by itself: the first of its pins runs out."""
    ends = [entry.pin.until for entry in roadmap.items.values() if entry.pin is not None and entry.pin.until is not None]
    moments = [datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() + 86_400.0 for day in ends]
    return min((moment for moment in moments if moment > now), default=None)


def calendar_text(period: Period) -> str:
    """The period as everybody reads it: a fiscal quarter that is a calendar quarter under another name gets that one's, else its last day."""
    first = period.first
    for text in (period.text, f"{first.year}Q{(first.month + 2) // 3}", f"{first.year}H{(first.month + 5) // 6}", f"{first:%Y}"):
        one = Period.parse(text, CALENDAR)
        if (one.first, one.last) == (period.first, period.last):
            return one.text
    return ""


@dataclass(frozen=True, slots=True)
class _Troubled:
    """Which keys cannot be used: part, name and key to the sentence that says why."""

    said: Mapping[tuple[str, ...], str]

    @classmethod
    def of(cls, reading: Reading) -> _Troubled:
        return cls({problem.path[:3]: str(problem) for problem in reading.problems})

    def or_open(self, path: tuple[str, str, str], value: Observed) -> Observed:
        """The value; unobserved where what stands there cannot be used."""
        return Unobserved(self.said[path]) if path in self.said else value


def _item(entry: Entry, line: str, source: Source, troubled: _Troubled, weights: Mapping[str, float]) -> Record:
    start, due = _days(entry.when)
    values: dict[str, tuple[str, Observed]] = {
        "title": ("title", OPEN if entry.links and not entry.title else known(entry.name)),
        "description": ("description", known(entry.description) if entry.description else OPEN),
        "decision": ("decision", _decided(entry)),
        "priority": ("priority", _pinned(entry, source.now)),
        "labels": ("labels", known(_labels(entry, source.prefix))),
        "release": ("release", known(release_id(line, entry.release) if entry.release else "")),
        "parent": ("parent", known(item_id(line, entry.parent) if entry.parent else "")),
        "needs": ("needs", known(frozenset(one if "/" in one else item_id(line, one) for one in entry.needs))),
        "when.start": ("when", start),
        "when.due": ("when", due),
    }
    shown = {name: troubled.or_open(("items", entry.key, key), value) for name, (key, value) in values.items()}
    if ("items", entry.key, "horizon") in troubled.said:
        shown["labels"] = Unobserved(troubled.said["items", entry.key, "horizon"])
    record = _record(item_id(line, entry.key), entry.key, entry.kind, shown, source)
    stands = {name: "horizon" if name == "labels" and "labels" not in entry.places else key for name, (key, _) in values.items()}
    places = {name: _line(entry.places[key]) for name, key in stands.items() if key in entry.places}
    homes, raw = (entry.create_in,) if entry.create_in else (), {"score": _scored_by(entry, weights)}
    return replace(record, declared=entry.links, homes=homes, places=places, raw=raw)


def _scored_by(entry: Entry, weights: Mapping[str, float]) -> str:
    """What a score is made of: where it changes, the record did, though nothing of it shows anywhere."""
    inputs = {
        name: {key: getattr(one, "text", "") or str(one) for key, one in found.items()} for name, found in entry.inputs.items()
    }
    effort = entry.effort.text if entry.effort else ""
    return json.dumps([inputs, effort, entry.moscow, entry.kano, entry.severity, dict(weights)], sort_keys=True)


def _release(release: PlannedRelease, source: Source, troubled: _Troubled) -> Record:
    start = calendar_text(release.start) or release.start.first.isoformat() if release.start else ""
    ship = calendar_text(release.ship) or release.ship.last.isoformat() if release.ship else ""
    values: dict[str, tuple[str, Observed]] = {
        "title": ("name", known(release.name)),
        "start": ("start", known(start)),
        "ship": ("ship", known(ship)),
        "shipped": ("shipped", Known(SHIPPED) if release.shipped else OPEN),
    }
    shown = {name: troubled.or_open(("releases", release.key, key), value) for name, (key, value) in values.items()}
    record = _record(release_id(source.scope.key, release.key), release.key, Kind.RELEASE, shown, source)
    return replace(record, places=dict.fromkeys(shown, _line(release.place)))


def _record(remote_id: str, key: str, kind: Kind, values: Mapping[str, Observed], source: Source) -> Record:
    return Record(
        ref=RecordRef(source.scope.system, remote_id),
        scope=source.scope,
        key=key,
        url=_url(source, key),
        kind=kind,
        values=values,
        version="",
        updated_at=source.saved_at,
        created_at=source.saved_at,
        audience=source.audience,
    )


def _url(source: Source, key: str) -> str:
    return f"{source.scope.system}/{source.scope.key}.yaml#{key}"


def _line(place: Place) -> str:
    return f"{place.file}:{place.line}"


def _version(record: Record) -> str:
    """A fingerprint of all that the record says."""
    values = {name: one.reason if isinstance(one, Unobserved) else [plain(one)] for name, one in record.values.items()}
    said = [record.kind, record.key, values, record.declared, record.homes, record.marker, record.audience, dict(record.raw)]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _decided(entry: Entry) -> Observed:
    verdict = entry.decision.verdict if entry.decision else None
    return Known(str(verdict)) if verdict in _VERDICTS else OPEN


def _pinned(entry: Entry, now: float) -> Observed:
    today = datetime.fromtimestamp(now, UTC).date()
    return Known(str(entry.pin.priority)) if entry.pin is not None and entry.pin.holds(today) else OPEN


def _labels(entry: Entry, prefix: str) -> frozenset[str]:
    return entry.labels | ({horizon_label(entry.horizon, prefix)} if entry.horizon else frozenset())


def horizon_label(horizon: Horizon, prefix: str) -> str:
    """The label by which a tracker shows a horizon."""
    return f"{prefix}{horizon}"


def _days(when: Period | None) -> tuple[Observed, Observed]:
    """From when and until when: a single day is a target, and says nothing of the beginning."""
    if when is None:
        return known(""), known("")
    text = calendar_text(when)
    start = "" if when.granularity is Granularity.DAY else text or when.first.isoformat()
    return known(start), known(text or when.last.isoformat())


def _marks(reading: Reading, text: str) -> Iterator[tuple[tuple[str, str], str]]:
    """The marks of entries that pmsync wrote: a comment behind the key. By part and key."""
    for part in ("items", "releases"):
        pair = reading.tree.get(part)
        for one in pair.value.pairs if pair is not None and isinstance(pair.value, Node) else ():
            end = text.find("\n", one.at.end)
            if found := _MARK.search(text[one.at.end : len(text) if end < 0 else end]):
                yield (part, one.key), found[1]
