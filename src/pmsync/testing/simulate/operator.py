"""The operator of a world: runs pmsync in every way there is, starts it again when it dies, and decides what it asks."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, TypeVar

from pmsync.connect.errors import PmsyncError
from pmsync.engine.engine import Report
from pmsync.engine.mark import RESTORED
from pmsync.engine.pausing import Who, frozen_scopes, pause, unpause
from pmsync.engine.person import Choice, NotFoundError
from pmsync.reconcile.plan import Plan
from pmsync.store.errors import Fenced, Held, StoreError
from pmsync.testing.faults import FaultKind
from pmsync.testing.simulate.backups import Backups
from pmsync.testing.simulate.config import Config
from pmsync.testing.simulate.machine import LEASE, Crash, Process
from pmsync.testing.simulate.permits import of_plan, of_sync
from pmsync.testing.simulate.shape import CAREFUL, COPY, PAUSE, POWER, RECONFIGURE, RESTORE, RIVALS, TIES, stream

if TYPE_CHECKING:
    from pmsync.testing.simulate.world import World

T = TypeVar("T")
OURS, RIVAL = "ours ", "rival "
"""The two processes of a race, as the story tells them."""

HURRIED, AT_ONCE = 0.5, 3
"""How likely rounds follow at once upon one whose write is under way, and how many."""

LOOKED = 0.5
"""How likely somebody looks at a plan while a write is in doubt."""

APPROVED = 0.7
"""How likely somebody approves at once, in chaos, what a careful run held back."""

CONTRADICTED = 0.5
"""How likely somebody edits a record that a plan is about to write, between the plan and its application."""

TRIES = 6
"""How often a process asks for a store that another one holds."""


class Operator:
    """Whoever runs pmsync in this world."""

    def __init__(self, world: World, chance: Random) -> None:
        self._world, self._chance = world, chance
        self._plan: Plan | None = None
        self._held: Plan | None = None
        """What the last sync held back, for somebody to look at."""
        self._plain = world.machine.config
        self._backups = Backups(world)
        self._untied: tuple[str, str] | None = None
        self._fresh: set[str] = set()
        """Families of which a record was linked anew, and not met since."""
        self.paused: str = ""
        """The system that is paused, if any."""

    def round(self, number: int) -> None:
        """One round in chaos, and what else the operator does meanwhile. What is drawn depends on the round and its matter alone."""
        self._chance = stream(self._world.shape.seed, f"operator/{number}")
        kinds, draw = self._world.shape.kinds, self._chance.random()
        self._upset()
        self._look(number)
        if RIVALS in kinds and draw < 0.4:
            self._race()
        elif draw < 0.5:
            self.attempt(self._plan_and_apply)
        elif draw < 0.6:
            self.attempt(self._plan_for_later)
            self.attempt(self.sync)
        elif draw < 0.7:
            self._world.machine.restart()
            self.attempt(self.sync)
        else:
            self.attempt(self.sync)
        if CAREFUL in kinds:
            self._approve(number)
        if self._chance.random() < 0.3:
            self.attempt(self._decide)
        if self._chance.random() < 0.3 and TIES in kinds:
            self.attempt(self._untie)

    def hurry(self, number: int) -> None:
        """Where a write is under way whose answer was lost, some cannot wait: they run again, and again, before it can have arrived."""
        world = self._world
        struck = [name for name in world.record.struck if name.endswith(f" {FaultKind.LATE}")]
        late = any(f":{number}." in name for name in struck)
        if late and stream(world.shape.seed, f"hurry/{number}").random() < HURRIED:
            for _ in range(AT_ONCE):
                self.attempt(self.sync)

    def _look(self, number: int) -> None:
        """Where a write is in doubt, some look at a plan first, and throw it away."""
        world = self._world
        with world.machine.peek() as tx:
            doubtful = bool(tx.ops.open())
        if doubtful and stream(world.shape.seed, f"look/{number}").random() < LOOKED:
            self.attempt(self._planned)

    def _upset(self) -> None:
        """What else befalls the program between two rounds."""
        kinds = self._world.shape.kinds
        if self._chance.random() < 0.3 and COPY in kinds:
            self._backups.run_copy()
        again = self._chance.random() < 0.25
        if RESTORE in kinds:
            if again:
                self._backups.restore(self._chance)
            self._backups.keep()
        if self._chance.random() < 0.3 and RECONFIGURE in kinds:
            self._reconfigure()
        if (self._chance.random() < 0.3 or self.paused) and PAUSE in kinds:
            self._pause()

    def round_in_peace(self) -> Report | None:
        """A sync; what it held back is approved, and what was frozen for good is allowed again."""
        machine = self._world.machine
        for scope, why in frozen_scopes(machine.process.setup, machine.store).items():
            if why != RESTORED:
                self._world.say(f"-- ana lets {scope} go on: {why}")
                machine.engine.thaw(scope, Who("ana", machine.store.clock.now()))
        report = self.attempt(self.sync)
        if report is not None and report.held is not None:
            held = report.held
            self.attempt(lambda: self._world.machine.engine.apply_plan(held, self._world.hear, wait=False))
            return None
        return report

    def tidy(self) -> None:
        """The end of the chaos: what was changed for a while is put back."""
        if self._world.machine.config != self._plain:
            self._configure(self._plain)
        self.look_for_pauses()
        while self.paused:
            self._pause()
            self.look_for_pauses()
        self.attempt(self._tie)

    def look_for_pauses(self) -> None:
        """See what is paused: a store that was put back, or lost its last commits, may say something else than before."""
        with self._world.machine.peek() as tx:
            self.paused = next((pause.target for pause in tx.pauses.all()), "")

    # -- rounds --------------------------------------------------------------------------------------------------------------------

    def sync(self) -> Report:
        """One round."""
        self._begin("sync")
        with self._world.permitting(of_sync(self._world)):
            report = self._world.machine.engine.sync(self._world.hear)
        self._met()
        self._backups.read_again()
        self._held = report.held
        if report.held is not None and self._chance.random() < 0.5:
            self._plan = report.held
        return report

    def _met(self) -> None:
        """What was linked anew has been met, as far as its systems could be read."""
        now = len(self._world.truth.acts)
        self._world.circumstances.retied |= dict.fromkeys(self._fresh, now)
        if not self._world.chaos:
            self._fresh.clear()

    def _begin(self, what: str) -> None:
        world = self._world
        world.rounds += 1
        world.look_at_shields()
        world.circumstances.rounds.append(len(world.truth.acts))
        world.say(f"-- round {world.rounds}: {what}")

    def _plan_and_apply(self) -> None:
        plan = self._planned()
        for _ in range(self._chance.randint(0, 2)):
            self._world.move()
        self._contradict(plan)
        self._apply(plan)

    def _contradict(self, plan: Plan) -> None:
        """Somebody who has seen the plan gives one of the records that it is to retitle another title himself."""
        chance = stream(self._world.shape.seed, f"contradict/{self._world.rounds}")
        refs = [op.ref for op in plan.ops if op.ref is not None and any(change.field == "title" for change in op.changes)]
        if refs and chance.random() < CONTRADICTED:
            ref = chance.choice(refs)
            self._world.contradict(ref.system, ref.remote_id)

    def _plan_for_later(self) -> None:
        """Apply the plan that was left from an earlier round, or leave one."""
        if self._plan is None:
            self._plan = self._planned()
        else:
            plan, self._plan = self._plan, None
            self._apply(plan)

    def _approve(self, number: int) -> None:
        """Somebody looks at what was held back, and lets it be done."""
        held, self._held = self._held, None
        if held is not None and stream(self._world.shape.seed, f"approve/{number}").random() < APPROVED:
            self.attempt(lambda: self._apply(held))

    def _planned(self) -> Plan:
        self._begin("plan")
        world = self._world
        with world.machine.process.fence.closed(), world.permitting(lambda act: False):
            plan, _ = world.machine.engine.plan(world.hear)
        return Plan.decode(plan.encode())

    def _apply(self, plan: Plan) -> None:
        self._begin(f"apply {len(plan.ops)} writes")
        world = self._world
        with world.permitting(of_plan(world, plan)):
            world.machine.engine.apply_plan(plan, world.hear, wait=False)

    # -- decisions -----------------------------------------------------------------------------------------------------------------

    def _decide(self) -> None:
        """Somebody resolves the oldest conflict in favour of one of its sides."""
        with self._world.machine.peek() as tx:
            rows = tx.conflicts.list(True)
        if rows:
            row = rows[-1]
            chosen = self._chance.choice(row.dispute.candidates)
            self._world.say(f"-- ana resolves {row.dispute.field}: {chosen.shown!r}")
            self._world.machine.engine.resolve_conflict(row.uid, Choice(value=chosen.value), "ana")

    def _untie(self) -> None:
        """Somebody unlinks a record and links it again."""
        world = self._world
        with world.machine.peek() as tx:
            items = [item.uid for item in tx.items.page("", 50)]
            links = [link for group in tx.links.of_items(items).values() for link in group if link.state == "linked" and link.key]
        pairs = [(one, other) for one in links for other in links if one.item == other.item and one.ref != other.ref]
        if pairs:
            keep, gone = self._chance.choice(pairs)
            world.say(f"-- ana unlinks {gone.key} and links it to {keep.key} again")
            self._untied = (keep.key, gone.key)
            self._fresh.add(world.truth.families[world.truth.thing(gone.ref.system, gone.ref.remote_id)])
            world.machine.engine.unlink(gone.key)
            self._tie()

    def _tie(self) -> None:
        """Link again what was unlinked."""
        if self._untied is not None:
            self._world.machine.engine.link(*self._untied)
            self._untied = None

    def _pause(self) -> None:
        """Somebody pauses a system, or lets it go on."""
        world = self._world
        who = Who("ana", world.machine.store.clock.now())
        if self.paused:
            world.say(f"-- ana lets {self.paused} go on")
            self.attempt(lambda: unpause(world.machine.store, self.paused, who))
            self.paused = ""
        else:
            name = self._chance.choice(world.shape.systems).name
            world.say(f"-- ana pauses {name}")
            if self.attempt(lambda: pause(world.machine.store, name, who, "")) is not None:
                self.paused = name

    def _reconfigure(self) -> None:
        """Another system breaks the ties of a field, or no one does."""
        name = self._chance.choice(("title", "status", "priority"))
        owner = self._chance.choice(("", *(system.name for system in self._world.shape.systems)))
        owners = {**self._world.machine.config.owners, name: owner}
        self._configure(replace(self._world.machine.config, owners={key: who for key, who in owners.items() if who}))

    def _configure(self, config: Config) -> None:
        world = self._world
        world.say(f"-- the config says {config}")
        world.machine.config = config
        world.machine.restart()

    # -- two at once ---------------------------------------------------------------------------------------------------------------

    def _race(self) -> None:
        """Two processes over one store: one holds it, the other is told so; or takes over, where the first one slept too long."""
        world = self._world
        world.rival = world.machine.boot()
        self._begin("two at once")
        ours, rival = world.machine.process, world.rival
        world.baton.race({OURS: lambda: self._contest(OURS, ours), RIVAL: lambda: self._contest(RIVAL, rival)})
        rival.close()
        world.rival = None
        died, world.dead = dict(world.dead), {}
        world.crashes += len(died)
        if died:
            world.machine.restart()
        else:
            world.machine.raced()

    def _contest(self, name: str, process: Process) -> None:
        for _ in range(TRIES):
            try:
                process.engine.sync(self._world.hear)
            except Crash:
                self._world.say(f"-- {name} dies")
            except Held as error:
                if "held by pmsync" not in error.message:
                    self._world.violations.append(("fencing", f"a second run does not hear who holds the store: {error.message}"))
                self._world.baton.offer(now=True)
                continue
            except Fenced:
                self._world.say(f"-- {name} was taken over")
            except Exception as error:  # noqa: BLE001 - whatever the engine raises is a finding
                if name not in self._world.dead:
                    self._blame(error)
            return

    # -- what may go wrong ---------------------------------------------------------------------------------------------------------

    def attempt(self, run: Callable[[], T]) -> T | None:
        """Run something of the program; where it dies, start it again. None when it did not come to its end."""
        world = self._world
        try:
            return run()
        except Crash:
            self._revive()
        except NotFoundError:
            return None
        except Exception as error:  # noqa: BLE001 - whatever the engine raises is a finding
            if world.baton.who in world.dead:
                self._revive()  # the program wrapped the crash in an error of its own; it is dead all the same
            elif self._blame(error):
                world.machine.restart()
        return None

    def _blame(self, error: Exception) -> bool:
        """Whether it is a finding: not so where a commit failed, or where that kept the store from being given back."""
        world = self._world
        if isinstance(error, StoreError) and world.clock.now() - world.disk_failed < 2 * LEASE:
            world.say(f"-- {error}")
            world.clock.sleep(LEASE if isinstance(error, Held) else 0.0)
            return False
        where = traceback.extract_tb(error.__traceback__)[-1]
        kind = "raised" if isinstance(error, PmsyncError) else "bug"
        place = f"{where.filename.rpartition('/')[2]}:{where.lineno}"
        world.violations.append((kind, f"{type(error).__name__}: {error} ({place})"))
        return True

    def _revive(self) -> None:
        world = self._world
        world.crashes += 1
        how = world.dead.pop(world.baton.who)
        world.say(f"-- {how}: {world.record.struck[-1]}")
        lost = world.machine.after_power_cut(world.schedule) if how == POWER else None
        world.machine.restart(lost)
