"""Where hub fields show in the issues of one repository. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from pmsync.connect.errors import ConfigError
from pmsync.model.enums import Nature, Priority, Status
from pmsync.model.record import ScopeRef
from pmsync.reconcile.lenses import DayLens, EnumLens, LabelsLens, PeopleLens, ReferencesLens, TextLens
from pmsync.reconcile.surface import DefaultTaken, Surface
from pmsync_github import mapping, milestones
from pmsync_github.priority import PriorityNames, default_label, token

WORK, RELEASE = frozenset({Nature.WORK}), frozenset({Nature.RELEASE})
_READS = {
    "open": Status.BACKLOG,
    "closed/completed": Status.DONE,
    "closed/not_planned": Status.DECLINED,
    "closed/duplicate": Status.DUPLICATE,
}
_WRITES = {
    Status.INBOX: "open",
    Status.BACKLOG: "open",
    Status.PLANNED: "open",
    Status.IN_PROGRESS: "open",
    Status.IN_REVIEW: "open",
    Status.DONE: "closed/completed",
    Status.RELEASED: "closed/completed",
    Status.DECLINED: "closed/not_planned",
    Status.DUPLICATE: "closed/duplicate",
}
_WHY_STATUS = {
    "open": "GitHub knows only open and closed; inbox, planned, in_progress and in_review are written as open too",
    "closed/completed": "GitHub's reason completed (also when no reason is given); released is written so too",
    "closed/not_planned": "GitHub's reason not planned",
    "closed/duplicate": "GitHub's reason duplicate",
}
_SHOWN_STATUS = {
    "open": "open",
    "closed/completed": "closed as completed",
    "closed/not_planned": "closed as not planned",
    "closed/duplicate": "closed as duplicate",
}


@dataclass(frozen=True, slots=True)
class Layout:
    """What the surfaces of one repository depend on.

    Attributes:
        scope: the repository.
        labels: the spellings of the labels it has.
        priorities: the rule for priority labels.
        statuses: configured status token to hub value.
        scope_labels: labels that make an issue belong to the scope: they are no matter of the labels surface.
        namespace: prefix of the labels that pmsync touches, "" for all.
        read_only: why nothing can be written here, None when it can.
        labels_read_only: why no label, milestone, parent or assignee of an issue can be written here, None when it can.
        milestones_read_only: why no milestone can be made or changed here, None when it can.
    """

    scope: ScopeRef
    labels: tuple[str, ...]
    priorities: PriorityNames
    statuses: Mapping[str, str] = field(default_factory=dict)
    scope_labels: tuple[str, ...] = ()
    namespace: str = ""
    read_only: str | None = None
    labels_read_only: str | None = None
    milestones_read_only: str | None = None


def surfaces(layout: Layout) -> list[Surface]:
    """The surfaces of a repository's issues, and of its milestones."""
    body_limit = mapping.BODY_LIMIT - mapping.MARKER_ROOM
    labels_read_only = layout.read_only or layout.labels_read_only
    return [
        *_titles(layout),
        Surface(mapping.BODY, "body", TextLens(body_limit, markdown=True, inert=True), read_only=layout.read_only),
        _status(layout),
        _priority(layout, labels_read_only),
        Surface(
            mapping.LABELS,
            "labels",
            LabelsLens(layout.namespace, exclude=_excluded(layout), limit=mapping.LABEL_LIMIT),
            read_only=labels_read_only,
        ),
        Surface(mapping.RELEASE, "release", ReferencesLens(single=True), read_only=labels_read_only),
        Surface(mapping.PARENT, "parent", ReferencesLens(single=True, scalar=True), read_only=labels_read_only),
        Surface(mapping.ASSIGNEES, "assignees", PeopleLens(), read_only=labels_read_only),
        *_milestones(layout),
    ]


def _titles(layout: Layout) -> list[Surface]:
    """One surface for the titles of issues and of milestones, or two where only those of issues can be written."""
    lens, closed = TextLens(mapping.TITLE_LIMIT, single_line=True), layout.read_only or layout.milestones_read_only
    if closed == layout.read_only:
        return [Surface(mapping.TITLE, "title", lens, read_only=closed, natures=WORK | RELEASE)]
    return [
        Surface(mapping.TITLE, "title", lens, read_only=layout.read_only),
        Surface(mapping.MILESTONE_TITLE, "title", lens, read_only=closed, natures=RELEASE),
    ]


def _milestones(layout: Layout) -> list[Surface]:
    state = EnumLens(milestones.STATE_READS, milestones.STATE_WRITES, refused={"": "a milestone is always open or closed"})
    closed = layout.read_only or layout.milestones_read_only
    return [
        Surface(mapping.RELEASE_STATE, "status", state, read_only=closed, natures=RELEASE),
        Surface(mapping.RELEASE_DUE, "due", DayLens(), read_only=closed, natures=RELEASE),
    ]


def _excluded(layout: Layout) -> Callable[[str], bool]:
    members = {token(label) for label in layout.scope_labels}
    return lambda label: token(label) in members or layout.priorities.concerns(label)


def check_maps(system: str, maps: Mapping[str, Mapping[str, str]]) -> None:
    """Refuse value maps that name what GitHub or the hub does not have.

    Raises:
        ConfigError: an unknown status token or hub value; the hint names the nearest one there is.
    """
    for remote, hub in maps.get("status", {}).items():
        _known(status_key(remote), _READS, f"maps.status.{system}: {remote!r} is no state of a GitHub issue")
        _known(hub, list(Status), f"maps.status.{system}: {hub!r} is no status")
    for hub in maps.get("priority", {}).values():
        _known(hub, list(Priority), f"maps.priority.{system}: {hub!r} is no priority")


def status_key(written: str) -> str:
    """The token meant by a key of ``maps.status``: ``closed`` alone is closed as completed."""
    folded = written.strip().casefold().replace(" ", "_")
    return "closed/completed" if folded in ("closed", "closed/null", "closed/none") else folded


def _known(word: str, words: Iterable[str], problem: str) -> None:
    choices = [str(choice) for choice in words]
    if word in choices:
        return
    near = difflib.get_close_matches(word, choices, n=1)
    meant = f"did you mean {near[0]!r}? " if near else ""
    raise ConfigError(problem, hint=f"{meant}There are: {', '.join(choices)}")


def _status(layout: Layout) -> Surface:
    configured = {status_key(remote): hub for remote, hub in layout.statuses.items()}
    reads = {remote: hub.value for remote, hub in _READS.items()} | configured
    writes = {hub.value: remote for hub, remote in _WRITES.items()}
    for remote, hub in configured.items():
        if reads[writes[hub]] != hub:
            writes[hub] = remote
    system = layout.scope.system
    defaults = tuple(
        DefaultTaken(remote, hub, _WHY_STATUS[remote], f'maps.status.{system}: {{"{remote}": {hub}}}')
        for remote, hub in reads.items()
        if remote not in configured
    )
    hint = f'say what it means: maps.status.{system}: {{"{{token}}": done}}'
    lens = EnumLens(reads=reads, writes=writes, refused={"": "a GitHub issue is always open or closed"}, unmapped_hint=hint)
    return Surface(mapping.STATUS, "status", lens, read_only=layout.read_only, display=_SHOWN_STATUS, defaults=defaults)


def _priority(layout: Layout, read_only: str | None) -> Surface:
    names = layout.priorities
    existing = {token(label): label for label in layout.labels if names.concerns(label)}
    reads, chosen = names.reads(layout.labels), names.writes(layout.labels)
    display = {token(label): label for label in (*names.configured, *chosen.values())} | existing
    system = layout.scope.system
    configured = {token(label) for label in names.configured}
    found = [
        DefaultTaken(label, reads[key], "a well-known name", f'maps.priority.{system}: {{"{label}": {reads[key]}}}')
        for key, label in sorted(existing.items())
        if key in reads and key not in configured
    ]
    missing = [
        DefaultTaken(label, hub, "no label stands for it yet: this one is created when it is needed", _choose(system, hub))
        for hub, label in chosen.items()
        if label == default_label(hub) and token(label) not in existing and token(label) not in configured
    ]
    lens = EnumLens(
        reads=reads,
        writes={hub: token(label) for hub, label in chosen.items()},
        unmapped_hint=f'say what it means: maps.priority.{system}: {{"{{token}}": high}}',
    )
    defaults = (*found, *missing)
    return Surface(mapping.PRIORITY, "priority", lens, read_only=read_only, display=display, defaults=defaults)


def _choose(system: str, hub: str) -> str:
    return f'maps.priority.{system}: {{"name of your label": {hub}}}'
