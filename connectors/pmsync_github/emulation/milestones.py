"""How milestones change: the same few functions serve REST and the side doors. ``sent`` has REST's words: title, state, description, due_on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pmsync_github.emulation import checks
from pmsync_github.emulation.errors import invalid, malformed
from pmsync_github.emulation.stamps import pacific_midnight, parse
from pmsync_github.emulation.state import Milestone, Repo
from pmsync_github.emulation.world import Notice, World


def create(world: World, repo: Repo, actor: str, sent: Mapping[str, Any]) -> Milestone:
    """A new milestone.

    Raises:
        ApiError: 422: no title, a title that is taken, an unknown state, a date that is none.
    """
    if "title" not in sent:
        raise malformed('"title" wasn\'t supplied.')
    now = world.now()
    one = Milestone(world.next_id(), repo.id, repo.last_milestone + 1, "", None, "open", actor, None, now, now)
    _change(world, repo, one, sent)
    repo.last_milestone += 1
    repo.milestones[one.number] = one
    world.nodes[one.node_id] = one
    world.record(actor, "milestone.created", f"{repo.full_name} milestone {one.title}", node_id=one.node_id)
    world.notify(Notice("milestone", "created", actor, repo, {"milestone": one}))
    return one


def edit(world: World, repo: Repo, one: Milestone, actor: str, sent: Mapping[str, Any]) -> None:
    """Change a milestone; the issues in it are not stamped.

    Raises:
        ApiError: as ``create``.
    """
    _change(world, repo, one, sent)
    one.updated_at = world.now()
    world.record(actor, "milestone.edited", f"{repo.full_name} milestone {one.title}", node_id=one.node_id)
    world.notify(Notice("milestone", "edited", actor, repo, {"milestone": one, "changes": {}}))


def delete(world: World, repo: Repo, one: Milestone, actor: str) -> None:
    """Remove a milestone; its issues are in none then, and are not stamped."""
    del repo.milestones[one.number]
    del world.nodes[one.node_id]
    for issue in repo.issues.values():
        if issue.milestone is one:
            issue.milestone = None
    world.record(actor, "milestone.deleted", f"{repo.full_name} milestone {one.title}", node_id=one.node_id)
    world.notify(Notice("milestone", "deleted", actor, repo, {"milestone": one}))


def _change(world: World, repo: Repo, one: Milestone, sent: Mapping[str, Any]) -> None:
    title = checks.text("Milestone", "title", sent.get("title", one.title), checks.TITLE_MAX, blank=False)
    if any(other.title == title for other in repo.milestones.values() if other is not one):
        raise invalid("Milestone", "title", "already_exists")
    state = sent.get("state", one.state)
    if state not in ("open", "closed"):
        raise invalid("Milestone", "state", "invalid", value=str(state))
    due_on = _due(sent["due_on"]) if "due_on" in sent else one.due_on
    if "description" in sent:
        value = sent["description"]
        one.description = None if value is None else checks.text("Milestone", "description", value, checks.BODY_MAX)
    if state != one.state:
        one.closed_at = world.now() if state == "closed" else None
    one.title, one.state, one.due_on = title, state, due_on


def _due(value: Any) -> int | None:
    if value is None:
        return None
    try:
        return pacific_midnight(parse(value))
    except (TypeError, ValueError) as wrong:
        raise invalid("Milestone", "due_on", "invalid", value=str(value)) from wrong
