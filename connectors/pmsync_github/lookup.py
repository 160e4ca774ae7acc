"""Finding the issue or milestone of a create whose answer was lost: by the repository's own lists, which do not lag as search does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from pmsync.connect.contract import Absent, Unreadable
from pmsync.connect.errors import ConnectorError, Fatal
from pmsync.model.record import ScopeRef
from pmsync.net.http import Answer
from pmsync_github.client import PAGE, Client, next_link, server_time
from pmsync_github.mapping import Issue, split_marker
from pmsync_github.milestones import Milestone
from pmsync_github.wire import RestIssue, RestMilestone

MILESTONES = {"state": "all", "per_page": str(PAGE)}
"""The parameters of the listing of milestones."""

BACK = 120.0
"""Seconds before the create from which the list is read."""


@dataclass(frozen=True, slots=True)
class Floor:
    """Where a look starts: a moment of the server's clock (Unix seconds) and the highest number then; issues and pull requests share numbers."""

    at: float
    number: int

    def text(self) -> str:
        """As the engine keeps it."""
        return json.dumps({"at": self.at, "number": self.number})

    @classmethod
    def parse(cls, text: str) -> Floor:
        """Read it back; an unreadable one means the beginning of the repository."""
        try:
            raw = json.loads(text)
            return cls(float(raw["at"]), int(raw["number"]))
        except (ValueError, TypeError, KeyError):
            return cls(0.0, 0)


def floor(client: Client, scope: ScopeRef) -> Floor:
    """The floor now."""
    answer = client.read(scope, "/issues", {"state": "all", "sort": "created", "direction": "desc", "per_page": "1"})
    newest: list[RestIssue] = answer.decode(list[RestIssue])
    return Floor(server_time(answer) - BACK, newest[0].number if newest else 0)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: an issue of ``login`` that carries ``marker``. People paste bodies with all that is hidden in them."""

    marker: str
    login: str

    def fits(self, row: RestIssue, issue: Issue) -> bool:
        """Whether this is the one; pull requests are passed over."""
        ours = issue.creator.casefold() == self.login.casefold()
        return ours and row.pull_request is None and split_marker(issue.body)[1] == self.marker


def find(client: Client, scope: ScopeRef, wanted: Wanted, start: Floor) -> Issue | Absent | Unreadable:
    """The wanted issue. ``Absent`` only after a complete look back to ``start``."""
    try:
        return _look(client, scope, wanted, start) or Absent(consistent=True)
    except ConnectorError as error:
        return Unreadable(error.message)


def milestone(client: Client, scope: ScopeRef, title: str, marker: str | None) -> Milestone | Absent | Unreadable:
    """The milestone of a create: by its marker, else by its title, of which a repository has one. The list of milestones does not lag."""
    try:
        rows = list(milestones(client, scope, client.read(scope, "/milestones", MILESTONES)))
    except ConnectorError as error:
        return Unreadable(error.message)
    marked = [row for row in rows if marker is not None and split_marker(row.description)[1] == marker]
    titled = [row for row in rows if row.title == title]
    return next(iter(marked + titled), Absent(consistent=True))


def milestones(client: Client, scope: ScopeRef, answer: Answer) -> Iterator[Milestone]:
    """All milestones of a listing whose first page is ``answer``."""
    passed: set[str] = set()
    while True:
        rows: list[RestMilestone] = answer.decode(list[RestMilestone])
        yield from (row.milestone() for row in rows)
        url = next_link(answer)
        if url is None:
            return
        if url in passed:
            raise Fatal(f"GitHub's listing of the milestones of {scope.key} leads to the same page over and over")
        passed.add(url)
        answer = client.page(url, "/milestones")


def _look(client: Client, scope: ScopeRef, wanted: Wanted, start: Floor) -> Issue | None:
    answer = client.read(scope, "/issues", {"state": "all", "sort": "created", "direction": "desc", "per_page": str(PAGE)})
    while True:
        rows: list[RestIssue] = answer.decode(list[RestIssue])
        for row in rows:
            issue = row.issue()
            if wanted.fits(row, issue):
                return issue
            if issue.created_at < start.at and issue.number <= start.number:
                return None
        url = next_link(answer)
        if url is None:
            return None
        answer = client.page(url, "/issues")
