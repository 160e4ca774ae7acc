"""Where roadmap files lie: a folder on disk, or one in memory for tests. A write replaces a file whole, and only the file it was made from."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pmsync.connect.clock import Clock
from pmsync.connect.errors import Ambiguous, Conflict, Gone, NotSent, Rejected

FRESH = 2.0
"""Seconds in which a second save can leave a file's stamp and size as they were: what is that young is read again."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells that a file may have changed: ``token`` is equal as long as it did not; "" where that cannot be told yet.

    ``saved_at``: Unix seconds of the last change.
    """

    token: str
    saved_at: float


class Folder(Protocol):
    """The files of one system. Every method raises ``Gone`` where a file cannot be read."""

    def stamp(self, name: str) -> Stamp:
        """When the file was saved last, without reading it."""
        ...

    def read(self, name: str) -> bytes:
        """The whole file."""
        ...

    def replace(self, name: str, data: bytes, expected: str) -> None:
        """Put ``data`` in the place of the file whose digest is ``expected``; readers see the old file or the new one.

        Raises:
            Conflict: the file is another one by now; nothing was written.
            Rejected: the folder may not be written.
            NotSent: nothing was written, for a reason that may pass.
            Ambiguous: it was written, but may not survive a power cut.
        """
        ...

    def writable(self, name: str) -> bool:
        """Whether a write would be let in."""
        ...


def digest(data: bytes) -> str:
    """The fingerprint that tells two versions of a file apart."""
    return hashlib.sha256(data).hexdigest()


class DiskFolder:
    """A folder on disk. ``clock`` tells how young a file is."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path, self._clock = path, clock

    def stamp(self, name: str) -> Stamp:
        """One ``stat``."""
        try:
            found = (self._path / name).stat()
        except OSError as error:
            raise self._gone(name, error) from None
        fresh = abs(self._clock.now() - found.st_mtime) < FRESH
        token = "" if fresh else f"{found.st_mtime_ns}.{found.st_size}.{found.st_ino}"
        return Stamp(token, found.st_mtime)

    def read(self, name: str) -> bytes:
        """One read."""
        try:
            return (self._path / name).read_bytes()
        except OSError as error:
            raise self._gone(name, error) from None

    def replace(self, name: str, data: bytes, expected: str) -> None:
        """Written whole beside its place, compared once more, and moved there: whatever was saved until that moment is a conflict."""
        target = (self._path / name).resolve()  # a link stays one
        side = self._beside(target, data, name)
        try:
            if digest(self.read(name)) != expected:
                raise Conflict(f"{name} was saved by somebody else meanwhile")
            os.replace(side, target)  # noqa: PTH105 - the two are one rename
        except OSError as error:
            raise NotSent(f"{name} cannot be replaced: {error.strerror}") from None
        finally:
            side.unlink(missing_ok=True)
        _to_disk(target.parent, name)

    def writable(self, name: str) -> bool:
        """The folder takes new files, and the file is no read-only one."""
        return os.access(self._path, os.W_OK | os.X_OK) and os.access(self._path / name, os.W_OK)

    def _beside(self, target: Path, data: bytes, name: str) -> Path:
        try:
            mode = target.stat().st_mode & 0o777
            descriptor, side = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
            with os.fdopen(descriptor, "wb") as stream:
                os.fchmod(stream.fileno(), mode)
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
        except PermissionError as error:
            raise Rejected(
                f"{name} may not be written: {error.strerror}", hint=f"make {self._path} writable for pmsync"
            ) from None
        except OSError as error:
            raise NotSent(f"{name} cannot be written: {error.strerror}") from None
        return Path(side)

    def _gone(self, name: str, error: OSError) -> Gone:
        missing = isinstance(error, FileNotFoundError)
        said = f"there is no file {self._path / name}" if missing else f"{self._path / name} cannot be read: {error.strerror}"
        hint = (
            "create it (docs/roadmap.md has an example), or correct path: and the line's name"
            if missing
            else "let pmsync read it"
        )
        return Gone(said, status=404 if missing else 403, hint=hint)


def _to_disk(folder: Path, name: str) -> None:
    """Have the rename itself survive a power cut."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise Ambiguous(f"{name} was replaced, but the disk did not confirm it: {error.strerror}") from None


class MemoryFolder:
    """Files in memory. ``writes`` counts what arrived, ``denied`` takes ``read`` or ``edit`` away, ``mishaps`` befall the coming writes."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.files: dict[str, bytes] = {}
        self.writes = 0
        self.denied: set[str] = set()
        self.mishaps: list[str] = []
        self._saves: dict[str, tuple[int, float]] = {}

    def save(self, name: str, text: str) -> None:
        """Somebody saves a file in an editor."""
        self.files[name] = text.encode()
        self._saves[name] = (self._saves.get(name, (0, 0.0))[0] + 1, self.clock.now())

    def text(self, name: str) -> str:
        """What a file holds."""
        return self.files[name].decode()

    def stamp(self, name: str) -> Stamp:
        """The number of its last save."""
        self._refuse_unread(name)
        number, moment = self._saves[name]
        return Stamp(str(number), moment)

    def read(self, name: str) -> bytes:
        """The whole file."""
        self._refuse_unread(name)
        return self.files[name]

    def replace(self, name: str, data: bytes, expected: str) -> None:
        """One write; ``mishaps``: ``refuse`` keeps it from being sent, ``before`` and ``after`` lose its answer."""
        mishap = self.mishaps.pop(0) if self.mishaps else ""
        if mishap == "refuse":
            raise NotSent(f"{name}: the disk is not there")
        if "edit" in self.denied:
            raise Rejected(f"{name} may not be written", hint="make the folder writable for pmsync")
        self.writes += 1
        if mishap == "before":
            raise Ambiguous(f"{name}: no answer")
        if digest(self.read(name)) != expected:
            raise Conflict(f"{name} was saved by somebody else meanwhile")
        self.save(name, data.decode())
        if mishap == "after":
            raise Ambiguous(f"{name}: no answer")

    def writable(self, name: str) -> bool:
        """Unless it was denied."""
        return "edit" not in self.denied

    def _refuse_unread(self, name: str) -> None:
        if "read" in self.denied:
            raise Gone(f"{name} cannot be read: permission denied", status=403, hint="let pmsync read it")
        if name not in self.files:
            raise Gone(f"there is no file {name}", status=404, hint="create it")
