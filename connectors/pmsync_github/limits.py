"""How GitHub wants to be spoken to. Figures: docs.github.com, "Rate limits for the REST API" and "... for the GraphQL API"."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from pmsync.net.graphql import is_query
from pmsync.net.http import Answer, Limited, Manners, Reach, ReadRule

_SECONDARY_REST = 60.0
"""Seconds to wait at least after a secondary limit that names no time."""


def limited(answer: Answer, now: float) -> Limited | None:
    """Whether GitHub refused for its limits: 403 or 429 with its headers, or a GraphQL 200 whose errors say so and that did nothing."""
    if answer.status in (403, 429):
        return _refused(answer, now)
    if answer.status == 200 and b"RATE_LIMITED" in answer.content:
        return _refused(answer, now, certain=True) if _nothing_but_limited(answer.content) else None
    return None


def _refused(answer: Answer, now: float, *, certain: bool = False) -> Limited | None:
    headers = answer.headers
    after = _number(headers.get("retry-after"))
    if after is not None:
        return Limited(Reach.SYSTEM, now + after, "github-secondary-limit")
    if headers.get("x-ratelimit-remaining") == "0":
        reset = _number(headers.get("x-ratelimit-reset"))
        resource = headers.get("x-ratelimit-resource", "core")
        return Limited(
            Reach.SYSTEM, now + _SECONDARY_REST if reset is None else max(reset, now) + 1, f"github-primary-limit-{resource}"
        )
    if certain or answer.status == 429 or _speaks_of_limits(answer.content):
        return Limited(Reach.SYSTEM, now + _SECONDARY_REST, "github-secondary-limit")
    return None


def _speaks_of_limits(content: bytes) -> bool:
    try:
        message = json.loads(content).get("message", "")
    except (ValueError, AttributeError):
        return False
    return isinstance(message, str) and re.search(r"rate limit|abuse detection", message, re.IGNORECASE) is not None


def _nothing_but_limited(content: bytes) -> bool:
    try:
        body = json.loads(content)
    except ValueError:
        return False
    if not isinstance(body, Mapping) or not isinstance(body.get("errors"), list):
        return False
    data = body.get("data")
    carried_out = isinstance(data, Mapping) and any(value is not None for value in data.values())
    kinds = [error.get("type") for error in body["errors"] if isinstance(error, Mapping)]
    return not carried_out and "RATE_LIMITED" in kinds


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None


READS = (
    ReadRule("POST", re.compile(r"/graphql"), is_query),
    ReadRule("POST", re.compile(r"(/v3)?/app/installations/\d+/access_tokens")),
)
"""POST requests that change nothing: GraphQL queries, and the exchange of an App's key for a token."""

MANNERS = Manners(
    limited=limited,
    write_gap=1.0,
    reads_per_minute=900,
    writes_per_minute=80,
    writes_per_hour=500,
)
"""900 points a minute at one point a read; at least a second between writes; 80 content-creating requests a minute and 500 an hour."""
