"""Roadmap files as a system: each file is a product line, each of its items a record. Reads are cheap, writes change single values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pmsync.connect.capabilities import Capabilities, Full, Partial, Unsupported
from pmsync.connect.contract import (
    Absent,
    Check,
    Connector,
    Container,
    Fetched,
    Finding,
    Found,
    Level,
    Listing,
    Outcome,
    Page,
    Receipt,
    Remark,
    Revision,
    Scope,
    Stream,
)
from pmsync.connect.errors import Ambiguous, Conflict, ConnectorError, Gone, NotSent, Rejected
from pmsync.connect.plugin import Environment, ScopeConfig
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.model.roadmap import Roadmap
from pmsync.reconcile.operation import Operation, OpKind
from pmsync.reconcile.surface import Surface
from pmsync_files.folder import Folder
from pmsync_files.library import Library, file_of
from pmsync_files.mapping import ME, left, prefix_of, surfaces_of
from pmsync_files.settings import FilesSettings
from pmsync_files.writes import Sheet, created, refuse_collateral, revised, updated

PAGE = 100
"""Records to a page."""

READ_ONLY = "what trackers change is written into the file by pmsync pull --write, or by every sync with write: true"
_OUTCOMES: Mapping[type[ConnectorError], Outcome] = {
    Rejected: Outcome.REJECTED,
    Conflict: Outcome.CONFLICT,
    NotSent: Outcome.NOT_SENT,
    Ambiguous: Outcome.AMBIGUOUS,
    Gone: Outcome.REJECTED,
}


@dataclass(slots=True)
class _Cursor:
    """What was delivered: remote id to version; the file's stamp when that was all of it, and until when it says the same."""

    token: str = ""
    until: float | None = None
    known: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, text: str | None) -> _Cursor:
        return cls(**json.loads(text)) if text else cls()

    def dump(self) -> str:
        return json.dumps({"token": self.token, "until": self.until, "known": self.known}, separators=(",", ":"))


class FilesConnector(Connector):
    """Speaks to the files of one folder."""

    def __init__(self, folder: Folder, settings: FilesSettings, scopes: Sequence[ScopeConfig], environment: Environment) -> None:
        self._writes = settings.write or environment.into_sources
        self._library = Library(folder, settings, scopes, environment)

    @property
    def capabilities(self) -> Capabilities:
        """What a text file allows."""
        return Capabilities(
            idempotency_key=Full(),
            marker=Full(),
            find=Full(),
            compare_and_set=Full(),
            history=Unsupported("a file keeps none; the repository that it lies in does"),
            deletions=Unsupported("an item that is taken out of the file is unmanaged, never deleted"),
            ids=Full(),
            container=Partial("whether the file can be read; it holds no mark"),
            comments=Unsupported("an item of a roadmap has no comments"),
            hints=Unsupported("a file sends no webhooks"),
            source=True,
            writes=Full() if self._writes else Unsupported(READ_ONLY),
            server_max=1.0,
        )

    def me(self) -> str:
        """Items that carry our mark are ours."""
        return ME

    # -- discovery ----------------------------------------------------------------------------------------------------------

    def check(self, scopes: Sequence[ScopeRef]) -> list[Check]:
        """A line for each file: how much it holds, and each thing that is wrong with it."""
        return [check for scope in scopes for check in self._check(scope)]

    def _check(self, scope: ScopeRef) -> Iterator[Check]:
        try:
            reading = self._library.look(scope).reading
        except ConnectorError as error:
            yield Check(Level.ERROR, str(scope), f"the file cannot be read: {error.message}", error.hint)
            return
        roadmap = reading.roadmap
        yield Check(
            Level.OK,
            str(scope),
            f"{len(roadmap.items)} items, {len(roadmap.releases)} releases, {len(reading.problems)} problems",
        )
        for one in reading.problems:
            yield Check(Level.WARNING, str(scope), f"{one.place}: {one.message}", one.remedy or "see docs/roadmap.md")
        if not self._writes:
            yield Check(Level.NOTE, str(scope), "sync only reads the file", READ_ONLY)
        elif not self._library.writable(scope):
            yield Check(
                Level.ERROR,
                str(scope),
                "write: true, but pmsync may not edit the file or create one beside it",
                "make both writable",
            )

    def scopes(self, wanted: Sequence[ScopeRef]) -> list[Scope]:
        """The wanted lines; ``Gone`` where there is no file."""
        found = []
        for ref in wanted:
            self._library.stamp(ref)
            audience = self._library.source(ref, "", 0.0).audience
            found.append(Scope(ref, ref.key, audience, file_of(ref), f"{ref.system}/{file_of(ref)}"))
        return found

    def surfaces(self, scope: ScopeRef) -> list[Surface]:
        """What an item's keys say."""
        return surfaces_of(self._library.scopes[scope], None if self._writes else READ_ONLY)

    def refresh(self) -> None:
        """Files are compared by their stamps; nothing else is kept."""

    # -- reading ------------------------------------------------------------------------------------------------------------

    def pull(self, scope: ScopeRef, stream: Stream, cursor: str | None) -> Iterator[Page]:
        """What differs from what was delivered before, a hundred records at a time; what was taken out comes as no longer covered."""
        done, more = _Cursor.load(cursor), stream is Stream.ITEMS
        if not more:
            yield Page(done.dump(), more=False)
        while more:
            seen = self._library.news(scope, done.token, done.until)
            if seen is None:
                yield Page(done.dump(), more=False)
                return
            changed = [one for name, one in seen.records.items() if done.known.get(name) != one.version]
            more = len(changed) > PAGE
            done.known |= {one.ref.remote_id: one.version for one in changed[:PAGE]}
            lost = [] if more else [name for name in done.known if name not in seen.records]
            done.known = {name: version for name, version in done.known.items() if name not in lost}
            if not more:
                done.token, done.until = seen.token, seen.until
            source = self._library.source(scope, seen.text, max(seen.saved_at, self._library.now()))
            gone = [left(RecordRef(scope.system, name), source) for name in lost]
            remarks = (
                None if more else tuple(Remark(f"{'.'.join(one.path)}: {one.message}", str(one)) for one in seen.reading.problems)
            )
            yield Page(done.dump(), more, (*changed[:PAGE], *gone), remarks=remarks)

    def fetch(self, scope: ScopeRef, refs: Sequence[RecordRef], since: float | None = None) -> Fetched:
        """Direct reads: the file as it stands."""
        found: dict[RecordRef, Record] = {}
        for start in range(0, len(refs), PAGE):
            records = self._library.look(scope).records
            found |= {ref: records[ref.remote_id] for ref in refs[start : start + PAGE] if ref.remote_id in records}
        missing = tuple(ref for ref in refs if ref not in found)
        return Fetched(tuple(found.values()), missing, at=self._library.now())

    def in_scope(self, scope: ScopeRef, record: Record) -> bool:
        """In this file, and not taken out of it."""
        return record.scope == scope and not record.excluded

    # -- writing ------------------------------------------------------------------------------------------------------------

    def prepare(self, scope: ScopeRef, ops: Sequence[Operation]) -> None:
        """Nothing has to exist before a write here; the fence holds all the same."""
        self._library.refuse_if_fenced("prepare")

    def apply(self, scope: ScopeRef, ops: Sequence[Operation]) -> Iterator[Receipt]:
        """Each op once: the file is read, edited, and replaced if it is still the same."""
        self._library.refuse_if_fenced("apply")
        return (self._send(scope, op) for op in ops)

    def _send(self, scope: ScopeRef, op: Operation) -> Receipt:
        try:
            record = self._write(scope, op)
        except (Rejected, Conflict, NotSent, Ambiguous, Gone) as error:
            refused = error.surfaces if isinstance(error, Rejected) else {}
            return Receipt(op.uid, _OUTCOMES[type(error)], op.ref, reason=error.message, refused=refused, hint=error.hint)
        return Receipt(op.uid, Outcome.DONE, record.ref if record else op.ref, record)

    def _write(self, scope: ScopeRef, op: Operation) -> Record | None:
        """Send one op; the record as it stands afterwards."""
        seen = self._library.look(scope)
        reading = seen.reading
        sheet = Sheet(seen.text, reading.tree, reading.roadmap, seen.records, prefix_of(self._library.scopes[scope]))
        if op.kind is OpKind.CREATE:
            text, remote_id = created(sheet, op)
        else:
            text, remote_id = updated(sheet, op), op.ref.remote_id if op.ref else ""
        if text == seen.text:
            return seen.records.get(remote_id)
        after = self._library.preview(scope, seen, text)
        refuse_collateral(seen.records, after.records, remote_id, op)
        self._library.replace(scope, seen, after)
        return self._library.look(scope).records.get(remote_id)

    # -- what makes it excellent --------------------------------------------------------------------------------------------

    def find(self, scope: ScopeRef, op: Operation, floor: str) -> Finding:
        """Look for the mark that the op left behind its entry's key."""
        for record in self._library.look(scope).records.values():
            if record.marker is not None and record.marker == op.marker:
                return Found(record)
        return Absent(consistent=True)

    def roadmap(self, scope: ScopeRef) -> Roadmap:
        """What the file says, without what cannot be used."""
        return self._library.look(scope).reading.roadmap

    def revise(self, scope: ScopeRef, revisions: Sequence[Revision]) -> None:
        """Change the lines of these values, and nothing else, if the file is still the same."""
        self._library.refuse_if_fenced("revise")
        seen = self._library.look(scope)
        text = revised(seen.text, revisions)
        if text == seen.text:
            return
        after = self._library.preview(scope, seen, text)
        if fresh := {str(one) for one in after.reading.problems if one.path not in {old.path for old in seen.reading.problems}}:
            raise Rejected(min(fresh), hint="nothing was written")
        self._library.replace(scope, seen, after)

    def ids(self, scope: ScopeRef) -> Listing:
        """All items and releases of the file."""
        return Listing(tuple(one.ref for one in self._library.look(scope).records.values()), complete=True)

    def container(self, scope: ScopeRef) -> Container:
        """Whether the file can be read: from one that is in the middle of a merge nothing follows."""
        try:
            self._library.look(scope)
        except ConnectorError:
            return Container(readable=False, server_time=self._library.now())
        return Container(readable=True, server_time=self._library.now())
