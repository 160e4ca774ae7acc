"""Which issues a scope's condition covers now. Only Jira can say that, so it is asked, and not of its lagging index.

``reconcileIssues`` makes a search read the named issues from the database.
Source: https://developer.atlassian.com/cloud/jira/platform/search-and-reconcile/
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

from pmsync.model.record import Record, ScopeRef
from pmsync_jira.client import RECONCILED, Client, Query
from pmsync_jira.lookup import walk


class Judge:
    """Marks the records that their scope's condition excludes. ``where`` gives a scope's condition, None where it has none."""

    def __init__(self, api: Client, where: Callable[[ScopeRef], str | None]) -> None:
        self._api = api
        self._where = where

    def marked(self, records: Sequence[Record]) -> list[Record]:
        """The records, in their order. One id-only search per ``RECONCILED`` records of scopes with a condition; none for the others.

        Raises:
            Rejected: Jira refuses the condition.
        """
        asked: dict[ScopeRef, list[str]] = defaultdict(list)
        for record in records:
            if self._where(record.scope) is not None:
                asked[record.scope].append(record.ref.remote_id)
        covered = {id_ for scope, ids in asked.items() for id_ in self._covered(scope, ids)}
        return [
            replace(record, excluded=True) if record.scope in asked and record.ref.remote_id not in covered else record
            for record in records
        ]

    def _covered(self, scope: ScopeRef, ids: Sequence[str]) -> set[str]:
        found: set[str] = set()
        for start in range(0, len(ids), RECONCILED):
            part = ids[start : start + RECONCILED]
            jql = f"id in ({', '.join(part)}) AND ({self._where(scope)}) ORDER BY id ASC"
            query = Query(jql, ("id",), len(part), fresh=tuple(int(one) for one in part))
            found |= {one.id for page in walk(self._api, scope, query) for one in page.issues}
        return found
