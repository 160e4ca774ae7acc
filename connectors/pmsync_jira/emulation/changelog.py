"""History: of one issue, and of a thousand at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pmsync.testing.emulator import Response
from pmsync_jira.emulation.errors import bad_request
from pmsync_jira.emulation.exchange import Exchange, strings
from pmsync_jira.emulation.records import History

BULK_ISSUES = 1000
BULK_FIELDS = 10
BULK_PAGE = 10_000


def get_changelog(exchange: Exchange) -> Response:
    """GET issue/{}/changelog: oldest first."""
    entry = exchange.entry()
    start, size = exchange.window(100, 100)
    histories = [exchange.renderer.history(one) for one in entry.history[start : start + size]]
    page = exchange.renderer.page(exchange.request.path, histories, start, size, len(entry.history))
    return Response.of(200, page)


def bulk_changelog(exchange: Exchange) -> Response:
    """POST changelog/bulkfetch: by date, then by issue; unreadable issues are left out."""
    body = exchange.object_body()
    names, fields = strings(body, "issueIdsOrKeys"), strings(body, "fieldIds")
    if not names or len(names) > BULK_ISSUES:
        raise bad_request(f"issueIdsOrKeys must name 1 to {BULK_ISSUES} issues.")
    if len(fields) > BULK_FIELDS:
        raise bad_request(f"fieldIds is limited to {BULK_FIELDS} fields.")
    size = body.get("maxResults", 1000)
    if not isinstance(size, int) or not 1 <= size <= BULK_PAGE:
        raise bad_request(f"maxResults must be between 1 and {BULK_PAGE}.")
    token = str(body.get("nextPageToken") or "0")
    if not token.isdecimal():
        raise bad_request("The provided next page token is invalid or expired.")
    start = int(token)
    everything = _merged(exchange, names, frozenset(fields))
    page = everything[start : start + size]
    by_issue: dict[int, list[dict[str, Any]]] = {}
    for issue_id, history in page:
        by_issue.setdefault(issue_id, []).append(exchange.renderer.history(history, bulk=True))
    answer: dict[str, Any] = {
        "issueChangeLogs": [{"issueId": str(issue_id), "changeHistories": shown} for issue_id, shown in by_issue.items()],
    }
    if start + size < len(everything):
        answer["nextPageToken"] = str(start + size)
    return Response.of(200, answer)


def _merged(exchange: Exchange, names: list[str], fields: frozenset[str]) -> list[tuple[int, History]]:
    merged: list[tuple[int, History]] = []
    for name in dict.fromkeys(names):
        entry = exchange.state.entry(name)
        if entry is None or not exchange.state.visible(entry):
            continue
        for history in entry.history:
            changes = tuple(change for change in history.changes if not fields or change.field_id in fields)
            if changes:
                merged.append((entry.current.id, replace(history, changes=changes)))
    merged.sort(key=lambda pair: (pair[1].created, pair[0]))
    return merged
