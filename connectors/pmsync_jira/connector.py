"""The contract for one Jira Cloud site: each verb delegates to the part that knows how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

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
from pmsync.connect.errors import AuthFailed, Gone, Rejected, WriteRefused
from pmsync.connect.plugin import Environment, ScopeConfig
from pmsync.connect.webhooks import genuine
from pmsync.model.enums import Audience, Kind
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.reconcile.operation import Operation, OpKind
from pmsync.reconcile.surface import Surface
from pmsync_jira import client, history, lookup, mapping, versions, wire
from pmsync_jira.blocking import Blocking
from pmsync_jira.catalogue import ADMINISTER, Catalogue, find_project
from pmsync_jira.client import Client, Query
from pmsync_jira.control import Control
from pmsync_jira.judging import Judge
from pmsync_jira.pulls import Pulls, Readers
from pmsync_jira.release_writes import ReleaseWriter
from pmsync_jira.releases import Releases
from pmsync_jira.settings import JiraScope, JiraSettings
from pmsync_jira.stream import within
from pmsync_jira.vocabulary import check_maps
from pmsync_jira.workflow import Workflow
from pmsync_jira.writes import Writer

_AUDIENCES = {"public": Audience.PUBLIC, "internal": Audience.INTERNAL, "private": Audience.PRIVATE}
_DIGESTS = frozenset({"sha256", "sha384", "sha512"})


class JiraConnector(Connector):
    """One Jira Cloud site.

    Raises:
        ConfigError: a value map names what the hub does not have.
    """

    def __init__(self, settings: JiraSettings, scopes: Sequence[ScopeConfig], environment: Environment) -> None:
        for scope in scopes:
            check_maps(environment.system, scope.maps)
        self._settings = settings
        self._environment = environment
        self._scopes = {scope.ref: scope for scope in scopes}
        self._client = Client(settings, environment)
        self._catalogue = Catalogue(self._client, self._scopes)
        self._workflow = Workflow(self._client)
        self._blocking = Blocking(self._client)
        self._writer = Writer(self._client, self._catalogue, self._workflow, self._blocking)
        self._release_writer = ReleaseWriter(self._client, self._catalogue)
        self._control = Control(settings, environment, self._client.http.limiter)
        self._site = mapping.Site(environment.system, settings.url, self._scope_of)
        self._judge = Judge(self._client, self._where)
        self._releases = Releases(self._client, self._site)
        readers = Readers(self._workflow, self._judge, self._releases)
        self._pulls = Pulls(self._client, environment.clock, self._site, round(settings.overlap * 1000), readers)
        self._homes: dict[str, ScopeRef] = {}
        self._me = ""

    @property
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
            comments=Partial("deleted comments are not reported, and comments are never written"),
            hints=Full() if self._settings.webhook_secret else Unsupported("no webhook_secret is configured"),
            fetch_batch=client.BATCH,
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

        return Doctor(self._client, self._catalogue, self._control, self._scopes).check(scopes)

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
        self._homes.clear()

    def pull(self, scope: ScopeRef, stream: Stream, cursor: str | None) -> Iterator[Page]:
        """Search pages, oldest change first; changed issues are read directly. Versions come first, where ``scopes`` has read them anew."""
        if stream is Stream.COMMENTS:
            return self._pulls.comments(scope, self._where(scope), cursor)
        return self._pulls.items(scope, self._where(scope), cursor)

    def fetch(self, scope: ScopeRef, refs: Sequence[RecordRef], since: float | None = None) -> Fetched:
        """Bulk fetches, 100 at a time; a moved issue comes back under its new key. Scopes with a condition cost a search per 50 more.

        Versions have no history. One is read by itself, several by the list of their project.
        """
        issues = [ref.remote_id for ref in refs if not versions.is_version(ref)]
        read = self._pulls.read(issues, history=since is not None)
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
        """One PUT per issue for its fields, one transition for its status, one request per link; one PUT per version."""
        for op in ops:
            if op.item_kind is not Kind.RELEASE:
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
        return lookup.find(self._client, lookup.Wanted(scope, op.marker, self.me(), self._record), op, floor)

    def ids(self, scope: ScopeRef) -> Listing:
        """One call per 5,000 issues, and one for the versions. Issues that the index has not seen yet are missing from it."""
        query = Query(f"{within(scope, self._where(scope))} ORDER BY id ASC", ("id",), client.ID_PAGE)
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
        """The issue or version that a signed webhook names. Source: the signature is ``X-Hub-Signature: method=hex`` over the raw body."""
        self._verify(headers, body)
        try:
            event = msgspec.json.decode(body)
        except msgspec.DecodeError:
            return []
        issue, version = (_id_in(event, name) for name in ("issue", "version"))
        remote = issue or (versions.remote_id(version) if version else "")
        return [RecordRef(self._environment.system, remote)] if remote else []

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

    def _verify(self, headers: Mapping[str, str], body: bytes) -> None:
        secret = self._settings.webhook_secret
        if secret is None:
            raise AuthFailed("a webhook came, but no webhook_secret is configured", hint="set webhook_secret of this system")
        method, _, given = next((text for name, text in headers.items() if name.lower() == "x-hub-signature"), "").partition("=")
        if method not in _DIGESTS:
            raise AuthFailed("a webhook came without a usable signature", hint="give the webhook in Jira a secret")
        if not genuine(body, secret.get_secret_value(), given.strip(), method):
            raise AuthFailed("a webhook came with a wrong signature", hint="does its secret in Jira equal webhook_secret?")


def _id_in(event: object, name: str) -> str:
    """The id of what a webhook's body holds under ``name``; "" where that is nothing with an id."""
    part = event.get(name) if isinstance(event, dict) else None
    found = str(part.get("id", "")) if isinstance(part, dict) else ""
    return found if found.isdecimal() else ""
