"""The cells of coverage: which fault struck in which step of a round; and which can never strike there, with the reason.

A cell that can be hit and that a long campaign misses says that something is not tested.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from types import FrameType

from pmsync.testing.faults import FaultKind
from pmsync.testing.simulate.shape import CRASH, DISK, POWER

ON_THE_WAY: tuple[str, ...] = tuple(FaultKind)
AT_A_COMMIT = (DISK,)
ANYWHERE = (CRASH, POWER)
STRIKES: tuple[str, ...] = (*ON_THE_WAY, *ANYWHERE, *AT_A_COMMIT)
"""Faults that strike at one moment, each of which can meet every step in which there is such a moment."""

_STEPS: Mapping[str, tuple[str, ...]] = {
    "begin": ("holding.take_run_lease", "engine._run", "guards.begin", "engine._let_rest"),
    "catalogue": ("pull.know_scopes", "context.prepare"),
    "hints": ("hints.follow_hints", "hints.take_hint"),
    "pull": ("pull.pull", "engine._observe"),
    "sweep": ("sweep.sweep",),
    "absence": ("absence.absent", "absence.missed"),
    "mark": ("mark.look_ahead", "mark.leave_ahead", "mark.leave_marks"),
    "resolve": ("resolve.resolve",),
    "reconcile": ("engine._reconcile", "engine._planned", "guards.divide", "guards.approve", "fingerprint.changed_configs"),
    "apply": ("engine._apply", "engine._carry_out"),
    "preread": ("apply._preread", "apply.reread_sources", "apply._reread_sources"),
    "prepare": ("connector.prepare", "connector.floor"),
    "create": ("apply._create_all",),
    "update": ("apply._update_all",),
    "confirm": ("confirm._confirm",),
    "decide": ("person.resolve_conflict", "person.link_records", "person.unlink_record", "pausing.pause", "pausing.unpause"),
    "finish": (
        "holding.release",
        "guards.end_sync",
        "engine.sync",
        "engine.plan",
        "engine.apply_plan",
    ),
}
"""Step to the functions that are it: of the engine, of a connector, or of what holds the store."""

PHASES = tuple(_STEPS)
"""The steps of a round, as far as something can strike in them."""

OTHER = "other"
"""A step that is not named above."""

_STEP_OF = {place: step for step, places in _STEPS.items() for place in places}
_WHERE = ("pmsync.engine.", "pmsync.store.holding", "pmsync_")

_NO_REQUEST = dict.fromkeys(
    ("begin", "apply", "finish"), "nothing is asked of any system there: it is about the store and the run alone"
) | {"decide": "what a person decides is kept in the store; the next round carries it out"}
_NO_COMMIT = {"prepare": "a connector that makes ready to write knows no store"}


def phase() -> str:
    """The step of the round that is under way, read off the stack: the innermost that has a name."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.startswith(_WHERE):
            step = _STEP_OF.get(f"{module.rpartition('.')[2]}.{frame.f_code.co_name}")
            if step is not None:
                return step
        frame = frame.f_back
    return OTHER


def impossible(kind: str, step: str) -> str:
    """Why the fault can never strike in that step; "" where it can."""
    if kind in ON_THE_WAY:
        return _NO_REQUEST.get(step, "")
    return _NO_COMMIT.get(step, "") if kind in AT_A_COMMIT else ""


def possible() -> Iterator[tuple[str, str]]:
    """The cells that can be hit."""
    for kind in STRIKES:
        for step in PHASES:
            if not impossible(kind, step):
                yield kind, step
