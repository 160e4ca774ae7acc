"""What a campaign has played, kept in a file, so that it goes on where it stopped, however it stopped."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pmsync
from pmsync.testing.simulate.machine import plugins
from pmsync.testing.simulate.total import Sum

FOLDER = Path(".simulate")
EVERY = 5.0
"""Seconds between two savings."""

_FORMAT = 1


class Progress:
    """One campaign's file.

    Attributes:
        total: what all worlds so far came to.
        done: how many seeds from the first one on are in it.
        found: whether there was a file to go on from.
    """

    def __init__(self, path: Path, now: Callable[[], float] = time.monotonic) -> None:
        self.path = path
        self._now = now
        self._began = self._saved = now()
        self._before = 0.0
        self.total, self.done = Sum(), 0
        self.found = path.exists()
        if self.found:
            kept = json.loads(path.read_text())
            self.total, self.done, self._before = Sum.of(kept["total"]), kept["done"], kept["seconds"]

    @property
    def seconds(self) -> float:
        """How long the campaign has run, in all its parts."""
        return self._before + self._now() - self._began

    def keep(self, *, now: bool = False) -> None:
        """Save, unless that was done a moment ago. The file is whole at any time, whatever happens meanwhile."""
        began = self._now()
        if not now and began - self._saved < EVERY:
            return
        self.path.parent.mkdir(exist_ok=True)
        fresh = self.path.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps({"done": self.done, "seconds": self.seconds, "total": self.total.plain()}))
        fresh.replace(self.path)
        self._saved = self._now()

    def forget(self) -> None:
        """The campaign is over, or begins anew: there is nothing to go on from."""
        self.path.unlink(missing_ok=True)


def file_of(seeds: range, folder: Path = FOLDER) -> Path:
    """The file of a campaign over ``seeds`` with the code as it is now: with other code it would be another campaign."""
    return folder / f"{fingerprint()}-{seeds.start}-{len(seeds)}.json"


def fingerprint() -> str:
    """A name for the code that plays: this program, its connectors, the interpreter and SQLite."""
    connectors = {Path(sys.modules[type(plugin).__module__].__file__ or "").parent for plugin in plugins().values()}
    digest = hashlib.sha256(f"{_FORMAT} {sys.version} {sqlite3.sqlite_version}".encode())
    for folder in sorted({Path(pmsync.__file__).parent, *connectors}):
        for file in sorted(folder.rglob("*.py")):
            digest.update(f"{file.relative_to(folder.parent)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:12]
