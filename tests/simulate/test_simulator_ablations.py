"""Safeguards taken away: the simulator misses them, and a hunt for what is missed counts only what their absence has brought."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import pytest

from pmsync.engine import absence, confirm
from pmsync.store.leases import Leases
from pmsync.testing.simulate import claims, hunts, restraint
from pmsync.testing.simulate.ablations import ABLATIONS, BEHIND, SINGLE, everywhere, without
from pmsync.testing.simulate.case import Case
from pmsync.testing.simulate.hunts import Hunt, Table, hunt
from pmsync.testing.simulate.judge import Finding
from pmsync.testing.simulate.outcome import run
from pmsync.testing.simulate.people import AUTOMATION
from pmsync.testing.simulate.shape import KINDS, OWNERS, draw
from pmsync.testing.simulate.world import World

CHEAP = {
    "base_only_sent": {"not_undone", "lost", "unconverged"},
    "config_fingerprint": {"unplanned"},
    "audience_guard": {"widened"},
    "durable_intent": {"no_intent"},
}


@pytest.mark.parametrize("name", CHEAP)
def test_the_absence_of_a_safeguard_is_noticed(name):
    found = hunt(name, range(1, 41))
    assert found.invariant in CHEAP[name], found


def test_two_processes_at_once_are_noticed_where_neither_lease_nor_fencing_stops_them():
    assert hunt("lease+fencing", range(1, 41)).invariant == "fencing"


@pytest.mark.parametrize("name", SINGLE)
def test_what_is_taken_away_comes_back(name):
    """An ablation that leaked would be missed in every world after it."""
    before = absence.note_missing, confirm.settle_op, Leases.is_held
    with without(name):
        pass
    assert (absence.note_missing, confirm.settle_op, Leases.is_held) == before


def test_what_is_put_in_a_functions_place_can_still_call_it():
    """Replaced in the very module that keeps the original, it would call itself for ever, and any safeguard would seem to be missed."""
    with without("two_looks_for_absence"):
        assert absence.note_missing.__name__ == "_gone_at_once"
        assert absence.note_missing.__globals__["_note_missing"].__name__ == "note_missing"


def test_every_pair_is_of_safeguards_that_there_are():
    assert all(name in SINGLE and other in SINGLE for name, other in BEHIND.items())
    assert len(ABLATIONS) == len(SINGLE) + len(BEHIND)


def test_a_function_is_replaced_wherever_it_was_imported():
    with everywhere(confirm.settle_op, len):
        assert confirm.settle_op is len


# -- the hunt ----------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def played(monkeypatch):
    """What each play of a world is to show, in turn; afterwards nothing."""
    shows: list[tuple[Finding, ...]] = []
    usual = run(8)

    def play(seed):
        return replace(usual, seed=seed, findings=shows.pop(0) if shows else ())

    monkeypatch.setattr(hunts, "run", play)
    return shows


LOST = (Finding("lost", "an edit"),)


def test_what_happens_with_the_safeguard_too_does_not_count(played):
    played += [LOST, LOST]
    found = hunt("base_only_sent", [1])
    assert (found.tried, found.invariant) == (1, "")


def test_what_happens_only_without_it_counts_and_ends_the_hunt(played):
    played += [(), LOST, ()]
    found = hunt("base_only_sent", range(1, 10))
    assert (found.tried, found.invariant, found.found) == (2, "lost", "seed 2: an edit")


def test_another_finding_of_the_same_world_counts_though_one_is_known(played):
    played += [(*LOST, Finding("looped", "again")), LOST]
    assert hunt("base_only_sent", [1]).invariant == "looped"


def test_a_known_fault_does_not_count(played):
    played += [(Finding("lost", "an edit", "restored"),)]
    assert hunt("base_only_sent", [1]).invariant == ""


def test_a_program_that_falls_over_does_not_count(played):
    played += [(Finding("bug", "KeyError"),)]
    assert hunt("base_only_sent", [1]).invariant == ""


def test_of_a_pair_only_counts_what_the_first_line_alone_does_not_show(played):
    played += [LOST, (), LOST]
    assert hunt("unique_index+surplus_check", [1]).invariant == ""


def test_a_table_goes_on_where_it_stopped(tmp_path, monkeypatch):
    asked = []

    def found(names, seed):
        asked.append((names, seed))
        return ("lost", f"seed {seed}") if names != "history" else ("", "")

    monkeypatch.setattr(hunts, "noticed", found)
    monkeypatch.setattr(hunts, "kinds_for", lambda names: frozenset())
    first = Table(range(1, 4), tmp_path / "kept.json")
    assert not first.fill(lambda: len(asked) >= 5, lambda line: None)
    done = len(asked)
    again = Table(range(1, 4), tmp_path / "kept.json")
    assert again.fill(lambda: False, lambda line: None)
    assert len(asked) == len(set(asked)) > done
    assert again.hunts["history"].tried == 3
    assert again.unnoticed() == ["history"]


def test_a_safeguard_behind_another_is_missed_with_it(tmp_path):
    table = Table(range(1, 4), tmp_path / "kept.json")
    table.hunts = dict.fromkeys(ABLATIONS, Hunt(1, "lost", "seed 1"))
    table.hunts["lease"] = Hunt(3)
    assert table.unnoticed() == []
    assert "see lease+fencing" in table.line("lease")


# -- what no world lasts long enough for ---------------------------------------------------------------------------------------------------


def feud(world):
    """For half an hour two automations answer each other: whenever we carry one's priority to the other's record, that one sets its own."""
    acts = world.truth.by_family()
    family = min(family for family in acts if sum(act.verb == "create" and not act.robot for act in acts[family]) == 1)
    records = [one for one in world.truth.alive() if world.truth.families[one[2]] == family][:2]
    for number in range(30):
        system, record, *_ = records[number % 2]
        wish = list(world.grounds[system].choices("priority"))[-(number % 2)]
        if world.grounds[system].look()[record].values["priority"] != wish:
            world.grounds[system].put(record, AUTOMATION, "priority", wish)
            world.truth.observe(AUTOMATION)
        world.operator.attempt(world.operator.sync)
        world.clock.sleep(60)


@pytest.mark.parametrize("name", ["", "breaker"])
def test_the_absence_of_the_loop_breaker_is_noticed_once_a_feud_lasts(name):
    """The chaos of a world is over sooner, or the feud ends in a conflict there."""
    calm = (draw(seed, frozenset({*KINDS, OWNERS})) for seed in range(1, 100))
    world = World(next(shape for shape in calm if not any("lagging" in str(system.knobs) for system in shape.systems)))
    assert world.come_to_rest()
    with without(name) if name else nullcontext():
        feud(world)
    case = Case(world.shape, world.grounds, world.truth, claims.read(world.machine.peek()), world.circumstances)
    assert any(one.invariant == "looped" for one in restraint.findings(case)) is bool(name)
