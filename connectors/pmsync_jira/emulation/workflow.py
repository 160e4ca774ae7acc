"""Transitions: which are open from where, what they insist on, and what they do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pmsync.testing.emulator import Response
from pmsync_jira.emulation.comments import new_comments
from pmsync_jira.emulation.edits import Edit, apply_edit
from pmsync_jira.emulation.errors import Refusal, bad_request
from pmsync_jira.emulation.exchange import Exchange, empty
from pmsync_jira.emulation.meta import field_meta
from pmsync_jira.emulation.records import Issue, Project, Transition
from pmsync_jira.emulation.render import Renderer
from pmsync_jira.emulation.state import State

DONE = "10000"
"""Resolution that a step into the done category sets where its screen does not ask for one."""


def open_transitions(state: State, issue: Issue) -> list[Transition]:
    """The steps that the issue's present status allows."""
    project = state.projects[issue.project]
    return [step for step in project.transitions if step.sources is None or issue.status in step.sources]


def take(state: State, issue: Issue, step: Transition) -> Issue:
    """The issue after a step: a new status, and a resolution exactly while it is done."""
    done = state.catalogue.statuses[step.to].category == "done"
    if done:
        resolved = issue.resolved if issue.resolved is not None else state.now_ms()
        return replace(issue, status=step.to, resolution=issue.resolution or DONE, resolved=resolved)
    return replace(issue, status=step.to, resolution=None, resolved=None)


def transition_json(renderer: Renderer, project: Project, step: Transition, *, fields: bool) -> dict[str, Any]:
    """One step; ``fields`` shows its screen."""
    shown: dict[str, Any] = {
        "id": step.id,
        "name": renderer.local(step.name),
        "to": renderer.status(renderer.state.catalogue.statuses[step.to]),
        "hasScreen": bool(step.screen | step.required),
        "isGlobal": step.sources is None,
        "isInitial": False,
        "isAvailable": True,
        "isConditional": False,
        "looped": False,
    }
    if fields:
        names = sorted(step.screen | step.required)
        shown["fields"] = {name: field_meta(renderer, project, name, required=name in step.required) for name in names}
    return shown


def transitions_json(renderer: Renderer, issue: Issue, *, fields: bool) -> list[dict[str, Any]]:
    """The open steps; none without the permission to take them."""
    project = renderer.state.projects[issue.project]
    if not renderer.state.may("TRANSITION_ISSUES", project):
        return []
    return [transition_json(renderer, project, step, fields=fields) for step in open_transitions(renderer.state, issue)]


def list_transitions(exchange: Exchange) -> Response:
    """GET issue/{}/transitions."""
    issue = exchange.entry().current
    fields = "transitions.fields" in exchange.values("expand")
    shown = transitions_json(exchange.renderer, issue, fields=fields)
    wanted = exchange.request.param("transitionId")
    return Response.of(200, {"expand": "transitions", "transitions": [one for one in shown if wanted in {"", one["id"]}]})


def do_transition(exchange: Exchange) -> Response:
    """POST issue/{}/transitions."""
    entry = exchange.entry()
    body = exchange.object_body()
    issue = transitioned(exchange.state, entry.current, body)
    issue, comment = new_comments(exchange, issue, body)
    exchange.state.commit(entry, issue, exchange.person.account_id, verb="transition", comment=comment)
    return empty()


def transitioned(state: State, issue: Issue, body: Mapping[str, Any]) -> Issue:
    """The issue after the step that a request asks for.

    Raises:
        Refusal: 400 for a step that is not open, a field that its screen does not show, or one that it misses.
    """
    wanted = body.get("transition")
    step_id = str(wanted.get("id")) if isinstance(wanted, Mapping) else ""
    if not step_id:
        raise bad_request("Missing 'transition' identifier")
    steps = open_transitions(state, issue) if state.may("TRANSITION_ISSUES", state.projects[issue.project]) else []
    step = next((one for one in steps if one.id == step_id), None)
    if step is None:
        raise bad_request(f"Transition id '{step_id}' is not valid for this issue.")
    edit = Edit.of(body, step.screen | step.required)
    missing = {name: f"{name.capitalize()} is required." for name in step.required - {*edit.fields, *edit.update}}
    if missing:
        raise Refusal(400, errors=missing)
    return take(state, apply_edit(state, issue, edit), step)
