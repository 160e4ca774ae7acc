"""What a run tells while it goes on. The command line, the JSON output, tests and the daemon's log all read this one stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pmsync.model.record import ScopeRef


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    ``kind`` is one of: ``pulled``, ``adopted``, ``created_item``, ``ingested``, ``conflict``, ``settled``, ``overruled``, ``overwritten``,
    ``skipped``, ``planned``, ``held``, ``sent``, ``confirmed``, ``rejected``, ``dropped``, ``waiting``, ``resolved``, ``parked``, ``unmanaged``,
    ``gone``, ``moved``, ``quarantined``, ``failed``, ``not_sent``, ``later``, ``resting``, ``progress``.
    """

    kind: str
    text: str
    scope: ScopeRef | None = None
    item: str = ""
    field: str = ""
    op: str = ""
    code: str = ""
    hint: str = ""
    done: int = 0
    total: int = 0


Listener = Callable[[Event], None]


STOPS = ("held", "waiting", "later")
"""Events that say why a run did not do all that it wanted."""

MOST = 50


@dataclass(slots=True)
class Tally:
    """Counts of a run, by event kind, and what stopped or failed.

    ``failures`` hold sentences with their remedy, and so does ``stops``: what was held or waits, each sentence once, the first ``MOST``.
    """

    counts: dict[str, int] = field(default_factory=dict)
    failures: list[tuple[str, str]] = field(default_factory=list)
    stops: dict[str, str] = field(default_factory=dict)
    _parked: str = ""

    def hear(self, event: Event) -> None:
        """Count one event."""
        step = event.done if event.kind == "pulled" else 1
        if event.kind != "progress":
            self.counts[event.kind] = self.counts.get(event.kind, 0) + step
        if event.kind in STOPS and len(self.stops) < MOST:
            self.stops.setdefault(event.text, event.hint)
        if event.kind in ("failed", "parked"):
            self.failures.append((event.text, event.hint))
        if event.kind == "resting":
            self.failures = [failure for failure in self.failures if failure[0] != self._parked]
        self._parked = event.text if event.kind == "parked" else self._parked

    def of(self, kind: str) -> int:
        """How often ``kind`` happened; for ``pulled`` the number of changed records."""
        return self.counts.get(kind, 0)
