"""Comments as records: where their parts show, and the header that tells in a copy who wrote the original where.

A connector reads a ``Comment``; where comments cross to other systems, the engine treats it as a record like any other, with three surfaces:
the text, the issue that it belongs to, and the header. The header is made once, from the comment that people wrote, and is the first line of
each copy of it; it is no part of the text. It counts as a header only where a marker of ours stands in the comment and our account wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pmsync.model.enums import Kind, Nature
from pmsync.model.record import Comment, Record, ScopeRef
from pmsync.model.values import known, raw
from pmsync.reconcile.lens import Lens
from pmsync.reconcile.lenses import ReferencesLens, TextLens
from pmsync.reconcile.operation import Operation
from pmsync.reconcile.surface import Surface

TEXT, ON, HEADER = "comment:body", "comment:on", "comment:attribution"
"""The surface ids of a comment, in every system."""

NAME_LIMIT = 80
HEADER_ROOM = 600
"""Characters that a header takes at most, kept free beside the text of a copy."""

_NATURES = frozenset({Nature.COMMENT})
_HEADER = re.compile(r"\*\*(?P<who>.{1,400}?)\*\* wrote in .{1,600}:[ \t]*(?:\r?\n|\Z)")
_SPECIAL = re.compile(r"[\\`*_\[\]<>#~|&!]")
_BLANKS = re.compile(r"\s+")
_CALL = re.compile(r"(?<=\w)@(?=\w)")
_UNSAFE = re.compile(r"[^!-~]|[()<>\\\"'`]")


def surfaces(limit: int | None, read_only: str | None = None, *, text: Lens | None = None) -> list[Surface]:
    """The surfaces of comments in a system that takes ``limit`` characters in one.

    ``text`` is the lens for the text where Markdown is not what the system shows.
    """
    room = None if limit is None else limit - HEADER_ROOM
    return [
        Surface(TEXT, "body", text or TextLens(limit=room, markdown=True), read_only, natures=_NATURES),
        Surface(ON, "on", ReferencesLens(single=True, scalar=True), read_only, natures=_NATURES),
        Surface(HEADER, "attribution", TextLens(single_line=True), read_only, natures=_NATURES),
    ]


def record(comment: Comment, scope: ScopeRef) -> Record:
    """The record that a comment is."""
    return Record(
        ref=comment.ref,
        scope=scope,
        key=comment.key or str(comment.ref),
        url=comment.url,
        kind=Kind.COMMENT,
        values={
            TEXT: known(comment.body),
            ON: known(comment.parent.remote_id),
            HEADER: known(comment.header or attribution(comment)),
        },
        version=str(comment.updated_at),
        updated_at=comment.updated_at,
        created_at=comment.created_at,
        creator=comment.author,
        audience=comment.audience,
        marker=comment.marker,
        people={"author": comment.author} if comment.author else {},
        raw={TEXT: comment.raw} if comment.raw else {},
    )


def attribution(comment: Comment) -> str:
    """The line that tells in a copy who wrote this comment where: ``**Ana** wrote in [PAY-7](https://...):``."""
    name = _plain(comment.name or comment.author or "somebody")
    place = _plain(comment.place or "another place")
    where = f"[{place}]({_address(comment.url)})" if comment.url else place
    return f"**{name}** wrote in {where}:"


def writer(header: str) -> str:
    """Whom a header names; "" where it is none."""
    match = _HEADER.match(header)
    return re.sub(r"\\(.)", r"\1", match["who"]) if match else ""


def with_header(header: str, text: str) -> str:
    """The text of a copy under its header."""
    return f"{header}\n\n{text}" if header and text else header or text


def split_header(text: str) -> tuple[str, str]:
    """The header of a copy and its text; no header where somebody took it away."""
    match = _HEADER.match(text)
    if match is None:
        return "", text
    return match[0].strip(), text[match.end() :].lstrip("\r\n")


@dataclass(frozen=True, slots=True)
class Written:
    """What an op writes of a comment; None for what it leaves as it is. ``on``: the remote id of the issue, for a new one."""

    text: str | None
    on: str
    header: str


def written(op: Operation) -> Written:
    """What an op on a comment asks for."""
    values: Mapping[str, str | None] = {change.surface: _text(raw(change.after)) for change in op.changes}
    return Written((values[TEXT] or "") if TEXT in values else None, values.get(ON) or "", values.get(HEADER) or "")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _plain(text: str) -> str:
    """A name on one line that means nothing but itself; nobody is called by it."""
    line = _CALL.sub(" at ", _BLANKS.sub(" ", text)).replace("@", "").strip()[:NAME_LIMIT]
    return _SPECIAL.sub(r"\\\g<0>", line) or "somebody"


def _address(url: str) -> str:
    """An address that cannot end its link early."""
    return _UNSAFE.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), url)[:400]
