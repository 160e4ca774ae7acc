"""How issues change: the same few functions serve REST, GraphQL and the side doors, so that the faces cannot disagree.

A change is a mapping with REST's words: title, body, state, state_reason, labels (names), assignees (logins), milestone (number or None).
It has been checked before it comes here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pmsync_github.emulation.errors import invalid
from pmsync_github.emulation.state import Comment, Issue, Label, Repo, Revision, Tombstone
from pmsync_github.emulation.world import Notice, World

DEFAULT_COLOR = "ededed"
SUB_ISSUES = 100
LEVELS = 8
"""How many sub-issues a parent has at most, and how deep they nest (docs.github.com, adding sub-issues)."""


def create_issue(world: World, repo: Repo, actor: str, fields: Mapping[str, Any], *, is_pull: bool = False) -> Issue:
    """A new issue (or pull request: they share the numbers). Unknown labels come into being, as GitHub does."""
    repo.last_number += 1
    now = world.now()
    issue = Issue(
        world.next_id(),
        repo.id,
        repo.last_number,
        fields["title"],
        fields.get("body"),
        actor,
        now,
        now,
        is_pull=is_pull,
    )
    if world.knobs.list_lag > 0:
        issue.former.append((world.clock.now(), None))
    repo.issues[issue.number] = issue
    world.nodes[issue.node_id] = issue
    world.record(actor, "issue.created", world.place(issue), node_id=issue.node_id, title=issue.title, body=issue.body)
    issue.labels = [ensure_label(world, repo, actor, name) for name in unique(fields.get("labels") or ())]
    issue.assignees = list(unique(fields.get("assignees") or ()))
    number = fields.get("milestone")
    issue.milestone = repo.milestones[number] if number is not None else None
    _tell(world, issue, actor, "opened")
    for label in issue.labels:
        world.happen(issue, actor, "labeled", label=label)
        _tell(world, issue, actor, "labeled", label=label)
    for login in issue.assignees:
        world.happen(issue, actor, "assigned", assignee=login)
    if issue.milestone:
        world.happen(issue, actor, "milestoned", milestone=issue.milestone)
    return issue


def edit_issue(world: World, issue: Issue, actor: str, changes: Mapping[str, Any]) -> bool:
    """Carry out ``changes``; says whether anything differed. Equal values change nothing, not even ``updated_at``."""
    world.before_change(issue)
    steps = (
        _edit_texts(world, issue, actor, changes),
        _edit_state(world, issue, actor, changes),
        _edit_labels(world, issue, actor, changes),
        _edit_assignees(world, issue, actor, changes),
        _edit_milestone(world, issue, actor, changes),
    )
    if any(steps):
        world.touch(issue)
    elif world.knobs.list_lag > 0:
        issue.former.pop()
    return any(steps)


def add_labels(world: World, issue: Issue, actor: str, names: Iterable[str]) -> None:
    """Add labels by name and leave the others alone."""
    edit_issue(world, issue, actor, {"labels": [label.name for label in issue.labels] + list(names)})


def remove_labels(world: World, issue: Issue, actor: str, names: Iterable[str]) -> None:
    """Take labels off by name; absent ones are passed over."""
    out = {name.casefold() for name in names}
    edit_issue(world, issue, actor, {"labels": [label.name for label in issue.labels if label.name.casefold() not in out]})


def ensure_label(
    world: World, repo: Repo, actor: str, name: str, color: str = DEFAULT_COLOR, description: str | None = None
) -> Label:
    """The repository's label of that name, whatever its case; made when it is not there."""
    if (found := repo.labels.get(name.casefold())) is not None:
        return found
    now = world.now()
    label = Label(world.next_id(), repo.id, name, color, description, now, now)
    repo.labels[name.casefold()] = label
    world.nodes[label.node_id] = label
    world.record(actor, "label.created", f"{repo.full_name} label {name}", node_id=label.node_id)
    world.notify(Notice("label", "created", actor, repo, {"label": label}))
    return label


def rename_label(world: World, repo: Repo, actor: str, label: Label, name: str) -> None:
    """Give a label another name; issues that bear it are not stamped."""
    before = label.name
    del repo.labels[before.casefold()]
    label.name, label.updated_at = name, world.now()
    repo.labels[name.casefold()] = label
    world.record(actor, "label.renamed", f"{repo.full_name} label {before}", node_id=label.node_id, after=name)
    world.notify(Notice("label", "edited", actor, repo, {"label": label, "changes": {"name": {"from": before}}}))


def delete_label(world: World, repo: Repo, actor: str, label: Label) -> None:
    """Remove a label from the repository and from its issues; these are not stamped."""
    del repo.labels[label.name.casefold()]
    del world.nodes[label.node_id]
    for issue in repo.issues.values():
        issue.labels = [kept for kept in issue.labels if kept is not label]
    world.record(actor, "label.deleted", f"{repo.full_name} label {label.name}", node_id=label.node_id)
    world.notify(Notice("label", "deleted", actor, repo, {"label": label}))


def add_comment(world: World, issue: Issue, actor: str, body: str) -> Comment:
    """A new comment; the issue is stamped."""
    world.before_change(issue)
    now = world.now()
    comment = Comment(world.next_id(), issue.repo_id, issue.number, actor, body, now, now)
    issue.comments.append(comment)
    world.comments[comment.id] = comment
    world.nodes[comment.node_id] = comment
    world.touch(issue)
    world.record(actor, "comment.created", world.place(issue), id=comment.id, body=body)
    _tell(world, issue, actor, "created", event="issue_comment", comment=comment)
    return comment


def delete_comment(world: World, comment: Comment, actor: str) -> None:
    """Nothing of the comment is left; the issue is stamped."""
    issue = world.repos[comment.repo_id].issues[comment.number]
    world.before_change(issue)
    issue.comments.remove(comment)
    del world.comments[comment.id]
    del world.nodes[comment.node_id]
    world.touch(issue)
    world.record(actor, "comment.deleted", world.place(issue), id=comment.id)
    _tell(world, issue, actor, "deleted", event="issue_comment", comment=comment)


def edit_comment(world: World, comment: Comment, actor: str, body: str) -> None:
    """New text for a comment; comment and issue are stamped."""
    if comment.body == body:
        return
    issue = world.repos[comment.repo_id].issues[comment.number]
    world.before_change(issue)
    before, comment.body = comment.body, body
    comment.updated_at = world.now()
    _revise(comment.revisions, comment.author, comment.created_at, before, Revision(world.now(), actor, body))
    world.touch(issue)
    world.record(actor, "comment.edited", world.place(issue), id=comment.id, before=before, after=body)
    _tell(world, issue, actor, "edited", event="issue_comment", comment=comment, changes={"body": {"from": before}})


def add_sub_issue(world: World, parent: Issue, child: Issue, actor: str, *, replace: bool) -> None:
    """Put an issue under a parent; under the one it has already nothing happens.

    Raises:
        ApiError: 422: it has another parent and ``replace`` is not set, another owner, a circle, too many or too deep.
    """
    if child.parent is parent:
        return
    if reason := _unfit(world, parent, child, replace=replace):
        raise invalid("Issue", "sub_issue_id", "custom", message=reason)
    world.before_change(child)
    if child.parent is not None:
        _part(world, child.parent, child, actor)
    child.parent = parent
    parent.below.append(child)
    world.happen(child, actor, "parent_issue_added", parent=parent)
    world.happen(parent, actor, "sub_issue_added", sub_issue=child)
    world.touch(child)


def remove_sub_issue(world: World, parent: Issue, child: Issue, actor: str) -> None:
    """Take an issue from under its parent.

    Raises:
        ApiError: 422: it is not there.
    """
    if child.parent is not parent:
        raise invalid("Issue", "sub_issue_id", "custom", message="The issue is not a sub-issue of this one")
    world.before_change(child)
    _part(world, parent, child, actor)
    world.touch(child)


def _part(world: World, parent: Issue, child: Issue, actor: str) -> None:
    child.parent = None
    parent.below.remove(child)
    world.happen(child, actor, "parent_issue_removed", parent=parent)
    world.happen(parent, actor, "sub_issue_removed", sub_issue=child)


def _unfit(world: World, parent: Issue, child: Issue, *, replace: bool) -> str:
    """Why the one cannot be a sub-issue of the other, "" when it can."""
    above = [parent]
    while (higher := above[-1].parent) is not None:
        above.append(higher)
    if child in above:
        return "An issue cannot be its own sub-issue"
    if world.repos[parent.repo_id].owner != world.repos[child.repo_id].owner:
        return "Sub-issues must be of the same owner"
    if child.parent is not None and not replace:
        return "Issue may only have one parent"
    if len(parent.below) >= SUB_ISSUES:
        return f"Parent cannot have more than {SUB_ISSUES} sub-issues"
    return "Sub-issues are nested too deep" if len(above) + _depth(child) > LEVELS else ""


def _depth(issue: Issue) -> int:
    return 1 + max(map(_depth, issue.below), default=0)


def delete_issue(world: World, issue: Issue, actor: str) -> None:
    """Delete an issue for good: 410 from now on."""
    _tell(world, issue, actor, "deleted")
    world.record(actor, "issue.deleted", world.place(issue), node_id=issue.node_id)
    _bury(world, issue, Tombstone())


def transfer_issue(world: World, issue: Issue, actor: str, target: Repo) -> Issue:
    """Move an issue to another repository of the same owner: new id, node id and number; labels and milestone by name, comments kept.

    Raises:
        ValueError: another owner, or from a private into a public repository.
    """
    source = world.repos[issue.repo_id]
    if source.owner.casefold() != target.owner.casefold():
        raise ValueError("an issue can only be transferred within one owner")
    if source.private and not target.private:
        raise ValueError("an issue of a private repository cannot be transferred into a public one")
    target.last_number += 1
    now = world.now()
    moved = Issue(
        world.next_id(),
        target.id,
        target.last_number,
        issue.title,
        issue.body,
        issue.author,
        issue.created_at,
        now,
    )
    moved.state, moved.state_reason, moved.closed_at, moved.closed_by = (
        issue.state,
        issue.state_reason,
        issue.closed_at,
        issue.closed_by,
    )
    moved.labels = [target.labels[key] for label in issue.labels if (key := label.name.casefold()) in target.labels]
    if issue.milestone:
        moved.milestone = next((one for one in target.milestones.values() if one.title == issue.milestone.title), None)
    moved.assignees, moved.revisions, moved.happenings = list(issue.assignees), list(issue.revisions), list(issue.happenings)
    moved.comments = issue.comments
    for comment in moved.comments:
        del world.nodes[comment.node_id]
        comment.repo_id, comment.number = target.id, moved.number
        world.nodes[comment.node_id] = comment
    _inherit(issue, moved)
    target.issues[moved.number] = moved
    world.nodes[moved.node_id] = moved
    _tell(world, issue, actor, "transferred", changes={"new_issue": moved, "new_repository": target})
    world.record(
        actor, "issue.transferred", world.place(issue), node_id=issue.node_id, to=world.place(moved), new_node_id=moved.node_id
    )
    _bury(world, issue, Tombstone((target.id, moved.number)))
    _tell(world, moved, actor, "opened")
    return moved


def _inherit(issue: Issue, heir: Issue | None) -> None:
    """What is below an issue that goes away, and its place under its parent, passes to its new self, or to nobody."""
    for child in issue.below:
        child.parent = heir
    if heir is not None:
        heir.below, heir.parent = issue.below, issue.parent
    if issue.parent is not None:
        place = issue.parent.below.index(issue)
        issue.parent.below[place : place + 1] = [] if heir is None else [heir]
    issue.below, issue.parent = [], None


def unique(names: Iterable[str]) -> list[str]:
    """Names without repeats, whatever their case, in order."""
    return list({name.casefold(): name for name in reversed(list(names))}.values())[::-1]


# -- the parts of an edit --------------------------------------------------------------------------------------------------


def _edit_texts(world: World, issue: Issue, actor: str, changes: Mapping[str, Any]) -> bool:
    before: dict[str, Any] = {}
    if "title" in changes and changes["title"] != issue.title:
        before["title"] = {"from": issue.title}
        world.happen(issue, actor, "renamed", before=issue.title, after=changes["title"])
        issue.title = changes["title"]
    if "body" in changes and changes["body"] != issue.body:
        old, issue.body = issue.body or "", changes["body"]
        before["body"] = {"from": old}
        _revise(issue.revisions, issue.author, issue.created_at, old, Revision(world.now(), actor, issue.body or ""))
        world.record(actor, "issue.body", world.place(issue), node_id=issue.node_id, before=old, after=issue.body)
    if before:
        _tell(world, issue, actor, "edited", changes=before)
    return bool(before)


def _edit_state(world: World, issue: Issue, actor: str, changes: Mapping[str, Any]) -> bool:
    """Open, close, or close again.

    A reason counts only beside a state (github/docs#22914). Closing again under another reason changes it and says "closed" once more
    (microsoft/vscode-github-triage-actions#102); closing again without one makes it "completed" (octokit/octokit.net#3091).
    """
    if "state" not in changes:
        return False
    reason = changes.get("state_reason") or "completed" if changes["state"] == "closed" else "reopened"
    if changes["state"] == issue.state and (issue.state == "open" or reason == issue.state_reason):
        return False
    issue.state, issue.state_reason = changes["state"], reason
    closed = issue.state == "closed"
    issue.closed_at, issue.closed_by = (world.now(), actor) if closed else (None, None)
    kind = "closed" if closed else "reopened"
    world.happen(issue, actor, kind, state_reason=reason)
    _tell(world, issue, actor, kind)
    return True


def _edit_labels(world: World, issue: Issue, actor: str, changes: Mapping[str, Any]) -> bool:
    if "labels" not in changes:
        return False
    repo = world.repos[issue.repo_id]
    wanted = [ensure_label(world, repo, actor, name) for name in unique(changes["labels"])]
    gone = [label for label in issue.labels if label not in wanted]
    new = [label for label in wanted if label not in issue.labels]
    issue.labels = [label for label in issue.labels if label in wanted] + new
    for kind, labels in (("unlabeled", gone), ("labeled", new)):
        for label in labels:
            world.happen(issue, actor, kind, label=label)
            _tell(world, issue, actor, kind, label=label)
    return bool(gone or new)


def _edit_assignees(world: World, issue: Issue, actor: str, changes: Mapping[str, Any]) -> bool:
    if "assignees" not in changes:
        return False
    wanted = unique(changes["assignees"])
    gone = [login for login in issue.assignees if login not in wanted]
    new = [login for login in wanted if login not in issue.assignees]
    issue.assignees = wanted
    for kind, logins in (("unassigned", gone), ("assigned", new)):
        for login in logins:
            world.happen(issue, actor, kind, assignee=login)
            _tell(world, issue, actor, kind, assignee=login)
    return bool(gone or new)


def _edit_milestone(world: World, issue: Issue, actor: str, changes: Mapping[str, Any]) -> bool:
    if "milestone" not in changes:
        return False
    number = changes["milestone"]
    wanted = world.repos[issue.repo_id].milestones[number] if number is not None else None
    if wanted is issue.milestone:
        return False
    for kind, milestone in (("demilestoned", issue.milestone), ("milestoned", wanted)):
        if milestone:
            world.happen(issue, actor, kind, milestone=milestone)
            _tell(world, issue, actor, kind, milestone=milestone)
    issue.milestone = wanted
    return True


def _revise(revisions: list[Revision], author: str, created_at: int, before: str, entry: Revision) -> None:
    if not revisions:  # GitHub shows the first text as the first entry once there is a second
        revisions.append(Revision(created_at, author, before))
    revisions.append(entry)


def _bury(world: World, issue: Issue, stone: Tombstone) -> None:
    repo = world.repos[issue.repo_id]
    del repo.issues[issue.number]
    del world.nodes[issue.node_id]
    repo.gone[issue.number] = stone
    _inherit(issue, None)
    if stone.target is None:
        for comment in issue.comments:
            del world.comments[comment.id]
            del world.nodes[comment.node_id]


def _tell(world: World, issue: Issue, actor: str, action: str, *, event: str = "issues", **detail: Any) -> None:
    if issue.is_pull and event == "issues":  # pull requests have events of their own, which this server does not send
        return
    world.notify(Notice(event, action, actor, world.repos[issue.repo_id], {"issue": issue, **detail}))
