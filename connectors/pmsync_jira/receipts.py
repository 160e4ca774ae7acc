"""Jira's refusals in a person's words: which surface is concerned, why, and what to do about it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from pmsync.connect.contract import Outcome, Receipt
from pmsync.model.record import RecordRef, ScopeRef
from pmsync.reconcile.operation import Change, Operation
from pmsync_jira import mapping, wire
from pmsync_jira.client import Refused

OFF_SCREEN = "The field is not on the screen with which issues are created."
_SCREEN = "not on the "


def by_surface(refusal: Refused, changes: Mapping[str, Change], scope: ScopeRef) -> dict[str, str]:
    """Surface to reason, for the fields that the refusal names and the op writes."""
    return {
        name: reason(mapping.FIELD_OF[name], refusal.fields[field], scope)
        for name in changes
        for field in _fields(name)
        if field in refusal.fields
    }


def _fields(surface: str) -> tuple[str, ...]:
    """What Jira calls the surface in refusals; of parents it also speaks by another name."""
    return (mapping.FIELD_OF[surface], "parentId") if surface == mapping.PARENT else (mapping.FIELD_OF[surface],)


def others(refusal: Refused, changes: Mapping[str, Change]) -> dict[str, str]:
    """Field to Jira's words, for the fields that the refusal names and the op does not write (required ones, mostly)."""
    ours = {field for name in changes for field in _fields(name)}
    return {name: words for name, words in refusal.fields.items() if name not in ours}


def reason(field: str, words: str, scope: ScopeRef) -> str:
    """Jira's words about one field, with the remedy where it is known (C52)."""
    if _SCREEN in words:
        return f"{words} Add the field {field!r} to the screens of the project {scope.key}, or set its direction to pull or off."
    if words == "CONTENT_LIMIT_EXCEEDED":
        return "the text is longer than Jira takes"
    return words


def rejected(op: Operation, refusal: Refused) -> Receipt:
    """The receipt of an op that was refused as a whole."""
    hints = {
        403: f"does the account have the permissions to create, edit and transition issues in {op.scope.key}?",
        404: "the issue is gone, or the account may not see it",
    }
    outcome = Outcome.CONFLICT if refusal.status == 409 else Outcome.REJECTED
    return Receipt(op.uid, outcome, op.ref, reason=f"Jira refuses: {refusal}", hint=hints.get(refusal.status, ""))


def settled(op: Operation, refused: Mapping[str, str]) -> Receipt:
    """The receipt of an update whose requests were answered: rejected only when nothing of it was taken."""
    if op.changes and len(refused) == len(op.changes):
        return Receipt(op.uid, Outcome.REJECTED, op.ref, reason=_told(refused), refused=dict(refused))
    return Receipt(op.uid, Outcome.DONE, op.ref, reason=_told(refused), refused=dict(refused))


def created(op: Operation, ref: RecordRef, refused: Mapping[str, str]) -> Receipt:
    """The receipt of a create: done, whatever became of what followed it."""
    return Receipt(op.uid, Outcome.DONE, ref, reason=_told(refused), refused=dict(refused))


def not_created(op: Operation, refusal: Refused, changes: Mapping[str, Change]) -> Receipt:
    """The receipt of a create that was refused as a whole, naming the required fields that pmsync does not fill in."""
    receipt = rejected(op, refusal)
    missing = others(refusal, changes)
    if not missing:
        return receipt
    hint = f"make {', '.join(sorted(missing))} optional for this issue type in {op.scope.key}, or give it a default"
    return replace(receipt, hint=hint)


def unreachable(wanted: str, reachable: Iterable[wire.Transition]) -> str:
    """Why a status cannot be set, with what could be."""
    names = list(dict.fromkeys(one.to.name for one in reachable))
    offered = f"from here the workflow leads to {', '.join(names)}" if names else "the workflow offers us no way out of it"
    return f"no transition leads from the present status to {wanted}; {offered}"


def asks(wanted: str, transitions: Sequence[wire.Transition]) -> str:
    """Why a status cannot be set: the ways to it ask for fields."""
    fields = sorted({name.name or key for one in transitions for key, name in one.fields.items() if needed(name)})
    return f"the transition to {wanted} asks for {', '.join(fields)}, which pmsync does not fill in; take it by hand"


def needed(field: wire.TransitionField) -> bool:
    """Whether a transition cannot be taken without someone filling the field in."""
    return field.required and not field.has_default


def _told(refused: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {why}" for name, why in refused.items())
