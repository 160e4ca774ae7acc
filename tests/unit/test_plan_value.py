"""The plan as a value: its file, its counts, and what makes an op stale."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pmsync.model.enums import Kind
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Known, Observed, Unobserved
from pmsync.reconcile.lenses import EnumLens, LabelsLens, TextLens
from pmsync.reconcile.operation import Change, Operation, OpKind
from pmsync.reconcile.plan import Held, Plan, PlanError, lines, stale
from pmsync.reconcile.surface import Surface
from pmsync.reconcile.view import Skip

PAY, API = ScopeRef("jira", "PAY"), ScopeRef("github", "acme/api")
HOSTILE = "\u202e\U0001f600 \x00 \r\n \ud800 '\"<b>"
STATUS = Change("status", "status", Known("1"), Known("2"), Known("done"), "ana closed it")
LABELS = Change("labels", "labels", Known(frozenset({"b", "a"})), Known(frozenset({"b", "c"})), Known(frozenset({"c", "b"})), "")
TITLE = Change("title", "title", EMPTY, Known(HOSTILE), Known(HOSTILE), "copied")
UPDATE = Operation("u1", OpKind.UPDATE, "i1", PAY, RecordRef("jira", "10"), "PAY-7", Kind.BUG, (STATUS, LABELS), None, "why")
CREATE = Operation("u2", OpKind.CREATE, "i2", API, None, "", Kind.BUG, (TITLE,), "pm1.x", "mirror")
PLAN = Plan("p1", 5.0, (UPDATE,), (Held(CREATE, "review"),), (Skip("l", "s", "status", "unmapped", "QA", "map it"),))
SURFACES = {
    "status": Surface("status", "status", EnumLens({"1": "backlog", "2": "done"}, {}), display={"1": "To Do", "2": "Done"}),
    "labels": Surface("labels", "labels", LabelsLens()),
    "title": Surface("title", "title", TextLens()),
}


def record(**shown: Observed) -> Record:
    values = {"status": Known("1"), "labels": Known(frozenset({"A", "b"})), **shown}
    return Record(RecordRef("jira", "10"), PAY, "PAY-7", "", Kind.BUG, values, "", 0.0, 0.0)


class TestFile:
    def test_a_plan_survives_its_file_with_hostile_text(self) -> None:
        assert Plan.decode(PLAN.encode()) == PLAN

    def test_the_op_of_an_undo_survives_the_file_and_others_are_written_as_ever(self) -> None:
        undo = replace(UPDATE, uid="u3", undoes="run-1", ends=True)
        plan = replace(PLAN, ops=(UPDATE, undo))
        assert Plan.decode(plan.encode()) == plan
        first, second = json.loads(plan.encode())["plan"]["ops"]
        assert second.keys() - first.keys() == {"undoes", "ends"}

    def test_losses_survive_the_file_and_a_change_without_any_is_written_as_ever(self) -> None:
        plan = replace(PLAN, ops=(replace(UPDATE, changes=(replace(STATUS, losses=("the text is cut",)), LABELS)),))
        assert Plan.decode(plan.encode()) == plan
        first, second = json.loads(plan.encode())["plan"]["ops"][0]["changes"]
        assert first.keys() - second.keys() == {"losses"}
        assert lines(plan.ops[0], SURFACES)[0].losses == ("the text is cut",)

    def test_the_same_plan_is_the_same_bytes(self) -> None:
        swapped = replace(LABELS, before=Known(frozenset({"a", "b"})))
        again = replace(PLAN, ops=(replace(UPDATE, changes=(STATUS, swapped)),))
        assert again.encode() == PLAN.encode()
        assert again.digest == PLAN.digest

    def test_any_change_of_content_changes_the_digest(self) -> None:
        assert replace(PLAN, ops=()).digest != PLAN.digest

    def test_a_plan_that_was_edited_is_refused(self) -> None:
        with pytest.raises(PlanError, match="changed after it was written"):
            Plan.decode(PLAN.encode().replace(b'"ana closed it"', b'"someone else"'))

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            (b"\xff", "not JSON"),
            (b"{}", "no `plan`"),
            (b"[]", "no `plan`"),
            (b'{"format": 9, "plan": {}}', "format 9"),
            (b'{"format": 1, "plan": {"uid": "x"}}', "damaged"),
            (b'{"format": 1, "plan": []}', "damaged"),
        ],
    )
    def test_what_is_no_plan_is_refused_with_the_reason(self, data: bytes, said: str) -> None:
        with pytest.raises(PlanError, match=said):
            Plan.decode(data)

    def test_a_plan_of_a_newer_format_is_refused(self) -> None:
        document = json.loads(PLAN.encode()) | {"format": 2}
        with pytest.raises(PlanError, match="make the plan anew"):
            Plan.decode(json.dumps(document).encode())


class TestSummary:
    def test_counts_are_per_system_and_kind_with_held_ones(self) -> None:
        assert PLAN.counts() == {"github create": 1, "jira update": 1}

    def test_approval_allows_what_was_held(self) -> None:
        approved = PLAN.approved()
        assert approved.ops == (UPDATE, CREATE)
        assert approved.held == ()

    def test_lines_are_in_the_words_of_the_system(self) -> None:
        status, labels = lines(UPDATE, SURFACES)
        assert (status.key, status.before, status.after, status.why) == ("PAY-7", "To Do", "Done", "ana closed it")
        assert (labels.before, labels.after) == ("a, b", "+c -a")

    def test_lines_do_without_surfaces(self) -> None:
        assert [line.after for line in lines(CREATE, {})] == [HOSTILE]
        assert lines(CREATE, {})[0].before == "(empty)"


class TestStale:
    def test_an_untouched_record_is_not_stale(self) -> None:
        """Case of labels and other spellings of the same are no difference."""
        assert stale(UPDATE, record(), SURFACES) is None

    def test_a_touched_surface_that_moved_is(self) -> None:
        assert stale(UPDATE, record(status=Known("2")), SURFACES) == "PAY-7: status shows Done now, the plan saw To Do"

    def test_a_surface_that_is_not_touched_may_move(self) -> None:
        assert stale(UPDATE, record(title=Known("new")), SURFACES) is None

    def test_what_cannot_be_seen_any_more_is_not_written(self) -> None:
        reason = stale(UPDATE, record(status=Unobserved("the field is hidden")), SURFACES)
        assert reason == "PAY-7: status cannot be seen any more: the field is hidden"

    def test_a_moved_record_is_not_written(self) -> None:
        assert "moved from jira:PAY to jira:OPS" in (
            stale(UPDATE, replace(record(), scope=ScopeRef("jira", "OPS")), SURFACES) or ""
        )

    def test_a_surface_that_is_gone_or_closed_is_not_written(self) -> None:
        assert "does not exist" in (stale(UPDATE, record(), {}) or "")
        closed = {**SURFACES, "status": replace(SURFACES["status"], read_only="no permission")}
        assert "no permission" in (stale(UPDATE, record(), closed) or "")
