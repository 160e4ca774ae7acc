"""The walk: every story of up to so many events, told to its end and judged.

An event is something that somebody does, or a round. What somebody does can happen between two rounds or just before any request of a
round that touches his tracker's records. A mishap strikes at most once: the process dies at a step of a round, or a write of a round is
lost, loses its answer, arrives later or arrives twice.

Stories that lead to the same world are told on together: the same bytes on the disk, the same records, the same time, and a log that
differs only in the order of things done by people between the same two acts of ours. The count is of all stories nevertheless.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from itertools import groupby

from pmsync.model.enums import Priority
from pmsync.testing.enumerate.crashes import Steps
from pmsync.testing.enumerate.moves import VALUES, Move, make, moves
from pmsync.testing.enumerate.oracle import Rest, judge
from pmsync.testing.enumerate.rig import Rig
from pmsync.testing.enumerate.scenarios import file
from pmsync.testing.enumerate.values import DAY, GAP, PAUSE, SIDES, TOUCHING, Act, Boundary, Layout, Mishap, Moment
from pmsync.testing.faults import FaultKind

MISHAPS = (FaultKind.LOSE_BEFORE, FaultKind.LOSE_AFTER, FaultKind.LATE, FaultKind.TWICE)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far the walk goes: events, mishaps (0 or 1), whether things happen in the middle of rounds, and of which fields."""

    events: int
    mishaps: int = 0
    inside: bool = False
    fields: tuple[str, ...] = ("title", "priority")


@dataclass(frozen=True, slots=True)
class Finding:
    """A story that ended badly."""

    story: tuple[str, ...]
    problems: tuple[str, ...]


@dataclass(slots=True)
class Tally:
    """``stories`` told, the ``worlds`` that they ended in, each brought to rest once and judged, and what was found."""

    stories: int = 0
    worlds: set[bytes] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)

    def join(self, other: Tally) -> None:
        """Add what another part of the same walk came to."""
        self.stories += other.stories
        self.worlds |= other.worlds
        self.findings += other.findings


@dataclass(frozen=True, slots=True)
class _Round:
    """A round to play: who is asked first, what happens inside before which request, and what befalls which write, at which request."""

    first: str
    inside: tuple[tuple[int, Move], ...] = ()
    mishap: Mishap | None = None
    struck: int = 0

    @property
    def cost(self) -> int:
        """Its events."""
        return 1 + sum(_cost(move) for _, move in self.inside)

    @property
    def last(self) -> int:
        """The last request of which something is said."""
        return max([self.struck, *(number for number, _ in self.inside)])

    def __str__(self) -> str:
        """As a story tells it."""
        told = [f"sync {self.first}", *(f"[{number}: {move}]" for number, move in self.inside)]
        return " ".join(told) + (f", {self.mishap.kind.value} befalls write {self.mishap.write}" if self.mishap else "")


@dataclass(frozen=True, slots=True)
class _Child:
    """What a story may go on with: the world then, and the events and mishaps it took."""

    moment: Moment
    events: int
    mishaps: int
    words: str


@dataclass(slots=True)
class _Played:
    """What a round went through: what could have happened before each request, the request of each write, what dying leaves."""

    offers: list[tuple[int, list[Move]]] = field(default_factory=list)
    writes: list[int] = field(default_factory=list)
    left: list[Moment] = field(default_factory=list)


def _cost(move: Move) -> int:
    return 0 if move.verb == "land" else 1


class Walk:
    """Goes through all stories that begin at ``start``, a world of ``rig``; or, of those, through every ``share``-th from ``part`` on."""

    def __init__(self, rig: Rig, start: Moment, bounds: Bounds, part: int = 0, share: int = 1) -> None:
        self._rig, self._start, self._bounds = rig, start, bounds
        self._part, self._share = part, share
        self._told: dict[tuple[bytes, int, int], int] = {}
        self.tally = Tally()

    def go(self) -> Tally:
        """Tell them all."""
        if self._part == 0:
            self.tally.stories += 1
            self._end(fingerprint(self._rig, self._start), self._start, ())
        for number, child in enumerate(self._children(self._start, self._bounds.events, self._bounds.mishaps)):
            if number % self._share == self._part:
                self.tally.stories += self._go_on(child, self._bounds.events, self._bounds.mishaps, ())
        return self.tally

    def _tell(self, moment: Moment, events: int, mishaps: int, story: tuple[str, ...]) -> int:
        """All stories that begin with ``story``; how many they are."""
        world = fingerprint(self._rig, moment)
        place = world, events, mishaps
        if place not in self._told:
            self._end(world, moment, story)
            following = (self._go_on(child, events, mishaps, story) for child in self._children(moment, events, mishaps))
            self._told[place] = 1 + sum(following)
        return self._told[place]

    def _go_on(self, child: _Child, events: int, mishaps: int, story: tuple[str, ...]) -> int:
        return self._tell(child.moment, events - child.events, mishaps - child.mishaps, (*story, child.words))

    def _end(self, world: bytes, moment: Moment, story: tuple[str, ...]) -> None:
        if world in self.tally.worlds:
            return
        self.tally.worlds.add(world)
        self._rig.thaw(moment)
        problems = to_rest(self._rig, self._bounds.fields)
        if problems:
            self.tally.findings.append(Finding(story, tuple(problems)))

    # -- what can happen next --------------------------------------------------------------------------------------------------------

    def _children(self, moment: Moment, events: int, mishaps: int) -> Iterator[_Child]:
        self._rig.thaw(moment)
        for move in list(moves(self._rig, self._bounds.fields)):
            if _cost(move) <= events:
                self._rig.thaw(moment)
                make(self._rig, move)
                yield _Child(self._rig.freeze(), _cost(move), 0, str(move))
        for first in SIDES if events else ():
            yield from self._rounds(moment, _Round(first), events, mishaps)

    def _rounds(self, moment: Moment, this: _Round, events: int, mishaps: int) -> Iterator[_Child]:
        """This round; with every mishap that can strike later than all that is said of it; and with more inside, later than that."""
        befallen = this.mishap is not None
        played = self._play(moment, this, watch=mishaps > 0 and not befallen)
        self._rig.clock.sleep(GAP)
        yield _Child(self._rig.freeze(), this.cost, int(befallen), str(this))
        for number, left in enumerate(played.left):
            self._rig.thaw(left)
            self._rig.restart()
            yield _Child(self._rig.freeze(), this.cost, 1, f"{this}, dies at step {number}")
        for write, struck in enumerate(played.writes if mishaps and not befallen else (), start=1):
            for kind in MISHAPS if struck >= this.last else ():
                yield from self._rounds(moment, replace(this, mishap=Mishap(write, kind), struck=struck), events, mishaps)
        for number, offered in played.offers:
            for move in offered if number >= this.last + (number == this.struck) else ():
                if this.cost + _cost(move) <= events:
                    yield from self._rounds(moment, replace(this, inside=(*this.inside, (number, move))), events, mishaps)

    def _play(self, moment: Moment, this: _Round, *, watch: bool) -> _Played:
        rig = self._rig
        rig.thaw(moment)
        played, steps, number = _Played(), Steps(rig) if watch else None, 0

        def before(boundary: Boundary) -> None:
            nonlocal number
            if boundary.path in TOUCHING:
                number += 1
                for move in (move for at, move in this.inside if at == number):
                    make(rig, move)
                if self._bounds.inside:
                    offered = [move for move in moves(rig, self._bounds.fields) if move.side == boundary.side]
                    played.offers.append((number, offered))
            if boundary.path and boundary.method != "GET":
                played.writes.append(number)
            if steps is not None and number >= this.last:
                steps(boundary)

        rig.on_boundary = before
        rig.sync(this.first, this.mishap)
        rig.on_boundary = lambda boundary: None
        played.left = [] if steps is None else steps.left
        return played


def to_rest(rig: Rig, fields: tuple[str, ...]) -> list[str]:
    """Bring the world to rest; what went wrong."""
    try:
        if rig.late:  # a server that takes longer than the quiet period is beyond what is promised
            rig.sync()
            rig.clock.sleep(GAP)
            rig.land()
        rig.rest()
        managed = {side: frozenset(scope.key for scope in rig.layout.scopes(side)) for side in SIDES}
        gone = any(act.verb == "delete" for act in rig.acts)
        if gone or any(seen.container not in managed[side] for side in SIDES for seen in rig.look(side).values()):
            rig.clock.sleep(DAY)
            rig.rest(DAY)
    except AssertionError as error:
        return [f"restless: {error}"]
    except Exception as error:  # noqa: BLE001 - whatever the engine raises is a finding
        return [f"raised: {type(error).__name__}: {error}"]
    disputes = {row.dispute.field: frozenset(one.shown for one in row.dispute.candidates) for row in rig.conflicts()}
    surplus = frozenset(notice.subject for notice in rig.notices("surplus"))
    blind = frozenset(side for side in SIDES if rig.layout.blind(side))
    return judge(Rest(rig.acts, {side: rig.look(side) for side in SIDES}, disputes, fields, managed, surplus, blind))


def fingerprint(rig: Rig, moment: Moment) -> bytes:
    """What makes two worlds the same."""
    digest = blake2b(digest_size=16)
    digest.update(moment.image)
    digest.update(repr((rig.desks(moment), moment.now, [one.side for one in moment.late], _in_order(moment.acts))).encode())
    return digest.digest()


def _in_order(acts: tuple[Act, ...]) -> list[list[Act]]:
    """The log in an order of its own wherever the order tells nothing.

    That is: of what people do and of our looks between two writes of ours, side by side; of what people do on one side between two looks,
    field by field; of several looks in a row, one.
    """
    told: list[list[Act]] = []
    for idle, group in groupby(acts, key=lambda act: act.who == "person" or act.verb == "read"):
        some = list(group)
        for side in SIDES if idle else ():
            for looks, part in groupby((act for act in some if act.side == side), key=lambda act: act.verb == "read"):
                fields = sorted(part, key=lambda act: (act.record, act.name))
                told.append(fields[:1] if looks else fields)
        told += [] if idle else [some]
    return told


@dataclass(frozen=True, slots=True)
class Course:
    """A walk to take: both trackers of a kind, from a record that shows on both sides (``linked``) or was just filed, within bounds."""

    kind: str
    linked: bool
    bounds: Bounds

    def walk(self, part: int = 0, share: int = 1) -> Tally:
        """Take it, or a share of it."""
        rig = Rig(Layout(dict.fromkeys(SIDES, self.kind), {"a": ("A", "A2"), "b": ("B", "B2")}, {"a": 2, "b": 1}))
        file(rig, "a", VALUES["title"][0], priority=Priority.CRITICAL)
        if self.linked:
            rig.rest()
            rig.clock.sleep(PAUSE)
        return Walk(rig, rig.freeze(), self.bounds, part, share).go()

    def __str__(self) -> str:
        """As the command tells it."""
        bounds = self.bounds
        told = [
            f"{self.kind}, {'linked' if self.linked else 'just filed'}, {' and '.join(bounds.fields)}: up to {bounds.events} events"
        ]
        told += [
            "at every request" if bounds.inside else "between rounds",
            "at most one mishap" if bounds.mishaps else "no mishap",
        ]
        return ", ".join(told)
