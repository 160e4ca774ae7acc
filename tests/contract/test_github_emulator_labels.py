"""The GitHub emulator: labels, comments, milestones, events."""

from __future__ import annotations

import pytest


def names(answer):
    return [label["name"] for label in answer.json]


def test_a_label_is_created_read_renamed_and_deleted(github):
    made = github.ask("POST", "/labels", {"name": "priority/high", "color": "FF0000", "description": "soon"})
    assert (made.status, made.json["color"], made.json["description"]) == (201, "ff0000", "soon")
    assert github.ask("GET", "/labels/Priority%2FHIGH").json == made.json
    changed = github.ask("PATCH", "/labels/priority%2Fhigh", {"new_name": "p1"}).json
    assert (changed["name"], changed["id"]) == ("p1", made.json["id"])
    assert github.ask("DELETE", "/labels/p1").status == 204
    assert github.ask("GET", "/labels/p1").status == 404


def test_a_label_that_exists_in_another_case_is_refused(github):
    github.server.add_label("acme/api", "Bug")
    refused = github.ask("POST", "/labels", {"name": "bUG"})
    assert refused.status == 422
    assert refused.json["errors"] == [{"resource": "Label", "field": "name", "code": "already_exists"}]


@pytest.mark.parametrize(
    "body", [{"name": "x" * 51}, {"name": " "}, {"name": "x", "color": "red"}, {"name": "x", "description": "d" * 101}, {}]
)
def test_labels_that_do_not_fit_are_refused(github, body):
    assert github.ask("POST", "/labels", body).status == 422


def test_renaming_a_label_does_not_stamp_the_issues_that_bear_it(github):
    github.open(1, labels=["bug"])
    before = github.ask("GET", "/issues/1").json["updated_at"]
    github.server.rename_label("acme/api", "bug", "defect")
    after = github.ask("GET", "/issues/1").json
    assert (after["updated_at"], after["labels"][0]["name"]) == (before, "defect")


def test_adding_leaves_other_labels_alone_and_creates_unknown_ones(github):
    github.open(1, labels=["mine"])
    assert names(github.ask("POST", "/issues/1/labels", {"labels": ["MINE", "new"]})) == ["mine", "new"]
    assert sorted(names(github.ask("GET", "/labels"))) == ["mine", "new"]


def test_adding_a_label_twice_stamps_once(github):
    github.open(1, labels=["a"])
    before = github.ask("GET", "/issues/1").json["updated_at"]
    github.ask("POST", "/issues/1/labels", {"labels": ["a"]})
    assert github.ask("GET", "/issues/1").json["updated_at"] == before
    github.clock.sleep(1)
    github.ask("POST", "/issues/1/labels", {"labels": ["b"]})
    assert github.ask("GET", "/issues/1").json["updated_at"] > before


def test_removing_an_absent_label_answers_404(github):
    github.open(1, labels=["a/b", "c"])
    assert names(github.ask("DELETE", "/issues/1/labels/A%2Fb")) == ["c"]
    assert github.ask("DELETE", "/issues/1/labels/a%2Fb").status == 404


def test_replacing_and_clearing(github):
    github.open(1, labels=["a"])
    assert names(github.ask("PUT", "/issues/1/labels", {"labels": ["b"]})) == ["b"]
    assert github.ask("DELETE", "/issues/1/labels").status == 204
    assert names(github.ask("GET", "/issues/1/labels")) == []


def test_labels_cannot_be_created_without_push_access(github):
    github.server.knobs.default_role = "read"
    assert github.ask("POST", "/labels", {"name": "x"}).status == 404


def test_labels_are_paged_by_number(github):
    for number in range(5):
        github.server.add_label("acme/api", f"l{number}")
    assert len(github.pages("/labels", per_page="2")) == 5
    middle = github.ask("GET", "/labels", per_page="2", page="2")
    assert [rel in middle.headers["link"] for rel in ('rel="prev"', 'rel="next"', 'rel="last"', 'rel="first"')] == [True] * 4


def test_a_comment_stamps_its_issue(github):
    github.open(1)
    before = github.ask("GET", "/issues/1").json["updated_at"]
    made = github.ask("POST", "/issues/1/comments", {"body": "hello"})
    assert made.status == 201
    issue = github.ask("GET", "/issues/1").json
    assert (issue["comments"], issue["updated_at"] > before) == (1, True)
    github.clock.sleep(9)
    github.ask("PATCH", f"/issues/comments/{made.json['id']}", {"body": "hello again"})
    assert github.ask("GET", "/issues/1").json["updated_at"] > issue["updated_at"]


def test_comments_of_the_whole_repository_include_those_of_pull_requests(github):
    github.open(1)
    github.server.add_pull_request("acme/api", "pr")
    first = github.server.comment("acme/api", 1, "one")
    github.clock.sleep(5)
    github.server.comment("acme/api", 2, "two")
    github.clock.sleep(5)
    github.server.edit_comment(first, "one, edited")
    shown = github.pages("/issues/comments", sort="updated", direction="asc")
    assert [comment["body"] for comment in shown] == ["two", "one, edited"]
    later = github.pages("/issues/comments", sort="updated", direction="asc", since=shown[1]["updated_at"])
    assert [comment["body"] for comment in later] == ["one, edited"]
    assert [comment["body"] for comment in github.pages("/issues/1/comments")] == ["one, edited"]


@pytest.mark.parametrize("body", [{"body": ""}, {"body": "x" * 65_537}, {"body": "\0"}, {}])
def test_comments_that_do_not_fit_are_refused(github, body):
    github.open(1)
    assert github.ask("POST", "/issues/1/comments", body).status == 422


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2020-09-24T06:59:00Z", "2020-09-23T07:00:00Z"),
        ("2020-09-24T12:00:00Z", "2020-09-24T07:00:00Z"),
        ("2020-12-24T12:00:00Z", "2020-12-24T08:00:00Z"),
    ],
)
def test_a_due_date_is_floored_to_midnight_pacific(github, sent, kept):
    assert github.ask("POST", "/milestones", {"title": "v1", "due_on": sent}).json["due_on"] == kept


def test_milestone_titles_are_unique_and_counts_are_kept(github):
    github.ask("POST", "/milestones", {"title": "v1"})
    assert github.ask("POST", "/milestones", {"title": "v1"}).status == 422
    github.server.add_issue("acme/api", "x", milestone=1)
    github.server.add_issue("acme/api", "y", milestone=1)
    github.server.close("acme/api", 2)
    shown = github.ask("GET", "/milestones/1").json
    assert (shown["open_issues"], shown["closed_issues"]) == (1, 1)
    assert github.ask("PATCH", "/milestones/1", {"state": "closed"}).json["closed_at"] is not None
    assert github.ask("GET", "/milestones").json == []


def test_events_and_timeline_tell_what_happened(github):
    github.open(1, labels=["a"], actor="ana")
    github.server.edit_issue("acme/api", 1, title="new", labels=["b"], state="closed", assignees=["ana"])
    github.server.comment("acme/api", 1, "done")
    kinds = [event["event"] for event in github.ask("GET", "/issues/1/events").json]
    assert kinds == ["labeled", "renamed", "closed", "unlabeled", "labeled", "assigned"]
    assert [event["event"] for event in github.ask("GET", "/issues/1/timeline").json] == [*kinds, "commented"]
    assert [event["event"] for event in github.ask("GET", "/issues/events").json] == kinds[::-1]


def test_the_permission_of_an_account_needs_push_access(github):
    github.server.add_user("ana")
    github.server.set_role("acme/api", "ana", "read")
    assert github.ask("GET", "/collaborators/ana/permission").json["permission"] == "read"
    github.server.set_role("acme/api", "pmsync-bot", "read")
    assert github.ask("GET", "/collaborators/ana/permission").status == 403
