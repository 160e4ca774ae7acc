"""One world: chaos, then healing, then quiet; and what the judge is shown of it."""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol, cast

from pmsync.connect.errors import PmsyncError
from pmsync.engine.engine import Report
from pmsync.engine.events import Event
from pmsync.engine.person import Choice, NotFoundError
from pmsync.net.clock import VirtualClock
from pmsync.reconcile.plan import Plan
from pmsync.store.notices import NoticeRow
from pmsync.testing.emulator import Request
from pmsync.testing.simulate.causes import Circumstances
from pmsync.testing.simulate.machine import BEATS, Crash, Machine, plugins
from pmsync.testing.simulate.mishaps import Mishaps, Record, chance
from pmsync.testing.simulate.people import People
from pmsync.testing.simulate.shape import CRASH, LAG, POWER, TEAR, TRAIL, Shape, stream
from pmsync.testing.simulate.truth import ROBOT, Act, Truth
from pmsync.testing.simulate.way import Way
from pmsync.testing.stage import Ground

GAP = (5.0, 60.0, 700.0, 2000.0)
"""Seconds that may pass between two rounds in chaos."""

PAUSES = (400.0, 700.0, 2000.0, 4000.0)
"""Seconds between rounds while the world comes to rest; the last is repeated."""

TRAVEL = (0.05, 0.2, 0.6)
"""Seconds a request may be on its way."""

REACTION = 1.5
"""Seconds until an automation answers."""

SWEEPS = 2
"""Sweeps until what was deleted or moved away is settled."""

AGAIN = 4
"""How often a refused write is tried before the refusal counts as lasting."""

MOST = 18
"""Rounds after which a world that is still moving counts as never coming to rest."""


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
        self.circumstances = Circumstances(struck=self.record.struck)
        self._told = 0
        self._chaos = self._dead = False
        self._dying = CRASH
        self._schedule, self._operator = stream(shape.seed, "schedule"), stream(shape.seed, "operator")
        self.grounds: Mapping[str, Ground] = {
            system.name: cast(_Staged, plugins()[system.kind]).stage(self.clock, **system.knobs) for system in shape.systems
        }
        for system in shape.systems:
            for container in (*system.containers, system.attic):
                self.grounds[system.name].open(container, container)
        self.truth = Truth(self.grounds, self.clock)
        self.people = People(shape, self.grounds, self.truth, stream(shape.seed, "workload"))
        self.people.found()
        self.clock.sleep(LAG)
        self._ways = {name: self._way(name) for name in self.grounds}
        self.machine = Machine(shape, self.clock, self._ways, stream(shape.seed, "ids"))
        self.machine.on_commit = self._committing

    def _way(self, name: str) -> Way:
        ground = self.grounds[name]
        plan = Mishaps(self.shape, name, 60.0, self.record, lambda: self._chaos, ground.is_write)
        return Way(name, ground, self.clock, self, plan)

    # -- the phases ----------------------------------------------------------------------------------------------------------------

    def play(self) -> None:
        """Chaos, healing, quiet."""
        self._weather(foul=True)
        self._chaos = True
        for _ in range(self.shape.rounds):
            for _ in range(self.shape.edits):
                self._move()
                self.clock.sleep(self._schedule.choice((0.0, 0.5, 3.0)))
            self._round()
            self.clock.sleep(self._schedule.choice(GAP))
        self._chaos = False
        self._weather(foul=False)

    def come_to_rest(self) -> bool:
        """Rounds, with pauses, until one finds nothing and writes nothing; False when that never happens.

        Where something was moved or deleted, the sweep has to come by twice more after that.
        """
        left = SWEEPS if any(act.verb in ("move", "delete") for act in self.truth.acts) else 0
        self.clock.sleep(LAG)
        for number in range(MOST):
            self._settle()
            before = self._marks()
            report = self._guarded(self._sync)
            if report is None or report.tally.of("pulled") or before != self._marks() or self._unfinished(report):
                self.clock.sleep(PAUSES[min(number, len(PAUSES) - 1)])
            elif left:
                left -= 1
                self.clock.sleep(BEATS.sweep + 1.0)
            else:
                return True
        return False

    def _settle(self) -> None:
        """Let everything that is under way arrive."""
        for way in self._ways.values():
            way.settle()
        self.truth.observe(ROBOT)

    def once_more(self) -> int:
        """One more round; how many writes it sent or had an effect."""
        before = self._marks()
        self._guarded(self._sync)
        after = self._marks()
        return sum(after) - sum(before)

    def restart(self) -> None:
        """The process ends in peace, and another starts over the same bytes."""
        self.machine.restart()

    def _weather(self, *, foul: bool) -> None:
        for ground in self.grounds.values():
            ground.trail(self._schedule.random() if foul and TRAIL in self.shape.kinds else 0.0)
            ground.tear(foul and TEAR in self.shape.kinds)

    def _marks(self) -> tuple[int, int]:
        return self.writes, len(self.truth.acts)

    def _unfinished(self, report: Report) -> bool:
        """Whether something is still on its way: a failure, a write in doubt that time will settle, a record that is looked for."""
        with self.machine.peek() as tx:
            open_ops, notices = tx.ops.open(), tx.notices.open()
        stuck = {notice.subject for notice in notices if notice.code == "in_doubt"}
        if any(row.op.uid not in stuck for row in open_ops) or any(self._passing(notice) for notice in notices):
            return True
        waiting = [text for text, _ in report.tally.failures]
        return bool(waiting) or (report.tally.of("waiting") > len(stuck))

    def _passing(self, notice: NoticeRow) -> bool:
        """A notice of something that is looked at again by itself: a missing record, a refused write that is tried once more."""
        again = notice.code in ("refused", "create_refused") and notice.count < AGAIN
        return notice.code == "missing" or (again and self.clock.now() - notice.last_at < BEATS.catalogue)

    # -- a round ---------------------------------------------------------------------------------------------------------------------

    def _round(self) -> None:
        kind = self._operator.random()
        if kind < 0.15:
            self._guarded(self._plan_and_apply)
        elif kind < 0.25:
            self.machine.restart()
            self._guarded(self._sync)
        else:
            self._guarded(self._sync)
        if self._operator.random() < 0.3:
            self._guarded(self._decide)

    def _sync(self) -> Report:
        self._begin()
        self._say(f"-- round {self.rounds}: sync")
        return self.machine.engine.sync(self._hear)

    def _begin(self) -> None:
        self.rounds += 1
        self.circumstances.rounds.append(len(self.truth.acts))

    def _plan_and_apply(self) -> Report:
        self._begin()
        self._say(f"-- round {self.rounds}: plan, then apply")
        with self.machine.fence.closed():
            plan, _ = self.machine.engine.plan(self._hear)
        for _ in range(self._operator.randint(0, 2)):
            self._move()
        return self.machine.engine.apply_plan(Plan.decode(plan.encode()), self._hear, wait=False)

    def _decide(self) -> None:
        """Somebody resolves the oldest conflict in favour of one of its sides."""
        with self.machine.peek() as tx:
            rows = tx.conflicts.list(True)
        if rows:
            row = rows[-1]
            chosen = self._operator.choice(row.dispute.candidates)
            self._say(f"-- ana resolves {row.dispute.field}: {chosen.shown!r}")
            self.machine.engine.resolve_conflict(row.uid, Choice(value=chosen.value), "ana")

    def _guarded(self, run: Callable[[], Any]) -> Any:
        """Run something of the program; where it dies, start it again. None when it did not come to its end."""
        try:
            return run()
        except Crash:
            self._revive()
        except NotFoundError:
            return None
        except Exception as error:  # noqa: BLE001 - whatever the engine raises is a finding
            if self._dead:
                self._revive()  # the program wrapped the crash in an error of its own; it is dead all the same
                return None
            where = traceback.extract_tb(error.__traceback__)[-1]
            kind = "raised" if isinstance(error, PmsyncError) else "bug"
            self.violations.append(
                (kind, f"{type(error).__name__}: {error} ({where.filename.rpartition('/')[2]}:{where.lineno})")
            )
            self.machine.restart()
        return None

    def _revive(self) -> None:
        self.crashes += 1
        self._say(f"-- {self._dying}: {self.record.struck[-1]}")
        lost = self.machine.after_power_cut(self._schedule) if self._dying == POWER else None
        self._dead = False
        self.machine.restart(lost)

    # -- the story, for a replay -------------------------------------------------------------------------------------------------------

    def _hear(self, event: Event) -> None:
        kind, _, key = event.text.partition(" ")
        if event.kind == "confirmed" and kind == "create" and event.scope is not None:
            with suppress(KeyError, StopIteration):  # somebody may have deleted it meanwhile
                thing = self.truth.thing(event.scope.system, self.grounds[event.scope.system].record_of(key))
                self.circumstances.confirmed[thing] = len(self.truth.acts)
        self._say(f"   {event.kind}: {event.text}")

    def _say(self, line: str) -> None:
        for act in self.truth.acts[self._told :]:
            change = f"{act.name} {act.before!r} -> {act.after!r}" if act.name else ""
            self._tell(f"{self.truth.families[act.thing]:>4} [{act.seq}] {act.who} {act.verb} {act.thing} {change}")
        self._told = len(self.truth.acts)
        if line:
            self._tell(f"     {line}")

    # -- boundaries ------------------------------------------------------------------------------------------------------------------

    def before(self, system: str, request: Request) -> None:
        """A request arrives."""
        self.clock.sleep(self._schedule.choice(TRAVEL))
        self._step("request")
        self._somebody()
        self.requests += 1
        if self.grounds[system].is_write(request):
            self.writes += 1
        self.trace.update(f"{self.clock.now()}{system}{request.method}{request.path}".encode() + request.body)

    def after(self, system: str, request: Request, answer: bytes) -> None:
        """It has had its effect."""
        acts = self.truth.observe(ROBOT)
        if acts:
            self._say("")
        self.trace.update(answer + repr(acts).encode())
        if acts:
            self._intended(system, acts)
            if self._chaos and self.shape.reacting:
                self.clock.sleep(REACTION)
                self.people.answer(acts)
        self._step("answer")
        self._somebody()

    def _committing(self, moment: str) -> None:
        if moment == "after":
            self.trace.update(b"commit")
        self._step(f"commit {moment}")

    def _step(self, kind: str) -> None:
        """One boundary: after death nothing gets through, and death may come here."""
        if self._dead:
            raise Crash
        if not self._chaos:
            return
        self.boundaries += 1
        for fatal in (CRASH, POWER):
            name = f"{fatal}:{self.boundaries}"
            if (
                fatal in self.shape.kinds
                and chance(self.shape.seed, name) < self.shape.crash_rate
                and name not in self.shape.muted
            ):
                self.record.note(fatal, f"{name} at {kind}")
                self._dead, self._dying = True, fatal
                raise Crash

    def _somebody(self) -> None:
        if self._chaos and self.shape.busy and self._schedule.random() < self.shape.busy:
            start = len(self.truth.acts)
            self._move()
            self.circumstances.inside.update(range(start, len(self.truth.acts)))

    def _move(self) -> None:
        """Somebody moves."""
        start = len(self.truth.acts)
        self.people.move()
        if len(self.truth.acts) > start:
            with self.machine.peek() as tx:
                rows = tx.ops.open()
            refs = {ref for row in rows if (ref := row.op.ref or row.ref) is not None}
            things = {self.truth.thing(ref.system, ref.remote_id) for ref in refs}
            self.circumstances.doubtful |= {act.seq for act in self.truth.acts[start:] if act.thing in things}

    def _intended(self, system: str, acts: list[Act]) -> None:
        """Nothing changes anywhere but under a durable intent; what lands late may find its own closed already."""
        with self.machine.peek() as tx:
            rows = [row for row in tx.ops.open() if row.op.scope.system == system]
        if not rows and not self._late:
            changed = ", ".join(sorted({act.thing for act in acts}))
            self.violations.append(("no_intent", f"{changed} changed in {system} without an open intent"))

    @property
    def _late(self) -> bool:
        return any(strike.endswith(" late") for strike in self.record.struck)
