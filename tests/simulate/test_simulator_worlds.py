"""A hundred seeded worlds, the same trace twice, a judge that notices what is planted, and safeguards whose absence is noticed."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from pmsync.testing.simulate import claims
from pmsync.testing.simulate.ablations import hunt
from pmsync.testing.simulate.causes import KNOWN
from pmsync.testing.simulate.judge import Judge
from pmsync.testing.simulate.outcome import Sum, run
from pmsync.testing.simulate.shape import KINDS, draw
from pmsync.testing.simulate.truth import ROBOT
from pmsync.testing.simulate.world import World


@pytest.mark.parametrize("first", [1, 26, 51, 76])
def test_a_seeded_world_shows_no_fault_that_is_not_known(first):
    """Correctness 5.4. Known faults have an entry each in ``causes.KNOWN``; it goes when the fault does."""
    total = Sum()
    for seed in range(first, first + 25):
        total.add(run(seed))
    unknown = [
        f"seed {seed}: {one.invariant}: {one.text}" for seed, found in total.failing.items() for one in found if not one.cause
    ]
    assert not unknown
    assert set(total.known) - {""} <= set(KNOWN)
    assert total.runs >= 10
    assert len(total.traces) == total.runs
    assert total.faults > 30
    assert total.crashes > 5


@pytest.mark.parametrize("seed", [3, 7, 14])
def test_a_seed_replays_to_the_same_trace(seed):
    first, again = run(seed), run(seed)
    assert first.trace == again.trace
    assert first.findings == again.findings


def test_muting_a_fault_changes_what_happens_and_not_who_does_what():
    """Each matter has a random stream of its own: without its faults a world draws the same people."""
    shape = draw(7)
    quiet = World(draw(7, frozenset({"crash:1"})))
    assert quiet.shape.systems == shape.systems
    assert [act.after for act in quiet.truth.acts] == [act.after for act in World(shape).truth.acts]


def test_worlds_differ_in_what_may_befall_them():
    """Swarm: hardly a world has every kind of fault, and together they have them all."""
    shapes = [draw(seed) for seed in range(60)]
    assert all(len(shape.systems) >= 3 for shape in shapes)
    assert frozenset.union(*(shape.kinds for shape in shapes)) == frozenset(KINDS)
    assert sum(shape.kinds == frozenset(KINDS) for shape in shapes) < 5
    assert {system.kind for shape in shapes for system in shape.systems} == {"jira", "github", "memory"}


# -- the judge -----------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def calm():
    """A world at rest in which nothing went wrong."""
    world = World(draw(8))
    world.play()
    assert world.come_to_rest()
    assert not judged(world)
    return world


def judged(world):
    judge = Judge(world.shape, world.grounds, world.truth, claims.read(world.machine.peek()), world.circumstances)
    return [finding.invariant for finding in judge.findings()]


def standing(world):
    """A record that the engine manages, with its system and looks."""
    known = claims.read(world.machine.peek())
    return next((system, record, seen) for system, record, _, seen in world.truth.alive() if known.item_of(system, record))


def test_the_judge_notices_an_edit_that_we_wrote_over(calm):
    system, record, seen = standing(calm)
    serial = seen.values["title"].partition(" ")[0]
    calm.grounds[system].put(record, "ana", "title", f"{serial} by a person")
    calm.truth.observe("ana")
    calm.grounds[system].put(record, "robot", "title", seen.values["title"])
    calm.truth.observe(ROBOT)
    assert judged(calm) == ["lost"]


def test_the_judge_notices_records_that_do_not_agree(calm):
    system, record, seen = standing(calm)
    calm.grounds[system].put(record, "robot", "title", f"{seen.values['title']} and more")
    calm.truth.observe(ROBOT)
    assert "unconverged" in judged(calm)


def test_the_judge_notices_a_label_that_came_back(calm):
    system, record, _ = standing(calm)
    calm.grounds[system].label(record, "ana", add=["wanted"])
    calm.truth.observe("ana")
    calm.grounds[system].label(record, "robot", remove=["wanted"])
    calm.truth.observe(ROBOT)
    assert "lost" in judged(calm)


def test_the_judge_notices_a_body_that_we_wrote_over(calm):
    system, record, _ = standing(calm)
    calm.grounds[system].put(record, "robot", "body", "another text")
    calm.truth.observe(ROBOT)
    assert judged(calm) == ["lost"]


def test_the_judge_notices_a_loop(calm):
    system, record, seen = standing(calm)
    for number in range(200):
        calm.grounds[system].put(record, "robot", "title", seen.values["title"] + "!" * (number % 2))
        calm.truth.observe(ROBOT)
    assert "looped" in judged(calm)


# -- safeguards ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("safeguard", "worlds"), [("look_up_lost_writes", 12), ("base_only_sent", 12)])
def test_the_absence_of_a_safeguard_is_noticed(safeguard, worlds):
    assert hunt(safeguard, range(1, worlds + 1)) is not None


# -- the command -------------------------------------------------------------------------------------------------------------------------


def test_the_command_ends_with_one_line_of_figures():
    command = [sys.executable, "-m", "pmsync.testing.simulate", "--runs", "2", "--seed-from", "8", "--workers", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONHASHSEED": "5"})
    [line] = done.stdout.splitlines()
    figures = json.loads(line)
    assert figures["played"] == 2
    zeros = ("lost", "duplicated", "looped", "unconverged", "needless_conflicts")
    assert done.returncode == (1 if any(figures[name] for name in zeros) else 0)
