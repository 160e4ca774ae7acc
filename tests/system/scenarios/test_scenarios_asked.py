"""What people asked of tools like this one: requests and complaints with a number each, played with both real systems."""

from __future__ import annotations

import pytest

from pmsync.model.enums import Status

MANY = 620
LABELLED = """
    mirror:
      - {label: roadmap, from: github, to: "jira:PAY", create: auto}
"""


# -- C9: after an outage ------------------------------------------------------------------------------------------------------


def test_c9_a_first_load_goes_on_where_it_was_cut_off(make_bench, kit):
    """C9: what was read is kept page by page, and each page says how far it is."""
    bench = make_bench(strict=False)
    bench.configure("    mirror: []")
    for number in range(MANY):
        bench.jira.add_issue("PAY", f"Issue {number}", actor=bench.ana)
    pages = 0

    def fail(request):
        nonlocal pages
        if bench.wires["jira"].asked[-1].name.endswith("search/jql"):
            pages += 1
            if pages == 4:
                raise kit.Crash

    bench.wires["jira"].before = fail
    with pytest.raises(kit.Crash):
        bench.pull()
    told = [event.done for event in bench.heard if event.kind == "progress"]
    assert told == sorted(told) != []
    bench.restart()
    bench.forget()
    report = bench.pull()
    assert report.tally.of("pulled") < MANY, "what was committed is not read anew"
    assert bench.counts("jira")["POST /rest/api/3/search/jql"] <= MANY // 100 - 1


# -- status, the order of steps, and finer values -----------------------------------------------------------------------------


@pytest.mark.parametrize(("reason", "name"), [("completed", "Done"), ("not_planned", "Won't Do")])
def test_c34_a_closed_issue_gets_the_mapped_status_and_no_other_on_the_way(make_bench, kit, reason, name):
    """C34: the status that the map names is reached, whatever is written with it; it is not overwritten by a later step."""
    board = (("To Do", "new"), ("In Progress", "indeterminate"), ("Done", "done"), ("Won't Do", "done"))
    bench = make_bench(scheme=kit.Scheme(statuses=board))
    number = bench.file_github("Login fails")
    bench.rest()
    bench.edit_github(number, state="closed", state_reason=reason, title="Login fails at night", labels=["seen"])
    bench.rest()
    issue = bench.jira.issue("PAY-1")
    assert (bench.jira_status("PAY-1"), issue.summary, list(issue.labels)) == (name, "Login fails at night", ["seen"])
    assert bench.github.issue("acme/api", number).state_reason == reason


def test_c35_a_reopened_issue_reopens_the_other_side(bench):
    """C35: a regression reopens."""
    bench.file_jira()
    bench.rest()
    bench.edit_github(1, state="closed", state_reason="completed")
    bench.rest()
    assert bench.jira_status("PAY-1") == "Done"
    bench.edit_github(1, state="open")
    bench.rest()
    assert bench.jira_status("PAY-1") == "To Do"


def test_c35_the_finer_status_stays_where_the_coarse_one_says_the_same(bench):
    """C35: In Review is open to GitHub: neither an edit nor a reopening there flattens it."""
    bench.file_jira(status="In Review")
    bench.rest()
    bench.edit_github(1, title="Login fails at night")
    bench.rest()
    assert (bench.jira_status("PAY-1"), bench.hub("status")) == ("In Review", Status.IN_REVIEW)


def test_c37_a_move_on_the_board_reaches_the_other_side(bench):
    """C37: as far as GitHub can show it; a move between open columns is kept here, and writes nothing."""
    bench.file_jira()
    bench.rest()
    bench.forget()
    bench.edit_jira("PAY-1", status="In Progress")
    bench.rest()
    assert (bench.hub("status"), bench.writes("github")) == (Status.IN_PROGRESS, [])
    bench.edit_jira("PAY-1", status="Done")
    bench.rest()
    assert bench.github.issue("acme/api", 1).state == "closed"


# -- parents ------------------------------------------------------------------------------------------------------------------


def test_c41_an_issue_of_an_epic_becomes_a_sub_issue_of_its_counterpart(bench):
    """C41: by itself, once the epic shows on GitHub as well; there is no fixed epic to be named in the config."""
    epic = bench.file_jira("Checkout", issue_type="Epic")
    bench.file_jira("Login fails", parent=bench.jira.issue(epic).id)
    bench.rest()
    by_title = {issue.title: issue for issue in bench.github_issues()}
    assert by_title["Login fails"].parent is by_title["Checkout"]


# -- labels -------------------------------------------------------------------------------------------------------------------


def test_c42_a_label_that_is_removed_at_its_source_goes(bench):
    """C42: on the other side too, and those that were added there stay."""
    bench.file_jira(labels=["slow", "vip"])
    bench.rest()
    bench.edit_github(1, labels=["slow", "vip", "beta"])
    bench.rest()
    bench.edit_jira("PAY-1", labels=["beta", "vip"])
    bench.rest()
    assert bench.github_labels() == {"beta", "vip"}


# -- scopes -------------------------------------------------------------------------------------------------------------------


def test_c44_an_issue_that_moves_to_another_configured_project_keeps_its_link(make_bench, kit):
    """C44: the linked issue is in another project than it was; what ties the two are ids, not keys."""
    bench = make_bench()
    bench.jira.add_project("OPS", "Operations", kit.Scheme(statuses=kit.BOARD))
    bench.configure(jira="[PAY, OPS]")
    bench.file_jira()
    bench.rest()
    bench.jira.move_issue("PAY-1", "OPS", bench.ana)
    bench.rest()
    bench.edit_github(1, title="Login fails at night")
    bench.rest()
    assert bench.jira_titles("OPS") == ["Login fails at night"]
    assert len(bench.github_issues()) == 1


def test_request_11_public_issues_arrive_in_jira_where_the_roadmap_is_kept(make_bench, kit):
    """Request 11: what the team plans in Jira does not become public by it."""
    bench = make_bench(private=False)
    bench.configure('    mirror:\n      - {from: github, to: "jira:PAY", create: auto}\n', rest=kit.ROOMY)
    bench.file_github("Please add dark mode", body="I would love it.")
    bench.file_jira("Our secret plan")
    bench.rest()
    assert bench.jira_titles() == ["Our secret plan", "Please add dark mode"]
    assert bench.github_titles() == ["Please add dark mode"]


def test_request_12_developers_stay_on_github_and_planners_in_jira(bench):
    """Request 12: text arrives formatted, statuses go through the workflow, each side keeps its own way."""
    number = bench.file_github("Login fails", body="Steps:\n\n1. open\n2. **fail**")
    bench.rest()
    document = bench.jira.issue("PAY-1").description
    assert [part["type"] for part in document["content"]] == ["paragraph", "orderedList"]
    bench.edit_jira("PAY-1", status="In Progress")
    bench.edit_github(number, state="closed", state_reason="completed")
    bench.rest()
    assert bench.conflicts() or bench.jira_status("PAY-1") == "Done"


def test_request_13_issues_with_a_label_come_in_both_ways_without_a_loop(make_bench, kit):
    """Request 13: by label; edits go both ways; our own writes are never taken for somebody's."""
    bench = make_bench()
    bench.configure(LABELLED, rest=kit.ROOMY)
    bench.file_github("In", labels=["roadmap"])
    bench.file_github("Out")
    bench.rest()
    assert bench.jira_titles() == ["In"]
    bench.edit_jira("PAY-1", summary="In, by Jira")
    bench.rest()
    bench.edit_github(1, title="In, by GitHub")
    bench.rest()
    assert (bench.jira_titles(), bench.github_titles()) == (["In, by GitHub"], ["In, by GitHub", "Out"])
    bench.forget()
    for _ in range(5):
        bench.clock.sleep(700)
        bench.sync()
    assert bench.writes() == []


def test_request_16_a_post_is_promoted_to_an_issue_by_its_label(make_bench, kit):
    """Request 16: somebody decides, by a label; the issue is made once, and the post shows what became of it."""
    bench = make_bench()
    bench.configure(LABELLED, rest=kit.ROOMY)
    bench.file_github("Please add dark mode")
    bench.rest()
    assert bench.jira_titles() == []
    bench.edit_github(1, labels=["roadmap"])
    bench.rest()
    assert bench.jira_titles() == ["Please add dark mode"]
    bench.edit_jira("PAY-1", status="Done")
    bench.rest()
    assert bench.github.issue("acme/api", 1).state == "closed"
