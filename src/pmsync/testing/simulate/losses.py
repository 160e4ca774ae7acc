"""Which edits must have survived: an edit survives if it shows, or was overwritten by somebody who had it before his eyes, or stands in a
conflict, or lost to the field's configured owner and is kept in the journal. Everything else is a loss.
"""  # noqa: D205 - one thought

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pmsync.testing.simulate.case import MERGED, Case, Finding, Standing
from pmsync.testing.simulate.shape import LAG, RECONFIGURE
from pmsync.testing.simulate.truth import Act


def findings(case: Case) -> Iterator[Finding]:
    """Everything that is lost."""
    for family, acts in sorted(case.acts.items()):
        yield from _losses(case, family, case.standing.get(family, []), acts)
        yield from _bodies(case, family, acts)


def _losses(case: Case, family: str, standing: Sequence[Standing], acts: Sequence[Act]) -> Iterator[Finding]:
    homeless = _homeless(acts, case.homes)
    for act in acts:
        if act.robot or act.verb != "set" or act.seq in homeless or act.name not in (*MERGED, "labels"):
            continue
        if act.seq < case.circumstances.forgotten(family) and act.name != "title":
            continue  # what came of it was forgotten with the store: only a value that stands nowhere else can be followed
        item = case.item_of(act.thing)
        group = [one for one in standing if one.thing == act.thing or (item is not None and one.item == item)]
        lost = _label_lost(case, act, group, acts) if act.name == "labels" else not _survives(case, act, item, group, acts)
        if lost:
            change = f"{act.before!r} -> {act.after!r}"
            said = f"{family}: {act.who} set {act.name} of {act.thing} {change} (act {act.seq}), and it is gone"
            yield Finding("lost", said)


def _label_lost(case: Case, act: Act, group: Sequence[Standing], acts: Sequence[Act]) -> bool:
    label, added = act.after or act.before, bool(act.after)
    later = [one for one in acts if one.seq > act.seq and not one.robot]
    if any(one.name == "labels" and label in (one.before, one.after) for one in later) or _deleted(act, later):
        return False
    if _beyond_anyone(case, act, acts) or (not added and _met_anew(case, act, acts)):
        return False
    own = next((one for one in group if one.thing == act.thing), None)
    if own is not None and own.item is None:
        return (label in own.seen.labels) != added
    told = case.talking(group)
    shown = {label in one.seen.labels for one in case.unprotected(told) if own is None or own in told}
    return (False in shown) if added else (True in shown)


def _survives(case: Case, act: Act, item: str | None, group: Sequence[Standing], acts: Sequence[Act]) -> bool:
    meaning = case.means(act.system, act.name, act.after)
    if any(meaning & case.means(one.system, act.name, one.seen.values[act.name]) for one in group):
        return True
    later = [one for one in acts if one.seq > act.seq]
    if _deleted(act, [one for one in later if not one.robot]) or _overwritten(case, act, meaning, acts):
        return True
    forgotten = case.circumstances.forgotten(case.truth.families[act.thing])
    if act.seq < forgotten and _settled_before(act, forgotten, acts):
        return True
    for dispute in case.claims.disputes:
        if (dispute.item, dispute.name) == (item, act.name) and meaning & {dispute.base, *dispute.values}:
            return True  # it stands or stood there, or withdrew what did
    overruled = {value for uid, name, value in case.claims.overruled if (uid, name) == (item, act.name)}
    if _beyond_anyone(case, act, acts):
        return True
    return ((act.name in case.shape.owners or RECONFIGURE in case.shape.kinds) and bool(meaning & overruled)) or withdrawn(
        act, acts
    )


def _overwritten(case: Case, act: Act, meaning: frozenset[str], acts: Sequence[Act]) -> bool:
    """Whether a person who saw the value, on this record or after we had carried it to another, set another one.

    Where listings trail, an edit made shortly before may reach us later, and is then taken for one made upon the value.
    """
    for later in acts:
        if later.robot or later.name != act.name or later.seq == act.seq:
            continue
        if later.seq < act.seq and not _may_arrive_later(case, later, act):
            continue
        if later.thing == act.thing and later.seq > act.seq and not _robbed(act, later, acts):
            return True
        if meaning & case.means(later.system, act.name, later.before):
            return True
    return False


def _beyond_anyone(case: Case, act: Act, acts: Sequence[Act]) -> bool:
    """Whether the edit put back exactly what our write had replaced, before we could see that the write had landed, or while the store lasted
    that knew of it, on a system that tells nobody who changed what: it looks like a write that never landed, to anyone.
    """  # noqa: D205 - one thought
    known = case.circumstances
    past = (one for one in reversed(acts) if one.seq < act.seq and (one.thing, one.name) == (act.thing, act.name))
    undone = next((one for one in past if act.name != "labels" or one.after == act.before), None)
    if undone is None:
        return False
    forgotten = any(since <= undone.seq and act.seq < until for since, until in known.lapses)
    return (
        (act.seq in known.doubtful | known.inside or known.power_cut or forgotten)
        and act.system in case.blind
        and undone.robot
        and (undone.before, undone.after) == (act.after, act.before)
    )


def _met_anew(case: Case, act: Act, acts: Sequence[Act]) -> bool:
    """Whether the edit was made while no store knew the record, which was made by one that was put back since, or copied.

    It is met as for the first time later on, and labels are united then.
    """
    made = any(
        one.robot and one.verb == "create" and one.thing == act.thing and one.seq < case.circumstances.remembered for one in acts
    )
    return made and act.at < case.known_at(act.thing)


def _settled_before(act: Act, remembered: int, acts: Sequence[Act]) -> bool:
    """Whether we replaced the value before the store forgot why: a decision that nobody remembers."""
    return any(one.robot and act.seq < one.seq < remembered and one.name == act.name and one.before == act.after for one in acts)


def _may_arrive_later(case: Case, early: Act, act: Act) -> bool:
    """Whether the earlier edit of another record may have reached us as if it were the later one, or happened to be of one word with it.

    So it is where listings trail, and where the same few values come up again by chance: somebody sets what somebody else had set and
    has just put back.
    """
    if early.thing == act.thing:
        return False
    return act.name != "title" or (case.trailing and act.at - early.at < LAG)


def _bodies(case: Case, family: str, acts: Sequence[Act]) -> Iterator[Finding]:
    for act in acts:
        if act.robot and act.name == "body" and not act.first:
            yield Finding("lost", f"{family}: we overwrote the body of {act.thing}, which is set once only")


def _deleted(act: Act, later: Sequence[Act]) -> bool:
    """Whether somebody deleted the record afterwards, value and all."""
    return any(one.verb == "delete" and one.thing == act.thing for one in later)


def _robbed(act: Act, later: Act, acts: Sequence[Act]) -> bool:
    """Whether we had overwritten the value on its own record before the later edit came."""
    between = [one for one in acts if act.seq < one.seq < later.seq and one.thing == act.thing and one.name == act.name]
    return any(one.robot and one.before == act.after for one in between)


def withdrawn(act: Act, acts: Sequence[Act]) -> bool:
    """Whether the edit only put back what was agreed of the record before: what we wrote there or carried from there, with nothing since.

    A comparison of states does not see such an edit at all.
    """
    own = [one for one in acts if one.seq < act.seq and one.name == act.name and one.thing == act.thing]
    for one in reversed(own):
        carried = any(
            other.robot
            and one.seq < other.seq < act.seq
            and other.name == act.name
            and other.thing != act.thing
            and other.after == one.after
            for other in acts
        )
        if one.robot or one.first or carried:
            return one.after == act.after
    return False


def _homeless(acts: Sequence[Act], homes: set[tuple[str, str]]) -> set[int]:
    """Acts on records that stood where nobody manages them."""
    where: dict[str, bool] = {}
    found = set()
    for act in acts:
        if act.verb == "move":
            where[act.thing] = (act.system, act.after) in homes
        if not where.get(act.thing, True):
            found.add(act.seq)
    return found
