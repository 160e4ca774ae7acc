"""One place in a record where a hub field shows."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from pmsync.model.enums import Nature
from pmsync.model.record import Record
from pmsync.model.values import Empty, Settled
from pmsync.reconcile.lens import Lens
from pmsync.reconcile.lenses.mentions import MentionsLens
from pmsync.reconcile.lenses.references import ReferencesLens
from pmsync.reconcile.lenses.text import TextLens, Verdict


@dataclass(frozen=True, slots=True)
class DefaultTaken:
    """A mapping nobody wrote down: what was assumed, why, and the config line that would change it.

    ``remote`` is the token of the surface's lens; ``Surface.display`` has its name. Example: ``DefaultTaken("10004", "in_progress",
    "Jira's category In Progress", 'maps.status.jira: {"Ready for QA": in_review}')`` for the status whose id is 10004.
    """

    remote: str
    hub: str
    why: str
    change: str


@dataclass(frozen=True, slots=True)
class Surface:
    """Where and how one hub field shows in the records of one scope.

    Attributes:
        id: unique within the scope, e.g. ``status`` or ``label:priority``.
        field: the hub field, a key of ``pmsync.model.fields.FIELDS``.
        lens: the mapping.
        read_only: why pmsync cannot write here, None when it can.
        display: remote value to the name a person knows it by (status id to status name); values absent here show as they are.
        defaults: every assumption the lens rests on.
        natures: the sorts of record that it is part of: an issue has a priority, a version has not.
    """

    id: str
    field: str
    lens: Lens
    read_only: str | None = None
    display: Mapping[str, str] = dataclasses.field(default_factory=dict)
    defaults: tuple[DefaultTaken, ...] = ()
    natures: frozenset[Nature] = frozenset({Nature.WORK})

    def visible(self, hub: Settled) -> Settled:
        """The part of a hub value that an agreement on this surface is about.

        What a record refers to may get a counterpart here later on; then it is news to this surface, though the hub knew it all along.
        """
        return self.lens.visible(hub) if isinstance(self.lens, ReferencesLens) else hub

    def agreed(self, remote: Settled) -> Settled:
        """The part of a remote value that an agreement is about: a record that it refers to may become known later on, which is news then."""
        return self.lens.canon(remote) if isinstance(self.lens, ReferencesLens | MentionsLens) else remote

    def judge(self, hub: Settled, target: Settled, record: Record | None = None) -> Verdict:
        """What ``target`` loses of ``hub`` when it is written to ``record`` (None: a new one), and whether it may be written at all."""
        if not isinstance(self.lens, TextLens):
            return Verdict()
        return self.lens.judge(hub, target, "" if record is None else record.raw.get(self.id, ""))

    def show(self, value: Settled) -> str:
        """The value as a person reads it."""
        if isinstance(value, Empty):
            return "(empty)"
        if isinstance(value.value, frozenset):
            return ", ".join(sorted(map(self.name, value.value)))
        return self.name(value.value)

    def name(self, token: str) -> str:
        """One remote value, or one member of a set, as a person knows it."""
        known = self.display.get(token)
        if known is None and isinstance(self.lens, ReferencesLens):
            return self.lens.name(token)
        return token if known is None else known
