"""Pointers: the values of the field ``elsewhere``. Each names a record of another system, for systems that can link to such."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pmsync.model.record import RecordRef

SELF, BLOCKER = "is", "waits-for"


@dataclass(frozen=True, slots=True)
class Pointer:
    """A record of another system that an item shows in (``SELF``), or that it waits for (``BLOCKER``)."""

    kind: str
    ref: RecordRef
    key: str
    url: str

    def __str__(self) -> str:
        """As it stands in the hub: neither an id nor an address holds white space, so the key comes last."""
        return f"{self.kind} {self.ref} {self.url} {self.key}"

    @classmethod
    def parse(cls, text: str) -> Pointer:
        """Undo ``str``.

        Raises:
            ValueError: it is none.
        """
        kind, ref, url, key = text.split(" ", 3)
        system, mark, remote_id = ref.partition("#")
        if kind not in (SELF, BLOCKER) or not (system and mark and remote_id):
            raise ValueError(f"{text!r} points nowhere")
        return cls(kind, RecordRef(system, remote_id), key, url)

    @property
    def name(self) -> str:
        """What stays the same when the record is renamed or moved: to link twice under one name is one link."""
        return f"pmsync:{self.kind}:{self.ref}"


def not_in(system: str) -> Callable[[str], bool]:
    """Whether a pointer leads to a record of the system itself, which links to that by its own means."""
    return lambda text: text.partition(" ")[2].startswith(f"{system}#")
