"""Links across systems: remote links in Jira, once for each record, taken away when the tie ends, and nothing of anybody else's."""

from __future__ import annotations

import pytest

from pmsync.engine import reading

LINKING = "fields: {elsewhere: {jira: push}}\n"


@pytest.fixture
def play(make_bench, kit):
    made = make_bench()
    made.configure(rest=kit.ROOMY + LINKING)
    return made


def remote(play, key="PAY-1"):
    """Title and address of the remote links of an issue, sorted."""
    return sorted((link.content["object"]["title"], link.content["object"]["url"]) for link in play.jira.issue(key).remote_links)


def titles(play, key="PAY-1"):
    return [title for title, _ in remote(play, key)]


def test_a_jira_issue_links_to_its_github_issue(play):
    """Request 10: GitHub's issue shows inside Jira's."""
    play.file_jira()
    play.rest()
    [(title, url)] = remote(play)
    assert title == "acme/api#1"
    assert url.endswith("/acme/api/issues/1")
    [link] = play.jira.issue("PAY-1").remote_links
    assert link.global_id == f"pmsync:is:github#{play.github.issue('acme/api', 1).node_id}"
    assert play.jira.issue("PAY-1").properties["pmsync"].keys() == {"links"}


def test_an_issue_that_we_made_in_jira_is_linked_and_keeps_its_marker(play):
    """The marker and the list of links share a property."""
    play.file_github()
    play.rest()
    assert titles(play) == ["acme/api#1"]
    assert play.jira.issue("PAY-1").properties["pmsync"].keys() == {"marker", "links"}


def test_a_link_is_made_once(play):
    """By a global id that outlives renames: a second sync writes nothing, and a rename changes the link that is there."""
    play.file_jira()
    play.rest()
    play.forget()
    for _ in range(3):
        play.clock.sleep(700)
        play.sync()
    assert play.writes() == []
    play.github.rename_repo("acme/api", "core")
    play.edit_github(1, repo="acme/core", title="Login does not work")
    play.rest()
    assert titles(play) == ["acme/core#1"]


def test_a_lost_answer_doubles_no_link(play):
    """The same global id is the same link, however often it is sent."""
    play.file_jira()
    play.lose_answer("jira", "POST /rest/api/3/issue/{}/remotelink")
    play.rest()
    assert titles(play) == ["acme/api#1"]


def test_links_of_others_stay_when_ours_goes(play):
    """Ours goes when a person unlinks the two; what a person linked in Jira is nobody's business."""
    play.file_jira()
    play.rest()
    play.jira.add_remote_link("PAY-1", play.ana, "https://wiki.example/page", "The wiki page")
    play.app.engine.unlink("acme/api#1")
    play.rest()
    assert titles(play) == ["The wiki page"]


def test_nothing_is_linked_unless_the_config_says_so(make_bench):
    """Each link costs a request of its own: the default is off."""
    play = make_bench()
    play.file_jira()
    play.rest()
    assert remote(play) == []
    assert "elsewhere" not in play.items()[0].fields


def test_links_of_other_sorts_stay_and_are_counted(play):
    """One line per sort, however many there are; those that lead out of the scope are told apart (C44)."""
    play.jira.add_project("OPS", "Operations")
    for number in range(3):
        play.file_jira(f"Login {number}")
    play.file_jira("Elsewhere", project="OPS")
    play.jira.link_issues("PAY-1", "PAY-2", play.ana, "10003")
    play.jira.link_issues("PAY-1", "PAY-3", play.ana, "10003")
    play.jira.link_issues("PAY-1", "OPS-1", play.ana, "10003")
    play.jira.link_issues("PAY-2", "PAY-3", play.ana, "10002")
    play.jira.link_issues("OPS-1", "PAY-3", play.ana)
    play.rest()
    ties = {one.sort: (one.links, one.outside) for one in reading.status(play.app.setup, play.app.store).ties}
    assert ties == {"Relates": (3, 1), "Duplicate": (1, 0), "blocked_by": (1, 1)}
    assert len({link.type for link in play.jira.issue("PAY-1").links}) == 1, "nothing was done to them"


def test_who_waits_for_whom_is_told_to_have_no_place_on_github(play):
    """Once for the repository, whatever the number of issues."""
    for number in range(4):
        play.file_jira(f"Login {number}")
    for number in range(3):
        play.jira.link_issues(f"PAY-{number + 2}", f"PAY-{number + 1}", play.ana)
    play.rest()
    notices = [row.reason for row in play.read(lambda tx: tx.notices.open()) if row.code == "placeless"]
    assert notices == ["github:acme/api has no place for blocked_by: what is set elsewhere is kept, and does not show there"]
