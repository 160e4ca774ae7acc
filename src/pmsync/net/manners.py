"""How one vendor wants to be spoken to: limits, pacing, and which requests are reads. Data that connectors hand to ``Http``."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pmsync.net.message import Answer


@dataclass(frozen=True, slots=True)
class ReadRule:
    """A request that is a read although its method is not GET: ``POST /search/jql``, a GraphQL query.

    ``path`` must match fully; ``body``, when given, must accept the parsed JSON body.
    """

    method: str
    path: re.Pattern[str]
    body: Callable[[Any], bool] | None = None


class Reach(StrEnum):
    """What a rate limit holds up: one request's target, one endpoint, or the whole system."""

    TARGET = "target"
    ENDPOINT = "endpoint"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Limited:
    """The remote refused for its limits: nothing was carried out. ``until``: Unix seconds; ``reason``: the remote's own code."""

    reach: Reach
    until: float
    reason: str


@dataclass(frozen=True, slots=True)
class Manners:
    """How one vendor wants to be spoken to.

    Attributes:
        limited: reads a refusal for limits off an answer: (answer, now) to Limited, or None when it is no such refusal.
        write_gap: least seconds between two writes.
        reads_per_minute: ceiling of the client's own pacing for reads, None for none.
        writes_per_minute: the same for writes.
        writes_per_hour: the same for writes, per hour.
        patience: longest wait in seconds taken inside one call; a longer one raises ``Park`` instead of sleeping.
    """

    limited: Callable[[Answer, float], Limited | None]
    write_gap: float = 0.0
    reads_per_minute: int | None = None
    writes_per_minute: int | None = None
    writes_per_hour: int | None = None
    patience: float = 60.0
