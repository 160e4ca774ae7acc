"""Days of issues: Jira has a day on which an issue is due, GitHub has none; what one system cannot show is kept and told, never lost."""

from __future__ import annotations

import pytest

from pmsync.model.item import Provenance
from pmsync.model.values import known


def test_a_day_that_github_has_no_place_for_is_kept_and_told_once(bench):
    """Neither lost nor guessed into the text."""
    for number in range(3):
        bench.file_jira(f"Login {number}", due="2026-02-15")
    bench.rest()
    assert {item.fields["due"].value.value for item in bench.items()} == {"2026-02-15"}
    notices = [row.reason for row in bench.read(lambda tx: tx.notices.open()) if row.code == "placeless"]
    assert notices == ["github:acme/api has no place for due: what is set elsewhere is kept, and does not show there"]
    assert all("2026-02-15" not in (issue.body or "") for issue in bench.github_issues())


def test_a_day_is_taken_over_when_it_moves_and_when_it_is_cleared(bench):
    bench.file_jira(due="2026-02-15")
    bench.rest()
    bench.edit_jira("PAY-1", due="2026-03-01")
    bench.rest()
    assert bench.hub("due") == "2026-03-01"
    bench.edit_jira("PAY-1", due=None)
    bench.rest()
    assert bench.hub("due") is None


@pytest.fixture
def two_projects(bench, kit):
    """One issue in two projects of Jira, tied together by a person."""
    bench.jira.add_project("OPS", "Operations", kit.Scheme(statuses=kit.BOARD))
    bench.configure("    mirror: []\n", jira="[PAY, OPS]")
    bench.file_jira("Login fails", due="2026-02-15")
    bench.file_jira("Login fails at ops", project="OPS")
    bench.rest()
    bench.app.engine.link("PAY-1", "OPS-1")
    bench.rest()
    return bench


def test_a_day_goes_both_ways_and_so_does_clearing_it(two_projects):
    """By edits on either side; what was never set erases nothing."""
    play = two_projects
    assert play.jira.issue("OPS-1").due == "2026-02-15"
    for key, other, day in (("PAY-1", "OPS-1", "2026-03-01"), ("OPS-1", "PAY-1", "2026-04-01"), ("PAY-1", "OPS-1", None)):
        play.edit_jira(key, due=day)
        play.rest()
        assert play.jira.issue(other).due == day
    play.edit_jira("OPS-1", due="2026-05-01")
    play.rest()
    play.edit_jira("OPS-1", due=None)
    play.rest()
    assert play.jira.issue("PAY-1").due is None


def test_a_quarter_of_the_hub_shows_as_its_last_day_and_stays_a_quarter(bench):
    """Granularity is kept until somebody moves the day."""
    bench.file_jira(due="2026-02-15")
    bench.rest()
    [item] = bench.items()
    with bench.app.store.transaction() as tx:
        tx.items.write(item.uid, "due", known("2026Q1"), Provenance("roadmap", why="the roadmap says so"))
        tx.dirty.mark([f"item:{item.uid}"], None, "the roadmap says so")
    bench.rest()
    assert (bench.jira.issue("PAY-1").due, bench.hub("due")) == ("2026-03-31", "2026Q1")
    bench.edit_jira("PAY-1", summary="Login is broken")
    bench.rest()
    assert bench.hub("due") == "2026Q1"
    bench.edit_jira("PAY-1", due="2026-03-15")
    bench.rest()
    assert bench.hub("due") == "2026-03-15"


@pytest.fixture
def starting(bench, kit):
    """Two projects of a site whose custom field for start dates the config names; an issue in each, tied together."""
    started = bench.jira.add_custom_field("Start date", "date")
    bench.jira_settings = f", start_field: {started}"
    bench.jira.add_project("OPS", "Operations", kit.Scheme(statuses=kit.BOARD))
    bench.configure("    mirror: []\n", jira="[PAY, OPS]")
    bench.file_jira("Login fails", **{started: "2026-02-01"})
    bench.file_jira("Login fails at ops", project="OPS")
    bench.rest()
    bench.app.engine.link("PAY-1", "OPS-1")
    bench.rest()
    return bench, started


def test_a_start_date_is_the_custom_field_that_the_config_names(starting):
    """It is read with every issue, written under its own id, and cleared both ways."""
    play, started = starting
    assert play.jira.issue("OPS-1").custom[started] == "2026-02-01"
    for key, other, day in (("OPS-1", "PAY-1", "2026-03-01"), ("PAY-1", "OPS-1", None)):
        play.edit_jira(key, **{started: day})
        play.rest()
        assert play.jira.issue(other).custom.get(started) == day
