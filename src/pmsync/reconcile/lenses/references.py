"""References: on a record the ids of other records of its system, in the hub the uids of their items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pmsync.model.values import EMPTY, Known, Settled, known, members
from pmsync.reconcile.lens import Unmapped, Unrepresentable


class Directory(Protocol):
    """Which item a record of one system belongs to, and which record an item shows in there."""

    def item(self, remote_id: str) -> str | None:
        """The uid of the record's item; None when it has none."""
        ...

    def record(self, item: str) -> str | None:
        """The remote id of the item's record; None when it has none that can be referred to."""
        ...

    def rank(self, item: str) -> tuple[bool, str, str]:
        """Where a place that has room for one shows the item: the least first."""
        ...

    def title(self, item: str) -> str:
        """What a person calls the item."""
        ...


class Nowhere:
    """The directory that knows nothing, until the engine brings its own."""

    def item(self, remote_id: str) -> str | None:
        """None."""
        return None

    def record(self, item: str) -> str | None:
        """None."""
        return None

    def rank(self, item: str) -> tuple[bool, str, str]:
        """By uid."""
        return (False, "", item)

    def title(self, item: str) -> str:
        """Its uid."""
        return item


NOWHERE = Nowhere()


PROMISE = "item:"
"""In a plan: stands before the uid of an item whose record does not exist yet."""


@dataclass(frozen=True, slots=True)
class ReferencesLens:
    """What a record refers to, as far as that shows in its system; all else that the hub's value holds is invisible here and preserved.

    Attributes:
        single: the place has room for one: a milestone, a parent. It shows any one of the hub's; where it shows none of them, the first by
            the directory's rank is written, and what it has no room for is preserved.
        scalar: the hub's field holds one uid, not a set of them.
        directory: who is who; the same for as long as nothing is linked or unlinked.
    """

    single: bool = False
    scalar: bool = False
    directory: Directory = NOWHERE

    def ingest(self, remote: Settled, hub: Settled) -> Settled | Unmapped:
        """The hub's value with its visible part as the remote shows it."""
        if self.consistent(remote, hub):
            return hub
        strangers = self.strangers(remote)
        if self.single and strangers:
            return Unmapped("it refers to a record that pmsync does not manage")
        found = {item for one in members(remote) if (item := self.directory.item(one)) is not None}
        hidden = {uid for uid in members(hub) if self.directory.record(uid) is None}
        return self._hub(found if self.scalar else found | hidden)

    def put(self, hub: Settled, remote: Settled) -> Settled | Unrepresentable:
        """What the remote shows when it refers to the records of the hub's items."""
        if self.consistent(remote, hub):
            return remote
        shown = self._projected(hub)
        if self.single:
            return known(shown[0]) if shown else EMPTY
        return known(frozenset(shown) | self.strangers(remote))

    def consistent(self, remote: Settled, hub: Settled) -> bool:
        """The remote refers to the records of the hub's items that have one here; what is not managed counts on neither side."""
        shown, wanted = members(remote), set(self._projected(hub))
        if self.single:
            return shown <= wanted and bool(shown) == bool(wanted)
        return shown - self.strangers(remote) == wanted

    def canon(self, remote: Settled) -> Settled:
        """What is managed: of the rest it does not matter whether it is there. But where there is room for one, it stands in the way."""
        return remote if self.single else known(members(remote) - self.strangers(remote))

    def name(self, remote_id: str) -> str:
        """What a person calls what is referred to; the id itself where nobody knows."""
        item = remote_id.removeprefix(PROMISE) if remote_id.startswith(PROMISE) else self.directory.item(remote_id)
        return remote_id if item is None else self.directory.title(item)

    def strangers(self, remote: Settled) -> frozenset[str]:
        """The references to what has no item."""
        return frozenset(one for one in members(remote) if self.directory.item(one) is None)

    def visible(self, hub: Settled) -> Settled:
        """The part of the hub's value that shows here: what an agreement is about."""
        return self._hub({uid for uid in members(hub) if self.directory.record(uid) is not None})

    def _projected(self, hub: Settled) -> Sequence[str]:
        """The records of the hub's items, in the order of their rank."""
        found = {remote: uid for uid in members(hub) if (remote := self.directory.record(uid)) is not None}
        return sorted(found, key=lambda remote: self.directory.rank(found[remote])) if len(found) > 1 else list(found)

    def _hub(self, uids: set[str]) -> Settled:
        if not self.scalar:
            return known(frozenset(uids))
        return Known(min(uids, key=self.directory.rank)) if uids else EMPTY
