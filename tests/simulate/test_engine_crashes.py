"""Crash at every step: whatever the moment at which the process dies, its successor comes to the same end.

``pmsync.testing.enumerate.crashes`` says what a step is, and why the boundaries between two of them need not be tried one by one.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from pmsync.reconcile.routing import Create
from pmsync.testing.enumerate.crashes import Crashes, Scenario
from pmsync.testing.enumerate.disk import KeptStore
from pmsync.testing.enumerate.scenarios import SCENARIOS, create_reviewed, layout
from pmsync.testing.enumerate.values import PAUSE


def of_kind(name: str, kind: str) -> Scenario:
    """A canonical scenario in which the second tracker is of that kind."""
    scenario = SCENARIOS[name]
    return replace(scenario, layout=replace(scenario.layout, kinds={"a": "listed", "b": kind}))


def assert_same_end(crashes: Crashes) -> None:
    for step, came_to in crashes.singles():
        assert came_to == crashes.end, f"crash at {step} of {len(crashes.steps.left)}"


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_crash_at_any_step_changes_nothing_in_the_end(name):
    """C11, C12, C16, C48: one object each, no edit lost, no conflict that the uncrashed run does not have."""
    crashes = Crashes(SCENARIOS[name])
    assert len(crashes.steps.left) > 10
    assert_same_end(crashes)


@pytest.mark.parametrize("name", SCENARIOS)
def test_dying_at_any_boundary_leaves_just_what_its_step_stands_for(name):
    """Each boundary for real: the bytes on the disk and the records in the trackers are those that the others go on from."""
    assert Crashes(SCENARIOS[name]).unlike() == []


@pytest.mark.parametrize("kind", ["listed", "lagging"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_power_cut_at_any_step_leaves_nothing_that_a_crash_would_not(name, kind):
    """What was not committed durably may be lost, from the last commit back. Only ever before anything was sent: the intents are durable."""
    worlds, beyond = Crashes(of_kind(name, kind)).power()
    assert worlds > 10
    assert beyond == 0


def test_were_the_intents_not_durable_a_power_cut_would_show_it(monkeypatch):
    real = KeptStore.transaction
    monkeypatch.setattr(KeptStore, "transaction", lambda self, *, durable=False, fenced=True: real(self, fenced=fenced))
    assert Crashes(SCENARIOS["create"]).power()[1] > 0


@pytest.mark.parametrize("kind", ["keyed", "lagging", "listed-rich", "listed+history"])
@pytest.mark.parametrize("name", ["create", "update", "delete"])
def test_a_crash_at_any_step_is_survived_with_every_kind_of_system(name, kind):
    """C12: also with a search index that lags 10 minutes behind."""
    assert_same_end(Crashes(of_kind(name, kind)))


def test_a_cut_off_create_without_markers_stops_for_a_person():
    """Nothing is resent on a system that keeps no marker; what is found by its exact title is adopted, the rest waits for ``abandon``."""
    crashes = Crashes(of_kind("create", "unmarked"))
    rig, stopped = crashes.rig, 0
    for left in crashes.steps.left:
        rig.thaw(left)
        rig.restart()
        reports = [rig.sync() for _ in range(4) if rig.clock.sleep(PAUSE) is None]
        assert len(rig.look("b")) <= 1
        if rig.open_ops():
            stopped += 1
            assert (reports[-1].exit_code, len(rig.look("b"))) == (3, 0)
            [notice] = rig.notices("in_doubt")
            assert "--abandon" in notice.reason
            rig.engine.abandon(notice.subject)
            assert not rig.notices("in_doubt")
        rig.rest()
        assert rig.outcome() == crashes.end
    assert stopped


@pytest.mark.parametrize("kind", ["listed", "lagging"])
def test_a_reviewed_plan_is_carried_out_whole_whenever_its_apply_dies(kind):
    """C12: what was approved is done by applying the same plan again; no create of it is left for another review."""
    crashes = Crashes(Scenario(create_reviewed, layout(kind, create=Create.REVIEW), reviewed=True))
    assert_same_end(crashes)
    assert len(crashes.rig.look("b")) == 2
