"""Scenarios about edits that race with our writes: what the systems do not prevent is found in their history, and no value is only gone."""

from __future__ import annotations

import pytest

from pmsync.engine.person import Choice
from pmsync.model.values import Known
from pmsync.testing.emulator import Dropped

READ = {"jira": "POST /issue/bulkfetch", "github": "query Nodes"}
WRITE = {"jira": "PUT /issue/{}", "github": "PATCH /repos/acme/api/issues/{}"}
OTHER = {"jira": "github", "github": "jira"}
SYSTEMS = ["github", "jira"]


@pytest.fixture
def linked(bench):
    """One item in both systems, at rest for an hour."""
    bench.file_jira("Login fails", labels=["Bug"], status="In Progress", priority="High")
    bench.rest()
    bench.clock.sleep(3600)
    bench.sync()
    bench.forget()
    return bench


def rename(bench, system, title):
    """Somebody renames the issue in a system, a moment later."""
    bench.clock.sleep(2)
    if system == "jira":
        bench.edit_jira("PAY-1", summary=title)
    else:
        bench.edit_github(1, title=title)
    bench.clock.sleep(2)


def title_in(bench, system):
    return bench.jira_titles()[0] if system == "jira" else bench.github_titles()[0]


def once_after(bench, system, name, act):
    """Right after the next request of that name was answered, ``act`` happens."""
    wire = bench.wires[system]

    def watch(request, response):
        if wire.asked[-1].name == name:
            wire.after = lambda request, response: None
            act()

    wire.after = watch


def lose(bench, system, act=lambda: None):
    """The next write arrives, its answer is lost, and then ``act`` happens."""
    bench.lose_answer(system, WRITE[system])
    bench.sync()
    assert bench.told("waiting")
    act()


def never_arrives(bench, system, name):
    """The next request of that name gets lost on its way, which we cannot tell from a lost answer."""
    wire = bench.wires[system]

    def lose(request):
        if wire.asked[-1].name == name:
            wire.before = lambda request: None
            raise Dropped(sent=True)

    wire.before = lose


# -- between our last look and our write ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("system", SYSTEMS)
def test_c29_an_edit_in_the_window_is_written_over_and_kept_as_a_conflict(linked, system):
    """C29, C31: neither system takes a precondition. History tells who had set what; the hub goes back to what was agreed, and waits."""
    rename(linked, OTHER[system], "Ours")
    once_after(linked, system, READ[system], lambda: rename(linked, system, "Theirs"))
    linked.sync()
    [row] = linked.conflicts()
    assert {one.shown for one in row.dispute.candidates} == {"Ours", "Theirs"}
    [theirs] = [one for one in row.dispute.candidates if one.shown == "Theirs"]
    assert (theirs.system, theirs.actor) == (system, linked.ana if system == "jira" else "ben")
    assert linked.hub("title") == "Login fails"
    [entry] = linked.journal("overwritten")
    assert (entry.before, entry.after, entry.actor) == (Known("Theirs"), Known("Ours"), theirs.actor)
    assert len(linked.told("overwritten")) == 1
    linked.forget()
    linked.rest()
    assert linked.writes() == []
    assert len(linked.conflicts()) == 1


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("chosen", ["Ours", "Theirs"])
def test_c29_whichever_of_the_two_is_chosen_shows_everywhere(linked, system, chosen):
    rename(linked, OTHER[system], "Ours")
    once_after(linked, system, READ[system], lambda: rename(linked, system, "Theirs"))
    linked.sync()
    [row] = linked.conflicts()
    linked.app.engine.resolve_conflict(row.uid, Choice(value=Known(chosen)), "mei")
    linked.rest()
    assert (title_in(linked, "jira"), title_in(linked, "github")) == (chosen, chosen)
    assert not linked.conflicts()


@pytest.mark.parametrize("owner", SYSTEMS)
def test_c29_the_fields_owner_decides_as_if_the_edit_had_been_seen_in_time(make_bench, owner):
    """The value that was written over comes back where it is the owner's; where it is not, the journal keeps it."""
    bench = make_bench()
    bench.configure(rest=f"fields: {{title: {{owner: {owner}}}}}\nsafety: {{start: at_once, close: allow}}")
    bench.file_jira("Login fails")
    bench.rest()
    bench.clock.sleep(3600)
    bench.sync()
    rename(bench, "jira", "Ours")
    once_after(bench, "github", READ["github"], lambda: rename(bench, "github", "Theirs"))
    bench.rest()
    winner = "Theirs" if owner == "github" else "Ours"
    assert (title_in(bench, "jira"), title_in(bench, "github")) == (winner, winner)
    assert not bench.conflicts()
    assert [entry.before for entry in bench.journal("overwritten")] == [Known("Theirs")]


def test_c29_the_same_edit_in_the_window_is_no_conflict(linked):
    """Both said the same: nothing is lost."""
    rename(linked, "jira", "Same")
    once_after(linked, "github", READ["github"], lambda: rename(linked, "github", "Same"))
    linked.rest()
    assert not linked.conflicts()
    assert linked.journal("overwritten") == []


def test_c29_an_edit_of_another_field_in_the_window_is_merged(linked):
    """Only what was touched is sent, so nothing of it is written over."""
    rename(linked, "jira", "Ours")
    once_after(linked, "github", READ["github"], lambda: linked.edit_github(1, labels=["Bug", "priority/high", "night"]))
    linked.rest()
    assert not linked.conflicts()
    assert set(linked.jira.issue("PAY-1").labels) == {"Bug", "night"}


def test_c29_a_status_set_in_the_window_is_a_conflict_where_it_means_another(linked):
    """Ben closes it in GitHub; Ana puts it into review before that reaches Jira."""
    linked.clock.sleep(2)
    linked.edit_github(1, state="closed")
    linked.clock.sleep(2)
    once_after(linked, "jira", READ["jira"], lambda: linked.jira.transition_issue("PAY-1", linked.ana, "In Review"))
    linked.sync()
    [row] = linked.conflicts()
    assert {one.value for one in row.dispute.candidates} == {Known("done"), Known("in_review")}


def test_c29_a_status_set_in_the_window_is_written_back_where_it_only_says_more(linked):
    """Jira's Done is done and declined alike: Ben's reason, written over by a plain close, is the finer of the two."""
    linked.clock.sleep(2)
    linked.jira.transition_issue("PAY-1", linked.ana, "Done")
    linked.clock.sleep(2)
    once_after(linked, "github", READ["github"], lambda: linked.edit_github(1, state="closed", state_reason="not_planned"))
    linked.rest()
    assert not linked.conflicts()
    assert linked.github.issue("acme/api", 1).state_reason == "not_planned"
    assert linked.jira_status("PAY-1") == "Done"


def test_c29_a_label_added_again_in_the_window_stays(linked):
    """An addition goes before a removal that did not know of it."""

    def again():
        linked.clock.sleep(2)
        linked.edit_github(1, labels=["priority/high"])
        linked.clock.sleep(2)
        linked.edit_github(1, labels=["priority/high", "Bug"])
        linked.clock.sleep(2)

    linked.edit_jira("PAY-1", labels=[])
    once_after(linked, "github", READ["github"], again)
    linked.rest()
    assert linked.github_labels() == {"Bug", "priority/high"}
    assert set(linked.jira.issue("PAY-1").labels) == {"Bug"}


# -- while a write is in doubt ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_write_in_doubt_that_was_put_back_by_a_person_stays_put_back(linked, system):
    """It had landed, they saw it, and did not want it: not a failure of ours, and nothing is sent again."""
    rename(linked, OTHER[system], "Ours")
    lose(linked, system, lambda: rename(linked, system, "Login fails"))
    linked.forget()
    linked.rest()
    assert (title_in(linked, "jira"), title_in(linked, "github")) == ("Login fails", "Login fails")
    assert linked.writes(system) == []
    assert not linked.conflicts()


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_write_in_doubt_that_was_edited_upon_is_no_conflict(linked, system):
    rename(linked, OTHER[system], "Ours")
    lose(linked, system, lambda: rename(linked, system, "Ours, but better"))
    linked.rest()
    assert (title_in(linked, "jira"), title_in(linked, "github")) == ("Ours, but better", "Ours, but better")
    assert not linked.conflicts()


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_write_that_never_arrived_meets_the_edit_made_meanwhile(linked, system):
    """They did not know ours: both stand."""
    rename(linked, OTHER[system], "Ours")
    never_arrives(linked, system, WRITE[system])
    linked.sync()
    assert linked.told("waiting")
    rename(linked, system, "Theirs")
    linked.rest()
    [row] = linked.conflicts()
    assert {one.shown for one in row.dispute.candidates} == {"Ours", "Theirs"}
    assert (title_in(linked, system), title_in(linked, OTHER[system])) == ("Theirs", "Ours")


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_write_in_doubt_that_landed_upon_an_unseen_edit_is_a_conflict(linked, system):
    """The window and the lost answer at once."""
    rename(linked, OTHER[system], "Ours")
    once_after(
        linked, system, READ[system], lambda: (rename(linked, system, "Theirs"), linked.lose_answer(system, WRITE[system]))
    )
    linked.sync()
    assert linked.told("waiting")
    linked.rest()
    [row] = linked.conflicts()
    assert {one.shown for one in row.dispute.candidates} == {"Ours", "Theirs"}


# -- before a create is read back ----------------------------------------------------------------------------------------------------


def test_what_people_did_to_a_new_github_issue_before_it_was_read_back_is_theirs(bench):
    """Title, labels and state: none is taken for what GitHub made of the issue."""

    def act():
        bench.clock.sleep(2)
        bench.edit_github(1, title="Theirs", labels=["night"], state="closed")

    bench.file_jira("Login fails", labels=["Bug"], status="In Progress")
    once_after(bench, "github", "POST /repos/acme/api/issues", act)
    bench.rest()
    assert bench.jira_titles() == bench.github_titles() == ["Theirs"]
    assert set(bench.jira.issue("PAY-1").labels) == bench.github_labels() == {"night"}
    assert bench.jira_status("PAY-1") == "Done"
    assert not bench.conflicts()


def test_what_people_did_to_a_new_jira_issue_before_it_was_read_back_is_theirs(bench):
    """Jira's answer shows nothing but the id: the changelog tells."""

    def act():
        bench.clock.sleep(2)
        bench.edit_jira("PAY-1", summary="Theirs", labels=["night"], priority="Low")

    bench.file_github("Login fails", labels=["Bug", "priority/high"])
    once_after(bench, "jira", "POST /issue", act)
    bench.rest()
    assert bench.jira_titles() == bench.github_titles() == ["Theirs"]
    assert bench.github_labels() == {"night", "priority/low"}
    assert not bench.conflicts()


def test_c29_a_status_set_while_a_create_takes_its_second_step_is_a_conflict(make_bench):
    """Simulator seed 2077: Jira makes an issue in its first status and moves it then; in between Ana put it into review."""
    bench = make_bench()
    bench.edit_github(bench.file_github("Login fails"), state="closed")
    once_after(bench, "jira", "POST /issue", lambda: bench.jira.transition_issue("PAY-1", bench.ana, "In Review"))
    bench.rest()
    [row] = bench.conflicts()
    assert (row.dispute.field, {one.system for one in row.dispute.candidates}) == ("status", {"jira", "github"})
    assert [entry.actor for entry in bench.journal("overwritten")] == [bench.ana]
    [theirs] = [one for one in row.dispute.candidates if one.system == "jira"]
    bench.app.engine.resolve_conflict(row.uid, Choice(value=theirs.value), "mei")
    bench.rest()
    assert bench.jira_status("PAY-1") == "In Review"
