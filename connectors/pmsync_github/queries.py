"""Every GraphQL document this connector sends. A test validates each against GitHub's published schema."""

from __future__ import annotations

from collections.abc import Collection, Sequence

ISSUE_FIELDS = """
fragment IssueFields on Issue {
  id number title body state stateReason(enableDuplicate: true) url createdAt updatedAt
  author { __typename login }
  assignees(first: 10) { nodes { login } }
  labels(first: 100) { nodes { id name } pageInfo { hasNextPage } }
  repository { nameWithOwner visibility }
  milestone { ...MilestoneFields }
  parent { id }
}

fragment MilestoneFields on Milestone {
  id number title description milestoneState: state dueOn url createdAt updatedAt
  creator { __typename login }
  repository { nameWithOwner visibility }
}
"""

COMMENT_FIELDS = """
fragment CommentFields on IssueComment {
  __typename id body url createdAt updatedAt
  author { __typename login }
  issue { id number }
  repository { nameWithOwner visibility }
}
"""

COMMENTS_OF = (
    """
query CommentsOf($id: ID!, $after: String) {
  node(id: $id) {
    ... on Issue { comments(first: 100, after: $after) { nodes { ...CommentFields } pageInfo { hasNextPage endCursor } } }
  }
}
"""
    + COMMENT_FIELDS
)
"""All comments of one issue, oldest first, 100 a page."""

COMMENT_STEP = "said"
"""The alias of the two mutations of comments."""

ADD_COMMENT = (
    """
mutation AddComment($id: ID!, $body: String!) {
  said: addComment(input: {subjectId: $id, body: $body}) { commentEdge { node { ...CommentFields } } }
}
"""
    + COMMENT_FIELDS
)

EDIT_COMMENT = (
    """
mutation EditComment($id: ID!, $body: String!) {
  said: updateIssueComment(input: {id: $id, body: $body}) { issueComment { ...CommentFields } }
}
"""
    + COMMENT_FIELDS
)

NODES = (
    """
query Nodes($ids: [ID!]!) {
  nodes(ids: $ids) {
    __typename
    ... on Issue { ...IssueFields }
    ... on Milestone { ...MilestoneFields }
    ... on IssueComment { ...CommentFields }
  }
}
"""
    + ISSUE_FIELDS
    + COMMENT_FIELDS
)
"""Whole issues, milestones and comments by node id, at most 100; unreadable ones are null, each with an error of type NOT_FOUND."""

_PAST = """
fragment Past on Issue {
  timelineItems(first: 100, after: $items, since: $since, itemTypes: [
    RENAMED_TITLE_EVENT, LABELED_EVENT, UNLABELED_EVENT, CLOSED_EVENT, REOPENED_EVENT
    MILESTONED_EVENT, DEMILESTONED_EVENT, PARENT_ISSUE_ADDED_EVENT, PARENT_ISSUE_REMOVED_EVENT, ASSIGNED_EVENT, UNASSIGNED_EVENT
  ]) {
    nodes {
      __typename
      ... on RenamedTitleEvent { createdAt actor { __typename login } previousTitle currentTitle }
      ... on LabeledEvent { createdAt actor { __typename login } label { name } }
      ... on UnlabeledEvent { createdAt actor { __typename login } label { name } }
      ... on ClosedEvent { createdAt actor { __typename login } stateReason }
      ... on ReopenedEvent { createdAt actor { __typename login } }
      ... on MilestonedEvent { createdAt actor { __typename login } milestoneTitle }
      ... on DemilestonedEvent { createdAt actor { __typename login } milestoneTitle }
      ... on ParentIssueAddedEvent { createdAt actor { __typename login } parent { id } }
      ... on ParentIssueRemovedEvent { createdAt actor { __typename login } parent { id } }
      ... on AssignedEvent { createdAt actor { __typename login } assignee { __typename ... on User { login } ... on Bot { login } } }
      ... on UnassignedEvent { createdAt actor { __typename login } assignee { __typename ... on User { login } ... on Bot { login } } }
    }
    pageInfo { hasNextPage endCursor }
  }
  userContentEdits(first: 20, after: $texts) {
    nodes { editedAt editor { __typename login } diff }
    pageInfo { hasNextPage endCursor }
  }
}
"""

NODES_AND_PAST = (
    """
query Nodes($ids: [ID!]!, $since: DateTime!, $items: String, $texts: String) {
  nodes(ids: $ids) {
    __typename
    ... on Issue { ...IssueFields ...Past }
    ... on Milestone { ...MilestoneFields }
    ... on IssueComment { ...CommentFields }
  }
}
"""
    + ISSUE_FIELDS
    + COMMENT_FIELDS
    + _PAST
)
"""The same with what happened to each issue since ``$since``: bodies from their edit history, all else from the timeline."""

PAST = (
    """
query Past($id: ID!, $since: DateTime!, $items: String, $texts: String) {
  node(id: $id) { __typename ... on Issue { ...Past } }
}
"""
    + _PAST
)
"""Further pages of what happened to one issue."""

IDS = """
query Ids($owner: String!, $name: String!, $after: String, $milestones: String) {
  repository(owner: $owner, name: $name) {
    issues(first: 100, after: $after, orderBy: {field: CREATED_AT, direction: ASC}) {
      totalCount
      nodes { id number }
      pageInfo { hasNextPage endCursor }
    }
    milestones(first: 100, after: $milestones) {
      totalCount
      nodes { id }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""
"""All issue and milestone ids of a repository, 100 of each a page."""

_MUTATIONS = {
    "title": ("$title: String!", "updateIssue(input: {id: $id, title: $title}) { issue { ...IssueFields } }"),
    "body": ("$body: String!", "updateIssue(input: {id: $id, body: $body}) { issue { ...IssueFields } }"),
    "add": (
        "$add: [ID!]!",
        "addLabelsToLabelable(input: {labelableId: $id, labelIds: $add}) { labelable { ... on Issue { ...IssueFields } } }",
    ),
    "remove": (
        "$remove: [ID!]!",
        "removeLabelsFromLabelable(input: {labelableId: $id, labelIds: $remove}) { labelable { ... on Issue { ...IssueFields } } }",
    ),
    "close": (
        "$reason: IssueClosedStateReason!",
        "closeIssue(input: {issueId: $id, stateReason: $reason}) { issue { ...IssueFields } }",
    ),
    "milestone": ("$milestone: ID", "updateIssue(input: {id: $id, milestoneId: $milestone}) { issue { ...IssueFields } }"),
    "assign": (
        "$assign: [ID!]!",
        "addAssigneesToAssignable(input: {assignableId: $id, assigneeIds: $assign}) { assignable { ... on Issue { ...IssueFields } } }",
    ),
    "unassign": (
        "$unassign: [ID!]!",
        "removeAssigneesFromAssignable(input: {assignableId: $id, assigneeIds: $unassign}) { assignable { ... on Issue { ...IssueFields } } }",
    ),
    "parent": (
        "$parent: ID!",
        "addSubIssue(input: {issueId: $parent, subIssueId: $id, replaceParent: true}) { subIssue { ...IssueFields } }",
    ),
    "orphan": ("$orphan: ID!", "removeSubIssue(input: {issueId: $orphan, subIssueId: $id}) { subIssue { ...IssueFields } }"),
    "reopen": ("", "reopenIssue(input: {issueId: $id}) { issue { ...IssueFields } }"),
}

STEPS = tuple(_MUTATIONS)
"""The steps of an update in the order they run. Labels are added before any is removed: if the second fails, nothing was lost.

A milestone of null takes the issue out of the one it is in, as GitHub's own command line does it (cli/cli, ``ghId``)."""


def update(steps: Collection[str]) -> str:
    """One mutation that carries out ``steps`` (some of ``STEPS``) on the issue ``$id``; each step is an alias of its name."""
    used = [(step, *_MUTATIONS[step]) for step in STEPS if step in steps]
    variables = ", ".join(["$id: ID!", *(declared for _, declared, _ in used if declared)])
    body = "\n".join(f"  {alias}: {call}" for alias, _, call in used)
    return f"mutation Update({variables}) {{\n{body}\n}}\n{ISSUE_FIELDS}"


def issue_ids(numbers: Sequence[int]) -> str:
    """The node ids of issues by number, one alias ``n<number>`` each; numbers of pull requests come back null with an error."""
    body = "\n".join(f"    n{number}: issue(number: {number}) {{ id }}" for number in numbers)
    return f"query IssueIds($owner: String!, $name: String!) {{\n  repository(owner: $owner, name: $name) {{\n{body}\n  }}\n}}"


def users(count: int) -> str:
    """Accounts by login: aliases and variables ``u0`` to ``u<count - 1>``."""
    declared = ", ".join(f"$u{number}: String!" for number in range(count))
    body = "\n".join(f"  u{number}: user(login: $u{number}) {{ id login name }}" for number in range(count))
    return f"query Users({declared}) {{\n{body}\n}}"
