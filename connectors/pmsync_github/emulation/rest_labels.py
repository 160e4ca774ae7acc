"""REST: the labels of a repository and of an issue. Names are matched whatever their case."""

from __future__ import annotations

from typing import Any

from pmsync.testing.emulator import Response
from pmsync_github.emulation import checks, edits, paging
from pmsync_github.emulation.calls import Call, ok
from pmsync_github.emulation.errors import ApiError, malformed, not_found
from pmsync_github.emulation.state import Issue, Label, Repo


def index(call: Call) -> Response:
    """``GET .../labels``."""
    page, headers = paging.by_number(call, list(call.repo().labels.values()))
    return ok([call.show.label(label) for label in page], headers)


def read(call: Call) -> Response:
    """``GET .../labels/{name}``."""
    return ok(call.show.label(_label(call, call.repo())))


def create(call: Call) -> Response:
    """``POST .../labels``."""
    repo = call.repo()
    _owner(call, repo)
    sent = call.fields()
    name = checks.label_name(sent.get("name"))
    color = checks.color(sent.get("color", edits.DEFAULT_COLOR))
    checks.free_label(repo, name)
    label = edits.ensure_label(call.world, repo, call.actor, name, color, _description(sent))
    shown = call.show.label(label)
    return ok(shown, {"location": shown["url"]}, 201)


def edit(call: Call) -> Response:
    """``PATCH .../labels/{name}``: a new name, colour or description; issues that bear it are not stamped."""
    repo = call.repo()
    _owner(call, repo)
    label, sent = _label(call, repo), call.fields()
    if "new_name" in sent:
        name = checks.label_name(sent["new_name"])
        checks.free_label(repo, name, label)
        edits.rename_label(call.world, repo, call.actor, label, name)
    if "color" in sent:
        label.color = checks.color(sent["color"])
    if "description" in sent:
        label.description = _description(sent)
    label.updated_at = call.world.now()
    return ok(call.show.label(label))


def delete(call: Call) -> Response:
    """``DELETE .../labels/{name}``."""
    repo = call.repo()
    _owner(call, repo)
    edits.delete_label(call.world, repo, call.actor, _label(call, repo))
    return Response(204)


def of_issue(call: Call) -> Response:
    """``GET .../issues/{issue_number}/labels``."""
    page, headers = paging.by_number(call, call.issue(call.repo(), within=True).labels)
    return ok([call.show.label(label) for label in page], headers)


def add(call: Call) -> Response:
    """``POST .../issues/{issue_number}/labels``: adds, and creates labels the repository lacks."""
    issue, names = _change(call)
    edits.add_labels(call.world, issue, call.actor, names)
    return _shown(call, issue)


def replace(call: Call) -> Response:
    """``PUT .../issues/{issue_number}/labels``: exactly these."""
    issue, names = _change(call)
    edits.edit_issue(call.world, issue, call.actor, {"labels": names})
    return _shown(call, issue)


def clear(call: Call) -> Response:
    """``DELETE .../issues/{issue_number}/labels``: none."""
    repo = call.repo()
    issue = call.issue(repo, within=True)
    call.need_push(repo)
    edits.edit_issue(call.world, issue, call.actor, {"labels": []})
    return Response(204)


def remove(call: Call) -> Response:
    """``DELETE .../issues/{issue_number}/labels/{name}``: 404 when the issue does not bear it."""
    repo = call.repo()
    issue = call.issue(repo, within=True)
    call.need_push(repo)
    name = call.path["name"].casefold()
    if name not in {label.name.casefold() for label in issue.labels}:
        raise ApiError(404, "Label does not exist")
    edits.remove_labels(call.world, issue, call.actor, [name])
    return _shown(call, issue)


def _shown(call: Call, issue: Issue) -> Response:
    return ok([call.show.label(label) for label in issue.labels])


def _change(call: Call) -> tuple[Issue, list[str]]:
    repo = call.repo()
    issue = call.issue(repo, within=True)
    call.need_push(repo)
    try:
        sent = call.request.json()
    except ValueError as broken:
        raise ApiError(400, "Problems parsing JSON") from broken
    names = sent.get("labels") if isinstance(sent, dict) else sent
    if names is None:
        raise malformed('"labels" wasn\'t supplied.')
    return issue, checks.label_names(names)


def _owner(call: Call, repo: Repo) -> None:
    if not call.push(repo):
        raise not_found()


def _label(call: Call, repo: Repo) -> Label:
    label = repo.labels.get(call.path["name"].casefold())
    if label is None:
        raise not_found()
    return label


def _description(sent: dict[str, Any]) -> str | None:
    value = sent.get("description")
    return None if value is None else checks.text("Label", "description", value, checks.DESCRIPTION_MAX)
