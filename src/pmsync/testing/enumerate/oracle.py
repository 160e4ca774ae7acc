"""The oracle: from the log of what happened and from how things stand at rest, what went wrong. It knows nothing of bases or hubs.

* An edit is *kept* when its value still shows somewhere, or stands in an open conflict, or was replaced or deleted by somebody who had it
  before their eyes.
  An edit that puts back what was there when our account last read the record is none.
* A person *knew* an edit of the other side when our account had carried it over to them before, or when both sides had shown the same at
  the end of a round in which nobody moved.
* A record may be *made again* only after somebody took it away before our account ever read it.
* A conflict is *necessary* only between different values of two edits whose makers did not know of each other. Where a tracker keeps no
  history, one more is: over a record of ours that somebody edited before any round that knew it ran to its end, for then nothing tells
  whether the create or that edit set the value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pmsync.testing.enumerate.values import SIDES, Act
from pmsync.testing.stage import Seen


@dataclass(frozen=True, slots=True)
class Rest:
    """How things stand: what each side shows, by record; per disputed field the values that are kept; the fields to judge.

    ``managed`` names each side's containers that the config covers, ``surplus`` the keys of records told as surplus, ``blind`` the sides that
    keep no history.
    """

    acts: tuple[Act, ...]
    shown: Mapping[str, Mapping[str, Seen]]
    disputes: Mapping[str, frozenset[str]]
    fields: tuple[str, ...]
    managed: Mapping[str, frozenset[str]]
    surplus: frozenset[str]
    blind: frozenset[str]


def judge(rest: Rest) -> list[str]:
    """A sentence for everything that went wrong."""
    return [*_lost(rest), *_doubled(rest), *_apart(rest), *_needless(rest)]


def _lost(rest: Rest) -> Iterator[str]:
    for act in _adrift(rest):
        if act.after not in rest.disputes.get(act.name, ()):
            yield f"lost: {act.name}={act.after!r}, which {act.side} was given"


def _adrift(rest: Rest) -> Iterator[Act]:
    """The edits whose value shows nowhere, and which nobody replaced who saw them."""
    for index, act in enumerate(rest.acts):
        if act.who != "person" or act.verb != "edit" or act.name not in rest.fields or _undone(rest.acts, index):
            continue
        shows = any(seen.values[act.name] == act.after for side in rest.shown.values() for seen in side.values())
        if not shows and not _replaced(rest.acts, index):
            yield act


def _undone(acts: tuple[Act, ...], index: int) -> bool:
    """Whether the edit at ``index`` only put back what our account had last seen: there was nothing to notice."""
    edit, earlier = acts[index], None
    for act in reversed(acts[:index]):
        if act.side == edit.side and act.who == "robot":
            break
        if act.side == edit.side and act.name == edit.name:
            earlier = act
    return earlier is not None and earlier.before == edit.after


def _replaced(acts: tuple[Act, ...], index: int) -> bool:
    """Whether somebody who saw the value of the edit at ``index`` replaced it or deleted its record."""
    edit = acts[index]
    showing = {edit.side}
    for act in acts[index + 1 :]:
        if act.name == edit.name and act.verb == "edit":
            if act.who == "person" and act.before == edit.after and act.side in showing:
                return True
            (showing.add if act.after == edit.after else showing.discard)(act.side)
        if act.verb == "delete" and act.side in showing:
            return True
    return False


def _doubled(rest: Rest) -> Iterator[str]:
    for side, records in rest.shown.items():
        alive = [seen for seen in records.values() if seen.container in rest.managed[side] and seen.key not in rest.surplus]
        if len(alive) > 1:
            yield f"doubled: {side} shows {len(alive)} records, and nothing says so"
        acts = [act for act in rest.acts if act.side == side]
        for index, act in enumerate(acts):
            if act.who == "robot" and act.verb == "create" and _known_and_gone(acts[:index], rest.managed[side]):
                yield f"doubled: {side} was given a record again after somebody took one away"


def _known_and_gone(acts: list[Act], managed: frozenset[str]) -> bool:
    """Whether somebody took a record away, from its system or from what the config covers, that our account had read."""
    made: dict[str, bool] = {}
    for act in acts:
        if act.verb == "create":
            made[act.record] = False
        elif act.verb == "read":
            made = dict.fromkeys(made, True)
        elif (act.verb == "delete" or (act.verb == "move" and act.after not in managed)) and made.pop(act.record, False):
            return True
    return False


def _apart(rest: Rest) -> Iterator[str]:
    one, other = (
        next(
            (seen for seen in rest.shown[side].values() if seen.container in rest.managed[side] and seen.key not in rest.surplus),
            None,
        )
        for side in SIDES
    )
    if one is None or other is None:
        return
    for name in rest.fields:
        same = one.values[name] == other.values[name]
        if not same and name not in rest.disputes:
            yield f"apart: {name} is {one.values[name]!r} and {other.values[name]!r}, and nothing says so"
        if same and name in rest.disputes and not any(act.name == name for act in _adrift(rest)):
            yield f"needless: {name} is disputed and shows {one.values[name]!r} on both sides"


def _needless(rest: Rest) -> Iterator[str]:
    for name in rest.disputes:
        if not any(_clashes(rest.acts, name)) and not any(_untold(rest.acts, name, side) for side in rest.blind):
            yield f"needless: {name} is disputed, and of every two edits one was made in knowledge of the other"


def _untold(acts: tuple[Act, ...], name: str, side: str) -> bool:
    """Whether somebody edited the field in a record that we had made, before a round that read it ran to its end."""
    made = next(
        (at for at, act in enumerate(acts) if act.who == "robot" and act.side == side and act.verb == "create"), len(acts)
    )
    read = next((at for at, act in enumerate(acts) if at > made and act.side == side and act.verb == "read"), len(acts))
    known = next((at for at, act in enumerate(acts) if at > read and act.verb == "round"), len(acts))
    return any(act.who == "person" and act.side == side and act.name == name for act in acts[made:known])


def _clashes(acts: tuple[Act, ...], name: str) -> Iterator[bool]:
    """Pairs of edits, one of each side, with different values: whether neither was made in knowledge of the other."""
    edits = [index for index, act in enumerate(acts) if act.who == "person" and act.verb == "edit" and act.name == name]
    for one in edits:
        for other in edits:
            ours, theirs = acts[one], acts[other]
            if ours.side == SIDES[0] and theirs.side == SIDES[1] and ours.after != theirs.after:
                yield not _knew(acts, one, other) and not _knew(acts, other, one)


def _knew(acts: tuple[Act, ...], earlier: int, later: int) -> bool:
    """Whether whoever made the edit ``later`` could know what the other side's edit ``earlier`` had said, or what came of it there."""
    known = _known(acts, acts[later].name, acts[later].side, later)
    return earlier < known


def _known(acts: tuple[Act, ...], name: str, side: str, until: int) -> int:
    """Up to where in the log the people of ``side`` know the other side's edits of a field, before ``until``."""
    known, quiet = 0, True
    shown: dict[str, str] = {}
    for index, act in enumerate(acts[:until]):
        if act.verb == "round":
            if quiet and len(set(shown.values())) == 1 and len(shown) == len(SIDES):
                known = index
            quiet = True
        elif act.who == "person":
            quiet = False
        if act.name != name or act.verb != "edit":
            continue
        if act.who == "robot" and act.side == side:
            carried = [
                at
                for at, one in enumerate(acts[:index])
                if one.who == "person" and one.side != side and one.name == name and one.after == act.after
            ]
            known = max([known, *(at + 1 for at in carried)])
        shown[act.side] = act.after
    return known
