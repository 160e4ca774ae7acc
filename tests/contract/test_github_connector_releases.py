"""GitHub's milestones as releases, and what issues refer to: what the conformance suite does not ask for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pmsync.connect.contract import Absent, Found, Outcome
from pmsync.model.enums import Kind, Nature
from pmsync.model.record import RecordRef
from pmsync.model.values import EMPTY, Known, Unobserved
from pmsync_github.cursor import Position

MILESTONES = "GET /repos/{}/milestones"
LIST = "GET /repos/{}/issues"


@pytest.fixture
def hub(github_hub):
    return github_hub()


def release(hub, **after):
    """A create of a milestone; ``state`` and ``due`` for its surfaces."""
    named = {"state": "milestone.state", "due": "milestone.due"}
    op = hub.create(**{named.get(name, name): value for name, value in after.items()})
    changes = tuple(replace(change, field=change.surface.removeprefix("milestone.")) for change in op.changes)
    return replace(op, item_kind=Kind.RELEASE, changes=changes)


def read(hub, connector, thing):
    [record] = connector.fetch(hub.API, [RecordRef("github", thing.node_id)]).records
    return record


# -- reading ------------------------------------------------------------------------------------------------------------------


def test_milestone_is_a_record_of_its_own(hub):
    one = hub.server.add_milestone("acme/api", "2026.1", due_on="2026-03-31T12:00:00Z")
    records, _ = hub.pull(hub.connector())
    [record] = records
    assert (record.ref.remote_id, record.kind, record.scope) == (one.node_id, Kind.RELEASE, hub.API)
    assert (record.key, record.url) == ("acme/api milestone 1", "https://github.com/acme/api/milestone/1")
    assert record.values == {"title": Known("2026.1"), "milestone.state": Known("open"), "milestone.due": Known("2026-03-31")}
    assert record.creator == "octocat"


def test_milestone_is_the_same_over_both_apis(hub):
    one = hub.server.add_milestone("acme/api", "2026.1", due_on="2026-03-31T12:00:00Z", state="closed")
    connector = hub.connector()
    [listed], _ = hub.pull(connector)
    assert read(hub, connector, one) == listed


@pytest.mark.parametrize("day", ["2026-01-01", "2026-03-08", "2026-03-09", "2026-07-01", "2026-11-01", "2028-02-29"])
def test_due_date_comes_back_as_the_same_day(hub, day):
    """Request 6. GitHub puts a due date at the midnight before it in California: the start of a day in UTC would be the day before."""
    connector = hub.connector()
    [receipt] = hub.send(connector, release(hub, title="2026.1", due=day))
    assert receipt.record.values["milestone.due"] == Known(day)
    [fetched] = connector.fetch(hub.API, [receipt.ref]).records
    assert fetched.values["milestone.due"] == Known(day)


def test_milestone_is_listed_once_and_then_left_alone(hub):
    hub.server.add_milestone("acme/api", "2026.1")
    connector = hub.connector()
    _, cursor = hub.pull(connector)
    hub.clock.sleep(3600)
    hub.calls.clear()
    records, cursor = hub.pull(connector, cursor)
    assert (records, hub.names()) == ([], [LIST])


def test_refresh_lists_milestones_again_for_nothing_of_the_hourly_limit(hub):
    """The listing's ETag stands in the cursor: what did not change costs a call and no record."""
    hub.server.add_milestone("acme/api", "2026.1")
    connector = hub.connector()
    _, cursor = hub.pull(connector)
    hub.clock.sleep(3600)
    _, cursor = hub.pull(connector, cursor)
    connector.refresh()
    connector.surfaces(hub.API)
    hub.calls.clear()
    spent = hub.spent()
    records, _ = hub.pull(connector, cursor)
    assert (records, hub.calls[0]) == ([], ("GET", MILESTONES, 304))
    assert hub.spent() == spent


def test_renamed_milestone_is_delivered_alone_after_a_refresh(hub):
    for number in range(150):
        hub.server.add_milestone("acme/api", f"Release {number}")
    connector = hub.connector()
    records, cursor = hub.pull(connector)
    assert len(records) == 150
    hub.clock.sleep(3600)
    hub.server.edit_milestone("acme/api", 7, title="2026.1")
    connector.refresh()
    records, _ = hub.pull(connector, cursor)
    assert [record.values["title"] for record in records] == [Known("2026.1")]


def test_milestone_comes_along_with_the_issue_that_goes_into_it(hub):
    """Nobody waits for the catalogue's beat, and it costs no call."""
    [issue] = hub.issues(1)
    connector = hub.connector()
    _, cursor = hub.pull(connector)
    hub.clock.sleep(600)
    one = hub.server.add_milestone("acme/api", "2026.1")
    hub.server.edit_issue("acme/api", issue.number, milestone=one.number)
    hub.calls.clear()
    records, cursor = hub.pull(connector, cursor)
    assert [record.kind for record in records] == [Kind.RELEASE, Kind.TASK]
    assert records[1].values["release"] == Known(one.node_id)
    assert hub.names() == [LIST]
    hub.clock.sleep(60)
    assert hub.pull(connector, cursor)[0] == []


def test_page_that_was_not_committed_brings_its_milestones_again(hub):
    hub.server.add_milestone("acme/api", "2026.1")
    first, _ = hub.pull(hub.connector())
    again, _ = hub.pull(hub.connector())
    assert [record.ref for record in first] == [record.ref for record in again]


def test_cursor_from_before_milestones_were_read_lists_them(hub):
    hub.server.add_milestone("acme/api", "2026.1")
    records, _ = hub.pull(hub.connector(), Position(hub.clock.now()).text())
    assert [record.kind for record in records] == [Kind.RELEASE]


def test_ids_hold_issues_and_milestones(hub):
    made = {one.node_id for one in hub.issues(130)}
    made |= {hub.server.add_milestone("acme/api", f"Release {number}").node_id for number in range(230)}
    connector = hub.connector()
    listing = connector.ids(hub.API)
    assert ({ref.remote_id for ref in listing.refs}, listing.complete, len(listing.refs)) == (made, True, 360)
    assert hub.names() == ["POST /graphql Ids"] * 3


def test_deleted_milestone_is_missing_and_its_issues_go_into_none(hub):
    one = hub.server.add_milestone("acme/api", "2026.1")
    issue = hub.server.add_issue("acme/api", "Login", milestone=one.number)
    hub.server.delete_milestone("acme/api", one.number)
    connector = hub.connector()
    fetched = connector.fetch(hub.API, [RecordRef("github", node) for node in (one.node_id, issue.node_id)])
    assert [ref.remote_id for ref in fetched.missing] == [one.node_id]
    assert fetched.records[0].values["release"] == EMPTY
    assert connector.ids(hub.API).refs == (RecordRef("github", issue.node_id),)


def test_milestones_belong_to_a_scope_that_asks_for_labels(hub):
    """Labels are for issues; a release is of the whole repository."""
    one = hub.server.add_milestone("acme/api", "2026.1")
    connector = hub.connector({"repo": "acme/api", "labels": ["payments"]})
    assert connector.in_scope(hub.API, read(hub, connector, one))
    assert not connector.in_scope(hub.WEB, read(hub, connector, one))


def test_webhook_of_a_milestone_hints_at_it(github_bench):
    bench = github_bench()
    sent = []
    bench.hub.add_hook("acme/api", lambda headers, body: sent.append((headers, body)), secret="hook-secret")
    one = bench.hub.add_milestone("acme/api", "2026.1")
    headers, body = sent[-1]
    hinted = bench.connector().hints({key.lower(): value for key, value in headers.items()}, body)
    assert [ref.remote_id for ref in hinted] == [one.node_id]


# -- writing ------------------------------------------------------------------------------------------------------------------


def test_milestone_is_created_in_one_call_with_all_it_has(hub):
    connector = hub.connector()
    connector.surfaces(hub.API)
    hub.calls.clear()
    [receipt] = hub.send(connector, release(hub, title="2026.1", state="closed", due="2026-03-31"))
    assert (receipt.outcome, receipt.record.key) == (Outcome.DONE, "acme/api milestone 1")
    assert hub.names() == ["POST /repos/{}/milestones"]
    assert hub.server.milestone("acme/api", "2026.1").state == "closed"


def test_update_of_a_milestone_sends_what_it_touches_alone(hub):
    """C26: a rename leaves due date, description and state as they are, and no issue is written."""
    one = hub.server.add_milestone("acme/api", "2026.1", description="Ours", due_on="2026-03-31T12:00:00Z")
    connector = hub.connector()
    op = hub.update(read(hub, connector, one), title="2026.1.0")
    hub.calls.clear()
    [receipt] = hub.send(connector, op)
    assert receipt.outcome is Outcome.DONE
    assert hub.names() == ["PATCH /repos/{}/milestones/{}"]
    assert (one.title, one.description, one.state) == ("2026.1.0", "Ours", "open")
    assert receipt.record.values["milestone.due"] == Known("2026-03-31")


def test_due_date_is_cleared(hub):
    one = hub.server.add_milestone("acme/api", "2026.1", due_on="2026-03-31T12:00:00Z")
    connector = hub.connector()
    [receipt] = hub.send(connector, hub.update(read(hub, connector, one), **{"milestone.due": None}))
    assert (receipt.outcome, one.due_on) == (Outcome.DONE, None)


def test_what_is_no_day_is_refused_before_anything_is_sent(hub):
    one = hub.server.add_milestone("acme/api", "2026.1")
    connector = hub.connector()
    [receipt] = hub.send(connector, hub.update(read(hub, connector, one), **{"milestone.due": "next spring"}))
    assert (receipt.outcome, set(receipt.refused), hub.names(writes=True)) == (Outcome.REJECTED, {"milestone.due"}, [])


def test_title_that_is_taken_is_refused_and_the_milestone_read_by_the_next_poll(hub):
    """Somebody made it since the last look: it is adopted then, by its name."""
    connector = hub.connector()
    _, cursor = hub.pull(connector)
    one = hub.server.add_milestone("acme/api", "2026.1")
    [receipt] = hub.send(connector, release(hub, title="2026.1"))
    assert receipt.outcome is Outcome.REJECTED
    records, _ = hub.pull(connector, cursor)
    assert [record.ref.remote_id for record in records] == [one.node_id]


def test_c12_lost_create_of_a_milestone_is_found_by_its_marker_though_it_was_renamed(hub):
    connector = hub.connector()
    op = release(hub, title="2026.1")
    floor = connector.floor(hub.API)
    hub.server.fail_next(502, method="POST", path=".*/milestones", after=True)
    [receipt] = hub.send(connector, op)
    assert receipt.outcome is Outcome.AMBIGUOUS
    hub.server.edit_milestone("acme/api", 1, title="2026.1.0")
    found = connector.find(hub.API, op, floor)
    assert isinstance(found, Found)
    assert found.record.values["title"] == Known("2026.1.0")
    assert found.record.marker == op.marker


def test_c12_lost_create_of_a_milestone_is_found_by_its_title(hub):
    """A repository has one of a title: whoever made it, no other can be."""
    connector = hub.connector()
    one = hub.server.add_milestone("acme/api", "2026.1")
    found = connector.find(hub.API, release(hub, title="2026.1"), connector.floor(hub.API))
    assert found.record.ref.remote_id == one.node_id


def test_milestone_that_is_nowhere_is_absent_for_certain(hub):
    connector = hub.connector()
    assert connector.find(hub.API, release(hub, title="2026.1"), connector.floor(hub.API)) == Absent(consistent=True)


def test_milestones_are_read_only_without_push_access_and_issues_keep_their_titles(hub):
    one = hub.server.add_milestone("acme/api", "2026.1")
    hub.server.set_role("acme/api", "pmsync-bot", "read")
    connector = hub.connector()
    closed = {surface.id for surface in connector.surfaces(hub.API) if surface.read_only}
    issues = {"label:priority", "labels", "release", "parent", "assignees"}
    assert closed == {*issues, "milestone.title", "milestone.state", "milestone.due"}
    assert all("push access" in surface.read_only for surface in connector.surfaces(hub.API) if surface.read_only)
    titles = {surface.id: surface.natures for surface in connector.surfaces(hub.API) if surface.field == "title"}
    assert titles == {"title": {Nature.WORK}, "milestone.title": {Nature.RELEASE}}
    assert read(hub, connector, one).values["milestone.title"] == Known("2026.1")


# -- issues in milestones -----------------------------------------------------------------------------------------------------


def test_issue_goes_into_a_milestone_together_with_all_else_in_one_call(hub):
    one = hub.server.add_milestone("acme/api", "2026.1")
    hub.server.add_label("acme/api", "ready")
    [issue] = hub.issues(1)
    connector = hub.connector()
    op = hub.update(hub.read(connector, issue), title="Login", labels={"ready"}, release=one.node_id, status="closed/completed")
    [receipt] = hub.send(connector, op)
    assert (receipt.outcome, dict(receipt.refused)) == (Outcome.DONE, {})
    assert hub.names(writes=True) == ["POST /graphql Update"]
    assert (issue.milestone, issue.title, issue.state) == (one, "Login", "closed")


def test_issue_leaves_its_milestone(hub):
    one = hub.server.add_milestone("acme/api", "2026.1")
    issue = hub.server.add_issue("acme/api", "Login", milestone=one.number)
    connector = hub.connector()
    [receipt] = hub.send(connector, hub.update(hub.read(connector, issue), release=None))
    assert (receipt.outcome, issue.milestone, receipt.record.values["release"]) == (Outcome.DONE, None, EMPTY)


def test_what_is_not_touched_is_not_sent(hub):
    """A milestone that somebody sets while a title is on its way stays."""
    one = hub.server.add_milestone("acme/api", "2026.1")
    [issue] = hub.issues(1)
    connector = hub.connector()
    op = hub.update(hub.read(connector, issue), title="Login")
    hub.server.edit_issue("acme/api", issue.number, milestone=one.number)
    hub.send(connector, op)
    assert (issue.title, issue.milestone) == ("Login", one)


def test_new_issue_is_born_into_a_milestone_never_seen_for_one_call_more(hub):
    """A fresh process knows the milestone by its id alone, and REST wants its number."""
    one = hub.server.add_milestone("acme/api", "2026.1")
    connector = hub.connector()
    connector.surfaces(hub.API)
    hub.calls.clear()
    receipts = hub.send(connector, *(hub.create(title=f"Issue {number}", release=one.node_id) for number in range(3)))
    assert [receipt.outcome for receipt in receipts] == [Outcome.DONE] * 3
    assert hub.names() == ["POST /graphql Nodes"] + ["POST /repos/{}/issues"] * 3
    assert {issue.milestone for issue in hub.server.world.repo_named("acme/api").issues.values()} == {one}


def test_milestone_of_another_repository_is_refused_and_the_issue_created(hub):
    elsewhere = hub.server.add_milestone("acme/web", "2026.1")
    [receipt] = hub.send(hub.connector(), hub.create(title="Login", release=elsewhere.node_id))
    assert (receipt.outcome, set(receipt.refused)) == (Outcome.DONE, {"release"})
    assert hub.server.issue("acme/api", 1).milestone is None


def test_milestone_dropped_in_silence_is_refused_with_push_access_named(hub):
    one = hub.server.add_milestone("acme/api", "2026.1")
    connector = hub.connector()
    connector.surfaces(hub.API)
    hub.server.set_role("acme/api", "pmsync-bot", "read")
    [receipt] = hub.send(connector, hub.create(title="Login", release=one.node_id))
    assert (receipt.outcome, set(receipt.refused)) == (Outcome.DONE, {"release"})
    assert "push access" in receipt.refused["release"]


# -- parents ------------------------------------------------------------------------------------------------------------------


def test_parent_is_the_same_over_both_apis(hub):
    """REST names it by address: its id comes along in the same listing, else it is asked for once."""
    first, second = hub.issues(2)
    hub.server.put_under("acme/api", second.number, first)
    connector = hub.connector()
    records, _ = hub.pull(connector)
    assert {record.key: record.values["parent"] for record in records} == {
        "acme/api#1": EMPTY,
        "acme/api#2": Known(first.node_id),
    }
    assert hub.read(connector, second).values == records[1].values


def test_parents_that_were_not_seen_cost_a_call_a_page(hub):
    first, *others = hub.issues(5)
    connector = hub.connector()
    _, cursor = hub.pull(connector)
    hub.clock.sleep(3600)
    for issue in others:
        hub.server.put_under("acme/api", issue.number, first)
    fresh = hub.connector()
    fresh.surfaces(hub.API)
    hub.calls.clear()
    records, _ = hub.pull(fresh, cursor)
    assert {record.values["parent"] for record in records} == {Known(first.node_id)}
    assert hub.names() == [LIST, "POST /graphql IssueIds"]


def test_parent_that_cannot_be_read_is_unobserved(hub):
    hub.server.add_repo("acme/secret", private=True)
    hub.server.set_role("acme/secret", "pmsync-bot", "none")
    hidden = hub.server.add_issue("acme/secret", "Hidden")
    [issue] = hub.issues(1)
    hub.server.put_under("acme/api", issue.number, hidden)
    [record], _ = hub.pull(hub.connector())
    assert isinstance(record.values["parent"], Unobserved)
    assert "acme/secret#1" in record.values["parent"].reason


def test_issue_moves_from_parent_to_parent_and_out_of_the_family(hub):
    first, second, child = hub.issues(3)
    connector = hub.connector()
    for parent in (first, second):
        [receipt] = hub.send(connector, hub.update(hub.read(connector, child), parent=parent.node_id))
        assert (receipt.outcome, receipt.record.values["parent"]) == (Outcome.DONE, Known(parent.node_id))
        assert child.parent is parent
    [receipt] = hub.send(connector, hub.update(hub.read(connector, child), parent=None))
    assert (receipt.outcome, receipt.record.values["parent"], child.parent) == (Outcome.DONE, EMPTY, None)


def test_circle_of_parents_is_refused_while_the_rest_lands(hub):
    first, second = hub.issues(2)
    hub.server.put_under("acme/api", second.number, first)
    connector = hub.connector()
    [receipt] = hub.send(connector, hub.update(hub.read(connector, first), title="Login", parent=second.node_id))
    assert (receipt.outcome, set(receipt.refused)) == (Outcome.DONE, {"parent"})
    assert (first.title, first.parent) == ("Login", None)


def test_new_issue_is_put_under_its_parent_by_a_second_call(hub):
    [parent] = hub.issues(1)
    connector = hub.connector()
    [receipt] = hub.send(connector, hub.create(title="Story", parent=parent.node_id))
    assert (receipt.outcome, dict(receipt.refused)) == (Outcome.DONE, {})
    assert receipt.record.values["parent"] == Known(parent.node_id)
    assert hub.names(writes=True) == ["POST /repos/{}/issues", "POST /graphql Update"]


def test_new_issue_that_cannot_go_under_its_parent_is_created_all_the_same(hub):
    [parent] = hub.issues(1)
    connector = hub.connector()
    op = hub.create(title="Story", parent=parent.node_id)
    hub.server.delete_issue("acme/api", parent.number)
    [receipt] = hub.send(connector, op)
    assert (receipt.outcome, set(receipt.refused)) == (Outcome.DONE, {"parent"})


# -- history ------------------------------------------------------------------------------------------------------------------


def test_history_tells_who_moved_an_issue_between_milestones(hub):
    first, second = (hub.server.add_milestone("acme/api", title) for title in ("2026.1", "2026.2"))
    [issue] = hub.issues(1)
    connector = hub.connector()
    hub.pull(connector)
    since = hub.clock.now()
    for milestone in (first.number, second.number, None):
        hub.clock.sleep(10)
        hub.server.edit_issue("acme/api", issue.number, actor="ben", milestone=milestone)
    fetched = connector.fetch(hub.API, [RecordRef("github", issue.node_id)], since)
    told = [(edit.before, edit.after, edit.actor) for edit in fetched.edits if edit.surface == "release"]
    here, there = Known(first.node_id), Known(second.node_id)
    assert told == [(EMPTY, here, "ben"), (here, there, "ben"), (there, EMPTY, "ben")]


def test_history_does_not_guess_at_a_milestone_that_it_cannot_name(hub):
    one = hub.server.add_milestone("acme/api", "2026.1")
    issue = hub.server.add_issue("acme/api", "Login", milestone=one.number)
    since = hub.clock.now()
    hub.clock.sleep(10)
    hub.server.edit_issue("acme/api", issue.number, milestone=None)
    fetched = hub.connector().fetch(hub.API, [RecordRef("github", issue.node_id)], since + 1)
    [edit] = [edit for edit in fetched.edits if edit.surface == "release"]
    assert isinstance(edit.before, Unobserved)
    assert edit.after == EMPTY


def test_history_tells_who_put_an_issue_under_which_parent(hub):
    first, second, child = hub.issues(3)
    since = hub.clock.now()
    for parent in (first, second):
        hub.clock.sleep(10)
        hub.server.put_under("acme/api", child.number, parent, actor="ben")
    fetched = hub.connector().fetch(hub.API, [RecordRef("github", child.node_id)], since)
    told = [(edit.before, edit.after, edit.actor) for edit in fetched.edits if edit.surface == "parent"]
    assert told == [(EMPTY, Known(first.node_id), "ben"), (Known(first.node_id), Known(second.node_id), "ben")]
