"""REST: issues. Lists, single reads, creates and edits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pmsync.testing.emulator import Response
from pmsync_github.emulation import checks, edits, paging
from pmsync_github.emulation.calls import Call, ok
from pmsync_github.emulation.errors import ApiError, invalid, not_found, not_implemented
from pmsync_github.emulation.stamps import parse
from pmsync_github.emulation.state import Issue, Repo

DISABLED = "Issues has been disabled in this repository."


def index(call: Call) -> Response:
    """``GET /repos/{owner}/{repo}/issues``: issues and pull requests, filtered, sorted, by pages."""
    repo = call.repo()
    enabled(repo)
    for name in ("mentioned", "type", "issue_field_values"):
        if call.request.param(name):
            raise not_implemented(f"the filter {name}")
    keep = _filters(call)
    found = [issue for issue in call.world.listed(repo) if all(test(issue) for test in keep)]
    shown, headers = paging.issues(
        call, found, _choice(call, "sort", ("created", "updated", "comments")), _choice(call, "direction", ("desc", "asc"))
    )
    show = call.show
    return ok([show.issue(issue, whole=False) for issue in shown], headers)


def read(call: Call) -> Response:
    """``GET .../issues/{issue_number}``."""
    return ok(call.show.issue(call.issue(call.repo())))


def create(call: Call) -> Response:
    """``POST .../issues``. Without push access labels, assignees and milestone are dropped in silence."""
    repo = call.repo()
    enabled(repo)
    actor, sent = call.actor, call.fields()
    fields = checks.issue_fields(call.world, repo, sent, creating=True)
    _drop(call, repo, sent, fields, f"{repo.full_name} (new issue)")
    issue = edits.create_issue(call.world, repo, actor, fields)
    shown = call.show.issue(issue)
    return ok(shown, {"location": shown["url"]}, 201)


def edit(call: Call) -> Response:
    """``PATCH .../issues/{issue_number}``: for the author, or with push access; the author's labels and such are dropped in silence."""
    repo = call.repo()
    enabled(repo)
    actor, issue = call.actor, call.issue(repo)
    if issue.author != actor:
        call.need_push(repo)
    sent = call.fields()
    fields = checks.issue_fields(call.world, repo, sent, creating=False)
    _drop(call, repo, sent, fields, call.world.place(issue))
    edits.edit_issue(call.world, issue, actor, fields)
    return ok(call.show.issue(issue))


def parent(call: Call) -> Response:
    """``GET .../issues/{issue_number}/parent``."""
    found = call.issue(call.repo(), within=True).parent
    if found is None:
        raise not_found()
    return ok(call.show.issue(found))


def sub_issues(call: Call) -> Response:
    """``GET .../issues/{issue_number}/sub_issues``."""
    page, headers = paging.by_number(call, call.issue(call.repo(), within=True).below)
    return ok([call.show.issue(one, whole=False) for one in page], headers)


def add_sub_issue(call: Call) -> Response:
    """``POST .../issues/{issue_number}/sub_issues``: by database id, not number."""
    above, below, sent = _pair(call)
    edits.add_sub_issue(call.world, above, below, call.actor, replace=bool(sent.get("replace_parent")))
    return ok(call.show.issue(above), status=201)


def remove_sub_issue(call: Call) -> Response:
    """``DELETE .../issues/{issue_number}/sub_issue``."""
    above, below, _ = _pair(call)
    edits.remove_sub_issue(call.world, above, below, call.actor)
    return ok(call.show.issue(above))


def _pair(call: Call) -> tuple[Issue, Issue, dict[str, Any]]:
    repo = call.repo()
    call.need_push(repo)
    above, sent = call.issue(repo, within=True), call.fields()
    wanted = sent.get("sub_issue_id")
    below = next((one for each in call.world.repos.values() for one in each.issues.values() if one.id == wanted), None)
    if below is None or below.is_pull:
        raise not_found()
    return above, below, sent


def enabled(repo: Repo) -> None:
    """Refuse where the repository has no issues.

    Raises:
        ApiError: 410.
    """
    if not repo.has_issues:
        raise ApiError(410, DISABLED)


def _drop(call: Call, repo: Repo, sent: dict[str, Any], fields: dict[str, Any], place: str) -> None:
    off = [name for name in checks.FEATURE_OFF if name in sent]
    if not call.push(repo):
        off += [name for name in checks.PUSH_ONLY if fields.pop(name, None) is not None]
    if off:
        call.world.record(call.actor, "issue.dropped", place, fields=off)


def _choice(call: Call, name: str, allowed: tuple[str, ...]) -> str:
    value = call.request.param(name, allowed[0])
    if value not in allowed:
        raise invalid("Issue", name, "invalid", value=value)
    return value


def _filters(call: Call) -> list[Callable[[Issue], bool]]:
    """The tests that the query asks for."""
    keep: list[Callable[[Issue], bool]] = []
    if (state := _choice(call, "state", ("open", "closed", "all"))) != "all":
        keep.append(lambda issue: issue.state == state)
    if since := call.request.param("since"):
        try:
            floor = parse(since)
        except ValueError as wrong:
            raise invalid("Issue", "since", "invalid", value=since) from wrong
        keep.append(lambda issue: issue.updated_at >= floor)
    if labels := {name.casefold() for name in call.request.param("labels").split(",") if name}:
        keep.append(lambda issue: labels <= {label.name.casefold() for label in issue.labels})
    if creator := call.request.param("creator").casefold():
        keep.append(lambda issue: issue.author.casefold() == creator)
    if assignee := call.request.param("assignee").casefold():
        keep.append(lambda issue: _matches(assignee, [login.casefold() for login in issue.assignees]))
    if milestone := call.request.param("milestone"):
        keep.append(lambda issue: _matches(milestone, [str(issue.milestone.number)] if issue.milestone else []))
    return keep


def _matches(wanted: str, have: list[str]) -> bool:
    if wanted == "*":
        return bool(have)
    return not have if wanted == "none" else wanted in have
