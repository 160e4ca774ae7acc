"""Where a walk through a project's changes stands, as text. Pure.

A finished walk leaves ``since``: where the next one starts, a good while before the last change seen, for the search index may still
withhold older changes; and ``seen``: what was delivered of that while already, so that it is not delivered again. A walk under
way leaves its page token too, and how far it came, for the case that the token has expired by the time it is wanted.

Right after a mass change that while holds more rows than one page lists. Then most polls look only beyond the newest change (a
*shallow* walk), and every fifth reads the whole while.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

VERSION = 1
HORIZON = 3_600_000
"""Milliseconds after which a quiet project is no longer read from its last change on, but from that long before the last poll."""
REMEMBERED = 5_000
"""Delivered changes kept at most; beyond that, older ones within the overlap are delivered again."""
CROWD = 100
"""Remembered changes from which on a poll of the whole overlap takes more than one call."""
SHALLOW = 4
"""Shallow walks in a row."""


class Walk(msgspec.Struct, frozen=True, omit_defaults=True):
    """A walk under way.

    Attributes:
        floor: where its search starts, Unix milliseconds; None for the very beginning.
        shallow: whether it looks only beyond the newest change.
        start: the server's time of its first answer, Unix milliseconds; None when the server does not tell.
        token: the next page's; None at the start of the walk.
        reached: the ``updated`` of the last listed row, Unix milliseconds.
    """

    floor: int | None = None
    shallow: bool = False
    start: int | None = None
    token: str | None = None
    reached: int | None = None


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True):
    """A position in the stream. All times are the server's, in Unix milliseconds.

    Attributes:
        since: where the next walk of the whole overlap starts.
        beyond: where the next shallow walk starts.
        newest: the latest ``updated`` ever seen.
        shallow: shallow walks since the last whole one.
        seen: issue id to the latest ``updated`` delivered of it, from ``since`` on.
        walk: the walk under way, None between walks.
        versions: id to digest of every version of the project that was delivered; None when they were never read.
    """

    v: int = VERSION
    since: int | None = None
    beyond: int | None = None
    newest: int | None = None
    shallow: int = 0
    seen: dict[str, int] = {}
    walk: Walk | None = None
    versions: dict[str, str] | None = None


def parse(text: str | None) -> Cursor:
    """Read a cursor; None and what is no cursor of this version are the beginning: reading again loses nothing."""
    if text is None:
        return Cursor()
    try:
        cursor = msgspec.json.decode(text, type=Cursor)
    except msgspec.DecodeError:
        return Cursor()
    return cursor if cursor.v == VERSION else Cursor()


def dump(cursor: Cursor) -> str:
    """Write a cursor."""
    return msgspec.json.encode(cursor).decode()


class Tracker:
    """The state of one walk while it goes on. ``overlap`` in milliseconds."""

    def __init__(self, cursor: Cursor, overlap: int) -> None:
        self._cursor = cursor
        self._overlap = overlap
        self._delivered = dict(cursor.seen)
        self._taken_up_at: list[int | None] = []
        self.walk = cursor.walk or _walk_from(cursor)

    def began(self, at: float | None) -> None:
        """Note the server's time (Unix seconds) of an answer; the first one counts."""
        if self.walk.start is None and at is not None:
            self._change(start=int(at * 1000))

    def is_new(self, issue: str, updated: int) -> bool:
        """Whether this state of the issue was not delivered before."""
        return self._delivered.get(issue, -1) < updated

    def delivered(self, rows: Iterable[tuple[str, int]]) -> None:
        """Note rows as delivered, with the ``updated`` that was delivered."""
        for issue, updated in rows:
            self._delivered[issue] = max(updated, self._delivered.get(issue, -1))

    @property
    def versions(self) -> dict[str, str]:
        """Id to digest of the versions that were delivered."""
        return self._cursor.versions or {}

    @versions.setter
    def versions(self, digests: dict[str, str]) -> None:
        self._cursor = msgspec.structs.replace(self._cursor, versions=digests)

    def listed(self, updated: int) -> None:
        """Note how far the listing came."""
        self._change(reached=max(updated, self.walk.reached or 0))

    def turned(self, token: str | None) -> None:
        """Note the next page's token."""
        self._change(token=token)

    def take_up(self) -> bool:
        """Go on without the token from what was reached; False when that was tried at this very place already."""
        if self.walk.reached in self._taken_up_at:
            return False
        self._taken_up_at.append(self.walk.reached)
        floor = self.walk.floor if self.walk.reached is None else self.walk.reached
        self._change(token=None, floor=floor)
        return True

    def midway(self) -> Cursor:
        """The cursor behind a page that is not the last. Memory is kept as small as the cursor."""
        self._delivered = self._recent(self._bound())
        return msgspec.structs.replace(self._cursor, newest=self._newest(), seen=self._delivered, walk=self.walk)

    def finished(self) -> Cursor:
        """The cursor behind the last page."""
        newest, start = self._newest(), self.walk.start
        known = [moment for moment in (newest, start) if moment is not None]
        beyond = min(known) + 1 if known else None
        if self.walk.shallow:
            since, shallow = self._cursor.since, self._cursor.shallow + 1
        else:
            bound = self._bound()
            since = self._cursor.since if bound is None else max(bound, self._cursor.since or 0)
            shallow = 0
        recent = self._recent(since)
        return Cursor(since=since, beyond=beyond, newest=newest, shallow=shallow, seen=recent, versions=self._cursor.versions)

    def _newest(self) -> int | None:
        known = [moment for moment in (self._cursor.newest, self.walk.reached) if moment is not None]
        return max(known, default=None)

    def _bound(self) -> int | None:
        """min(scan start, newest seen) - overlap, but no further back than the horizon before the scan."""
        newest, start = self._newest(), self.walk.start
        if start is None:
            return None if newest is None else newest - self._overlap
        reached = start if newest is None else min(start, newest)
        return max(reached - self._overlap, start - max(HORIZON, self._overlap))

    def _recent(self, bound: int | None) -> dict[str, int]:
        recent = {issue: updated for issue, updated in self._delivered.items() if bound is None or updated >= bound}
        if len(recent) <= REMEMBERED:
            return recent
        return dict(sorted(recent.items(), key=lambda row: row[1])[-REMEMBERED:])

    def _change(self, **changes: int | str | None) -> None:
        self.walk = msgspec.structs.replace(self.walk, **changes)


def _walk_from(cursor: Cursor) -> Walk:
    crowded = len(cursor.seen) >= CROWD and cursor.shallow < SHALLOW
    if crowded and cursor.beyond is not None and cursor.since is not None:
        return Walk(floor=max(cursor.beyond, cursor.since), shallow=True)
    return Walk(floor=cursor.since)
