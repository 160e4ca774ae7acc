"""Mentions: keys and addresses that stand in a text, in the hub the uids of the items whose records they name. Only ever read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pmsync.model.values import Settled, known, members
from pmsync.reconcile.lens import Unrepresentable


class Register(Protocol):
    """Whose key or address a text is."""

    def named(self, text: str) -> str | None:
        """The uid of the one item with a record of that key or address; None when there is none, or not only one."""
        ...

    def title(self, item: str) -> str:
        """What a person calls the item."""
        ...


class Blank:
    """The register that knows nobody, until the engine brings its own."""

    def named(self, text: str) -> str | None:
        """None."""
        return None

    def title(self, item: str) -> str:
        """Its uid."""
        return item


BLANK = Blank()


@dataclass(frozen=True, slots=True)
class MentionsLens:
    """What is mentioned is what the item is about, as far as the register knows it; the rest counts for nothing."""

    register: Register = BLANK

    def ingest(self, remote: Settled, hub: Settled) -> Settled:
        """The items that are mentioned."""
        return hub if self.consistent(remote, hub) else known(frozenset(self._items(remote)))

    def put(self, hub: Settled, remote: Settled) -> Settled | Unrepresentable:
        """What somebody wrote is not rewritten."""
        return remote if self.consistent(remote, hub) else Unrepresentable("what a text mentions is only read")

    def consistent(self, remote: Settled, hub: Settled) -> bool:
        """The same items."""
        return self._items(remote) == members(hub)

    def canon(self, remote: Settled) -> Settled:
        """The mentions that are known."""
        return known(members(remote) - self.strangers(remote))

    def strangers(self, remote: Settled) -> frozenset[str]:
        """The mentions of what has no item, or more than one."""
        return frozenset(text for text in members(remote) if self.register.named(text) is None)

    def name(self, text: str) -> str:
        """As it is written."""
        return text

    def _items(self, remote: Settled) -> set[str]:
        return {item for text in members(remote) if (item := self.register.named(text)) is not None}
