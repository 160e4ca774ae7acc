"""Rails: limits that stop a run before harm. A group of writes over its limit is held whole, never cut down to the limit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal

from pmsync.model.enums import Kind, Status, StatusCategory
from pmsync.model.record import ScopeRef
from pmsync.model.values import Known, Settled
from pmsync.reconcile.operation import Operation, OpKind
from pmsync.reconcile.plan import Held

Amount = int | float
"""A whole number is a count; a float from 0 to 1 is a share of the records linked in the scope."""

UPDATE_FLOOR = 50
"""A share of updates never means fewer than this: in a small scope everything may change in one run."""

CLOSE_FLOOR = 5
"""The same for closes."""

DROP_SHARE, DROP_FLOOR = 0.1, 5
"""A listing that lost more than the larger of these is not believed."""

CANARY = 10
"""How many records a run may write in a scope that is on trial."""

MOVED_SHARE, MOVED_FLOOR = 0.9, 20
"""Edits on more than this share of a scope's records at once, and on no fewer than this many, look like an accident."""

FAILED_SHARE, FAILED_FLOOR = 0.5, 5
"""Failed writes that make up this share of a system's writes in a run, and are no fewer than this many, end its writing."""

DOUBTFUL = 3
"""More creates in doubt than this, and a scope gets no further ones."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The rails of one run, per scope.

    Attributes:
        max_creates: new records, a count; ``max_comments``: new comments, which do not count among those.
        max_updates: changed records.
        max_closes: records that enter a done status.
        close: ``never`` holds every such write for a person, however few.
    """

    max_creates: int = 20
    max_updates: Amount = 0.2
    max_closes: Amount = 0.02
    close: Literal["never", "allow"] = "allow"
    max_comments: int = 100


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which ops may be written now, and which wait for a person; both in the given order."""

    allowed: tuple[Operation, ...]
    held: tuple[Held, ...]


def judge(
    ops: Sequence[Operation],
    linked: Mapping[ScopeRef, int],
    limits: Limits,
    *,
    review: AbstractSet[str] = frozenset(),
    exempt: AbstractSet[str] = frozenset(),
) -> Verdict:
    """Divide ``ops`` by the rails.

    Args:
        ops: what a run wants to write.
        linked: how many records of each scope are linked now.
        limits: the rails.
        review: uids of ops that wait for a person whatever the limits say; they do not count.
        exempt: uids of ops that only finish what was allowed before; they are allowed and do not count.
    """
    counted = [op for op in ops if op.uid not in review and op.uid not in exempt]
    reasons = {op.uid: "the mirror rule says `create: review`" for op in ops if op.uid in review}
    for scope, group in _by_scope(counted).items():
        for uid, reason in _over(scope, group, linked.get(scope, 0), limits).items():
            reasons.setdefault(uid, reason)
    allowed = tuple(op for op in ops if op.uid not in reasons)
    return Verdict(allowed, tuple(Held(op, reasons[op.uid]) for op in ops if op.uid in reasons))


def closes(op: Operation) -> bool:
    """Whether the op puts an existing record into a done status."""
    return op.kind is OpKind.UPDATE and any(change.field == "status" and _done(change.hub) for change in op.changes)


def shrunk(before: int, now: int) -> str | None:
    """Why a complete listing of ``now`` records is not believed where ``before`` were listed last time; None when it is."""
    if before > DROP_FLOOR and not now:
        return f"the listing is empty, last time it had {before:,}: that is taken for a failure, not for deletions"
    lost = before - now
    if lost > max(DROP_FLOOR, DROP_SHARE * before):
        return f"the listing lost {lost:,} of {before:,} records: that is taken for a failure, not for deletions"
    return None


def ration(
    ops: Sequence[Operation], written: AbstractSet[str], most: int = CANARY
) -> tuple[tuple[Operation, ...], tuple[Operation, ...]]:
    """Divide the ops of a scope on trial into those of this run and those that wait for the next one, both in the given order.

    Args:
        ops: what may be written there.
        written: the items whose records there were written in this run already; further writes to those count no more.
        most: how many items there may be in all.
    """
    chosen = set(written)
    for op in ops:
        if op.item not in chosen and len(chosen) < most:
            chosen.add(op.item)
    return tuple(op for op in ops if op.item in chosen), tuple(op for op in ops if op.item not in chosen)


def everything_moved(moved: int, linked: int) -> str | None:
    """Why edits on ``moved`` of ``linked`` records at once are not believed; None when they are."""
    if moved < MOVED_FLOOR or moved <= MOVED_SHARE * linked:
        return None
    return f"{moved:,} of {linked:,} records changed at once: that looks like an accident with a field or a clock"


def failing(sent: int, failed: int) -> str | None:
    """Why a system is not written to any more in a run, after ``failed`` of ``sent`` writes; None when it is."""
    if failed < FAILED_FLOOR or failed < FAILED_SHARE * sent:
        return None
    return f"{failed:,} of {sent:,} writes failed"


@dataclass(frozen=True, slots=True)
class Step:
    """One value that a field took on one record: by our write, or by a person's edit."""

    value: Settled
    by_person: bool


def oscillates(steps: Sequence[Step], most: int = 5) -> str | None:
    """Why the engine should stop writing one field of one record; None when it may go on.

    Args:
        steps: the values the field took there, oldest first.
        most: how many writes of ours in a row, with no person's edit between, are believed.
    """
    ours: list[Settled] = []
    for step in steps:
        ours = [] if step.by_person else [*ours, step.value]
    for one, between, again in zip(ours, ours[1:], ours[2:], strict=False):
        if one == again != between:
            return "it was written back and forth with no person's edit between: something there undoes what we write"
    if len(ours) > most:
        return f"it was written {len(ours)} times with no person's edit between"
    return None


def _by_scope(ops: Sequence[Operation]) -> Mapping[ScopeRef, list[Operation]]:
    groups: dict[ScopeRef, list[Operation]] = defaultdict(list)
    for op in ops:
        groups[op.scope].append(op)
    return groups


def _over(scope: ScopeRef, ops: list[Operation], linked: int, limits: Limits) -> dict[str, str]:
    """The ops of one scope that must wait, with the reason; the first reason of an op counts."""
    held: dict[str, str] = {}
    closing = [op for op in ops if closes(op)]
    if limits.close == "never":
        held.update({op.uid: "it would close the record, and the config says `close: never`" for op in closing})
    made = [op for op in ops if op.kind is OpKind.CREATE]
    creates = [op for op in made if op.item_kind is not Kind.COMMENT]
    comments = [op for op in made if op.item_kind is Kind.COMMENT]
    updates = [op for op in ops if op.kind is OpKind.UPDATE]
    for name, group, amount, floor in (
        ("max_closes", closing, limits.max_closes, CLOSE_FLOOR),
        ("max_creates", creates, limits.max_creates, 0),
        ("max_comments", comments, limits.max_comments, 0),
        ("max_updates", updates, limits.max_updates, UPDATE_FLOOR),
    ):
        most = _most(amount, linked, floor)
        if len(group) > most:
            said = f"{len(group):,} at once in {scope}, more than the {most:,} that {name} allows{_share(amount, linked)}"
            held.update({op.uid: said for op in group if op.uid not in held})
    return held


def _most(amount: Amount, linked: int, floor: int) -> int:
    return amount if isinstance(amount, int) else max(floor, int(amount * linked))


def _share(amount: Amount, linked: int) -> str:
    return "" if isinstance(amount, int) else f" ({amount:.0%} of {linked:,} linked records)"


def _done(value: Settled) -> bool:
    if not isinstance(value, Known) or not isinstance(value.value, str):
        return False
    return value.value in set(Status) and Status(value.value).category is StatusCategory.DONE
