"""GitHub issues and milestones behind the connector contract: this file ties the parts together, each of which does one thing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pmsync.connect import comments
from pmsync.connect.capabilities import Capabilities, Full, Partial, Unsupported
from pmsync.connect.contract import (
    Account,
    Check,
    Connector,
    Container,
    Fetched,
    Finding,
    Found,
    Listing,
    Page,
    Receipt,
    Scope,
    Stream,
    Unreadable,
)
from pmsync.connect.errors import ConnectorError, Gone
from pmsync.connect.plugin import Environment, ScopeConfig
from pmsync.model.enums import Nature
from pmsync.model.record import Comment, Record, RecordRef, ScopeRef
from pmsync.model.values import Known, Unobserved, raw
from pmsync.net.http import Answer
from pmsync.reconcile.operation import Operation
from pmsync.reconcile.surface import Surface
from pmsync_github import checks, commenting, history, hooks, lookup, mapping, milestones
from pmsync_github.accounts import Accounts
from pmsync_github.catalogue import Catalogue, Repository
from pmsync_github.client import PAGE, Client
from pmsync_github.commenting import CommentTools, CommentWriter
from pmsync_github.control import Control
from pmsync_github.cursor import Delivered, Position, digest
from pmsync_github.graph import GraphReads
from pmsync_github.mapping import Issue, Reading
from pmsync_github.marking import Marks
from pmsync_github.milestones import Milestone
from pmsync_github.news import News
from pmsync_github.places import Places
from pmsync_github.priority import PriorityNames, token
from pmsync_github.releases import ReleaseTools, ReleaseWriter
from pmsync_github.settings import GitHubScope, GitHubSettings
from pmsync_github.stream import Entry, walk
from pmsync_github.stream import Listing as Rows
from pmsync_github.surfaces import Layout, check_maps, surfaces
from pmsync_github.wire import RestComment, RestIssue, Said
from pmsync_github.writes import Tools, Writer

CAPABILITIES = Capabilities(
    idempotency_key=Unsupported("GitHub's API has no idempotency key; a marker stands in the body instead"),
    marker=Full(),
    find=Full(),
    compare_and_set=Unsupported("GitHub has no precondition on writes to issues; records are read again just before"),
    history=Partial("of issues; GitHub keeps none of milestones"),
    deletions=Unsupported("no listing of GitHub shows deletions; the sweep finds them"),
    ids=Full(),
    relocate=Full(),
    container=Full(),
    comments=Full(),
    commenting=Full(),
    hints=Full(),
    fetch_batch=PAGE,
    server_max=60.0,
    index_lag=60.0,
)


class GitHubConnector(Connector):
    """One GitHub account.

    Raises:
        ConfigError: a value map names a state that GitHub does not have, or a hub value that there is not.
        Fatal: the address cannot be used.
    """

    def __init__(self, settings: GitHubSettings, scopes: tuple[ScopeConfig, ...], environment: Environment) -> None:
        self._settings = settings
        self._system = environment.system
        self._configs = {config.ref.key.casefold(): config for config in scopes}
        for config in scopes:
            check_maps(environment.system, config.maps)
        first = scopes[0].ref if scopes else None
        self._control = Control(environment, settings, lambda: self._client.http.limiter, first)
        self._client = Client(
            environment,
            settings.url,
            auth=lambda: {"authorization": f"Bearer {self._control.token()}"},
            secrets=self._control.secrets(),
        )
        self._catalogue = Catalogue(self._read_repository, self._control.labels)
        self._graph = GraphReads(self._client)
        self._places = Places()
        self._accounts = Accounts(self._graph)
        self._marks = Marks(self._client)
        self._news = News(self._client)
        self._foreign: set[str] = set()
        self._login = ""
        self._comment_writer = CommentWriter(CommentTools(self._client, self._graph, self.me))
        self._writer = Writer(
            Tools(
                self._client,
                self._graph,
                self._control,
                self._catalogue,
                self._places,
                self._priorities,
                self._in,
                self._scope_labels,
                self._release_writer(),
                self._accounts,
                self._comment_writer,
            )
        )

    def _release_writer(self) -> ReleaseWriter:
        tools = ReleaseTools(self._client, self._graph, self._catalogue, self._places, self._release, self._news.expect)
        return ReleaseWriter(tools)

    # -- what we are ---------------------------------------------------------------------------------------------------------

    @property
    def capabilities(self) -> Capabilities:
        """Constant."""
        return CAPABILITIES

    def me(self) -> str:
        """The account's login; of an App ``<slug>[bot]``."""
        if not self._login:
            self._login = self._control.login()
        return self._login

    def check(self, scopes: Sequence[ScopeRef]) -> list[Check]:
        """Account and token, then each repository."""
        try:
            login = self.me()
            found = list(checks.account(login, self._control.scopes(), app=self._settings.app is not None))
        except ConnectorError as error:
            return [checks.failed("account", error)]
        for scope in scopes:
            try:
                found += checks.repository(self._found(scope))
            except ConnectorError as error:
                found.append(checks.failed(scope.key, error))
        return found

    def _found(self, scope: ScopeRef) -> checks.Found:
        return checks.Found(
            scope=scope,
            repository=self._catalogue.repository(scope),
            surfaces=self.surfaces(scope),
            labels=self._catalogue.labels(scope).names,
            scope_labels=self._scope_labels(scope),
            priorities=self._priorities(scope),
        )

    # -- the catalogue -------------------------------------------------------------------------------------------------------

    def scopes(self, wanted: Sequence[ScopeRef]) -> list[Scope]:
        """The repositories under the names they have now."""
        found = []
        for scope in wanted:
            repository = self._catalogue.repository(scope)
            found.append(Scope(scope, repository.name, repository.audience, repository.id, repository.url))
        return found

    def surfaces(self, scope: ScopeRef) -> list[Surface]:
        """Of an issue title, body, status, labels, milestone and parent; of a milestone title, state and due date."""
        repository, config = self._catalogue.repository(scope), self._config(scope)
        archived = f"the repository {repository.name} is archived" if repository.archived else None
        no_push = f"the account has no push access to {repository.name}: GitHub would drop labels and milestones without a word"
        no_write = f"the account has no push access to {repository.name}, and may not make or change milestones"
        layout = Layout(
            scope=scope,
            labels=self._catalogue.labels(scope).names,
            priorities=self._priorities(scope),
            statuses=config.maps.get("status", {}) if config else {},
            scope_labels=self._scope_labels(scope),
            namespace=config.label_namespace if config else "",
            read_only=archived,
            labels_read_only=no_push if repository.push is False else None,
            milestones_read_only=no_write if repository.write is False else None,
        )
        return [*surfaces(layout), *comments.surfaces(commenting.LIMIT, archived, text=commenting.TEXT)]

    def refresh(self) -> None:
        """Forget repositories and labels; milestones are listed again by the next pull."""
        self._catalogue.forget()
        self._accounts.forget()
        for config in self._configs.values():
            self._news.expect(config.ref)
        self._foreign.clear()

    def _read_repository(self, scope: ScopeRef) -> Repository:
        repository = self._control.repository(scope)
        if repository.name.casefold() != scope.key.casefold():
            self._client.renamed(scope, repository.name)
        return repository

    def _config(self, scope: ScopeRef) -> ScopeConfig | None:
        return self._configs.get(scope.key.casefold())

    def _priorities(self, scope: ScopeRef) -> PriorityNames:
        config = self._config(scope)
        return PriorityNames(config.maps.get("priority", {}) if config else {})

    def _scope_labels(self, scope: ScopeRef) -> tuple[str, ...]:
        config = self._config(scope)
        return config.settings.labels if config and isinstance(config.settings, GitHubScope) else ()

    # -- reading -------------------------------------------------------------------------------------------------------------

    def pull(self, scope: ScopeRef, stream: Stream, cursor: str | None) -> Iterator[Page]:
        """Issues and milestones, or comments on issues, that changed since the cursor.

        An issue that lost the scope's label is delivered too, so that it can be seen to have left; ``in_scope`` tells.
        """
        position = Position.parse(cursor)
        if stream is Stream.COMMENTS:
            return self._comments(scope, position)
        return self._issues(scope, position)

    def _issues(self, scope: ScopeRef, position: Position) -> Iterator[Page]:
        fresh, position = self._news.listed(scope, position)
        if fresh:
            yield Page(position.text(), more=True, records=tuple(self._release(scope, one) for one in fresh))
        self._news.seen(scope)
        rows = Rows(scope, "/issues", {"state": "all"}, _issue_entries)
        known = position
        for batch in walk(self._client, rows, position):
            fresh, known = self._news.inline(batch.contents, known)
            self._find_parents(batch.contents)
            releases = (self._release(scope, one) for one in fresh)
            issues = (self._in(scope, issue) for issue in batch.contents)
            yield Page(replace(batch.position, milestones=known.milestones).text(), batch.more, records=(*releases, *issues))

    def _find_parents(self, issues: Sequence[Issue]) -> None:
        """Learn the ids of the parents that lists name by number: a call per repository and page where some were not seen yet."""
        for issue in issues:
            self._places.saw(issue)
        unknown: dict[str, set[int]] = {}
        for issue in issues:
            if isinstance(issue.parent, tuple) and self._places.at(*issue.parent) is None:
                unknown.setdefault(issue.parent[0], set()).add(issue.parent[1])
        for repository, numbers in unknown.items():
            for number, node in self._graph.ids_of_numbers(repository, sorted(numbers)).items():
                self._places.saw_id(repository, number, node)

    def _comments(self, scope: ScopeRef, position: Position) -> Iterator[Page]:
        rows = Rows(scope, "/issues/comments", {}, _comment_entries)
        for batch in walk(self._client, rows, position):
            yield Page(batch.position.text(), batch.more, comments=self._with_parents(scope, batch.contents))

    def _with_parents(self, scope: ScopeRef, rows: Sequence[RestComment]) -> tuple[Comment, ...]:
        """Comments with the node ids of their issues; one whose issue cannot be read any more is left out with it."""
        if not rows:
            return ()
        repository = self._catalogue.repository(scope)
        unknown = sorted({one.number for one in rows if self._places.at(repository.name, one.number) is None})
        for number, node in self._graph.ids_of_numbers(repository.name, unknown).items():
            self._places.saw_id(repository.name, number, node)
        return tuple(
            commenting.comment(one.said(parent, repository.audience), self._system, self.me)
            for one in rows
            if (parent := self._places.at(repository.name, one.number))
        )

    def fetch(self, scope: ScopeRef, refs: Sequence[RecordRef], since: float | None = None) -> Fetched:
        """Whole issues and milestones by node id, 100 a call. A transferred issue counts as missing here; see ``relocate``."""
        look = self._graph.look([ref.remote_id for ref in refs], since)
        records = tuple(self._read(scope, one) for one in look.found if one is not None)
        missing = tuple(ref for ref, one in zip(refs, look.found, strict=True) if one is None)
        names = history.Names(self._priorities(scope), self._places.titled)
        edits = history.edits(look.pasts, self._system, since or 0.0, names)
        return Fetched(records, missing, edits=edits, at=look.at)

    def relocate(self, scope: ScopeRef, ref: RecordRef, key: str) -> Record | None:
        """Where an issue that can no longer be read by its id went: GitHub redirects its old number to the new issue.

        Args:
            scope: the repository it was in.
            ref: its old identity.
            key: its display key, ``owner/name#12``.

        Returns:
            the issue as it is now, with its new identity, key and scope; None when it was deleted or cannot be seen.
        """
        place = mapping.parse_key(key)
        if place is None:
            return None
        answer = self._client.read_issue(scope, place[1], self._elsewhere(scope, place[0]))
        if answer.status != 200:
            return None
        issue = answer.decode(RestIssue).issue()
        return self._in(self._home(scope, issue), issue)

    def _elsewhere(self, scope: ScopeRef, name: str) -> str:
        """The repository of that name where it is not the scope's own, under whatever name that goes by; else ""."""
        if name.casefold() == scope.key.casefold():
            return ""
        return "" if self._named(name.casefold(), (scope,)) else name

    def in_scope(self, scope: ScopeRef, record: Record) -> bool:
        """Whether it lives in the repository and, an issue, carries all of the scope's labels; those that could not be read do not count."""
        if record.scope.key.casefold() != scope.key.casefold():
            return False
        if record.kind.nature is not Nature.WORK:
            return True
        seen = [record.values.get(surface) for surface in (mapping.LABELS, mapping.PRIORITY)]
        if any(isinstance(value, Unobserved) for value in seen):
            return True
        labels: set[str] = set()
        for value in seen:
            if isinstance(value, Known):
                labels |= {token(part) for part in ({value.value} if isinstance(value.value, str) else value.value)}
        return all(token(label) in labels for label in self._scope_labels(scope))

    def _in(self, scope: ScopeRef, issue: Issue) -> Record:
        """The record that ``issue`` is in ``scope``."""
        self._places.saw(issue)
        self._catalogue.noticed(scope, issue.labels or ())
        if isinstance(issue.parent, tuple) and (parent := self._places.at(*issue.parent)) is not None:
            issue = replace(issue, parent=parent)
        audience = issue.audience if issue.audience is not None else self._catalogue.repository(scope).audience
        return mapping.record(issue, Reading(scope, self._priorities(scope), audience))

    def _release(self, scope: ScopeRef, one: Milestone) -> Record:
        """The record that a milestone is in ``scope``."""
        self._places.saw_milestone(one)
        repository = self._catalogue.repository(scope)
        return milestones.record(one, scope, repository.audience, writable=repository.archived or repository.write is not False)

    def _read(self, asked: ScopeRef, one: Issue | Milestone | Said) -> Record:
        home = self._home(asked, one)
        if isinstance(one, Said):
            return self._comment_writer.record(home, one)
        return self._in(home, one) if isinstance(one, Issue) else self._release(home, one)

    def _home(self, asked: ScopeRef, issue: Issue | Milestone | Said) -> ScopeRef:
        """The scope something lives in: a configured repository, under whatever name it has now, else one that is not configured."""
        ours = (asked, *(config.ref for config in self._configs.values()))
        name = issue.repository.casefold()
        for ref in ours:
            if ref.key.casefold() == name:
                return ref
        found = self._named(name, ours) if name not in self._foreign else None
        if found is None and name not in self._foreign:
            self._catalogue.forget_repositories()  # one of ours may have got this name since it was read
            found = self._named(name, ours)
        if found is None:
            self._foreign.add(name)
        return found or ScopeRef(self._system, issue.repository)

    def _named(self, name: str, ours: Sequence[ScopeRef]) -> ScopeRef | None:
        """Which of our repositories is called ``name`` now."""
        for ref in ours:
            try:
                repository = self._catalogue.repository(ref)
            except Gone:
                continue  # a repository we cannot see is not where an issue was just read
            if repository.name.casefold() == name:
                return ref
        return None

    # -- writing -------------------------------------------------------------------------------------------------------------

    def prepare(self, scope: ScopeRef, ops: Sequence[Operation]) -> None:
        """Create the labels that the ops need."""
        self._writer.prepare(scope, ops)

    def apply(self, scope: ScopeRef, ops: Sequence[Operation]) -> Iterator[Receipt]:
        """One call per op: REST for creates, milestones, and title and state alone; one GraphQL mutation where anything else changes too."""
        return self._writer.apply(scope, ops)

    # -- finding what was lost -----------------------------------------------------------------------------------------------

    def floor(self, scope: ScopeRef) -> str:
        """The server's clock two minutes ago, and the newest number."""
        return lookup.floor(self._client, scope).text()

    def find(self, scope: ScopeRef, op: Operation, floor: str) -> Finding:
        """An issue by the marker, in the repository's list, newest first; a milestone by marker or title; a comment in its issue's list."""
        if op.item_kind.nature is Nature.RELEASE:
            return self._find_release(scope, op)
        if op.item_kind.nature is Nature.COMMENT:
            return self._comment_writer.find(scope, op)
        if op.marker is None:
            return Unreadable("the operation carries no marker to look for")
        wanted = lookup.Wanted(op.marker, self.me())
        found = lookup.find(self._client, scope, wanted, lookup.Floor.parse(floor))
        return Found(self._in(scope, found)) if isinstance(found, Issue) else found

    def _find_release(self, scope: ScopeRef, op: Operation) -> Finding:
        wanted = next((raw(change.after) for change in op.changes if change.field == "title"), None)
        found = lookup.milestone(self._client, scope, str(wanted or ""), op.marker)
        return Found(self._release(scope, found)) if isinstance(found, Milestone) else found

    def ids(self, scope: ScopeRef) -> Listing:
        """The node ids of all issues and milestones, 100 of each a call."""
        ids, complete = self._graph.ids(scope.key)
        return Listing(tuple(RecordRef(self._system, node) for node in ids), complete)

    def container(self, scope: ScopeRef) -> Container:
        """Whether the repository can be read, the server's clock, and the mark in a label's description."""
        return self._marks.look(scope)

    def leave_mark(self, scope: ScopeRef, mark: str) -> None:
        """One call, two where the label was made behind our back."""
        self._marks.leave(scope, mark)

    # -- people and hints ----------------------------------------------------------------------------------------------------

    def people(self, scope: ScopeRef, ids: Sequence[str]) -> list[Account]:
        """Accounts by login, without e-mail addresses."""
        return self._graph.accounts(ids)

    def hints(self, headers: Mapping[str, str], body: bytes) -> list[RecordRef]:
        """The issues and milestones that a signed webhook points at."""
        secret = self._settings.webhook_secret
        hooks.verify(headers, body, secret.get_secret_value() if secret else None)
        return [RecordRef(self._system, node) for node in hooks.node_ids(body)]

    def close(self) -> None:
        """Release connections."""
        self._control.close()
        self._client.http.close()


def _issue_entries(answer: Answer) -> list[Entry[Issue]]:
    rows: list[RestIssue] = answer.decode(list[RestIssue])
    found = []
    for row in rows:
        issue = row.issue()
        pull = row.pull_request is not None
        found.append(Entry(issue.id, Delivered(issue.updated_at, "pull" if pull else digest(issue)), None if pull else issue))
    return found


def _comment_entries(answer: Answer) -> list[Entry[RestComment]]:
    rows: list[RestComment] = answer.decode(list[RestComment])
    return [
        Entry(
            row.node_id,
            Delivered(row.updated_at.timestamp(), digest(row.body, row.issue_url)),
            None if row.on_pull_request else row,
        )
        for row in rows
    ]
