"""Other people and other circumstances on the stand-in: moves, deletes, permissions, histories, comments, broken sign-ins."""

from __future__ import annotations

import httpx
import pytest

from pmsync.testing.emulator import transport

TEXT = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Hi"}]}]}


def test_a_moved_issue_keeps_its_id_and_its_old_key_resolves(jira_site):
    """Trap: the key moves between read and write; identity is the id."""
    jira_site.site.add_project("WEB", "Web")
    key = jira_site.create()
    before = jira_site.get(f"/issue/{key}").json()
    jira_site.site.move_issue(key, "WEB", jira_site.ana)
    after = jira_site.get(f"/issue/{key}").json()
    assert (after["id"], after["key"], after["fields"]["project"]["key"]) == (before["id"], "WEB-1", "WEB")
    assert jira_site.put(f"/issue/{key}", {"fields": {"summary": "Still"}}).status_code == 204
    assert jira_site.keys("project = PAY") == []


def test_a_deleted_issue_is_gone_by_key_and_by_id(jira_site):
    key = jira_site.create()
    id_ = jira_site.site.issue(key).id
    jira_site.site.delete_issue(key, jira_site.ana)
    assert [jira_site.get(f"/issue/{name}").status_code for name in (key, id_)] == [404, 404]
    assert jira_site.put(f"/issue/{key}", {"fields": {"summary": "x"}}).status_code == 404


@pytest.mark.parametrize(
    ("permission", "method", "path", "body"),
    [
        (
            "CREATE_ISSUES",
            "POST",
            "/issue",
            {"fields": {"project": {"key": "PAY"}, "issuetype": {"name": "Task"}, "summary": "S"}},
        ),
        ("EDIT_ISSUES", "PUT", "/issue/PAY-1", {"fields": {"summary": "S"}}),
        ("EDIT_ISSUES", "PUT", "/issue/PAY-1/properties/p", 1),
        ("ADMINISTER_PROJECTS", "PUT", "/project/PAY/properties/p", 1),
        ("ADMINISTER_PROJECTS", "POST", "/version", {"name": "1", "project": "PAY"}),
        ("ADD_COMMENTS", "POST", "/issue/PAY-1/comment", {"body": TEXT}),
        ("DELETE_ISSUES", "DELETE", "/issue/PAY-1", None),
    ],
)
def test_a_missing_permission_is_told_and_refused(jira_site, permission, method, path, body):
    jira_site.create()
    jira_site.site.deny(permission, "PAY")
    told = jira_site.get("/mypermissions", projectKey="PAY", permissions=permission).json()["permissions"][permission]
    answer = jira_site.http.request(method, path, json=body)
    assert (told["havePermission"], answer.status_code) == (False, 403)
    jira_site.site.allow(permission, "PAY")
    assert jira_site.http.request(method, path, json=body).status_code < 300


def test_a_project_that_may_not_be_browsed_does_not_exist(jira_site):
    key = jira_site.create()
    jira_site.site.deny("BROWSE_PROJECTS", "PAY")
    assert jira_site.get("/project/PAY").status_code == 404
    assert jira_site.get(f"/issue/{key}").status_code == 404
    assert jira_site.get("/project/search").json()["values"] == []
    assert jira_site.post("/search/jql", {"jql": "project = PAY"}).status_code == 400


@pytest.mark.parametrize("auth", [("bot@example.com", "wrong"), ("ana@acme.com", ""), None])
def test_a_wrong_or_missing_token_is_refused(jira_site, auth):
    client = httpx.Client(transport=transport(jira_site.wrapped), base_url=jira_site.http.base_url, auth=auth)
    assert client.get("/myself").status_code == 401


def test_maintenance_is_an_html_page(jira_site):
    jira_site.knobs.maintenance = True
    answer = jira_site.get("/myself")
    assert (answer.status_code, answer.text.startswith("<!DOCTYPE html>")) == (503, True)


def test_a_deactivated_account_cannot_sign_in_or_be_assigned(jira_site):
    key = jira_site.create()
    jira_site.site.change_user(jira_site.ana, active=False)
    answer = jira_site.put(f"/issue/{key}", {"fields": {"assignee": {"accountId": jira_site.ana}}})
    assert list(answer.json()["errors"]) == ["assignee"]
    jira_site.site.change_user(jira_site.site.bot.account_id, active=False)
    assert jira_site.get("/myself").status_code == 401


def test_e_mail_addresses_are_hidden_unless_their_owner_shows_them(jira_site):
    assert "emailAddress" not in jira_site.get("/user", accountId=jira_site.ana).json()
    jira_site.site.change_user(jira_site.ana, email_visible=True)
    assert jira_site.get("/user", accountId=jira_site.ana).json()["emailAddress"] == "ana@acme.com"


def test_the_history_tells_who_changed_what(jira_site):
    key = jira_site.create("Old", labels=["a"])
    jira_site.site.edit_issue(key, jira_site.ana, summary="New", add_labels=["b"], status="Done")
    entry = jira_site.get(f"/issue/{key}/changelog").json()["values"][0]
    lines = {item["fieldId"]: (item["fromString"], item["toString"]) for item in entry["items"]}
    assert entry["author"]["accountId"] == jira_site.ana
    assert lines["summary"] == ("Old", "New")
    assert lines["labels"] == ("a", "a b")
    assert lines["status"] == ("To Do", "Done")


def test_bulk_histories_are_filtered_paged_and_stamped_with_milliseconds(jira_site):
    keys = [jira_site.create(f"S{number}") for number in range(3)]
    for key in keys:
        jira_site.clock.sleep(1)
        jira_site.site.edit_issue(key, jira_site.ana, summary="New", priority="High")
    body = {"issueIdsOrKeys": keys, "fieldIds": ["priority"], "maxResults": 2}
    first = jira_site.post("/changelog/bulkfetch", body).json()
    second = jira_site.post("/changelog/bulkfetch", {**body, "nextPageToken": first["nextPageToken"]}).json()
    entries = [entry for page in (first, second) for log in page["issueChangeLogs"] for entry in log["changeHistories"]]
    assert [[item["fieldId"] for item in entry["items"]] for entry in entries] == [["priority"]] * 3
    assert [entry["created"] for entry in entries] == [jira_site.site.issue(key).updated for key in keys]
    assert "nextPageToken" not in second


def test_comments_are_adf_and_move_updated(jira_site):
    key = jira_site.create()
    before = jira_site.site.issue(key).updated
    assert jira_site.post(f"/issue/{key}/comment", {"body": "plain"}).status_code == 400
    assert jira_site.post(f"/issue/{key}/comment", {"body": TEXT}).status_code == 201
    assert jira_site.site.issue(key).updated > before
    assert jira_site.get(f"/issue/{key}/comment", orderBy="-created").json()["total"] == 1


def test_an_internal_comment_is_not_public(jira_site):
    """Trap: a body-only edit keeps the flag, and nothing else may take it away."""
    key = jira_site.create()
    flag = {"key": "sd.public.comment", "value": {"internal": True}}
    comment = jira_site.post(f"/issue/{key}/comment", {"body": TEXT, "properties": [flag]}).json()
    edited = jira_site.put(f"/issue/{key}/comment/{comment['id']}", {"body": TEXT}).json()
    assert (comment["jsdPublic"], edited["jsdPublic"]) == (False, False)


def test_a_remote_link_that_is_posted_again_forgets_what_is_left_out(jira_site):
    key = jira_site.create()
    link = {"globalId": "g", "object": {"url": "https://x.test", "title": "X"}}
    jira_site.post(f"/issue/{key}/remotelink", {**link, "relationship": "mirrors"})
    assert jira_site.post(f"/issue/{key}/remotelink", link).status_code == 200
    assert "relationship" not in jira_site.get(f"/issue/{key}/remotelink", globalId="g").json()


def test_the_event_log_is_the_ground_truth(jira_site):
    """Accepted writes are told with their actor, refused ones as refused, reads not at all."""
    key = jira_site.create()
    jira_site.get(f"/issue/{key}")
    jira_site.put(f"/issue/{key}", {"fields": {"summary": ""}})
    jira_site.site.edit_issue(key, jira_site.ana, summary="By Ana")
    told = [(event.verb, event.actor) for event in jira_site.site.events]
    assert told == [("create", jira_site.site.bot.account_id), ("refused", "api"), ("edit", jira_site.ana)]


def test_an_issue_with_a_security_level_shows_it(jira_site):
    level = jira_site.site.add_security_level("Staff")
    jira_site.site.add_issue("PAY", "Secret", security=level)
    assert jira_site.get("/issue/PAY-1").json()["fields"]["security"]["name"] == "Staff"


def test_versions_are_unique_by_name_within_a_project(jira_site):
    jira_site.post("/version", {"name": "1.0", "project": "PAY"})
    assert list(jira_site.post("/version", {"name": "1.0", "project": "PAY"}).json()["errors"]) == ["name"]


def test_renaming_a_version_does_not_move_its_issues(jira_site):
    version = jira_site.site.add_version("PAY", "1.0")
    issue = jira_site.site.add_issue("PAY", "A thing", fix_versions=["1.0"])
    jira_site.clock.sleep(5)
    jira_site.put(f"/version/{version.id}", {"name": "1.1"})
    fields = jira_site.get(f"/issue/{issue.key}").json()["fields"]
    assert (fields["fixVersions"][0]["name"], jira_site.site.issue(issue.key).updated) == ("1.1", issue.updated)


def test_what_is_not_implemented_says_so(jira_site):
    paths = ("/dashboard", "/issue/createmeta", "/issue/picker", "/workflow/search")
    assert [jira_site.get(path).status_code for path in paths] == [501] * len(paths)


def test_the_server_tells_its_own_time(jira_site):
    """The Date header comes from the injected clock: cursors are built from server time."""
    jira_site.clock.advance_to(1_800_000_000)
    assert jira_site.get("/myself").headers["date"] == "Fri, 15 Jan 2027 08:00:00 GMT"
