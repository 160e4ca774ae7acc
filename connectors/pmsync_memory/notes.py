"""Comments: how their ids read, and what is the header of one of our copies and what its text."""

from __future__ import annotations

from pmsync.connect.comments import split_header
from pmsync.model.record import RecordRef
from pmsync_memory.server import ROBOT, Note

NOTE = "comment-"
"""Stands before the server's own id of a comment: its rows have ids of the same sort."""


def is_note(ref: RecordRef) -> bool:
    """Whether it is a comment's."""
    return ref.remote_id.startswith(NOTE)


def note_id(ref: RecordRef) -> str:
    """The server's own id."""
    return ref.remote_id.removeprefix(NOTE)


def parts(note: Note) -> tuple[str, str]:
    """Header and text. Only what our account wrote with a marker has a header: whoever copies one writes a text like any other."""
    if note.marker is None or note.author != ROBOT:
        return "", note.body
    return split_header(note.body)
