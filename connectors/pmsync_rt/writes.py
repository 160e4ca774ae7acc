"""Ops to requests. One request carries all touched surfaces of a ticket, on condition that it did not move since it was read for it.

RT says 200 to what it drops, with a sentence for each part in the account's language. So a receipt claims nothing that a sentence does not
plainly say: where one is missing, or reads otherwise, the ticket is read again, and what did not land is named as refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pmsync.connect.contract import Outcome, Receipt
from pmsync.connect.errors import Ambiguous, ConnectorError, Gone, NotSent, Rejected
from pmsync.model.record import RecordRef, ScopeRef
from pmsync.model.values import Empty, Known, Observed, Unobserved
from pmsync.reconcile.operation import Change, Operation, OpKind
from pmsync_rt import mapping, wire
from pmsync_rt.catalogue import Catalogue
from pmsync_rt.client import Client, Refused, Shown
from pmsync_rt.mapping import LABELS, ROADMAP_TAG
from pmsync_rt.settings import RtScope

TRIES = 3
"""Times that a write is made ready anew because the ticket moved while it was on its way."""
SAID = re.compile(
    r"^Ticket \d+: \w+ changed from .* to .*$| added as a value for | is no longer a value for | (added|deleted)$| changed to ",
    re.DOTALL,
)
"""RT's sentences for what it carried out, in English."""


@dataclass(slots=True)
class _Progress:
    """An update and what was refused of it so far."""

    op: Operation
    names: RtScope
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def pending(self) -> list[Change]:
        """What is still to be written."""
        return [one for one in self.op.changes if one.before != one.after and one.surface not in self.refused]


class Writer:
    """Sends ops: one op in, one receipt out."""

    def __init__(self, client: Client, catalogue: Catalogue) -> None:
        self._client = client
        self._catalogue = catalogue

    def send(self, scope: ScopeRef, op: Operation) -> Receipt:
        """Send one op.

        Raises:
            ConnectorError: nothing of the op was sent, and the reason concerns more than this op.
            WriteRefused: the fence is down.
        """
        try:
            return self._create(scope, op) if op.kind is OpKind.CREATE else self._update(scope, op)
        except Ambiguous as lost:
            return Receipt(op.uid, Outcome.AMBIGUOUS, op.ref, reason=lost.message, hint=lost.hint)
        except NotSent as unsent:
            return Receipt(op.uid, Outcome.NOT_SENT, op.ref, reason=unsent.message, hint=unsent.hint)
        except (Gone, Rejected) as rejected:
            return Receipt(op.uid, Outcome.REJECTED, op.ref, reason=rejected.message, hint=rejected.hint)

    # -- updates ------------------------------------------------------------------------------------------------------------

    def _update(self, scope: ScopeRef, op: Operation) -> Receipt:
        progress = _Progress(op, self._catalogue.config(scope))
        for change in op.changes:
            if (why := mapping.too_long(change)) is not None:
                progress.refused[change.surface] = why
        if not progress.pending:
            return _settled(op, progress.refused)
        assert op.ref is not None  # updates name their record
        for _ in range(TRIES):
            shown = self._client.ticket(op.ref.remote_id)
            if (trouble := _unfit(progress, shown.ticket)) is not None:
                return trouble
            said = self._client.edit(op.ref.remote_id, self._body(progress, shown), shown.etag)
            if not isinstance(said, Refused):
                self._judge(progress, said)
                return _settled(op, progress.refused)
            if said.status != 412:
                return _refused(op, said)
        return Receipt(op.uid, Outcome.CONFLICT, op.ref, reason="the ticket moved each time it was about to be written")

    def _body(self, progress: _Progress, shown: Shown) -> dict[str, object]:
        tags = mapping.values_of(shown.ticket).get(progress.names.tags, [])
        return mapping.body_of(progress.pending, progress.names, tags)

    def _judge(self, progress: _Progress, said: Sequence[str]) -> None:
        """Name what did not land as refused, with RT's words. A tag takes a sentence for each that came or went."""
        pending = progress.pending
        expected = sum(len(one.added) + len(one.removed) if one.surface in (LABELS, ROADMAP_TAG) else 1 for one in pending)
        if len(said) >= expected and all(SAID.search(one) for one in said):
            return
        assert progress.op.ref is not None
        words = "; ".join(one for one in said if not SAID.search(one)) or "RT answered success and did nothing"
        try:
            ticket = self._client.ticket(progress.op.ref.remote_id).ticket
        except ConnectorError as error:
            raise Ambiguous(f"RT answered: {words}; what landed could not be read: {error.message}") from error
        for change in pending:
            if not _landed(change, mapping.shown(ticket, progress.names, change.surface)):
                progress.refused[change.surface] = words

    # -- creates ------------------------------------------------------------------------------------------------------------

    def _create(self, scope: ScopeRef, op: Operation) -> Receipt:
        names, facts = self._catalogue.config(scope), self._catalogue.facts(scope)
        if op.marker is None or names.marker not in facts.fields:
            reason = f"tickets of {scope.key} have no custom field {names.marker!r}, by which one could be found again after a lost answer"
            return Receipt(op.uid, Outcome.REJECTED, reason=reason, hint="make it: Freeform, single value, applied to the queue")
        refused = {one.surface: why for one in op.changes if (why := mapping.too_long(one)) is not None}
        seeded = [one for one in op.changes if not isinstance(one.after, Empty) and one.surface not in refused]
        body = {"Queue": scope.key, **mapping.body_of(seeded, names, ())}
        body["CustomFields"] = {**body.get("CustomFields", {}), names.marker: op.marker}
        made = self._client.create(body)
        if isinstance(made, Refused) and made.status == 400 and "Status" in body:
            refused[mapping.STATUS] = made.message  # not every status is one to begin with; nothing was made yet
            made = self._client.create({name: value for name, value in body.items() if name != "Status"})
        if isinstance(made, Refused):
            return _refused(op, made)
        return Receipt(op.uid, Outcome.DONE, RecordRef(scope.system, str(made.id)), reason=_told(refused), refused=refused)


def _unfit(progress: _Progress, ticket: wire.Ticket) -> Receipt | None:
    """Why nothing may be written to the ticket as it stands; None when it may."""
    op = progress.op
    assert op.ref is not None
    if str(ticket.id) != op.ref.remote_id:
        return Receipt(op.uid, Outcome.REJECTED, op.ref, reason=f"the ticket was merged into ticket {ticket.id}")
    if ticket.status == "deleted":
        return Receipt(op.uid, Outcome.REJECTED, op.ref, reason="the ticket was deleted")
    for change in progress.pending:
        seen = mapping.shown(ticket, progress.names, change.surface)
        if isinstance(seen, Unobserved):
            progress.refused[change.surface] = seen.reason
        elif change.surface != LABELS and seen != change.before:
            return Receipt(
                op.uid, Outcome.CONFLICT, op.ref, reason=f"{change.surface} shows another value than it did when this was planned"
            )
    return None if progress.pending else _settled(op, progress.refused)


def _landed(change: Change, seen: Observed) -> bool:
    if change.surface != LABELS:
        return seen == change.after
    tags = seen.value if isinstance(seen, Known) and isinstance(seen.value, frozenset) else frozenset()
    return change.added <= tags and not (change.removed - change.added) & tags


def _settled(op: Operation, refused: dict[str, str]) -> Receipt:
    """The receipt of an update that was answered: rejected only when nothing of it was taken."""
    outcome = Outcome.REJECTED if op.changes and len(refused) == len(op.changes) else Outcome.DONE
    hint = "does the account have the rights ModifyTicket and ModifyCustomField?" if refused else ""
    return Receipt(op.uid, outcome, op.ref, reason=_told(refused), refused=dict(refused), hint=hint)


def _refused(op: Operation, refusal: Refused) -> Receipt:
    hint = f"does the account have the rights CreateTicket and ModifyTicket in {op.scope.key}?" if refusal.status == 403 else ""
    return Receipt(op.uid, Outcome.REJECTED, op.ref, reason=f"RT refuses: {refusal}", hint=hint)


def _told(refused: dict[str, str]) -> str:
    return "; ".join(f"{name}: {why}" for name, why in refused.items())
