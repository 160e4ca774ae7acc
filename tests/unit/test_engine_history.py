"""What a record's history says of a write of ours: whether it arrived, what it wrote over, and what the order is within one second."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pmsync.connect.contract import Edit, Fetched
from pmsync.engine.history import History, floor_after
from pmsync.model.enums import Kind
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Known, Unobserved, known
from pmsync.reconcile.lenses import LabelsLens, TextLens
from pmsync.reconcile.operation import Change
from pmsync.reconcile.surface import Surface

REF = RecordRef("b", "1")
TITLE = Surface("title", "title", TextLens(255, single_line=True))
LABELS = Surface("labels", "labels", LabelsLens())
FLOOR = 100.0
OURS, THEIRS = "robot", "ana"


def step(before, after, actor=THEIRS, at=110.0, surface="title"):
    """One entry; a text, a set of labels, or None where the history does not tell."""
    values = [
        Unobserved("not told") if one is None else known(frozenset(one) if isinstance(one, set) else one)
        for one in (before, after)
    ]
    return Edit(REF, surface, *values, actor, at)


def fate(*edits, before="B", after="C", floor=FLOOR):
    """What becomes of a change of the title from B to C."""
    change = Change("title", "title", known(before), known(after), known(after), "")
    return History(edits, OURS).fate(TITLE, change, floor)


def fate_of_labels(*edits, before, after):
    change = Change("labels", "labels", known(frozenset(before)), known(frozenset(after)), EMPTY, "")
    return History(edits, OURS).fate(LABELS, change, FLOOR)


def lost(found):
    return [(one.value.value, one.edit.actor, one.upon) for one in found.lost]


def test_an_entry_of_ours_says_that_it_arrived():
    assert fate(step("B", "C", OURS)).arrived
    assert not fate(step("B", "X")).arrived
    assert not fate().arrived


def test_the_same_value_set_by_somebody_else_stood_there_too():
    found = fate(step("B", "C"), step("C", "D"))
    assert (found.arrived, found.stood) == (False, True)


def test_a_foreign_value_just_before_ours_is_lost():
    found = fate(step("B", "X"), step("X", "C", OURS))
    assert lost(found) == [("X", THEIRS, False)]


def test_of_two_foreign_values_the_one_that_was_seen_by_the_other_is_not_lost():
    found = fate(step("B", "X"), step("X", "Y", "ben"), step("Y", "C", OURS))
    assert lost(found) == [("Y", "ben", False)]


def test_an_edit_that_was_withdrawn_before_ours_is_not_lost():
    assert lost(fate(step("B", "X"), step("X", "B"), step("B", "C", OURS))) == []


def test_what_came_after_ours_is_not_lost():
    assert lost(fate(step("B", "C", OURS), step("C", "X"))) == []


def test_a_write_that_arrives_twice_loses_what_was_made_upon_it():
    found = fate(step("B", "C", OURS), step("C", "X"), step("X", "C", OURS))
    assert lost(found) == [("X", THEIRS, True)]


def test_where_the_history_does_not_tell_what_was_before_the_entry_before_it_does():
    assert lost(fate(step("B", "X"), step(None, "C", OURS))) == [("X", THEIRS, False)]
    assert lost(fate(step("B", None), step(None, "C", OURS))) == []


# -- within one second ----------------------------------------------------------------------------------------------------------------


def test_an_edit_of_the_second_of_the_look_that_was_seen_is_not_lost():
    """The look showed B: what led there came before it."""
    assert lost(fate(step("A", "X", at=FLOOR), step("X", "B", at=FLOOR), step("B", "C", OURS))) == []


def test_an_edit_of_the_second_of_the_look_that_was_not_seen_is_lost():
    assert lost(fate(step("A", "B", at=FLOOR), step("B", "X", at=FLOOR), step("X", "C", OURS))) == [("X", THEIRS, False)]


def test_an_earlier_write_of_ours_in_that_second_is_not_this_one():
    """We wrote C, somebody put B there in the same second, we looked, and the new write never arrived."""
    assert not fate(step("A", "C", OURS, at=FLOOR), step("C", "B", at=FLOOR)).arrived


def test_a_write_put_back_within_the_second_of_the_look_did_arrive():
    assert fate(step("B", "C", OURS, at=FLOOR), step("C", "B", at=FLOOR)).arrived


@pytest.mark.parametrize(
    ("now", "again"),
    [(0.0, True), (100.0, True), (101.0, True), (101.5, False), (500.0, False)],
)
def test_the_last_change_is_told_again_only_where_it_may_have_company(now, again):
    """The server's clock says when the look was; where it is not told, the last change may have company."""
    record = Record(REF, ScopeRef("b", "B"), "B-1", "", Kind.TASK, {}, "v", updated_at=FLOOR, created_at=0.0)
    floor = floor_after(record, now)
    edits = (step("A", "B", at=FLOOR), step("B", "C", at=FLOOR + 1))
    kept = History.of(Fetched((), edits=edits), REF, floor, OURS).edits
    assert kept == (edits if again else edits[1:])


# -- sets ---------------------------------------------------------------------------------------------------------------------------------


def test_members_that_came_and_went_are_known_whatever_shows_now():
    edits = [step({"a"}, {"a", "x"}, OURS, surface="labels"), step({"a", "x"}, {"a"}, surface="labels")]
    found = fate_of_labels(*edits, before={"a"}, after={"a", "x"})
    assert found.arrived
    assert (found.added, found.removed) == (frozenset({"x"}), frozenset({"x"}))


def test_a_member_added_again_before_our_removal_is_lost():
    edits = [
        step({"x"}, set(), surface="labels"),
        step(set(), {"x"}, surface="labels"),
        step({"x"}, set(), OURS, surface="labels"),
    ]
    found = fate_of_labels(*edits, before={"x"}, after=set())
    assert [one.value for one in found.lost] == [Known(frozenset({"x"}))]


def test_a_member_removed_before_our_addition_is_not_lost():
    """An addition goes before a removal that did not know of it."""
    edits = [step({"a"}, set(), surface="labels"), step(set(), {"x"}, OURS, surface="labels")]
    assert fate_of_labels(*edits, before={"a"}, after={"a", "x"}).lost == ()


# -- what a create made ---------------------------------------------------------------------------------------------------------------------


def test_what_a_create_made_is_what_showed_until_somebody_came():
    history = History(
        (step({"Bug"}, {"Bug", "UI"}, OURS, surface="labels"), step("Made", "Theirs"), step("Theirs", "Mine")), OURS
    )
    assert history.made("title", Known("Mine")) == Known("Made")
    assert history.made("labels", Known(frozenset({"Bug", "UI"}))) == Known(frozenset({"Bug", "UI"}))


def test_other_records_and_other_surfaces_do_not_count():
    other = replace(step("B", "C", OURS), ref=RecordRef("b", "2"))
    history = History.of(Fetched((), edits=(other, step("B", "C", OURS, surface="body"))), REF, FLOOR, OURS)
    assert not history.fate(TITLE, Change("title", "title", Known("B"), Known("C"), Known("C"), ""), FLOOR).arrived


# -- between the steps of a create ----------------------------------------------------------------------------------------------------


def lost_in_making(*edits, after="C"):
    change = Change("title", "title", EMPTY, known(after), known(after), "")
    return [(one.value.value, one.edit.actor, one.upon) for one in History(edits, OURS).lost_in_making(TITLE, change)]


def test_what_came_between_two_steps_of_a_create_is_lost():
    assert lost_in_making(step("A", "X"), step("X", "C", OURS)) == [("X", THEIRS, False)]


def test_what_the_system_made_of_a_create_is_nobodys_value():
    assert lost_in_making(step("A", "C", OURS)) == []
    assert lost_in_making(step("A", "X"), step("X", "A"), step("A", "C", OURS)) == []
    assert lost_in_making(step("A", "C", OURS), step("C", "X")) == []


def test_of_a_create_whose_history_does_not_tell_the_values_nothing_is_concluded():
    assert lost_in_making(step(None, "X"), step("X", "C", OURS)) == []
    assert lost_in_making() == []
