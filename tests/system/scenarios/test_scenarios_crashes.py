"""Crash at every step: whichever request or commit the process dies at, its successor comes to the same end, with one object each.

The boundaries are every request before it arrives, every write after it was carried out, and every commit before it is kept. Nothing lasting
happens between two of them, so that these are all moments that count. Nor does anything at many of them: boundaries that find the same
bytes on the disk, and nothing new in either system, are one step, and the process dies at the first of them.
"""

from __future__ import annotations

from random import Random

import pytest

HOURLY = "schedule: {sweep: 1h}\nsafety: {start: at_once, max_creates: 1000, max_updates: 1000, max_closes: 1000, close: allow}\n"
PAIRS = 12


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


def transfer_first(bench):
    """A person's issue, which the other repository's stream shows under its new id before the old one is missed."""
    bench.file_github("Login fails", body="It says **500**.")
    bench.rest()
    bench.clock.sleep(1000)
    bench.github.transfer_issue("acme/api", 1, "acme/web", actor="ben")
    bench.edit_jira("PAY-1", priority="Low")


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
    "transfer first": transfer_first,
}


class Sweep:
    """One scenario, run once to its end, and again with a crash at any boundary of its first round."""

    def __init__(self, bench, scenario, crash):
        self.bench, self.crash = bench, crash
        if scenario in (move, transfer, transfer_first):
            bench.jira.add_project("OPS", "Operations")
            bench.github.add_repo("acme/web", private=True)
            bench.configure(jira="[PAY, OPS]", github="[acme/api, acme/web]", rest=HOURLY)
        bench.sync()
        scenario(bench)
        bench.clock.sleep(60)
        self.start = bench.freeze()
        bench.thaw(self.start)
        self.steps = self.walk()
        self.end = self.finish()

    def walk(self):
        """Go through the round; the number of the first boundary of each step."""
        steps, seen = [], set()
        doom = self.bench.doom(0)

        def watch():
            found = self.bench.written(), len(self.bench.writes()), self.bench.image()
            if found not in seen:
                seen.add(found)
                steps.append(doom.passed)

        doom.watch = watch
        self.bench.sync()
        doom.watch = lambda: None
        return steps

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
    """C11, C12, C16, C48: every step of the round, one after the other."""
    swept = sweep(name)
    assert len(swept.steps) > 10
    for boundary in swept.steps:
        assert swept.strike(boundary) == swept.end, f"crash at boundary {boundary} of {swept.steps}"


@pytest.mark.parametrize("name", ["create in jira", "create on github", "update jira"])
def test_a_crash_while_recovering_from_a_crash_changes_nothing_in_the_end(sweep, name):
    """C12: seeded pairs of boundaries."""
    swept = sweep(name)
    random = Random(12)
    for _ in range(PAIRS):
        pair = random.choice(swept.steps), random.choice(swept.steps)
        assert swept.strike(*pair) == swept.end, f"crashes at boundaries {pair} of {swept.steps}"


def test_the_crash_that_loses_the_answer_of_a_create_leaves_one_object(sweep):
    """C12: the sweep really passes the moment between a create and its link."""
    swept = sweep("create in jira")
    found = set()
    for boundary in swept.steps:
        swept.bench.thaw(swept.start)
        swept.bench.doom(boundary)
        try:
            swept.bench.sync()
        except swept.crash:
            swept.bench.restart()
        linked = {link.ref.system for link in swept.bench.links()}
        found.add((len(swept.bench.jira.issues("PAY")), "jira" in linked))
    assert (1, False) in found
