"""Scenarios about a create that takes two steps: the answer to the second, which sets the status, is lost, and it may arrive later."""

from __future__ import annotations

import pytest

from pmsync.testing.emulator import Dropped

SECOND = {"jira": "POST /issue/{}/transitions", "github": "PATCH /repos/acme/api/issues/{}"}


def on_its_way(bench, system):
    """The next request that sets a status is under way for as long as the test likes: returns what lets it arrive."""
    wire, kept = bench.wires[system], []

    def keep(request):
        if wire.asked[-1].name == SECOND[system]:
            wire.before = lambda request: None
            kept.append(request)
            raise Dropped(sent=True)

    wire.before = keep
    return lambda: wire.emulator.handle(kept.pop())


def done_in(bench, system):
    """File what is done already in the system that is mirrored into the other."""
    if system == "jira":
        bench.github.edit_issue("acme/api", bench.file_github(), actor="ben", state="closed", state_reason="completed")
    else:
        bench.file_jira(status="Done")


def status_in(bench, system):
    return bench.jira_status("PAY-1") if system == "jira" else bench.github_issues()[0].state


def reopen(bench, system):
    if system == "jira":
        bench.edit_jira("PAY-1", status="To Do")
    else:
        bench.edit_github(1, state="open")


@pytest.mark.parametrize("system", ["jira", "github"])
def test_a_first_status_that_arrives_late_undoes_nobodys_edit(bench, system):
    """Simulator seed 43518: it was sent anew at once, somebody set another one, and the first one came over that, unnoticed."""
    done_in(bench, system)
    arrive = on_its_way(bench, system)
    bench.sync()
    assert bench.told("waiting")
    bench.clock.sleep(30)
    bench.sync()
    first = status_in(bench, system)
    if first in ("Done", "closed"):
        reopen(bench, system)
    bench.clock.sleep(30)
    arrive()
    bench.clock.sleep(30)
    reopen(bench, system)
    bench.rest()
    assert (status_in(bench, "jira") == "Done", status_in(bench, "github") == "closed") == (False, False)
    assert not bench.conflicts()


@pytest.mark.parametrize("system", ["jira", "github"])
def test_a_first_status_in_doubt_is_not_sent_again_before_it_can_have_arrived(bench, system):
    done_in(bench, system)
    arrive = on_its_way(bench, system)
    bench.sync()
    bench.forget()
    bench.clock.sleep(30)
    bench.sync()
    assert bench.writes(system) == []
    arrive()
    bench.rest()
    assert bench.writes(system) == []
    assert {bench.jira_status("PAY-1"), bench.github_issues()[0].state} == {"Done", "closed"}
    assert not bench.conflicts()


@pytest.mark.parametrize("system", ["jira", "github"])
def test_a_first_status_that_never_arrives_is_set_after_the_quiet_period(bench, system):
    done_in(bench, system)
    on_its_way(bench, system)
    bench.rest()
    assert {bench.jira_status("PAY-1"), bench.github_issues()[0].state} == {"Done", "closed"}
    assert len(bench.jira_titles()) == len(bench.github_titles()) == 1


@pytest.mark.parametrize("system", ["jira"])
def test_a_process_that_died_while_the_first_status_was_under_way_waits_for_it_too(bench, system, kit):
    """GitHub's quiet period is over by the time another process may take the store."""
    done_in(bench, system)
    wire = bench.wires[system]

    def die(request):
        if wire.asked[-1].name == SECOND[system]:
            wire.doom.dead = True
            wire.doom.step()

    wire.before = die
    with pytest.raises(kit.Crash):
        bench.sync()
    bench.restart()
    bench.forget()
    bench.sync()
    assert SECOND[system] not in bench.writes(system)
    bench.rest()
    assert {bench.jira_status("PAY-1"), bench.github_issues()[0].state} == {"Done", "closed"}
