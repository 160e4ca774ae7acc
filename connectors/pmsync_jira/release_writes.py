"""Writing versions: one request for all that is set; a new one that is released already takes a second."""

from __future__ import annotations

from collections.abc import Mapping

from pmsync.connect.contract import Outcome, Receipt
from pmsync.connect.errors import Ambiguous, ConnectorError, NotSent, Rejected
from pmsync.model.record import RecordRef
from pmsync.model.values import Empty, Known
from pmsync.reconcile.operation import Change, Operation
from pmsync_jira import receipts, versions, wire
from pmsync_jira.catalogue import ADMINISTER, Catalogue
from pmsync_jira.client import Client, Refused

LATER = frozenset({versions.STATE, versions.SHIPPED})
"""What cannot be set by the request that makes a version. Source: ``released`` is "not applicable when creating a version"."""


class ReleaseWriter:
    """Sends ops that concern versions."""

    def __init__(self, client: Client, catalogue: Catalogue) -> None:
        self._client = client
        self._catalogue = catalogue

    def update(self, op: Operation) -> Receipt:
        """Change a version."""
        assert op.ref is not None  # updates name their record
        changes = {one.surface: one for one in op.changes if one.before != one.after}
        try:
            refused = self._edit(op, versions.number(op.ref.remote_id), changes)
        except (Ambiguous, NotSent, Rejected) as error:
            return _failed(op, error, op.ref)
        return refused if isinstance(refused, Receipt) else receipts.settled(op, refused)

    def create(self, op: Operation) -> Receipt:
        """Make a version, and bring it to its state."""
        project = self._catalogue.facts(op.scope).project
        seeded = {one.surface: one for one in op.changes if not isinstance(one.after, Empty)}
        first = {name: one for name, one in seeded.items() if name not in LATER}
        refused: dict[str, str] = {}
        try:
            made = self._post(op, int(project.id), first, refused)
        except (Ambiguous, NotSent, Rejected) as error:
            return _failed(op, error, None)
        if isinstance(made, Receipt):
            return made
        ref = RecordRef(op.scope.system, versions.remote_id(made.id))
        try:
            refused |= self._finish(op, made.id, seeded)
        except Ambiguous as lost:
            return Receipt(op.uid, Outcome.AMBIGUOUS, ref, reason=f"the version was made, its state is in doubt: {lost.message}")
        except ConnectorError as error:
            why = f"the version was made, its state could not be set yet: {error.message}"
            refused |= dict.fromkeys(LATER & seeded.keys(), why)
        return receipts.created(op, ref, refused)

    def _post(self, op: Operation, project: int, first: Mapping[str, Change], refused: dict[str, str]) -> wire.Version | Receipt:
        while True:
            pending = {name: one for name, one in first.items() if name not in refused}
            made = self._client.create_version({"projectId": project, **versions.body(pending)})
            if not isinstance(made, Refused):
                return made
            named = _named(made, pending)
            if not named or versions.NAME in named:
                return _rejected(op, made)
            refused.update(named)

    def _finish(self, op: Operation, version: str, seeded: Mapping[str, Change]) -> dict[str, str]:
        later = {name: one for name, one in seeded.items() if name in LATER}
        if later.get(versions.STATE) and later[versions.STATE].after == Known(versions.UNRELEASED):
            del later[versions.STATE]
        if not later:
            return {}
        released = versions.STATE in later and later[versions.STATE].after == Known(versions.RELEASED)
        refused = versions.unfit(seeded, released=released)
        pending = {name: one for name, one in later.items() if name not in refused}
        refusal = self._client.edit_version(version, versions.body(pending)) if pending else None
        return refused if refusal is None else refused | (_named(refusal, pending) or dict.fromkeys(pending, str(refusal)))

    def _edit(self, op: Operation, version: str, changes: Mapping[str, Change]) -> dict[str, str] | Receipt:
        """Surface to reason, for what was refused; a receipt where all was."""
        refused = versions.unfit(changes, released=self._is_released(version, changes))
        while pending := {name: one for name, one in changes.items() if name not in refused}:
            refusal = self._client.edit_version(version, versions.body(pending))
            if refusal is None:
                return refused
            named = _named(refusal, pending)
            if not named:
                return _rejected(op, refusal)
            refused.update(named)
        return refused

    def _is_released(self, version: str, changes: Mapping[str, Change]) -> bool:
        """Whether the version is released once the changes are made: the op says so, or else Jira does."""
        if versions.STATE in changes:
            return changes[versions.STATE].after == Known(versions.RELEASED)
        if not changes.keys() & {versions.DUE, versions.SHIPPED}:
            return False
        found, _ = self._client.version(version)
        return found is not None and found.released


def _named(refusal: Refused, changes: Mapping[str, Change]) -> dict[str, str]:
    """Surface to reason, for the properties that the refusal names and the op writes."""
    if refusal.status != 400:
        return {}
    return {name: refusal.fields[versions.FIELD_OF[name]] for name in changes if versions.FIELD_OF[name] in refusal.fields}


def _rejected(op: Operation, refusal: Refused) -> Receipt:
    hint = f"does the account have the permission {ADMINISTER} in {op.scope.key}?" if refusal.status in (403, 404) else ""
    outcome = Outcome.CONFLICT if refusal.status == 409 else Outcome.REJECTED
    return Receipt(op.uid, outcome, op.ref, reason=f"Jira refuses: {refusal}", hint=hint)


def _failed(op: Operation, error: ConnectorError, ref: RecordRef | None) -> Receipt:
    outcomes = {Ambiguous: Outcome.AMBIGUOUS, NotSent: Outcome.NOT_SENT, Rejected: Outcome.REJECTED}
    return Receipt(op.uid, outcomes[type(error)], ref, reason=error.message, hint=error.hint)
