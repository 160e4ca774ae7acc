"""Scenarios about records that move: the link holds on to the immutable identity, names heal themselves."""

from __future__ import annotations

import pytest

NEIGHBOURS = 8
TWO_PROJECTS = "[PAY, OPS]"
TWO_REPOS = "[acme/api, acme/web]"
HOURLY = "schedule: {sweep: 1h}\nsafety: {start: at_once, max_creates: 1000, close: allow}\n"


@pytest.fixture
def bench(make_bench):
    """Two projects and two repositories of one product."""
    made = make_bench()
    made.jira.add_project("OPS", "Operations")
    made.github.add_repo("acme/web", private=True)
    made.configure(jira=TWO_PROJECTS, github=TWO_REPOS, rest=HOURLY)
    return made


def neighbours(bench):
    """More issues: a listing that is empty of a sudden is not believed."""
    for number in range(NEIGHBOURS):
        bench.file_jira(f"Neighbour {number}")


def still_one_item(bench):
    """Nothing was made twice, and nothing is missing."""
    assert len(bench.items()) == len(bench.jira.issues())
    assert len(bench.github_issues("acme/api")) + len(bench.github_issues("acme/web")) == len(bench.items())


def test_c43_a_jira_issue_moved_to_another_project_keeps_its_link(bench):
    """C43: PAY-1 becomes OPS-1; edits flow on in both directions, nothing is created."""
    key = bench.file_jira("Login fails")
    bench.rest()
    moved = bench.jira.move_issue(key, "OPS", bench.ana)
    bench.edit_jira(moved.key, summary="Login fails in operations")
    bench.rest()
    assert bench.replicas("OPS-1") == {"OPS-1", "acme/api#1"}
    assert bench.github_titles() == ["Login fails in operations"]
    bench.edit_github(1, title="Login fails everywhere")
    bench.rest()
    assert bench.jira_titles("OPS") == ["Login fails everywhere"]
    still_one_item(bench)


def test_c43_an_issue_moved_out_of_the_config_is_unmanaged_and_comes_back(make_bench):
    """C43: moved to a project that the config does not name: neither written nor made anew; moved back: the same link."""
    bench = make_bench()
    bench.jira.add_project("OPS", "Operations")
    bench.configure(rest=HOURLY)
    key = bench.file_jira("Login fails")
    bench.rest()
    bench.jira.move_issue(key, "OPS", bench.ana)
    bench.edit_github(1, title="Login fails at night")
    bench.forget()
    bench.rest()
    assert bench.writes() == []
    assert len(bench.jira.issues()) == 1
    back = bench.jira.move_issue("OPS-1", "PAY", bench.ana)
    bench.rest()
    assert bench.jira.issue(back.key).summary == "Login fails at night"
    assert bench.replicas(back.key) == {back.key, "acme/api#1"}


def test_c43_a_renamed_project_key_keeps_every_link(make_bench):
    """C43: PAY is renamed to MONEY on the site; the config still says PAY, and nothing is lost or made twice."""
    bench = make_bench()
    for number in range(3):
        bench.file_jira(f"Issue {number}")
    bench.rest()
    bench.jira.rename_project("PAY", "MONEY")
    bench.edit_jira("MONEY-2", summary="Issue 1 under a new name")
    bench.rest()
    assert sorted(bench.github_titles()) == ["Issue 0", "Issue 1 under a new name", "Issue 2"]
    bench.edit_github(bench.number("PAY-3"), title="Issue 2, edited on GitHub")
    bench.rest()
    assert bench.jira.issue("MONEY-3").summary == "Issue 2, edited on GitHub"
    assert len(bench.jira.issues()) == 3
    assert len(bench.github_issues()) == 3


def test_c43_the_config_follows_a_renamed_project_key(make_bench):
    """C43: then the config is corrected to the new key: still the same items."""
    bench = make_bench()
    bench.file_jira("Login fails")
    bench.rest()
    bench.jira.rename_project("PAY", "MONEY")
    bench.rest()
    bench.stop()
    bench.configure(
        '    mirror:\n      - {from: jira, to: "github:acme/api", create: auto}\n      - {from: github, to: "jira:MONEY", create: auto}',
        jira="MONEY",
    )
    bench.sync()
    bench.rest()
    bench.edit_jira("MONEY-1", summary="Login fails at night")
    bench.rest()
    assert bench.github_titles() == ["Login fails at night"]
    assert (len(bench.items()), len(bench.jira.issues()), len(bench.github_issues())) == (1, 1, 1)


def test_c43_a_transferred_github_issue_keeps_its_link(bench):
    """C43: a transfer makes a new id and leaves a redirect: the link follows it, with what was agreed."""
    bench.file_jira("Login fails", labels=["Bug"])
    neighbours(bench)
    bench.rest()
    bench.github.transfer_issue("acme/api", bench.number("PAY-1"), "acme/web", actor="ben")
    bench.clock.sleep(3700)
    bench.rest(pause=3700)
    assert bench.replicas("PAY-1") == {"PAY-1", "acme/web#1"}
    bench.edit_jira("PAY-1", summary="Login fails at night")
    bench.rest()
    bench.edit_github(1, repo="acme/web", state="closed")
    bench.rest()
    assert bench.github_titles("acme/web") == ["Login fails at night"]
    assert bench.jira_status("PAY-1") == "Done"
    still_one_item(bench)


def test_c43_an_edit_right_after_a_transfer_follows_the_issue(bench):
    """C43: Ana edits in Jira before any sweep; the write finds the issue at its new place, or waits, and makes no second one."""
    bench.file_jira("Login fails")
    bench.rest()
    bench.github.transfer_issue("acme/api", 1, "acme/web", actor="ben")
    bench.edit_jira("PAY-1", summary="Login fails at night")
    bench.rest()
    assert bench.github_titles("acme/web") == ["Login fails at night"]
    still_one_item(bench)


def test_c43_a_transfer_that_the_stream_shows_first_is_not_taken_for_a_new_issue(bench):
    """C43: Ben transfers and edits at once: the other repository's stream delivers the issue under its new id before the old one is missed."""
    bench.file_jira("Login fails")
    neighbours(bench)
    bench.rest()
    bench.clock.sleep(600)
    bench.github.transfer_issue("acme/api", bench.number("PAY-1"), "acme/web", actor="ben")
    bench.edit_github(1, repo="acme/web", title="Login fails on the web")
    bench.rest()
    bench.clock.sleep(3700)
    bench.rest(pause=3700)
    assert bench.replicas("PAY-1") == {"PAY-1", "acme/web#1"}
    assert "Login fails on the web" in bench.jira_titles()
    assert list(bench.conflicts()) == []
    still_one_item(bench)


# -- the target's stream shows the issue under its new id before the old one is missed; nothing in it is ours -------------------------


@pytest.fixture
def filed(bench):
    """Ben filed acme/api#1; PAY-1 mirrors it."""
    bench.file_github("Login fails", body="It says 500.")
    bench.rest()
    bench.clock.sleep(600)
    return bench


def transfer(bench, number, source="acme/api", target="acme/web"):
    """Ben transfers an issue; its new number."""
    return bench.github.transfer_issue(source, number, target, actor="ben").number


def known_at_once(bench, key):
    """The next round knows the issue; and it stays so, past every sweep."""
    bench.sync()
    assert bench.replicas("PAY-1") == {"PAY-1", key}
    for _ in range(3):
        bench.clock.sleep(3700)
        bench.sync()
    assert bench.replicas("PAY-1") == {"PAY-1", key}
    still_one_item(bench)


def test_c43_a_transfer_is_known_before_the_old_id_is_missed(filed):
    """C43: a person's issue carries no marker; what a transfer keeps is the moment of its creation."""
    transfer(filed, 1)
    known_at_once(filed, "acme/web#1")
    filed.edit_jira("PAY-1", summary="Login fails at night")
    filed.edit_github(1, repo="acme/web", labels=["night"])
    filed.rest()
    assert filed.github_titles("acme/web") == ["Login fails at night"]
    assert filed.jira.issue("PAY-1").labels == ("night",)


def test_c43_a_transferred_and_retitled_issue_is_known(filed):
    """C43: no title leads to it any more."""
    transfer(filed, 1)
    filed.edit_github(1, repo="acme/web", title="Something else entirely")
    known_at_once(filed, "acme/web#1")
    assert filed.jira_titles() == ["Something else entirely"]


def test_c43_an_issue_transferred_twice_between_two_rounds_is_known(filed):
    """C43: the redirect of the first number leads on."""
    filed.github.add_repo("acme/tools", private=True)
    filed.stop()
    filed.configure(jira=TWO_PROJECTS, github="[acme/api, acme/web, acme/tools]", rest=HOURLY)
    filed.sync()
    filed.rest()
    transfer(filed, transfer(filed, 1), "acme/web", "acme/tools")
    filed.sync()
    assert filed.replicas("PAY-1") == {"PAY-1", "acme/tools#1"}
    assert len(filed.items()) == len(filed.jira.issues()) == 1


def test_c43_an_issue_transferred_and_back_is_known(filed):
    """C43: a third id, in the repository where it began."""
    number = transfer(filed, transfer(filed, 1), "acme/web", "acme/api")
    known_at_once(filed, f"acme/api#{number}")


def test_c43_an_issue_transferred_back_after_it_was_known_is_known_again(filed):
    """C43: to and fro with a round in between."""
    transfer(filed, 1)
    filed.sync()
    number = transfer(filed, 1, "acme/web", "acme/api")
    known_at_once(filed, f"acme/api#{number}")


def test_c43_titles_edited_on_both_sides_of_a_transfer_are_a_conflict_of_one_item(filed):
    """C43: the base goes along with the link."""
    transfer(filed, 1)
    filed.edit_github(1, repo="acme/web", title="Login fails on the web")
    filed.edit_jira("PAY-1", summary="Login fails at night")
    known_at_once(filed, "acme/web#1")
    [row] = filed.conflicts()
    assert {candidate.shown for candidate in row.dispute.candidates} == {"Login fails on the web", "Login fails at night"}


def test_c43_an_issue_that_left_the_config_by_transfer_comes_back_to_its_item(filed):
    """C43: unmanaged in acme/attic, where nothing is written to it; transferred back it has a third id."""
    filed.github.add_repo("acme/attic", private=True)
    neighbours(filed)
    filed.rest()
    transfer(filed, 1, target="acme/attic")
    for _ in range(3):
        filed.clock.sleep(3700)
        filed.sync()
    filed.edit_jira("PAY-1", summary="Login fails at night")
    filed.rest()
    assert filed.github_titles("acme/attic") == ["Login fails"]
    number = transfer(filed, 1, "acme/attic", "acme/api")
    filed.rest()
    assert filed.replicas("PAY-1") == {"PAY-1", f"acme/api#{number}"}
    assert filed.github.issue("acme/api", number).title == "Login fails at night"
    still_one_item(filed)


def test_c43_an_unlinked_issue_stays_unlinked_through_a_transfer(filed):
    """C43, C45: whoever took it out of management did not mean its first id alone."""
    filed.app.engine.unlink("acme/api#1")
    transfer(filed, 1)
    filed.edit_github(1, repo="acme/web", title="Login fails on the web")
    filed.rest()
    assert filed.jira_titles() == ["Login fails"]
    assert len(filed.items()) == 1


def test_c43_a_transfer_within_the_first_round_makes_no_second_item(bench):
    """C43: both ids are new to us; the second is the first."""
    bench.file_github("Login fails")
    bench.pull()
    bench.clock.sleep(60)
    transfer(bench, 1)
    bench.rest()
    assert bench.replicas("PAY-1") == {"PAY-1", "acme/web#1"}
    still_one_item(bench)


def test_c43_issues_of_one_moment_are_asked_about_in_batches_and_once(filed):
    """C43: an import gave 300 issues one second; a new one among them costs three reads, and after that nothing."""
    for number in range(300):
        filed.file_github(f"Imported {number}")
    filed.rest()
    late = filed.github.add_issue("acme/web", "Imported late", actor="ben")
    late.created_at = filed.github.issue("acme/api", 2).created_at
    filed.clock.sleep(700)
    filed.forget()
    filed.sync()
    assert len(filed.jira.issues()) == 302
    assert filed.counts("github")["query Nodes"] <= 3 + 1
    filed.clock.sleep(60)
    filed.forget()
    filed.sync()
    assert filed.counts("github")["query Nodes"] == 0


def test_c43_a_renamed_repository_keeps_every_link(make_bench):
    """C43: acme/api is called acme/backend now; the config still says acme/api."""
    bench = make_bench()
    bench.file_jira("Login fails")
    bench.rest()
    bench.github.rename_repo("acme/api", "backend")
    bench.edit_jira("PAY-1", summary="Login fails at night")
    bench.rest()
    bench.github.edit_issue("acme/backend", 1, actor="ben", state="closed")
    bench.rest()
    assert bench.github_titles("acme/backend") == ["Login fails at night"]
    assert bench.jira_status("PAY-1") == "Done"
    assert len(bench.github_issues("acme/backend")) == 1


def test_c43_a_deleted_issue_is_gone_on_its_side_alone(bench):
    """C45 beside C43: a delete is confirmed, told, and neither copied nor undone."""
    bench.file_jira("Login fails")
    neighbours(bench)
    bench.rest()
    number = bench.number("PAY-1")
    bench.github.delete_issue("acme/api", number, actor="ben")
    for _ in range(3):
        bench.clock.sleep(3700)
        bench.sync()
    assert "Login fails" in bench.jira_titles()
    assert "Login fails" not in bench.github_titles()
    assert {link.key: link.state.value for link in bench.links()}[f"acme/api#{number}"] == "gone"
