"""From one status to another: which transition to take, and why there is none. Transitions are remembered per issue type and status."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pmsync.model.record import ScopeRef
from pmsync_jira import receipts, wire
from pmsync_jira.client import Client, Refused
from pmsync_jira.vocabulary import name_key

REMEMBERED = 10_000
"""Issues whose type is remembered."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an issue stands in its workflow: scope, issue type id, status id."""

    scope: ScopeRef
    issue_type: str
    status: str


@dataclass(frozen=True, slots=True)
class Step:
    """A status change that is wanted: the issue, where it stands (None when not known), the target's id and name."""

    issue: str
    place: Place | None
    target: str
    name: str


class Workflow:
    """The workflows of a site, as far as they were seen. ``go`` writes."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._types: dict[str, str] = {}
        self._ways: dict[Place, Sequence[wire.Transition]] = {}
        self._initial: dict[tuple[ScopeRef, str], str] = {}

    def refresh(self) -> None:
        """Forget the transitions."""
        self._ways.clear()
        self._initial.clear()

    def saw(self, issues: Sequence[wire.Issue]) -> None:
        """Remember of which type the issues are."""
        for issue in issues:
            if issue.fields.issuetype is not None:
                self._types[issue.id] = issue.fields.issuetype.id
        while len(self._types) > REMEMBERED:
            del self._types[next(iter(self._types))]

    def place(self, scope: ScopeRef, issue: str, status: str) -> Place | None:
        """Where the issue stands, given its status; None when its type was not seen."""
        issue_type = self._types.get(issue)
        return Place(scope, issue_type, status) if issue_type and status else None

    def initial(self, scope: ScopeRef, issue_type: str, issue: str) -> str:
        """The status in which issues of a type begin, read once off ``issue``, which was created just now."""
        key = (scope, issue_type)
        if key not in self._initial:
            status = self._client.status_of(issue)
            self._initial[key] = status.id if status else ""
        return self._initial[key]

    def go(self, step: Step) -> str | None:
        """Bring an issue to a status; None when it went, else why it did not, for a person.

        What is remembered of the workflow is only a guess for this one issue (transitions may have conditions): before giving up, its
        own transitions are read.
        """
        remembered = self._ways.get(step.place) if step.place else None
        if remembered is not None:
            way = choose(remembered, step)
            if isinstance(way, wire.Transition) and self._client.transition(step.issue, way.id) is None:
                return None
        ways = self._client.transitions(step.issue)
        if isinstance(ways, Refused):
            return str(ways)
        if step.place:
            self._ways[step.place] = ways
        way = choose(ways, step)
        if isinstance(way, str):
            return way
        refusal = self._client.transition(step.issue, way.id)
        return None if refusal is None else f"Jira refuses the transition {way.name}: {refusal}"


def choose(ways: Sequence[wire.Transition], step: Step) -> wire.Transition | str:
    """The transition to the target that asks for nothing, else why none will do (C36: the reachable ones are named)."""
    fitting = [way for way in ways if way.to.id == step.target] or [
        way for way in ways if name_key(way.to.name) == name_key(step.name)
    ]
    if not fitting:
        return receipts.unreachable(step.name, ways)
    free = [way for way in fitting if way.available and not any(map(receipts.needed, way.fields.values()))]
    return free[0] if free else receipts.asks(step.name, fitting)
