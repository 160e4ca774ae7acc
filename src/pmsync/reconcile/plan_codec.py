"""Operations as JSON trees. Sets are sorted lists and the empty value is null, so the same op is always the same text."""

from __future__ import annotations

from typing import Any

from pmsync.model.enums import Kind
from pmsync.model.record import RecordRef, ScopeRef
from pmsync.model.values import Settled, plain, settled
from pmsync.reconcile.operation import Change, Operation, OpKind


def value_of(tree: object) -> Settled:
    """The value of a tree.

    Raises:
        ValueError: it is neither text, nor a list of texts, nor null.
    """
    if tree is None or isinstance(tree, str) or (isinstance(tree, list) and all(isinstance(part, str) for part in tree)):
        return settled(tree)
    raise ValueError(f"{tree!r} is no value")


def op_tree(op: Operation) -> dict[str, Any]:
    """The tree of an op. What only the ops of an undo have is left out of the others."""
    undo = {"undoes": op.undoes, "ends": op.ends} if op.undoes else {}
    return {
        "uid": op.uid,
        "kind": op.kind.value,
        "item": op.item,
        "scope": str(op.scope),
        "remote_id": None if op.ref is None else op.ref.remote_id,
        "key": op.key,
        "item_kind": op.item_kind.value,
        "changes": [_change_tree(change) for change in op.changes],
        "marker": op.marker,
        "why": op.why,
        **undo,
    }


def op_of(tree: dict[str, Any]) -> Operation:
    """The op of a tree.

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    scope = ScopeRef.parse(tree["scope"])
    remote = tree["remote_id"]
    return Operation(
        uid=tree["uid"],
        kind=OpKind(tree["kind"]),
        item=tree["item"],
        scope=scope,
        ref=None if remote is None else RecordRef(scope.system, remote),
        key=tree["key"],
        item_kind=Kind(tree["item_kind"]),
        changes=tuple(_change_of(change) for change in tree["changes"]),
        marker=tree["marker"],
        why=tree["why"],
        undoes=str(tree.get("undoes", "")),
        ends=bool(tree.get("ends", False)),
    )


def _change_tree(change: Change) -> dict[str, Any]:
    """What a change loses is left out where that is nothing."""
    return {
        "surface": change.surface,
        "field": change.field,
        "before": plain(change.before),
        "after": plain(change.after),
        "hub": plain(change.hub),
        "why": change.why,
        **({"losses": list(change.losses)} if change.losses else {}),
    }


def _change_of(tree: dict[str, Any]) -> Change:
    before, after, hub = (value_of(tree[side]) for side in ("before", "after", "hub"))
    return Change(tree["surface"], tree["field"], before, after, hub, tree["why"], tuple(map(str, tree.get("losses", ()))))
