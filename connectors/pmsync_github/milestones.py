"""Milestones as releases: their records, their one date rule, and the words of their surfaces. Pure.

A milestone's ``due_on`` is a moment to GitHub and a day to everybody else. GitHub puts whatever it is given at the midnight before it in
Los Angeles, so that the start of a day in UTC lands on the day before. Noon in UTC is the early morning of the same day there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from pmsync.model.enums import Audience, Kind, Status
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.model.values import Known, known
from pmsync_github.mapping import MILESTONE_TITLE, RELEASE_DUE, RELEASE_STATE, TITLE, split_marker, stamp

OPEN, CLOSED = "open", "closed"
STATE_READS = {OPEN: Status.PLANNED.value, CLOSED: Status.RELEASED.value}
STATE_WRITES = {
    status.value: CLOSED if status in (Status.RELEASED, Status.DECLINED, Status.DUPLICATE) else OPEN for status in Status
}
"""``done`` is merged, not in anybody's hands: its milestone stays open."""

_KEY = re.compile(r"(?P<repository>[^/#\s]+/[^/#\s]+) milestone (?P<number>\d+)")
_PACIFIC = timedelta(hours=7)
"""Midnight in Los Angeles is 7 or 8 in UTC: seven hours earlier it is the same day in UTC, summer and winter, without a time zone table."""


@dataclass(frozen=True, slots=True)
class Milestone:
    """One milestone as either API shows it; times are Unix seconds, ``due`` a day (``2026-03-31``), "" for none."""

    id: str
    number: int
    title: str
    description: str
    state: str
    due: str
    url: str
    creator: str
    created_at: float
    updated_at: float
    repository: str
    audience: Audience | None = None

    @property
    def shown(self) -> tuple[str, ...]:
        """All that its record shows; its stamp moves with every issue that goes into it."""
        return (self.id, self.title, self.state, self.due, self.description, self.url)


def day(due_on: datetime | None) -> str:
    """The day that a ``due_on`` stands for, "" for none."""
    return (due_on.astimezone(UTC) - _PACIFIC).date().isoformat() if due_on else ""


def due_on(day: str) -> str | None:
    """The ``due_on`` that comes back as ``day``, None for none.

    Raises:
        ValueError: it is no day.
    """
    return f"{date.fromisoformat(day).isoformat()}T12:00:00Z" if day else None


def display_key(repository: str, number: int) -> str:
    """How people name a milestone: ``acme/api milestone 3``."""
    return f"{repository} milestone {number}"


def parse_key(key: str) -> tuple[str, int] | None:
    """Repository and number of a display key, None when it is none."""
    match = _KEY.fullmatch(key)
    return (match["repository"], int(match["number"])) if match else None


def record(one: Milestone, scope: ScopeRef, audience: Audience, *, writable: bool) -> Record:
    """The record that a milestone is in ``scope``. ``writable``: its title shows on the surface that issues have too."""
    return Record(
        ref=RecordRef(scope.system, one.id),
        scope=scope,
        key=display_key(one.repository or scope.key, one.number),
        url=one.url,
        kind=Kind.RELEASE,
        values={
            TITLE if writable else MILESTONE_TITLE: known(one.title),
            RELEASE_STATE: Known(one.state),
            RELEASE_DUE: known(one.due),
        },
        version=stamp(one.updated_at),
        updated_at=one.updated_at,
        created_at=one.created_at,
        creator=one.creator,
        audience=audience if one.audience is None else one.audience,
        marker=split_marker(one.description)[1],
    )
