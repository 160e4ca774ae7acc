"""What became of a write, read off GitHub's answer or off the error that came instead. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from pmsync.connect.contract import Outcome, Receipt
from pmsync.connect.errors import Ambiguous, Conflict, ConnectorError, Gone, Park, Rejected, Retry
from pmsync.net.http import Answer
from pmsync.net.words import escape, own_words
from pmsync.reconcile.operation import Operation
from pmsync_github import intent, mapping
from pmsync_github.client import GraphAnswer
from pmsync_github.mapping import Issue
from pmsync_github.wire import graph_issue

REFUSALS = frozenset({"NOT_FOUND", "FORBIDDEN", "UNPROCESSABLE", "INSUFFICIENT_SCOPES", "VALIDATION", "UNAUTHORIZED"})
"""Kinds of GraphQL errors that say for certain that a step was not carried out."""

PERMISSION = "the account has no permission for it; the README lists what the token or App needs"


def state_fields(status: str) -> dict[str, str]:
    """The REST fields of a status token."""
    state, reason = intent.state_of(status)
    return {"state": state, "state_reason": reason} if reason else {"state": state}


def receipt_of(op: Operation, error: ConnectorError) -> Receipt:
    """The receipt of an op that met an error: lost, refused, moved, or (whatever else it was) never carried out."""
    outcomes: list[tuple[type[ConnectorError], Outcome]] = [
        (Ambiguous, Outcome.AMBIGUOUS),
        (Conflict, Outcome.CONFLICT),
        (Rejected, Outcome.REJECTED),
        (Gone, Outcome.REJECTED),
    ]
    outcome = next((outcome for kind, outcome in outcomes if isinstance(error, kind)), Outcome.NOT_SENT)
    retry_at = error.until if isinstance(error, Park) else error.at if isinstance(error, Retry) else None
    refused = error.surfaces if isinstance(error, Rejected) else {}
    return Receipt(op.uid, outcome, op.ref, reason=error.message, refused=refused, retry_at=retry_at, hint=error.hint)


def refuse(answer: Answer, doing: str) -> None:
    """Turn a refusal into an error.

    Raises:
        Rejected: 403, 410 or 422, with GitHub's words. Gone: 404.
    """
    if answer.status in (200, 201):
        return
    words = own_words(answer.content, answer.origin.redact if answer.origin else str)
    message = f"{doing}: GitHub answered {answer.status}{': ' if words else ''}{words}"
    if answer.status == 404:
        raise Gone(message, status=404, hint="is it still there, and may the account write there? GitHub answers 404 for both")
    if answer.status == 410:
        raise Rejected(message, hint="the issue was deleted, or issues are switched off in the repository's settings")
    if answer.status == 403:
        raise Rejected(message, hint=PERMISSION)
    raise Rejected(message, surfaces=_named(answer.content))


def _named(content: bytes) -> dict[str, str]:
    """Surfaces that a validation error names, with its reasons."""
    try:
        errors = json.loads(content).get("errors")
    except (ValueError, AttributeError):
        return {}
    found: dict[str, str] = {}
    for error in errors if isinstance(errors, list) else []:
        if isinstance(error, Mapping) and error.get("field") in (mapping.TITLE, mapping.BODY, mapping.LABELS):
            found[str(error["field"])] = escape(str(error.get("message") or error.get("code") or "refused"))[:300]
    return found


def failed_steps(answer: GraphAnswer, steps: Sequence[str]) -> dict[str, str]:
    """Steps that were definitely refused, with GitHub's words. A document that was refused as a whole carried out nothing."""
    failed: dict[str, str] = {}
    for error in answer.errors:
        if error.path and error.path[0] in steps and error.kind in REFUSALS and not answer.data.get(error.path[0]):
            hint = f" ({PERMISSION})" if error.kind in ("FORBIDDEN", "INSUFFICIENT_SCOPES") else ""
            failed[error.path[0]] = f"GitHub refused: {error.message}{hint}"
        elif not error.path and error.kind in REFUSALS and not any(answer.data.values()):
            failed |= dict.fromkeys(steps, f"GitHub refused the request: {error.message}")
    return failed


def issue_in(payload: Any) -> Issue | None:
    """The issue that a mutation's payload shows, None when it does not show it whole."""
    if not isinstance(payload, Mapping):
        return None
    try:
        shown = (payload.get(name) for name in ("issue", "labelable", "assignable", "subIssue"))
        return graph_issue(next((one for one in shown if one), None))
    except msgspec.ValidationError:
        return None
