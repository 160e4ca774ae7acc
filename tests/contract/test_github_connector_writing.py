"""Writing to GitHub: what is sent, how often, and what is said of it. Every answer comes from the stand-in server."""

from __future__ import annotations

import json

import pytest

from pmsync.connect.contract import Absent, Found, Outcome, Unreadable
from pmsync.connect.errors import AuthFailed
from pmsync.model.values import Known
from pmsync.testing.emulator import Response
from pmsync.testing.faults import Fault, FaultKind
from pmsync_github.emulator import BOT


@pytest.fixture
def hub(github_hub):
    return github_hub()


def labels(hub, number, repo="acme/api"):
    return sorted(label.name for label in hub.server.issue(repo, number).labels)


class Tampering:
    """Passes everything on, and lets a test change the answers to GraphQL mutations."""

    def __init__(self, inner, change):
        self.inner, self.change = inner, change

    def handle(self, request):
        answer = self.inner.handle(request)
        if request.path.endswith("/graphql") and b"mutation" in request.body:
            return Response(answer.status, answer.headers, json.dumps(self.change(json.loads(answer.body))).encode())
        return answer


# -- what is sent -------------------------------------------------------------------------------------------------------------


def test_title_and_state_are_one_patch(hub):
    [issue] = hub.issues(1)
    connector = hub.connector()
    record = hub.read(connector, issue)
    [receipt] = hub.send(connector, hub.update(record, title="New", status="closed/not_planned"))
    assert receipt.outcome is Outcome.DONE
    assert receipt.record.values["status"] == Known("closed/not_planned")
    assert hub.names(writes=True) == ["PATCH /repos/{}/issues/{}"]


def test_everything_with_labels_is_one_graphql_call(hub):
    issue = hub.server.add_issue("acme/api", "Old", labels=["bug", "priority: low"])
    for name in ("ux", "priority: high"):
        hub.server.add_label("acme/api", name)
    connector = hub.connector()
    record = hub.read(connector, issue)
    op = hub.update(record, title="New", status="closed/completed", priority="priority: high", labels={"ux"})
    [receipt] = hub.send(connector, op)
    assert receipt.outcome is Outcome.DONE
    assert receipt.refused == {}
    assert labels(hub, 1) == ["priority: high", "ux"]
    assert receipt.record.values["title"] == Known("New")
    assert receipt.record.values["label:priority"] == Known("priority: high")
    assert hub.names(writes=True) == ["POST /graphql Update"]


@pytest.mark.parametrize("kind", ["title", "labels"])
def test_n_updates_cost_n_writes(hub, kind):
    hub.server.add_label("acme/api", "ux")
    issues = hub.issues(12)
    connector = hub.connector()
    records = [hub.read(connector, issue) for issue in issues]
    connector.surfaces(hub.API)
    hub.calls.clear()
    receipts = hub.send(connector, *(hub.update(record, **{kind: {"ux"} if kind == "labels" else "New"}) for record in records))
    assert {receipt.outcome for receipt in receipts} == {Outcome.DONE}
    assert len(hub.calls) == 12


def test_update_by_key_alone_needs_no_earlier_read_of_the_issue(hub):
    """A new process applies a saved plan: the number comes from the operation's key."""
    [issue] = hub.issues(1)
    record = hub.read(hub.connector(), issue)
    [receipt] = hub.send(hub.connector(), hub.update(record, title="New"))
    assert receipt.outcome is Outcome.DONE
    assert hub.server.issue("acme/api", 1).title == "New"


def test_reopening_is_no_third_state(hub):
    [issue] = hub.issues(1)
    hub.server.close("acme/api", 1)
    connector = hub.connector()
    [receipt] = hub.send(connector, hub.update(hub.read(connector, issue), status="open"))
    assert receipt.record.values["status"] == Known("open")
    assert hub.read(connector, issue).values["status"] == Known("open")


def test_body_of_a_created_issue_keeps_its_marker_when_rewritten(hub):
    connector = hub.connector()
    op = hub.create(title="T", body="old")
    [created] = hub.send(connector, op)
    fresh = hub.connector()
    [receipt] = hub.send(fresh, hub.update(created.record, body="new"))
    assert receipt.record.values["body"] == Known("new")
    assert receipt.record.marker == op.marker


# -- labels -------------------------------------------------------------------------------------------------------------------


def test_missing_labels_are_created_once_before_the_writes(hub):
    issues = hub.issues(3)
    connector = hub.connector()
    records = [hub.read(connector, issue) for issue in issues]
    hub.send(connector, *(hub.update(record, priority="priority/high", labels={"ux"}) for record in records))
    assert labels(hub, 3) == ["priority/high", "ux"]
    assert [name for name in hub.names(writes=True) if name.endswith("/labels")] == ["POST /repos/acme/api/labels"] * 2


def test_c22_label_with_a_space_is_reused_rather_than_made_anew(hub):
    """Jira's labels hold no spaces: needs-qa there is GitHub's own label "needs qa"."""
    hub.server.add_label("acme/api", "needs qa")
    [issue] = hub.issues(1)
    connector = hub.connector()
    [receipt] = hub.send(connector, hub.update(hub.read(connector, issue), labels={"needs-qa"}))
    assert receipt.refused == {}
    assert labels(hub, 1) == ["needs qa"]


def test_a_priority_that_cannot_be_set_leaves_the_old_one_standing(hub):
    """Simulator seed 63765: taking the old label off alone would say that there is no priority, and that came back as an edit."""
    issue = hub.server.add_issue("acme/api", "Old", labels=["priority/low"])
    connector = hub.connector()
    op = hub.update(hub.read(connector, issue), title="New", priority="priority/high")
    [receipt] = connector.apply(hub.API, [op])
    assert set(receipt.refused) == {"label:priority"}
    assert labels(hub, 1) == ["priority/low"]
    assert hub.server.issue("acme/api", 1).title == "New"


def test_configured_priority_label_is_created_as_it_is_spelled(hub):
    [issue] = hub.issues(1)
    connector = hub.connector(maps={"priority": {"Sev 1": "critical"}})
    hub.send(connector, hub.update(hub.read(connector, issue), priority="sev 1"))
    assert labels(hub, 1) == ["Sev 1"]


def test_label_deleted_between_plan_and_write_is_refused_and_the_rest_lands(hub):
    hub.server.add_label("acme/api", "ux")
    [issue] = hub.issues(1)
    connector = hub.connector()
    op = hub.update(hub.read(connector, issue), title="New", labels={"ux"})
    connector.prepare(hub.API, [op])
    del hub.server.world.repo_named("acme/api").labels["ux"]
    connector.refresh()
    [receipt] = connector.apply(hub.API, [op])
    assert receipt.outcome is Outcome.DONE
    assert "'ux' does not exist" in receipt.refused["labels"]
    assert hub.server.issue("acme/api", 1).title == "New"


def test_label_that_cannot_be_created_is_refused_with_the_permission_named(hub):
    [issue] = hub.issues(1)
    connector = hub.connector()
    record = hub.read(connector, issue)
    hub.server.set_role("acme/api", BOT, "read")
    [receipt] = hub.send(connector, hub.update(record, labels={"ux"}))
    assert receipt.outcome is Outcome.REJECTED
    assert "push access" in receipt.refused["labels"]


def test_new_issue_carries_the_labels_that_make_it_belong(hub):
    """C18: the scope binds pushes as well as pulls."""
    connector = hub.connector({"repo": "acme/api", "labels": ["payments"]})
    [receipt] = hub.send(connector, hub.create(title="Ours", labels={"bug"}))
    assert labels(hub, 1) == ["bug", "payments"]
    assert connector.in_scope(hub.API, receipt.record)
    [surface] = [one for one in connector.surfaces(hub.API) if one.id == "labels"]
    assert surface.lens.consistent(receipt.record.values["labels"], Known(frozenset({"bug"})))


# -- silent drops and refusals ----------------------------------------------------------------------------------------------------


def test_labels_dropped_in_silence_are_refused_with_push_access_named(hub):
    hub.server.add_label("acme/api", "ux")
    hub.server.add_label("acme/api", "priority/high")
    hub.server.set_role("acme/api", BOT, "read")
    connector = hub.connector()
    [receipt] = hub.send(connector, hub.create(title="T", labels={"ux"}, priority="priority/high"))
    assert receipt.outcome is Outcome.DONE
    assert set(receipt.refused) == {"labels", "label:priority"}
    assert all("push access" in reason for reason in receipt.refused.values())
    assert hub.server.issue("acme/api", 1).labels == []


def test_without_push_access_the_label_surfaces_are_read_only_and_say_why(hub):
    hub.server.set_role("acme/api", BOT, "read")
    reasons = {surface.id: surface.read_only for surface in hub.connector().surfaces(hub.API)}
    assert reasons["title"] is None
    assert "push access" in reasons["labels"]
    assert "push access" in reasons["label:priority"]


def test_part_of_a_graphql_update_may_be_refused_while_the_rest_lands(hub):
    """The author may rename the issue, and without push access not label it."""
    hub.server.add_label("acme/api", "ux")
    connector = hub.connector()
    [created] = hub.send(connector, hub.create(title="T"))
    hub.server.set_role("acme/api", BOT, "read")
    [receipt] = hub.send(connector, hub.update(created.record, title="New", labels={"ux"}))
    assert receipt.outcome is Outcome.DONE
    assert set(receipt.refused) == {"labels"}
    assert hub.server.issue("acme/api", 1).title == "New"


def test_unanswered_step_of_a_graphql_update_is_ambiguous(hub):
    hub.server.add_label("acme/api", "ux")
    [issue] = hub.issues(1)
    line = Tampering(hub.line, lambda answer: {"data": {**answer["data"], "add": None}})
    connector = hub.connector(line=line)
    [receipt] = hub.send(connector, hub.update(hub.read(connector, issue), title="New", labels={"ux"}))
    assert receipt.outcome is Outcome.AMBIGUOUS
    assert "add" in receipt.reason


def test_others_issue_without_push_access_is_rejected_with_a_remedy(hub):
    [issue] = hub.issues(1)
    connector = hub.connector()
    record = hub.read(connector, issue)
    hub.server.set_role("acme/api", BOT, "read")
    [receipt] = hub.send(connector, hub.update(record, title="New"))
    assert receipt.outcome is Outcome.REJECTED
    assert "README" in receipt.hint


def test_page_of_a_proxy_that_forbids_is_a_refusal_shown_in_short(hub):
    [issue] = hub.issues(1)
    connector = hub.connector()
    record = hub.read(connector, issue)
    hub.line.next_write(Fault(FaultKind.HTML, status=403))
    [receipt] = hub.send(connector, hub.update(record, title="New"))
    assert receipt.outcome is Outcome.REJECTED
    assert len(receipt.reason) < 300


def test_validation_error_names_its_surface(hub):
    [receipt] = hub.send(hub.connector(), hub.create(title="x" * 300, body="text"))
    assert receipt.outcome is Outcome.REJECTED
    assert "title" in receipt.refused


def test_revoked_token_is_not_sent_for_the_op_that_met_it_and_stops_the_rest(hub):
    issues = hub.issues(2)
    connector = hub.connector()
    ops = [hub.update(hub.read(connector, issue), title="New") for issue in issues]
    connector.prepare(hub.API, ops)
    hub.server.revoke_token(hub.TOKEN)
    receipts = connector.apply(hub.API, ops)
    assert next(receipts).outcome is Outcome.NOT_SENT
    with pytest.raises(AuthFailed):
        next(receipts)


def test_issues_switched_off_reject_a_create_with_a_remedy(hub):
    connector = hub.connector()
    connector.surfaces(hub.API)
    hub.server.world.repo_named("acme/api").has_issues = False
    [receipt] = hub.send(connector, hub.create(title="T"))
    assert receipt.outcome is Outcome.REJECTED
    assert "switched off" in receipt.hint


def test_c43_update_of_a_transferred_issue_is_a_conflict_and_writes_nothing(hub):
    [issue] = hub.issues(1)
    connector = hub.connector()
    record = hub.read(connector, issue)
    new = hub.server.transfer_issue("acme/api", 1, "acme/web")
    [receipt] = hub.send(connector, hub.update(record, title="Into the wrong repository"))
    assert receipt.outcome is Outcome.CONFLICT
    assert new.title == "Issue 0"


def test_create_in_a_renamed_repository_lands_there(hub):
    hub.server.rename_repo("acme/api", "gateway")
    [receipt] = hub.send(hub.connector(), hub.create(title="T"))
    assert receipt.outcome is Outcome.DONE
    assert receipt.record.key == "acme/gateway#1"
    assert receipt.record.scope == hub.API


def test_create_in_a_repository_renamed_meanwhile_is_not_sent_and_then_lands(hub):
    connector = hub.connector()
    connector.surfaces(hub.API)
    hub.server.rename_repo("acme/api", "gateway")
    op = hub.create(title="T")
    assert [receipt.outcome for receipt in hub.send(connector, op)] == [Outcome.NOT_SENT]
    assert [receipt.outcome for receipt in hub.send(connector, op)] == [Outcome.DONE]


# -- creates whose answer is lost ---------------------------------------------------------------------------------------------------


def test_c12_create_that_answers_502_after_landing_is_sent_once_and_found(hub):
    """PyGithub's default retry makes three issues of this."""
    connector = hub.connector()
    op = hub.create(title="Once", body="text")
    connector.prepare(hub.API, [op])
    floor = connector.floor(hub.API)
    hub.server.fail_next(502, method="POST", path=".*/issues", after=True)
    [receipt] = connector.apply(hub.API, [op])
    assert receipt.outcome is Outcome.AMBIGUOUS
    finding = connector.find(hub.API, op, floor)
    assert isinstance(finding, Found)
    assert finding.record.values["body"] == Known("text")
    assert len(hub.server.world.repo_named("acme/api").issues) == 1


def test_marker_in_a_pull_request_is_passed_over(hub):
    connector = hub.connector()
    op = hub.create(title="Once")
    floor = connector.floor(hub.API)
    hub.server.add_pull_request("acme/api", "Copied", actor=BOT, body=f"<!-- pmsync:{op.marker} -->")
    assert connector.find(hub.API, op, floor) == Absent(consistent=True)


def test_look_that_fails_is_unreadable_and_no_absence(hub):
    connector = hub.connector()
    op = hub.create(title="Once")
    floor = connector.floor(hub.API)
    hub.server.fail_next(502, path=".*/issues", times=9)
    assert isinstance(connector.find(hub.API, op, floor), Unreadable)


def test_look_stops_at_the_floor(hub):
    """An old repository is not read back to its first issue."""
    hub.issues(300)
    hub.clock.sleep(3600)
    connector = hub.connector()
    connector.me()
    floor = connector.floor(hub.API)
    hub.calls.clear()
    assert connector.find(hub.API, hub.create(title="Once"), floor) == Absent(consistent=True)
    assert len(hub.calls) == 1


@pytest.mark.parametrize(("status", "outcome"), [(403, Outcome.DONE), (502, Outcome.AMBIGUOUS)])
def test_closing_a_new_issue_that_fails_leaves_the_create_done(hub, status, outcome):
    """Nothing between created there and recorded here may fail in a way that sends the create again. A closing that may still come is in doubt."""
    connector = hub.connector()
    op = hub.create(title="Born closed", status="closed/completed")
    connector.prepare(hub.API, [op])
    hub.server.fail_next(status, method="PATCH")
    [receipt] = connector.apply(hub.API, [op])
    assert receipt.outcome is outcome
    assert receipt.ref is not None
    assert "closed" in (receipt.refused["status"] if outcome is Outcome.DONE else receipt.reason)


def test_what_somebody_does_to_a_new_issue_before_it_is_closed_is_not_in_the_answer(hub):
    """Simulator seed 61347: creating a closed issue takes two requests, and the second one's answer shows who came between."""
    connector = hub.connector()
    op = hub.create(title="Born closed", status="closed/completed")
    connector.prepare(hub.API, [op])
    close = connector._writer._close_new

    def interrupted(scope, issue, status, refused):
        hub.server.edit_issue("acme/api", issue.number, actor="ben", title="Theirs")
        return close(scope, issue, status, refused)

    connector._writer._close_new = interrupted
    [receipt] = connector.apply(hub.API, [op])
    assert receipt.record.values["title"] == Known("Born closed")
    assert receipt.record.values["status"] == Known("closed/completed")


def test_nothing_is_read_between_a_create_and_its_receipt(hub):
    connector = hub.connector()
    op = hub.create(title="T")
    connector.prepare(hub.API, [op])
    list(connector.apply(hub.API, [op]))
    assert hub.names()[-1] == "POST /repos/{}/issues"


def test_body_ends_with_the_marker_and_is_compared_without_it(hub):
    op = hub.create(title="T", body="text\n")
    [receipt] = hub.send(hub.connector(), op)
    assert hub.server.issue("acme/api", 1).body == f"text\n\n\n<!-- pmsync:{op.marker} -->"
    assert receipt.record.values["body"] == Known("text\n")
    assert receipt.record.marker == op.marker


# -- pace ---------------------------------------------------------------------------------------------------------------------------


def test_creates_keep_githubs_pace_and_are_never_refused(hub):
    connector = hub.connector()
    connector.surfaces(hub.API)
    before = hub.clock.now()
    receipts = hub.send(connector, *(hub.create(title=f"T {number}") for number in range(160)))
    assert {receipt.outcome for receipt in receipts} == {Outcome.DONE}
    assert hub.clock.now() - before >= 119
    assert {status for _, _, status in hub.calls} <= {200, 201}


def test_hourly_limit_of_content_is_not_sent_until_it_is_free_again(hub):
    connector = hub.connector()
    receipts = hub.send(connector, *(hub.create(title=f"T {number}") for number in range(502)))
    assert [receipt.outcome for receipt in receipts] == [Outcome.DONE] * 500 + [Outcome.NOT_SENT] * 2
    assert receipts[-1].retry_at > hub.clock.now() + 60
    assert 403 not in {status for _, _, status in hub.calls}


def test_limit_met_in_a_write_is_waited_out_for_nothing_was_done(hub):
    connector = hub.connector()
    op = hub.create(title="T")
    connector.prepare(hub.API, [op])
    hub.line.next_write(Fault(FaultKind.LIMIT, status=429, headers={"retry-after": "30"}))
    [receipt] = connector.apply(hub.API, [op])
    assert receipt.outcome is Outcome.DONE
    assert len(hub.server.world.repo_named("acme/api").issues) == 1
