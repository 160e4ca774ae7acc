"""GraphQL objects: accounts, repositories, labels, milestones, comments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pmsync_github.emulation.errors import not_implemented
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
from pmsync_github.emulation.render import WEB, escape
from pmsync_github.emulation.stamps import iso, maybe_iso, parse
from pmsync_github.emulation.state import Issue, Repo, Revision

ORDER_KEYS = {
    "CREATED_AT": lambda issue: (issue.created_at, issue.id),
    "UPDATED_AT": lambda issue: (issue.updated_at, issue.id),
    "COMMENTS": lambda issue: (len(issue.comments), issue.id),
}
LABEL_KEYS = {"CREATED_AT": lambda label: (label.created_at, label.id), "NAME": lambda label: (label.name.casefold(), label.id)}


def stamp(name: str) -> FieldType:
    """A time, or null."""
    return derived("DateTime", lambda context, thing: maybe_iso(getattr(thing, name)))


def actor(name: str) -> FieldType:
    """An account, by the login kept under ``name``."""
    return derived("Actor", lambda context, thing: by_login(context, getattr(thing, name)))


def by_login(context: Context, login: str | None) -> Any:
    """An account by login, None for None."""
    return None if login is None else context.world.users[login.casefold()]


def repo_of(context: Context, thing: Any) -> Repo:
    """The repository something is in."""
    return context.world.repos[thing.repo_id]


def labels(context: Context, thing: Repo | Issue, arguments: Mapping[str, Any]) -> Connection:
    """The labels of a repository or an issue."""
    if arguments.get("query"):
        raise FieldFault.of(not_implemented("the argument query of labels"))
    order = arguments.get("orderBy") or {"field": "CREATED_AT", "direction": "ASC"}
    found = list(thing.labels.values()) if isinstance(thing, Repo) else thing.labels
    return connect(found, arguments, LABEL_KEYS[order["field"]], backwards=order["direction"] == "DESC")


def issues(context: Context, repo: Repo, arguments: Mapping[str, Any]) -> Connection:
    """The issues of a repository, without pull requests."""
    filters = arguments.get("filterBy") or {}
    for name, value in {**filters, "labels": filters.get("labels") or arguments.get("labels")}.items():
        if name not in ("since", "states", "createdBy") and value:
            raise FieldFault.of(not_implemented(f"the filter {name} of issues"))
    states = arguments.get("states") or filters.get("states") or ["OPEN", "CLOSED"]
    floor = parse(filters["since"]) if filters.get("since") else 0.0
    author = (filters.get("createdBy") or "").casefold()
    found = [
        issue
        for issue in context.world.listed(repo)
        if not issue.is_pull
        and issue.state.upper() in states
        and issue.updated_at >= floor
        and (not author or issue.author.casefold() == author)
    ]
    order = arguments.get("orderBy") or {"field": "CREATED_AT", "direction": "ASC"}
    return connect(found, arguments, ORDER_KEYS[order["field"]], backwards=order["direction"] == "DESC")


def milestones(context: Context, repo: Repo, arguments: Mapping[str, Any]) -> Connection:
    """The milestones of a repository, by number."""
    if arguments.get("query") or arguments.get("orderBy"):
        raise FieldFault.of(not_implemented("ordering and searching milestones"))
    states = arguments.get("states") or ["OPEN", "CLOSED"]
    return connect([one for one in repo.milestones.values() if one.state.upper() in states], arguments, lambda one: (one.number,))


def one_issue(context: Context, repo: Repo, arguments: Mapping[str, Any]) -> Issue:
    """An issue by number; transferred and deleted ones do not resolve."""
    found = repo.issues.get(arguments["number"])
    if found is None or found.is_pull:
        raise FieldFault("NOT_FOUND", f"Could not resolve to an Issue with the number of {arguments['number']}.")
    return found


def edits(context: Context, thing: Any, arguments: Mapping[str, Any]) -> Connection:
    """The edit history of a body, newest first."""
    entries = [(index, revision) for index, revision in enumerate(thing.revisions)]
    return connect(entries, arguments, lambda entry: (entry[0],), backwards=True)


def _revision(entry: tuple[int, Revision]) -> Revision:
    return entry[1]


ACCOUNT: Fields = {
    "id": attribute("ID", "node_id"),
    "login": attribute("String", "login"),
    "url": derived("URI", lambda context, user: f"{WEB}/{user.login}"),
    "resourcePath": derived("URI", lambda context, user: f"/{user.login}"),
    "databaseId": attribute("Int", "id"),
    "createdAt": stamp("created_at"),
}
NAMED_ACCOUNT: Fields = {
    **ACCOUNT,
    "name": attribute("String", "name"),
    "email": derived("String", lambda context, user: user.email or ""),
}
REPOSITORY: Fields = {
    "id": attribute("ID", "node_id"),
    "databaseId": attribute("Int", "id"),
    "name": attribute("String", "name"),
    "nameWithOwner": attribute("String", "full_name"),
    "owner": derived("RepositoryOwner", lambda context, repo: by_login(context, repo.owner)),
    "description": attribute("String", "description"),
    "isPrivate": attribute("Boolean", "private"),
    "isArchived": derived("Boolean", lambda context, repo: False),
    "isInOrganization": derived("Boolean", lambda context, repo: by_login(context, repo.owner).kind == "Organization"),
    "visibility": derived("RepositoryVisibility", lambda context, repo: "PRIVATE" if repo.private else "PUBLIC"),
    "hasIssuesEnabled": attribute("Boolean", "has_issues"),
    "url": derived("URI", lambda context, repo: f"{WEB}/{repo.full_name}"),
    "createdAt": stamp("created_at"),
    "viewerPermission": derived("RepositoryPermission", lambda context, repo: context.world.role(repo, context.login).upper()),
    "viewerCanAdminister": derived("Boolean", lambda context, repo: context.world.role(repo, context.login) == "admin"),
    "defaultBranchRef": derived("Ref", lambda context, repo: repo),
    "issue": FieldType("Issue", one_issue, {"number": "Int!"}),
    "issues": FieldType(
        "IssueConnection",
        issues,
        {**PAGE, "filterBy": "IssueFilters", "labels": "[String!]", "orderBy": "IssueOrder", "states": "[IssueState!]"},
    ),
    "label": FieldType(
        "Label", lambda context, repo, arguments: repo.labels.get(arguments["name"].casefold()), {"name": "String!"}
    ),
    "labels": FieldType("LabelConnection", labels, {**PAGE, "orderBy": "LabelOrder", "query": "String"}),
    "milestone": FieldType(
        "Milestone", lambda context, repo, arguments: repo.milestones.get(arguments["number"]), {"number": "Int!"}
    ),
    "milestones": FieldType(
        "MilestoneConnection", milestones, {**PAGE, "orderBy": "MilestoneOrder", "query": "String", "states": "[MilestoneState!]"}
    ),
}
LABEL: Fields = {
    "id": attribute("ID", "node_id"),
    "name": attribute("String", "name"),
    "color": attribute("String", "color"),
    "description": attribute("String", "description"),
    "isDefault": derived("Boolean", lambda context, label: False),
    "createdAt": stamp("created_at"),
    "updatedAt": stamp("updated_at"),
    "url": derived("URI", lambda context, label: f"{WEB}/{repo_of(context, label).full_name}/labels/{escape(label.name)}"),
    "repository": derived("Repository", repo_of),
}
MILESTONE: Fields = {
    "id": attribute("ID", "node_id"),
    "number": attribute("Int", "number"),
    "title": attribute("String", "title"),
    "description": attribute("String", "description"),
    "state": derived("MilestoneState", lambda context, one: one.state.upper()),
    "dueOn": stamp("due_on"),
    "closed": derived("Boolean", lambda context, one: one.state == "closed"),
    "closedAt": stamp("closed_at"),
    "createdAt": stamp("created_at"),
    "updatedAt": stamp("updated_at"),
    "creator": actor("creator"),
    "url": derived("URI", lambda context, one: f"{WEB}/{repo_of(context, one).full_name}/milestone/{one.number}"),
    "repository": derived("Repository", repo_of),
}
COMMENT: Fields = {
    "id": attribute("ID", "node_id"),
    "databaseId": attribute("Int", "id"),
    "fullDatabaseId": derived("BigInt", lambda context, one: str(one.id)),
    "body": attribute("String", "body"),
    "author": actor("author"),
    "createdAt": stamp("created_at"),
    "updatedAt": stamp("updated_at"),
    "lastEditedAt": derived("DateTime", lambda context, one: iso(one.revisions[-1].at) if one.revisions else None),
    "editor": derived("Actor", lambda context, one: by_login(context, one.revisions[-1].editor) if one.revisions else None),
    "userContentEdits": FieldType("UserContentEditConnection", edits, PAGE),
    "issue": derived("Issue", lambda context, one: repo_of(context, one).issues[one.number]),
    "repository": derived("Repository", repo_of),
    "url": derived(
        "URI", lambda context, one: f"{WEB}/{repo_of(context, one).full_name}/issues/{one.number}#issuecomment-{one.id}"
    ),
}
CONTENT_EDIT: Fields = {
    "id": derived("ID", lambda context, entry: f"UCE_{_revision(entry).at}_{entry[0]}"),
    "diff": derived("String", lambda context, entry: _revision(entry).text),
    "editor": derived("Actor", lambda context, entry: by_login(context, _revision(entry).editor)),
    "createdAt": derived("DateTime", lambda context, entry: iso(_revision(entry).at)),
    "editedAt": derived("DateTime", lambda context, entry: iso(_revision(entry).at)),
    "updatedAt": derived("DateTime", lambda context, entry: iso(_revision(entry).at)),
    "deletedAt": derived("DateTime", lambda context, entry: None),
}
REF: Fields = {
    "name": derived("String", lambda context, repo: "main"),
    "prefix": derived("String", lambda context, repo: "refs/heads/"),
}
