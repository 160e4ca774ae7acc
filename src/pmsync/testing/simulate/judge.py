"""The judge: which edits must have survived, which conflicts were necessary, by the ground truth alone.

Only then the engine's claims and the systems' present looks are asked whether that is so.

An edit survives if it shows, or was overwritten by somebody who had it before his eyes, or stands in a conflict, or lost to the field's
configured owner and is kept in the journal. Everything else is a loss.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pmsync.testing.faults import FaultKind
from pmsync.testing.simulate.causes import Causes, Circumstances
from pmsync.testing.simulate.claims import Claims
from pmsync.testing.simulate.shape import LAG, TRAIL, Shape
from pmsync.testing.simulate.truth import Act, Truth
from pmsync.testing.stage import Ground, Seen

MERGED = ("title", "status", "priority")
EXCUSES = frozenset({"unmapped", "unrepresentable", "loop", "refused", "read_only", "too_long"})
"""Notices that say why two records do not agree."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be. ``invariant`` is its short name; ``cause`` one of ``causes.KNOWN``, or "" where none fits."""

    invariant: str
    text: str
    cause: str = ""


@dataclass(frozen=True, slots=True)
class _Standing:
    """One record that exists: what it is, how it looks, and the item that manages it."""

    system: str
    record: str
    thing: str
    seen: Seen
    item: str | None


class Judge:
    """Judges one world at rest."""

    def __init__(
        self, shape: Shape, grounds: Mapping[str, Ground], truth: Truth, claims: Claims, circumstances: Circumstances
    ) -> None:
        self._shape, self._grounds, self._truth, self._claims = shape, grounds, truth, claims
        self._circumstances = circumstances
        self._causes = Causes(shape, truth, circumstances)
        self._trailing = TRAIL in shape.kinds or any(
            one.knobs.get("personality", "").startswith("lagging") for one in shape.systems
        )
        self._homes = {(system.name, key) for system in shape.systems for key in system.containers}
        self._acts = truth.by_family()
        self._standing: defaultdict[str, list[_Standing]] = defaultdict(list)
        for system, record, thing, seen in truth.alive():
            one = _Standing(system, record, thing, seen, claims.item_of(system, record))
            self._standing[truth.families[thing]].append(one)

    def findings(self) -> list[Finding]:
        """Everything that is wrong."""
        found = [*self._orphans(), *self._surplus(), *self._mixed()]
        for family, acts in sorted(self._acts.items()):
            standing = self._standing.get(family, [])
            found += self._duplicates(family, standing, acts)
            found += self._agreement(family, standing, acts)
            found += self._losses(family, standing, acts)
            found += self._loops(family, acts)
            found += self._bodies(family, acts)
        return [*found, *self._needless()]

    def linked(self) -> int:
        """How many families have at least two managed records."""
        return sum(1 for group in self._standing.values() if sum(one.item is not None for one in group) >= 2)

    def agreed(self) -> tuple[int, int]:
        """How many (family, field) pairs there are among linked families, and how many of them agree."""
        pairs = agreed = 0
        for group in self._standing.values():
            linked = [one for one in group if one.item]
            if len(linked) >= 2:
                for name in (*MERGED, "labels"):
                    pairs += 1
                    agreed += self._alike(name, linked)
        return pairs, agreed

    # -- once each --------------------------------------------------------------------------------------------------------------------

    def _duplicates(self, family: str, standing: Sequence[_Standing], acts: Sequence[Act]) -> Iterator[Finding]:
        items = {one.item for one in standing if one.item}
        if len(items) > 1 and not self._never_alike(acts):
            keys = ", ".join(f"{one.system}:{one.seen.key}" for one in standing if one.item)
            yield Finding("duplicated", f"{family} is managed as {len(items)} items: {keys}", self._causes.of_double(acts))
        places: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
        for one in standing:
            if one.item:
                places[one.item, one.system, one.seen.container].append(one.seen.key)
        for (_, system, _), keys_there in places.items():
            if len(keys_there) > 1:
                yield Finding("duplicated", f"{family} is linked {len(keys_there)} times in {system}: {', '.join(keys_there)}")

    def _never_alike(self, acts: Sequence[Act]) -> bool:
        """Whether people filed the thing more than once and gave one of the records another title before the engine knew both."""
        filed = {act.thing for act in acts if act.verb == "create" and not act.robot}
        if len(filed) < 2:
            return False
        known = max(self._known_at(thing) for thing in filed)
        return any(
            act.name == "title" and not act.first and not act.robot and act.thing in filed and act.at <= known for act in acts
        )

    def _known_at(self, thing: str) -> float:
        """When the engine first knew the thing, by its journal; at no time where it never did."""
        links = [link.uid for ref, link in self._claims.links.items() if self._truth.thing(*ref) == thing]
        return min((self._claims.known_at[uid] for uid in links if uid in self._claims.known_at), default=float("inf"))

    def _orphans(self) -> Iterator[Finding]:
        for group in self._standing.values():
            for one in group:
                known = (one.system, one.record) in self._claims.links or (one.system, one.seen.container) not in self._homes
                if one.thing in self._truth.robot_made and not known and one.seen.key not in self._claims.quarantined:
                    yield Finding(
                        "orphaned", f"we made {one.system}:{one.seen.key} ({one.seen.values['title']!r}) and do not know it"
                    )

    def _surplus(self) -> Iterator[Finding]:
        """A record too many is only allowed, quarantined, where a create reached its server twice."""
        twice = sum(1 for strike in self._circumstances.struck if strike.endswith(FaultKind.TWICE))
        surplus = [one for group in self._standing.values() for one in group if one.seen.key in self._claims.quarantined]
        made = [one for one in surplus if one.thing in self._truth.robot_made]
        if len(made) > twice:
            keys = ", ".join(f"{one.system}:{one.seen.key}" for one in made)
            yield Finding(
                "duplicated",
                f"{keys} are surplus, though only {twice} creates arrived twice",
                self._causes.of_double([act for one in made for act in self._acts[self._truth.families[one.thing]]]),
            )

    def _mixed(self) -> Iterator[Finding]:
        families: defaultdict[str, set[str]] = defaultdict(set)
        for family, group in self._standing.items():
            for one in group:
                if one.item:
                    families[one.item].add(family)
        for item, names in families.items():
            if len(names) > 1:
                yield Finding("mixed", f"one item {item[:8]} manages {', '.join(sorted(names))}")

    # -- agreement --------------------------------------------------------------------------------------------------------------------

    def _agreement(self, family: str, standing: Sequence[_Standing], acts: Sequence[Act]) -> Iterator[Finding]:
        for item in sorted({one.item for one in standing if one.item}):
            linked = [one for one in standing if one.item == item and (one.system, one.seen.container) in self._homes]
            yield from self._absent(family, item, linked, acts)
            for name in (*MERGED, "labels"):
                things = {one.thing for one in linked}
                if name == "priority" and not any(act.name == name and not act.robot and act.thing in things for act in acts):
                    continue  # nobody ever set one: each system shows its own default
                if not self._alike(name, linked) and not self._excused(item, name, linked):
                    shown = "; ".join(f"{one.system}:{one.seen.key} {_shown(one, name)!r}" for one in linked)
                    cause = self._causes.of_any([act for act in acts if act.name == name])
                    yield Finding("unconverged", f"{family} {name} does not agree and no conflict says so: {shown}", cause)

    def _absent(self, family: str, item: str, linked: Sequence[_Standing], acts: Sequence[Act]) -> Iterator[Finding]:
        """A record is missing where one should be, though nobody deleted or moved it."""
        there = {one.system for one in linked}
        taken = {act.system for act in acts if not act.robot and act.verb in ("delete", "move")}
        doubtful = {
            str(notice.scope).partition(":")[0]
            for notice in self._claims.notices
            if notice.code in ("in_doubt", "create_refused")
        }
        for system in self._shape.systems:
            if system.name not in there | taken | doubtful:
                yield Finding("unconverged", f"{family} has no record in {system.name}")

    def _alike(self, name: str, linked: Sequence[_Standing]) -> bool:
        if name == "labels":
            return len({one.seen.labels for one in linked}) <= 1
        meanings = [self._means(one.system, name, one.seen.values[name]) for one in linked]
        return not meanings or bool(frozenset.intersection(*meanings))

    def _excused(self, item: str, name: str, linked: Sequence[_Standing]) -> bool:
        if any(dispute.open and (dispute.item, dispute.name) == (item, name) for dispute in self._claims.disputes):
            return True
        keys = {one.seen.key for one in linked}
        links = {self._claims.links[one.system, one.record].uid for one in linked}
        for notice in self._claims.notices:
            if notice.code in EXCUSES and (
                any(key in notice.reason for key in keys) or any(link in notice.subject for link in links)
            ):
                return True
        return False

    def _means(self, system: str, name: str, value: str) -> frozenset[str]:
        if name == "title":
            return frozenset({value})
        return self._grounds[system].choices(name).get(value, frozenset({value}))

    # -- losses -----------------------------------------------------------------------------------------------------------------------

    def _losses(self, family: str, standing: Sequence[_Standing], acts: Sequence[Act]) -> Iterator[Finding]:
        homeless = _homeless(acts, self._homes)
        for act in acts:
            if act.robot or act.verb != "set" or act.seq in homeless or act.name not in (*MERGED, "labels"):
                continue
            item = self._item_of(act.thing)
            group = [one for one in standing if one.thing == act.thing or (item is not None and one.item == item)]
            lost = self._label_lost(act, group, acts) if act.name == "labels" else not self._survives(act, item, group, acts)
            if lost:
                change = f"{act.before!r} -> {act.after!r}"
                said = f"{family}: {act.who} set {act.name} of {act.thing} {change} (act {act.seq}), and it is gone"
                yield Finding("lost", said, self._causes.of_loss(act, acts))

    def _item_of(self, thing: str) -> str | None:
        """The item that manages the thing, or did so before it went."""
        found = [link.item for ref, link in self._claims.links.items() if self._truth.thing(*ref) == thing]
        return found[-1] if found else None

    def _label_lost(self, act: Act, group: Sequence[_Standing], acts: Sequence[Act]) -> bool:
        label, added = act.after or act.before, bool(act.after)
        later = [one for one in acts if one.seq > act.seq and not one.robot]
        if any(one.name == "labels" and label in (one.before, one.after) for one in later) or _deleted(act, later):
            return False
        own = next((one for one in group if one.thing == act.thing), None)
        if own is not None and own.item is None:
            return (label in own.seen.labels) != added
        shown = {label in one.seen.labels for one in group}
        return (False in shown) if added else (True in shown)

    def _survives(self, act: Act, item: str | None, group: Sequence[_Standing], acts: Sequence[Act]) -> bool:
        meaning = self._means(act.system, act.name, act.after)
        if any(meaning & self._means(one.system, act.name, one.seen.values[act.name]) for one in group):
            return True
        later = [one for one in acts if one.seq > act.seq]
        if _deleted(act, [one for one in later if not one.robot]) or self._overwritten(act, meaning, acts):
            return True
        for dispute in self._claims.disputes:
            if (dispute.item, dispute.name) == (item, act.name) and meaning & {dispute.base, *dispute.values}:
                return True  # it stands or stood there, or withdrew what did
        overruled = {value for uid, name, value in self._claims.overruled if (uid, name) == (item, act.name)}
        return (act.name in self._shape.owners and bool(meaning & overruled)) or _withdrawn(act, acts)

    def _overwritten(self, act: Act, meaning: frozenset[str], acts: Sequence[Act]) -> bool:
        """Whether a person who saw the value, on this record or after we had carried it to another, set another one.

        Where listings trail, an edit made shortly before may reach us later, and is then taken for one made upon the value.
        """
        for later in acts:
            if later.robot or later.name != act.name or later.seq == act.seq:
                continue
            if later.seq < act.seq and not self._may_arrive_later(later, act):
                continue
            if later.thing == act.thing and later.seq > act.seq and not _robbed(act, later, acts):
                return True
            if meaning & self._means(later.system, act.name, later.before):
                return True
        return False

    def _may_arrive_later(self, early: Act, act: Act) -> bool:
        """Whether the earlier edit of another record may have reached us as if it were the later one, or happened to be of one word with it.

        So it is where listings trail, and where the same few values come up again by chance: somebody sets what somebody else had set and
        has just put back.
        """
        if early.thing == act.thing:
            return False
        return act.name != "title" or (self._trailing and act.at - early.at < LAG)

    # -- loops, bodies, conflicts -----------------------------------------------------------------------------------------------------

    def _loops(self, family: str, acts: Sequence[Act]) -> Iterator[Finding]:
        for name in (*MERGED, "labels"):
            ours = sum(1 for act in acts if act.robot and act.name == name and not act.first)
            theirs = sum(1 for act in acts if not act.robot and (act.name == name or act.verb in ("move", "delete")))
            most = 2 * (theirs + 1) * len(self._shape.systems)
            if ours > most:
                yield Finding("looped", f"{family} {name}: {ours} writes of ours answer {theirs} edits")

    def _bodies(self, family: str, acts: Sequence[Act]) -> Iterator[Finding]:
        for act in acts:
            if act.robot and act.name == "body" and not act.first:
                yield Finding("lost", f"{family}: we overwrote the body of {act.thing}, which is set once only")

    def _needless(self) -> Iterator[Finding]:
        """Conflicts between values of which one was set by somebody who saw the other. Titles alone are told apart so surely."""
        for dispute in self._claims.disputes:
            if dispute.name != "title":
                continue
            families = {
                self._truth.families[self._truth.thing(*ref)]
                for ref, link in self._claims.links.items()
                if link.item == dispute.item
            }
            for family in families:
                acts = [act for act in self._acts[family] if act.name == "title"]
                if not any(self._apart(one, other, acts) for one in acts for other in acts if not one.robot and not other.robot):
                    said = f"{family}: a conflict between {sorted(dispute.values)}, though nobody edited at cross purposes"
                    yield Finding("needless", said, self._causes.of_conflict(acts))

    def _apart(self, one: Act, other: Act, acts: Sequence[Act]) -> bool:
        """Whether ``other`` came later, on another record, differs, and was made without a sight of ``one``."""
        if not one.seq < other.seq or one.thing == other.thing or one.after == other.after:
            return False
        return not any(
            act.seq < other.seq and act.thing == other.thing and act.robot and act.after == one.after and act.seq > one.seq
            for act in acts
        )


def _shown(one: _Standing, name: str) -> object:
    return sorted(one.seen.labels) if name == "labels" else one.seen.values[name]


def _deleted(act: Act, later: Sequence[Act]) -> bool:
    """Whether somebody deleted the record afterwards, value and all."""
    return any(one.verb == "delete" and one.thing == act.thing for one in later)


def _robbed(act: Act, later: Act, acts: Sequence[Act]) -> bool:
    """Whether we had overwritten the value on its own record before the later edit came."""
    between = [one for one in acts if act.seq < one.seq < later.seq and one.thing == act.thing and one.name == act.name]
    return any(one.robot and one.before == act.after for one in between)


def _withdrawn(act: Act, acts: Sequence[Act]) -> bool:
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
