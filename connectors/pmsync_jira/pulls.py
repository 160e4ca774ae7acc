"""The two streams of a project: issues and comments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from pmsync.connect.clock import Clock
from pmsync.connect.contract import Page
from pmsync.model.record import Comment, Record, ScopeRef
from pmsync_jira import client, cursor, mapping, stream, wire
from pmsync_jira.client import Client
from pmsync_jira.commenting import Comments, Spoken
from pmsync_jira.cursor import Tracker
from pmsync_jira.judging import Judge
from pmsync_jira.releases import Releases
from pmsync_jira.stream import Delivery, Stream
from pmsync_jira.workflow import Workflow

SPOOL = 50_000
"""Comments kept at most from a first load of issues to the first load of comments."""
COMMENT_PAGE = 1_000
"""Comments per page when they come from the spool."""


@dataclass(slots=True)
class _Spool:
    """The comments that a first load of issues brought along, so that the first load of comments lists nothing again."""

    cursor: str = ""
    issues: list[tuple[Spoken, wire.Comments]] = field(default_factory=list)
    size: int = 0

    def add(self, issues: Sequence[wire.Issue]) -> None:
        """Keep what is embedded in the issues, as long as there is room."""
        for issue in issues:
            if issue.fields.comment is not None and issue.fields.comment.total:
                self.size += len(issue.fields.comment.comments)
                if self.size <= SPOOL:
                    self.issues.append((Spoken.of(issue), issue.fields.comment))


@dataclass(frozen=True, slots=True)
class Readers:
    """Who looks at what is pulled: of which type issues are, which the scope's condition covers, which versions there are, what was said."""

    workflow: Workflow
    judge: Judge
    releases: Releases
    comments: Comments


class Pulls:
    """Pulls of all scopes of one site. ``overlap`` in milliseconds."""

    def __init__(self, api: Client, clock: Clock, site: mapping.Site, overlap: int, readers: Readers) -> None:
        self._api = api
        self._clock = clock
        self._site = site
        self._workflow = readers.workflow
        self._overlap = overlap
        self._judge = readers.judge
        self._releases = readers.releases
        self._comments = readers.comments
        self._spools: dict[ScopeRef, _Spool] = {}

    def read(self, ids: Sequence[str], *, history: bool = False) -> client.Read:
        """Issues straight from the database, ``Client.batch`` per call, at the time of the first; what cannot be read is left out."""
        found: list[wire.Issue] = []
        at: float | None = None
        for start in range(0, len(ids), self._api.batch):
            read = self._api.bulk_fetch(ids[start : start + self._api.batch], history=history)
            found += read.issues
            at = at or read.at
        self._workflow.saw(found)
        return client.Read(found, at)

    def items(self, scope: ScopeRef, where: str | None, position: str | None) -> Iterator[Page]:
        """Changed issues, after the versions that changed. A first load takes issues from the listing, a poll lists ids and reads what changed."""
        start = cursor.parse(position)
        loading = (start.since is None and start.newest is None) or (start.walk is not None and start.walk.floor is None)
        self._spools.pop(scope, None)
        spool = _Spool() if loading and start.walk is None else None
        tracker = Tracker(start, self._overlap)
        news = self._releases.news(scope, start.versions)
        if news is not None:
            tracker.versions = news.digests

        def listed(issues: Sequence[wire.Issue]) -> Delivery:
            self._workflow.saw(issues)
            if spool is not None:
                spool.add(issues)
            return self._delivery(issues, [*self._strange(scope, issues, tracker), *self._records(issues)])

        def reread(issues: Sequence[wire.Issue]) -> Delivery:
            found = self.read([issue.id for issue in issues]).issues
            records = self._judge.marked(self._records(found))
            return self._delivery(found, [*self._strange(scope, found, tracker), *records])

        plan, deliver = (stream.first, listed) if loading else (stream.later, reread)
        walk = Stream(self._api, self._clock, plan(self._api, scope, where), tracker, deliver)
        ahead = news.records if news is not None else ()
        for page in walk.pages():
            page, ahead = replace(page, records=(*ahead, *page.records)), ()
            if not page.more and spool is not None and spool.size <= SPOOL:
                spool.cursor = page.cursor
                self._spools[scope] = spool
            yield page

    def comments(self, scope: ScopeRef, where: str | None, position: str | None) -> Iterator[Page]:
        """Comments of changed issues, all of each issue: which of them changed, Jira does not tell."""
        spool = self._spools.pop(scope, None)
        if position is None and spool is not None:
            return self._from_spool(spool)
        tracker = Tracker(cursor.parse(position), self._overlap)
        return Stream(self._api, self._clock, stream.comments(self._api, scope, where), tracker, self._commented).pages()

    def _strange(self, scope: ScopeRef, issues: Sequence[wire.Issue], tracker: Tracker) -> tuple[Record, ...]:
        """Versions that the issues go into and that were never delivered, and what else changed of the project's."""
        news = self._releases.unknown(scope, issues, tracker.versions)
        if news is None:
            return ()
        tracker.versions = news.digests
        return news.records

    def _records(self, issues: Sequence[wire.Issue]) -> list[Record]:
        return [mapping.record(issue, self._site) for issue in issues]

    def _delivery(self, issues: Sequence[wire.Issue], records: Sequence[Record]) -> Delivery:
        rows = [(issue.id, mapping.milliseconds(issue.fields.updated)) for issue in issues]
        return Delivery(Page("", more=False, records=tuple(records)), rows)

    def _commented(self, issues: Sequence[wire.Issue]) -> Delivery:
        whole = self._comments.whole
        found = tuple(one for issue in issues for one in whole(Spoken.of(issue), issue.fields.comment or wire.Comments()))
        rows = [(issue.id, mapping.milliseconds(issue.fields.updated)) for issue in issues]
        return Delivery(Page("", more=False, comments=found), rows)

    def _from_spool(self, spool: _Spool) -> Iterator[Page]:
        waiting: list[Comment] = []
        for issue, embedded in spool.issues:
            waiting += self._comments.whole(issue, embedded)
            if len(waiting) >= COMMENT_PAGE:
                yield Page(cursor.dump(cursor.Cursor()), more=True, comments=tuple(waiting))
                waiting = []
        yield Page(spool.cursor, more=False, comments=tuple(waiting))
