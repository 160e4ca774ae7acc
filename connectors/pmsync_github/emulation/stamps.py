"""Times as GitHub writes them, and the one date rule of its milestones."""

from __future__ import annotations

from datetime import UTC, datetime, time
from email.utils import formatdate
from zoneinfo import ZoneInfo

PACIFIC = "America/Los_Angeles"


def iso(moment: int) -> str:
    """``2026-01-31T09:00:00Z``."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def maybe_iso(moment: int | None) -> str | None:
    """The same, None for None."""
    return None if moment is None else iso(moment)


def http_date(moment: float) -> str:
    """The form of the ``Date`` header."""
    return formatdate(moment, usegmt=True)


def parse(text: str) -> float:
    """Unix seconds of an ISO 8601 time; without a zone it is UTC.

    Raises:
        ValueError: it is no such time.
    """
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def pacific_midnight(moment: float) -> int:
    """The start of that day in Los Angeles: where GitHub puts a milestone's ``due_on``."""
    zone = ZoneInfo(PACIFIC)  # looked up late: machines without a time zone database can do all the rest
    day = datetime.fromtimestamp(moment, zone).date()
    return int(datetime.combine(day, time(), zone).timestamp())
