"""Rules about restraint: no loops, no conflict, notice or open write that the truth does not call for, no conflict that ends by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pmsync.reconcile.operation import OpKind
from pmsync.testing.simulate.case import MERGED, Case, Finding, Standing
from pmsync.testing.simulate.people import AUTOMATION
from pmsync.testing.simulate.shape import AUDIENCES
from pmsync.testing.simulate.truth import Act


def findings(case: Case) -> Iterator[Finding]:
    """Everything that is wrong."""
    for family, acts in sorted(case.acts.items()):
        yield from _loops(case, family, acts)
        yield from _oscillating(family, acts)
    yield from _needless(case)
    yield from _stale(case)
    yield from _unaccounted(case)
    yield from _stuck(case)


def _loops(case: Case, family: str, acts: Sequence[Act]) -> Iterator[Finding]:
    for name in (*MERGED, "labels"):
        ours = sum(1 for act in acts if act.robot and act.name == name and not act.first)
        theirs = sum(1 for act in acts if not act.robot and (act.name == name or act.verb in ("move", "delete")))
        most = 2 * (theirs + 1) * len(case.shape.systems)
        if ours > most:
            yield Finding("looped", f"{family} {name}: {ours} writes of ours answer {theirs} edits")


def _oscillating(family: str, acts: Sequence[Act]) -> Iterator[Finding]:
    """Nobody touched a field, and we wrote it again and again within an hour: automations that answer us are no people."""
    last: dict[tuple[str, str], list[float]] = {}
    for act in acts:
        if act.verb != "set" or act.name not in MERGED or act.first:
            continue
        if act.robot:
            times = last.setdefault((act.thing, act.name), [])
            times.append(act.at)
            if sum(act.at - at < HOUR for at in times) > MOST_IN_AN_HOUR:
                yield Finding(
                    "looped", f"{family} {act.name}: we wrote it {MOST_IN_AN_HOUR + 1} times in an hour, and nobody else did"
                )
                return
        elif act.who != AUTOMATION:
            last = {key: times for key, times in last.items() if key[1] != act.name}


HOUR, MOST_IN_AN_HOUR = 3600.0, 11
"""Writes of ours to one field of one record, with no person's in between."""


def _needless(case: Case) -> Iterator[Finding]:
    """Conflicts between values of which one was set by somebody who saw the other. Titles alone are told apart so surely."""
    for dispute in case.claims.disputes:
        if dispute.name != "title":
            continue
        families = {
            case.truth.families[case.truth.thing(*ref)] for ref, link in case.claims.links.items() if link.item == dispute.item
        }
        for family in families:
            acts = [act for act in case.acts[family] if act.name == "title"]
            if any(act.seq < case.circumstances.forgotten(family) and not act.first for act in acts):
                continue  # whether they had been carried was forgotten with the store
            if not any(_apart(case, one, other, acts) for one in acts for other in acts if not one.robot and not other.robot):
                said = f"{family}: a conflict between {sorted(dispute.values)}, though nobody edited at cross purposes"
                yield Finding("needless", said)


def _apart(case: Case, one: Act, other: Act, acts: Sequence[Act]) -> bool:
    """Whether ``other`` came later, on another record, differs, and was made without a sight of ``one``.

    Where nobody is told who changed what, and our write was still in doubt, none but its author can tell whether he had seen what it brought:
    either value may be the one that did not know the other, and only a conflict keeps both.
    """
    if not one.seq < other.seq or one.thing == other.thing or one.after == other.after:
        return False
    if other.system in case.blind and other.seq in case.circumstances.doubtful:
        return True
    return not any(
        act.seq < other.seq and act.thing == other.thing and act.robot and act.after == one.after and act.seq > one.seq
        for act in acts
    )


def _stale(case: Case) -> Iterator[Finding]:
    """A conflict that is open though all records show the same. What a record said that is gone, or restricted, may still stand in it."""
    left = {act.thing for acts in case.acts.values() for act in acts if act.verb in ("delete", "move", "audience")}
    for dispute in case.claims.disputes:
        if not dispute.open:
            continue
        group = [one for standing in case.standing.values() for one in standing if one.item == dispute.item and case.at_home(one)]
        if any(case.item_of(thing) == dispute.item for thing in left):
            continue
        if _written_over(case, dispute.name, dispute.values, group):
            continue
        if len(group) > 1 and len(dispute.values) > 1 and case.alike(dispute.name, group):
            yield Finding("needless", f"a conflict about {dispute.name} is open though {len(group)} records agree")


def _written_over(case: Case, name: str, values: frozenset[str], group: Sequence[Standing]) -> bool:
    """Whether one of the values was a person's that we wrote over unseen: it shows nowhere, and stands in the conflict for itself."""
    last: dict[str, Act] = {}
    things = {one.thing for one in group}
    for act in (act for acts in case.acts.values() for act in acts if act.name == name and act.thing in things):
        past = last.get(act.thing)
        if act.robot and past is not None and not past.robot and past.after == act.before:
            lost = case.means(act.system, name, act.before)
            if lost & values and not any(lost & case.means(one.system, name, one.seen.values[name]) for one in group):
                return True
        last[act.thing] = act
    return False


def _unaccounted(case: Case) -> Iterator[Finding]:
    """Each conflict is open, or closed by a decision that says whose it was and what was chosen."""
    for dispute in case.claims.disputes:
        if not dispute.open and not dispute.decided:
            yield Finding("unaccounted", f"a conflict about {dispute.name} ended, and nothing says how")


def _stuck(case: Case) -> Iterator[Finding]:
    """At rest nothing waits but what a person alone can settle: a create that was cut off where no marker is kept."""
    unmarked = {one.name for one in case.shape.systems if one.knobs.get("personality", "").startswith("unmarked")}
    for row in case.claims.open_ops:
        if row.op.kind is not OpKind.CREATE or row.op.scope.system not in unmarked:
            yield Finding("stuck", f"{row.op.kind} {row.op.key or row.op.scope} is still {row.state}")
    for notice in case.claims.notices:
        needed = (
            notice.code not in NEEDLESS
            or (notice.code == "audience" and AUDIENCES in case.shape.kinds)
            or (notice.code == "in_doubt" and str(notice.scope).partition(":")[0] in unmarked)
        )
        if not needed:
            yield Finding("stuck", f"a notice is left that nothing calls for: {notice.code}: {notice.reason}")


NEEDLESS = frozenset({"missing", "in_doubt", "loop", "paused", "frozen", "mark", "audience"})
"""Notices that must be gone at rest, where nothing calls for them."""
