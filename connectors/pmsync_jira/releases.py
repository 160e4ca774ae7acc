"""Reading the versions of projects. They have no stream of changes: their list is compared with the digests of what was delivered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from msgspec import UnsetType

from pmsync.connect.contract import Absent, Finding, Found
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.reconcile.operation import Operation
from pmsync_jira import mapping, versions, wire
from pmsync_jira.client import Client


@dataclass(frozen=True, slots=True)
class News:
    """Versions that differ from what was delivered, and the digests of all."""

    records: tuple[Record, ...]
    digests: dict[str, str]


class Releases:
    """The versions of one site's projects as records."""

    def __init__(self, client: Client, site: mapping.Site) -> None:
        self._client = client
        self._site = site
        self._seen: dict[ScopeRef, Sequence[wire.Version]] = {}

    def saw(self, scope: ScopeRef, project: wire.Project) -> None:
        """Keep the versions that came along with a project, so that the next pull of the scope looks at them without a call of its own."""
        if not isinstance(project.versions, UnsetType):
            self._seen[scope] = project.versions

    def news(self, scope: ScopeRef, digests: dict[str, str] | None) -> News | None:
        """What a pull begins with; None where there is nothing to look at. ``digests`` None: nothing was ever delivered."""
        listed = self._seen.pop(scope, None)
        if listed is None and digests is None:
            listed = self._client.versions(scope.key)
        return None if listed is None else self._compared(scope, listed, digests or {})

    def unknown(self, scope: ScopeRef, issues: Iterable[wire.Issue], digests: dict[str, str]) -> News | None:
        """The same when an issue goes into a version that was never heard of; that takes a call."""
        shown = {one.id for issue in issues for one in issue.fields.fix_versions or () if self._home(issue) == scope}
        strange = shown - digests.keys()
        if not strange:
            return None
        news = self._compared(scope, self._client.versions(scope.key), digests)
        return News(news.records, {**dict.fromkeys(strange, ""), **news.digests})

    def read(self, scope: ScopeRef, refs: Sequence[RecordRef]) -> tuple[list[Record], float | None]:
        """Versions by their ids, and the server's time: one call, or one for all of the project and one for each that is not among those."""
        ids = dict.fromkeys(versions.number(ref.remote_id) for ref in refs)
        there = {one.id: one for one in self._client.versions(scope.key)} if len(ids) > 1 else {}
        found, at = [self._record(there[one], scope) for one in ids if one in there], None
        for one in ids.keys() - there.keys():
            version, at = self._client.version(one)
            if version is not None:
                found.append(self._record(version, scope))
        return found, at

    def refs(self, scope: ScopeRef) -> list[RecordRef]:
        """All versions of a project; one call."""
        return [RecordRef(scope.system, versions.remote_id(one.id)) for one in self._client.versions(scope.key)]

    def find(self, scope: ScopeRef, op: Operation, me: str) -> Finding:
        """The version that a lost create made. It is known by its name, of which a project has but one.

        Nothing else can carry the op's marker, so it is handed back with it.
        """
        title = next((change.after for change in op.changes if change.surface == versions.NAME), None)
        for version in self._client.versions(scope.key):
            record = self._record(version, scope)
            if record.values[versions.NAME] == title:
                return Found(replace(record, marker=op.marker, creator=me))
        return Absent(consistent=True)

    def _compared(self, scope: ScopeRef, listed: Sequence[wire.Version], digests: dict[str, str]) -> News:
        now = {one.id: versions.digest(one) for one in listed}
        changed = tuple(self._record(one, scope) for one in listed if digests.get(one.id) != now[one.id])
        return News(changed, now)

    def _record(self, version: wire.Version, scope: ScopeRef) -> Record:
        return versions.record(version, scope, self._site.url)

    def _home(self, issue: wire.Issue) -> ScopeRef | None:
        return self._site.scope_of(issue.fields.project) if issue.fields.project else None
