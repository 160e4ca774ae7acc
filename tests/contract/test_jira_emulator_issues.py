"""Creating and editing issues on the stand-in: deltas, stamps, markers, and every refusal that Jira is known for."""

from __future__ import annotations

import pytest

from pmsync_jira.emulation.adf import paragraphs


def text(content):
    return {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": content}]}]}


def errors(answer):
    assert answer.status_code == 400, answer.text
    return answer.json()["errors"]


def test_a_marker_is_written_together_with_the_create(jira_site):
    body = {
        "fields": {"project": {"key": "PAY"}, "issuetype": {"name": "Task"}, "summary": "S"},
        "properties": [{"key": "m", "value": "t"}],
    }
    key = jira_site.post("/issue", body).json()["key"]
    assert jira_site.get(f"/issue/{key}/properties/m").json() == {"key": "m", "value": "t"}


def test_a_create_takes_defaults_and_a_transition(jira_site):
    body = {"fields": {"project": {"key": "PAY"}, "issuetype": {"name": "Task"}, "summary": "S"}, "transition": {"id": "31"}}
    fields = jira_site.get("/issue/" + jira_site.post("/issue", body).json()["key"]).json()["fields"]
    assert (fields["status"]["name"], fields["priority"]["name"], fields["creator"]["displayName"]) == (
        "Done",
        "Medium",
        "Sync Bot",
    )


def test_bulk_create_reports_failures_by_place_and_keeps_the_rest(jira_site):
    good = {"fields": {"project": {"key": "PAY"}, "issuetype": {"name": "Task"}, "summary": "S"}}
    answer = jira_site.post("/issue/bulk", {"issueUpdates": [good, {"fields": {"project": {"key": "NOPE"}}}, good]}).json()
    assert (len(answer["issues"]), [one["failedElementNumber"] for one in answer["errors"]]) == (2, [1])


def test_bulk_create_takes_fifty_at_most(jira_site):
    assert jira_site.post("/issue/bulk", {"issueUpdates": [{}] * 51}).status_code == 400


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"summary": "x" * 256}, "summary"),
        ({"summary": "two\nlines"}, "summary"),
        ({"summary": "  "}, "summary"),
        ({"summary": "nul\x00"}, "summary"),
        ({"description": "plain"}, "description"),
        ({"description": text("bell\x07")}, "description"),
        ({"description": {"type": "doc", "version": 1, "content": [{"type": "text", "text": "loose"}]}}, "description"),
        (
            {
                "description": {
                    "type": "doc",
                    "version": 1,
                    "content": [{"type": "paragraph", "content": [{"type": "text", "text": ""}]}],
                }
            },
            "description",
        ),
        ({"labels": ["two words"]}, "labels"),
        ({"labels": ["x" * 256]}, "labels"),
        ({"labels": "one"}, "labels"),
        ({"priority": {"id": "99"}}, "priority"),
        ({"assignee": {"accountId": "nobody"}}, "assignee"),
        ({"issuetype": {"name": "Nope"}}, "issuetype"),
        ({"status": {"name": "Done"}}, "status"),
        ({"customfield_1": 1}, "customfield_1"),
        ({"duedate": "tomorrow"}, "duedate"),
    ],
)
def test_a_wrong_value_is_refused_by_field_and_nothing_is_written(jira_site, fields, named):
    key = jira_site.create("Old")
    before = jira_site.site.issue(key)
    answer = jira_site.put(f"/issue/{key}", {"fields": {"labels": ["fine"], **fields}})
    assert list(errors(answer)) == [named]
    assert jira_site.site.issue(key) == before


def test_a_text_of_32767_characters_fits_and_one_more_does_not(jira_site):
    key = jira_site.create(description=text("x" * 32_767))
    answer = jira_site.put(f"/issue/{key}", {"fields": {"description": text("x" * 32_768)}})
    assert errors(answer) == {"description": "CONTENT_LIMIT_EXCEEDED"}


@pytest.mark.parametrize("content", ["🦄 é", "‮gnirts", "a\tb", " "])
def test_any_other_text_is_kept_as_it_is(jira_site, content):
    key = jira_site.create(f"x{content}x", description=text(content))
    fields = jira_site.get(f"/issue/{key}").json()["fields"]
    assert (fields["summary"], fields["description"]) == (f"x{content}x", text(content))


def test_every_wrong_field_is_named_at_once(jira_site):
    key = jira_site.create()
    answer = jira_site.put(f"/issue/{key}", {"fields": {"summary": "", "priority": {"id": "99"}}})
    assert errors(answer).keys() == {"summary", "priority"}


def test_a_priority_outside_the_projects_scheme_is_refused(jira_site):
    """Trap: the site knows the priority, the project's scheme does not."""
    jira_site.site.state.projects[jira_site.project.id].priorities = ("2", "3")
    key = jira_site.create()
    assert list(errors(jira_site.put(f"/issue/{key}", {"fields": {"priority": {"id": "1"}}}))) == ["priority"]
    allowed = jira_site.get("/priority/search", projectId=jira_site.project.id).json()["values"]
    assert [one["id"] for one in allowed] == ["2", "3"]


def test_a_field_off_the_screen_is_refused_and_missing_from_the_metadata(jira_site):
    jira_site.site.take_off_screen("PAY", "priority")
    key = jira_site.create()
    message = errors(jira_site.put(f"/issue/{key}", {"fields": {"priority": {"id": "1"}}}))["priority"]
    assert message == "Field 'priority' cannot be set. It is not on the appropriate screen, or unknown."
    assert "priority" not in jira_site.get(f"/issue/{key}/editmeta").json()["fields"]


def test_label_deltas_keep_what_others_added(jira_site):
    """Trap: a person adds a label while we push ours."""
    key = jira_site.create(labels=["ours"])
    jira_site.site.edit_issue(key, jira_site.ana, add_labels=["theirs"])
    jira_site.put(f"/issue/{key}", {"update": {"labels": [{"add": "new"}, {"remove": "ours"}, {"remove": "absent"}]}})
    assert jira_site.site.issue(key).labels == ("new", "theirs")


def test_a_field_cannot_be_in_fields_and_in_update(jira_site):
    key = jira_site.create()
    answer = jira_site.put(f"/issue/{key}", {"fields": {"labels": []}, "update": {"labels": [{"add": "x"}]}})
    assert list(errors(answer)) == ["labels"]


def test_updated_moves_forward_by_a_millisecond_at_least(jira_site):
    """``updated`` is strictly monotonic per issue, even when the clock stands still."""
    key = jira_site.create()
    stamps = [jira_site.site.issue(key).updated]
    for number in range(3):
        jira_site.put(f"/issue/{key}", {"fields": {"summary": f"S{number}"}})
        stamps.append(jira_site.site.issue(key).updated)
    assert stamps == [stamps[0] + step for step in range(4)]


def test_an_edit_that_changes_nothing_leaves_no_trace(jira_site):
    key = jira_site.create("Same")
    before, seen = jira_site.site.issue(key), len(jira_site.site.events)
    assert jira_site.put(f"/issue/{key}", {"fields": {"summary": "Same"}}).status_code == 204
    assert (jira_site.site.issue(key), len(jira_site.site.events)) == (before, seen)


def test_properties_and_remote_links_do_not_move_updated(jira_site):
    key = jira_site.create()
    before = jira_site.site.issue(key).updated
    jira_site.clock.sleep(5)
    jira_site.put(f"/issue/{key}/properties/p", 1)
    jira_site.post(f"/issue/{key}/remotelink", {"object": {"url": "https://x.test", "title": "X"}})
    assert jira_site.site.issue(key).updated == before


def test_moments_are_written_in_the_readers_zone(jira_site):
    jira_site.knobs.account_time_zone = "America/Vancouver"
    assert jira_site.get("/issue/" + jira_site.create()).json()["fields"]["created"] == "2025-12-31T16:00:00.000-0800"


def test_return_issue_shows_the_new_state(jira_site):
    key = jira_site.create()
    answer = jira_site.put(f"/issue/{key}?returnIssue=true&notifyUsers=false", {"fields": {"summary": "New"}})
    assert (answer.status_code, answer.json()["fields"]["summary"]) == (200, "New")


def test_a_precondition_is_ignored(jira_site):
    """There is no If-Match: compare before writing is all that a client can do."""
    key = jira_site.create()
    answer = jira_site.http.put(f"/issue/{key}", json={"fields": {"summary": "New"}}, headers={"If-Match": '"nothing"'})
    assert answer.status_code == 204


def test_a_field_can_be_dropped_silently(jira_site):
    """Trap: success, and the value is not there; only the read-back shows it."""
    jira_site.knobs.ignored.add("priority")
    key = jira_site.create()
    answer = jira_site.put(f"/issue/{key}", {"fields": {"priority": {"id": "1"}, "summary": "New"}})
    fields = jira_site.get(f"/issue/{key}").json()["fields"]
    assert (answer.status_code, fields["priority"]["name"], fields["summary"]) == (204, "Medium", "New")


def test_a_required_field_is_asked_for_on_create(jira_site):
    jira_site.site.state.projects[jira_site.project.id].required.add("duedate")
    body = {"fields": {"project": {"key": "PAY"}, "issuetype": {"name": "Task"}, "summary": "S"}}
    assert list(errors(jira_site.post("/issue", body))) == ["duedate"]


def test_the_injected_check_judges_rich_text(jira_site):
    jira_site.knobs.adf_check = lambda document: ["the schema says no"]
    key = jira_site.create()
    assert "the schema says no" in errors(jira_site.put(f"/issue/{key}", {"fields": {"description": text("x")}}))["description"]


def test_the_fields_of_an_answer_are_those_asked_for(jira_site):
    key = jira_site.create()
    assert jira_site.get(f"/issue/{key}", fields="summary,nonsense").json()["fields"].keys() == {"summary"}
    assert "comment" not in jira_site.get(f"/issue/{key}", fields="*all,-comment").json()["fields"]


def test_json_that_is_broken_is_refused(jira_site):
    answer = jira_site.http.post("/issue", content=b"{", headers={"content-type": "application/json"})
    assert answer.status_code == 400


NODES = {
    "an unknown node": {"type": "nonsense"},
    "an empty text": {"type": "paragraph", "content": [{"type": "text", "text": ""}]},
    "text outside a paragraph": {"type": "text", "text": "x"},
    "a block in a paragraph": {"type": "paragraph", "content": [{"type": "paragraph", "content": []}]},
}


@pytest.mark.shared
@pytest.mark.parametrize("node", NODES.values(), ids=NODES)
def test_what_the_shape_check_refuses_the_vendors_schema_refuses_too(jira_adf_check, node):
    assert jira_adf_check({"type": "doc", "version": 1, "content": [node]})


@pytest.mark.shared
@pytest.mark.parametrize("content", ["", "one", "one\n\ntwo\nthree", "\r\n\r\nx"])
def test_plain_paragraphs_are_valid_rich_text(jira_adf_check, content):
    """The side doors and the archive put nothing into issues that Jira itself could not hold."""
    assert jira_adf_check(paragraphs(content)) == []


@pytest.mark.shared
def test_the_vendors_schema_can_judge_every_write(jira_site, jira_adf_check):
    jira_site.knobs.adf_check = jira_adf_check
    heading = {"type": "heading", "attrs": {"level": 9}, "content": [{"type": "text", "text": "x"}]}
    key = jira_site.create(description=text("fine"))
    answer = jira_site.put(f"/issue/{key}", {"fields": {"description": {"type": "doc", "version": 1, "content": [heading]}}})
    assert list(errors(answer)) == ["description"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/search/jql", {"jql": "project = PAY", "fields": [1]}),
        ("/search/jql", {"jql": "project = PAY", "fields": "summary"}),
        ("/search/jql", {"jql": "project = PAY", "reconcileIssues": 5}),
        ("/search/jql", {"jql": "project = PAY", "maxResults": "many"}),
        ("/search/jql", ["no object"]),
        ("/issue/bulkfetch", {"issueIdsOrKeys": "PAY-1"}),
        ("/issue/bulkfetch", {}),
        ("/changelog/bulkfetch", {"issueIdsOrKeys": {}}),
        ("/issue", {"fields": []}),
        ("/issue", {}),
        ("/issue/PAY-1/comment", {"body": {"type": "doc"}}),
        ("/issue/PAY-1/transitions", {"transition": "11"}),
        ("/issue/PAY-1/remotelink", {"object": {}}),
    ],
)
def test_a_malformed_request_is_a_400_and_never_a_crash(jira_site, path, body):
    jira_site.create()
    assert jira_site.post(path, body).status_code == 400
