"""The types of the GraphQL face put together: a true subset of GitHub's schema, by GitHub's names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pmsync_github.emulation import graphql_mutations
from pmsync_github.emulation.graphql_issues import EVENTS, ISSUE, LABELABLE, SHARED, timeline_type
from pmsync_github.emulation.graphql_objects import (
    ACCOUNT,
    COMMENT,
    CONTENT_EDIT,
    LABEL,
    MILESTONE,
    NAMED_ACCOUNT,
    REF,
    REPOSITORY,
    by_login,
)
from pmsync_github.emulation.graphql_types import (
    PAGE_INFO,
    Context,
    FieldFault,
    Fields,
    FieldType,
    attribute,
    connection_type,
    derived,
)
from pmsync_github.emulation.stamps import iso
from pmsync_github.emulation.state import Comment, Happening, Issue, Label, Milestone, Repo, User


def resolve_id(context: Context, node_id: str) -> Any:
    """The object of a node id that the caller may see.

    Raises:
        FieldFault: NOT_FOUND.
    """
    found = context.world.nodes.get(node_id)
    repo = found if isinstance(found, Repo) else None
    if isinstance(found, Issue | Label | Milestone | Comment):
        repo = context.world.repos[found.repo_id]
    if found is None or (repo is not None and not context.readable(repo)):
        raise FieldFault("NOT_FOUND", f"Could not resolve to a node with the global id of '{node_id}'.")
    return found


def _nodes(context: Context, root: Any, arguments: Mapping[str, Any]) -> list[Any]:
    found: list[Any] = []
    for node_id in arguments["ids"]:
        try:
            found.append(resolve_id(context, node_id))
        except FieldFault as missing:
            found.append(missing)
    return found


def _repository(context: Context, root: Any, arguments: Mapping[str, Any]) -> Repo:
    name = f"{arguments['owner']}/{arguments['name']}"
    number = context.world.names.get(name.casefold())
    if number is None and arguments.get("followRenames", True):
        number = context.world.old_names.get(name.casefold())
    if number is None or not context.readable(context.world.repos[number]):
        raise FieldFault("NOT_FOUND", f"Could not resolve to a Repository with the name '{name}'.")
    return context.world.repos[number]


def _account(kind: str) -> FieldType:
    def resolve(context: Context, root: Any, arguments: Mapping[str, Any]) -> User:
        found = context.world.user(arguments["login"])
        if found is None or found.kind != kind:
            raise FieldFault("NOT_FOUND", f"Could not resolve to a {kind} with the login of '{arguments['login']}'.")
        return found

    return FieldType(kind, resolve, {"login": "String!"})


QUERY: Fields = {
    "viewer": derived("User", lambda context, root: by_login(context, context.login)),
    "repository": FieldType("Repository", _repository, {"owner": "String!", "name": "String!", "followRenames": "Boolean"}),
    "node": FieldType("Node", lambda context, root, arguments: resolve_id(context, arguments["id"]), {"id": "ID!"}),
    "nodes": FieldType("[Node]", _nodes, {"ids": "[ID!]!"}),
    "user": _account("User"),
    "organization": _account("Organization"),
    "rateLimit": FieldType("RateLimit", lambda context, root, arguments: context, {"dryRun": "Boolean"}),
}
RATE_LIMIT: Fields = {
    "cost": attribute("Int", "cost"),
    "nodeCount": attribute("Int", "nodes"),
    "limit": derived("Int", lambda context, own: context.quota.limit),
    "remaining": derived("Int", lambda context, own: max(0, context.quota.remaining - context.cost)),
    "used": derived("Int", lambda context, own: context.quota.used + context.cost),
    "resetAt": derived("DateTime", lambda context, own: iso(context.quota.reset)),
}
TYPES: dict[str, Fields] = {
    "Query": QUERY,
    "Mutation": graphql_mutations.fields(resolve_id),
    **graphql_mutations.PAYLOADS,
    "RateLimit": RATE_LIMIT,
    "PageInfo": PAGE_INFO,
    "Repository": REPOSITORY,
    "Ref": REF,
    "Issue": ISSUE,
    "PullRequest": SHARED,
    "Label": LABEL,
    "Milestone": MILESTONE,
    "IssueComment": COMMENT,
    "UserContentEdit": CONTENT_EDIT,
    "User": NAMED_ACCOUNT,
    "Bot": ACCOUNT,
    "Organization": NAMED_ACCOUNT,
    **EVENTS,
    "Node": {"id": ISSUE["id"]},
    "Actor": {name: ACCOUNT[name] for name in ("login", "url", "resourcePath")},
    "RepositoryOwner": {name: ACCOUNT[name] for name in ("id", "login", "url", "resourcePath")},
    "Labelable": LABELABLE,
    "Assignable": {"assignees": ISSUE["assignees"]},
    "Assignee": {},
    "IssueTimelineItems": {},
}
for _node in ("Issue", "Label", "Milestone", "IssueComment", "UserContentEdit", "User", "IssueTimelineItems"):
    TYPES |= connection_type(_node)

POSSIBLE: dict[str, frozenset[str]] = {
    "Node": frozenset(
        {
            "Repository",
            "Issue",
            "PullRequest",
            "Label",
            "Milestone",
            "IssueComment",
            "User",
            "Bot",
            "Organization",
            "UserContentEdit",
            *EVENTS,
        }
    ),
    "Actor": frozenset({"User", "Bot", "Organization"}),
    "RepositoryOwner": frozenset({"User", "Organization"}),
    "Assignee": frozenset({"User", "Bot", "Organization"}),
    "Labelable": frozenset({"Issue", "PullRequest"}),
    "Assignable": frozenset({"Issue", "PullRequest"}),
    "IssueTimelineItems": frozenset({*EVENTS, "IssueComment"}),
}
"""The object types behind each interface and union."""


def type_name(thing: Any, declared: str) -> str:
    """The object type of a resolved value."""
    if declared not in POSSIBLE:
        return declared
    if isinstance(thing, User):
        return thing.kind
    if isinstance(thing, Issue):
        return "PullRequest" if thing.is_pull else "Issue"
    if isinstance(thing, Happening | Comment):
        return timeline_type(thing)
    return {Repo: "Repository", Label: "Label", Milestone: "Milestone"}[type(thing)]


ENUMS: dict[str, frozenset[str]] = {
    "IssueState": frozenset({"OPEN", "CLOSED"}),
    "MilestoneState": frozenset({"OPEN", "CLOSED"}),
    "IssueStateReason": frozenset({"COMPLETED", "DUPLICATE", "NOT_PLANNED", "REOPENED"}),
    "IssueClosedStateReason": frozenset({"COMPLETED", "DUPLICATE", "NOT_PLANNED"}),
    "IssueOrderField": frozenset({"COMMENTS", "CREATED_AT", "UPDATED_AT"}),
    "LabelOrderField": frozenset({"CREATED_AT", "NAME"}),
    "MilestoneOrderField": frozenset({"CREATED_AT", "DUE_DATE", "NUMBER", "UPDATED_AT"}),
    "IssueCommentOrderField": frozenset({"UPDATED_AT"}),
    "OrderDirection": frozenset({"ASC", "DESC"}),
    "RepositoryVisibility": frozenset({"PRIVATE", "PUBLIC"}),
    "RepositoryPermission": frozenset({"ADMIN", "WRITE", "READ"}),
    "CommentAuthorAssociation": frozenset({"OWNER", "COLLABORATOR", "NONE"}),
    "IssueTimelineItemsItemType": frozenset(
        f"{name}_EVENT"
        for name in (
            "ASSIGNED",
            "CLOSED",
            "DEMILESTONED",
            "LABELED",
            "MILESTONED",
            "PARENT_ISSUE_ADDED",
            "PARENT_ISSUE_REMOVED",
            "RENAMED_TITLE",
            "REOPENED",
            "SUB_ISSUE_ADDED",
            "SUB_ISSUE_REMOVED",
            "UNASSIGNED",
            "UNLABELED",
        )
    )
    | {"ISSUE_COMMENT"},
}
INPUTS: dict[str, dict[str, str]] = {
    "IssueFilters": {
        "assignee": "String",
        "createdBy": "String",
        "labels": "[String!]",
        "mentioned": "String",
        "milestone": "String",
        "milestoneNumber": "String",
        "since": "DateTime",
        "states": "[IssueState!]",
        "viewerSubscribed": "Boolean",
    },
    "IssueOrder": {"field": "IssueOrderField!", "direction": "OrderDirection!"},
    "IssueCommentOrder": {"field": "IssueCommentOrderField!", "direction": "OrderDirection!"},
    "LabelOrder": {"field": "LabelOrderField!", "direction": "OrderDirection!"},
    "MilestoneOrder": {"field": "MilestoneOrderField!", "direction": "OrderDirection!"},
    **graphql_mutations.INPUTS,
}
