"""One place in a record where a hub field shows."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from pmsync.model.values import Empty, Settled
from pmsync.reconcile.lens import Lens


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
    """

    id: str
    field: str
    lens: Lens
    read_only: str | None = None
    display: Mapping[str, str] = dataclasses.field(default_factory=dict)
    defaults: tuple[DefaultTaken, ...] = ()

    def show(self, value: Settled) -> str:
        """The value as a person reads it."""
        if isinstance(value, Empty):
            return "(empty)"
        if isinstance(value.value, frozenset):
            return ", ".join(sorted(self.display.get(part, part) for part in value.value))
        return self.display.get(value.value, value.value)
