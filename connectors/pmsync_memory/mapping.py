"""Pure: which hub fields show where in a memory record, and what the values mean."""

from __future__ import annotations

from collections.abc import Mapping

from pmsync.connect import comments
from pmsync.connect.plugin import ScopeConfig
from pmsync.model.enums import Nature, Priority, Status
from pmsync.reconcile.lenses import EnumLens, LabelsLens, MentionsLens, ReferencesLens, TextLens
from pmsync.reconcile.surface import DefaultTaken, Surface
from pmsync_memory.server import BODY_LIMIT, TITLE_LIMIT

COMMENT = frozenset({Nature.COMMENT})
WORK, RELEASE = frozenset({Nature.WORK}), frozenset({Nature.RELEASE})
SURFACES = ("title", "body", "status", "priority", "labels")
"""Here every field shows in one place of the same name; elsewhere a field may have several surfaces, or none."""

STATUS_READS = {
    "todo": Status.BACKLOG,
    "doing": Status.IN_PROGRESS,
    "review": Status.IN_REVIEW,
    "done": Status.DONE,
    "dropped": Status.DECLINED,
}
STATUS_WRITES: Mapping[str, str] = {
    Status.INBOX: "todo",
    Status.BACKLOG: "todo",
    Status.PLANNED: "todo",
    Status.IN_PROGRESS: "doing",
    Status.IN_REVIEW: "review",
    Status.DONE: "done",
    Status.RELEASED: "done",
    Status.DECLINED: "dropped",
    Status.DUPLICATE: "dropped",
}
PRIORITY_READS: Mapping[str, str] = {"1": Priority.CRITICAL, "2": Priority.HIGH, "3": Priority.MEDIUM, "4": Priority.LOW}
PRIORITY_WRITES: Mapping[str, str] = {hub: remote for remote, hub in PRIORITY_READS.items()} | {Priority.MINOR: "4"}
"""Five hub values on four numbers: low and minor both show as 4, and a 4 stays whichever of the two the hub holds."""


RELEASE_READS = {"todo": Status.PLANNED, "doing": Status.IN_PROGRESS, "done": Status.RELEASED, "dropped": Status.DECLINED}
RELEASE_WRITES: Mapping[str, str] = {
    Status.INBOX: "todo",
    Status.BACKLOG: "todo",
    Status.PLANNED: "todo",
    Status.IN_PROGRESS: "doing",
    Status.IN_REVIEW: "doing",
    Status.DONE: "doing",
    Status.RELEASED: "done",
    Status.DECLINED: "dropped",
    Status.DUPLICATE: "dropped",
}
ROADMAP: Mapping[str, str] = {status.value: status.value for status in Status}
FEEDBACK = frozenset({Nature.FEEDBACK})
DATES = ("start", "due", "shipped")
OF_WORK = ("release", "parent", "blocked_by")
OF_RELEASES = ("title", "state", *DATES)
OF_FEEDBACK = ("title", "about", "roadmap")
"""What there is where a server knows releases and what customers say."""


def surfaces_of(scope: ScopeConfig, *, releases: bool = False) -> list[Surface]:
    """The surfaces of a scope. The value maps of its config lie over the defaults, and every default still in force is declared.

    ``releases``: the server knows releases, parents and what waits for what.
    """
    title = Surface(
        "title", "title", TextLens(limit=TITLE_LIMIT, single_line=True), natures=frozenset(Nature) - COMMENT if releases else WORK
    )
    return [title, *_work(scope), *(_plans() if releases else ()), *comments.surfaces(BODY_LIMIT)]


def _plans() -> list[Surface]:
    status = EnumLens({token: str(hub) for token, hub in RELEASE_READS.items()}, RELEASE_WRITES)
    return [
        Surface("release", "release", ReferencesLens()),
        Surface("parent", "parent", ReferencesLens(single=True, scalar=True)),
        Surface("blocked_by", "blocked_by", ReferencesLens()),
        Surface("about", "about", MentionsLens(), "it is what somebody wrote", natures=FEEDBACK),
        Surface("roadmap", "roadmap", EnumLens(ROADMAP, ROADMAP), natures=FEEDBACK),
        Surface("state", "status", status, natures=RELEASE),
        *(Surface(name, name, TextLens(single_line=True), natures=RELEASE) for name in DATES),
    ]


def _work(scope: ScopeConfig) -> list[Surface]:
    return [
        Surface("body", "body", TextLens(limit=BODY_LIMIT)),
        _enum("status", STATUS_READS, STATUS_WRITES, scope),
        _enum("priority", PRIORITY_READS, PRIORITY_WRITES, scope),
        Surface("labels", "labels", LabelsLens(scope.label_namespace)),
    ]


def _enum(field: str, reads: Mapping[str, str], writes: Mapping[str, str], scope: ScopeConfig) -> Surface:
    """A write is kept only while the value it reads back as is itself written so: that is the PutGet law."""
    mine = scope.maps.get(field, {})
    system = scope.ref.system
    defaults = tuple(
        DefaultTaken(remote, hub, f"the connector's own {field} map", f"maps.{field}.{system}: {{{remote}: {hub}}}")
        for remote, hub in reads.items()
        if remote not in mine
    )
    reads = {**reads, **mine}
    kept = {hub: remote for hub, remote in writes.items() if writes.get(reads[remote]) == remote}
    return Surface(
        field, field, EnumLens(reads, kept, unmapped_hint=f"add {{token}} under maps.{field}.{system}"), defaults=defaults
    )
