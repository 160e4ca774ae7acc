"""Scenarios about two sides that edit: both edits live on, or both values are kept for a person; unknown is never empty."""

from __future__ import annotations

import pytest

from pmsync_jira.emulation.doors import Scheme


@pytest.fixture
def linked(bench):
    """One item in both systems, at rest."""
    bench.file_jira("Login fails", description="It says 500.", labels=["Bug"], status="In Progress", priority="High")
    bench.rest()
    bench.clock.sleep(3600)
    bench.sync()
    bench.forget()
    return bench


# -- C29 ------------------------------------------------------------------------------------------------------------------------------


def test_c29_both_sides_edit_different_fields_and_both_edits_are_kept(linked):
    """C29: Ana renames in Jira while Ben closes and labels in GitHub."""
    linked.edit_jira("PAY-1", summary="Login fails at night")
    linked.edit_github(1, state="closed", labels=["Bug", "priority/high", "night"])
    linked.rest()
    assert linked.github.issue("acme/api", 1).title == "Login fails at night"
    assert linked.jira_status("PAY-1") == "Done"
    assert set(linked.jira.issue("PAY-1").labels) == {"Bug", "night"}
    assert list(linked.conflicts()) == []


def test_c29_both_sides_edit_the_same_field_and_a_conflict_keeps_both_values(linked):
    """C29: two titles; neither system is written, both values can be had, and ``resolve`` brings the chosen one everywhere."""
    from pmsync.engine.person import Choice
    from pmsync.engine.reading import conflicts

    linked.edit_jira("PAY-1", summary="Login fails at night")
    linked.edit_github(1, title="Login fails on Sundays")
    linked.sync()
    [open_one] = conflicts(linked.app.store)
    assert {(side.system, side.shown) for side in open_one.sides} == {
        ("jira", "Login fails at night"),
        ("github", "Login fails on Sundays"),
    }
    assert open_one.base == "Login fails"
    linked.rest()
    assert linked.writes() == []
    assert (linked.jira_titles(), linked.github_titles()) == (["Login fails at night"], ["Login fails on Sundays"])
    linked.app.engine.resolve_conflict(open_one.uid, Choice("github"), "ana")
    linked.rest()
    assert (linked.jira_titles(), linked.github_titles()) == (["Login fails on Sundays"], ["Login fails on Sundays"])
    assert "Login fails at night" in str(linked.journal("conflict"))


def test_c29_an_owner_breaks_the_tie_and_the_overruled_value_is_kept(make_bench):
    """C29: where the config names an owner nobody is asked, and the loser is still retrievable from the journal."""
    bench = make_bench()
    bench.configure(rest="fields: {title: {owner: jira}}\nsafety: {start: at_once, close: allow}")
    bench.file_jira("Login fails")
    bench.rest()
    bench.edit_jira("PAY-1", summary="Login fails at night")
    bench.edit_github(1, title="Login fails on Sundays")
    bench.rest()
    assert bench.github_titles() == ["Login fails at night"]
    assert any(
        entry.before is not None and entry.before.value == "Login fails on Sundays" for entry in bench.journal("overruled")
    )


def test_c29_a_text_that_a_person_wrote_is_not_overwritten(linked):
    """C29: the body is set once, at creation; later edits on either side stay where they were made."""
    linked.edit_jira("PAY-1", description="It says 502 now.")
    linked.edit_github(1, body="Ben's own account of it.")
    linked.rest()
    assert linked.writes() == []
    assert linked.github.issue("acme/api", 1).body == "Ben's own account of it."


def test_c29_an_edit_between_the_pre_read_and_the_write_is_not_lost(linked):
    """C29: Ben edits the very field in the narrowest window; his value is in the hub, in a conflict or in the journal, never nowhere."""
    linked.edit_jira("PAY-1", summary="Login fails at night")
    done = []

    def ben(request):
        if linked.wires["github"].asked[-1].write and not done:
            done.append(1)
            linked.edit_github(1, labels=["Bug", "priority/high", "just-now"])

    linked.wires["github"].before = ben
    linked.rest()
    assert done
    assert set(linked.jira.issue("PAY-1").labels) == {"Bug", "just-now"}
    assert linked.github.issue("acme/api", 1).title == "Login fails at night"


# -- C30 ------------------------------------------------------------------------------------------------------------------------------


def test_c30_a_priority_that_cannot_be_read_does_not_erase_the_other_sides(make_bench):
    """C30: Jira's scheme is not monotone in what we know of it, so ``Sooner`` has no meaning; GitHub's label stays, and it is told."""
    bench = make_bench(scheme=Scheme(statuses=(("To Do", "new"), ("Done", "done")), priorities=("Low", "Sooner", "High")))
    bench.file_jira("Login fails", priority="High")
    bench.rest()
    assert "priority/high" in bench.github_labels()
    bench.forget()
    bench.edit_jira("PAY-1", priority="Sooner")
    bench.sync()
    assert "priority/high" in bench.github_labels()
    assert bench.hub("priority") == "high"
    assert bench.writes() == []
    assert any("Sooner" in text for text in bench.told("skipped", "unmapped"))


def test_c30_a_label_not_understood_does_not_erase_the_other_sides_priority(linked):
    """C30: Ben puts ``priority: whenever`` in place of ``priority/high``; Jira keeps High."""
    linked.edit_github(1, labels=["Bug", "priority: whenever"])
    linked.rest()
    assert linked.jira_priority("PAY-1") == "High"
    assert linked.writes("jira") == []


def test_c30_a_field_that_jira_hides_does_not_erase_it_elsewhere(linked):
    """C30: unobserved is not empty: a field configuration hides the labels, GitHub's stay."""
    hide_fields(linked, "labels", "priority")
    linked.edit_jira("PAY-1", summary="Login fails at night")
    linked.rest()
    assert linked.github_labels() == {"Bug", "priority/high"}
    assert linked.github_titles() == ["Login fails at night"]


def test_c30_assignees_whom_nobody_has_mapped_stay_on_both_sides(linked):
    """C30: people are read, never guessed, never cleared."""
    linked.jira.edit_issue("PAY-1", linked.ana, assignee=linked.ana)
    linked.edit_github(1, assignees=["ben"])
    linked.edit_jira("PAY-1", summary="Login fails at night")
    linked.rest()
    assert linked.jira.issue("PAY-1").assignee == linked.ana
    assert list(linked.github.issue("acme/api", 1).assignees) == ["ben"]


# -- C36 ------------------------------------------------------------------------------------------------------------------------------

TWO_ENDS = Scheme(statuses=(("To Do", "new"), ("Signed off", "done"), ("Archived", "done")))


def test_c36_of_two_statuses_that_would_do_none_is_picked_silently(make_bench):
    """C36: two statuses of the category done and nothing tells them apart: refused, with both names and the line that decides."""
    bench = make_bench(scheme=TWO_ENDS)
    bench.file_jira("Login fails")
    bench.rest()
    bench.github.close("acme/api", 1, actor="ben")
    bench.sync()
    assert bench.jira_status("PAY-1") == "To Do"
    [said] = bench.told("skipped", "unrepresentable")
    assert "'Signed off'" in said
    assert "'Archived'" in said
    assert "maps" in said


def test_c36_one_line_of_config_decides(make_bench):
    """C36: the line that was named is put in; after a look at the plan the status goes over."""
    bench = make_bench(scheme=TWO_ENDS)
    bench.configure(rest="maps: {status: {jira: {Archived: done}}}\nsafety: {start: at_once, close: allow}")
    bench.file_jira("Login fails")
    bench.rest()
    bench.github.close("acme/api", 1, actor="ben")
    bench.rest()
    assert bench.jira_status("PAY-1") == "Archived"


def test_c36_a_status_that_no_transition_reaches_is_told_with_those_that_can_be_reached(make_bench):
    """C36: the workflow leads nowhere near Done; nothing is approximated."""
    from pmsync_jira.emulation.doors import Step

    workflow = (Step("Start", "In Progress"), Step("Stop", "To Do"))
    bench = make_bench(scheme=Scheme(workflow=workflow))
    bench.file_jira("Login fails")
    bench.rest()
    bench.github.close("acme/api", 1, actor="ben")
    bench.sync()
    assert bench.jira_status("PAY-1") == "To Do"
    assert any("In Progress" in text for text in bench.told("rejected"))
    bench.forget()
    bench.clock.sleep(60)
    bench.sync()
    assert bench.writes() == []


# -- requests of facts/product.md ---------------------------------------------------------------------------------------------------------


def test_request_25_each_field_of_each_system_has_its_own_direction(make_bench):
    """Request 25: titles only from Jira, labels not at all on GitHub, status both ways."""
    bench = make_bench()
    bench.configure(
        rest="fields:\n  title: {jira: pull, github: push}\n  labels: {github: off}\nsafety: {start: at_once, close: allow}"
    )
    bench.file_jira("Login fails", labels=["Bug"])
    bench.rest()
    assert not bench.github_labels() & {"Bug"}
    bench.edit_github(1, title="Ben's title", labels=["night", "priority/medium"], state="closed")
    bench.rest()
    assert (bench.jira_titles(), bench.jira.issue("PAY-1").labels) == (["Login fails"], ("Bug",))
    assert bench.jira_status("PAY-1") == "Done"
    assert bench.github_titles() == ["Login fails"]


def test_request_29_a_conflict_blocks_its_own_field_alone_and_shows(linked):
    """Request 29: the title is disputed; the status goes on."""
    from pmsync.engine.reading import status

    linked.edit_jira("PAY-1", summary="Login fails at night")
    linked.edit_github(1, title="Login fails on Sundays")
    linked.sync()
    linked.edit_github(1, state="closed")
    linked.rest()
    assert linked.jira_status("PAY-1") == "Done"
    assert linked.jira_titles() == ["Login fails at night"]
    assert status(linked.app.setup, linked.app.store).conflicts == 1


def test_request_29_a_replayed_stream_changes_nothing(linked):
    """Request 29: every event comes a second time, as after a lost cursor; nothing is written, nothing is new."""
    before = linked.outcome()
    linked.stop()
    forget_cursors(linked)
    linked.forget()
    report = linked.sync()
    assert report.tally.of("pulled") == 0
    assert linked.writes() == []
    assert linked.outcome() == before


def test_request_29_an_event_that_was_missed_is_made_up_for(linked):
    """Request 29: an edit whose event never came is found by the next poll, for the state is what counts."""
    linked.edit_jira("PAY-1", summary="First")
    linked.edit_jira("PAY-1", summary="Second")
    linked.edit_jira("PAY-1", summary="Third")
    linked.sync()
    assert linked.github_titles() == ["Third"]
    assert linked.writes("github").count("PATCH /repos/acme/api/issues/{}") == 1


@pytest.mark.parametrize("origin", ["jira", "github"])
def test_request_46_an_item_syncs_alike_wherever_it_was_created(make_bench, origin):
    """Request 46: title, status and labels flow both ways, and comments are pulled, whichever side the item began on."""
    bench = make_bench()
    if origin == "jira":
        bench.file_jira("Login fails")
    else:
        bench.file_github("Login fails")
    bench.rest()
    bench.edit_jira("PAY-1", summary="Renamed in Jira", add_labels=["from-jira"])
    bench.rest()
    assert bench.github_titles() == ["Renamed in Jira"]
    bench.edit_github(1, title="Renamed in GitHub", state="closed")
    bench.rest()
    assert bench.jira_titles() == ["Renamed in GitHub"]
    assert bench.jira_status("PAY-1") == "Done"
    assert "from-jira" in bench.github_labels()
    bench.jira.comment_issue("PAY-1", bench.ana, "Seen in Jira")
    bench.github.comment("acme/api", 1, "Seen on GitHub", actor="ben")
    bench.rest()
    found = {link.ref.system: [one.body for one in comments(bench, link.ref)] for link in bench.links()}
    assert found == {"jira": ["Seen in Jira"], "github": ["Seen on GitHub"]}


# -- helpers ------------------------------------------------------------------------------------------------------------------------


def hide_fields(bench, *names):
    """From now on Jira leaves these fields out of issues, as a field configuration that hides them does."""
    import json
    from dataclasses import replace

    wire = bench.wires["jira"]
    real = wire.emulator

    class Hiding:
        base_url, events = real.base_url, real.events

        def handle(self, request):
            answer = real.handle(request)
            body = json.loads(answer.body) if answer.body else {}
            for issue in body.get("issues", []) if isinstance(body, dict) else []:
                for name in names:
                    issue.get("fields", {}).pop(name, None)
            return replace(answer, body=json.dumps(body).encode()) if isinstance(body, dict) and "issues" in body else answer

    wire.emulator = Hiding()


def forget_cursors(bench):
    import sqlite3

    with sqlite3.connect(bench.folder / "pmsync.db") as raw:
        raw.execute("delete from cursors")


def comments(bench, ref):
    return bench.read(lambda tx: tx.observations.comments(ref))
