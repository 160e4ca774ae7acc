"""What the parts say of the whole: status, progress and what blocks, over all systems. Done is not released."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pmsync.model.enums import Status, StatusCategory

_LEFT_OUT = frozenset({Status.DECLINED, Status.DUPLICATE})


@dataclass(frozen=True, slots=True)
class Part:
    """An item as its trackers show it.

    Attributes:
        key: unique.
        status: its own.
        parent: key of what it is part of; "" for none.
        needs: keys of what it waits for.
        effort: in one unit for all; None where nobody estimated it.
        shipped: the release that it goes into is out.
    """

    key: str
    status: Status
    parent: str = ""
    needs: frozenset[str] = frozenset()
    effort: float | None = None
    shipped: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """``waiting`` cannot go on before ``blocker`` is done."""

    waiting: str
    blocker: str


@dataclass(frozen=True, slots=True)
class Rolled:
    """An item with what its parts say.

    Attributes:
        status: rolled up; the item's own where it has no parts that count.
        progress: the share of its parts' effort that is done, 0 to 1; by number where a part has no estimate. Work begun counts nothing.
        done: how many of its last parts are done; itself where it has none.
        total: how many there are; declined and duplicate ones do not count.
        blocked: all that is left to do waits for something.
        blocks: everything in it that waits, with what it waits for.
        by_effort: ``progress`` weighs by effort.
        contradiction: a sentence where the item's own status and its parts cannot both be right; "" where they can.
    """

    status: Status
    progress: float
    done: int
    total: int
    blocked: bool
    blocks: tuple[Block, ...]
    by_effort: bool
    contradiction: str = ""


def roll_up(parts: Iterable[Part]) -> dict[str, Rolled]:
    """Roll up every item. A parent that does not exist, or that is part of its own part, counts as none; the order does not matter."""
    by_key = {part.key: part for part in sorted(parts, key=lambda part: part.key)}
    parents = _parents(by_key)
    children: dict[str, list[str]] = {}
    for key, parent in parents.items():
        if parent:
            children.setdefault(parent, []).append(key)
    rolled: dict[str, _Sum] = {}
    for key in _from_the_leaves(by_key, children):
        rolled[key] = _summed(by_key[key], [rolled[child] for child in children.get(key, ())], by_key)
    return {key: total.told(by_key[key]) for key, total in rolled.items()}


def cycles(parts: Iterable[Part]) -> tuple[str, ...]:
    """The items that are part of their own parts."""
    by_key = {part.key: part for part in parts}
    kept = _parents(by_key)
    return tuple(sorted(key for key, part in by_key.items() if part.parent in by_key and not kept[key]))


@dataclass(frozen=True, slots=True)
class _Sum:
    status: Status
    counts: bool
    done: int
    total: int
    spent: float
    effort: float
    estimated: bool
    open: int
    stuck: int
    blocks: tuple[Block, ...]

    def told(self, part: Part) -> Rolled:
        whole, done = (self.effort, self.spent) if self.estimated and self.effort else (float(self.total), float(self.done))
        progress = round(done / whole, 6) if whole else float(self.status.category is StatusCategory.DONE)
        blocked = self.open > 0 and self.stuck == self.open
        by_effort = self.estimated and self.effort > 0
        return Rolled(
            self.status, progress, self.done, self.total, blocked, self.blocks, by_effort, _contradiction(part, self.status)
        )


def _summed(part: Part, below: list[_Sum], by_key: Mapping[str, Part]) -> _Sum:
    counting = [one for one in below if one.counts]
    waits = part.status.category is not StatusCategory.DONE
    own = tuple(Block(part.key, need) for need in sorted(part.needs) if _is_open(need, by_key)) if waits else ()
    if not counting or part.status in _LEFT_OUT:
        return replace(_leaf(part, own), blocks=own)
    left = sum(one.open for one in counting)
    return _Sum(
        status=_status(part, [one.status for one in counting]),
        counts=True,
        done=sum(one.done for one in counting),
        total=sum(one.total for one in counting),
        spent=sum(one.spent for one in counting),
        effort=sum(one.effort for one in counting),
        estimated=all(one.estimated for one in counting),
        open=left,
        stuck=left if own else sum(one.stuck for one in counting),
        blocks=tuple(
            sorted((*own, *(block for one in counting for block in one.blocks)), key=lambda block: (block.waiting, block.blocker))
        ),
    )


def _leaf(part: Part, own: tuple[Block, ...]) -> _Sum:
    status = Status.RELEASED if part.status is Status.DONE and part.shipped else part.status
    done = status.category is StatusCategory.DONE
    counts = status not in _LEFT_OUT
    effort = part.effort or 0.0
    return _Sum(
        status=status,
        counts=counts,
        done=int(done and counts),
        total=int(counts),
        spent=effort if done else 0.0,
        effort=effort,
        estimated=part.effort is not None,
        open=int(not done),
        stuck=int(not done and bool(own)),
        blocks=own,
    )


def _status(part: Part, below: list[Status]) -> Status:
    """All released: released. All done: done. All at least in review: in review. Something begun: in progress. Else the furthest."""
    if all(status is Status.RELEASED for status in below):
        return Status.RELEASED
    if all(status.category is StatusCategory.DONE for status in below):
        return Status.RELEASED if part.shipped else Status.DONE
    if all(status.category is StatusCategory.DONE or status is Status.IN_REVIEW for status in below):
        return Status.IN_REVIEW
    begun = any(status.category is not StatusCategory.TODO for status in below)
    if begun or part.status.category is StatusCategory.DOING:
        return Status.IN_PROGRESS
    waiting = [status for status in (*below, part.status) if status.category is StatusCategory.TODO]
    return max(waiting, key=list(Status).index)


def _contradiction(part: Part, status: Status) -> str:
    if part.status.category is StatusCategory.DONE and status.category is not StatusCategory.DONE:
        return f"it is {part.status}, and parts of it are not"
    if part.status is Status.RELEASED and status is Status.DONE:
        return "it is released, and its parts are done only"
    return ""


def _is_open(key: str, by_key: Mapping[str, Part]) -> bool:
    return key in by_key and by_key[key].status.category is not StatusCategory.DONE


def _parents(by_key: Mapping[str, Part]) -> dict[str, str]:
    """Each item's parent, "" for those whose line of parents leads back to them."""
    found = {}
    for key, part in by_key.items():
        above, seen = part.parent, set[str]()
        while above in by_key and above != key and above not in seen:
            seen.add(above)
            above = by_key[above].parent
        found[key] = "" if above == key or part.parent not in by_key else part.parent
    return found


def _from_the_leaves(by_key: Mapping[str, Part], children: Mapping[str, list[str]]) -> list[str]:
    """Every item after all of its parts."""
    inside = {child for below in children.values() for child in below}
    order = [key for key in by_key if key not in inside]
    for key in order:
        order.extend(children.get(key, ()))
    return order[::-1]
