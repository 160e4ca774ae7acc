"""REST: comments, of one issue and of a whole repository (pull requests included)."""

from __future__ import annotations

from collections.abc import Sequence

from pmsync.testing.emulator import Response
from pmsync_github.emulation import checks, edits, paging
from pmsync_github.emulation.calls import Call, ok
from pmsync_github.emulation.errors import invalid, malformed, not_found
from pmsync_github.emulation.rest_issues import enabled
from pmsync_github.emulation.stamps import parse
from pmsync_github.emulation.state import Comment, Repo


def of_repo(call: Call) -> Response:
    """``GET .../issues/comments``: by id unless ``sort`` says otherwise (``direction`` counts only then)."""
    repo = call.repo()
    enabled(repo)
    found = _since(call, [comment for issue in repo.issues.values() for comment in issue.comments])
    sort = call.request.param("sort")
    if sort not in ("", "created", "updated"):
        raise invalid("IssueComment", "sort", "invalid", value=sort)
    backwards = bool(sort) and call.request.param("direction", "desc") == "desc"
    ordered = sorted(found, key=lambda one: (one.updated_at if sort == "updated" else one.created_at, one.id), reverse=backwards)
    return _page(call, ordered)


def of_issue(call: Call) -> Response:
    """``GET .../issues/{issue_number}/comments``, oldest first."""
    return _page(call, _since(call, call.issue(call.repo(), within=True).comments))


def create(call: Call) -> Response:
    """``POST .../issues/{issue_number}/comments``."""
    repo = call.repo()
    enabled(repo)
    issue = call.issue(repo, within=True)
    comment = edits.add_comment(call.world, issue, call.actor, _body(call))
    shown = call.show.comment(comment)
    return ok(shown, {"location": shown["url"]}, 201)


def read(call: Call) -> Response:
    """``GET .../issues/comments/{comment_id}``."""
    return ok(call.show.comment(_comment(call, call.repo())))


def edit(call: Call) -> Response:
    """``PATCH .../issues/comments/{comment_id}``: for its author, or with push access."""
    repo = call.repo()
    comment = _comment(call, repo)
    if comment.author != call.actor:
        call.need_push(repo)
    edits.edit_comment(call.world, comment, call.actor, _body(call))
    return ok(call.show.comment(comment))


def _page(call: Call, comments: Sequence[Comment]) -> Response:
    page, headers = paging.by_number(call, comments)
    show = call.show
    return ok([show.comment(comment) for comment in page], headers)


def _since(call: Call, comments: Sequence[Comment]) -> Sequence[Comment]:
    since = call.request.param("since")
    if not since:
        return comments
    try:
        floor = parse(since)
    except ValueError as wrong:
        raise invalid("IssueComment", "since", "invalid", value=since) from wrong
    return [comment for comment in comments if comment.updated_at >= floor]


def _comment(call: Call, repo: Repo) -> Comment:
    comment = call.world.comments.get(call.number("comment_id"))
    if comment is None or comment.repo_id != repo.id:
        raise not_found()
    return comment


def _body(call: Call) -> str:
    sent = call.fields()
    if "body" not in sent:
        raise malformed('"body" wasn\'t supplied.')
    return checks.text("IssueComment", "body", sent["body"], checks.BODY_MAX, blank=False)
