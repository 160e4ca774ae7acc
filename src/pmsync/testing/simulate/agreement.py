"""Rules about agreement: linked records show the same, everything was seen, and nothing was carried where more people can read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pmsync.model.values import Value
from pmsync.testing.simulate.case import MERGED, Case, Finding, Standing
from pmsync.testing.simulate.losses import withdrawn
from pmsync.testing.simulate.truth import Act

EXCUSES = frozenset({"unmapped", "unrepresentable", "loop", "refused", "read_only", "too_long"})
"""Notices that say why two records do not agree."""


def findings(case: Case) -> Iterator[Finding]:
    """Everything that is wrong."""
    for family, acts in sorted(case.acts.items()):
        yield from _agreement(case, family, case.standing.get(family, []), acts)
    yield from _unobserved(case)


def _agreement(case: Case, family: str, standing: Sequence[Standing], acts: Sequence[Act]) -> Iterator[Finding]:
    for item in sorted({one.item for one in standing if one.item}):
        linked = [one for one in standing if one.item == item and (one.system, one.seen.container) in case.homes]
        yield from _absent(case, family, item, linked, acts)
        linked = case.unprotected(case.talking(linked))
        for name in (*MERGED, "labels"):
            if name == "priority" and not _prioritized(linked, acts):
                continue  # each system shows its own default
            if not case.alike(name, linked) and not _excused(case, item, name, linked):
                shown = "; ".join(f"{one.system}:{one.seen.key} {_shown(one, name)!r}" for one in linked)
                yield Finding("unconverged", f"{family} {name} does not agree and no conflict says so: {shown}")


def _prioritized(linked: Sequence[Standing], acts: Sequence[Act]) -> bool:
    """Whether anybody ever set a priority, and did not put back just what the record had been made with before it was ever read."""
    things = {one.thing for one in linked}
    last = {act.thing: act for act in acts if act.name == "priority" and not act.robot and act.thing in things}
    return any(not withdrawn(act, acts) for act in last.values())


def _absent(case: Case, family: str, item: str, linked: Sequence[Standing], acts: Sequence[Act]) -> Iterator[Finding]:
    """A record is missing where one should be, though nobody deleted, moved or unlinked it (and died before linking it again)."""
    if any(dispute.open and (dispute.item, dispute.name) == (item, "title") for dispute in case.claims.disputes):
        return  # what it is to be called there is not decided
    if _only_copies_are_left(case, item, acts) and any(
        one.code == "lost_origin" and one.subject == item for one in case.claims.notices
    ):
        return  # a store that was put back knows it from our copy alone, and says so: what it was copied from was deleted
    there = {one.system for one in linked}
    taken = {act.system for act in acts if not act.robot and act.verb in ("delete", "move")}
    taken |= {link.ref.system for link in case.claims.links.values() if link.item == item and link.how == "unlinked"}
    doubtful = {
        str(notice.scope).partition(":")[0] for notice in case.claims.notices if notice.code in ("in_doubt", "create_refused")
    }
    for system in case.shape.systems:
        if system.name not in there | taken | doubtful and case.may_be_told(system.name, linked):
            yield Finding("unconverged", f"{family} has no record in {system.name}")


def _only_copies_are_left(case: Case, item: str, acts: Sequence[Act]) -> bool:
    """Whether people deleted, or moved away, everything that they had filed of it, and the store forgot that it had been there.

    What they filed beside it, and is managed as another item, is none of it.
    """
    filed = {act.thing for act in acts if act.verb == "create" and not act.robot and case.item_of(act.thing) in (None, item)}
    away = {act.thing for act in acts if act.verb == "move" and (act.system, act.after) not in case.homes}
    gone = away | {act.thing for act in acts if act.verb == "delete"}
    return filed <= gone and any(act.robot and act.seq < case.circumstances.remembered for act in acts)


def _excused(case: Case, item: str, name: str, linked: Sequence[Standing]) -> bool:
    if any(dispute.open and (dispute.item, dispute.name) == (item, name) for dispute in case.claims.disputes):
        return True
    keys = {one.seen.key for one in linked}
    links = {case.claims.links[one.system, one.record].uid for one in linked}
    for notice in case.claims.notices:
        if notice.code in EXCUSES and (
            any(key in notice.reason for key in keys) or any(link in notice.subject for link in links)
        ):
            return True
    return False


def _shown(one: Standing, name: str) -> object:
    return sorted(one.seen.labels) if name == "labels" else one.seen.values[name]


def _unobserved(case: Case) -> Iterator[Finding]:
    """A record at home that is not known as it stands: a cursor went past it."""
    for family, group in sorted(case.standing.items()):
        for one in group:
            if not case.at_home(one) or case.claims.told(one.seen.key):
                continue
            seen = case.claims.observed.get((one.system, one.record))
            name = f"{family} {one.system}:{one.seen.key}"
            if seen is None:
                yield Finding("unobserved", f"{name} was never seen")
            elif _text(seen.get("title")) != one.seen.values["title"] or not one.seen.labels <= _labels(seen.get("labels")):
                yield Finding("unobserved", f"{name} has changed, and nobody noticed: {one.seen.values['title']!r}")


def _text(value: Value | None) -> str:
    return value if isinstance(value, str) else ""


def _labels(value: Value | None) -> frozenset[str]:
    return value if isinstance(value, frozenset) else frozenset()
