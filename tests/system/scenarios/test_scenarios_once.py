"""Scenarios about doing a thing once: no record twice, no loop, no write for a value that is there already, nothing beyond the scope."""

from __future__ import annotations

import pytest

LAG = 900.0
LABELLED = "{repo: acme/api, labels: [payments]}"
FROM_JIRA = '    mirror:\n      - {from: jira, to: "github:acme/api", create: auto}'
FROM_GITHUB = '    mirror:\n      - {from: github, to: "jira:PAY", create: auto}'


# -- C12: one create, one issue -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["the request arrives", "the issue is made", "the link is written"])
def test_c12_killed_between_create_and_link_with_a_search_index_15_minutes_behind_still_one_issue(make_bench, kit, moment):
    """C12: whichever side of the create the process dies on, its successor finds the issue or makes it, never both."""
    bench = make_bench(jira={"index_lag": LAG})
    bench.file_github("Made once")
    die_at(bench, kit, moment)
    with pytest.raises(kit.Crash):
        bench.sync()
    bench.restart()
    for _ in range(6):
        bench.sync()
        assert len(bench.jira_titles()) <= 1
        bench.clock.sleep(400)
    bench.rest()
    assert bench.jira_titles() == ["Made once"]
    assert bench.replicas("PAY-1") == {"PAY-1", "acme/api#1"}


def test_c12_a_lost_answer_and_a_search_index_15_minutes_behind_still_one_issue(make_bench):
    """C12: no crash at all, only the answer was lost; the key is probed, the index is not waited for."""
    bench = make_bench(jira={"index_lag": LAG})
    bench.file_github("Made once")
    bench.lose_answer("jira", "POST /issue")
    bench.sync()
    bench.clock.sleep(5)
    bench.sync()
    assert bench.jira_titles() == ["Made once"]
    assert bench.replicas("PAY-1") == {"PAY-1", "acme/api#1"}


def test_c12_a_create_that_never_arrived_is_made_later(make_bench, kit):
    """C12: the other half of the promise: nothing is lost either."""
    from pmsync.testing.emulator import Dropped

    bench = make_bench(jira={"index_lag": LAG})
    bench.file_github("Made once")
    wire = bench.wires["jira"]

    def lose(request):
        if request.method == "POST" and request.path.endswith("/rest/api/3/issue"):
            wire.before = lambda request: None
            raise Dropped(sent=True)

    wire.before = lose
    bench.sync()
    assert bench.jira_titles() == []
    for _ in range(8):
        bench.clock.sleep(600)
        bench.sync()
    assert bench.jira_titles() == ["Made once"]


def test_c12_a_second_store_does_not_make_a_second_issue(bench):
    """C12: the database is lost; the markers in the records are the second copy of the links."""
    bench.file_github("Made once")
    bench.rest()
    bench.stop()
    (bench.folder / "pmsync.db").unlink()
    bench.rest()
    assert (bench.jira_titles(), bench.github_titles()) == (["Made once"], ["Made once"])
    assert bench.replicas("PAY-1") == {"PAY-1", "acme/api#1"}


# -- C15: loops ---------------------------------------------------------------------------------------------------------------------


def test_c15_automations_that_answer_every_write_are_stopped_and_told(bench):
    """C15: a rule in each system puts its own stamp on the title whenever it changes. The writes are bounded, and somebody is told."""
    key = bench.file_jira("Login fails")
    bench.rest()
    automate(bench, key)
    bench.edit_jira(key, summary="Login fails at night")
    bench.forget()
    for _ in range(30):
        bench.sync()
        bench.clock.sleep(30)
    told = [text for text in all_told(bench) if "left alone" in text]
    assert len(bench.writes()) <= 24
    assert told
    assert bench.jira_titles() != []


def test_c15_a_loop_does_not_stop_the_other_items(bench):
    """C15: while one title is fought over, another item's edit goes through."""
    key, calm = bench.file_jira("Login fails"), bench.file_jira("Quiet one")
    bench.rest()
    automate(bench, key)
    bench.edit_jira(key, summary="Login fails at night")
    for _ in range(15):
        bench.sync()
        bench.clock.sleep(30)
    bench.edit_jira(calm, summary="Quiet one, edited")
    bench.sync()
    assert "Quiet one, edited" in bench.github_titles()


def test_c15_a_system_that_undoes_what_is_written_is_left_alone(bench):
    """C15: GitHub's automation puts the old title back each time; the engine gives up rather than repeat itself for ever."""
    key = bench.file_jira("Login fails")
    bench.rest()
    undo(bench, "Login fails")
    bench.edit_jira(key, summary="Login fails at night")
    bench.forget()
    for _ in range(40):
        bench.sync()
        bench.clock.sleep(45)
    assert len(bench.writes()) <= 24


# -- C17: the same thing filed by people on both sides -------------------------------------------------------------------------------


def test_c17_a_unique_exact_title_is_adopted_and_nothing_is_created(bench):
    """C17: one issue of that title on each side: they are one item."""
    bench.file_jira("Login  fails at NIGHT")
    bench.file_github("login fails at night")
    bench.rest()
    assert bench.replicas("PAY-1") == {"PAY-1", "acme/api#1"}
    assert (len(bench.jira_titles()), len(bench.github_titles())) == (1, 1)


def test_c17_an_exact_title_that_is_not_unique_is_never_merged(make_bench):
    """C17: two of one title on one side: which of them is meant, only a person knows."""
    bench = make_bench()
    bench.configure("    mirror: []")
    bench.file_jira("Crash on start")
    bench.file_jira("Crash on start")
    bench.file_github("Crash on start")
    bench.sync()
    assert all(bench.replicas(link.key) == {link.key} for link in bench.links())
    assert bench.told("skipped", "suggestion")


def test_c17_a_similar_title_is_a_suggestion_and_link_makes_it_one(make_bench):
    """C17: ``pmsync link`` takes the suggestion; the titles that differ are a conflict, none is overwritten."""
    from pmsync.engine.likeness import suggestions

    bench = make_bench()
    bench.configure("    mirror: []")
    bench.file_jira("Login fails with a 500 after the update")
    bench.file_github("Login fails with 500 after update")
    bench.sync()
    assert bench.replicas("PAY-1") == {"PAY-1"}
    [pair] = suggestions(bench.app.setup, bench.app.store)
    assert {pair.keep, pair.other} == {"PAY-1", "acme/api#1"}
    bench.app.engine.link(pair.keep, pair.other)
    bench.forget()
    bench.sync()
    assert bench.replicas("PAY-1") == {"PAY-1", "acme/api#1"}
    assert [(row.dispute.field, len(row.dispute.candidates)) for row in bench.conflicts()] == [("title", 2)]
    assert bench.jira_titles() == ["Login fails with a 500 after the update"]
    assert bench.github_titles() == ["Login fails with 500 after update"]


def test_c17_two_records_that_are_linked_already_are_not_tied_to_a_third(bench):
    """C17: a wrong link is refused with what to do, not half made."""
    from pmsync.engine.person import NotFoundError

    bench.file_jira("One")
    bench.file_jira("Two")
    bench.rest()
    before = bench.replicas("PAY-1")
    [other] = {"acme/api#1", "acme/api#2"} - before
    with pytest.raises(NotFoundError):
        bench.app.engine.link("PAY-1", other)
    assert bench.replicas("PAY-1") == before


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
    bench.configure(jira="{project: PAY, where: 'labels = payments'}")
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
    bench.configure(jira="{project: PAY, where: 'labels = payments'}")
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
    bench.configure(jira="{project: PAY, where: 'labels = payments'}")
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
    bench.configure(rest="safety: {max_creates: 20}")
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
    assert len(bench.writes()) == 1


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


# -- helpers ------------------------------------------------------------------------------------------------------------------------


def die_at(bench, kit, moment):
    """Let the process die around the create in Jira."""
    wire = bench.wires["jira"]
    names = {"the request arrives": "before", "the issue is made": "after", "the link is written": "commit"}

    def concerns(request):
        return request.method == "POST" and request.path.endswith("/rest/api/3/issue")

    def dead():
        bench.doom(1)
        raise kit.Crash

    if names[moment] == "before":
        wire.before = lambda request: dead() if concerns(request) else None
    elif names[moment] == "after":
        wire.after = lambda request, response: dead() if concerns(request) else None
    else:
        wire.after = lambda request, response: bench.doom(1) if concerns(request) else None


def automate(bench, key):
    """A rule in each system that answers every new title of the issue with a title of its own."""
    number = bench.number(key)
    stamps, last = {"J": 0, "G": 0}, {"J": bench.jira.issue(key).summary, "G": bench.github.issue("acme/api", number).title}

    def answer(side, title, write):
        if title == last[side]:
            return
        stamps[side] += 1
        last[side] = f"Login fails [{side}{stamps[side]}]"
        write(last[side])

    def jira_rule(request, response):
        answer("J", bench.jira.issue(key).summary, lambda title: bench.jira.edit_issue(key, bench.ana, summary=title))

    def github_rule(request, response):
        title = bench.github.issue("acme/api", number).title
        answer("G", title, lambda title: bench.github.edit_issue("acme/api", number, actor="rule", title=title))

    bench.wires["jira"].after, bench.wires["github"].after = jira_rule, github_rule


def undo(bench, title):
    """A rule of GitHub's that puts a title back whenever pmsync writes another."""

    def rule(request, response):
        if bench.wires["github"].asked[-1].write and response.status < 300:
            bench.github.edit_issue("acme/api", 1, actor="rule", title=title)

    bench.wires["github"].after = rule


def all_told(bench):
    return [row.reason for row in bench.read(lambda tx: tx.notices.open())]


def states(bench):
    return {link.key: link.state.value for link in bench.links()}
