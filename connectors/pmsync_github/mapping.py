"""GitHub's JSON to records, and the tokens of its state. Pure.

REST and GraphQL answers are read into one shape (``Issue``) first, so that a record is the same whichever way it was read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from pmsync.connect.markers import TOKEN
from pmsync.model.enums import Audience, Kind
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Known, Observed, Unobserved, known
from pmsync_github.priority import PriorityNames, token

TITLE = "title"
BODY = "body"
STATUS = "status"
PRIORITY = "label:priority"
LABELS = "labels"

TITLE_LIMIT = 256
BODY_LIMIT = 65_536
MARKER_ROOM = 256
"""Characters of the body kept free for the marker."""
LABEL_LIMIT = 50

OPEN = "open"
CLOSED_REASONS = ("completed", "not_planned", "duplicate")

_MARKER = re.compile(rf"(?:\r?\n){{0,2}}<!-- pmsync:({TOKEN.pattern}) -->")
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
    """One issue as either API shows it. ``labels`` None: more than could be read; times are Unix seconds."""

    id: str
    number: int
    title: str
    body: str
    state: str
    reason: str
    labels: tuple[LabelEntry, ...] | None
    creator: str
    assignee: str
    url: str
    created_at: float
    updated_at: float
    repository: str
    audience: Audience | None = None

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


# -- the wire -----------------------------------------------------------------------------------------------------------------


class Login(msgspec.Struct):
    """An account as REST names it."""

    login: str


class Present(msgspec.Struct):
    """A member whose content does not matter: only that it is there."""


class RestLabel(msgspec.Struct):
    """A label inside a REST issue."""

    name: str | None = None
    node_id: str = ""


class RestIssue(msgspec.Struct):
    """The fields read from a REST issue."""

    node_id: str
    number: int
    title: str
    state: str
    html_url: str
    created_at: datetime
    updated_at: datetime
    repository_url: str = ""
    body: str | None = None
    state_reason: str | None = None
    labels: list[RestLabel | str] = []
    user: Login | None = None
    assignees: list[Login] | None = None
    pull_request: Present | None = None

    def issue(self) -> Issue:
        """The common shape."""
        entries = (
            LabelEntry(raw, "") if isinstance(raw, str) else LabelEntry(raw.name or "", raw.node_id) for raw in self.labels
        )
        return Issue(
            id=self.node_id,
            number=self.number,
            title=self.title,
            body=self.body or "",
            state=self.state.lower(),
            reason=(self.state_reason or "").lower(),
            labels=tuple(entry for entry in entries if entry.name),
            creator=self.user.login if self.user else "",
            assignee=self.assignees[0].login if self.assignees else "",
            url=self.html_url,
            created_at=self.created_at.timestamp(),
            updated_at=self.updated_at.timestamp(),
            repository="/".join(self.repository_url.rsplit("/", 2)[1:]),
        )


class RestComment(msgspec.Struct):
    """The fields read from a REST comment."""

    node_id: str
    html_url: str
    issue_url: str
    created_at: datetime
    updated_at: datetime
    body: str | None = None
    user: Login | None = None

    @property
    def number(self) -> int:
        """The number of the issue it belongs to."""
        return int(self.issue_url.rsplit("/", 1)[1])

    @property
    def on_pull_request(self) -> bool:
        """Whether it stands under a pull request, which shares the listing."""
        return "/pull/" in self.html_url


class GraphActor(msgspec.Struct):
    """An account as GraphQL names it."""

    login: str
    typename: str = msgspec.field(default="", name="__typename")


class GraphLabel(msgspec.Struct):
    """A label inside a GraphQL issue."""

    id: str
    name: str


class GraphPageInfo(msgspec.Struct):
    """Where a connection goes on."""

    hasNextPage: bool = False  # noqa: N815 - GitHub's name
    endCursor: str | None = None  # noqa: N815 - GitHub's name


class GraphLabels(msgspec.Struct):
    """The labels of a GraphQL issue."""

    nodes: list[GraphLabel]
    pageInfo: GraphPageInfo  # noqa: N815 - GitHub's name


class GraphLogins(msgspec.Struct):
    """The assignees of a GraphQL issue."""

    nodes: list[Login]


class GraphRepository(msgspec.Struct):
    """Where a GraphQL issue lives."""

    nameWithOwner: str  # noqa: N815 - GitHub's name
    visibility: str


class GraphIssue(msgspec.Struct, rename="camel"):
    """The fields read from a GraphQL issue (fragment ``IssueFields``)."""

    id: str
    number: int
    title: str
    body: str
    state: str
    url: str
    created_at: datetime
    updated_at: datetime
    labels: GraphLabels
    assignees: GraphLogins
    repository: GraphRepository
    state_reason: str | None = None
    author: GraphActor | None = None

    def issue(self) -> Issue:
        """The common shape."""
        return Issue(
            id=self.id,
            number=self.number,
            title=self.title,
            body=self.body,
            state=self.state.lower(),
            reason=(self.state_reason or "").lower(),
            labels=None if self.labels.pageInfo.hasNextPage else tuple(LabelEntry(raw.name, raw.id) for raw in self.labels.nodes),
            creator=_graph_login(self.author),
            assignee=self.assignees.nodes[0].login if self.assignees.nodes else "",
            url=self.url,
            created_at=self.created_at.timestamp(),
            updated_at=self.updated_at.timestamp(),
            repository=self.repository.nameWithOwner,
            audience=audience_of(self.repository.visibility),
        )


def _graph_login(author: GraphActor | None) -> str:
    """GraphQL leaves out the suffix that REST gives an App's account; records must not differ by the way they were read."""
    if author is None:
        return ""
    return f"{author.login}[bot]" if author.typename == "Bot" and not author.login.endswith("[bot]") else author.login


def graph_issue(node: Any) -> Issue | None:
    """The issue that a GraphQL node is, None when it is null or something else (a pull request).

    Raises:
        msgspec.ValidationError: it is an issue but lacks a field.
    """
    if not isinstance(node, Mapping) or node.get("__typename", "Issue") != "Issue" or "number" not in node:
        return None
    return msgspec.convert(node, GraphIssue).issue()


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
    *_, last = (None, *_MARKER.finditer(body))
    return (body, None) if last is None else (body[: last.start()] + body[last.end() :], last[1])


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
    priority, labels = _label_surfaces(issue.labels, reading.priorities)
    people = {"reporter": issue.creator, "assignee": issue.assignee}
    return Record(
        ref=RecordRef(reading.scope.system, issue.id),
        scope=reading.scope,
        key=display_key(issue.repository or reading.scope.key, issue.number),
        url=issue.url,
        kind=_kind(issue.labels or ()),
        values={TITLE: known(issue.title), BODY: known(text), STATUS: Known(issue.status), PRIORITY: priority, LABELS: labels},
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


def _label_surfaces(labels: tuple[LabelEntry, ...] | None, priorities: PriorityNames) -> tuple[Observed, Observed]:
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
