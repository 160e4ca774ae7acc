"""Scenarios about the scope, which binds pushes as it binds pulls, and about values that are there already: neither is written to."""

from __future__ import annotations

LAG = 900.0
LABELLED = "{repo: acme/api, labels: [payments]}"
WHERE = "{project: PAY, where: 'labels = payments'}"


# -- C18: the scope binds the push, too ------------------------------------------------------------------------------------------------


def test_c18_an_issue_that_lost_the_scopes_label_is_not_written_to(make_bench):
    """C18: Ben takes the label away, Ana edits on the other side: out of scope means unmanaged, for the push as for the pull."""
    bench = make_bench()
    bench.configure(github=LABELLED)
    number = bench.file_github("Login fails", labels=["payments"])
    bench.rest()
    bench.edit_github(number, labels=[])
    bench.edit_jira("PAY-1", summary="Login fails at night")
    bench.forget()
    bench.rest()
    assert bench.writes() == []
    assert (bench.github_titles(), bench.jira_titles()) == (["Login fails"], ["Login fails at night"])


def test_c18_issues_outside_the_scope_are_not_exported(make_bench):
    """C18: 30 issues without the label stay where they are."""
    bench = make_bench()
    bench.configure(github=LABELLED)
    for number in range(30):
        bench.file_github(f"Not ours {number}")
    bench.file_github("Ours", labels=["payments"])
    bench.rest()
    assert bench.jira_titles() == ["Ours"]


def test_c18_what_is_created_lands_in_the_scope(make_bench):
    """C18: a mirror made in a scope of labelled issues carries the label, so that it is pulled back."""
    bench = make_bench()
    bench.configure(github=LABELLED)
    bench.file_jira("Login fails")
    bench.rest()
    assert "payments" in bench.github_labels()
    bench.edit_github(1, title="Login fails at night")
    bench.rest()
    assert bench.jira_titles() == ["Login fails at night"]


def test_c18_a_title_match_outside_the_scope_is_not_touched(make_bench):
    """C18: an issue of the same title that nobody gave us stays byte for byte as it is."""
    bench = make_bench()
    bench.configure(github=LABELLED)
    bench.file_github("Login fails", body="Not yours.")
    bench.github.close("acme/api", 1, actor="ben", reason="not_planned")
    bench.file_jira("Login fails", status="In Progress")
    bench.rest()
    foreign = bench.github.issue("acme/api", 1)
    assert (foreign.title, foreign.body, foreign.state) == ("Login fails", "Not yours.", "closed")
    assert bench.replicas("PAY-1") == {"PAY-1", "acme/api#2"}


def test_c18_an_issue_that_left_a_where_scope_is_not_written_to(make_bench):
    """C18: the condition is Jira's to judge, so it is asked before the push, not only when pulling."""
    bench = make_bench()
    bench.configure(jira=WHERE)
    key = bench.file_jira("Login fails", labels=["payments"])
    bench.rest()
    assert bench.github_titles() == ["Login fails"]
    bench.edit_jira(key, labels=[])
    bench.edit_github(1, title="Login fails at night")
    bench.forget()
    bench.rest()
    assert bench.writes("jira") == []
    assert (bench.jira_titles(), bench.github_titles()) == (["Login fails"], ["Login fails at night"])
    assert states(bench)["PAY-1"] == "unmanaged"


def test_c18_a_where_scope_is_left_between_pull_and_push(make_bench):
    """C18: the issue leaves the condition after the listing and before the write: the pre-read sees it."""
    bench = make_bench(jira={"index_lag": LAG})
    bench.configure(jira=WHERE)
    key = bench.file_jira("Login fails", labels=["payments"])
    bench.clock.sleep(LAG + 1)
    bench.rest(pause=LAG + 1)
    bench.edit_github(1, title="Login fails at night")
    left = []

    def leaves(request):
        if request.path.endswith("/issue/bulkfetch") and not left:
            left.append(key)
            bench.edit_jira(key, labels=[])

    bench.wires["jira"].before = leaves
    bench.forget()
    bench.sync()
    assert left
    assert bench.writes("jira") == []
    assert bench.jira_titles() == ["Login fails"]


def test_c18_an_issue_that_comes_back_into_a_where_scope_is_managed_again(make_bench):
    """C18: unmanaged is no one-way street."""
    bench = make_bench()
    bench.configure(jira=WHERE)
    key = bench.file_jira("Login fails", labels=["payments"])
    bench.rest()
    bench.edit_jira(key, labels=[])
    bench.edit_github(1, title="Login fails at night")
    bench.rest()
    bench.edit_jira(key, labels=["payments"])
    bench.rest()
    assert states(bench)["PAY-1"] == "linked"
    assert (bench.jira_titles(), bench.github_titles()) == (["Login fails at night"], ["Login fails at night"])


def test_c18_a_scope_without_a_condition_costs_no_search_before_a_push(bench):
    """C18: only a condition is asked for; plain scopes pay nothing for it."""
    bench.file_jira("Login fails")
    bench.rest()
    bench.edit_github(1, title="Login fails at night")
    bench.forget()
    bench.sync()
    assert bench.counts("jira")["POST /search/jql"] == 1


def test_c18_a_mass_change_is_held_whole_for_a_person(make_bench):
    """C18: 60 new issues appear overnight, the rail says 20: none is created, the plan is kept, and the exit code says so."""
    bench = make_bench()
    bench.configure(rest="safety: {start: at_once, max_creates: 20}")
    for number in range(60):
        bench.file_github(f"Junk {number}")
    report = bench.sync()
    assert report.exit_code == 3
    assert report.held is not None
    assert len(report.held.held) == 60
    assert bench.jira_titles() == []
    bench.apply(report.held)
    assert len(bench.jira_titles()) == 60


# -- C22: no write for what is there already --------------------------------------------------------------------------------------------


def test_c22_a_label_with_a_space_and_its_hyphenated_twin_are_one(bench):
    """C22: Jira's labels hold no spaces; ``night shift`` and ``night-shift`` are equal, and neither is rewritten."""
    bench.file_github("Login fails", labels=["night shift"])
    bench.rest()
    assert set(bench.jira.issue("PAY-1").labels) == {"night-shift"}
    bench.forget()
    bench.edit_jira("PAY-1", summary="Login fails at night")
    bench.rest()
    assert bench.github_labels() == {"night shift"}
    assert bench.writes() == ["PATCH /repos/acme/api/issues/{}", "POST /repos/acme/api/labels"]  # the second leaves the mark


def test_c22_a_spelling_that_means_the_same_is_not_rewritten(bench):
    """C22: somebody spells the label another way on one side; the other side keeps its own."""
    bench.file_github("Login fails", labels=["night shift"])
    bench.rest()
    bench.edit_jira("PAY-1", labels=["Night-Shift"])
    bench.forget()
    bench.rest()
    assert bench.writes() == []


def test_c22_a_transition_within_what_the_other_side_can_tell_writes_nothing(bench):
    """C22: In Progress to In Review is open to open on GitHub."""
    key = bench.file_jira("Login fails", status="In Progress")
    bench.rest()
    bench.jira.transition_issue(key, bench.ana, "In Review")
    bench.forget()
    bench.rest()
    assert bench.writes() == []


def test_c22_both_sides_make_the_same_edit_and_nothing_is_written(bench):
    """C22: equal now is no conflict and no write."""
    key = bench.file_jira("Login fails")
    bench.rest()
    bench.edit_jira(key, summary="Login fails at night")
    bench.edit_github(1, title="Login fails at night")
    bench.forget()
    bench.rest()
    assert (bench.writes(), list(bench.conflicts())) == ([], [])


def test_c22_priorities_of_one_fibre_are_left_as_they_are(make_bench):
    """C22: a scheme of three priorities shows low and minor alike; a sync between them writes nothing."""
    from pmsync_jira.emulation.doors import Scheme

    bench = make_bench(scheme=Scheme(priorities=("High", "Medium", "Low")))
    number = bench.file_github("Login fails", labels=["priority/low"])
    bench.rest()
    bench.edit_github(number, labels=["priority/minor"])
    bench.forget()
    bench.rest()
    assert bench.writes() == []


# -- helpers ------------------------------------------------------------------------------------------------------------


def states(bench):
    return {link.key: link.state.value for link in bench.links()}
