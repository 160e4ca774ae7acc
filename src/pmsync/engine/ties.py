"""Ties: links between records that no hub field carries. They are counted and told, sort by sort, and written nowhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from pmsync.model.fields import FIELDS
from pmsync.model.record import RecordRef
from pmsync.reconcile.lenses import ReferencesLens
from pmsync.reconcile.view import Replica
from pmsync.store import Transaction

_CARRIED = tuple(name for name in ("parent", "blocked_by") if FIELDS[name].refers)


@dataclass(frozen=True, slots=True)
class Tied:
    """Links of one sort in one system.

    Attributes:
        sort: as the system calls it; a field of the hub for links that would be carried if their other end were managed.
        links: how many.
        outside: how many of them lead to what is not managed.
        why: why they stay here.
    """

    system: str
    sort: str
    links: int
    outside: int
    why: str

    def __str__(self) -> str:
        out = f", {self.outside:,} of them to what is not managed" if 0 < self.outside < self.links else ""
        return f"{self.links:,} links {self.sort} of {self.system}{out}: {self.why}"


def keep_ties(tx: Transaction, item: str, replica: Replica) -> None:
    """Note the links of a record that no field carries; systems that know of none have no references either."""
    if any(isinstance(view.surface.lens, ReferencesLens) for view in replica.surfaces):
        tx.references.put(item, _field(replica.link.ref.system), replica.record.ties)


def tied_in(tx: Transaction, system: str) -> Iterator[Tied]:
    """What stays here of a system's links, sort by sort; those that lead out of what is managed last."""
    ties = [text.split(" ", 2) for text in tx.references.kept(_field(system))]
    ends = {other for _, other, _ in ties}
    known = {ref.remote_id for ref in tx.links.by_refs([RecordRef(system, one) for one in sorted(ends)])}
    sorts = {link: (sort, other) for link, other, sort in ties}
    inside = {link for link, other, _ in ties if other in known}
    counted = Counter(sort for sort, _ in sorts.values())
    outside = Counter(sort for link, (sort, _) in sorts.items() if link not in inside)
    for sort, links in sorted(counted.items()):
        yield Tied(system, sort, links, outside[sort], "only parents and blockers are carried to other systems")
    for name in _CARRIED:
        if strangers := tx.references.kept(f"{name} in {system}"):
            yield Tied(
                system, name, len(strangers), len(strangers), "they lead to what is not managed, and are taken up when it is"
            )


def _field(system: str) -> str:
    return f"ties in {system}"
