"""Label sets: equal by ``label_key``, each side keeping its own spelling."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pmsync.model.labels import by_key, label_key
from pmsync.model.values import EMPTY, Known, Settled, known
from pmsync.reconcile.lens import Unmapped, Unrepresentable

_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class LabelsLens:
    """The labels of a record that belong to pmsync; all others are invisible and preserved.

    Attributes:
        namespace: only labels whose key starts with it are visible; "" for all.
        exclude: true for labels that belong to another surface (``priority/high``); asked for the label and for its key.
        spaces: False where the remote's labels hold no white space: it is written as ``-``.
        limit: the largest number of characters of one label, None when unbounded.
    """

    namespace: str = ""
    exclude: Callable[[str], bool] | None = None
    spaces: bool = True
    limit: int | None = None

    def ingest(self, remote: Settled, hub: Settled) -> Settled | Unmapped:
        """The hub's set with its visible part as the remote shows it; labels the hub has already keep the hub's spelling.

        This is the remote's whole word, as GetPut demands. Merging (union at first contact, deltas afterwards) is done by
        ``pmsync.reconcile.sets``, never by a lens.
        """
        if self.consistent(remote, hub):
            return hub
        ours = by_key(_members(hub))
        shown = self._visible(remote)
        hidden = {label for key, label in ours.items() if key not in self._visible(hub)}
        return known(frozenset(hidden | {ours.get(key, label) for key, label in shown.items()}))

    def put(self, hub: Settled, remote: Settled) -> Settled | Unrepresentable:
        """The remote's set with its visible part as the hub has it; labels that are there already keep the remote's spelling."""
        if self.consistent(remote, hub):
            return remote
        wanted, present = self._visible(hub), self._visible(remote)
        kept = {label for label in _members(remote) if not self._sees(label) or label_key(label) in wanted}
        new = {self._spell(label) for key, label in wanted.items() if key not in present}
        for label in sorted(new):
            if self.limit is not None and len(label) > self.limit:
                return Unrepresentable(f"the label {label!r} has {len(label)} characters, the limit is {self.limit}")
        return known(frozenset(kept | new))

    def consistent(self, remote: Settled, hub: Settled) -> bool:
        """The visible parts hold the same keys."""
        return self._visible(remote).keys() == self._visible(hub).keys()

    def canon(self, remote: Settled) -> Settled:
        """The keys of the visible labels."""
        return known(frozenset(self._visible(remote)))

    def _visible(self, labels: Settled) -> dict[str, str]:
        return by_key(label for label in _members(labels) if self._sees(label))

    def _sees(self, label: str) -> bool:
        key = label_key(label)
        if not key or not key.startswith(label_key(self.namespace)):
            return False
        return self.exclude is None or not (self.exclude(label) or self.exclude(key))

    def _spell(self, label: str) -> str:
        return label if self.spaces else _SPACE.sub("-", label.strip())


def label_collisions(labels: Iterable[str]) -> list[tuple[str, ...]]:
    """Groups of different spellings that are one label (``Bug`` and ``bug``), sorted; empty when all are distinct."""
    groups: dict[str, set[str]] = {}
    for label in labels:
        groups.setdefault(label_key(label), set()).add(label)
    return sorted(tuple(sorted(group)) for group in groups.values() if len(group) > 1)


def _members(value: Settled) -> frozenset[str]:
    if value == EMPTY:
        return frozenset()
    assert isinstance(value, Known)
    if isinstance(value.value, str):
        raise TypeError("a label lens was given text: the surface is declared for the wrong field")
    return value.value
