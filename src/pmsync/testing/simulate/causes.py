"""Faults of the engine that are known and not mended yet, so that a new one stands out.

They are counted like all others and never excused: a campaign that meets one ends with exit code 1. An entry is deleted together with its
fault.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pmsync.testing.simulate.shape import Shape
from pmsync.testing.simulate.truth import Act, Truth

KNOWN: Mapping[str, str] = {
    "before_confirm": "an edit of a record that we had just made is taken for the system's initial value until the create is read back",
    "put_back_in_doubt": "an edit that puts back the value from before a write of ours, while that write is in doubt, is taken for its failure",
    "new_identity": "a transferred record, which has another id then, becomes an item of its own before its old id is missed",
    "edited_in_doubt": "an edit made upon a write of ours that is still in doubt is taken for one that did not know it: a needless conflict",
    "unmarked": "where no marker is kept, a record of ours whose create is in doubt becomes an item of its own",
}


@dataclass(slots=True)
class Circumstances:
    """What was the case when things happened.

    ``doubtful``: acts of people on records on which a write of ours was unresolved. ``confirmed``: thing to the number of acts there had been
    when the engine read back that it had made it.
    """

    doubtful: set[int] = field(default_factory=set)
    confirmed: dict[str, int] = field(default_factory=dict)


class Causes:
    """Tells which known fault, if any, explains a finding."""

    def __init__(self, shape: Shape, truth: Truth, circumstances: Circumstances) -> None:
        self._truth, self._circumstances = truth, circumstances
        self._unmarked = any(system.knobs.get("personality", "").startswith("unmarked") for system in shape.systems)

    def of_loss(self, act: Act, acts: Sequence[Act]) -> str:
        """For a lost edit."""
        if act.thing in self._truth.robot_made and act.seq < self._circumstances.confirmed.get(act.thing, act.seq + 1):
            return "before_confirm"
        last = next((one for one in reversed(acts) if one.seq < act.seq and (one.thing, one.name) == (act.thing, act.name)), None)
        if (
            act.seq in self._circumstances.doubtful
            and last is not None
            and last.robot
            and (last.before, last.after) == (act.after, act.before)
        ):
            return "put_back_in_doubt"
        return ""

    def of_any(self, acts: Sequence[Act]) -> str:
        """For records that do not agree: the first known fault that befell an edit of the field."""
        return next((cause for act in acts if not act.robot and (cause := self.of_loss(act, acts))), "")

    def of_double(self, acts: Sequence[Act]) -> str:
        """For a thing that is managed twice."""
        if any(act.verb == "move" and not act.robot and self._truth.renamed(act.thing) for act in acts):
            return "new_identity"
        return "unmarked" if self._unmarked else ""
