"""Which issues a scope's condition covers now. Only Jira can say that, so it is asked, and on Cloud not of its lagging index.

``reconcileIssues`` makes a search of Cloud read the named issues from the database.
Source: https://developer.atlassian.com/cloud/jira/platform/search-and-reconcile/
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

from pmsync.model.record import Record, ScopeRef
from pmsync_jira.client import RECONCILED, Client, Query
from pmsync_jira.lookup import walk

Where = Callable[[ScopeRef], str | None]
"""Gives a scope's condition, None where it has none."""


class Judge:
    """Marks the records that their scope's condition excludes."""

    def __init__(self, api: Client, where: Where) -> None:
        self._api = api
        self._where = where

    def marked(self, records: Sequence[Record]) -> list[Record]:
        """The records, in their order. One id-only search per ``RECONCILED`` records of scopes with a condition; none for the others.

        Raises:
            Rejected: Jira refuses the condition.
        """
        asked: dict[ScopeRef, list[Record]] = defaultdict(list)
        for record in records:
            if self._where(record.scope) is not None:
                asked[record.scope].append(record)
        covered = {id_ for scope, ones in asked.items() for id_ in self._covered(scope, ones)}
        return [
            replace(record, excluded=True) if record.scope in asked and record.ref.remote_id not in covered else record
            for record in records
        ]

    def _covered(self, scope: ScopeRef, records: Sequence[Record]) -> set[str]:
        """The ids of those that the condition covers."""
        found: set[str] = set()
        for start in range(0, len(records), RECONCILED):
            part = [record.ref.remote_id for record in records[start : start + RECONCILED]]
            query = Query(self._jql(scope, part), ("id",), len(part), fresh=tuple(int(one) for one in part))
            found |= {one.id for page in walk(self._api, scope, query) for one in page.issues}
        return found

    def _jql(self, scope: ScopeRef, ids: Sequence[str]) -> str:
        return f"id in ({', '.join(ids)}) AND ({self._where(scope)}) ORDER BY id ASC"
