"""GraphQL mutations on issues. Aliases run one after the other; one that fails answers null and does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pmsync_github.emulation import checks, edits
from pmsync_github.emulation.errors import ApiError, not_implemented
from pmsync_github.emulation.graphql_types import Context, FieldFault, Fields, FieldType, derived
from pmsync_github.emulation.state import Comment, Issue, Label, Milestone, Repo, User

Resolve = Callable[[Context, str], Any]
READ_ONLY = "Resource not accessible by personal access token"
READ_ONLY_APP = "Resource not accessible by integration"

INPUTS: dict[str, dict[str, str]] = {
    "UpdateIssueInput": {
        "id": "ID!",
        "title": "String",
        "body": "String",
        "state": "IssueState",
        "labelIds": "[ID!]",
        "assigneeIds": "[ID!]",
        "milestoneId": "ID",
        "projectIds": "[ID!]",
    },
    "CloseIssueInput": {"issueId": "ID!", "stateReason": "IssueClosedStateReason", "duplicateIssueId": "ID"},
    "ReopenIssueInput": {"issueId": "ID!"},
    "AddLabelsToLabelableInput": {"labelableId": "ID!", "labelIds": "[ID!]!"},
    "RemoveLabelsFromLabelableInput": {"labelableId": "ID!", "labelIds": "[ID!]!"},
    "AddAssigneesToAssignableInput": {"assignableId": "ID!", "assigneeIds": "[ID!]!"},
    "RemoveAssigneesFromAssignableInput": {"assignableId": "ID!", "assigneeIds": "[ID!]!"},
    "CreateIssueInput": {
        "repositoryId": "ID!",
        "title": "String!",
        "body": "String",
        "labelIds": "[ID!]",
        "assigneeIds": "[ID!]",
        "milestoneId": "ID",
        "projectIds": "[ID!]",
        "issueTemplate": "String",
        "parentIssueId": "ID",
    },
    "AddSubIssueInput": {"issueId": "ID!", "subIssueId": "ID", "subIssueUrl": "String", "replaceParent": "Boolean"},
    "RemoveSubIssueInput": {"issueId": "ID!", "subIssueId": "ID!"},
    "AddCommentInput": {"subjectId": "ID!", "body": "String!"},
    "UpdateIssueCommentInput": {"id": "ID!", "body": "String!"},
}
for _fields in INPUTS.values():
    _fields["clientMutationId"] = "String"
UNSUPPORTED = ("projectIds", "issueTemplate", "parentIssueId", "duplicateIssueId", "subIssueUrl")
CONTENT = ("createIssue", "addComment")
"""Mutations that create content, for the limit on that."""


def _payload(**fields: FieldType) -> Fields:
    return {"clientMutationId": derived("String", lambda context, done: done["client"]), **fields}


_ISSUE = derived("Issue", lambda context, done: done["thing"])
_SUB_ISSUE = derived("Issue", lambda context, done: done["below"])
_ASSIGNABLE = derived("Assignable", lambda context, done: done["thing"])
_LABELABLE = derived("Labelable", lambda context, done: done["thing"])
PAYLOADS: dict[str, Fields] = {
    "UpdateIssuePayload": _payload(issue=_ISSUE),
    "CloseIssuePayload": _payload(issue=_ISSUE),
    "ReopenIssuePayload": _payload(issue=_ISSUE),
    "CreateIssuePayload": _payload(issue=_ISSUE),
    "AddLabelsToLabelablePayload": _payload(labelable=_LABELABLE),
    "RemoveLabelsFromLabelablePayload": _payload(labelable=_LABELABLE),
    "AddAssigneesToAssignablePayload": _payload(assignable=_ASSIGNABLE),
    "RemoveAssigneesFromAssignablePayload": _payload(assignable=_ASSIGNABLE),
    "AddSubIssuePayload": _payload(issue=_ISSUE, subIssue=_SUB_ISSUE),
    "RemoveSubIssuePayload": _payload(issue=_ISSUE, subIssue=_SUB_ISSUE),
    "AddCommentPayload": _payload(
        commentEdge=derived("IssueCommentEdge", lambda context, done: (done["thing"], "")),
        subject=derived("Node", lambda context, done: done["subject"]),
    ),
    "UpdateIssueCommentPayload": _payload(issueComment=derived("IssueComment", lambda context, done: done["thing"])),
}


def fields(resolve_id: Resolve) -> Fields:
    """The fields of ``Mutation``."""
    doers: dict[str, Callable[[Context, _Inputs], Mapping[str, Any]]] = {
        "updateIssue": _update,
        "closeIssue": _close,
        "reopenIssue": _reopen,
        "createIssue": _create,
        "addLabelsToLabelable": _add_labels,
        "removeLabelsFromLabelable": _remove_labels,
        "addAssigneesToAssignable": _assign,
        "removeAssigneesFromAssignable": _unassign,
        "addSubIssue": _add_sub_issue,
        "removeSubIssue": _remove_sub_issue,
        "addComment": _comment,
        "updateIssueComment": _edit_comment,
    }
    return {name: _field(name, doer, resolve_id) for name, doer in doers.items()}


def _field(name: str, do: Callable[[Context, _Inputs], Mapping[str, Any]], resolve_id: Resolve) -> FieldType:
    pascal = name[0].upper() + name[1:]

    def resolve(context: Context, root: Any, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        inputs = _Inputs(context, arguments["input"], resolve_id, pascal)
        inputs.may_write()
        try:
            return {"client": inputs.sent.get("clientMutationId"), **do(context, inputs)}
        except ApiError as refused:
            raise FieldFault.of(refused) from refused

    return FieldType(f"{pascal}Payload", resolve, {"input": f"{pascal}Input!"})


class _Inputs:
    """The input of one mutation, with its ids resolved on demand."""

    def __init__(self, context: Context, sent: Mapping[str, Any], resolve_id: Resolve, mutation: str) -> None:
        self.context = context
        self.sent = sent
        self._find = resolve_id
        self._mutation = mutation

    def may_write(self) -> None:
        """Refuse what reading tokens send, and what this server does not know."""
        caller = self.context.caller
        if caller.kind == "personal" and (caller.read_only or self.context.world.knobs.token_read_only):
            raise FieldFault("FORBIDDEN", READ_ONLY)
        if caller.kind == "installation" and caller.read_only:
            raise FieldFault("FORBIDDEN", READ_ONLY_APP)
        for name in UNSUPPORTED:
            if self.sent.get(name):
                raise FieldFault.of(not_implemented(f"the input {name}"))

    def issue(self, name: str) -> Issue:
        """The issue of an id."""
        found = self._find(self.context, self.sent[name])
        if not isinstance(found, Issue):
            raise FieldFault("NOT_FOUND", f"Could not resolve to Issue node with the global id of '{self.sent[name]}'.")
        self._at_home(self.repo(found))
        return found

    def repository(self, name: str) -> Repo:
        """The repository of an id."""
        found = self._find(self.context, self.sent[name])
        if not isinstance(found, Repo):
            raise FieldFault("NOT_FOUND", f"Could not resolve to Repository node with the global id of '{self.sent[name]}'.")
        self._at_home(found)
        return found

    def _at_home(self, repo: Repo) -> None:
        if self.context.caller.foreign(repo):
            raise FieldFault("FORBIDDEN", READ_ONLY_APP)

    def need_push(self, repo: Repo) -> None:
        """Refuse without push access."""
        if not self.context.world.can_push(repo, self.context.login):
            message = f"{self.context.login} does not have the correct permissions to execute `{self._mutation}`"
            raise FieldFault("FORBIDDEN", message)

    def editable(self, name: str) -> Issue:
        """The issue of an id, which the caller wrote or may push to."""
        issue = self.issue(name)
        if issue.author != self.context.login:
            self.need_push(self.repo(issue))
        return issue

    def comment(self, name: str) -> Comment:
        """The comment of an id, which the caller wrote or may change with push access."""
        found = self._find(self.context, self.sent[name])
        if not isinstance(found, Comment):
            message = f"Could not resolve to IssueComment node with the global id of '{self.sent[name]}'."
            raise FieldFault("NOT_FOUND", message)
        repo = self.context.world.repos[found.repo_id]
        self._at_home(repo)
        if found.author != self.context.login:
            self.need_push(repo)
        return found

    def repo(self, issue: Issue) -> Repo:
        """The repository of an issue."""
        return self.context.world.repos[issue.repo_id]

    def labels(self, repo: Repo) -> list[str]:
        """The names of the labels asked for; they must be the repository's."""
        found = [self._find(self.context, one) for one in self.sent["labelIds"]]
        for one, node_id in zip(found, self.sent["labelIds"], strict=True):
            if not isinstance(one, Label) or one.repo_id != repo.id:
                raise FieldFault("NOT_FOUND", f"Could not resolve to Label node with the global id of '{node_id}'.")
        return [one.name for one in found]

    def logins(self, node_ids: Iterable[str]) -> list[str]:
        """The logins of accounts."""
        found = {one: self._find(self.context, one) for one in node_ids}
        for one, user in found.items():
            if not isinstance(user, User):
                raise FieldFault("NOT_FOUND", f"Could not resolve to User node with the global id of '{one}'.")
        return [user.login for user in found.values()]

    def changes(self, repo: Repo, *, creating: bool) -> dict[str, Any]:
        """The input as changes in REST's words, checked. Null means: not asked for."""
        given = {name: value for name, value in self.sent.items() if value is not None}
        asked: dict[str, Any] = {name: given[name] for name in ("title", "body") if name in given}
        if "state" in given:
            asked["state"] = given["state"].lower()
        if any(name in given for name in ("labelIds", "assigneeIds", "milestoneId")):
            self.need_push(repo)
        if "labelIds" in given:
            asked["labels"] = self.labels(repo)
        if "assigneeIds" in given:
            asked["assignees"] = self.logins(given["assigneeIds"])
        if "milestoneId" in given:
            found = self._find(self.context, given["milestoneId"])
            asked["milestone"] = found.number if isinstance(found, Milestone) and found.repo_id == repo.id else -1
        return checks.issue_fields(self.context.world, repo, asked, creating=creating)


def _update(context: Context, inputs: _Inputs) -> Mapping[str, Any]:
    issue = inputs.editable("id")
    changes = inputs.changes(inputs.repo(issue), creating=False)
    if (
        "milestoneId" in inputs.sent and inputs.sent["milestoneId"] is None
    ):  # so GitHub's own command line takes an issue out of it
        inputs.need_push(inputs.repo(issue))
        changes["milestone"] = None
    edits.edit_issue(context.world, issue, context.login, changes)
    return {"thing": issue}


def _close(context: Context, inputs: _Inputs) -> Mapping[str, Any]:
    issue = inputs.editable("issueId")
    reason = (inputs.sent.get("stateReason") or "COMPLETED").lower()
    edits.edit_issue(context.world, issue, context.login, {"state": "closed", "state_reason": reason})
    return {"thing": issue}


def _reopen(context: Context, inputs: _Inputs) -> Mapping[str, Any]:
    issue = inputs.editable("issueId")
    edits.edit_issue(context.world, issue, context.login, {"state": "open"})
    return {"thing": issue}


def _create(context: Context, inputs: _Inputs) -> Mapping[str, Any]:
    repo = inputs.repository("repositoryId")
    if not repo.has_issues:
        raise FieldFault("UNPROCESSABLE", "Issues has been disabled in this repository.")
    return {"thing": edits.create_issue(context.world, repo, context.login, inputs.changes(repo, creating=True))}


def _add_labels(context: Context, inputs: _Inputs) -> Mapping[str, Any]:
    issue = inputs.issue("labelableId")
    inputs.need_push(inputs.repo(issue))
    edits.add_labels(context.world, issue, context.login, inputs.labels(inputs.repo(issue)))
    return {"thing": issue}


def _remove_labels(context: Context, inputs: _Inputs) -> Mapping[str, Any]:
    issue = inputs.issue("labelableId")
    inputs.need_push(inputs.repo(issue))
    edits.remove_labels(context.world, issue, context.login, inputs.labels(inputs.repo(issue)))
    return {"thing": issue}


def _assign(context: Context, inputs: _Inputs) -> Mapping[str, Any]:
    issue, logins = _assigning(inputs)
    wanted = [*issue.assignees, *(login for login in logins if login not in issue.assignees)]
    return _with_assignees(context, inputs, issue, wanted)


def _unassign(context: Context, inputs: _Inputs) -> Mapping[str, Any]:
    issue, logins = _assigning(inputs)
    return _with_assignees(context, inputs, issue, [login for login in issue.assignees if login not in logins])


def _assigning(inputs: _Inputs) -> tuple[Issue, list[str]]:
    issue = inputs.issue("assignableId")
    inputs.need_push(inputs.repo(issue))
    return issue, inputs.logins(inputs.sent["assigneeIds"])


def _with_assignees(context: Context, inputs: _Inputs, issue: Issue, logins: list[str]) -> Mapping[str, Any]:
    changes = checks.issue_fields(context.world, inputs.repo(issue), {"assignees": logins}, creating=False)
    edits.edit_issue(context.world, issue, context.login, changes)
    return {"thing": issue}


def _add_sub_issue(context: Context, inputs: _Inputs) -> Mapping[str, Any]:
    above, below = _pair(inputs)
    edits.add_sub_issue(context.world, above, below, context.login, replace=bool(inputs.sent.get("replaceParent")))
    return {"thing": above, "below": below}


def _remove_sub_issue(context: Context, inputs: _Inputs) -> Mapping[str, Any]:
    above, below = _pair(inputs)
    edits.remove_sub_issue(context.world, above, below, context.login)
    return {"thing": above, "below": below}


def _pair(inputs: _Inputs) -> tuple[Issue, Issue]:
    above, below = inputs.issue("issueId"), inputs.issue("subIssueId")
    inputs.need_push(inputs.repo(above))
    return above, below


def _comment(context: Context, inputs: _Inputs) -> Mapping[str, Any]:
    issue = inputs.issue("subjectId")
    body = checks.text("IssueComment", "body", inputs.sent["body"], checks.BODY_MAX, blank=False)
    return {"thing": edits.add_comment(context.world, issue, context.login, body), "subject": issue}


def _edit_comment(context: Context, inputs: _Inputs) -> Mapping[str, Any]:
    comment = inputs.comment("id")
    body = checks.text("IssueComment", "body", inputs.sent["body"], checks.BODY_MAX, blank=False)
    edits.edit_comment(context.world, comment, context.login, body)
    return {"thing": comment}
