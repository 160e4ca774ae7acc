"""Undo and verify with the real connectors: a run is taken back in Jira and on GitHub, and every difference that is left has its reason."""

from __future__ import annotations

from math import ceil

import pytest

from pmsync.model.record import ScopeRef

WIDE = {"summary": "Login fails at night", "labels": ["Bug", "night"], "priority": "Low"}


def undo(bench, run="last"):
    """The plan, made as the command makes it: by a program that can only read."""
    bench.stop()
    bench.heard = []
    reader = bench.start(read_only=True)
    try:
        return reader.engine.undo(bench.hear, run)[0]
    finally:
        reader.close()


def take_back(bench, run="last"):
    found = undo(bench, run)
    return found, bench.apply(found.plan)


def seen(bench, key="PAY-1", number=1):
    """What a person sees of the pair; that an open issue was closed before is GitHub's own remark."""
    issue, mirror = bench.jira.issue(key), bench.github.issue("acme/api", number)
    reason = mirror.state_reason if mirror.state == "closed" else None
    jira = (issue.summary, bench.jira_status(key), bench.jira_priority(key), frozenset(issue.labels))
    return jira, (mirror.title, mirror.state, reason, frozenset(bench.github_labels(number)))


def drift(bench, **how):
    found = bench.app.engine.verify(bench.hear, keep=None, **how)
    return {check.scope: dict(check.drift) for check in found.scopes if check.drift}, found


@pytest.fixture
def pair(bench):
    """One item in both systems, long at rest."""
    bench.file_jira("Login fails", labels=["Bug", "ui"], status="In Progress", priority="High")
    bench.rest()
    bench.clock.sleep(1000)
    bench.sync()
    return bench


def test_a_run_that_wrote_to_github_is_taken_back(pair):
    """Title, state, labels and the priority label together; Jira, where they were edited, keeps them."""
    _, before = seen(pair)
    pair.edit_jira("PAY-1", **WIDE)
    pair.jira.transition_issue("PAY-1", pair.ana, "Done")
    pair.sync()
    jira, after = seen(pair)
    assert after != before
    found, report = take_back(pair)
    assert (report.exit_code, found.plan.skips) == (0, ())
    assert seen(pair) == (jira, before)
    assert drift(pair)[0] == {"github:acme/api": {"undone": 4}}
    pair.forget()
    pair.rest()
    assert (seen(pair), pair.writes("github"), pair.writes("jira")) == ((jira, before), [], [])


def test_a_run_that_wrote_to_jira_is_taken_back(pair):
    before, _ = seen(pair)
    pair.edit_github(1, title="Login fails at night", labels=["Bug", "night", "priority/low"], state="closed")
    pair.sync()
    after, github = seen(pair)
    assert after != before
    take_back(pair)
    assert seen(pair) == (before, github)
    assert drift(pair)[0] == {"jira:PAY": {"undone": 4}}
    pair.rest()
    assert seen(pair) == (before, github)


def test_an_undo_is_undone(pair):
    pair.edit_jira("PAY-1", **WIDE)
    pair.sync()
    after = seen(pair)
    _, report = take_back(pair)
    take_back(pair, report.run)
    assert seen(pair) == after
    assert drift(pair)[0] == {}


def test_what_a_person_changed_since_stays(pair):
    pair.edit_jira("PAY-1", **WIDE)
    pair.sync()
    pair.edit_github(1, title="Ben's own")
    found, _ = take_back(pair)
    assert [(skip.code, skip.field) for skip in found.plan.skips] == [("changed_since", "title")]
    assert "it shows Ben's own" in found.plan.skips[0].reason
    assert pair.github.issue("acme/api", 1).title == "Ben's own"
    pair.rest()
    assert pair.jira.issue("PAY-1").summary == "Ben's own"


def test_a_created_issue_is_closed_as_not_planned_and_given_back(bench):
    """It is not made anew although the rule still asks for one, and nothing that is said there comes back."""
    bench.file_jira("Login fails", labels=["Bug"])
    run = bench.sync().run
    bench.rest()
    take_back(bench, run)
    issue = bench.github.issue("acme/api", 1)
    assert (issue.state, issue.state_reason) == ("closed", "not_planned")
    bench.edit_jira("PAY-1", summary="Login fails at night")
    bench.edit_github(1, title="Ben's own")
    bench.clock.sleep(90_000)
    bench.rest()
    assert (bench.github_titles(), bench.jira_titles()) == (["Ben's own"], ["Login fails at night"])
    assert drift(bench)[1].exit_code == 0


def test_a_created_jira_issue_is_closed_by_a_transition_and_given_back(bench):
    bench.file_github("Login fails", labels=["Bug"])
    run = bench.sync().run
    bench.rest()
    take_back(bench, run)
    assert bench.jira_status("PAY-1") == "Done"
    bench.rest()
    assert (len(bench.jira.issues("PAY")), bench.github.issue("acme/api", 1).state) == (1, "open")


def test_an_edit_that_an_undo_wrote_over_unseen_is_kept(pair):
    """C13: GitHub takes no precondition; its timeline tells of a title that was there for a moment, and it is in the merge again."""
    pair.edit_jira("PAY-1", summary="Login fails at night")
    pair.sync()
    plan = undo(pair).plan
    wire = pair.wires["github"]

    def edit(request):
        if wire.asked[-1].write:
            wire.quiet()
            pair.edit_github(1, title="Ben's own")

    wire.before = edit
    pair.apply(plan)
    pair.rest()
    shown = {pair.jira.issue("PAY-1").summary, *pair.github_titles()}
    kept = {one.shown for row in pair.conflicts() for one in row.dispute.candidates}
    assert "Ben's own" in shown | kept


@pytest.mark.parametrize("system", ["github", "jira"])
def test_an_undo_is_carried_out_whole_whenever_its_apply_dies(make_bench, kit, quick_start, system):
    """C12: at every request, every write carried out and every commit; an update and a create given back, in one plan."""
    bench = make_bench(strict=False)
    if system == "github":
        bench.file_jira("Login fails", labels=["Bug"], priority="High")
    else:
        bench.file_github("Login fails", labels=["Bug", "priority/high"])
    bench.rest()
    bench.clock.sleep(1000)
    if system == "github":
        bench.file_jira("Logout hangs")
        bench.edit_jira("PAY-1", **WIDE)
    else:
        bench.file_github("Logout hangs")
        bench.edit_github(1, title="Login fails at night", labels=["Bug", "night", "priority/low"])
    bench.sync()
    plan = undo(bench).plan
    start = bench.freeze()
    bench.thaw(start)
    doom = bench.doom(0)
    bench.apply(plan)
    steps, end = doom.passed, finish(bench, plan)
    assert steps > 10
    for step in range(1, steps + 1):
        bench.thaw(start)
        bench.doom(step)
        try:
            bench.apply(plan)
        except kit.Crash:
            bench.restart()
        assert finish(bench, plan) == end, f"crash at step {step} of {steps}"


def finish(bench, plan):
    """Apply the same plan until nothing of it is outstanding, and rest."""
    for _ in range(6):
        if bench.apply(plan).exit_code == 0:
            break
        bench.clock.sleep(900)
    bench.rest(pause=1000)
    assert drift(bench)[1].exit_code == 0
    return bench.outcome()


# -- verify --------------------------------------------------------------------------------------------------------------------------


def test_verify_finds_both_systems_in_agreement_and_writes_nothing(pair):
    pair.forget()
    before = pair.written(), pair.freeze()[0]
    for stored in (False, True):
        found, verification = drift(pair, stored=stored)
        assert (found, verification.exit_code) == ({}, 0)
        assert [(check.linked, check.agreed) for check in verification.scopes] == [(1, 1), (1, 1)]
    assert (pair.writes(), pair.written()) == ([], before[0])


def test_verify_tells_an_unset_priority_from_a_difference(bench):
    """Jira gives every issue a priority of its own; the hub, and GitHub, have none."""
    bench.file_github("Login fails")
    bench.rest()
    found, _ = drift(bench)
    assert found in ({}, {"jira:PAY": {"unset": 1}})


def test_verify_reads_a_thousand_items_in_ceil_n_by_100_calls(make_bench):
    bench = make_bench(strict=False)
    for one in range(1_000):
        bench.jira.add_issue("PAY", f"Issue {one}", actor=bench.ana)
    bench.rest()
    bench.forget()
    found = bench.app.engine.verify(bench.hear)
    assert [(check.linked, check.agreed) for check in found.scopes] == [(1_000, 1_000), (1_000, 1_000)]
    assert bench.counts("jira")["POST /issue/bulkfetch"] == bench.counts("github")["query Nodes"] == ceil(1_000 / 100)
    bench.forget()
    bench.app.engine.verify(bench.hear, stored=True)
    assert bench.counts("jira")["POST /issue/bulkfetch"] == bench.counts("github")["query Nodes"] == 0


def test_verify_looks_only_where_it_is_asked_to(pair):
    pair.stop()
    pair.forget()
    found = pair.app.engine.verify(pair.hear, [ScopeRef("github", "acme/api")])
    assert [check.scope for check in found.scopes] == ["github:acme/api"]
    assert pair.calls("jira") == []


def test_verify_names_a_system_that_does_not_answer_and_goes_on(pair):
    pair.stop()
    pair.wires["github"].emulator = Down(pair.wires["github"].emulator)
    found = pair.app.engine.verify(pair.hear)
    assert [bool(check.failed) for check in found.scopes] == [False, True]
    assert found.exit_code == 1


class Down:
    """A system that refuses everybody."""

    def __init__(self, inner):
        self.base_url, self.events = inner.base_url, inner.events

    def handle(self, request):
        from pmsync.testing.emulator import Response

        return Response(401, {"content-type": "application/json"}, b'{"message": "Bad credentials"}')
