"""Transitions on the stand-in: only what the workflow offers, with the fields it insists on."""

from __future__ import annotations

import pytest

from pmsync_jira.emulation.doors import Scheme, Step


@pytest.fixture
def desk(jira_site):
    """A project whose workflow is strict: To Do, then In Progress, then Done with a resolution; Reopen from Done alone."""
    steps = [
        Step("Start", "In Progress", ("To Do",)),
        Step("Finish", "Done", ("In Progress",), required=("resolution",)),
        Step("Reopen", "To Do", ("Done",)),
        Step("Drop", "Done", None, screen=("labels",)),
    ]
    jira_site.site.add_project("OPS", "Operations", Scheme(workflow=steps))
    jira_site.site.add_issue("OPS", "A thing")
    return jira_site


def offered(desk):
    shown = desk.get("/issue/OPS-1/transitions", expand="transitions.fields").json()["transitions"]
    return {one["name"]: one for one in shown}


def take(desk, name, **more):
    return desk.post("/issue/OPS-1/transitions", {"transition": {"id": offered(desk)[name]["id"]}, **more})


def test_only_the_steps_from_the_present_status_are_offered(desk):
    assert list(offered(desk)) == ["Start", "Drop"]
    assert take(desk, "Start").status_code == 204
    assert list(offered(desk)) == ["Finish", "Drop"]


def test_a_step_shows_the_fields_it_insists_on(desk):
    take(desk, "Start")
    field = offered(desk)["Finish"]["fields"]["resolution"]
    assert (field["required"], field["allowedValues"][0]["name"]) == (True, "Done")


def test_a_missing_required_field_is_refused_and_named(desk):
    take(desk, "Start")
    answer = take(desk, "Finish")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["resolution"])


def test_a_step_with_its_field_is_taken(desk):
    take(desk, "Start")
    assert take(desk, "Finish", fields={"resolution": {"name": "Duplicate"}}).status_code == 204
    fields = desk.get("/issue/OPS-1").json()["fields"]
    assert (fields["status"]["name"], fields["resolution"]["name"], fields["resolutiondate"] is None) == (
        "Done",
        "Duplicate",
        False,
    )


def test_reopening_clears_the_resolution(desk):
    take(desk, "Drop")
    take(desk, "Reopen")
    fields = desk.get("/issue/OPS-1").json()["fields"]
    assert (fields["status"]["name"], fields["resolution"], fields["resolutiondate"]) == ("To Do", None, None)


def test_a_step_that_is_not_open_is_refused(desk):
    assert desk.post("/issue/OPS-1/transitions", {"transition": {"id": "21"}}).status_code == 400
    assert desk.post("/issue/OPS-1/transitions", {"transition": {"id": "999"}}).status_code == 400
    assert desk.post("/issue/OPS-1/transitions", {}).status_code == 400


def test_a_field_that_the_step_does_not_show_is_refused(desk):
    answer = take(desk, "Start", fields={"summary": "New"})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["summary"])


def test_a_field_on_the_steps_screen_is_set_along(desk):
    assert take(desk, "Drop", update={"labels": [{"add": "dropped"}]}).status_code == 204
    assert desk.site.issue("OPS-1").labels == ("dropped",)


def test_without_the_permission_no_step_is_offered_or_taken(desk):
    start = offered(desk)["Start"]["id"]
    desk.site.deny("TRANSITION_ISSUES", "OPS")
    assert offered(desk) == {}
    assert desk.post("/issue/OPS-1/transitions", {"transition": {"id": start}}).status_code == 400


def test_a_status_cannot_be_set_by_an_edit(desk):
    answer = desk.put("/issue/OPS-1", {"fields": {"status": {"name": "Done"}}})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["status"])


def test_a_person_is_not_bound_by_the_workflow(desk):
    desk.site.transition_issue("OPS-1", desk.ana, "Done")
    assert desk.get("/issue/OPS-1").json()["fields"]["status"]["name"] == "Done"
