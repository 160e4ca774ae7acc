"""Where a walk through RT's log stands. Pure.

Numbers of the log are given when a transaction begins and show when it is committed, so that on a busy database a lower one may appear after a
higher one. So the floor stays behind all that is younger than the overlap, and what was delivered above it is remembered by number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from pmsync_rt.client import moment
from pmsync_rt.wire import Transaction

REMEMBERED = 2000
"""Lines above the floor that are remembered at most; one that is forgotten is only delivered again."""


class Anchor(msgspec.Struct, frozen=True):
    """A line of the log about a ticket of the queue. While it shows, an empty answer means that nothing happened, not that nothing is shown."""

    line: int
    ticket: int


class Position(msgspec.Struct, frozen=True, omit_defaults=True):
    """A cursor.

    Attributes:
        floor: all lines up to here were delivered.
        seen: lines above it that were, too.
        at: where an unfinished walk through the log goes on.
        ticket: where an unfinished first load goes on: the last ticket delivered.
        anchor: see ``Anchor``.
    """

    floor: int = 0
    seen: list[int] = []
    at: int | None = None
    ticket: int | None = None
    anchor: Anchor | None = None


def load(text: str) -> Position:
    """Read a cursor back."""
    return msgspec.json.decode(text, type=Position)


def dump(position: Position) -> str:
    """The cursor as text."""
    return msgspec.json.encode(position).decode()


@dataclass(slots=True)
class Tracker:
    """Follows one walk. ``overlap`` in seconds."""

    position: Position
    overlap: float

    @property
    def after(self) -> int:
        """The number behind which the next page begins."""
        return self.position.floor if self.position.at is None else self.position.at

    def fresh(self, lines: Sequence[Transaction]) -> list[Transaction]:
        """The lines that were not delivered yet."""
        seen = frozenset(self.position.seen)
        return [line for line in lines if int(line.id) > self.position.floor and int(line.id) not in seen]

    def delivered(self, lines: Sequence[Transaction], now: float | None, *, more: bool) -> Position:
        """Move on behind a page; ``now`` is the server's clock when it answered."""
        ours = [line for line in lines if int(line.id) > self.position.floor]
        latest = now if now is not None else max((moment(line.created) for line in ours), default=0.0)
        floor = self.position.floor
        rising = self.position.at in (None, floor)
        seen = set(self.position.seen)
        for line in ours:
            rising = rising and moment(line.created) <= latest - self.overlap
            if rising:
                floor = int(line.id)
            seen.add(int(line.id))
        kept = sorted(one for one in seen if one > floor)[-REMEMBERED:]
        at = max((int(line.id) for line in lines), default=self.after) if more else None
        self.position = Position(floor, kept, at, None, self.position.anchor)
        return self.position

    def anchored(self, anchor: Anchor | None) -> None:
        """Take another anchor."""
        old = self.position
        self.position = Position(old.floor, old.seen, old.at, old.ticket, anchor)
