"""Scenarios about doing a thing once: no record twice, no loop, and the same thing filed on both sides."""

from __future__ import annotations

import pytest

from pmsync.engine.pausing import Who

LAG = 900.0


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
    """C12: the database is lost; the markers in the records are the second copy of the links, once a person lets the new store in."""
    bench.file_github("Made once")
    bench.rest()
    bench.stop()
    (bench.folder / "pmsync.db").unlink()
    assert bench.sync().exit_code == 3
    for link in bench.links():
        bench.app.engine.thaw(link.scope, Who("ana", bench.clock.now()))
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
