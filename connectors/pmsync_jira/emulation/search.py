"""Search: tokens instead of offsets, no total, an index that lags, and pages as long as the server pleases."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pmsync.testing.emulator import Response
from pmsync_jira.emulation.errors import Refusal, bad_request
from pmsync_jira.emulation.exchange import Exchange, strings
from pmsync_jira.emulation.issues import checked_expand, wanted_of
from pmsync_jira.emulation.jql import Query, compile_query
from pmsync_jira.emulation.meta import names_and_schema
from pmsync_jira.emulation.records import Issue
from pmsync_jira.emulation.views import Wanted, issue_json

RECONCILE_LIMIT = 50
BAD_TOKEN = "The provided next page token is invalid or expired."  # noqa: S105 - a message, not a secret


@dataclass(frozen=True, slots=True)
class Search:
    """One search request, read from a body or a query."""

    jql: str
    size: int
    token: str
    wanted: Wanted
    expand: tuple[str, ...]
    fresh: frozenset[int]


def gone(exchange: Exchange) -> Response:
    """The old search endpoint."""
    message = "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."
    raise Refusal(410, message)


def post_search(exchange: Exchange) -> Response:
    """POST search/jql."""
    body = exchange.object_body()
    wanted = wanted_of(exchange, strings(body, "fields"), strings(body, "properties"), "id")
    size = body.get("maxResults", 50)
    fresh = body.get("reconcileIssues") or []
    if not isinstance(size, int) or not isinstance(fresh, list) or not all(isinstance(id_, int) for id_ in fresh):
        raise bad_request("Invalid request payload. Refer to the REST API documentation and try again.")
    token = body.get("nextPageToken") or ""
    expand = [part for part in str(body.get("expand") or "").split(",") if part]
    return _answer(exchange, Search(str(body.get("jql") or ""), size, token, wanted, tuple(expand), frozenset(fresh)))


def get_search(exchange: Exchange) -> Response:
    """GET search/jql."""
    wanted = wanted_of(exchange, exchange.values("fields"), exchange.values("properties"), "id")
    fresh = exchange.values("reconcileIssues")
    if not all(id_.isdecimal() for id_ in fresh):
        raise bad_request("reconcileIssues must be issue ids.")
    search = Search(
        exchange.request.param("jql"),
        exchange.number("maxResults", 50),
        exchange.request.param("nextPageToken"),
        wanted,
        tuple(exchange.values("expand")),
        frozenset(map(int, fresh)),
    )
    return _answer(exchange, search)


def count(exchange: Exchange) -> Response:
    """POST search/approximate-count: as behind as the index."""
    query = compile_query(str(exchange.object_body().get("jql") or ""), exchange.state, exchange.person)
    return Response.of(200, {"count": sum(1 for _ in seen(exchange, query, frozenset()))})


def _answer(exchange: Exchange, search: Search) -> Response:
    if len(search.fresh) > RECONCILE_LIMIT:
        raise bad_request(f"The number of issues to reconcile is limited to {RECONCILE_LIMIT}.")
    expand = checked_expand(list(search.expand), frozenset({"names", "schema"}))
    query = compile_query(search.jql, exchange.state, exchange.person)
    after = _opened(exchange, search)
    hits = in_order(seen(exchange, query, search.fresh), query)
    start = next((place for place, issue in enumerate(hits) if after is None or _past(query, issue, after)), len(hits))
    page = hits[start : start + _page_size(exchange, search)]
    more = start + len(page) < len(hits)
    renderer = exchange.renderer
    answer: dict[str, Any] = {"issues": [issue_json(renderer, issue, search.wanted) for issue in page], "isLast": not more}
    if more:
        last = page[-1] if page else None
        answer["nextPageToken"] = _sealed(exchange, search, _position(query, last) if last else after)
    if exchange.knobs.repeat_token and search.token:
        answer.update(nextPageToken=search.token, isLast=False)
    return Response.of(200, {**answer, **names_and_schema(renderer, search.wanted.fields, expand)})


def seen(exchange: Exchange, query: Query, fresh: frozenset[int]) -> Iterable[Issue]:
    """The issues that a query finds, as the index shows them; those of ``fresh`` as they are."""
    state = exchange.state
    for entry in state.entries.values():
        reconciled = entry.current.id in fresh
        if reconciled and not state.visible(entry):
            continue
        issue = entry.current if reconciled else state.indexed(entry)
        if issue is None or entry.hidden or not state.may("BROWSE_PROJECTS", state.projects[issue.project]):
            continue
        if query.matches(issue):
            yield issue


def in_order(issues: Iterable[Issue], query: Query) -> list[Issue]:
    """Issues in the order that the query asks for."""
    ordered = list(issues)
    for key, descending in reversed(query.order):
        ordered.sort(key=key, reverse=descending)
    return ordered


def _position(query: Query, issue: Issue) -> list[Any]:
    return [key(issue) for key, _ in query.order]


def _past(query: Query, issue: Issue, after: list[Any]) -> bool:
    """Whether an issue comes after the last one shown: the walk is no snapshot, an issue that moves may come twice."""
    for (key, descending), seen in zip(query.order, after, strict=True):
        value = key(issue)
        bound = tuple(seen) if isinstance(seen, list) else seen
        if value != bound:
            return bool(value < bound) if descending else bool(value > bound)
    return False


def _page_size(exchange: Exchange, search: Search) -> int:
    knobs = exchange.knobs
    size = min(search.size, knobs.id_page_cap if search.wanted.bare else knobs.page_cap)
    if size < 1:
        raise bad_request("maxResults must be greater than zero.")
    return cut(exchange, size)


def cut(exchange: Exchange, size: int) -> int:
    """How many issues the next page shows of those that it might."""
    knobs = exchange.knobs
    if knobs.page_sizes:
        return min(size, knobs.page_sizes.pop(0))
    return exchange.state.random.randint(0, size) if knobs.ragged else size


def _fingerprint(jql: str) -> str:
    return hashlib.sha256(jql.encode()).hexdigest()[:16]


def _sealed(exchange: Exchange, search: Search, after: list[Any] | None) -> str:
    content = {"q": _fingerprint(search.jql), "until": exchange.state.clock.now() + exchange.knobs.token_seconds, "after": after}
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


def _opened(exchange: Exchange, search: Search) -> list[Any] | None:
    if not search.token:
        return None
    try:
        content = json.loads(base64.urlsafe_b64decode(search.token.encode()))
    except (binascii.Error, ValueError) as broken:
        raise bad_request(BAD_TOKEN) from broken
    if not isinstance(content, dict) or content.get("q") != _fingerprint(search.jql):
        raise bad_request(BAD_TOKEN)
    if content["until"] < exchange.state.clock.now():
        raise bad_request(BAD_TOKEN)
    after: list[Any] | None = content["after"]
    return after
