"""The official Python SDK, which speaks version 2 unless told otherwise, works against the stand-in of Data Center over real sockets."""

from __future__ import annotations

import pytest
from jira import JIRA
from jira.exceptions import JIRAError

from pmsync.net.clock import VirtualClock
from pmsync.testing.emulator import serve
from pmsync_jira.emulator import JiraEmulator, JiraKnobs


@pytest.fixture
def site():
    site = JiraEmulator(VirtualClock(), JiraKnobs(deployment="datacenter", search_max=2))
    site.add_project("PAY", "Payments")
    for number, labels in enumerate((["a"], [], ["a", "b"]), 1):
        site.add_issue("PAY", f"Issue {number}", labels=labels)
    return site


@pytest.fixture
def sdk(site):
    with serve(site) as url:
        client = JIRA(url, token_auth=site.bot.token, max_retries=0, timeout=10)
        yield client
        client.close()


def test_it_is_taken_for_a_server(sdk):
    assert sdk.server_info()["deploymentType"] == "Server"
    assert not sdk._is_cloud


def test_myself_has_a_name_and_a_key(sdk):
    me = sdk.myself()
    assert (me["name"], me["key"], "accountId" in me) == ("pmsync-bot", "JIRAUSER10000", False)


def test_search_goes_by_offset_and_tells_the_total(sdk):
    found = sdk.search_issues("project = PAY ORDER BY key ASC", maxResults=2)
    assert ([issue.key for issue in found], found.total, found.maxResults) == (["PAY-1", "PAY-2"], 3, 2)
    rest = sdk.search_issues("project = PAY ORDER BY key ASC", startAt=2, maxResults=50)
    assert ([issue.key for issue in rest], rest.maxResults) == (["PAY-3"], 2)


def test_search_expands_the_whole_history(sdk, site):
    site.edit_issue("PAY-1", site.bot.account_id, summary="Second")
    site.edit_issue("PAY-1", site.bot.account_id, summary="Third")
    [issue] = sdk.search_issues("key = PAY-1", expand="changelog")
    assert [history.items[0].toString for history in issue.changelog.histories] == ["Second", "Third"]
    assert not hasattr(issue.changelog.histories[0].items[0], "fieldId")


def test_texts_are_wiki_markup(sdk):
    issue = sdk.create_issue(
        project="PAY", summary="New", description="h1. Big\n*bold*", issuetype={"name": "Bug"}, priority={"name": "High"}
    )
    assert sdk.issue(issue.key).fields.description == "h1. Big\n*bold*"
    comment = sdk.add_comment(issue.key, "{{code}}")
    comment.update(body="other")
    assert [one.body for one in sdk.comments(issue.key)] == ["other"]


def test_a_document_is_no_text_here(sdk):
    with pytest.raises(JIRAError) as refused:
        sdk.issue("PAY-1").update(fields={"description": {"type": "doc", "version": 1, "content": []}})
    assert refused.value.status_code == 400


def test_people_are_assigned_by_name(sdk, site):
    ana = site.add_user("Ana Lee", email="ana@acme.com")
    issue = sdk.issue("PAY-1")
    issue.update(fields={"assignee": {"name": "ana.lee"}})
    assert (issue.fields.assignee.name, issue.fields.assignee.key) == ("ana.lee", ana.account_id)
    assert sdk.user("ana.lee").displayName == "Ana Lee"
    assert [one.name for one in sdk.search_users("ana")] == ["ana.lee"]


def test_epics_have_a_name_and_are_linked_by_key(sdk):
    names = {one["name"]: one["id"] for one in sdk.fields()}
    link, name = names["Epic Link"], names["Epic Name"]
    epic = sdk.create_issue(project="PAY", summary="Epic", issuetype={"name": "Epic"}, **{name: "Epic"})
    issue = sdk.issue("PAY-1")
    issue.update(fields={link: epic.key})
    assert issue.raw["fields"][link] == epic.key
    assert issue.raw["fields"]["parent"] is None
    with pytest.raises(JIRAError) as refused:
        issue.update(fields={link: "PAY-2"})
    assert link in refused.value.response.json()["errors"]


def test_transitions_versions_and_links_are_as_on_cloud(sdk):
    sdk.transition_issue("PAY-1", "Done")
    assert sdk.issue("PAY-1").fields.status.name == "Done"
    version = sdk.create_version("1.0", "PAY", releaseDate="2026-05-01")
    sdk.issue("PAY-1").update(update={"fixVersions": [{"add": {"id": version.id}}]})
    sdk.create_issue_link("Blocks", inwardIssue="PAY-1", outwardIssue="PAY-2")
    issue = sdk.issue("PAY-1")
    assert ([one.name for one in issue.fields.fixVersions], issue.fields.issuelinks[0].outwardIssue.key) == (["1.0"], "PAY-2")


def test_create_screens_come_in_pages_of_values(sdk):
    kinds = sdk.project_issue_types("PAY")
    assert "Epic" in [kind.name for kind in kinds]
    epic = next(kind for kind in kinds if kind.name == "Epic")
    fields = {one.fieldId: one for one in sdk.project_issue_fields("PAY", epic.id)}
    assert fields["customfield_10009"].required


def test_a_wrong_token_is_refused(site):
    with serve(site) as url, pytest.raises(JIRAError) as refused:
        JIRA(url, token_auth="wrong", max_retries=0, timeout=10)
    assert refused.value.status_code == 401


def test_what_only_cloud_has_is_not_there(site):
    from pmsync.testing.emulator import Request

    headers = {"authorization": f"Bearer {site.bot.token}"}
    for method, path in (
        ("POST", "/rest/api/2/issue/bulkfetch"),
        ("POST", "/rest/api/2/search/jql"),
        ("POST", "/rest/api/2/changelog/bulkfetch"),
        ("GET", "/rest/api/3/myself"),
    ):
        assert site.handle(Request(method, path, (), headers, b"{}")).status == 501, path
