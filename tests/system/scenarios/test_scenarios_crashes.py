"""Crash at every step: whichever request or commit the process dies at, its successor comes to the same end, with one object each.

The boundaries are every request before it arrives, every write after it was carried out, and every commit before it is kept. Nothing lasting
happens between two of them, so that these are all moments that count.
"""

from __future__ import annotations

from random import Random

import pytest

HOURLY = "schedule: {sweep: 1h}\nsafety: {max_creates: 1000, max_updates: 1000, max_closes: 1000, close: allow}\n"
PAIRS = 12
STRIDES = {"create both ways": 3, "transfer": 5}
"""The canonical scenarios are swept step by step, the long ones that are made of them in strides."""


def settled(bench):
    """One item in both systems, long at rest."""
    bench.file_jira("Login fails", labels=["Bug", "ui"], status="In Progress", priority="High")
    bench.rest()
    bench.clock.sleep(1000)
    bench.sync()


def create_on_github(bench):
    bench.file_jira("Login fails", description="It says *500*.", labels=["Bug"], status="Done", priority="High")


def create_in_jira(bench):
    number = bench.file_github("Login fails", body="It says **500**.", labels=["Bug", "priority/low"])
    bench.github.close("acme/api", number, actor="ben")


def create_both_ways(bench):
    bench.file_jira("Login fails", labels=["new-label"])
    bench.file_github("Logout hangs", labels=["ui"])
    bench.file_jira("The same on both sides", priority="Low")
    bench.file_github("the same  on both sides")


def update(bench):
    settled(bench)
    bench.edit_jira("PAY-1", summary="Login fails at night", priority="Low", labels=["Bug", "night"])
    bench.jira.transition_issue("PAY-1", bench.ana, "Done")


def update_jira(bench):
    settled(bench)
    bench.edit_github(1, title="Login fails at night", labels=["Bug", "night", "priority/low"], state="closed")


def both_edit_apart(bench):
    settled(bench)
    bench.edit_jira("PAY-1", summary="Login fails at night")
    bench.edit_github(1, labels=["Bug", "ui", "sunday", "priority/high"], state="closed")


def conflict(bench):
    settled(bench)
    bench.edit_jira("PAY-1", summary="Login fails at night", labels=["Bug"])
    bench.edit_github(1, title="Login fails on Sundays", state="closed")


def move(bench):
    settled(bench)
    bench.jira.move_issue("PAY-1", "OPS", bench.ana)
    bench.edit_jira("OPS-1", summary="Login fails in operations")


def transfer(bench):
    for number in range(8):
        bench.file_jira(f"Neighbour {number}")
    settled(bench)
    bench.github.transfer_issue("acme/api", bench.number("PAY-9"), "acme/web", actor="ben")
    bench.edit_jira("PAY-9", priority="Low")
    bench.clock.sleep(3700)


SCENARIOS = {
    "create on github": create_on_github,
    "create in jira": create_in_jira,
    "create both ways": create_both_ways,
    "update": update,
    "update jira": update_jira,
    "both edit apart": both_edit_apart,
    "conflict": conflict,
    "move": move,
    "transfer": transfer,
}


class Sweep:
    """One scenario, run once to its end, and again with a crash at any boundary of its first round."""

    def __init__(self, bench, scenario, crash):
        self.bench, self.crash = bench, crash
        if scenario in (move, transfer):
            bench.jira.add_project("OPS", "Operations")
            bench.github.add_repo("acme/web", private=True)
            bench.configure(jira="[PAY, OPS]", github="[acme/api, acme/web]", rest=HOURLY)
        bench.sync()
        scenario(bench)
        bench.clock.sleep(60)
        self.start = bench.freeze()
        bench.thaw(self.start)
        doom = bench.doom(0)
        bench.sync()
        self.steps = doom.passed
        self.end = self.finish()

    def finish(self):
        """Go on until everything rests."""
        self.bench.rest(pause=1000)
        return self.bench.outcome()

    def strike(self, *steps):
        """Die at a boundary of the round, start again, die again where that is wanted, and go on to the end."""
        self.bench.thaw(self.start)
        for step in steps:
            doom = self.bench.doom(step)
            try:
                self.bench.sync()
            except self.crash:
                assert doom.dead
            self.bench.restart()
        return self.finish()


@pytest.fixture
def sweep(make_bench, kit, quick_start):
    """Builds a sweep of a scenario by its name."""
    return lambda name: Sweep(make_bench(strict=False), SCENARIOS[name], kit.Crash)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_crash_at_any_step_changes_nothing_in_the_end(sweep, name):
    """C12, C16, C48: every boundary of the round, one after the other."""
    swept = sweep(name)
    assert swept.steps > 10
    for step in range(1, swept.steps + 1, STRIDES.get(name, 1)):
        assert swept.strike(step) == swept.end, f"crash at step {step} of {swept.steps}"


@pytest.mark.parametrize("name", ["create in jira", "create on github", "update jira"])
def test_a_crash_while_recovering_from_a_crash_changes_nothing_in_the_end(sweep, name):
    """C12: seeded pairs of boundaries."""
    swept = sweep(name)
    random = Random(12)
    for _ in range(PAIRS):
        pair = random.randint(1, swept.steps), random.randint(1, swept.steps)
        assert swept.strike(*pair) == swept.end, f"crashes at steps {pair} of {swept.steps}"


def test_the_crash_that_loses_the_answer_of_a_create_leaves_one_object(sweep):
    """C12: the sweep really passes the moment between a create and its link."""
    swept = sweep("create in jira")
    found = set()
    for step in range(1, swept.steps + 1):
        swept.bench.thaw(swept.start)
        swept.bench.doom(step)
        try:
            swept.bench.sync()
        except swept.crash:
            swept.bench.restart()
        linked = {link.ref.system for link in swept.bench.links()}
        found.add((len(swept.bench.jira.issues("PAY")), "jira" in linked))
    assert (1, False) in found
