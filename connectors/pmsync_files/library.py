"""The files as they were read last: one look is one ``stat``, and a read only where that moved, and a parse only where the bytes did."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from pmsync.connect.errors import ConnectorError, Gone, WriteRefused
from pmsync.connect.plugin import Environment, ScopeConfig
from pmsync.model.enums import Audience
from pmsync.model.record import Record, ScopeRef
from pmsync.roadmap.read import Reading, read
from pmsync.roadmap.tree import UnreadableError
from pmsync_files.folder import Folder, Stamp, digest
from pmsync_files.mapping import Source, next_turn, prefix_of, records_of
from pmsync_files.settings import FilesSettings, LineScope

T = TypeVar("T")
_BOM = "\ufeff"
_MOST = 3
"""Problems of an unreadable file that its one message names."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as it was read.

    Attributes:
        token: its stamp's.
        digest: of its bytes.
        text: what it holds, without a byte order mark.
        bom: whether it begins with one.
        saved_at: Unix seconds.
        reading: what it means.
        records: by remote id.
        until: the moment (Unix seconds) from which it says something else by itself.
    """

    token: str
    digest: str
    text: str
    bom: bool
    saved_at: float
    reading: Reading
    records: Mapping[str, Record]
    until: float | None

    def holds(self, now: float) -> bool:
        """Whether it still says the same, unless it was saved."""
        return self.until is None or now < self.until


class Library:
    """The files of one folder. Every request goes through one door, which holds the fence and reports the call."""

    def __init__(self, folder: Folder, settings: FilesSettings, scopes: Sequence[ScopeConfig], environment: Environment) -> None:
        self._folder, self._settings, self._environment = folder, settings, environment
        self.scopes = {scope.ref: scope for scope in scopes}
        self._seen: dict[ScopeRef, Seen] = {}

    def now(self) -> float:
        """Unix seconds."""
        return self._environment.clock.now()

    def stamp(self, scope: ScopeRef) -> None:
        """See whether the file is there: one call.

        Raises:
            Gone: it is not.
        """
        self._ask("GET", scope, lambda: self._folder.stamp(file_of(scope)))

    def look(self, scope: ScopeRef) -> Seen:
        """The file as it stands: one call.

        Raises:
            Gone: it cannot be read, or is no document; the message names line and column.
        """
        return self._ask("GET", scope, lambda: self._current(scope))

    def news(self, scope: ScopeRef, token: str, until: float | None) -> Seen | None:
        """As ``look``; None, without reading, where the stamp is still ``token`` and ``until`` is not over."""

        def ask() -> Seen | None:
            same = token and self._folder.stamp(file_of(scope)).token == token
            return None if same and (until is None or self.now() < until) else self._current(scope)

        return self._ask("GET", scope, ask)

    def preview(self, scope: ScopeRef, seen: Seen, text: str) -> Seen:
        """The file as it would be with ``text`` in the place of what was ``seen``.

        Raises:
            Gone: it is no document.
        """
        data = ((_BOM if seen.bom else "") + text).encode("utf-8")
        return self._understood(scope, replace(seen, token="", digest=digest(data), text=text))

    def replace(self, scope: ScopeRef, seen: Seen, after: Seen) -> None:
        """Put a preview in the place of what was ``seen``: one call. See ``Folder.replace`` for what it raises."""
        data = ((_BOM if after.bom else "") + after.text).encode("utf-8")
        self._ask("PUT", scope, lambda: self._folder.replace(file_of(scope), data, seen.digest))
        self._seen[scope] = after

    def writable(self, scope: ScopeRef) -> bool:
        """Whether a write would be let in."""
        return self._folder.writable(file_of(scope))

    def source(self, scope: ScopeRef, text: str, saved_at: float) -> Source:
        """What the records of a file share."""
        audience = Audience[LineScope.model_validate(self.scopes[scope].settings).audience.upper()]
        return Source(scope, audience, saved_at, self.now(), prefix_of(self.scopes[scope]), text)

    def refuse_if_fenced(self, what: str) -> None:
        """Raise where only reads are allowed.

        Raises:
            WriteRefused: the fence is down.
        """
        if self._environment.fence.read_only:
            raise WriteRefused(f"{self._environment.system}: {what} while only reads are allowed")

    def _current(self, scope: ScopeRef) -> Seen:
        stamp = self._folder.stamp(file_of(scope))
        old = self._seen.get(scope)
        if old is not None and stamp.token and old.token == stamp.token and old.holds(self.now()):
            return old
        data = self._folder.read(file_of(scope))
        mark = digest(data)
        if old is not None and old.digest == mark and old.holds(self.now()):
            found = _saved(old, stamp)
        else:
            text = _decoded(data, file_of(scope))
            blank = Seen(stamp.token, mark, text.removeprefix(_BOM), text.startswith(_BOM), stamp.saved_at, _NOTHING, {}, None)
            found = self._understood(scope, blank)
        self._seen[scope] = found
        return found

    def _understood(self, scope: ScopeRef, seen: Seen) -> Seen:
        file = f"{self._settings.path}/{file_of(scope)}"
        try:
            reading = read(seen.text, scope.key, file, self._settings.fiscal)
        except UnreadableError as error:
            said = "; ".join(str(replace(one, remedy="")) for one in error.problems[:_MOST])
            raise Gone(said, status=403, hint=error.problems[0].remedy) from None
        records = records_of(reading, self.source(scope, seen.text, seen.saved_at))
        return replace(seen, reading=reading, records=records, until=next_turn(reading.roadmap, self.now()))

    def _ask(self, method: str, scope: ScopeRef, call: Callable[[], T]) -> T:
        """The one door."""
        if method != "GET":
            self.refuse_if_fenced(f"{method} {file_of(scope)}")
        status = 0
        try:
            answer = call()
            status = 200
        except ConnectorError as error:
            status = error.status if isinstance(error, Gone) else 0
            raise
        finally:
            self._environment.on_call(self._environment.system, method, file_of(scope), status)
        return answer


_NOTHING = read("", "", "")


def _saved(seen: Seen, stamp: Stamp) -> Seen:
    """The same file, saved again as it was."""
    records = {name: replace(one, updated_at=stamp.saved_at, created_at=stamp.saved_at) for name, one in seen.records.items()}
    return replace(seen, token=stamp.token, saved_at=stamp.saved_at, records=records)


def file_of(scope: ScopeRef) -> str:
    """The file's name."""
    return f"{scope.key}.yaml"


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        place = f"{name}:{line}:{column}"
        raise Gone(
            f"{place}: the byte 0x{data[error.start]:02x} is not UTF-8", status=403, hint="save the file as UTF-8"
        ) from None
