"""Rules about records: none twice, none without an owner, none of another thing, none made anew that somebody deleted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from pmsync.model.enums import Audience
from pmsync.testing.faults import FaultKind
from pmsync.testing.simulate.case import Case, Finding, Standing
from pmsync.testing.simulate.truth import Act


def findings(case: Case) -> Iterator[Finding]:
    """Everything that is wrong."""
    yield from _orphans(case)
    yield from _surplus(case)
    yield from _mixed(case)
    for family, acts in sorted(case.acts.items()):
        yield from _duplicates(case, family, case.standing.get(family, []), acts)
        yield from _resurrected(case, family, acts)


def _duplicates(case: Case, family: str, standing: Sequence[Standing], acts: Sequence[Act]) -> Iterator[Finding]:
    items = {one.item for one in standing if one.item}
    if len(items) > 1 and not _never_alike(case, acts) and not _unmarked_twins(case, acts):
        keys = ", ".join(f"{one.system}:{one.seen.key}" for one in standing if one.item)
        yield Finding("duplicated", f"{family} is managed as {len(items)} items: {keys}")
    places: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
    for one in standing:
        if one.item:
            places[one.item, one.system, one.seen.container].append(one.seen.key)
    for (_, system, _), keys_there in places.items():
        if len(keys_there) > 1:
            yield Finding("duplicated", f"{family} is linked {len(keys_there)} times in {system}: {', '.join(keys_there)}")


def _unmarked_twins(case: Case, acts: Sequence[Act]) -> bool:
    """Whether one create of ours arrived twice where no marker is kept: nobody can tell the second record from a person's."""
    unmarked = {one.name for one in case.shape.systems if one.knobs.get("personality", "").startswith("unmarked")}
    made = Counter((act.system, act.at) for act in acts if act.robot and act.verb == "create" and act.system in unmarked)
    return any(number > 1 for number in made.values())


def _never_alike(case: Case, acts: Sequence[Act]) -> bool:
    """Whether people filed the thing more than once and gave one of the records another title before the engine knew both.

    Or they retitled a copy of one, so that its records did not all show one title as the last was met. Or restricted one: what only some
    people can read is tied to nothing.
    """
    filed = {act.thing for act in acts if act.verb == "create" and not act.robot}
    if len(filed) < 2:
        return False
    known = max(case.known_at(thing) for thing in filed)
    gone = {act.thing for act in acts if act.verb == "delete"}
    shown = {act.thing: act.after for act in acts if act.name == "title" and act.thing not in gone and act.at <= known}
    early = [act for act in acts if not act.first and not act.robot and act.thing in filed and act.at <= known]
    return len(set(shown.values())) > 1 or any(
        act.name == "title" or (act.verb == "audience" and act.after == Audience.PRIVATE.name) for act in early
    )


def _orphans(case: Case) -> Iterator[Finding]:
    for group in case.standing.values():
        for one in group:
            known = (one.system, one.record) in case.claims.links or (one.system, one.seen.container) not in case.homes
            if one.thing in case.truth.robot_made and not known and not case.claims.told(one.seen.key):
                yield Finding(
                    "orphaned", f"we made {one.system}:{one.seen.key} ({one.seen.values['title']!r}) and do not know it"
                )


def _surplus(case: Case) -> Iterator[Finding]:
    """A record too many is only allowed, quarantined, where a create reached its server twice."""
    twice = sum(1 for strike in case.circumstances.struck if strike.endswith(FaultKind.TWICE))
    surplus = [one for group in case.standing.values() for one in group if one.seen.key in case.claims.quarantined]
    made = [one for one in surplus if one.thing in case.truth.robot_made]
    for one in surplus:
        if one.thing not in case.truth.robot_made:
            yield Finding("needless", f"a person filed {one.system}:{one.seen.key}, and it is set aside as one that we made")
    if len(made) > twice and not case.circumstances.copied:
        keys = ", ".join(f"{one.system}:{one.seen.key}" for one in made)
        yield Finding("duplicated", f"{keys} are surplus, though only {twice} creates arrived twice")


def _mixed(case: Case) -> Iterator[Finding]:
    families: defaultdict[str, set[str]] = defaultdict(set)
    for family, group in case.standing.items():
        for one in group:
            if one.item:
                families[one.item].add(family)
    for item, names in families.items():
        if len(names) > 1:
            yield Finding("mixed", f"one item {item[:8]} manages {', '.join(sorted(names))}")


def _resurrected(case: Case, family: str, acts: Sequence[Act]) -> Iterator[Finding]:
    """What a person deleted, after we knew it, is not made anew in that system."""
    made = [act for act in acts if act.robot and act.verb == "create"]
    for gone in acts:
        if gone.robot or gone.verb != "delete" or gone.seq < case.circumstances.remembered or case.known_at(gone.thing) > gone.at:
            continue
        item = case.item_of(gone.thing)
        for act in made:
            if act.seq > gone.seq and act.system == gone.system and item is not None and case.item_of(act.thing) == item:
                yield Finding("resurrected", f"{family}: {gone.who} deleted {gone.thing}, and we made {act.thing} in its place")
