"""Releases from end to end: versions of Jira and milestones of GitHub are one release, whichever side people work on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pmsync_github.milestones import day as shown_day


@pytest.fixture
def play(bench):
    """An issue of Jira that goes into version 1.0, mirrored."""
    bench.version = bench.jira.add_version("PAY", "1.0", release_date="2026-03-31")
    bench.file_jira("Login fails", fix_versions=["1.0"])
    bench.rest()
    return bench


def later(play):
    """Versions and milestones are looked at once an hour."""
    play.clock.sleep(3700)
    play.rest()


def version(play, name="1.0", project="PAY"):
    [found] = [one for one in play.jira.versions(project) if one.name == name]
    return found


def milestones(play, repo="acme/api"):
    """Title to (state, day) of every milestone."""
    found = play.github.world.repo_named(repo).milestones.values()
    return {one.title: (one.state, shown_day(datetime.fromtimestamp(one.due_on, UTC) if one.due_on else None)) for one in found}


def milestone_of(play, number=1, repo="acme/api"):
    found = play.github.issue(repo, number).milestone
    return found.title if found else None


def test_a_version_becomes_a_milestone_and_the_issue_goes_into_it(play):
    """Requests 5 and 7: by name, not by number; made in one place, it appears in the other."""
    assert milestones(play) == {"1.0": ("open", "2026-03-31")}
    assert milestone_of(play) == "1.0"


def test_a_milestone_becomes_a_version_and_the_issue_goes_into_it(bench):
    """Request 7, the other way: people may begin on either side."""
    one = bench.github.add_milestone("acme/api", "2.0", due_on="2026-06-30T12:00:00Z")
    bench.file_github("Log in", milestone=one.number)
    bench.rest()
    made = version(bench, "2.0")
    assert made.release_date == "2026-06-30"
    assert bench.jira.issue("PAY-1").fix_versions == (made.id,)


def test_a_release_is_renamed_on_either_side_by_one_write(play):
    """No issue is touched: they refer to it by its id."""
    before = play.github.issue("acme/api", 1).updated_at
    play.jira.edit_version(play.version.id, name="1.0 GA")
    later(play)
    assert milestones(play).keys() == {"1.0 GA"}
    play.github.edit_milestone("acme/api", 1, title="1.0 final", actor="ben")
    later(play)
    assert version(play, "1.0 final").id == play.version.id
    assert play.github.issue("acme/api", 1).updated_at == before


def test_a_day_is_set_moved_and_cleared_on_either_side(play):
    play.jira.edit_version(play.version.id, release_date="2026-04-15")
    later(play)
    assert milestones(play)["1.0"] == ("open", "2026-04-15")
    play.github.edit_milestone("acme/api", 1, due_on="2026-05-01T12:00:00Z", actor="ben")
    later(play)
    assert version(play).release_date == "2026-05-01"
    play.github.edit_milestone("acme/api", 1, due_on=None, actor="ben")
    later(play)
    assert version(play).release_date == ""
    play.jira.edit_version(play.version.id, release_date="2026-07-01")
    later(play)
    play.jira.edit_version(play.version.id, release_date="")
    later(play)
    assert milestones(play)["1.0"] == ("open", "")


@pytest.mark.parametrize("day", ["2026-01-01", "2026-03-08", "2026-03-09", "2026-11-01", "2026-11-02", "2026-12-31"])
def test_the_floor_of_githubs_days_causes_no_second_write(play, day):
    """GitHub puts a day at midnight in Los Angeles, in winter and in summer: what comes back is the day that was sent."""
    play.jira.edit_version(play.version.id, release_date=day)
    later(play)
    assert milestones(play)["1.0"][1] == day
    play.forget()
    for _ in range(4):
        play.clock.sleep(3700)
        play.sync()
    assert play.writes() == []
    assert version(play).release_date == day


def test_shipping_on_github_releases_the_version(play):
    play.github.edit_milestone("acme/api", 1, state="closed", actor="ben")
    later(play)
    assert version(play).released


def test_releasing_the_version_closes_the_milestone(play):
    play.jira.edit_version(play.version.id, released=True)
    later(play)
    assert milestones(play)["1.0"][0] == "closed"
    play.jira.edit_version(play.version.id, released=False)
    later(play)
    assert milestones(play)["1.0"][0] == "open"


def test_an_issue_of_several_versions_shows_the_earliest_that_has_not_shipped(bench):
    """Where one fits only: the earliest unreleased; what is shipped already counts where there is nothing else, and then the latest."""
    days = {"0.9": ("2025-12-01", True), "1.0": ("2026-03-31", False), "2.0": ("2026-09-30", False), "0.8": ("2025-06-01", True)}
    for name, (day, released) in days.items():
        bench.jira.add_version("PAY", name, release_date=day, released=released)
    bench.file_jira("Login fails", fix_versions=["2.0", "0.9", "1.0"])
    bench.file_jira("Long done", fix_versions=["0.8", "0.9"])
    bench.rest()
    assert {milestone_of(bench, 1), milestone_of(bench, 2)} == {"1.0", "0.9"}
    [first] = [issue for issue in bench.github_issues() if issue.title == "Login fails"]
    assert milestone_of(bench, first.number) == "1.0"
    assert len(bench.jira.issue("PAY-1").fix_versions) == 3


def test_moving_an_issue_on_github_keeps_its_other_versions(bench):
    """A milestone stands for one of them: who changes it says nothing about the others."""
    for name, day in (("1.0", "2026-03-31"), ("2.0", "2026-09-30")):
        bench.jira.add_version("PAY", name, release_date=day)
    bench.file_jira("Login fails", fix_versions=["1.0", "2.0"])
    later(bench)
    three = bench.github.add_milestone("acme/api", "3.0", due_on="2026-12-31T12:00:00Z")
    bench.edit_github(1, milestone=three.number)
    later(bench)
    names = {one.name for one in bench.jira.versions("PAY") if one.id in bench.jira.issue("PAY-1").fix_versions}
    assert names == {"2.0", "3.0"}
    assert milestone_of(bench) == "3.0"


def test_one_release_spans_projects_and_repositories(bench, kit):
    """Request 6: one release, however many milestones; joined by name within the product."""
    bench.jira.add_project("WEB", "Web", kit.Scheme(statuses=kit.BOARD))
    bench.github.add_repo("acme/web", private=True)
    rules = """
    mirror:
      - {label: api, from: jira, to: "github:acme/api", create: auto}
      - {label: web, from: jira, to: "github:acme/web", create: auto}
"""
    bench.stop()
    bench.configure(rules, jira="[PAY, WEB]", github="[acme/api, acme/web]")
    for project, label in (("PAY", "api"), ("WEB", "web")):
        bench.jira.add_version(project, "1.0")
        bench.file_jira(f"Work in {project}", project=project, fix_versions=["1.0"], labels=[label])
    later(bench)
    assert [item.kind for item in bench.items()].count("release") == 1
    bench.github.edit_milestone("acme/web", 1, due_on="2026-03-31T12:00:00Z", actor="ben")
    later(bench)
    assert {version(bench, project=project).release_date for project in ("PAY", "WEB")} == {"2026-03-31"}
    assert milestones(bench) == milestones(bench, "acme/web") == {"1.0": ("open", "2026-03-31")}


def test_two_teams_edit_a_release_at_once(play):
    """Different fields: both are kept. One field: a conflict with both values, and nothing is written."""
    play.jira.edit_version(play.version.id, name="1.0 GA")
    play.github.edit_milestone("acme/api", 1, due_on="2026-05-01T12:00:00Z", actor="ben")
    later(play)
    assert milestones(play) == {"1.0 GA": ("open", "2026-05-01")}
    assert version(play, "1.0 GA").release_date == "2026-05-01"
    play.jira.edit_version(play.version.id, release_date="2026-06-01")
    play.github.edit_milestone("acme/api", 1, due_on="2026-07-01T12:00:00Z", actor="ben")
    play.clock.sleep(4000)
    play.sync()
    assert [row.dispute.field for row in play.conflicts()] == ["due"]
    assert (version(play, "1.0 GA").release_date, milestones(play)["1.0 GA"][1]) == ("2026-06-01", "2026-07-01")
