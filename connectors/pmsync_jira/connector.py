"""The contract for one Jira site: each verb delegates to the part that knows how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from pmsync.connect.capabilities import Capabilities, Full, Partial, Unsupported
from pmsync.connect.contract import (
    Account,
    Check,
    Connector,
    Container,
    Fetched,
    Finding,
    Listing,
    Page,
    Receipt,
    Scope,
    Stream,
    Unreadable,
)
from pmsync.connect.errors import Gone, Rejected, WriteRefused
from pmsync.connect.plugin import Environment, ScopeConfig
from pmsync.model.enums import Audience, Kind
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.reconcile.operation import Operation, OpKind
from pmsync.reconcile.surface import Surface
from pmsync_jira import client, commenting, deployments, history, hooks, lookup, mapping, versions, wire
from pmsync_jira.blocking import Blocking
from pmsync_jira.catalogue import ADMINISTER, Catalogue, find_project
from pmsync_jira.client import Query
from pmsync_jira.control import Control
from pmsync_jira.pulls import Pulls, Readers
from pmsync_jira.release_writes import ReleaseWriter
from pmsync_jira.releases import Releases
from pmsync_jira.settings import JiraScope, JiraSettings
from pmsync_jira.stream import within
from pmsync_jira.texts import Texts
from pmsync_jira.vocabulary import check_maps
from pmsync_jira.workflow import Workflow
from pmsync_jira.writes import Writer

_AUDIENCES = {"public": Audience.PUBLIC, "internal": Audience.INTERNAL, "private": Audience.PRIVATE}


class JiraConnector(Connector):
    """One Jira site, of either deployment.

    Raises:
        ConfigError: a value map names what the hub does not have.
    """

    def __init__(self, settings: JiraSettings, scopes: Sequence[ScopeConfig], environment: Environment) -> None:
        for scope in scopes:
            check_maps(environment.system, scope.maps)
        self._settings = settings
        self._environment = environment
        self._scopes = {scope.ref: scope for scope in scopes}
        self._deployment = deployments.of(settings)
        self._client = self._deployment.client(settings, environment)
        self._catalogue = Catalogue(self._client, self._scopes, self._deployment.bodies)
        self._workflow = Workflow(self._client)
        self._blocking = Blocking(self._client)
        self._texts = Texts(self._client, self._deployment.bodies)
        self._writer = Writer(self._client, self._catalogue, self._workflow, self._blocking, self._texts)
        self._release_writer = ReleaseWriter(self._client, self._catalogue)
        self._control = Control(settings, environment, self._client.http.limiter)
        self._site = mapping.Site(environment.system, settings.url, self._scope_of, self._deployment.bodies)
        self._judge = self._deployment.judge(self._client, self._where)
        self._releases = Releases(self._client, self._site)
        self._comments = commenting.Comments(self._client, self._site, self.me, lambda names: self._pulls.read(names).issues)
        readers = Readers(self._workflow, self._judge, self._releases, self._comments)
        self._pulls = Pulls(self._client, environment.clock, self._site, round(settings.overlap * 1000), readers)
        self._homes: dict[str, ScopeRef] = {}
        self._me = ""

    @cached_property
    def capabilities(self) -> Capabilities:
        """Constant."""
        return Capabilities(
            idempotency_key=Unsupported("Jira has no idempotency key on any endpoint"),
            marker=Full(),
            find=Full(),
            compare_and_set=Unsupported("Jira takes no precondition on edits"),
            history=Full(),
            deletions=Unsupported("Jira has no feed of deleted issues; the sweep finds them"),
            ids=Full(),
            container=Full(),
            comments=Partial("deleted comments are not reported; the sweep finds those that were copied"),
            commenting=Full(),
            hints=Full() if self._settings.webhook_secret else Unsupported("no webhook_secret is configured"),
            fetch_batch=self._client.batch,
            server_max=300.0,
            index_lag=self._settings.overlap,
        )

    def me(self) -> str:
        """Our account's id."""
        if not self._me:
            self._me = self._client.myself().id
        return self._me

    def check(self, scopes: Sequence[ScopeRef]) -> list[Check]:
        """See ``doctor``."""
        from pmsync_jira.doctor import Doctor

        return Doctor(self._deployment, self._client, self._catalogue, self._control, self._scopes).check(scopes)

    def scopes(self, wanted: Sequence[ScopeRef]) -> list[Scope]:
        """One call per project."""
        return [self._scope(ref) for ref in wanted]

    def surfaces(self, scope: ScopeRef) -> list[Surface]:
        """Of issues title, body, status, priority, labels, releases, parent and blockers; of versions name, state and days."""
        return self._catalogue.surfaces(scope)

    def refresh(self) -> None:
        """Forget projects, statuses, priorities, screens, workflows and sorts of link."""
        self._catalogue.refresh()
        self._blocking.refresh()
        self._workflow.refresh()
        self._client.refresh()
        self._homes.clear()

    def pull(self, scope: ScopeRef, stream: Stream, cursor: str | None) -> Iterator[Page]:
        """Search pages, oldest change first; changed issues are read directly. Versions come first, where ``scopes`` has read them anew."""
        if stream is Stream.COMMENTS:
            return self._pulls.comments(scope, self._where(scope), cursor)
        return self._pulls.items(scope, self._where(scope), cursor)

    def fetch(self, scope: ScopeRef, refs: Sequence[RecordRef], since: float | None = None) -> Fetched:
        """Direct reads, 100 at a time on Cloud and one by one on Data Center; a moved issue comes back under its new key.

        Scopes with a condition cost a search per 50 more.

        Versions have no history. One is read by itself, several by the list of their project.
        """
        said, refs = commenting.refs_apart(refs)
        if said:
            spoken = self._comments.fetch(said)
            rest = self.fetch(scope, refs, since) if refs else Fetched(())
            missing = (*spoken.missing, *rest.missing)
            return replace(
                rest, records=(*spoken.records, *rest.records), missing=missing, deleted=(*spoken.deleted, *rest.deleted)
            )
        issues = [ref.remote_id for ref in refs if not versions.is_version(ref)]
        read = self._pulls.read(issues, history=since is not None)
        self._texts.saw(read.issues)
        records = self._judge.marked([self._record(issue) for issue in read.issues])
        at = read.at
        if len(issues) < len(refs):
            releases, told = self._releases.read(scope, [ref for ref in refs if versions.is_version(ref)])
            records, at = [*records, *releases], at or told
        found = {record.ref for record in records}
        missing = tuple(ref for ref in refs if ref not in found)
        edits = () if since is None else history.edits(self._client, scope.system, read.issues, since)
        return Fetched(tuple(records), missing, edits=edits, at=at or 0.0)

    def in_scope(self, scope: ScopeRef, record: Record) -> bool:
        """By the project, and by what Jira said of the scope's condition when the record was read."""
        return record.scope == scope and not record.excluded

    def prepare(self, scope: ScopeRef, ops: Sequence[Operation]) -> None:
        """Nothing: Jira makes labels as they are used."""
        if self._environment.fence.read_only:
            raise WriteRefused(f"{scope}: refused, for only reads may leave now; nothing was sent")

    def apply(self, scope: ScopeRef, ops: Sequence[Operation]) -> Iterator[Receipt]:
        """One PUT per issue for its fields, one transition for its status, one request per link; one PUT per version or comment."""
        for op in ops:
            if op.item_kind is Kind.COMMENT:
                yield self._comments.send(op)
            elif op.item_kind is not Kind.RELEASE:
                yield self._writer.send(scope, op)
            else:
                yield self._release_writer.create(op) if op.kind is OpKind.CREATE else self._release_writer.update(op)

    def floor(self, scope: ScopeRef) -> str:
        """The highest key of the project, and the server's time."""
        return lookup.floor(self._client, scope)

    def find(self, scope: ScopeRef, op: Operation, floor: str) -> Finding:
        """An issue by probing keys, then by the index; a version by its name."""
        if op.item_kind is Kind.RELEASE:
            try:
                return self._releases.find(scope, op, self.me())
            except Gone as gone:
                return Unreadable(gone.message)
        if op.item_kind is Kind.COMMENT:
            return self._comments.find(scope, op)
        return lookup.find(self._client, lookup.Wanted(scope, op.marker, self.me(), self._record), op, floor)

    def ids(self, scope: ScopeRef) -> Listing:
        """One call per 5,000 issues (Data Center: 1,000), and one for the versions. Issues that the index has not seen yet are missing from it."""
        query = Query(f"{within(scope, self._where(scope))} ORDER BY id ASC", ("id",), self._client.id_page)
        found = {one.id: None for page in lookup.walk(self._client, scope, query) for one in page.issues}
        issues = [RecordRef(scope.system, one) for one in found]
        return Listing((*issues, *self._releases.refs(scope)), complete=True)

    def container(self, scope: ScopeRef) -> Container:
        """The mark in the project's properties; where there is none, a second call tells whether there is a project."""
        try:
            mark, at = self._client.project_mark(scope.key)
            if mark is None:
                _, at = find_project(self._client, scope)
        except Gone:
            return Container(readable=False, server_time=0.0)
        return Container(True, at or 0.0, mark)

    def leave_mark(self, scope: ScopeRef, mark: str) -> None:
        """One call, into the property ``pmsync`` of the project."""
        refused = self._client.put_project_mark(scope.key, mark)
        if refused is not None:
            raise Rejected(f"{scope}: Jira keeps no mark: {refused}", hint=f"grant {ADMINISTER} to the account in {scope.key}")

    def people(self, scope: ScopeRef, ids: Sequence[str]) -> list[Account]:
        """Bulk reads, 90 accounts at a time."""
        found: list[Account] = []
        for start in range(0, len(ids), client.PEOPLE_BATCH):
            found += map(mapping.account, self._client.people(ids[start : start + client.PEOPLE_BATCH]))
        return found

    def hints(self, headers: Mapping[str, str], body: bytes) -> list[RecordRef]:
        """The issue or version that a signed webhook names; see ``hooks``."""
        secret = self._settings.webhook_secret
        hooks.verify(headers, body, secret.get_secret_value() if secret else None)
        return [RecordRef(self._environment.system, hooks.remote_id(body))]

    def close(self) -> None:
        """Release connections."""
        self._client.close()
        self._control.close()

    # -- helpers --------------------------------------------------------------------------------------------------------------

    def _record(self, issue: wire.Issue) -> Record:
        return mapping.record(issue, self._site)

    def _where(self, scope: ScopeRef) -> str | None:
        config = self._scopes.get(scope)
        return JiraScope.model_validate(config.settings).where if config else None

    def _scope(self, ref: ScopeRef) -> Scope:
        project = self._catalogue.project(ref)
        self._homes[project.id] = ref
        self._releases.saw(ref, project)
        config = self._scopes.get(ref)
        audience = JiraScope.model_validate(config.settings).audience if config else None
        url = f"{self._settings.url}/browse/{project.key}"
        return Scope(ref, project.name or project.key, _AUDIENCES[audience or "internal"], project.id, url)

    def _scope_of(self, project: wire.Project) -> ScopeRef:
        """The scope of a project: by its key, or, where the key was renamed since the config was written, by its id."""
        plain = ScopeRef(self._environment.system, project.key)
        if plain in self._scopes or not self._scopes:
            return plain
        if project.id not in self._homes:
            self._find_homes()
        return self._homes.setdefault(project.id, plain)

    def _find_homes(self) -> None:
        for ref in self._scopes:
            if ref not in self._homes.values():
                try:
                    self._homes[self._catalogue.project(ref).id] = ref
                except Gone:
                    continue  # a scope that cannot be seen is nobody's home; its own round reports it
