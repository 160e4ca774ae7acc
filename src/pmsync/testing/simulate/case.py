"""What the judge knows of one world at rest: the truth, the engine's claims, and everything that stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pmsync.model.enums import Audience
from pmsync.model.item import Link
from pmsync.testing.simulate.causes import Circumstances
from pmsync.testing.simulate.claims import Claims
from pmsync.testing.simulate.shape import TRAIL, Shape
from pmsync.testing.simulate.truth import Truth
from pmsync.testing.stage import Ground, Seen

MERGED = ("title", "status", "priority")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be. ``invariant`` is its short name; ``cause`` one of ``causes.KNOWN``, or "" where none fits."""

    invariant: str
    text: str
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """One record that exists: what it is, how it looks, and the item that manages it."""

    system: str
    record: str
    thing: str
    seen: Seen
    item: str | None


class Case:
    """Everything the judge's rules look at.

    Attributes:
        homes: the containers that are managed, as (system, key).
        acts: family to its acts, in order.
        standing: family to its records that exist.
        trailing: whether a listing may show an edit later than another one that came after it.
        blind: systems that tell nobody who changed what, and write over whatever is there.
    """

    def __init__(
        self, shape: Shape, grounds: Mapping[str, Ground], truth: Truth, claims: Claims, circumstances: Circumstances
    ) -> None:
        self.shape, self.grounds, self.truth, self.claims = shape, grounds, truth, claims
        self.circumstances = circumstances
        self.trailing = TRAIL in shape.kinds or any(
            one.knobs.get("personality", "").startswith("lagging") for one in shape.systems
        )
        self.blind = shape.blind
        self.homes = {(system.name, key) for system in shape.systems for key in system.containers}
        self.acts = truth.by_family()
        self._links: defaultdict[str, list[Link]] = defaultdict(list)
        for ref, link in claims.links.items():
            self._links[truth.thing(*ref)].append(link)
        self.standing: defaultdict[str, list[Standing]] = defaultdict(list)
        for system, record, thing, seen in truth.alive():
            one = Standing(system, record, thing, seen, claims.item_of(system, record))
            self.standing[truth.families[thing]].append(one)

    def at_home(self, one: Standing) -> bool:
        """Whether the record stands where it is managed."""
        return (one.system, one.seen.container) in self.homes

    def talking(self, linked: Sequence[Standing]) -> list[Standing]:
        """Those of the records that are told everything: not restricted ones, and not public ones beside others that are not."""
        open_ones = [one for one in linked if one.seen.audience is not Audience.PRIVATE]
        least = min((one.seen.audience for one in open_ones), default=Audience.PRIVATE)
        return [one for one in open_ones if one.seen.audience is least]

    def unprotected(self, linked: Sequence[Standing]) -> list[Standing]:
        """Those of the records that may be written: what the config protects shows what its people made of it, whatever the others say."""
        return [one for one in linked if (one.system, one.seen.container) != self.shape.protected]

    def may_be_told(self, system: str, linked: Sequence[Standing]) -> bool:
        """Whether what these records show may be shown in the system, too."""
        least = min((one.seen.audience for one in linked), default=Audience.PRIVATE)
        return least is not Audience.PRIVATE and (system not in self.shape.public or least is Audience.PUBLIC)

    def means(self, system: str, name: str, value: str) -> frozenset[str]:
        """What a system's own value can stand for."""
        if name in ("title", "body"):
            return frozenset({value})
        return self.grounds[system].choices(name).get(value, frozenset({value}))

    def alike(self, name: str, linked: Sequence[Standing]) -> bool:
        """Whether records agree on a field."""
        if name == "labels":
            return len({one.seen.labels for one in linked}) <= 1
        meanings = [self.means(one.system, name, one.seen.values[name]) for one in linked]
        return not meanings or bool(frozenset.intersection(*meanings))

    def item_of(self, thing: str) -> str | None:
        """The item that manages the thing, or did so before it went."""
        found = self._links.get(thing)
        return found[-1].item if found else None

    def known_at(self, thing: str) -> float:
        """When the engine first knew the thing, by its journal, on the servers' clock; at no time where it never did."""
        links = [link.uid for link in self._links.get(thing, ())]
        known = min((self.claims.known_at[uid] for uid in links if uid in self.claims.known_at), default=float("inf"))
        return self.circumstances.host.servers(known)
