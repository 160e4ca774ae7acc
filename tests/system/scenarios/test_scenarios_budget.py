"""What things cost, counted where the requests arrive: listings per hundred, one call per quiet poll, reads batched around writes."""

from __future__ import annotations

from collections import Counter
from math import ceil

import pytest

LIST = {"jira": "POST /search/jql", "github": "GET /repos/acme/api/issues"}
READ = {"jira": "POST /issue/bulkfetch", "github": "query Nodes"}
MARK = {
    "jira": ["GET /project/PAY/properties/pmsync", "PUT /project/PAY/properties/pmsync"],
    "github": ["GET /repos/acme/api/labels/pmsync-mark", "PATCH /repos/acme/api/labels/pmsync-mark"],
}
"""How the instance mark is read and left, once there is one."""
WRITE = {"jira": "PUT /issue/{}", "github": "PATCH /repos/acme/api/issues/{}"}
HOUR = 3600.0


def filled(make_bench, jira=0, github=0):
    """A bench with that many issues in each system, and nothing to mirror."""
    bench = make_bench(strict=False)
    bench.configure("    mirror: []")
    for number in range(jira):
        bench.jira.add_issue("PAY", f"Jira {number}", actor=bench.ana)
    for number in range(github):
        bench.github.add_issue("acme/api", f"GitHub {number}", actor="ben")
    return bench


def linked(make_bench, number):
    """A bench with that many linked items, at rest, long after, the catalogue read and both marks left within the hour."""
    bench = make_bench(strict=False)
    for one in range(number):
        bench.jira.add_issue("PAY", f"Issue {one}", actor=bench.ana)
    bench.rest()
    bench.clock.sleep(2 * HOUR)
    bench.edit_jira("PAY-1", summary="Issue 0 again")
    bench.rest(pause=60)
    bench.edit_github(bench.number("PAY-1"), title="Issue 0 once more")
    bench.rest(pause=60)
    bench.forget()
    return bench


def totals(bench, system):
    """All calls, and the listing calls among them; a listing's further pages count by its number of pages."""
    counts = bench.counts(system)
    lists = sum(count for name, count in counts.items() if name in (LIST[system], "GET /repositories/{}/issues"))
    return sum(counts.values()), lists


@pytest.mark.parametrize("system", ["jira", "github"])
def test_a_first_pull_costs_a_listing_per_hundred_and_a_constant(make_bench, system):
    """Two sizes: the listings are ceil(N/100), everything else is the same number for both."""
    rest = set()
    for number in (150, 1_250):
        bench = filled(make_bench, **{system: number})
        assert bench.pull().tally.of("pulled") == number
        calls, lists = totals(bench, system)
        assert lists == ceil(number / 100)
        rest.add(calls - lists)
    assert len(rest) == 1
    assert rest.pop() <= 8


def test_a_first_load_reconciles_without_a_call_per_item(make_bench):
    """Pull and adopt 300 issues on each side: listings and the catalogue, nothing else, and no write."""
    bench = filled(make_bench, jira=300, github=300)
    bench.sync()
    assert totals(bench, "jira")[0] <= 3 + 8
    assert totals(bench, "github")[0] <= 3 + 8
    assert bench.writes() == []


def test_a_quiet_poll_is_one_call_per_scope(make_bench):
    """The daemon's every minute: two projects and two repositories, four calls, whatever they hold."""
    bench = filled(make_bench, jira=120, github=120)
    bench.jira.add_project("OPS", "Operations")
    bench.github.add_repo("acme/web", private=True)
    bench.configure("    mirror: []", jira="[PAY, OPS]", github="[acme/api, acme/web]")
    bench.sync()
    settle_down(bench)
    for _ in range(5):
        bench.clock.sleep(60)
        bench.forget()
        bench.sync()
        assert [one.name for one in bench.calls()] == [LIST["jira"]] * 2 + [LIST["github"], "GET /repos/acme/web/issues"]


def settle_down(bench):
    """The hours after a mass change, in which more than a page of changes lies within what a poll reads again."""
    for _ in range(12):
        bench.clock.sleep(900)
        bench.sync()


def test_the_hour_after_a_mass_change_costs_little_more(make_bench):
    """More than a page of changes lies within what polls read again: most of them look only beyond the newest, the others page."""
    bench = filled(make_bench, jira=250)
    bench.sync()
    bench.forget()
    for _ in range(60):
        bench.clock.sleep(60)
        bench.sync()
    assert len(bench.calls("jira")) <= 60 * 2


def test_a_quiet_poll_of_a_new_process_is_one_call_per_scope_too(make_bench):
    """One-shot runs from a timer: nothing changed, so nothing of the catalogue is needed."""
    bench = filled(make_bench, jira=5, github=5)
    bench.sync()
    bench.clock.sleep(900)
    bench.sync()
    bench.stop()
    bench.forget()
    bench.sync()
    assert [one.name for one in bench.calls()] == [LIST["jira"], LIST["github"]]


def test_the_catalogue_is_read_on_its_own_slower_beat(make_bench):
    """Once an hour, a fixed number of calls; in between none."""
    bench = filled(make_bench, jira=120, github=120)
    bench.sync()
    settle_down(bench)
    spent = []
    for _ in range(3 * 12):
        bench.clock.sleep(HOUR / 12)
        bench.forget()
        bench.sync()
        spent.append(len(bench.calls()) - 2)
    beats = [extra for extra in spent if extra]
    assert len(beats) == 3
    assert len(set(beats)) == 1
    assert beats[0] <= 14


def marked(make_bench):
    """A bench with a pair of linked items, both marks left, at rest."""
    bench = linked(make_bench, 2)
    bench.clock.sleep(2 * HOUR)
    bench.rest()
    bench.forget()
    return bench


def mark_calls(bench, system):
    """The calls since the last ``forget`` that concern the mark: looks, and leaves."""
    counts = bench.counts(system)
    return [counts[name] for name in MARK[system]]


def test_the_marks_are_looked_at_on_the_slower_beat_alone(make_bench):
    """A day of quiet polls, five minutes apart: one look an hour at each mark, none in between, and none is left."""
    bench = marked(make_bench)
    looks = Counter()
    for _ in range(24 * 12):
        bench.clock.sleep(HOUR / 12)
        bench.forget()
        bench.sync()
        assert bench.writes() == []
        per_poll = [mark_calls(bench, system) for system in ("jira", "github")]
        assert per_poll in ([[0, 0], [0, 0]], [[1, 0], [1, 0]])
        looks[per_poll[0][0]] += 1
    assert looks == {0: 24 * 11, 1: 24}


def test_the_beat_costs_a_look_per_scope_beside_the_catalogue(make_bench):
    """Exactly: a Jira project is read, and its mark; a repository is read, its milestones, and its mark; each has its poll."""
    bench = marked(make_bench)
    bench.clock.sleep(HOUR)
    bench.forget()
    bench.sync()
    assert bench.counts("jira") == {"GET /project/PAY": 1, MARK["jira"][0]: 1, LIST["jira"]: 1}
    milestones = "GET /repos/acme/api/milestones"
    assert bench.counts("github") == {"GET /repos/acme/api": 1, milestones: 1, MARK["github"][0]: 1, LIST["github"]: 1}


@pytest.mark.parametrize("target", ["github", "jira"])
def test_a_mark_is_left_by_a_run_that_wrote_there_and_at_most_once_a_beat(make_bench, target):
    """Ten edits within one hour, all written to one system: one mark left there, none where nothing was written."""
    bench = marked(make_bench)
    other = "jira" if target == "github" else "github"
    for number in range(10):
        if target == "github":
            bench.edit_jira("PAY-2", summary=f"Edit {number}")
        else:
            bench.edit_github(bench.number("PAY-2"), title=f"Edit {number}")
        bench.clock.sleep(300)
        bench.sync()
    assert bench.counts(target)[WRITE[target]] == 10
    assert mark_calls(bench, target)[1] == 1
    assert mark_calls(bench, other)[1] == 0


def test_a_run_that_writes_hours_later_looks_before_it_writes(make_bench):
    """The mark is read before the first write wherever it is about to be replaced, so that no newer one is lost under it."""
    bench = marked(make_bench)
    bench.clock.sleep(HOUR - 600)
    bench.sync()  # a catalogue beat passes
    bench.clock.sleep(700)
    bench.edit_jira("PAY-2", summary="Hours later")
    bench.forget()
    bench.sync()
    names = [one.name for one in bench.calls("github")]
    assert [name for name in names if name in (*MARK["github"], WRITE["github"])] == [
        MARK["github"][0],
        WRITE["github"],
        MARK["github"][1],
    ]


def test_a_run_that_creates_looks_at_the_mark_and_leaves_one_before_it(make_bench):
    """Two calls for a run and container in which anything is created, however much, and also within the hour; see decision 015."""
    bench = marked(make_bench)
    bench.edit_jira("PAY-1", summary="So that both marks are new")
    bench.sync()
    for _ in range(2):
        bench.clock.sleep(60)
        for number in range(3):
            bench.file_jira(f"Issue of this minute {number}")
        bench.forget()
        bench.sync()
        names = [one.name for one in bench.calls("github")]
        create = "POST /repos/acme/api/issues"
        assert [name for name in names if name in (*MARK["github"], create)] == [*MARK["github"], create, create, create]
        assert mark_calls(bench, "jira") == [0, 0]


def test_plan_and_pull_never_leave_a_mark(make_bench):
    """Also where one is overdue."""
    bench = marked(make_bench)
    bench.clock.sleep(2 * HOUR)
    bench.edit_jira("PAY-2", summary="To be planned")
    bench.forget()
    bench.plan()
    bench.pull()
    assert bench.writes() == []


@pytest.mark.parametrize("number", [7, 120])
@pytest.mark.parametrize("target", ["github", "jira"])
def test_n_updates_cost_n_writes_and_batched_reads_before_and_after(make_bench, target, number):
    """N writes, ceil(n/100) reads before them and ceil(n/100) after them. A quarter rests: where everything moves, a rail asks first."""
    bench = linked(make_bench, number * 5 // 4)
    if target == "github":
        for issue in bench.jira.issues("PAY")[:number]:
            bench.edit_jira(issue.key, summary=f"{issue.summary}, edited")
    else:
        for issue in bench.github_issues()[:number]:
            bench.edit_github(issue.number, title=f"{issue.title}, edited")
    bench.forget()
    bench.sync()
    counts = Counter(one.name for one in bench.calls(target) if one.status < 400)  # a refusal for limits is no write
    assert counts[WRITE[target]] == number
    assert counts[READ[target]] == 2 * ceil(number / 100)
    assert sum(counts.values()) == number + 2 * ceil(number / 100) + totals(bench, target)[1]
    assert totals(bench, target)[1] == 1


def test_n_creates_cost_n_writes_and_batched_reads(make_bench):
    """N creates: n writes, a read for each batch of sources and one for each batch of what was made."""
    number = 60
    bench = make_bench(strict=False)
    bench.sync()
    for one in range(number):
        bench.jira.add_issue("PAY", f"Issue {one}", actor=bench.ana)
    bench.clock.sleep(60)
    bench.forget()
    bench.sync()
    counts = bench.counts("github")
    assert counts["POST /repos/acme/api/issues"] == number
    assert counts[READ["github"]] <= ceil(number / 50)
    assert mark_calls(bench, "github") == [1, 0]
    first_mark = 2  # looked for, made
    assert len(bench.calls("github")) - number - first_mark <= 12
    assert bench.counts("jira")[READ["jira"]] <= 1 + ceil(number / 50)


def test_a_second_sync_and_a_plan_make_no_request_that_is_not_a_read(make_bench):
    """After a busy day: plan, sync, plan, sync."""
    bench = linked(make_bench, 12)
    for key in ("PAY-1", "PAY-2", "PAY-3"):
        bench.edit_jira(key, summary=f"{key} edited", priority="Low", add_labels=["new"])
    bench.jira.transition_issue("PAY-4", bench.ana, "Done")
    written = bench.written()
    bench.plan()
    assert (bench.writes(), bench.written()) == ([], written)
    bench.sync()
    written = bench.written()
    bench.forget()
    bench.sync()
    bench.plan()
    bench.pull()
    assert (bench.writes(), bench.written()) == ([], written)


def test_nothing_unchanged_is_read_again_because_something_else_changed(make_bench):
    """One edit among 250 linked items: one listing, one record read, one write."""
    bench = linked(make_bench, 250)
    bench.edit_jira("PAY-17", summary="The only one")
    bench.forget()
    bench.sync()
    assert bench.counts("github")[WRITE["github"]] == 1
    assert len(bench.calls("github")) == 4
    assert len(bench.calls("jira")) <= 3
