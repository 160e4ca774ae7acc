"""GitHub's JSON as it is read: REST and GraphQL, each turned into the one shape (``mapping.Issue``) that records are made of. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from pmsync.model.enums import Audience
from pmsync_github import mapping
from pmsync_github.mapping import Issue, LabelEntry
from pmsync_github.milestones import Milestone, day


class Login(msgspec.Struct):
    """An account as REST names it."""

    login: str


class Present(msgspec.Struct):
    """A member whose content does not matter: only that it is there."""


class RestLabel(msgspec.Struct):
    """A label inside a REST issue."""

    name: str | None = None
    node_id: str = ""


class RestMilestone(msgspec.Struct):
    """The fields read from a REST milestone."""

    node_id: str
    number: int
    title: str
    state: str
    html_url: str
    url: str
    created_at: datetime
    updated_at: datetime
    due_on: datetime | None = None
    description: str | None = None
    creator: Login | None = None

    def milestone(self) -> Milestone:
        """The common shape."""
        return Milestone(
            id=self.node_id,
            number=self.number,
            title=self.title,
            description=self.description or "",
            state=self.state.lower(),
            due=day(self.due_on),
            url=self.html_url,
            creator=self.creator.login if self.creator else "",
            created_at=self.created_at.timestamp(),
            updated_at=self.updated_at.timestamp(),
            repository="/".join(self.url.rsplit("/", 4)[1:3]),
        )


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
    milestone: RestMilestone | None = None
    sub_issues_summary: Present | None = None
    parent_issue_url: str | None = None

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
            assignees=tuple(sorted(one.login for one in self.assignees or ())),
            url=self.html_url,
            created_at=self.created_at.timestamp(),
            updated_at=self.updated_at.timestamp(),
            repository="/".join(self.repository_url.rsplit("/", 2)[1:]),
            release=self.milestone.node_id if self.milestone else "",
            parent=self._parent(),
            milestone=self.milestone.milestone() if self.milestone else None,
        )

    def _parent(self) -> str | tuple[str, int] | None:
        """A server that knows sub-issues leaves the address out where there is no parent (seen in several scripts on GitHub); older ones always."""
        if not self.parent_issue_url:
            return None if self.sub_issues_summary is None else ""
        owner, name, _, number = self.parent_issue_url.split("/")[-4:]
        return f"{owner}/{name}", int(number)


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

    def said(self, issue: str, audience: Audience) -> Said:
        """The common shape. A listing tells neither the node id of the issue nor who reads the repository."""
        return Said(
            id=self.node_id,
            body=self.body or "",
            author=self.user.login if self.user else "",
            url=self.html_url,
            created_at=self.created_at.timestamp(),
            updated_at=self.updated_at.timestamp(),
            repository="/".join(self.issue_url.rsplit("/", 4)[1:3]),
            number=self.number,
            issue=issue,
            audience=audience,
        )

    @property
    def on_pull_request(self) -> bool:
        """Whether it stands under a pull request, which shares the listing."""
        return "/pull/" in self.html_url


@dataclass(frozen=True, slots=True)
class Said:
    """One comment on an issue as either API shows it; times are Unix seconds, ``issue`` is the issue's node id."""

    id: str
    body: str
    author: str
    url: str
    created_at: float
    updated_at: float
    repository: str
    number: int
    issue: str
    audience: Audience


class RestMark(msgspec.Struct):
    """The field read from the label that keeps the instance mark."""

    description: str | None = None


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


class GraphMilestone(msgspec.Struct, rename="camel"):
    """The fields read from a GraphQL milestone (fragment ``MilestoneFields``)."""

    id: str
    number: int
    title: str
    milestone_state: str
    url: str
    created_at: datetime
    updated_at: datetime
    repository: GraphRepository
    due_on: datetime | None = None
    description: str | None = None
    creator: GraphActor | None = None

    def milestone(self) -> Milestone:
        """The common shape."""
        return Milestone(
            id=self.id,
            number=self.number,
            title=self.title,
            description=self.description or "",
            state=self.milestone_state.lower(),
            due=day(self.due_on),
            url=self.url,
            creator=_graph_login(self.creator),
            created_at=self.created_at.timestamp(),
            updated_at=self.updated_at.timestamp(),
            repository=self.repository.nameWithOwner,
            audience=mapping.audience_of(self.repository.visibility),
        )


class GraphId(msgspec.Struct):
    """Something of which only the node id matters."""

    id: str


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
    milestone: GraphMilestone | None = None
    parent: GraphId | None = None

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
            assignees=tuple(sorted(one.login for one in self.assignees.nodes)),
            url=self.url,
            created_at=self.created_at.timestamp(),
            updated_at=self.updated_at.timestamp(),
            repository=self.repository.nameWithOwner,
            audience=mapping.audience_of(self.repository.visibility),
            release=self.milestone.id if self.milestone else "",
            parent=self.parent.id if self.parent else "",
            milestone=self.milestone.milestone() if self.milestone else None,
        )


class GraphAssignee(msgspec.Struct):
    """The account that an event concerns; without a login where it is no person's and no App's."""

    login: str = ""
    typename: str = msgspec.field(default="", name="__typename")


class GraphNumbered(msgspec.Struct):
    """The issue that a comment is on."""

    id: str
    number: int


class GraphComment(msgspec.Struct, rename="camel"):
    """The fields read from a comment (fragment ``CommentFields``)."""

    id: str
    body: str
    url: str
    created_at: datetime
    updated_at: datetime
    issue: GraphNumbered
    repository: GraphRepository
    author: GraphActor | None = None

    def said(self) -> Said:
        """The common shape."""
        return Said(
            id=self.id,
            body=self.body,
            author=_graph_login(self.author),
            url=self.url,
            created_at=self.created_at.timestamp(),
            updated_at=self.updated_at.timestamp(),
            repository=self.repository.nameWithOwner,
            number=self.issue.number,
            issue=self.issue.id,
            audience=mapping.audience_of(self.repository.visibility),
        )


class GraphLabelName(msgspec.Struct):
    """The label that an event concerns, under the name it has now."""

    name: str


class GraphEvent(msgspec.Struct, rename="camel"):
    """One event of an issue's timeline; which fields it has depends on what it is (``RenamedTitleEvent`` and so on)."""

    created_at: datetime
    typename: str = msgspec.field(name="__typename")
    actor: GraphActor | None = None
    previous_title: str = ""
    current_title: str = ""
    state_reason: str | None = None
    label: GraphLabelName | None = None
    milestone_title: str = ""
    parent: GraphId | None = None
    assignee: GraphAssignee | None = None

    @property
    def who(self) -> str:
        """The login of whoever did it, "" for accounts that are gone."""
        return _graph_login(self.actor)


class GraphText(msgspec.Struct, rename="camel"):
    """One entry of a body's edit history: its whole text from then on, None where that entry was deleted."""

    edited_at: datetime
    editor: GraphActor | None = None
    diff: str | None = None

    @property
    def who(self) -> str:
        """The login of whoever did it, "" for accounts that are gone."""
        return _graph_login(self.editor)


class GraphEvents(msgspec.Struct, rename="camel"):
    """A page of the timeline, oldest first."""

    nodes: list[GraphEvent]
    page_info: GraphPageInfo


class GraphTexts(msgspec.Struct, rename="camel"):
    """A page of a body's edit history, newest first."""

    nodes: list[GraphText]
    page_info: GraphPageInfo


class GraphPast(msgspec.Struct, rename="camel"):
    """What happened to an issue (fragment ``Past``)."""

    timeline_items: GraphEvents
    user_content_edits: GraphTexts | None = None


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


def graph_milestone(node: Any) -> Milestone | None:
    """The milestone that a GraphQL node is, None when it is null or something else.

    Raises:
        msgspec.ValidationError: it is a milestone but lacks a field.
    """
    if not isinstance(node, Mapping) or node.get("__typename") != "Milestone":
        return None
    return msgspec.convert(node, GraphMilestone).milestone()


def graph_comment(node: Any) -> Said | None:
    """The comment that a GraphQL node is, None when it is null or something else.

    Raises:
        msgspec.ValidationError: it is a comment but lacks a field.
    """
    if not isinstance(node, Mapping) or node.get("__typename") != "IssueComment":
        return None
    return msgspec.convert(node, GraphComment).said()


def graph_past(node: Any) -> GraphPast:
    """What happened to the issue that a GraphQL node is.

    Raises:
        msgspec.ValidationError: it lacks a field.
    """
    return msgspec.convert(node, GraphPast)
