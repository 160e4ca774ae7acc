"""pmsync undo: the plan in three forms, saved or done at once; what is left alone is listed with its reason."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

LATER = 100.0
BEFORE, AFTER = ("Refund fails", ["priority/high"]), ("Refund fails twice", ["priority/low"])


@pytest.fixture
def run(site):
    """The name of a run that has just carried a new title and priority to GitHub."""
    key, _ = site.pair(summary="Refund fails", priority="High")
    site.jira.edit_issue(key, site.jira.bot.account_id, summary="Refund fails twice", priority="Low")
    site.clock.sleep(LATER)
    name = site.pmsync("sync", "--json").json["run"]
    assert github(site) == AFTER
    return name


def github(site, number=1):
    issue = site.github.issue("acme/api", number)
    return issue.title, sorted(label.name for label in issue.labels)


def creation(site):
    """The name of the first run: it created the issue on GitHub."""
    return next(entry["run"] for entry in site.pmsync("log", "-n", "500", "--json").json if entry["kind"] == "write")


def test_the_table_shows_what_would_be_put_back_and_sends_nothing(site, run):
    before = site.writes()
    result = site.pmsync("undo", run[:8])
    assert (result.code, site.writes()) == (0, before)
    assert f"run {run[:8]}: sync" in result.out
    assert "~ acme/api#1" in result.out
    assert f"undoes run {run[:8]}" in result.out
    assert "2 values taken over into the hub" in result.said
    assert f"pmsync undo {run[:8]} --apply" in result.err


def test_json_is_one_document_with_the_plan_and_what_stays(site, run):
    result = site.pmsync("undo", "last", "--json")
    assert (result.code, result.err) == (0, "")
    found = result.json
    assert found["run"]["uid"] == run
    assert {(change["field"], change["before"], change["after"]) for change in found["changes"]} == {
        ("title", "Refund fails twice", "Refund fails"),
        ("priority", "priority/low", "priority/high"),
    }
    assert found["left_alone"] == []
    assert found["stays"]
    assert site.pmsync("undo", "last", "--format", "json").json["changes"]


def test_markdown_is_for_a_pull_request(site, run):
    result = site.pmsync("undo", run, "--format", "md")
    assert result.out.startswith(f"**pmsync undo {run[:8]}:** 1 writes")
    assert "| Refund fails twice | Refund fails |" in result.out


def test_apply_does_it_at_once_and_the_next_sync_is_quiet(site, run):
    result = site.pmsync("undo", run, "--apply")
    assert (result.code, github(site)) == (0, BEFORE)
    assert "writes confirmed" in result.out
    quiet = site.pmsync("sync", "--json")
    assert (quiet.code, quiet.json["counts"].get("sent", 0), github(site)) == (0, 0, BEFORE)


def test_apply_with_json_is_one_document_that_tells_both(site, run):
    result = site.pmsync("undo", run, "--apply", "--json")
    assert (result.code, result.err) == (0, "")
    assert result.json["applied"]["counts"]["confirmed"] == 1
    assert result.json["writes"] == 1


def test_a_saved_undo_is_an_ordinary_plan(site, run):
    result = site.pmsync("undo", run, "-o", "undo.json")
    assert "saved: pmsync apply undo.json" in result.err
    assert json.loads((site.folder / "undo.json").read_text())["format"] == 1
    assert github(site) == AFTER
    assert site.pmsync("apply", "undo.json").code == 0
    assert github(site) == BEFORE


def test_explain_and_plan_say_who_undid_it(site, run):
    site.pmsync("undo", run, "--apply")
    done = site.pmsync("log", "--json").json[-1]["run"]
    said = site.pmsync("explain", "PAY-1", "title").said
    assert f"undone by run {done[:8]}" in said
    assert "undone in github" in said
    assert site.pmsync("plan", "--exit-code").code == 0


def test_an_undo_is_undone_by_the_same_command(site, run):
    site.pmsync("undo", run, "--apply")
    assert site.pmsync("undo", "last", "--apply").code == 0
    assert github(site) == AFTER


def test_what_a_person_changed_since_is_listed(site, run):
    site.github.edit_issue("acme/api", 1, title="Ben's own")
    for form in ("table", "md"):
        said = site.pmsync("undo", run, "--format", form).said
        assert "ot undone: " in said
        assert "title was changed since" in said
    [left] = site.pmsync("undo", run, "--json").json["left_alone"]
    assert (left["code"], left["field"]) == ("changed_since", "title")
    assert site.pmsync("undo", run, "--apply").code == 0
    assert github(site) == ("Ben's own", ["priority/high"])


def test_a_created_issue_is_closed_and_given_back(site):
    site.pair()
    result = site.pmsync("undo", "last", "--apply")
    issue = site.github.issue("acme/api", 1)
    assert (result.code, issue.state, issue.state_reason) == (0, "closed", "not_planned")
    assert "manages it no more" in result.said
    site.pmsync("sync")
    assert len(site.issues()) == 1
    assert "pmsync link" in site.pmsync("undo", creation(site)).said


def test_nothing_to_undo_says_so(site, run):
    site.clock.sleep(LATER)
    quiet = site.pmsync("sync", "--json").json["run"]
    result = site.pmsync("undo", quiet)
    assert result.code == 0
    assert "nothing to undo" in result.out
    assert "nothing to undo" in site.pmsync("undo", quiet, "--format", "md").out
    assert site.pmsync("undo", quiet, "--apply").code == 0
    assert site.pmsync("undo", quiet, "--json").json["changes"] == []


def test_what_was_undone_already_says_so_and_exits_0(site, run):
    site.pmsync("undo", run, "--apply")
    result = site.pmsync("undo", run)
    assert result.code == 0
    assert "nothing of it can be undone" in result.out
    assert "was undone by run" in result.said


@pytest.mark.parametrize("name", ["0000", "sync", "last "])
def test_a_wrong_name_exits_2_and_offers_the_runs_that_wrote(site, run, name):
    result = site.pmsync("undo", name)
    assert (result.code, result.out) == (2, "")
    assert run[:8] in result.said


def test_last_where_nothing_was_written_yet(site):
    result = site.pmsync("undo", "last")
    assert result.code == 2
    assert "none has written anything yet" in result.said


def test_a_rail_stops_apply_and_names_the_way_through(site, run):
    first = creation(site)
    site.edit("safety: {", "safety: {close: never, ")
    result = site.pmsync("undo", first, "--apply")
    assert (result.code, github(site)) == (3, AFTER)
    assert "close: never" in result.said
    assert f"pmsync undo {first[:8]} -o undo.json" in result.said
    site.pmsync("undo", first, "-o", "undo.json")
    assert site.pmsync("apply", "undo.json").code == 0
    assert site.github.issue("acme/api", 1).state == "closed"


def test_a_system_that_cannot_be_read_stops_apply(site, run):
    site.jira.edit_issue("PAY-1", site.jira.bot.account_id, summary="Refund fails")
    result = site.pmsync("undo", run, "--apply", environ={**site.environ, "GITHUB_TOKEN": "another-token"})
    assert (result.code, github(site)) == (1, AFTER)
    assert "nothing was written" in result.said


def test_a_plan_is_not_saved_over_something_else(site, run):
    (site.folder / "notes.txt").write_text("dear diary")
    result = site.pmsync("undo", run, "-o", "notes.txt")
    assert (result.code, (site.folder / "notes.txt").read_text()) == (2, "dear diary")


def test_many_things_left_alone_are_cut_unless_all_are_asked_for():
    from pmsync.cli import undoing
    from pmsync.reconcile.plan import Plan
    from pmsync.reconcile.view import Skip

    skips = tuple(Skip("", "", "title", "changed_since", f"PAY-{n}", f"PAY-{n}: title was changed since") for n in range(40))
    found = SimpleNamespace(run=SimpleNamespace(uid="abcdef123"), plan=Plan("p", 0.0, skips=skips), stays=())
    shown = SimpleNamespace(writes=0)
    few, every = (undoing.as_markdown(found, shown, every=every) for every in (False, True))
    assert "and 16 more" in few
    assert (few.count("Not undone"), every.count("Not undone")) == (24, 40)
