"""What changed, and what waits for what: over all systems, ready to paste."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pmsync.model.enums import StatusCategory
from pmsync.model.fields import FIELDS
from pmsync.model.values import Settled, members, raw
from pmsync.reports.document import Column, Document, Shape, Table
from pmsync.reports.scene import DAY, Scene, moment
from pmsync.reports.stock import Entry, Work
from pmsync.store.journal import JournalRow

TOLD = ("status", "priority", "release", "due", "shipped", "title", "assignee", "parent", "blocked_by")
"""The fields whose changes are news, in this order."""
VALUES = ("hub", "ingest")
"""The journal's entries that tell that the hub holds another value."""
NAMED = 3
"""How many of what is left in a release are named."""
NEWS = 1_000
"""The latest changes that are told."""


def changes_report(scene: Scene) -> Document:
    """What became of work, releases and feedback since then: each field once, from what it was to what it is."""
    rows = list(_changes(scene))
    columns = (
        Column("title", "what"),
        Column("keys", "where"),
        Column("field", "field"),
        Column("before", "from"),
        Column("after", "to"),
        Column("by", "by"),
        Column("at", "when"),
    )
    shown = tuple(rows[-NEWS:])
    note = f"The latest {NEWS:,} of {len(rows):,} changes." if len(rows) > NEWS else ""
    table = Table("changes", "What changed", columns, shown, note=note, empty="Nothing changed.")
    things = len({(row[0], row[1]) for row in rows})
    return Document(
        "changes", "Changes", scene.at, (f"{len(rows):,} changes of {things:,} things since {moment(scene.since)}.",), (table,)
    )


def _changes(scene: Scene) -> Iterator[tuple[str, str, str, str, str, str, str]]:
    first: dict[tuple[str, str], JournalRow] = {}
    last: dict[tuple[str, str], JournalRow] = {}
    for row in scene.journal:
        if row.kind in VALUES and row.field in TOLD and row.at >= scene.since:
            first.setdefault((row.item, row.field), row)
            last[row.item, row.field] = row
    for (uid, name), row in sorted(last.items(), key=lambda pair: pair[1].seq):
        entry, before = _entry(scene, uid), first[uid, name].before
        if entry is None or before == row.after:
            continue
        yield (
            entry.title,
            entry.named,
            name,
            _said(scene, name, before),
            _said(scene, name, row.after),
            row.actor or row.system,
            moment(row.at),
        )


def _entry(scene: Scene, uid: str) -> Entry | None:
    stock = scene.stock
    return stock.work.get(uid) or stock.releases.get(uid) or stock.feedback.get(uid)


def _said(scene: Scene, field: str, value: Settled | None) -> str:
    """A value for people: what it refers to by name."""
    if value is None or raw(value) is None:
        return "–"
    names = sorted(members(value)) or [str(raw(value))]
    if FIELDS[field].refers is not None:
        names = sorted(
            found.title if (found := _entry(scene, name)) is not None else "something that is not known any more"
            for name in names
        )
    return ", ".join(names)


def blocked_report(scene: Scene) -> Document:
    """Open work that waits for open work, wherever the two live, and how long the chain behind it is."""
    stock, rows = scene.stock, []
    for work in stock.work.values():
        waiting_for = [stock.work[uid] for uid in sorted(work.blockers) if uid in stock.work and stock.work[uid].is_open]
        if not waiting_for or not work.is_open:
            continue
        for blocker in waiting_for:
            rows.append(
                (
                    work.title,
                    work.named,
                    work.priority or "unset",
                    blocker.title,
                    blocker.named,
                    str(blocker.status or "–"),
                    (scene.now - blocker.since) / DAY if blocker.since else None,
                )
            )
    rows.sort(key=lambda row: (-(row[-1] or 0.0), row[0]))
    columns = (
        Column("title", "what waits"),
        Column("keys", "where"),
        Column("priority", "priority"),
        Column("blocker", "for what"),
        Column("blocker_keys", "where"),
        Column("blocker_status", "its status"),
        Column("since", "unchanged for", Shape.DAYS),
    )
    table = Table("blocked", "What waits", columns, tuple(rows), empty="Nothing waits.")
    lead = (f"{len({row[1] for row in rows}):,} open things wait for {len({row[4] for row in rows}):,} others.",)
    return Document("blocked", "Blocked", scene.at, lead, (table,))


def releases_report(scene: Scene) -> Document:
    """Every release over all the versions and milestones that it spans: what is in it, what is done, what is left."""
    inside: dict[str, list[Work]] = {}
    for work in scene.stock.work.values():
        for uid in work.releases:
            inside.setdefault(uid, []).append(work)
    rows = []
    for release in sorted(scene.stock.releases.values(), key=lambda one: (one.due or "9999", one.title)):
        held = inside.get(release.uid, [])
        done, left = sum(not work.is_open for work in held), [work for work in held if work.is_open]
        late = release.status is not None and release.status.category is StatusCategory.DONE and bool(left)
        rows.append(
            (
                release.title,
                release.named,
                str(release.status or "–"),
                release.due or "–",
                release.shipped or "–",
                len(held),
                done / len(held) if held else None,
                "shipped with open work" if late else "",
                _few([work.title for work in left]),
            )
        )
    columns = (
        Column("title", "release"),
        Column("keys", "where"),
        Column("status", "status"),
        Column("due", "due"),
        Column("shipped", "shipped"),
        Column("items", "items", Shape.COUNT),
        Column("done", "done", Shape.SHARE),
        Column("drift", "drift"),
        Column("left", "left"),
    )
    table = Table("releases", "Releases", columns, tuple(rows), empty="No system has a release.", bars="items")
    loose = sum(not work.releases and work.is_open for work in scene.stock.work.values())
    return Document("releases", "Releases", scene.at, (f"{len(rows):,} releases; {loose:,} open things are in none.",), (table,))


def _few(titles: Sequence[str]) -> str:
    more = len(titles) - NAMED
    return ", ".join([*titles[:NAMED], *([f"{more} more"] if more > 0 else [])])
