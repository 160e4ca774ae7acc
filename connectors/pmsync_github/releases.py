"""Making and changing milestones, one REST call each: GraphQL has no mutation for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pmsync.connect.contract import Outcome, Receipt
from pmsync.connect.errors import Conflict, NotSent, Rejected
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.model.values import raw
from pmsync.net.http import Answer
from pmsync.reconcile.operation import Change, Operation
from pmsync_github import mapping, milestones
from pmsync_github.catalogue import Catalogue
from pmsync_github.client import Client
from pmsync_github.graph import GraphReads
from pmsync_github.milestones import Milestone
from pmsync_github.places import Places
from pmsync_github.verdicts import refuse
from pmsync_github.wire import RestMilestone

_MOVED = frozenset({301, 302, 307, 308})
_ANSWERED = frozenset({200, 201, 403, 404, 410, 422}) | _MOVED
_FIELDS = {
    mapping.TITLE: "title",
    mapping.MILESTONE_TITLE: "title",
    mapping.RELEASE_STATE: "state",
    mapping.RELEASE_DUE: "due_on",
}


@dataclass(frozen=True, slots=True)
class ReleaseTools:
    """What writing milestones needs of the connector. ``missed``: told of a scope in which there are milestones that nobody has read yet."""

    client: Client
    graph: GraphReads
    catalogue: Catalogue
    places: Places
    record: Callable[[ScopeRef, Milestone], Record]
    missed: Callable[[ScopeRef], None]


class ReleaseWriter:
    """Creates and updates milestones."""

    def __init__(self, tools: ReleaseTools) -> None:
        self._tools = tools

    def create(self, scope: ScopeRef, op: Operation) -> Receipt:
        """Make a milestone. Its description holds the marker alone.

        Raises:
            Rejected: GitHub refuses it, as where the title is taken.
        """
        self._tools.catalogue.repository(scope)  # the answer's record needs it; nothing may fail after the create
        body = _body(op) | ({"description": mapping.with_marker("", op.marker)} if op.marker else {})
        path = self._tools.client.address(scope) + "/milestones"
        answer = self._tools.client.write("POST", path, "POST /repos/{}/milestones", body, _ANSWERED)
        if answer.status in _MOVED:
            self._tools.client.read(scope, "")
            raise NotSent(f"{scope.key} was renamed; nothing was created yet", hint="it is tried again under the new name")
        if answer.status == 422:
            self._tools.missed(scope)  # most likely the title is taken by one made since the milestones were read
        refuse(answer, f"creating a milestone in {scope.key}")
        return self._done(scope, op, answer)

    def update(self, scope: ScopeRef, op: Operation) -> Receipt:
        """Change a milestone: only what the op touches is sent.

        Raises:
            Rejected: GitHub refuses it. Gone: it is not there any more. Conflict: it lives elsewhere now.
        """
        body = _body(op)
        if not body:
            return Receipt(op.uid, Outcome.DONE, op.ref, reason="nothing had to be sent")
        path = f"{self._tools.client.address(scope)}/milestones/{self._number(scope, op)}"
        answer = self._tools.client.write("PATCH", path, "PATCH /repos/{}/milestones/{}", body, _ANSWERED)
        if answer.status in _MOVED:
            self._tools.client.read(scope, "")
            raise Conflict(f"{op.key} lives at another address now", hint="it is read again before the next plan")
        refuse(answer, f"changing {op.key}")
        return self._done(scope, op, answer)

    def number(self, scope: ScopeRef, node: str) -> int | None:
        """The number of a milestone of the scope's repository; None where it is not there. One call where it was never seen."""
        place = self._tools.places.milestone(node)
        if place is None:
            [found] = self._tools.graph.look([node]).found
            if not isinstance(found, Milestone):
                return None
            self._tools.places.saw_milestone(found)
            place = (found.repository, found.number)
        ours = {scope.key.casefold(), self._tools.catalogue.repository(scope).name.casefold()}
        return place[1] if place[0].casefold() in ours else None

    def _number(self, scope: ScopeRef, op: Operation) -> int:
        assert op.ref is not None
        number = self.number(scope, op.ref.remote_id)
        if number is None:
            raise Conflict(f"{op.key} cannot be read", hint="it is read again before the next plan")
        return number

    def _done(self, scope: ScopeRef, op: Operation, answer: Answer) -> Receipt:
        row: RestMilestone = answer.decode(RestMilestone)
        one = row.milestone()
        return Receipt(op.uid, Outcome.DONE, RecordRef(scope.system, one.id), self._tools.record(scope, one))


def _body(op: Operation) -> dict[str, Any]:
    """The op in REST's words.

    Raises:
        Rejected: a milestone has no such place, or what is to be written is no day.
    """
    if unknown := [change.surface for change in op.changes if change.surface not in _FIELDS]:
        surfaces = dict.fromkeys(unknown, "a milestone has no such place")
        raise Rejected("the operation writes what a milestone does not have", surfaces=surfaces)
    return {_FIELDS[change.surface]: _value(change) for change in op.changes}


def _value(change: Change) -> str | None:
    text = raw(change.after)
    assert text is None or isinstance(text, str)
    if change.surface != mapping.RELEASE_DUE:
        return text
    try:
        return milestones.due_on(text or "")
    except ValueError as wrong:
        reason = f"{text!r} is no day: GitHub takes dates like 2026-03-31"
        raise Rejected(reason, surfaces={change.surface: reason}) from wrong
