"""Values that cannot cross: told once with the remedy, never cleared on the other side, and the rest goes on."""

from __future__ import annotations

import pytest

from pmsync_jira.emulation.doors import Scheme, Step

STATUSES = (("To Do", "new"), ("In Progress", "indeterminate"), ("Limbo", "undefined"), ("Done", "done"))
LATER = 100.0
"""Seconds after which an edit is seen."""


def notices(site):
    return site.pmsync("status", "--json").json["notices"]


def warnings(site, system="jira"):
    found = site.pmsync("doctor", "--json").json["systems"][system]
    return [check for check in found if check["level"] == "warning"]


def labels(issue):
    return sorted(label.name for label in issue.labels)


# -- unmapped -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def limbo(site):
    """A project with a status that means nothing, and two issues in it; synced."""
    site.jira.add_project("LIM", "Limbo", Scheme(statuses=STATUSES))
    site.edit("jira: PAY", "jira: LIM")
    for title in ("One", "Two"):
        site.jira.add_issue("LIM", title, status="Limbo")
    return site


def test_doctor_says_which_status_has_no_meaning_and_how_to_give_it_one(limbo):
    [warning] = warnings(limbo)
    assert "'Limbo' has no meaning" in warning["finding"]
    assert 'maps.status.jira: {"Limbo":' in warning["remedy"]
    assert warning["where"] == f"{limbo.config}:8:5"


def test_an_unmapped_status_is_reported_once_however_many_records_have_it(limbo):
    first = limbo.pmsync("sync")
    assert first.code == 0
    assert first.err.count("'Limbo' is not mapped") == 1
    assert 'maps.status.jira: {"Limbo": backlog}' in first.said
    assert "Limbo" not in limbo.pmsync("sync").said
    assert [code for code, _ in notices(limbo)] == ["unmapped"]


def test_records_with_an_unmapped_status_are_mirrored_all_the_same(limbo):
    limbo.pmsync("sync")
    assert limbo.titles() == ["One", "Two"]


def test_an_unmapped_status_is_never_cleared_nor_does_it_clear_anything(limbo):
    limbo.pmsync("sync")
    limbo.github.close("acme/api", 1)
    limbo.clock.sleep(LATER)
    limbo.pmsync("sync")
    limbo.pmsync("sync")
    assert limbo.github.issue("acme/api", 1).state == "closed"
    names = {limbo.jira.state.catalogue.statuses[issue.status].name for issue in limbo.jira.issues("LIM")}
    assert names <= {"Limbo", "Done"}


def test_with_the_map_that_was_asked_for_the_status_crosses(limbo):
    limbo.pmsync("sync")
    limbo.add("maps: {status: {jira: {Limbo: done}}}\n")
    assert limbo.pmsync("sync").code == 3, "the config changed: this run only plans"
    assert limbo.pmsync("apply", "held").code == 0
    assert {issue.state for issue in limbo.issues()} == {"closed"}
    assert warnings(limbo) == []


def test_an_unmapped_priority_label_is_told_by_doctor_with_the_line_to_write(site):
    site.github.add_label("acme/api", "priority/whatever")
    [warning] = [one for one in warnings(site, "github") if "priority" in one["subject"]]
    assert "priority/whatever" in warning["finding"]
    assert 'maps.priority.github: {"priority/whatever": high}' in warning["remedy"]


def test_an_unmapped_priority_is_reported_once_and_cleared_nowhere(site):
    key, number = site.pair(priority="High")
    site.github.add_label("acme/api", "priority/whatever")
    site.github.edit_issue("acme/api", number, labels=["priority/whatever"])
    site.clock.sleep(4000)
    site.pmsync("sync")
    site.pmsync("sync")
    assert site.jira.state.catalogue.priorities[site.jira.issue(key).priority].name == "High"
    assert labels(site.github.issue("acme/api", number)) == ["priority/whatever"]
    told = [reason for _, reason in notices(site) if "priority/whatever" in reason]
    assert len(told) == 1
    assert "maps.priority.github" in told[0]


# -- what the remote refuses --------------------------------------------------------------------------------------------------


def test_a_status_that_no_transition_reaches_is_told_with_the_way_there_is(site):
    site.jira.add_project("FLO", "Flow", Scheme(workflow=[Step("Start", "In Progress", ("To Do",))]))
    site.edit("jira: PAY", "jira: FLO")
    key = site.jira.add_issue("FLO", "One").key
    site.pmsync("sync")
    site.github.close("acme/api", 1)
    site.clock.sleep(LATER)
    result = site.pmsync("sync")
    assert f"{key}: status: no transition leads from the present status to Done" in result.said
    assert "In Progress" in result.said
    assert site.github.issue("acme/api", 1).state == "closed", "the other side keeps what somebody set"
    assert [code for code, _ in notices(site)] == ["refused"]


def test_a_refused_write_is_not_tried_again_every_round(site):
    key, number = site.pair()
    site.jira.take_off_screen("PAY", "priority")
    site.github.edit_issue("acme/api", number, labels=["priority/high"])
    site.clock.sleep(LATER)
    site.pmsync("sync")
    before = site.writes()
    result = site.pmsync("sync")
    assert (site.writes(), result.code) == (before, 0)
    assert key not in result.said


def test_a_field_that_is_not_on_the_screen_is_named_with_the_remedy(site):
    """C52: not "a generic error"."""
    key, number = site.pair()
    site.jira.take_off_screen("PAY", "priority")
    site.github.edit_issue("acme/api", number, labels=["priority/high"])
    site.clock.sleep(LATER)
    said = site.pmsync("sync").said
    assert f"{key}: priority: " in said
    assert "screens of the project PAY" in said
    assert "direction to pull or off" in said


def test_doctor_names_line_field_and_fix_of_a_field_that_is_not_on_the_screen(site):
    """C52: file and line, field, fix, before anything is written."""
    site.add("fields: {priority: {jira: both}}\n")
    site.jira.take_off_screen("PAY", "priority")
    warning = warnings(site)[0]
    assert "'priority' is not on the create screen" in warning["finding"]
    assert "add the field to the screens of PAY, or set fields.priority.jira to pull or off" in warning["remedy"]
    assert warning["where"] == f"{site.config}:12:21"


def test_the_line_that_doctor_names_is_never_cut_off(site):
    site.jira.take_off_screen("PAY", "priority")
    assert f"{site.config}:8:5" in site.pmsync("doctor").out.replace("\n", "").replace(" ", "")


def test_the_other_fields_of_a_refused_write_land(site):
    key, number = site.pair()
    site.jira.take_off_screen("PAY", "priority")
    site.github.edit_issue("acme/api", number, title="A better title", labels=["priority/high"])
    site.clock.sleep(LATER)
    site.pmsync("sync")
    site.pmsync("sync")
    assert site.jira.issue(key).summary == "A better title"


def test_a_text_over_the_remote_limit_is_told_and_nothing_is_cut(site):
    key, number = site.pair()
    site.github.edit_issue("acme/api", number, title="x" * 256)
    site.clock.sleep(LATER)
    result = site.pmsync("sync")
    assert "the text has 256 characters, the limit is 255" in result.said
    assert site.jira.issue(key).summary == "Refund fails"
    assert site.github.issue("acme/api", number).title == "x" * 256


def test_a_text_over_the_limit_is_told_with_the_record_it_is_for(site):
    key, number = site.pair()
    site.github.edit_issue("acme/api", number, title="x" * 256)
    site.clock.sleep(LATER)
    assert f"{key} title" in site.pmsync("sync").said


def test_each_refusal_is_told_once(site):
    key, number = site.pair()
    site.jira.take_off_screen("PAY", "priority")
    site.github.edit_issue("acme/api", number, labels=["priority/high"])
    site.clock.sleep(LATER)
    result = site.pmsync("sync")
    assert result.err.count("rejected") == 1
    assert key in result.err
    assert "1 writes refused" in result.said
