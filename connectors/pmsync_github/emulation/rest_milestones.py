"""REST: milestones. Their due date is floored to midnight US Pacific; titles are unique within a repository."""

from __future__ import annotations

from pmsync.testing.emulator import Response
from pmsync_github.emulation import milestones, paging
from pmsync_github.emulation.calls import Call, ok
from pmsync_github.emulation.errors import invalid, not_found
from pmsync_github.emulation.state import Milestone, Repo


def index(call: Call) -> Response:
    """``GET .../milestones``, soonest due first, those without a date last."""
    state = call.request.param("state", "open")
    sort, direction = call.request.param("sort", "due_on"), call.request.param("direction", "asc")
    if state not in ("open", "closed", "all") or sort != "due_on" or direction != "asc":
        raise invalid("Milestone", "state or sort", "invalid", value=f"{state} {sort} {direction}")
    found = [one for one in call.repo().milestones.values() if state in ("all", one.state)]
    found.sort(key=lambda one: (one.due_on is None, one.due_on or 0, one.number))
    page, headers = paging.by_number(call, found)
    return ok([call.show.milestone(one) for one in page], headers)


def read(call: Call) -> Response:
    """``GET .../milestones/{milestone_number}``."""
    return ok(call.show.milestone(_milestone(call, call.repo())))


def create(call: Call) -> Response:
    """``POST .../milestones``."""
    repo = _writable(call)
    shown = call.show.milestone(milestones.create(call.world, repo, call.actor, call.fields()))
    return ok(shown, {"location": shown["url"]}, 201)


def edit(call: Call) -> Response:
    """``PATCH .../milestones/{milestone_number}``."""
    repo = _writable(call)
    one = _milestone(call, repo)
    milestones.edit(call.world, repo, one, call.actor, call.fields())
    return ok(call.show.milestone(one))


def delete(call: Call) -> Response:
    """``DELETE .../milestones/{milestone_number}``."""
    repo = _writable(call)
    milestones.delete(call.world, repo, _milestone(call, repo), call.actor)
    return Response(204)


def _writable(call: Call) -> Repo:
    repo = call.repo()
    if not call.push(repo):
        raise not_found()
    return repo


def _milestone(call: Call, repo: Repo) -> Milestone:
    one = repo.milestones.get(call.number("milestone_number"))
    if one is None:
        raise not_found()
    return one
