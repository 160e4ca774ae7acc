"""Issues to records, and the tokens of GitHub's state. Pure.

Both APIs are read into one shape first (``wire``), so that a record is the same whichever way it was read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pmsync.connect.markers import TOKEN
from pmsync.model.enums import Audience, Kind
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Known, Observed, Unobserved, known
from pmsync_github.priority import PriorityNames, token

if TYPE_CHECKING:
    from pmsync_github.milestones import Milestone

TITLE = "title"
BODY = "body"
STATUS = "status"
PRIORITY = "label:priority"
LABELS = "labels"
RELEASE = "release"
PARENT = "parent"
ASSIGNEES = "assignees"
RELEASE_STATE = "milestone.state"
RELEASE_DUE = "milestone.due"
MILESTONE_TITLE = "milestone.title"
"""Of a milestone whose title cannot be written; where it can, it shows on ``title`` as those of issues do."""

TITLE_LIMIT = 256
BODY_LIMIT = 65_536
MARKER_ROOM = 256
"""Characters of the body kept free for the marker."""
LABEL_LIMIT = 50

OPEN = "open"

_MARKER = re.compile(rf"<!-- pmsync:({TOKEN.pattern}) -->")
_BREAKS = ("\r\n\r\n", "\n\n", "\r\n", "\n")
"""What stands before a marker: two line breaks as we wrote them or as a browser rewrote them, else what an edit left of them."""
_ISSUE_URL = re.compile(r"https?://[^\s<>()\[\]\"'`]{1,300}?/(?:browse/([A-Z][A-Z0-9_]+-\d+)|issues/\d+)(?![\w/-])")
_SHORT_REFERENCE = re.compile(r"(?<![\w/])([A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}#\d+)\b")
_KEY = re.compile(r"(?P<repository>[^/#\s]+/[^/#\s]+)#(?P<number>\d+)")
_KINDS: Mapping[str, Kind] = {
    "bug": Kind.BUG,
    "enhancement": Kind.FEATURE,
    "feature": Kind.FEATURE,
    "feature request": Kind.FEATURE,
    "feature-request": Kind.FEATURE,
    "improvement": Kind.IMPROVEMENT,
    "epic": Kind.EPIC,
    "initiative": Kind.INITIATIVE,
    "idea": Kind.IDEA,
    "tech debt": Kind.DEBT,
    "tech-debt": Kind.DEBT,
    "technical debt": Kind.DEBT,
}


@dataclass(frozen=True, slots=True)
class LabelEntry:
    """One label of a repository: its spelling and node id."""

    name: str
    id: str


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue as either API shows it; times are Unix seconds.

    Attributes:
        labels: None: more than could be read.
        release: node id of its milestone, "" for none.
        parent: node id of the issue that it is a sub-issue of, "" for none; (repository, number) where it was told by its address; None
            where it was not told.
        milestone: its milestone as it came along.
    """

    id: str
    number: int
    title: str
    body: str
    state: str
    reason: str
    labels: tuple[LabelEntry, ...] | None
    creator: str
    assignees: tuple[str, ...]
    url: str
    created_at: float
    updated_at: float
    repository: str
    audience: Audience | None = None
    release: str = ""
    parent: str | tuple[str, int] | None = None
    milestone: Milestone | None = field(default=None, repr=False, compare=False)

    @property
    def status(self) -> str:
        """The status token: ``open`` or ``closed/<reason>``; closed without a reason is completed."""
        return status_token(self.state, self.reason)


@dataclass(frozen=True, slots=True)
class Reading:
    """What turns an issue into a record of one scope."""

    scope: ScopeRef
    priorities: PriorityNames
    audience: Audience


# -- tokens -------------------------------------------------------------------------------------------------------------------


def status_token(state: str, reason: str) -> str:
    """``open`` (whatever the reason: GitHub says ``reopened`` there) or ``closed/<reason>``, where no reason means completed."""
    if state == OPEN:
        return OPEN
    return f"closed/{reason or 'completed'}"


def audience_of(visibility: str) -> Audience:
    """Who reads a repository: everybody, or those inside."""
    return Audience.PUBLIC if visibility.lower() == "public" else Audience.INTERNAL


def moment(text: str) -> float:
    """GitHub's time stamp as Unix seconds."""
    return datetime.fromisoformat(text).timestamp()


def stamp(seconds: float) -> str:
    """Unix seconds as GitHub's time stamp, whole seconds, rounded down."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def display_key(repository: str, number: int) -> str:
    """How people name an issue: ``acme/api#12``."""
    return f"{repository}#{number}"


def parse_key(key: str) -> tuple[str, int] | None:
    """Repository and number of a display key, None when it is none."""
    match = _KEY.fullmatch(key)
    return (match["repository"], int(match["number"])) if match else None


# -- bodies -------------------------------------------------------------------------------------------------------------------


def with_marker(body: str, marker: str | None) -> str:
    """The body of a new issue: the text, and the marker as a hidden last line."""
    if marker is None:
        return body
    hidden = f"<!-- pmsync:{marker} -->"
    return f"{body}\n\n{hidden}" if body else hidden


def split_marker(body: str) -> tuple[str, str | None]:
    """The text without its last marker, byte for byte what was written around it, and that marker's token; others belong to the text."""
    if "<!-- pmsync:" not in body:
        return body, None
    *_, last = (None, *_MARKER.finditer(body))
    if last is None:
        return body, None
    before = body[: last.start()]
    kept = before.removesuffix(next((breaks for breaks in _BREAKS if before.endswith(breaks)), ""))
    return kept + body[last.end() :], last[1]


def first_marker(body: str) -> tuple[str, str, str] | None:
    """The first marker's token, and what stands above and below it."""
    found = _MARKER.search(body) if "<!-- pmsync:" in body else None
    return None if found is None else (found[1], body[: found.start()], body[found.end() :])


def references(body: str) -> tuple[str, ...]:
    """Issues of any tracker that the text names by address, or as ``owner/name#12``; at most fifty, in order."""
    found: dict[str, None] = {}
    for match in _ISSUE_URL.finditer(body):
        found[match[0]] = None
        if match[1]:
            found[match[1]] = None
    for match in _SHORT_REFERENCE.finditer(body):
        found[match[1]] = None
    return tuple(found)[:50]


# -- records ------------------------------------------------------------------------------------------------------------------


def record(issue: Issue, reading: Reading) -> Record:
    """The record that ``issue`` is."""
    text, marker = split_marker(issue.body)
    priority, labels = label_surfaces(issue.labels, reading.priorities)
    people = {"reporter": issue.creator, "assignee": issue.assignees[0] if issue.assignees else ""}
    return Record(
        ref=RecordRef(reading.scope.system, issue.id),
        scope=reading.scope,
        key=display_key(issue.repository or reading.scope.key, issue.number),
        url=issue.url,
        kind=_kind(issue.labels or ()),
        values={
            TITLE: known(issue.title),
            BODY: known(text),
            STATUS: Known(issue.status),
            PRIORITY: priority,
            LABELS: labels,
            RELEASE: known(issue.release),
            PARENT: _parent(issue),
            ASSIGNEES: known(frozenset(issue.assignees)),
        },
        version=stamp(issue.updated_at),
        updated_at=issue.updated_at,
        created_at=issue.created_at,
        creator=issue.creator,
        audience=reading.audience if issue.audience is None else issue.audience,
        marker=marker,
        references=references(text),
        people={role: account for role, account in people.items() if account},
        raw={BODY: issue.body},
    )


def _parent(issue: Issue) -> Observed:
    if issue.parent is None:
        return Unobserved("this GitHub does not list the parents of issues")
    if isinstance(issue.parent, str):
        return known(issue.parent)
    return Unobserved(f"the parent {display_key(*issue.parent)} cannot be read")


def label_surfaces(labels: tuple[LabelEntry, ...] | None, priorities: PriorityNames) -> tuple[Observed, Observed]:
    """What the labels say of priority, and the others; None: more than could be read."""
    if labels is None:
        unseen = Unobserved("the issue carries more than 100 labels, and only the first 100 could be read")
        return unseen, unseen
    ours = sorted((entry.name for entry in labels if priorities.concerns(entry.name)), key=token)
    rest = frozenset(entry.name for entry in labels if not priorities.concerns(entry.name))
    if len(ours) > 1:
        named = " and ".join(repr(name) for name in ours)
        return Unobserved(f"the issue carries {len(ours)} priority labels, {named}: remove all but one"), known(rest)
    return (Known(token(ours[0])) if ours else EMPTY), known(rest)


def _kind(labels: Iterable[LabelEntry]) -> Kind:
    kinds = [kind for entry in labels if (kind := _KINDS.get(token(entry.name)))]
    return min(kinds, key=list(Kind).index) if kinds else Kind.TASK
