"""A plan: the writes a run wants, those that wait for a person, and what was left alone, as one value with a canonical form."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pmsync.model.record import Record
from pmsync.model.values import Settled, Unobserved, is_set, plain
from pmsync.reconcile import plan_codec
from pmsync.reconcile.operation import Change, Operation, OpKind
from pmsync.reconcile.sentences import short
from pmsync.reconcile.surface import Surface
from pmsync.reconcile.view import Skip

FORMAT = 1
"""The version of the plan file."""
PIECES = 5_000
"""Pieces of JSON that are put together at a time."""


class PlanError(ValueError):
    """The bytes are no plan, are of another format, or were changed after they were written."""


@dataclass(frozen=True, slots=True)
class Held:
    """An op that a rail or the config keeps for a person, and why."""

    op: Operation
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run came to.

    Attributes:
        uid: the plan's name, a UUID as text.
        at: when it was made, Unix seconds.
        ops: what may be written, in order.
        held: what waits for a person.
        skips: what was left alone.
    """

    uid: str
    at: float
    ops: tuple[Operation, ...] = ()
    held: tuple[Held, ...] = ()
    skips: tuple[Skip, ...] = ()

    def approved(self) -> Plan:
        """The same plan with everything held allowed: what a person's ``apply`` means. Reasons stay with the original."""
        return dataclasses.replace(self, ops=(*self.ops, *(held.op for held in self.held)), held=())

    def counts(self) -> Mapping[str, int]:
        """``jira create`` and the like to the number of ops, held ones included; sorted."""
        every = [*self.ops, *(held.op for held in self.held)]
        return dict(sorted(Counter(f"{op.scope.system} {op.kind.value}" for op in every).items()))

    @property
    def digest(self) -> str:
        """SHA-256 over the canonical JSON, as hex digits."""
        return hashlib.sha256(_canonical(self)).hexdigest()

    def encode(self) -> bytes:
        """The plan file: readable JSON, the same bytes for the same plan, with its digest."""
        return b"".join(self.parts())

    def parts(self) -> Iterator[bytes]:
        """The plan file piece by piece: that of a first load is larger as one text than everything it was made from."""
        document = {"format": FORMAT, "sha256": self.digest, "plan": _tree(self)}
        pieces = json.JSONEncoder(indent=1, sort_keys=True, ensure_ascii=True).iterencode(document)
        while some := "".join(islice(pieces, PIECES)):
            yield some.encode()
        yield b"\n"

    @classmethod
    def decode(cls, data: bytes) -> Plan:
        """Read a plan file back.

        Raises:
            PlanError: see the class.
        """
        try:
            document = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise PlanError(f"this is no plan: it is not JSON ({error})") from error
        if not isinstance(document, dict) or "plan" not in document:
            raise PlanError("this is no plan: it has no `plan` in it")
        if document.get("format") != FORMAT:
            raise PlanError(
                f"this plan has format {document.get('format')!r}, this pmsync reads format {FORMAT}: make the plan anew"
            )
        try:
            plan = _grow(document["plan"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise PlanError(f"this plan is damaged: {error!r}") from error
        if plan.digest != document.get("sha256"):
            raise PlanError("this plan was changed after it was written: make the plan anew")
        return plan


@dataclass(frozen=True, slots=True)
class Line:
    """One change as a person reads it."""

    system: str
    key: str
    kind: OpKind
    field: str
    before: str
    after: str
    why: str
    losses: tuple[str, ...] = ()


def lines(op: Operation, surfaces: Mapping[str, Surface]) -> list[Line]:
    """The changes of ``op`` in words; ``surfaces`` are those of its scope by id. Sets show as ``+added -removed``."""
    return [_line(op, change, surfaces.get(change.surface)) for change in op.changes]


def stale(op: Operation, record: Record, surfaces: Mapping[str, Surface]) -> str | None:
    """Why ``op`` must not be sent to ``record`` as it stands now; None when it may.

    An update rests on what its plan saw: the same scope, and on every touched surface the same value up to canon.
    """
    if record.scope != op.scope:
        return f"{record.key} moved from {op.scope} to {record.scope}"
    for change in op.changes:
        reason = _moved(change, record, surfaces.get(change.surface))
        if reason is not None:
            return f"{record.key}: {reason}"
    return None


def _moved(change: Change, record: Record, surface: Surface | None) -> str | None:
    if surface is None:
        return f"{change.surface} does not exist there any more"
    if surface.read_only is not None:
        return f"{change.surface} cannot be written any more: {surface.read_only}"
    shown = record.values.get(surface.id, Unobserved("it was not read"))
    if isinstance(shown, Unobserved):
        return f"{surface.id} cannot be seen any more: {shown.reason}"
    if surface.lens.canon(shown) == surface.lens.canon(change.before):
        return None
    now, then = short(surface.show(shown)), short(surface.show(change.before))
    return (
        f"{surface.id} shows {now} now, the plan saw {then}"
        if now != then
        else f"{surface.id} shows another text than the plan saw"
    )


def _line(op: Operation, change: Change, surface: Surface | None) -> Line:
    before, after = _words(change, surface)
    return Line(op.scope.system, op.key or str(op.scope), op.kind, change.field, before, after, change.why, change.losses)


def _words(change: Change, surface: Surface | None) -> tuple[str, str]:
    if is_set(change.before) or is_set(change.after):
        name = surface.name if surface is not None else str
        parts = [f"+{one}" for one in sorted(map(name, change.added))] + [f"-{one}" for one in sorted(map(name, change.removed))]
        return _show(change.before, surface), " ".join(parts)
    return _show(change.before, surface), _show(change.after, surface)


def _show(value: Settled, surface: Surface | None) -> str:
    if surface is not None:
        return surface.show(value)
    bare = plain(value)
    return "(empty)" if bare is None else ", ".join(bare) if isinstance(bare, list) else bare


def _canonical(plan: Plan) -> bytes:
    return json.dumps(_tree(plan), sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _tree(plan: Plan) -> dict[str, Any]:
    return {
        "uid": plan.uid,
        "at": plan.at,
        "ops": [plan_codec.op_tree(op) for op in plan.ops],
        "held": [{"op": plan_codec.op_tree(held.op), "reason": held.reason} for held in plan.held],
        "skips": [dataclasses.asdict(skip) for skip in plan.skips],
    }


def _grow(tree: dict[str, Any]) -> Plan:
    return Plan(
        uid=str(tree["uid"]),
        at=float(tree["at"]),
        ops=tuple(plan_codec.op_of(op) for op in tree["ops"]),
        held=tuple(Held(plan_codec.op_of(held["op"]), str(held["reason"])) for held in tree["held"]),
        skips=tuple(Skip(**skip) for skip in tree["skips"]),
    )
