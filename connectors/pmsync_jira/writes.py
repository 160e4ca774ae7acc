"""Ops to requests. One request carries all touched fields of an issue; a status is a transition of its own.

A 400 of Jira is definite: nothing of the request was carried out. So the fields that it names are left out, with the reason, and the rest
is sent again; one bad field never costs the others. Whatever is not definite ends the op as ambiguous.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pmsync.connect.contract import Outcome, Receipt
from pmsync.connect.errors import Ambiguous, ConnectorError, NotSent, Park, Rejected
from pmsync.model.record import RecordRef, ScopeRef
from pmsync.model.values import Empty, Known, Settled
from pmsync.reconcile.operation import Change, Operation, OpKind
from pmsync_jira import mapping, receipts, wire
from pmsync_jira.blocking import Blocking
from pmsync_jira.bodies import Written
from pmsync_jira.catalogue import Catalogue
from pmsync_jira.client import Client, Refused
from pmsync_jira.remote import RemoteLinks
from pmsync_jira.texts import Moved, Texts
from pmsync_jira.workflow import Step, Workflow

_EDITED = "the text was edited while it was about to be written, so that nothing of it was sent"
_READ_AGAIN = "it is read again before the next plan"
PER_ISSUE = "jira-per-issue-on-write"
"""Jira's reason for a limit that concerns one issue alone."""


@dataclass(slots=True)
class _Progress:
    """What became of an update so far: ``sent`` once anything was carried out. ``text``: its rich text as Jira takes it."""

    op: Operation
    changes: dict[str, Change]
    text: Any = None
    refused: dict[str, str] = field(default_factory=dict)
    sent: bool = False

    @property
    def pending(self) -> dict[str, Change]:
        """The fields that are still to be written."""
        return {name: one for name, one in self.changes.items() if name not in self.refused and name not in mapping.STEPS}

    def refuse(self, reason: str, *surfaces: str) -> None:
        """Note surfaces as refused."""
        self.refused.update(dict.fromkeys(surfaces, reason))


@dataclass(frozen=True, slots=True)
class _Draft:
    """A new issue: the ids of its project and type, what it is to show, and its rich text as Jira takes it."""

    home: tuple[str, str]
    changes: dict[str, Change]
    text: Any


class Writer:
    """Sends ops. ``apply`` yields nothing: one op in, one receipt out."""

    def __init__(self, client: Client, catalogue: Catalogue, workflow: Workflow, blocking: Blocking, texts: Texts) -> None:
        self._client = client
        self._catalogue = catalogue
        self._workflow = workflow
        self._blocking = blocking
        self._texts = texts
        self._remote = RemoteLinks(client)

    def send(self, scope: ScopeRef, op: Operation) -> Receipt:
        """Send one op.

        Raises:
            ConnectorError: nothing of the op was sent, and the reason concerns more than this op.
            WriteRefused: the fence is down.
        """
        if op.kind is OpKind.CREATE:
            return self._create(scope, op)
        return self._update(scope, op)

    # -- updates ------------------------------------------------------------------------------------------------------------

    def _update(self, scope: ScopeRef, op: Operation) -> Receipt:
        progress = _Progress(op, {one.surface: one for one in op.changes if one.before != one.after})
        for step in self._steps(scope, progress):
            receipt = _guarded(progress, step)
            if receipt is not None:
                return receipt
        return receipts.settled(op, progress.refused)

    def _steps(self, scope: ScopeRef, progress: _Progress) -> list[Callable[[], Receipt | None]]:
        """Fields, then the status: a closed issue may refuse edits. Leaving a closed status goes the other way round. Links come last."""
        steps: list[Callable[[], Receipt | None]] = []
        if progress.pending:
            steps.append(lambda: self._edit(scope, progress))
        change = progress.changes.get(mapping.STATUS)
        if change is not None:
            steps.append(lambda: self._move(scope, progress, change))
            if self._is_done(scope, change.before) and not self._is_done(scope, change.after):
                steps.reverse()
        links = progress.changes.get(mapping.BLOCKED_BY)
        if links is not None:
            steps.append(lambda: self._link(progress, links))
        elsewhere = progress.changes.get(mapping.ELSEWHERE)
        if elsewhere is not None:
            steps.append(lambda: self._point(progress, elsewhere))
        return steps

    def _is_done(self, scope: ScopeRef, status: Settled) -> bool:
        statuses = {one.id: one.category.key for one in self._catalogue.facts(scope).statuses}
        return statuses.get(_text(status)) == "done"

    def _edit(self, scope: ScopeRef, progress: _Progress) -> Receipt | None:
        """Write the fields; a receipt only when the op ends here."""
        if (moved := self._convert(progress)) is not None:
            return moved
        while pending := progress.pending:
            refusal = self._client.edit(_id(progress.op), mapping.edit_body(pending, progress.text))
            if refusal is None:
                progress.sent = True
                return None
            named = receipts.by_surface(refusal, pending, scope) if refusal.status == 400 else {}
            if not named and refusal.status != 400 and not progress.sent:
                return receipts.rejected(progress.op, refusal)
            progress.refused.update(named or dict.fromkeys(pending, str(refusal)))
        return None

    def _convert(self, progress: _Progress) -> Receipt | None:
        """Bring the rich text into Jira's form, or refuse it; whatever else the op writes is written then. A receipt when the op ends here."""
        change = progress.pending.get(mapping.BODY)
        if change is None:
            return None
        try:
            made = self._texts.next(_id(progress.op), change)
        except Moved:
            if not progress.sent:
                return Receipt(progress.op.uid, Outcome.CONFLICT, progress.op.ref, reason=_EDITED, hint=_READ_AGAIN)
            made = Written(None, refused=_EDITED)
        progress.text = made.value
        if made.refused:
            progress.refuse(made.refused, mapping.BODY)
        return None

    def _move(self, scope: ScopeRef, progress: _Progress, change: Change) -> Receipt | None:
        issue = _id(progress.op)
        place = self._workflow.place(scope, issue, _text(change.before))
        why = self._workflow.go(Step(issue, place, _text(change.after), self._status_name(scope, change.after)))
        if why is None:
            progress.sent = True
        else:
            progress.refuse(why, mapping.STATUS)
        return None

    def _link(self, progress: _Progress, change: Change) -> Receipt | None:
        why = self._blocking.write(_id(progress.op), change)
        if why is None:
            progress.sent = True
        else:
            progress.refuse(why, mapping.BLOCKED_BY)
        return None

    def _point(self, progress: _Progress, change: Change) -> Receipt | None:
        why = self._remote.write(_id(progress.op), change)
        if why is None:
            progress.sent = True
        else:
            progress.refuse(why, mapping.ELSEWHERE)
        return None

    def _status_name(self, scope: ScopeRef, status: Settled) -> str:
        names = {one.id: one.name for one in self._catalogue.facts(scope).statuses}
        return names.get(_text(status), _text(status))

    # -- creates ------------------------------------------------------------------------------------------------------------

    def _create(self, scope: ScopeRef, op: Operation) -> Receipt:
        facts = self._catalogue.facts(scope)
        issue_type = mapping.type_for(op.item_kind, self._catalogue.types(scope))
        if issue_type is None:
            reason = f"Jira offers us no issue type to create in {scope.key}"
            hint = f"does the account have the permission Create Issues in {scope.key}?"
            return Receipt(op.uid, Outcome.REJECTED, reason=reason, hint=hint)
        seeded = {one.surface: one for one in op.changes if not isinstance(one.after, Empty)}
        status, links, elsewhere = (seeded.pop(name, None) for name in (mapping.STATUS, mapping.BLOCKED_BY, mapping.ELSEWHERE))
        refused = self._unfit(scope, issue_type, seeded)
        body = self._texts.first(seeded[mapping.BODY]) if mapping.BODY in seeded else Written(None)
        if body.refused:
            refused[mapping.BODY] = body.refused
        draft = _Draft((facts.project.id, issue_type.id), seeded, body.value)
        try:
            made = self._post(op, draft, refused)
        except Ambiguous as lost:
            return Receipt(op.uid, Outcome.AMBIGUOUS, reason=lost.message, hint=lost.hint)
        except NotSent as unsent:
            return Receipt(op.uid, Outcome.NOT_SENT, reason=unsent.message, hint=unsent.hint)
        except Rejected as rejected:
            return Receipt(op.uid, Outcome.REJECTED, reason=rejected.message, hint=rejected.hint)
        if isinstance(made, Receipt):
            return made
        ref = RecordRef(scope.system, made.id)
        try:
            whys = {
                mapping.STATUS: None if status is None else self._first_status(scope, issue_type, made.id, status),
                mapping.BLOCKED_BY: None if links is None else self._first_links(self._blocking.write, made.id, links),
                mapping.ELSEWHERE: None if elsewhere is None else self._first_links(self._remote.write, made.id, elsewhere),
            }
        except Ambiguous as lost:
            return Receipt(
                op.uid, Outcome.AMBIGUOUS, ref, reason=f"the issue was created, its status or links are in doubt: {lost.message}"
            )
        return receipts.created(op, ref, refused | {name: why for name, why in whys.items() if why is not None})

    def _unfit(self, scope: ScopeRef, issue_type: wire.IssueType, seeded: dict[str, Change]) -> dict[str, str]:
        """Surface to reason, for what the create screen does not show."""
        screen = self._catalogue.screen(scope, issue_type.id)
        refused = {}
        for name in seeded:
            if screen and mapping.FIELD_OF[name] not in screen and name != mapping.TITLE:
                refused[name] = receipts.reason(mapping.FIELD_OF[name], receipts.OFF_SCREEN, scope)
        return refused

    def _post(self, op: Operation, draft: _Draft, refused: dict[str, str]) -> wire.Created | Receipt:
        """Create the issue. A receipt when Jira refuses it as a whole; fields it names are left out."""
        while True:
            pending = {name: one for name, one in draft.changes.items() if name not in refused}
            made = self._client.create(mapping.create_body(draft.home, pending, op.marker, draft.text))
            if not isinstance(made, Refused):
                return made
            named = receipts.by_surface(made, pending, op.scope)
            if made.status != 400 or not named or mapping.TITLE in named:
                return receipts.not_created(op, made, draft.changes)
            refused.update(named)

    def _first_status(self, scope: ScopeRef, issue_type: wire.IssueType, issue: str, change: Change) -> str | None:
        """Bring a new issue to its status; why not, where it does not work. Nothing here may fail the create, which has happened.

        Raises:
            Ambiguous: the answer to the transition was lost; it may still arrive.
        """
        try:
            initial = self._workflow.initial(scope, issue_type.id, issue)
            if initial == _text(change.after):
                return None
            self._workflow.saw([wire.Issue(issue, fields=wire.Fields(issuetype=issue_type))])
            place = self._workflow.place(scope, issue, initial)
            return self._workflow.go(Step(issue, place, _text(change.after), self._status_name(scope, change.after)))
        except Ambiguous:
            raise
        except ConnectorError as error:
            return f"the issue was created, its status could not be set yet: {error.message}"

    def _first_links(self, write: Callable[[str, Change], str | None], issue: str, change: Change) -> str | None:
        """Link a new issue to others; as ``_first_status``."""
        try:
            return write(issue, change)
        except Ambiguous:
            raise
        except ConnectorError as error:
            return f"the issue was created, its links could not be made yet: {error.message}"


def _guarded(progress: _Progress, step: Callable[[], Receipt | None]) -> Receipt | None:
    """Run one step; a receipt when the op ends here. Once a part was carried out, only a direct read can tell how it stands."""
    op = progress.op
    try:
        return step()
    except Ambiguous as lost:
        return Receipt(op.uid, Outcome.AMBIGUOUS, op.ref, reason=lost.message, hint=lost.hint)
    except Rejected as rejected:
        left = [name for name in progress.changes if name not in progress.refused]
        progress.refuse(rejected.message, *left)
        return receipts.settled(op, progress.refused)
    except ConnectorError as error:
        if progress.sent:
            return Receipt(
                op.uid, Outcome.AMBIGUOUS, op.ref, reason=f"only a part was carried out: {error.message}", hint=error.hint
            )
        if isinstance(error, NotSent):
            return Receipt(op.uid, Outcome.NOT_SENT, op.ref, reason=error.message, hint=error.hint)
        if isinstance(error, Park) and error.reason == PER_ISSUE:
            return Receipt(op.uid, Outcome.NOT_SENT, op.ref, reason=error.message, retry_at=error.until, hint=error.hint)
        raise


def _id(op: Operation) -> str:
    assert op.ref is not None  # updates name their record
    return op.ref.remote_id


def _text(value: Settled) -> str:
    return str(value.value) if isinstance(value, Known) else ""
