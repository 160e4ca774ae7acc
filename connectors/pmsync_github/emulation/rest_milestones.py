"""REST: milestones. Their due date is floored to midnight US Pacific; titles are unique within a repository."""

from __future__ import annotations

from typing import Any

from pmsync.testing.emulator import Response
from pmsync_github.emulation import checks, paging
from pmsync_github.emulation.calls import Call, ok
from pmsync_github.emulation.errors import invalid, malformed, not_found
from pmsync_github.emulation.stamps import pacific_midnight, parse
from pmsync_github.emulation.state import Milestone, Repo
from pmsync_github.emulation.world import Notice


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
    repo = call.repo()
    if not call.push(repo):
        raise not_found()
    sent = call.fields()
    if "title" not in sent:
        raise malformed('"title" wasn\'t supplied.')
    now = call.world.now()
    number = max(repo.milestones, default=0) + 1
    one = Milestone(call.world.next_id(), repo.id, number, "", None, "open", call.actor, None, now, now)
    _change(call, repo, one, sent)
    repo.milestones[number] = one
    call.world.nodes[one.node_id] = one
    call.world.record(call.actor, "milestone.created", f"{repo.full_name} milestone {one.title}", node_id=one.node_id)
    call.world.notify(Notice("milestone", "created", call.actor, repo, {"milestone": one}))
    shown = call.show.milestone(one)
    return ok(shown, {"location": shown["url"]}, 201)


def edit(call: Call) -> Response:
    """``PATCH .../milestones/{milestone_number}``; the issues in it are not stamped."""
    repo = call.repo()
    if not call.push(repo):
        raise not_found()
    one = _milestone(call, repo)
    _change(call, repo, one, call.fields())
    one.updated_at = call.world.now()
    call.world.record(call.actor, "milestone.edited", f"{repo.full_name} milestone {one.title}", node_id=one.node_id)
    call.world.notify(Notice("milestone", "edited", call.actor, repo, {"milestone": one, "changes": {}}))
    return ok(call.show.milestone(one))


def _milestone(call: Call, repo: Repo) -> Milestone:
    one = repo.milestones.get(call.number("milestone_number"))
    if one is None:
        raise not_found()
    return one


def _change(call: Call, repo: Repo, one: Milestone, sent: dict[str, Any]) -> None:
    title = checks.text("Milestone", "title", sent.get("title", one.title), checks.TITLE_MAX, blank=False)
    if any(other.title == title for other in repo.milestones.values() if other is not one):
        raise invalid("Milestone", "title", "already_exists")
    state = sent.get("state", one.state)
    if state not in ("open", "closed"):
        raise invalid("Milestone", "state", "invalid", value=str(state))
    due_on = one.due_on
    if "due_on" in sent:
        due_on = _due(sent["due_on"])
    if "description" in sent:
        value = sent["description"]
        one.description = None if value is None else checks.text("Milestone", "description", value, checks.BODY_MAX)
    if state != one.state:
        one.closed_at = call.world.now() if state == "closed" else None
    one.title, one.state, one.due_on = title, state, due_on


def _due(value: Any) -> int | None:
    if value is None:
        return None
    try:
        return pacific_midnight(parse(value))
    except (TypeError, ValueError) as wrong:
        raise invalid("Milestone", "due_on", "invalid", value=str(value)) from wrong
