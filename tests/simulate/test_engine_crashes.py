"""Crash at every step: whatever the moment at which the process dies, its successor comes to the same end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from pmsync.reconcile.routing import Create

DAY = 86_400.0


@dataclass(frozen=True)
class Scenario:
    """``before`` makes the world as the round finds it, ``pause`` is the time between two rounds at rest."""

    before: Callable
    pause: float = 700.0


def settled(world):
    world.create("a", title="Login fails", status="doing", priority="1", labels=frozenset({"Bug", "UI"}))
    world.rest()
    world.clock.sleep(700)
    return world


def create(world):
    world.create("a", title="Login fails", body="It says 500.", status="doing", priority="1", labels=frozenset({"Bug"}))


def create_two_ways(world):
    world.create("a", title="Login fails", status="doing")
    world.create("b", title="Logout hangs", status="review", labels=frozenset({"UI"}))
    world.create("a", title="Same thing")
    world.create("b", title="same  THING", priority="2")


def update(world):
    settled(world).edit("a", title="Login fails at night", priority="2")


def both_edit_apart(world):
    settled(world).edit("a", title="Login fails at night")
    world.edit("b", by="ben", status="review")


def conflict(world):
    settled(world).edit("a", title="Login fails at night")
    world.edit("b", by="ben", title="Login fails at noon", priority="3")


def move(world):
    settled(world).servers["a"].person_moves("1", "A2")
    world.edit("a", title="Login fails elsewhere")


def labels(world):
    settled(world).edit("a", labels=frozenset({"Bug", "Night"}))
    world.edit("b", by="ben", labels=frozenset({"Bug", "UI", "Noon"}))


def status(world):
    settled(world).edit("b", by="ben", status="done")


def delete(world):
    world.create("b", title="A bystander")
    settled(world).servers["b"].person_deletes("1")
    world.edit("a", title="Login fails at night")
    world.clock.sleep(DAY + 1)


SCENARIOS = {
    "create": Scenario(create),
    "create two ways": Scenario(create_two_ways),
    "update": Scenario(update),
    "both edit apart": Scenario(both_edit_apart),
    "conflict": Scenario(conflict),
    "move": Scenario(move),
    "labels": Scenario(labels),
    "status": Scenario(status),
    "delete": Scenario(delete, DAY + 1),
}


class Sweep:
    """One scenario, run once to its end, and again with a crash at any boundary of its first round."""

    def __init__(self, make_world, scenario, kind, crash):
        self.world = make_world({"a": "listed", "b": kind}, containers={"a": ("A", "A2"), "b": ("B",)})
        self.scenario, self.crash = scenario, crash
        scenario.before(self.world)
        self.world.clock.sleep(700)
        self.start = self.world.freeze()
        self.world.doom.passed = 0
        self.world.sync()
        self.steps = self.world.doom.passed
        self.end = self.finish()

    def strike(self, step, *, power=False):
        """Die at boundary ``step`` of the round; with ``power``, what was not committed durably is lost besides."""
        self.world.thaw(self.start)
        if power:
            self.world.store.durable = self.world.store.image()
        self.world.doom.strike = step
        with pytest.raises(self.crash):
            self.world.sync()
        if power:
            self.world.cut_power()
        self.world.restart()

    def check(self, *, power=False):
        """Strike at every boundary, one after the other."""
        for step in range(1, self.steps + 1):
            self.strike(step, power=power)
            assert self.finish() == self.end, f"crash at step {step} of {self.steps}"

    def finish(self):
        self.world.rest(self.scenario.pause)
        return self.world.outcome()


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_crash_at_any_step_changes_nothing_in_the_end(make_world, crash, name):
    """C12, C16, C48."""
    Sweep(make_world, SCENARIOS[name], "listed", crash).check()


@pytest.mark.parametrize(("kind", "name"), [("lagging", "create"), ("listed", "update")])
def test_a_power_cut_at_any_step_changes_nothing_in_the_end(make_world, crash, kind, name):
    """Only durable commits survive: the intent must be one."""
    Sweep(make_world, SCENARIOS[name], kind, crash).check(power=True)


@pytest.mark.parametrize(
    ("kind", "name"), [("keyed", "create"), ("lagging", "create"), ("lagging", "update"), ("listed-rich", "delete")]
)
def test_a_crash_at_any_step_is_survived_with_every_kind_of_system(make_world, crash, kind, name):
    """C12: also with a search index that lags 10 minutes behind."""
    Sweep(make_world, SCENARIOS[name], kind, crash).check()


def test_a_cut_off_create_without_markers_stops_for_a_person(make_world, crash):
    """Nothing is resent on a system that keeps no marker; what is found by its exact title is adopted, the rest waits for ``abandon``."""
    sweep = Sweep(make_world, SCENARIOS["create"], "unmarked", crash)
    stopped = 0
    for step in range(1, sweep.steps + 1):
        sweep.strike(step)
        world = sweep.world
        reports = [world.sync() for _ in range(4) if world.clock.sleep(700) is None]
        assert len(world.rows("b")) <= 1
        if world.open_ops():
            stopped += 1
            assert (reports[-1].exit_code, len(world.rows("b"))) == (3, 0)
            [notice] = world.notices("in_doubt")
            assert "--abandon" in notice.reason
            world.engine.abandon(notice.subject)
            assert not world.notices("in_doubt")
        assert sweep.finish() == sweep.end, f"crash at step {step} of {sweep.steps}"
    assert stopped


@pytest.mark.parametrize("kind", ["listed", "lagging"])
def test_a_reviewed_plan_is_carried_out_whole_whenever_its_apply_dies(make_world, crash, kind):
    """C12: what was approved is done by applying the same plan again; no create of it is left for another review."""
    world = make_world({"a": "listed", "b": kind}, rules=None)
    world.rules = world.mirror_all(Create.REVIEW)
    world.restart()
    for title in ("Login fails", "Logout hangs"):
        world.create("a", title=title, status="doing")
    plan = world.plan()
    start = world.freeze()
    world.doom.passed = 0
    world.apply(plan)
    steps = world.doom.passed
    for step in range(1, steps + 1):
        world.thaw(start)
        world.doom.strike = step
        with pytest.raises(crash):
            world.apply(plan)
        world.restart()
        for _ in range(6):
            if world.apply(plan).exit_code == 0:
                break
            world.clock.sleep(900)
        world.rest()
        assert len(world.rows("b")) == 2, f"crash at step {step} of {steps}"
