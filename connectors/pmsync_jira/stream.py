"""Walks through the changes of a project: search pages, oldest change first, by token (which ``datacenter`` makes up itself).

Never bounded from above (an issue that changes all the time would never be seen), never by a local clock, and in epoch milliseconds,
for bare dates in JQL are read in the time zone of the account.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pmsync.connect.clock import Clock
from pmsync.connect.contract import Page
from pmsync.connect.errors import Retry
from pmsync.model.record import ScopeRef
from pmsync_jira import cursor, mapping, wire
from pmsync_jira.catalogue import refused_query
from pmsync_jira.client import Client, Found, Query, Refused
from pmsync_jira.cursor import Tracker

STUCK = 5
"""Pages without a new row under one unchanged token before the walk is taken up without it."""

Deliver = Callable[[Sequence[wire.Issue]], "Delivery"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is handed on for some listed rows, and the ``updated`` (Unix milliseconds) of each issue that was."""

    page: Page
    rows: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to walk: the scope and its condition, the fields to list, and how much at a time."""

    scope: ScopeRef
    where: str | None
    fields: Sequence[str]
    size: int
    marker: bool


def within(scope: ScopeRef, where: str | None) -> str:
    """The JQL that selects a scope."""
    condition = f" AND ({where})" if where else ""
    return f'project = "{scope.key}"{condition}'


class Stream:
    """One walk from a cursor to the end. ``deliver`` turns listed rows, none of them delivered before, into a page's content."""

    def __init__(self, api: Client, clock: Clock, plan: Plan, tracker: Tracker, deliver: Deliver) -> None:
        self._api = api
        self._clock = clock
        self._plan = plan
        self._tracker = tracker
        self._deliver = deliver
        self._still = 0

    def pages(self) -> Iterator[Page]:
        """Pages to the end, at least one.

        Raises:
            Gone: the project cannot be seen.
            Rejected: Jira refuses the condition.
            Retry: the same page came again and again.
        """
        more = True
        while more:
            found = self._listed()
            rows = [(one, mapping.milliseconds(one.fields.updated)) for one in found.issues]
            delivery = self._deliver([one for one, updated in rows if self._tracker.is_new(one.id, updated)])
            self._tracker.delivered(delivery.rows)
            for _, updated in rows:
                self._tracker.listed(updated)
            self._turn(found, fresh=bool(delivery.rows))
            more = found.token is not None
            position = self._tracker.midway() if more else self._tracker.finished()
            yield Page(
                cursor.dump(position),
                more,
                records=delivery.page.records,
                comments=delivery.page.comments,
            )

    def _listed(self) -> Found:
        found = self._api.search(self._query())
        if isinstance(found, Refused) and self._tracker.walk.token is not None and self._tracker.take_up():
            found = self._api.search(self._query())
        if isinstance(found, Refused):
            if found.moved:
                raise Retry(f"{self._plan.scope}: {found}", at=self._clock.now() + 60.0)
            raise refused_query(self._plan.scope, str(found), self._plan.where)
        self._tracker.began(found.at)
        return found

    def _query(self) -> Query:
        floor = self._tracker.walk.floor
        since = "" if floor is None else f" AND updated >= {floor}"
        jql = f"{within(self._plan.scope, self._plan.where)}{since} ORDER BY {self._api.order}"
        return Query(jql, self._plan.fields, self._plan.size, self._plan.marker, self._tracker.walk.token)

    def _turn(self, found: Found, *, fresh: bool) -> None:
        repeated = found.token is not None and found.token == self._tracker.walk.token
        self._still = self._still + 1 if repeated and not fresh else 0
        self._tracker.turned(found.token)
        if self._still < STUCK:
            return
        self._still = 0
        if not self._tracker.take_up():
            raise Retry(f"{self._plan.scope}: Jira gives the same page again and again", at=self._clock.now() + 60.0)


LISTING = ("updated",)
"""What a poll lists: enough to tell what changed."""

COMMENTS = ("updated", "comment", "security", "project")
"""What a poll for comments lists: also what tells who can read them."""


def first(api: Client, scope: ScopeRef, where: str | None) -> Plan:
    """A first load: whole issues straight from the listing."""
    return Plan(scope, where, (*api.asked, "comment"), api.page, marker=True)


def later(api: Client, scope: ScopeRef, where: str | None) -> Plan:
    """A poll: ids and times alone, the changed issues are then read directly."""
    return Plan(scope, where, LISTING, api.id_page, marker=False)


def comments(api: Client, scope: ScopeRef, where: str | None) -> Plan:
    """Comments, as far as they are embedded in the listing."""
    return Plan(scope, where, COMMENTS, api.page, marker=False)
