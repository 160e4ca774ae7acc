"""Writing to Jira: each surface lands or says why, and one that does not never costs the others."""

from __future__ import annotations

import pytest

from pmsync.connect.contract import Outcome
from pmsync.connect.errors import Park, WriteRefused
from pmsync.model.enums import Kind
from pmsync.model.record import ScopeRef
from pmsync.model.values import EMPTY, Known, known
from pmsync.reconcile.operation import Change
from pmsync.testing.conformance.drafts import create, edit, read, update
from pmsync.testing.faults import FaultKind
from pmsync_jira.emulation.doors import Scheme, Step

PAY = ScopeRef("jira", "PAY")
EDIT = "PUT /issue/{}"
CREATE = "POST /issue"
WAYS = "GET /issue/{}/transitions"
MOVE = "POST /issue/{}/transitions"
STRICT = Scheme(
    statuses=[("To Do", "new"), ("In Progress", "indeterminate"), ("Done", "done")],
    workflow=[
        Step("Start", "In Progress", ("To Do",)),
        Step("Finish", "Done", ("In Progress",), ("resolution",), ("resolution",)),
        Step("Back", "To Do", ("In Progress", "Done")),
    ],
)


def send(connector, *ops):
    return list(connector.apply(PAY, ops))


def shown(kit, ref):
    """What the site itself holds: summary, status name, priority name, labels."""
    issue = kit.site.issue(ref.remote_id)
    catalogue = kit.site.state.catalogue
    priority = catalogue.priorities[issue.priority].name if issue.priority else None
    return issue.summary, catalogue.statuses[issue.status].name, priority, set(issue.labels)


def test_all_fields_of_an_issue_travel_in_one_request(jira_kit):
    kit = jira_kit()
    ref = kit.file("Old", labels=["x"])
    connector = kit.connector()
    op = edit(connector, read(connector, PAY, ref), title="New", priority="high", labels=frozenset({"y"}))
    kit.called()
    [receipt] = send(connector, op)
    assert (receipt.outcome, receipt.refused) == (Outcome.DONE, {})
    assert kit.called() == {EDIT: 1}
    assert shown(kit, ref) == ("New", "To Do", "High", {"y"})


def test_label_of_a_person_survives_our_label_push(jira_kit):
    """Trap 9."""
    kit = jira_kit()
    ref = kit.file(labels=["old"])
    connector = kit.connector()
    op = edit(connector, read(connector, PAY, ref), labels=frozenset({"ours"}))
    kit.edit(ref, add_labels=["theirs"])
    send(connector, op)
    assert shown(kit, ref)[3] == {"ours", "theirs"}


def test_status_goes_by_a_transition(jira_kit):
    kit = jira_kit()
    ref = kit.file()
    connector = kit.connector()
    [receipt] = send(connector, edit(connector, read(connector, PAY, ref), title="New", status="done"))
    assert receipt.outcome is Outcome.DONE
    assert shown(kit, ref)[:2] == ("New", "Done")


def test_transitions_are_read_once_per_type_and_status(jira_kit):
    """Twenty issues of one type in one status cost one reading of their transitions."""
    kit = jira_kit()
    refs = [kit.file(f"Issue {number}", issue_type="Task") for number in range(20)]
    connector = kit.connector()
    records = connector.fetch(PAY, refs).records
    ops = [edit(connector, record, status="in_progress") for record in records]
    kit.called()
    assert {receipt.outcome for receipt in send(connector, *ops)} == {Outcome.DONE}
    assert kit.called() == {WAYS: 1, MOVE: 20}


def test_remembered_transition_that_does_not_fit_is_read_anew(jira_kit):
    """What is remembered of a workflow is only a guess for the next issue."""
    kit = jira_kit()
    refs = [kit.file(f"Issue {number}") for number in range(2)]
    connector = kit.connector()
    first, second = connector.fetch(PAY, refs).records
    send(connector, edit(connector, first, status="done"))
    [project] = kit.site.state.projects.values()
    project.transitions = tuple(
        type(step)(f"9{step.id}", step.name, step.to, step.sources, step.screen, step.required) for step in project.transitions
    )
    [receipt] = send(connector, edit(connector, second, status="done"))
    assert (receipt.outcome, receipt.refused) == (Outcome.DONE, {})
    assert shown(kit, refs[1])[1] == "Done"


def test_no_transition_into_the_same_status_c22(jira_kit):
    """C22: it would notify everyone and fire automations."""
    kit = jira_kit()
    ref = kit.file()
    connector = kit.connector()
    record = read(connector, PAY, ref)
    same = record.values["status"]
    kit.called()
    [receipt] = send(connector, update(record, Change("status", "status", same, same, Known("backlog"), "asked")))
    assert receipt.outcome is Outcome.DONE
    assert kit.called() == {}


def test_status_that_no_transition_reaches_names_what_can_be_reached_c36(jira_kit):
    """C36, C52: the other fields land all the same."""
    kit = jira_kit(scheme=STRICT)
    ref = kit.file("Old")
    connector = kit.connector()
    [receipt] = send(connector, edit(connector, read(connector, PAY, ref), title="New", status="done"))
    assert receipt.outcome is Outcome.DONE
    assert receipt.refused == {
        "status": "no transition leads from the present status to Done; from here the workflow leads to In Progress"
    }
    assert shown(kit, ref)[:2] == ("New", "To Do")


def test_transition_that_asks_for_a_field_is_refused_with_its_name_c52(jira_kit):
    kit = jira_kit(scheme=STRICT)
    ref = kit.file()
    kit.site.transition_issue(ref.remote_id, kit.ana, "In Progress")
    connector = kit.connector()
    [receipt] = send(connector, edit(connector, read(connector, PAY, ref), status="done"))
    assert receipt.outcome is Outcome.REJECTED
    assert "Resolution" in receipt.refused["status"]
    assert "take it by hand" in receipt.refused["status"]


def test_field_off_the_screen_costs_only_itself_c52(jira_kit):
    """C52: "Field cannot be set. It is not on the appropriate screen" with the field, the project and the remedy."""
    kit = jira_kit()
    ref = kit.file("Old")
    kit.site.take_off_screen("PAY", "priority")
    connector = kit.connector()
    [receipt] = send(connector, edit(connector, read(connector, PAY, ref), title="New", priority="high"))
    assert receipt.outcome is Outcome.DONE
    assert receipt.refused.keys() == {"priority"}
    assert "Add the field 'priority' to the screens of the project PAY" in receipt.refused["priority"]
    assert shown(kit, ref)[:3] == ("New", "To Do", "Medium")


def test_priority_outside_the_scheme_costs_only_itself(jira_kit):
    """Trap 10: the batch and the other fields go on."""
    kit = jira_kit()
    refs = [kit.file(f"Issue {number}") for number in range(2)]
    connector = kit.connector()
    first, second = (read(connector, PAY, ref) for ref in refs)
    bad = update(
        first,
        Change("title", "title", Known("Issue 0"), Known("New"), Known("New"), "asked"),
        Change("priority", "priority", first.values["priority"], Known("99999"), Known("high"), "asked"),
    )
    receipts = send(connector, bad, edit(connector, second, title="New"))
    assert [receipt.outcome for receipt in receipts] == [Outcome.DONE, Outcome.DONE]
    assert receipts[0].refused == {"priority": "The priority selected is invalid."}
    assert [shown(kit, ref)[0] for ref in refs] == ["New", "New"]


def test_undecided_priority_is_written_as_null(jira_kit):
    """Request 29: unset is not medium."""
    kit = jira_kit()
    ref = kit.file(priority="High")
    connector = kit.connector()
    record = read(connector, PAY, ref)
    send(connector, update(record, Change("priority", "priority", record.values["priority"], EMPTY, EMPTY, "asked")))
    assert shown(kit, ref)[2] is None


def test_text_over_the_limit_is_refused_before_it_is_sent_c24(jira_kit):
    """C24 to C26: measured after conversion; the rest lands."""
    kit = jira_kit()
    ref = kit.file("Old")
    connector = kit.connector()
    record = read(connector, PAY, ref)
    long = Known("x" * 40_000)
    op = update(
        record,
        Change("title", "title", Known("Old"), Known("New"), Known("New"), "asked"),
        Change("body", "body", EMPTY, long, long, "asked"),
    )
    [receipt] = send(connector, op)
    assert receipt.outcome is Outcome.DONE
    assert "40,000" in receipt.refused["body"]
    assert shown(kit, ref)[0] == "New"


def test_limit_on_one_issue_does_not_stop_the_others(jira_kit):
    """Trap 7: wait for that issue, go on with the next; the limit really holds, so the clock moves."""
    kit = jira_kit()
    busy, other = kit.file("Busy"), kit.file("Other")
    connector = kit.connector()
    for number in range(25):
        [receipt] = send(connector, edit(connector, read(connector, PAY, busy), title=f"Title {number}"))
        assert receipt.outcome is Outcome.DONE
    [receipt] = send(connector, edit(connector, read(connector, PAY, other), title="New"))
    assert receipt.outcome is Outcome.DONE


def test_long_limit_on_one_issue_postpones_its_op_alone(jira_kit):
    """Trap 7."""
    kit = jira_kit()
    busy, other = kit.file("Busy"), kit.file("Other")
    connector = kit.connector()
    ops = [edit(connector, read(connector, PAY, ref), title="New") for ref in (busy, other)]
    headers = {"retry-after": "600", "ratelimit-reason": "jira-per-issue-on-write"}
    kit.break_next(FaultKind.LIMIT, headers=headers)
    first, second = send(connector, *ops)
    assert (first.outcome, second.outcome) == (Outcome.NOT_SENT, Outcome.DONE)
    assert first.retry_at == pytest.approx(kit.clock.now() + 600, abs=1)


def test_quota_in_the_middle_of_a_batch_parks_the_system(jira_kit):
    """Trap 6."""
    kit = jira_kit()
    refs = [kit.file(f"Issue {number}") for number in range(2)]
    connector = kit.connector()
    ops = [edit(connector, read(connector, PAY, ref), title="New") for ref in refs]
    receipts = connector.apply(PAY, ops)
    assert next(receipts).outcome is Outcome.DONE
    kit.site.exhaust_quota(1847)
    with pytest.raises(Park):
        next(receipts)


def test_half_of_an_op_that_was_lost_is_ambiguous(jira_kit):
    """Fields landed, the transition's answer was lost: only a direct read can tell."""
    kit = jira_kit()
    ref = kit.file("Old")
    connector = kit.connector()
    op = edit(connector, read(connector, PAY, ref), title="New", status="done")
    kit.line.script.add(lambda request: request.path.endswith("/transitions") and request.method == "POST", _lost())
    [receipt] = send(connector, op)
    assert receipt.outcome is Outcome.AMBIGUOUS
    assert shown(kit, ref)[:2] == ("New", "Done")


def test_server_error_after_a_write_is_ambiguous(jira_kit):
    kit = jira_kit()
    ref = kit.file("Old")
    connector = kit.connector()
    op = edit(connector, read(connector, PAY, ref), title="New")
    kit.break_next(FaultKind.FAIL_AFTER)
    assert [receipt.outcome for receipt in send(connector, op)] == [Outcome.AMBIGUOUS]


def test_reopening_moves_first_and_edits_then(jira_kit):
    """A closed issue may refuse edits, and so may one that was not closed yet."""
    kit = jira_kit()
    ref = kit.file("Old")
    kit.site.transition_issue(ref.remote_id, kit.ana, "Done")
    connector = kit.connector()
    op = edit(connector, read(connector, PAY, ref), title="New", status="in_progress")
    kit.calls.clear()
    send(connector, op)
    names = [name for name, _ in kit.calls if not name.startswith("GET")]
    assert [name.replace("/rest/api/3", "") for name in names] == [MOVE, EDIT]


def test_create_carries_its_marker_and_costs_one_write(jira_kit):
    kit = jira_kit()
    connector = kit.connector()
    send(connector, create(connector, PAY, title="First"))
    kit.called()
    op = create(connector, PAY, title="Second", body="Text", labels=frozenset({"two words"}), priority="high")
    [receipt] = send(connector, op)
    assert kit.called() == {CREATE: 1}
    record = read(connector, PAY, receipt.ref)
    assert (record.marker, record.creator) == (op.marker, connector.me())
    assert record.values["labels"] == Known(frozenset({"two-words"}))


def test_create_chooses_the_type_by_kind(jira_kit):
    from dataclasses import replace

    kit = jira_kit()
    connector = kit.connector()
    op = replace(create(connector, PAY, title="Broken"), item_kind=Kind.BUG)
    [receipt] = send(connector, op)
    assert read(connector, PAY, receipt.ref).kind is Kind.BUG


def test_created_issue_goes_to_its_status_in_the_same_op(jira_kit):
    kit = jira_kit()
    connector = kit.connector()
    [receipt] = send(connector, create(connector, PAY, title="Done already", status="done"))
    assert (receipt.outcome, receipt.refused) == (Outcome.DONE, {})
    assert shown(kit, receipt.ref)[1] == "Done"


def test_created_issue_in_its_first_status_is_not_moved_c22(jira_kit):
    kit = jira_kit()
    connector = kit.connector()
    send(connector, create(connector, PAY, title="New", status="backlog"))
    assert MOVE not in kit.called()


@pytest.mark.parametrize("kind", [FaultKind.LOSE_AFTER, FaultKind.LOSE_BEFORE, FaultKind.FAIL_BEFORE])
def test_a_first_status_whose_answer_is_lost_leaves_the_create_in_doubt_and_its_record_known(jira_kit, kind):
    """It may still arrive, over what somebody sets until then (simulator seed 43518)."""
    kit = jira_kit()
    connector = kit.connector()
    kit.line.script.add(lambda request: request.path.endswith("/transitions") and request.method == "POST", _fault(kind))
    [receipt] = send(connector, create(connector, PAY, title="Kept", status="done"))
    assert receipt.outcome is Outcome.AMBIGUOUS
    assert receipt.ref is not None


@pytest.mark.parametrize("kind", [FaultKind.REFUSE])
def test_nothing_after_a_create_can_fail_it(jira_kit, kind):
    """Request 31, C16: the id is known, so whatever follows is another matter."""
    kit = jira_kit()
    connector = kit.connector()
    kit.line.script.add(lambda request: request.path.endswith("/transitions") and request.method == "POST", _fault(kind))
    [receipt] = send(connector, create(connector, PAY, title="Kept", status="done"))
    assert receipt.outcome is Outcome.DONE
    assert receipt.ref is not None
    assert receipt.refused.keys() == {"status"}


def test_unreachable_first_status_does_not_fail_the_create_c36(jira_kit):
    kit = jira_kit(scheme=STRICT)
    connector = kit.connector()
    [receipt] = send(connector, create(connector, PAY, title="Kept", status="done"))
    assert receipt.outcome is Outcome.DONE
    assert "In Progress" in receipt.refused["status"]


def test_field_off_the_create_screen_costs_only_itself_c52(jira_kit):
    kit = jira_kit()
    kit.site.take_off_screen("PAY", "labels")
    connector = kit.connector()
    [receipt] = send(connector, create(connector, PAY, title="Kept", labels=frozenset({"x"})))
    assert receipt.outcome is Outcome.DONE
    assert "'labels'" in receipt.refused["labels"]
    assert shown(kit, receipt.ref)[0] == "Kept"


def test_create_whose_title_is_refused_makes_nothing(jira_kit):
    kit = jira_kit()
    connector = kit.connector()
    [receipt] = send(connector, create(connector, PAY, title="NUL \x00 inside"))
    assert receipt.outcome is Outcome.REJECTED
    assert receipt.reason
    assert kit.site.issues("PAY") == []


def test_lost_create_is_sent_once(jira_kit):
    """Trap 5: the SDK would have sent it again."""
    kit = jira_kit()
    connector = kit.connector()
    op = create(connector, PAY, title="Once")
    kit.break_next(FaultKind.LOSE_AFTER)
    [receipt] = send(connector, op)
    assert (receipt.outcome, receipt.ref) == (Outcome.AMBIGUOUS, None)
    assert len(kit.site.issues("PAY")) == 1


def test_fence_refuses_every_write_c51(jira_kit):
    """C51: at the transport, whatever the layers above believe."""
    kit = jira_kit()
    ref = kit.file()
    connector = kit.connector()
    ops = [edit(connector, read(connector, PAY, ref), title="New"), create(connector, PAY, title="New")]
    with kit.fence.closed():
        for op in ops:
            with pytest.raises(WriteRefused):
                send(connector, op)
            with pytest.raises(WriteRefused):
                connector.prepare(PAY, [op])
    assert kit.line.writes == 0


def test_ambiguous_hub_status_is_not_written_c36(jira_kit):
    """C36: two statuses fit equally; the lens says which line decides, and nothing is sent."""
    scheme = Scheme(statuses=[("Neu", "new"), ("Wartet", "new"), ("Fertig", "done")])
    kit = jira_kit(scheme=scheme)
    [lens] = [surface.lens for surface in kit.connector().surfaces(PAY) if surface.id == "status"]
    assert "'Neu', 'Wartet'" in lens.put(known("backlog"), EMPTY).reason
    [mapped] = [
        surface.lens for surface in kit.connector(maps={"status": {"Neu": "backlog"}}).surfaces(PAY) if surface.id == "status"
    ]
    assert mapped.put(known("backlog"), EMPTY) == lens.canon(known(_status_id(kit, "Neu")))


def _status_id(kit, name):
    return next(one.id for one in kit.site.state.catalogue.statuses.values() if one.name == name)


def _lost():
    return _fault(FaultKind.LOSE_AFTER)


def _fault(kind):
    from pmsync.testing.faults import Fault

    return Fault(kind)
