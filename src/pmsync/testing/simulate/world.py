"""One world: chaos, then healing, then quiet; and what the judge is shown of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Protocol, cast

from pmsync.engine.events import Event
from pmsync.net.clock import VirtualClock
from pmsync.store.errors import Unreachable
from pmsync.testing.emulator import Request
from pmsync.testing.simulate.causes import Circumstances
from pmsync.testing.simulate.hosts import SKEWS, STEPS
from pmsync.testing.simulate.machine import LEASE, Crash, Machine, Process, plugins
from pmsync.testing.simulate.mishaps import Mishaps, Record, blind_spots, chance
from pmsync.testing.simulate.operator import RIVAL, Operator
from pmsync.testing.simulate.people import NAMES, People
from pmsync.testing.simulate.post import Post
from pmsync.testing.simulate.quiet import Quiet
from pmsync.testing.simulate.rivals import Baton
from pmsync.testing.simulate.shape import (
    CRASH,
    DISK,
    FEUD,
    HOOKS,
    LAG,
    LEAST_EDITS,
    LEAST_FAULTS,
    POWER,
    SKEW,
    STEP,
    TEAR,
    TRAIL,
    Shape,
    stream,
)
from pmsync.testing.simulate.truth import ROBOT, Act, Truth
from pmsync.testing.simulate.way import Way
from pmsync.testing.stage import Ground

GAP = (5.0, 60.0, 700.0, 2000.0)
"""Seconds that may pass between two rounds in chaos."""

TRAVEL = (0.05, 0.2, 0.6)
"""Seconds a request may be on its way."""

REACTION = 1.5
"""Seconds until an automation answers."""

EXTRA = 3
"""How many more rounds there are at most so that there are enough strikes: a process that dies at once meets nothing else."""

MORE = 12
"""How many more moves people make at most so that there are enough edits."""

PRESSING = 6.0
"""How much likelier strikes are as long as there were too few."""

SERVER_MAX = 54.0
"""Seconds until the latest request lands: less than any connector declares."""


class _Staged(Protocol):
    """A connector with a ground to simulate on."""

    stage: Callable[..., Ground]


class World:
    """Everything of one seed. ``violations`` holds what went wrong while it ran, as (invariant, sentence)."""

    def __init__(self, shape: Shape, tell: Callable[[str], None] = lambda line: None) -> None:
        self.shape = shape
        self._tell = tell
        self.clock = VirtualClock()
        self.trace = hashlib.sha256()
        self.violations: list[tuple[str, str]] = []
        self.record = Record()
        self.crashes = self.requests = self.writes = self.boundaries = self.rounds = 0
        self.chapter = 0
        """Which round of the chaos it is; ``boundaries`` are counted anew in each, so that leaving something out shifts nothing later."""
        self.circumstances = Circumstances(struck=self.record.struck)
        self.permitted: Callable[[Act], bool] = lambda act: True
        """What may be written now: everything, but while only a plan is made, or only a plan is carried out."""
        self._told = self._posted = 0
        self.shielded: set[str] = set()
        """Things in a container that the config protects, as the round began."""
        self.chaos = False
        self.dead: dict[str, str] = {}
        """Who of the processes that move died, and how."""
        self.disk_failed = 0.0
        """When a commit failed last (servers' time)."""
        self.schedule = stream(shape.seed, "schedule")
        self.baton = Baton(stream(shape.seed, "schedule/rivals"), lambda: self.clock.sleep(LEASE))
        self.grounds: Mapping[str, Ground] = {
            system.name: cast(_Staged, plugins()[system.kind]).stage(self.clock, **system.knobs) for system in shape.systems
        }
        for system in shape.systems:
            for container in (*system.containers, system.attic):
                self.grounds[system.name].open(container, container)
                if system.name in shape.public:
                    self.grounds[system.name].publish(container)
        self.truth = Truth(self.grounds, self.clock)
        self.people = People(shape, self.grounds, self.truth, stream(shape.seed, "workload"))
        self.people.found()
        self.clock.sleep(LAG)
        self.ways = {name: self._way(name) for name in self.grounds}
        self.machine = Machine(shape, self.clock, self.ways, stream(shape.seed, "ids"))
        self.machine.on_commit = self._committing
        self.circumstances.host = self.machine.host
        self.post = Post(self, stream(shape.seed, "post"))
        self.rival: Process | None = None
        """The other process, during a race."""
        self.operator = Operator(self, stream(shape.seed, "operator"))
        self._hosts, self._weathers = stream(shape.seed, "hosts"), stream(shape.seed, "weather")
        self._blind = shape.blind

    def _way(self, name: str) -> Way:
        ground = self.grounds[name]
        plan = Mishaps(
            self.shape, name, SERVER_MAX, self.record, lambda: self.chaos, ground.is_write, lambda: self.chapter, self.luck
        )
        return Way(name, ground, self.clock, self, plan)

    # -- the phases ----------------------------------------------------------------------------------------------------------------

    def play(self) -> None:
        """Chaos, healing, quiet."""
        self._weather(foul=True)
        if SKEW in self.shape.kinds:
            self.machine.host.step(self._hosts.choice(SKEWS))
            self.machine.restart()
        self.chaos = True
        for number in range(1, self.shape.rounds + 1):
            self._move_about(last=number == self.shape.rounds)
            self._round(number)
        for number in range(self.shape.rounds + 1, self.shape.rounds + 1 + EXTRA):
            if self._is_calm():
                self._round(number)
        self.chaos = False
        self.machine.heal()
        self.operator.tidy()
        self._weather(foul=False)

    def _round(self, number: int) -> None:
        """A round in chaos, and the time until the next one."""
        self.chapter, self.boundaries = number, 0
        if f"round:{number}" not in self.shape.muted:
            self.operator.round(number)
            self.operator.hurry(number)
        self.clock.sleep(self.schedule.choice(GAP))
        if STEP in self.shape.kinds:
            self.machine.host.step(self._hosts.choice(STEPS))

    def _move_about(self, *, last: bool) -> None:
        """People move before a round; before the last one until there were enough edits, moves that are left out counted as such."""
        moves = self.shape.edits
        while moves > 0 or (last and moves > -MORE and self.edits() + self._left_out("act:") < LEAST_EDITS):
            self.move()
            self.clock.sleep(self.schedule.choice((0.0, 0.5, 3.0)))
            moves -= 1

    def edits(self) -> int:
        """How often people changed something that was there before."""
        return sum(1 for act in self.truth.acts if act.who in NAMES and not act.first and act.verb != "create")

    def _left_out(self, *beginnings: str) -> int:
        return sum(1 for name in self.shape.muted if name.startswith(beginnings))

    def _is_calm(self) -> bool:
        """Whether too little has struck yet; what is left out counts as if it had."""
        strikes = (*(f"{name}:" for name in self.grounds), *(f"{kind}:" for kind in (CRASH, POWER, DISK)))
        return len(self.record.struck) + self._left_out(*strikes) < LEAST_FAULTS

    def luck(self) -> float:
        """How much likelier than drawn a strike is: from the last round on, in a world that is too calm."""
        return PRESSING if self.chapter >= self.shape.rounds and self._is_calm() else 1.0

    def come_to_rest(self) -> bool:
        """See ``Quiet.come_to_rest``."""
        return Quiet(self).come_to_rest()

    def once_more(self) -> int:
        """One more round; how many writes it sent or had an effect."""
        before = self.marks()
        self.operator.attempt(self.operator.sync)
        return sum(self.marks()) - sum(before)

    @contextmanager
    def permitting(self, permitted: Callable[[Act], bool]) -> Iterator[None]:
        """Let nothing be written meanwhile but what is ``permitted``."""
        self.permitted = permitted
        try:
            yield
        finally:
            self.permitted = lambda act: True

    def restart(self) -> None:
        """The process ends in peace, and another starts over the same bytes."""
        self.machine.restart()

    def marks(self) -> tuple[int, int]:
        """Writes that were sent, and acts of anybody."""
        return self.writes, len(self.truth.acts)

    def _weather(self, *, foul: bool) -> None:
        for ground in self.grounds.values():
            ground.trail(self.schedule.random() if foul and TRAIL in self.shape.kinds else 0.0)
            ground.tear(foul and TEAR in self.shape.kinds)

    def _is_protected(self, act: Act) -> bool:
        """Whether it was done to what the config protects, and did so as the round began already."""
        return act.thing in self.shielded and any(
            (system, seen.container) == self.shape.protected
            for system, _, thing, seen in self.truth.alive()
            if thing == act.thing
        )

    def look_at_shields(self) -> None:
        """A round begins: what is protected now must not be written in it."""
        place = self.shape.protected
        self.shielded = {thing for system, _, thing, seen in self.truth.alive() if (system, seen.container) == place}

    # -- the story, for a replay -------------------------------------------------------------------------------------------------------

    def hear(self, event: Event) -> None:
        """Listen to a run."""
        kind, _, key = event.text.partition(" ")
        if event.kind == "confirmed" and kind == "create" and event.scope is not None:
            with suppress(KeyError, StopIteration):  # somebody may have deleted it meanwhile
                thing = self.truth.thing(event.scope.system, self.grounds[event.scope.system].record_of(key))
                self.circumstances.confirmed[thing] = len(self.truth.acts)
        self.say(f"   {self.baton.who}{event.kind}: {event.text}")

    def say(self, line: str) -> None:
        """Tell a line of the story, after what happened meanwhile."""
        for act in self.truth.acts[self._told :]:
            change = f"{act.name} {act.before!r} -> {act.after!r}" if act.name else ""
            self._tell(f"{self.truth.families[act.thing]:>4} [{act.seq}] {act.who} {act.verb} {act.thing} {change}")
        self._told = len(self.truth.acts)
        if line:
            self._tell(f"     {line}")

    # -- boundaries ------------------------------------------------------------------------------------------------------------------

    @property
    def process(self) -> Process:
        """Who moves now."""
        return self.rival if self.rival is not None and self.baton.who == RIVAL else self.machine.process

    def before(self, system: str, request: Request) -> None:
        """A request arrives."""
        write = self.grounds[system].is_write(request)
        if write and self._is_zombie(self.process) and not self.process.writing:
            self.violations.append(("fencing", f"a write to {system} by a process that no longer held the store"))
        self.process.writing = write
        self.clock.sleep(self.schedule.choice(TRAVEL))
        self._step("request")
        self._somebody()
        self.requests += 1
        self.writes += write
        self.trace.update(f"{self.clock.now()}{system}{request.method}{request.path}".encode() + request.body)

    def after(self, system: str, request: Request, answer: bytes) -> None:
        """It has had its effect."""
        acts = self.truth.observe(ROBOT)
        if acts:
            self.say("")
        self.trace.update(answer + repr(acts).encode())
        if acts:
            self._intended(system, acts)
            if self.chaos and self.shape.reacting:
                self.clock.sleep(REACTION)
                self.people.answer(acts)
            if self.chaos and FEUD in self.shape.kinds:
                self.clock.sleep(REACTION)
                self.people.feud(acts)
        self._step("answer")
        self._somebody()

    def _committing(self, moment: str) -> None:
        process = self.process
        process.writing = False
        if moment == "before" and self._is_zombie(process) and not self.post.delivering:
            self.violations.append(("fencing", "a commit by a process that no longer held the store"))
        if moment == "after":
            self.trace.update(b"commit")
        self._step(f"commit {moment}")
        if self._strikes(DISK, f"commit {moment}"):
            self.disk_failed = self.clock.now()
            raise Unreachable("the disk is full" if moment == "before" else "the connection broke while it committed")

    def _is_zombie(self, process: Process) -> bool:
        """Whether somebody else holds the store by now; only during a race is there anybody else."""
        return self.rival is not None and process.fenced_out

    def _step(self, kind: str) -> None:
        """One boundary: after death nothing gets through, and death may come here, or another process have its turn."""
        if kind != "commit before":  # nobody else can commit meanwhile
            self.baton.offer()
        if self.baton.who in self.dead:
            raise Crash
        if not self.chaos:
            return
        self.boundaries += 1
        for fatal in (CRASH, POWER):
            if self._strikes(fatal, kind):
                self.dead[self.baton.who] = fatal
                raise Crash

    def _strikes(self, kind: str, where: str) -> bool:
        if not self.chaos or kind not in self.shape.kinds or (kind == POWER and self.rival):
            return False
        name = f"{kind}:{self.chapter}.{self.boundaries}"
        if name in self.shape.muted or chance(self.shape.seed, name) >= self.shape.crash_rate * self.luck():
            return False
        self.record.note(kind, f"{name} at {where}")
        return True

    def _somebody(self) -> None:
        """Somebody may move in the midst of a round, and what is due in the post comes."""
        self._mail()
        if self.chaos and self.shape.busy and self.schedule.random() < self.shape.busy:
            start = len(self.truth.acts)
            self.move(self._hidden())
            self.circumstances.inside.update(range(start, len(self.truth.acts)))

    def _hidden(self) -> frozenset[str]:
        """Systems on which nobody could ever tell that somebody moved now: neither history nor compare-and-set, and a write of ours under way."""
        flying = frozenset(name for name in self._blind if self.ways[name].in_the_air)
        return (blind_spots() & self._blind) | flying

    def move(self, hidden: frozenset[str] | None = None) -> None:
        """Somebody moves, though not on ``hidden`` systems."""
        start = len(self.truth.acts)
        if self.chaos and TRAIL in self.shape.kinds:
            for ground in self.grounds.values():  # one change shows sooner in a listing, another one later
                ground.trail(self._weathers.random())
        self.people.move(self._hidden() if hidden is None else hidden)
        self._doubt(start)

    def contradict(self, system: str, record: str) -> None:
        """Somebody gives a record another title."""
        start = len(self.truth.acts)
        self.people.contradict(system, record)
        self._doubt(start)

    def _doubt(self, start: int) -> None:
        """Note which of the acts since ``start`` touched records on which a write of ours is unresolved."""
        if len(self.truth.acts) > start and self.machine.in_doubt():
            with self.machine.peek() as tx:
                rows = tx.ops.open()
            refs = {ref for row in rows if (ref := row.op.ref or row.ref) is not None}
            things = {self.truth.thing(ref.system, ref.remote_id) for ref in refs}
            self.circumstances.doubtful |= {act.seq for act in self.truth.acts[start:] if act.thing in things}

    def _mail(self) -> None:
        """Webhooks of what happened set out, and those that are due come."""
        if HOOKS in self.shape.kinds:
            self.post.send(self.truth.acts[self._posted :])
            self._posted = len(self.truth.acts)
            self.post.deliver()

    def _intended(self, system: str, acts: list[Act]) -> None:
        """Nothing changes anywhere but under a durable intent; what lands late may find its own closed already."""
        if any(strike.endswith(" late") for strike in self.record.struck):
            return
        with self.machine.peek() as tx:
            rows = [row for row in tx.ops.open() if row.op.scope.system == system]
        changed = ", ".join(sorted({act.thing for act in acts}))
        if not rows:
            self.violations.append(("no_intent", f"{changed} changed in {system} without an open intent"))
        elif self.rival is None and not any(self.machine.would_outlast(row.op.uid) for row in rows):
            self.violations.append(
                ("no_intent", f"{changed} changed in {system}, and a power cut would leave nothing of the intent")
            )
        forbidden = [
            act for act in acts if not self.permitted(act) or act.system == self.operator.paused or self._is_protected(act)
        ]
        if forbidden:
            self.violations.append(("unplanned", f"{forbidden[0].verb} {forbidden[0].name} of {changed}, which nothing allowed"))
