"""Campaigns: figures that add up, go on where they stopped, and are the same however they were cut; and failing worlds made small."""

from __future__ import annotations

import ast
import dataclasses
import gc
import json
import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from pmsync.testing.faults import FaultKind
from pmsync.testing.simulate import __main__ as command
from pmsync.testing.simulate import campaign as campaigns
from pmsync.testing.simulate import minimize as small
from pmsync.testing.simulate import mishaps
from pmsync.testing.simulate import outcome as outcomes
from pmsync.testing.simulate import progress as keeping
from pmsync.testing.simulate.campaign import Lost, Watched, campaign, spread
from pmsync.testing.simulate.case import Finding
from pmsync.testing.simulate.cells import PHASES, STRIKES, impossible, possible
from pmsync.testing.simulate.outcome import Outcome
from pmsync.testing.simulate.progress import Progress, file_of
from pmsync.testing.simulate.shape import CRASH, TRAIL, draw
from pmsync.testing.simulate.total import Sum
from pmsync.testing.simulate.world import World

LOST = Finding("lost", "I3: ana set title of mem1:1 'a' -> 'b' (act 7), and it is gone")
FIELDS = {
    *("runs", "fault_kinds", "faults_fired", "crashes", "edits", "writes", "invariants"),
    *("lost", "duplicated", "looped", "widened", "unconverged", "needless_conflicts"),
    *("agreed_share", "cells_missed", "distinct_traces", "seconds"),
}
"""What the final line must tell."""


def an_outcome(seed, **changes):
    """A world as dull as they come."""
    figures = {
        "faults": 4,
        "crashes": 1,
        "edits": 21,
        "writes": 30,
        "pairs": 20,
        "agreed": 19,
        "seconds": seed / 1000,
        "cpu": 0.01,
    }
    cells = {(FaultKind.LIMIT, "pull"): 3, (CRASH, "create"): 1}
    dull = Outcome(seed, True, f"{seed:064x}", (), frozenset({"limit", TRAIL}), cells, **figures)
    return dataclasses.replace(dull, **changes)


@pytest.fixture
def played(monkeypatch):
    """Worlds that are not played but made up; the seeds that were asked for."""
    asked = []

    def play(seed):
        asked.append(seed)
        return an_outcome(seed, findings=(LOST,) if seed == 5 else (), counts=seed != 6)

    monkeypatch.setattr(campaigns, "run", play)
    monkeypatch.setattr(campaigns, "run_twice", play)
    return asked


# -- figures -------------------------------------------------------------------------------------------------------------------------


def test_the_final_line_tells_what_it_must():
    total = Sum()
    total.add(an_outcome(1))
    line = total.line(12.34)
    assert set(line) >= FIELDS
    assert (line["runs"], line["thin"], line["fault_kinds"], line["faults_fired"], line["agreed_share"]) == (1, 0, 2, 4, 0.95)
    assert line["cells_missed"] == len(list(possible())) - 2
    assert line["seconds"] == 12.3


def test_a_thin_world_is_told_apart_and_what_is_wrong_in_it_still_counts():
    total = Sum()
    total.add(an_outcome(1, counts=False, findings=(LOST,)))
    line = total.line(1.0)
    assert (line["runs"], line["thin"], line["edits"], line["distinct_traces"], line["lost"]) == (0, 1, 0, 0, 1)


def test_figures_survive_a_file():
    total = Sum()
    for seed in (1, 2, 3):
        total.add(an_outcome(seed, findings=(dataclasses.replace(LOST, cause="x"),) if seed == 2 else ()))
    assert Sum.of(json.loads(json.dumps(total.plain()))) == total


def test_timings_are_medians_of_whole_milliseconds():
    total = Sum()
    for seed in range(1, 101):
        total.add(an_outcome(seed))
    assert total.timings() == {"median_ms": 50, "p90_ms": 90, "median_cpu_ms": 10, "p90_cpu_ms": 10}


# -- going on ------------------------------------------------------------------------------------------------------------------------


def test_a_campaign_that_was_stopped_goes_on_and_comes_to_the_same(played, tmp_path):
    whole = Progress(tmp_path / "whole.json")
    assert campaign(range(1, 11), 1, whole)
    path = tmp_path / "parts.json"
    for _ in range(4):
        part = Progress(path)
        end = part.done + 3
        campaign(range(1, 11), 1, part, lambda part=part, end=end: part.done >= end)
    assert Progress(path).done == 10
    assert dataclasses.replace(Progress(path).total) == whole.total
    assert played == [*range(1, 11), *range(1, 11)]


def test_what_was_played_is_kept_when_a_world_dies(tmp_path, monkeypatch, played):
    def play(seed):
        if seed == 4:
            raise KeyboardInterrupt
        return an_outcome(seed)

    monkeypatch.setattr(campaigns, "run", play)
    progress = Progress(tmp_path / "x.json")
    with pytest.raises(KeyboardInterrupt):
        campaign(range(2, 9), 1, progress)
    kept = Progress(tmp_path / "x.json")
    assert (kept.found, kept.done, kept.total.runs) == (True, 2, 2)


def test_time_is_counted_over_all_parts(tmp_path):
    times = iter((0.0, 0.0, 7.0, 7.0, 100.0, 103.0))
    first = Progress(tmp_path / "x.json", lambda: next(times))
    first.keep(now=True)
    again = Progress(tmp_path / "x.json", lambda: next(times))
    assert again.seconds == 10.0


def test_the_file_is_whole_whenever_somebody_looks(tmp_path, monkeypatch):
    """It is written beside and put in its place at once."""
    progress = Progress(tmp_path / "deep" / "x.json")
    progress.keep(now=True)
    monkeypatch.setattr(keeping.json, "dumps", lambda content: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        progress.keep(now=True)
    assert Progress(tmp_path / "deep" / "x.json").done == 0


def test_other_code_is_another_campaign(tmp_path, monkeypatch):
    mine = file_of(range(1, 11), tmp_path)
    assert mine == file_of(range(1, 11), tmp_path)
    assert mine != file_of(range(2, 12), tmp_path)
    monkeypatch.setattr(keeping.pmsync, "__file__", __file__)
    assert mine != file_of(range(1, 11), tmp_path)


def test_a_killed_command_goes_on_and_says_so(tmp_path):
    """Killed outright while it plays: the worlds that were kept are not played again."""
    command = [sys.executable, "-m", "pmsync.testing.simulate", "--runs", "4", "--seed-from", "2", "--workers", "2", "--timings"]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    first = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert first.stderr is not None
    first.stderr.readline()  # the first world has been played
    first.send_signal(signal.SIGKILL)
    first.wait()
    first.stderr.close()
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    figures = json.loads(done.stdout)
    assert figures["runs"] + figures["thin"] == 4
    assert figures["median_cpu_ms"] > 0
    assert not list((tmp_path / ".simulate").glob("*.json")), "a campaign that is over leaves nothing to go on from"


def test_a_world_that_hangs_ends_the_campaign_and_is_named(capfd):
    """A world that never ends must not keep a campaign waiting for ever, nor leave anybody guessing which one it was."""
    with pytest.raises(Lost) as lost:
        list(spread(Watched(time.sleep, patience=0.2), range(3601, 3604), 2, lambda: False))
    assert lost.value.seeds == [3601, 3602, 3603]
    assert "seed 3601 has not come to its end" in capfd.readouterr().err


def test_a_process_that_dies_is_told_of_with_the_seeds_it_played():
    done = []
    with pytest.raises(Lost, match="one of the seeds 9,"):
        done.extend(spread(Watched(os._exit), range(9, 12), 2, lambda: False))
    assert not done


def test_a_campaign_that_lost_a_process_fails_and_says_so(tmp_path, monkeypatch, capsys):
    def play(*given):
        raise Lost([5, 6])

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "campaign", play)
    monkeypatch.setattr(sys, "argv", ["simulate", "--runs", "4", "--workers", "2"])
    assert command.main() == 1
    assert "one of the seeds 5, 6; replay each with --seed" in capsys.readouterr().err


# -- the same twice ------------------------------------------------------------------------------------------------------------------


def test_one_seed_in_a_hundred_is_played_twice(played, tmp_path):
    progress = Progress(tmp_path / "x.json")
    campaign(range(1, 301), 1, progress)
    assert progress.total.line(0.0)["played_twice"] == 3


def test_a_world_that_goes_another_way_the_second_time_is_a_violation(monkeypatch):
    traces = iter(("a" * 64, "b" * 64))
    monkeypatch.setattr(outcomes, "run", lambda seed: an_outcome(seed, trace=next(traces)))
    total = Sum()
    total.add(outcomes.run_twice(101))
    assert total.zeros["undetermined"] == 1


def test_threads_are_looked_at_while_no_garbage_is_collected(monkeypatch):
    """Python would stand still for good if a ``threading.local`` were collected meanwhile."""
    collecting = []
    monkeypatch.setattr(mishaps.sys, "_current_frames", lambda: collecting.append(gc.isenabled()) or {})
    assert mishaps.blind_spots() == frozenset()
    assert collecting == [False]
    assert gc.isenabled()


# -- cells ---------------------------------------------------------------------------------------------------------------------------


def test_every_cell_can_be_hit_or_has_a_reason():
    cells = [(kind, step) for kind in STRIKES for step in PHASES]
    assert all(bool(impossible(*cell)) != (cell in set(possible())) for cell in cells)
    assert all(len(impossible(*cell)) > 20 for cell in cells if impossible(*cell))


def test_a_cell_that_cannot_be_hit_is_not_missed_and_astonishes_when_it_is():
    total = Sum()
    total.add(an_outcome(1, cells={(FaultKind.LIMIT, "begin"): 1, (CRASH, "nowhere"): 1}))
    assert "limit/begin" not in total.missed()
    assert total.astonishing() == ["crash/nowhere", "limit/begin"]


# -- small worlds --------------------------------------------------------------------------------------------------------------------


class Imagined:
    """A world in which ``needed`` makes something go wrong, while none of it is left out."""

    needed = frozenset({"act:3", "act:11", "crash:2.40", "trail"})

    def __init__(self, shape):
        self.shape = dataclasses.replace(
            shape, kinds=frozenset({"trail", "undo"}) - shape.muted, rounds=4, busy=0.0, owners={}, reacting=False
        )
        struck = [f"{name} at pull crash" for name in ("crash:2.40", "mem1:1.3") if name not in shape.muted]
        self.record = SimpleNamespace(struck=struck)
        self.people = SimpleNamespace(moves=20)


@pytest.fixture
def imagined(monkeypatch):
    worlds = []

    def play(world):
        worlds.append(world)
        found = () if world.needed & world.shape.muted else (LOST,)
        return an_outcome(world.shape.seed, findings=found)

    monkeypatch.setattr(small, "World", Imagined)
    monkeypatch.setattr(small, "play", play)
    return worlds


def test_what_is_not_needed_is_left_out_and_nothing_else(imagined):
    found = small.minimize(7)
    assert frozenset(found.kept) == Imagined.needed
    assert found.finding == LOST
    assert found.worlds == len(imagined) < 70


def test_a_world_in_which_nothing_is_wrong_cannot_be_made_small(imagined):
    assert small.minimize(7, frozenset({"act:3"})) is None
    assert small.minimize(7, invariant="looped") is None


def test_the_test_of_a_small_world_is_python_that_names_it(imagined):
    found = small.minimize(7)
    [made] = ast.parse(found.test()).body
    assert made.name == "test_seed_7_shows_nothing_lost"
    assert LOST.text in ast.get_docstring(made)
    assert all(f'"{name}"' in found.test() for name in found.muted)


def test_leaving_out_a_move_changes_no_other_move():
    """Each move has a stream of its own: who does what does not depend on what was left out before."""
    moves = []
    for world in (World(draw(9)), World(draw(9, frozenset({"act:2"})))):
        for _ in range(5):
            world.move()
        moves.append([told.split(" ")[:3] for told in world.people.told if told.startswith("act:")])
    whole, without = moves
    assert len(whole) == 5
    assert [move for move in whole if move[0] != "act:2"] == without
