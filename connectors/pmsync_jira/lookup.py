"""Looking for a create whose answer was lost.

Keys count up within a project, and a bulk fetch reads the database, not the search index. So the keys right after the highest one known
before the create are probed until nothing comes any more; only such a clean gap proves absence. The index is asked too, for what it
shows counts at once, and what it does not show proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec

from pmsync.connect.contract import Absent, Finding, Found, Unreadable
from pmsync.connect.errors import Gone, Retry
from pmsync.model.record import Record, ScopeRef
from pmsync.reconcile.operation import Operation
from pmsync_jira import wire
from pmsync_jira.catalogue import find_project, refused_query
from pmsync_jira.client import Client, Query, Refused
from pmsync_jira.client import Found as Page
from pmsync_jira.stream import STUCK, within

GAP = 20
"""Keys without an issue behind the last one found that count as the end."""
PROBES = 50
"""Rounds of ``Client.probe`` keys after which the look is given up."""
ANEW = 3
"""Times that a walk is begun anew because its pages shifted."""
SKEW = 60_000
"""Milliseconds before the floor's time from which the index is asked."""


class Floor(msgspec.Struct, frozen=True):
    """Where a look starts: the highest key number seen, and the server's time then (Unix milliseconds, None when not told)."""

    key: int = 0
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: records of ours that carry the op's marker. ``record`` turns an issue into a record."""

    scope: ScopeRef
    marker: str | None
    me: str
    record: Callable[[wire.Issue], Record]

    def among(self, issues: Sequence[wire.Issue]) -> Record | None:
        """The wanted record; of several that carry the marker the oldest, for the others are surplus."""
        records = [self.record(one) for one in issues]
        ours = [one for one in records if one.marker == self.marker and one.creator == self.me]
        return min(ours, key=lambda one: int(one.ref.remote_id), default=None)


def floor(api: Client, scope: ScopeRef) -> str:
    """Take the floor before a create. The index may lag; a floor too low only makes a look longer."""
    highest, at = 0, None
    for page in walk(api, scope, Query(f"{within(scope, None)} ORDER BY key DESC", ("key",), size=1)):
        at = at if at is not None else page.at
        if page.issues:
            highest = number(page.issues[0].key)
            break
    return msgspec.json.encode(Floor(highest, None if at is None else int(at * 1000))).decode()


def find(api: Client, wanted: Wanted, op: Operation, text: str) -> Finding:
    """Look for ``op``'s record from the floor on."""
    if op.marker is None:
        return Unreadable("the create carried no marker")
    start = msgspec.json.decode(text, type=Floor) if text else Floor()
    try:
        project, _ = find_project(api, wanted.scope)
        probed = _probe(api, wanted, project.key, start.key)
        if isinstance(probed, Found):
            return probed
        indexed = _indexed(api, wanted, start)
    except Gone as gone:
        return Unreadable(gone.message)
    return indexed or probed


def number(key: str) -> int:
    """The number of an issue key, 0 for what is none."""
    tail = key.rpartition("-")[2]
    return int(tail) if tail.isdecimal() else 0


def _probe(api: Client, wanted: Wanted, prefix: str, start: int) -> Finding:
    for first in range(start + 1, start + 1 + api.probe * PROBES, api.probe):
        last = first + api.probe - 1
        keys = [f"{prefix}-{one}" for one in range(first, last + 1)]
        batches = (keys[start : start + api.batch] for start in range(0, len(keys), api.batch))
        issues = [one for batch in batches for one in api.bulk_fetch(batch).issues]
        record = wanted.among(issues)
        if record is not None:
            return Found(record)
        if _ends(issues, prefix, last):
            return Absent(consistent=True)
    return Unreadable(f"more than {api.probe * PROBES} issues were created in {wanted.scope} since")


def _ends(issues: Sequence[wire.Issue], prefix: str, last: int) -> bool:
    """Whether the probed keys end in a clean gap. An issue that moved away answers under another key: where it stood is not known."""
    if any(one.key.rpartition("-")[0] != prefix for one in issues):
        return False
    return max((number(one.key) for one in issues), default=0) <= last - GAP


def _indexed(api: Client, wanted: Wanted, start: Floor) -> Found | None:
    since = "" if start.at is None else f" AND created >= {start.at - SKEW}"
    jql = f"{within(wanted.scope, None)} AND creator = currentUser(){since} ORDER BY created ASC"
    for page in walk(api, wanted.scope, Query(jql, api.asked, marker=True)):
        record = wanted.among(page.issues)
        if record is not None:
            return Found(record)
    return None


def walk(api: Client, scope: ScopeRef, query: Query) -> Iterator[Page]:
    """All pages of a search; empty ones are not the end. An issue may come twice, where the pages shifted.

    Raises:
        Gone: the project cannot be seen.
        Retry: the same empty page came again and again, so that the walk cannot be completed.
    """
    still = anew = 0
    beginning = query
    while True:
        found = api.search(query)
        if isinstance(found, Refused) and found.moved and anew < ANEW:
            anew, query = anew + 1, beginning
            continue
        if isinstance(found, Refused):
            raise Retry(f"{scope}: {found}", at=0.0) if found.moved else refused_query(scope, str(found), None)
        yield found
        if found.token is None:
            return
        still = still + 1 if found.token == query.token and not found.issues else 0
        if still == STUCK:
            raise Retry(f"{scope}: Jira gives the same page again and again", at=0.0)
        query = replace(query, token=found.token)
