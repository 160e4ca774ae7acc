"""The words of a small world: its sides, what happens on them, what the process is about to do, and the whole of it at one moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pmsync.model.record import ScopeRef
from pmsync.reconcile.routing import Create
from pmsync.testing.faults import FaultKind

SIDES = ("a", "b")
PEOPLE = {"a": "ana", "b": "ben"}
TOUCHING = frozenset({"list", "list all", "read", "create", "update", "history"})
"""The requests whose answer, or whose effect, depends on records."""

LEASE = 121.0
"""Seconds after which a dead process no longer holds the store."""

DAY = 86_401.0
"""Seconds after which the sweep comes by."""

GAP = 60.0
"""Seconds between two rounds in the middle of things."""

PAUSE = 700.0
"""Seconds between two rounds on the way to rest."""


class Crash(BaseException):
    """The process dies here: nothing after this may take effect."""


@dataclass(frozen=True, slots=True)
class Act:
    """One change as a tracker shows it. ``who`` is ``person`` or ``robot``; ``verb`` is ``create``, ``edit``, ``move`` or ``delete``.

    The robot's ``read`` of a side's records and the ``round`` that ran to its end stand in the log as well.
    """

    who: str
    verb: str
    side: str = ""
    record: str = ""
    name: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Boundary:
    """What the process is about to do: send a request (``path`` as the connector names it), or commit (``path`` is "")."""

    side: str = ""
    method: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Mishap:
    """What befalls the write of that number (from 1) in the coming round: LOSE_BEFORE, LOSE_AFTER, LATE or TWICE."""

    write: int
    kind: FaultKind


@dataclass(frozen=True, slots=True)
class Late:
    """A write that is still on its way to a side."""

    side: str
    call: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Layout:
    """How the trackers are set up: personality and containers of each side, of which the first ``managed`` are in the config.

    A personality may be followed by ``+history``: one that tells who changed what, and takes no precondition, as Jira and GitHub do.
    """

    kinds: Mapping[str, str]
    homes: Mapping[str, Sequence[str]]
    managed: Mapping[str, int]
    create: Create = Create.AUTO

    def blind(self, side: str) -> bool:
        """Whether the side keeps no history."""
        return not self.kinds[side].endswith(("-rich", "+history"))

    def scopes(self, side: str) -> list[ScopeRef]:
        """The managed containers of a side."""
        return [ScopeRef(side, home) for home in self.homes[side][: self.managed[side]]]


@dataclass(frozen=True, slots=True)
class Moment:
    """The whole world at one moment. ``late`` are writes that are still on their way."""

    image: bytes
    desks: tuple[bytes, ...]
    late: tuple[Late, ...]
    now: float
    names: Any
    acts: tuple[Act, ...]
