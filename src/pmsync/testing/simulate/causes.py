"""Faults of the engine that are known and not mended yet, so that a new one stands out.

They are counted like all others and never excused: a campaign that meets one ends with exit code 1. An entry is deleted together with its
fault.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pmsync.testing.simulate.shape import POWER, Shape
from pmsync.testing.simulate.truth import Act, Truth

KNOWN: Mapping[str, str] = {
    "before_confirm": "an edit of a record that we had just made is taken for the system's initial value until the create is read back",
    "put_back_in_doubt": "an edit that undoes a write of ours, while that write is in doubt or forgotten, is taken for its failure",
    "window": "an edit between our last look and our write, or its late landing, is written over: only history would tell, and it is not asked",
    "edited_in_doubt": "an edit made upon a write of ours that is still in doubt is taken for one that did not know it: a needless conflict",
    "new_identity": "a transferred record, which has another id then, becomes an item of its own before its old id is missed",
    "unmarked": "where no marker is kept, a record of ours whose create is in doubt becomes an item of its own",
}


@dataclass(slots=True)
class Circumstances:
    """What was the case when things happened.

    ``doubtful``: acts of people on records on which a write of ours was unresolved. ``confirmed``: thing to the number of acts there had been
    when the engine read back that it had made it. ``inside``: acts of people in the midst of a round. ``rounds``: how many acts there had been
    when each round began. ``struck``: the faults that befell the world, each ending with its kind.
    """

    doubtful: set[int] = field(default_factory=set)
    confirmed: dict[str, int] = field(default_factory=dict)
    inside: set[int] = field(default_factory=set)
    rounds: list[int] = field(default_factory=list)
    struck: list[str] = field(default_factory=list)


class Causes:
    """Tells which known fault, if any, explains a finding."""

    def __init__(self, shape: Shape, truth: Truth, circumstances: Circumstances) -> None:
        self._truth, self._circumstances = truth, circumstances
        self._unmarked = {one.name for one in shape.systems if one.knobs.get("personality", "").startswith("unmarked")}

    def of_loss(self, act: Act, acts: Sequence[Act]) -> str:
        """For a lost edit."""
        if act.thing in self._truth.robot_made and act.seq < self._circumstances.confirmed.get(act.thing, act.seq + 1):
            return "before_confirm"
        if self._truth.renamed(act.thing):
            return "new_identity"
        if self._written_over(act, acts):
            return "window"
        return self._put_back(act, acts) or ("unmarked" if self._adopted_unmarked(acts) else "")

    def _written_over(self, act: Act, acts: Sequence[Act]) -> bool:
        """Whether we wrote over an edit made in the midst of a round before that round was over, or by a write that was in doubt and came late."""
        after = next((one for one in acts if one.seq > act.seq and (one.thing, one.name) == (act.thing, act.name)), None)
        if after is None or not after.robot:
            return False
        same_round = not any(act.seq < start <= after.seq for start in self._circumstances.rounds)
        return act.seq in self._circumstances.doubtful or (act.seq in self._circumstances.inside and same_round)

    def _put_back(self, act: Act, acts: Sequence[Act]) -> str:
        """Whether the edit undid a write of ours that was in doubt, or that a power cut made us forget."""
        past = (one for one in reversed(acts) if one.seq < act.seq and (one.thing, one.name) == (act.thing, act.name))
        opposite = next((one for one in past if act.name != "labels" or one.after == act.before), None)
        doubtful = act.seq in self._circumstances.doubtful or any(one.endswith(POWER) for one in self._circumstances.struck)
        undone = opposite is not None and opposite.robot and (opposite.before, opposite.after) == (act.after, act.before)
        return "put_back_in_doubt" if undone and doubtful else ""

    def _adopted_unmarked(self, acts: Sequence[Act]) -> bool:
        """Whether a record of ours was met again as a stranger, because nothing marks it."""
        made = {act.thing for act in acts if act.robot and act.verb == "create" and act.system in self._unmarked}
        return bool(made - self._circumstances.confirmed.keys())

    def of_conflict(self, acts: Sequence[Act]) -> str:
        """For a needless conflict."""
        if any(act.seq in self._circumstances.doubtful and act.name == "title" for act in acts):
            return "edited_in_doubt"
        return "unmarked" if self._unmarked else ""

    def of_any(self, acts: Sequence[Act]) -> str:
        """For records that do not agree: the first known fault that befell an edit of the field."""
        return next((cause for act in acts if not act.robot and (cause := self.of_loss(act, acts))), "")

    def of_double(self, acts: Sequence[Act]) -> str:
        """For a thing that is managed twice."""
        if any(act.verb == "move" and not act.robot and self._truth.renamed(act.thing) for act in acts):
            return "new_identity"
        return "unmarked" if self._unmarked else ""
