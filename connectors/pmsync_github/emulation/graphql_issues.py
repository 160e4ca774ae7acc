"""GraphQL objects: issues, pull requests as far as lists need them, and an issue's timeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pmsync_github.emulation.errors import not_implemented
from pmsync_github.emulation.graphql_objects import actor, by_login, edits, labels, repo_of, stamp
from pmsync_github.emulation.graphql_types import (
    PAGE,
    Connection,
    Context,
    FieldFault,
    Fields,
    FieldType,
    attribute,
    connect,
    derived,
)
from pmsync_github.emulation.render import WEB, Renderer
from pmsync_github.emulation.stamps import iso, parse
from pmsync_github.emulation.state import Comment, Happening, Issue, Label

HAPPENINGS = {
    "labeled": "LabeledEvent",
    "unlabeled": "UnlabeledEvent",
    "closed": "ClosedEvent",
    "reopened": "ReopenedEvent",
    "renamed": "RenamedTitleEvent",
    "assigned": "AssignedEvent",
    "unassigned": "UnassignedEvent",
    "milestoned": "MilestonedEvent",
    "demilestoned": "DemilestonedEvent",
    "parent_issue_added": "ParentIssueAddedEvent",
    "parent_issue_removed": "ParentIssueRemovedEvent",
    "sub_issue_added": "SubIssueAddedEvent",
    "sub_issue_removed": "SubIssueRemovedEvent",
}
ITEM_TYPES = {
    "ASSIGNED_EVENT": "AssignedEvent",
    "CLOSED_EVENT": "ClosedEvent",
    "DEMILESTONED_EVENT": "DemilestonedEvent",
    "ISSUE_COMMENT": "IssueComment",
    "LABELED_EVENT": "LabeledEvent",
    "MILESTONED_EVENT": "MilestonedEvent",
    "PARENT_ISSUE_ADDED_EVENT": "ParentIssueAddedEvent",
    "PARENT_ISSUE_REMOVED_EVENT": "ParentIssueRemovedEvent",
    "RENAMED_TITLE_EVENT": "RenamedTitleEvent",
    "REOPENED_EVENT": "ReopenedEvent",
    "SUB_ISSUE_ADDED_EVENT": "SubIssueAddedEvent",
    "SUB_ISSUE_REMOVED_EVENT": "SubIssueRemovedEvent",
    "UNASSIGNED_EVENT": "UnassignedEvent",
    "UNLABELED_EVENT": "UnlabeledEvent",
}


def _state_reason(context: Context, issue: Issue, arguments: Mapping[str, Any]) -> str | None:
    if issue.state_reason == "duplicate" and not arguments.get("enableDuplicate"):
        raise FieldFault.of(not_implemented("stateReason of a duplicate without enableDuplicate"))
    return issue.state_reason.upper() if issue.state_reason else None


def _comments(context: Context, issue: Issue, arguments: Mapping[str, Any]) -> Connection:
    order = arguments.get("orderBy")
    if order is None:
        return connect(issue.comments, arguments, lambda one: (one.created_at, one.id))
    return connect(issue.comments, arguments, lambda one: (one.updated_at, one.id), backwards=order["direction"] == "DESC")


def _assignees(context: Context, issue: Issue, arguments: Mapping[str, Any]) -> Connection:
    return connect([by_login(context, login) for login in issue.assignees], arguments, lambda user: (user.id,))


def _timeline(context: Context, issue: Issue, arguments: Mapping[str, Any]) -> Connection:
    if arguments.get("skip"):
        raise FieldFault.of(not_implemented("the argument skip of timelineItems"))
    wanted = {ITEM_TYPES[name] for name in arguments.get("itemTypes") or ITEM_TYPES}
    floor = parse(arguments["since"]) if arguments.get("since") else 0.0
    items: list[Happening | Comment] = [*issue.happenings, *issue.comments]
    found = [one for one in items if timeline_type(one) in wanted and _at(one) >= floor]
    return connect(found, arguments, lambda one: (_at(one), one.id))


def _below(context: Context, issue: Issue, arguments: Mapping[str, Any]) -> Connection:
    return connect(issue.below, arguments, lambda one: (one.id,))


def _visible(context: Context, issue: Issue | None) -> Issue | None:
    """The issue where it still is and the caller may see it."""
    if issue is None or issue.node_id not in context.world.nodes or not context.readable(repo_of(context, issue)):
        return None
    return issue


def timeline_type(item: Happening | Comment) -> str:
    """The type name of a timeline item."""
    return "IssueComment" if isinstance(item, Comment) else HAPPENINGS[item.kind]


def _at(item: Happening | Comment) -> int:
    return item.created_at if isinstance(item, Comment) else item.at


def _association(context: Context, issue: Issue) -> str:
    return Renderer(context.world, "").association(repo_of(context, issue), issue.author)


def _url(context: Context, issue: Issue) -> str:
    return f"{WEB}/{repo_of(context, issue).full_name}/{'pull' if issue.is_pull else 'issues'}/{issue.number}"


LABELABLE: Fields = {"labels": FieldType("LabelConnection", labels, {**PAGE, "orderBy": "LabelOrder"})}
SHARED: Fields = {
    **LABELABLE,
    "id": attribute("ID", "node_id"),
    "fullDatabaseId": derived("BigInt", lambda context, issue: str(issue.id)),
    "number": attribute("Int", "number"),
    "title": attribute("String", "title"),
    "body": derived("String", lambda context, issue: issue.body or ""),
    "url": derived("URI", _url),
    "author": actor("author"),
    "createdAt": stamp("created_at"),
    "updatedAt": stamp("updated_at"),
    "closed": derived("Boolean", lambda context, issue: issue.state == "closed"),
    "closedAt": stamp("closed_at"),
    "locked": derived("Boolean", lambda context, issue: False),
    "milestone": attribute("Milestone", "milestone"),
    "assignees": FieldType("UserConnection", _assignees, PAGE),
    "repository": derived("Repository", repo_of),
}
ISSUE: Fields = {
    **SHARED,
    "databaseId": attribute("Int", "id"),
    "state": derived("IssueState", lambda context, issue: issue.state.upper()),
    "stateReason": FieldType("IssueStateReason", _state_reason, {"enableDuplicate": "Boolean"}),
    "authorAssociation": derived("CommentAuthorAssociation", _association),
    "lastEditedAt": derived("DateTime", lambda context, issue: iso(issue.revisions[-1].at) if issue.revisions else None),
    "editor": derived("Actor", lambda context, issue: by_login(context, issue.revisions[-1].editor) if issue.revisions else None),
    "userContentEdits": FieldType("UserContentEditConnection", edits, PAGE),
    "parent": derived("Issue", lambda context, issue: _visible(context, issue.parent)),
    "subIssues": FieldType("IssueConnection", _below, PAGE),
    "comments": FieldType("IssueCommentConnection", _comments, {**PAGE, "orderBy": "IssueCommentOrder"}),
    "timelineItems": FieldType(
        "IssueTimelineItemsConnection",
        _timeline,
        {**PAGE, "itemTypes": "[IssueTimelineItemsItemType!]", "since": "DateTime", "skip": "Int"},
    ),
}
EVENT: Fields = {
    "id": derived("ID", lambda context, one: f"EV_{one.id}"),
    "actor": actor("actor"),
    "createdAt": derived("DateTime", lambda context, one: iso(one.at)),
}


def _detail(type_: str, name: str) -> FieldType:
    return derived(type_, lambda context, one: one.detail[name])


_LABEL_EVENT: Fields = {**EVENT, "label": derived("Label", lambda context, one: _label(one))}
_STATE_EVENT: Fields = {
    **EVENT,
    "stateReason": derived("IssueStateReason", lambda context, one: one.detail["state_reason"].upper()),
}
_MILESTONE_EVENT: Fields = {**EVENT, "milestoneTitle": derived("String", lambda context, one: one.detail["milestone"].title)}
_PARENT_EVENT: Fields = {**EVENT, "parent": derived("Issue", lambda context, one: _visible(context, one.detail["parent"]))}
_SUB_EVENT: Fields = {**EVENT, "subIssue": derived("Issue", lambda context, one: _visible(context, one.detail["sub_issue"]))}
_ASSIGN_EVENT: Fields = {**EVENT, "assignee": derived("Assignee", lambda context, one: by_login(context, one.detail["assignee"]))}


def _label(one: Happening) -> Label:
    label: Label = one.detail["label"]
    return label


EVENTS: dict[str, Fields] = {
    "LabeledEvent": _LABEL_EVENT,
    "UnlabeledEvent": _LABEL_EVENT,
    "ClosedEvent": _STATE_EVENT,
    "ReopenedEvent": _STATE_EVENT,
    "RenamedTitleEvent": {**EVENT, "previousTitle": _detail("String", "before"), "currentTitle": _detail("String", "after")},
    "AssignedEvent": _ASSIGN_EVENT,
    "UnassignedEvent": _ASSIGN_EVENT,
    "MilestonedEvent": _MILESTONE_EVENT,
    "DemilestonedEvent": _MILESTONE_EVENT,
    "ParentIssueAddedEvent": _PARENT_EVENT,
    "ParentIssueRemovedEvent": _PARENT_EVENT,
    "SubIssueAddedEvent": _SUB_EVENT,
    "SubIssueRemovedEvent": _SUB_EVENT,
}
