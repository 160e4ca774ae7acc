"""The official Python SDK works against the stand-in over real sockets, so that it is not graded by our own client alone."""

from __future__ import annotations

import httpx
import pytest
from jira import JIRA
from jira.exceptions import JIRAError

from pmsync.testing.emulator import serve

TEXT = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Hello"}]}]}


def connect(url, token):
    return JIRA(url, options={"rest_api_version": "3"}, basic_auth=("bot@example.com", token), max_retries=0, timeout=10)


@pytest.fixture
def sdk(jira_site):
    """A signed-in SDK client of a served site whose every answer is validated; three issues are there."""
    for number, labels in enumerate((["a"], [], ["a", "b"]), 1):
        jira_site.site.add_issue("PAY", f"Issue {number}", labels=labels)
    with serve(jira_site.wrapped) as url:
        client = connect(url, jira_site.site.bot.token)
        yield client
        client.close()


def test_server_info_tells_that_it_is_cloud(sdk):
    assert sdk.server_info()["deploymentType"] == "Cloud"


def test_myself_tells_account_and_time_zone(sdk, jira_site):
    me = sdk.myself()
    assert (me["accountId"], me["timeZone"]) == (jira_site.site.bot.account_id, "UTC")


def test_projects_are_listed_and_read(sdk):
    assert [project.key for project in sdk.projects()] == ["PAY"]
    assert sdk.project("PAY").name == "Payments"


def test_fields_statuses_and_priorities_are_listed(sdk):
    assert {"summary", "priority", "labels"} <= {one["id"] for one in sdk.fields()}
    assert [one.name for one in sdk.statuses()] == ["To Do", "In Progress", "Done"]
    assert [one.name for one in sdk.priorities()] == ["Highest", "High", "Medium", "Low", "Lowest"]


def test_search_follows_tokens_to_the_end(sdk, jira_site):
    jira_site.knobs.page_cap = 2
    found = sdk.search_issues("project = PAY ORDER BY key ASC", maxResults=0)
    assert [issue.key for issue in found] == ["PAY-1", "PAY-2", "PAY-3"]
    assert [issue.fields.labels for issue in found] == [["a"], [], ["a", "b"]]


def test_search_by_post_and_named_fields(sdk):
    found = sdk.enhanced_search_issues("labels = a ORDER BY key ASC", fields="summary,status", use_post=True)
    assert [(issue.key, issue.fields.summary, issue.fields.status.name) for issue in found] == [
        ("PAY-1", "Issue 1", "To Do"),
        ("PAY-3", "Issue 3", "To Do"),
    ]


def test_the_approximate_count(sdk):
    assert sdk.approximate_issue_count("project = PAY") == 3


def test_create_reads_back_what_was_created(sdk):
    issue = sdk.create_issue(
        project="PAY", summary="New", description=TEXT, issuetype={"name": "Bug"}, labels=["x"], priority={"name": "High"}
    )
    assert (issue.key, issue.fields.summary, issue.fields.priority.name, issue.fields.issuetype.name) == (
        "PAY-4",
        "New",
        "High",
        "Bug",
    )
    assert issue.raw["fields"]["description"] == TEXT


def test_several_are_created_at_once(sdk):
    fields = {"project": {"key": "PAY"}, "issuetype": {"name": "Task"}}
    made = sdk.create_issues([{**fields, "summary": "One"}, {**fields, "summary": "Two\nlines"}])
    assert [one["status"] for one in made] == ["Success", "Error"]
    assert "newline" in made[1]["error"]["summary"]


def test_update_and_labels_by_deltas(sdk):
    issue = sdk.issue("PAY-1")
    issue.update(fields={"summary": "Renamed"}, update={"labels": [{"add": "z"}, {"remove": "a"}]})
    assert (issue.fields.summary, issue.fields.labels) == ("Renamed", ["z"])


def test_transitions_are_offered_and_taken(sdk):
    assert [one["name"] for one in sdk.transitions("PAY-1")] == ["To Do", "In Progress", "Done"]
    sdk.transition_issue("PAY-1", "Done")
    issue = sdk.issue("PAY-1")
    assert (issue.fields.status.name, issue.fields.resolution.name) == ("Done", "Done")


def test_a_comment_is_written_changed_and_listed(sdk):
    comment = sdk.add_comment("PAY-1", TEXT)
    other = {**TEXT, "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Bye"}]}]}
    comment.update(body=other)
    assert [one.raw["body"] for one in sdk.comments("PAY-1")] == [other]


def test_a_plain_string_is_no_comment(sdk):
    with pytest.raises(JIRAError) as refused:
        sdk.add_comment("PAY-1", "plain")
    assert refused.value.status_code == 400


def test_a_remote_link_is_upserted_by_its_global_id(sdk):
    with pytest.warns(Warning, match="applicationlinks"):
        first = sdk.add_remote_link("PAY-1", {"url": "https://x.test/1", "title": "One"}, globalId="g")
    with pytest.warns(Warning, match="applicationlinks"):
        second = sdk.add_remote_link("PAY-1", {"url": "https://x.test/2", "title": "Two"}, globalId="g")
    assert first.id == second.id
    assert [link.object.title for link in sdk.remote_links("PAY-1")] == ["Two"]


def test_issues_are_linked(sdk):
    sdk.create_issue_link("Blocks", inwardIssue="PAY-1", outwardIssue="PAY-2")
    link = sdk.issue("PAY-1").fields.issuelinks[0]
    assert (link.type.name, link.outwardIssue.key) == ("Blocks", "PAY-2")


def test_a_version_is_created_listed_and_released(sdk):
    version = sdk.create_version("1.0", "PAY", releaseDate="2026-05-01")
    version.update(released=True)
    assert [(one.name, one.released, one.releaseDate) for one in sdk.project_versions("PAY")] == [("1.0", True, "2026-05-01")]


def test_a_version_is_renamed_archived_and_its_name_is_unique(sdk):
    version = sdk.create_version("1.0", "PAY")
    version.update(name="1.1", archived=True)
    assert [(one.name, one.archived) for one in sdk.project_versions("PAY")] == [("1.1", True)]
    with pytest.raises(JIRAError) as refused:
        sdk.create_version("1.1", "PAY")
    assert refused.value.status_code == 400


def test_an_issue_goes_into_a_version_and_under_a_parent(sdk):
    version = sdk.create_version("1.0", "PAY")
    epic = sdk.create_issue(project="PAY", summary="Epic", issuetype={"name": "Epic"})
    issue = sdk.issue("PAY-1")
    issue.update(fields={"parent": {"id": epic.id}}, update={"fixVersions": [{"add": {"id": version.id}}]})
    assert ([one.name for one in issue.fields.fixVersions], issue.fields.parent.key) == (["1.0"], epic.key)
    issue.update(update={"parent": [{"set": {"none": True}}]})
    assert issue.fields.parent is None


def test_a_parent_stands_one_level_above_its_child(sdk):
    with pytest.raises(JIRAError) as refused:
        sdk.issue("PAY-1").update(fields={"parent": {"key": "PAY-2"}})
    assert refused.value.status_code == 400


def test_a_link_is_read_and_taken_away(sdk):
    sdk.create_issue_link("Blocks", inwardIssue="PAY-1", outwardIssue="PAY-2")
    [shown] = sdk.issue("PAY-2").fields.issuelinks
    link = sdk.issue_link(shown.id)
    assert (link.inwardIssue.key, link.outwardIssue.key, link.type.inward) == ("PAY-1", "PAY-2", "is blocked by")
    link.delete()
    assert [sdk.issue(key).fields.issuelinks for key in ("PAY-1", "PAY-2")] == [[], []]


def test_an_issue_property_is_kept(sdk):
    sdk.add_issue_property("PAY-1", "mark", {"uid": "x"})
    assert sdk.issue_property("PAY-1", "mark").value.uid == "x"


def test_a_deleted_issue_is_gone(sdk):
    sdk.issue("PAY-1").delete()
    with pytest.raises(JIRAError) as gone:
        sdk.issue("PAY-1")
    assert gone.value.status_code == 404


def test_a_wrong_token_is_refused(jira_site):
    with serve(jira_site.wrapped) as url, pytest.raises(JIRAError) as refused:
        connect(url, "wrong")
    assert refused.value.status_code == 401


def test_a_served_answer_has_the_stand_ins_date_alone(jira_site):
    """Cursors are built from server time, which is the injected clock's, not the machine's."""
    with serve(jira_site.wrapped) as url:
        answer = httpx.get(f"{url}/rest/api/3/serverInfo")
    assert answer.headers.get_list("date") == ["Thu, 01 Jan 2026 00:00:00 GMT"]
