"""The GitHub emulator: issue lists, single reads, creates, edits, and what is refused or dropped."""

from __future__ import annotations

import pytest

from pmsync_github.emulator import TOKEN

OTHER = "ghp_other"


def link(answer):
    return answer.headers.get("link", "")


def test_a_list_is_paged_by_cursor_and_names_only_the_next_page(github):
    github.open(5)
    first = github.ask("GET", "/issues", state="all", sort="updated", direction="asc", per_page="2")
    assert [issue["number"] for issue in first.json] == [1, 2]
    assert "after=" in link(first)
    assert 'rel="next"' in link(first)
    assert 'rel="last"' not in link(first)
    assert "/repositories/" in link(first)


def test_following_the_links_shows_every_issue_once(github):
    github.open(7)
    assert [
        issue["number"] for issue in github.pages("/issues", state="all", sort="created", direction="asc", per_page="3")
    ] == list(range(1, 8))


def test_an_issue_touched_while_paging_shifts_no_other_past_the_cursor(github):
    """C5: with page numbers one issue would be skipped here."""
    github.open(6)
    first = github.ask("GET", "/issues", state="all", sort="updated", direction="asc", per_page="3")
    github.server.edit_issue("acme/api", 1, title="touched")
    rest = github.follow(link(first).split(">")[0][1:])
    assert [issue["number"] for issue in rest.json] == [4, 5, 6]


def test_a_page_number_beyond_the_window_is_refused_as_on_large_repositories(github):
    github.server.knobs.page_window = 200
    assert github.ask("GET", "/issues", per_page="100", page="2").status == 200
    refused = github.ask("GET", "/issues", per_page="100", page="3")
    assert refused.status == 422
    assert "cursor based pagination" in refused.json["message"]


def test_small_lists_can_be_linked_by_page_number_as_github_does(github):
    github.server.knobs.page_links_below = 100
    github.open(4)
    first = github.ask("GET", "/issues", per_page="3")
    assert "page=2" in link(first)
    assert "after=" not in link(first)
    assert 'rel="last"' in link(first)


def test_a_page_holds_at_most_a_hundred(github):
    github.open(101)
    assert len(github.ask("GET", "/issues", per_page="1000").json) == 100
    assert len(github.ask("GET", "/issues").json) == 30


def test_pull_requests_stand_in_the_list_and_share_the_numbers(github):
    github.open(1)
    github.server.add_pull_request("acme/api", "a change")
    github.open(1)
    shown = github.pages("/issues", direction="asc")
    assert [(issue["number"], "pull_request" in issue) for issue in shown] == [(1, False), (2, True), (3, False)]


def test_since_includes_the_second_it_names(github):
    issues = github.open(3)
    at = github.ask("GET", "/issues/2").json["updated_at"]
    assert issues[1].number == 2
    shown = github.pages("/issues", state="all", sort="updated", direction="asc", since=at)
    assert [issue["number"] for issue in shown] == [2, 3]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"state": "closed"}, [2]),
        ({}, [1, 3]),
        ({"labels": "BUG"}, [1]),
        ({"labels": "bug,p1", "state": "all"}, []),
        ({"creator": "ana", "state": "all"}, [3]),
        ({"assignee": "ana"}, [3]),
        ({"assignee": "none"}, [1]),
    ],
)
def test_filters(github, query, numbers):
    github.server.add_issue("acme/api", "one", labels=["bug"])
    github.server.add_issue("acme/api", "two", labels=["p1"])
    github.server.close("acme/api", 2)
    github.server.add_user("ana")
    github.server.add_issue("acme/api", "three", actor="ana", assignees=["ana"])
    assert [issue["number"] for issue in github.pages("/issues", direction="asc", **query)] == numbers


def test_an_unknown_state_is_refused(github):
    assert github.ask("GET", "/issues", state="done").status == 422


def test_a_fresh_issue_shows_in_lists_only_after_the_lag_and_at_once_when_read(github):
    github.server.knobs.list_lag = 8
    github.server.add_issue("acme/api", "new")
    assert github.pages("/issues") == []
    assert github.ask("GET", "/issues/1").json["title"] == "new"
    github.clock.sleep(8)
    github.server.edit_issue("acme/api", 1, title="newer")
    assert [issue["title"] for issue in github.pages("/issues")] == ["new"]
    github.clock.sleep(8)
    assert [issue["title"] for issue in github.pages("/issues")] == ["newer"]


def test_create_answers_the_whole_issue_with_its_address(github):
    made = github.ask("POST", "/issues", {"title": "t", "body": "b\r\n\U0001f600 \u05d0", "labels": ["new one", {"name": "two"}]})
    assert made.status == 201
    assert made.json["body"] == "b\r\n\U0001f600 \u05d0"
    assert [label["name"] for label in made.json["labels"]] == ["new one", "two"]
    assert made.headers["location"] == made.json["url"]
    assert github.ask("GET", f"/issues/{made.json['number']}").json == made.json


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 257}, "title"),
        ({"title": "x", "body": "x" * 65_537}, "body"),
        ({"title": "x", "body": "a\0b"}, "body"),
        ({"title": "x\0"}, "title"),
        ({"title": "x", "labels": ["l" * 51]}, "name"),
        ({"title": "x", "assignees": ["nobody"]}, "assignees"),
        ({"title": "x", "milestone": 9}, "milestone"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_made(github, body, field):
    refused = github.ask("POST", "/issues", body)
    assert refused.status == 422
    assert refused.json["errors"][0]["field"] == field
    assert github.pages("/issues", state="all") == []


def test_the_limits_themselves_fit(github):
    made = github.ask("POST", "/issues", {"title": "\U0001f600" * 256, "body": "\U0001f600" * 65_536, "labels": ["l" * 50]})
    assert made.status == 201


@pytest.mark.parametrize(("body", "status"), [({}, 422), ([], 422), (b"{", 400)])
def test_malformed_bodies(github, body, status):
    assert github.ask("POST", "/issues", body).status == status


def test_issues_switched_off_answer_410(github):
    github.server.add_repo("acme/quiet", has_issues=False)
    assert github.ask("GET", "/repos/acme/quiet/issues").status == 410
    assert github.ask("POST", "/repos/acme/quiet/issues", {"title": "x"}).status == 410


# -- edits --------------------------------------------------------------------------------------------------------------------


def test_an_edit_changes_only_what_it_names_and_stamps_the_issue(github):
    github.open(1, body="text", labels=["a"])
    before = github.ask("GET", "/issues/1").json
    github.clock.sleep(5)
    after = github.ask("PATCH", "/issues/1", {"title": "new"}).json
    assert (after["title"], after["body"], after["labels"]) == ("new", "text", before["labels"])
    assert after["updated_at"] > before["updated_at"]
    assert after["created_at"] == before["created_at"]


def test_an_edit_that_changes_nothing_does_not_stamp(github):
    github.open(1)
    before = github.ask("GET", "/issues/1").json
    github.clock.sleep(5)
    assert github.ask("PATCH", "/issues/1", {"title": before["title"], "state": "open"}).json == before


def test_closing_gives_a_reason_and_reopening_another(github):
    github.open(1)
    closed = github.ask("PATCH", "/issues/1", {"state": "closed"}).json
    assert (closed["state"], closed["state_reason"], closed["closed_by"]["login"]) == ("closed", "completed", "pmsync-bot")
    opened = github.ask("PATCH", "/issues/1", {"state": "open"}).json
    assert (opened["state"], opened["state_reason"], opened["closed_at"]) == ("open", "reopened", None)


def test_a_reason_counts_only_beside_a_state(github):
    github.open(1)
    github.ask("PATCH", "/issues/1", {"state": "closed"})
    assert github.ask("PATCH", "/issues/1", {"state_reason": "not_planned"}).json["state_reason"] == "completed"
    again = github.ask("PATCH", "/issues/1", {"state": "closed", "state_reason": "not_planned"}).json
    assert again["state_reason"] == "not_planned"
    assert github.ask("PATCH", "/issues/1", {"state": "closed"}).json["state_reason"] == "completed"


def test_labels_are_replaced_whatever_their_case(github):
    github.open(1, labels=["Bug", "keep"])
    after = github.ask("PATCH", "/issues/1", {"labels": ["BUG", "more"]}).json
    assert [label["name"] for label in after["labels"]] == ["Bug", "more"]


def test_assignees_and_milestones_are_set_and_cleared(github):
    github.open(1)
    github.ask("POST", "/milestones", {"title": "v1"})
    after = github.ask("PATCH", "/issues/1", {"assignees": ["octocat"], "milestone": 1}).json
    assert (after["assignee"]["login"], after["milestone"]["title"]) == ("octocat", "v1")
    after = github.ask("PATCH", "/issues/1", {"assignees": [], "milestone": None}).json
    assert (after["assignee"], after["milestone"]) == (None, None)


def test_without_push_access_labels_are_dropped_in_silence(github):
    """Silent drops: the answer says 201, and the ground truth tells."""
    github.server.knobs.default_role = "read"
    made = github.ask("POST", "/issues", {"title": "x", "labels": ["bug"], "assignees": ["pmsync-bot"]})
    assert made.status == 201
    assert made.json["labels"] == made.json["assignees"] == []
    edited = github.ask("PATCH", "/issues/1", {"title": "y", "labels": ["bug"]})
    assert (edited.status, edited.json["title"], edited.json["labels"]) == (200, "y", [])
    assert github.verbs().count("issue.dropped") == 2


def test_issue_types_and_fields_are_dropped_where_the_feature_is_off(github):
    made = github.ask("POST", "/issues", {"title": "x", "type": "Bug", "issue_field_values": [{"field_id": 1, "value": "High"}]})
    assert made.status == 201
    assert "issue.dropped" in github.verbs()


def test_without_push_access_others_issues_cannot_be_edited(github):
    github.open(1)
    github.server.knobs.default_role = "read"
    assert github.ask("PATCH", "/issues/1", {"title": "x"}).status == 403
    assert github.ask("POST", "/issues/1/labels", {"labels": ["x"]}).status == 403


def test_a_reading_token_may_not_write(github):
    github.server.add_user("ro", token=OTHER, read_only=True)
    refused = github.ask("POST", "/issues", {"title": "x"}, token=OTHER)
    assert (refused.status, refused.json["message"]) == (403, "Resource not accessible by personal access token")
    assert github.ask("GET", "/issues", token=OTHER).status == 200
    github.server.knobs.token_read_only = True
    assert github.ask("POST", "/issues", {"title": "x"}).status == 403


def test_a_wrong_token_is_refused(github):
    refused = github.ask("GET", "/user", token="nonsense")
    assert (refused.status, refused.json["message"]) == (401, "Bad credentials")
    github.server.revoke_token(TOKEN)
    assert github.ask("GET", "/user").status == 401


def test_a_private_repository_is_hidden_from_strangers(github):
    github.server.add_repo("acme/secret", private=True)
    github.server.set_role("acme/secret", "pmsync-bot", "none")
    assert github.ask("GET", "/repos/acme/secret").status == 404
    assert github.ask("GET", "/repos/acme/secret/issues").status == 404
    assert github.ask("GET", "/repos/acme/secret", token="").status == 404
    assert github.ask("GET", "/repos/acme/api", token="").status == 200
    assert github.ask("POST", "/issues", {"title": "x"}, token="").status == 401


def test_a_repository_can_be_opened_to_the_public_and_hidden(github):
    github.server.add_repo("acme/secret", private=True)
    github.server.set_private("acme/secret", False)
    assert github.ask("GET", "/repos/acme/secret", token="").status == 200


def test_a_repository_tells_who_owns_it_who_sees_it_and_what_we_may(github):
    github.server.add_repo("solo/own", owner_kind="User", private=True)
    mine = github.ask("GET", "/repos/solo/own").json
    assert (mine["private"], mine["visibility"], mine["owner"]["type"], "organization" in mine) == (
        True,
        "private",
        "User",
        False,
    )
    ours = github.ask("GET", "/repos/acme/api").json
    assert (ours["private"], ours["owner"]["type"], ours["organization"]["login"]) == (False, "Organization", "acme")
    assert ours["permissions"]["push"] is True
    github.server.knobs.default_role = "read"
    assert github.ask("GET", "/repos/acme/api").json["permissions"]["push"] is False


def test_the_ground_truth_tells_who_did_what_when(github):
    made = github.ask("POST", "/issues", {"title": "x"}).json
    github.clock.sleep(3)
    github.server.edit_issue("acme/api", 1, actor="ana", title="y")
    events = [(event.actor, event.verb, event.object) for event in github.server.events]
    assert events == [("pmsync-bot", "issue.created", "acme/api#1"), ("ana", "issue.renamed", "acme/api#1")]
    last = github.server.events[-1]
    assert (last.detail["before"], last.detail["after"], last.detail["node_id"]) == ("x", "y", made["node_id"])
    assert last.at == github.clock.now()


def test_what_is_not_implemented_answers_501(github):
    assert github.ask("GET", "/repos/acme/api/pulls").status == 501
    assert github.ask("GET", "/issues", mentioned="ana").status == 501
    assert github.ask("PUT", "/issues/1/lock").status == 501


def test_faults_before_and_after_the_request_is_carried_out(github):
    github.server.fail_next(502, method="POST", after=True)
    github.server.fail_next(500, method="POST")
    assert github.ask("POST", "/issues", {"title": "landed"}).status == 502
    assert github.ask("POST", "/issues", {"title": "lost"}).status == 500
    assert [issue["title"] for issue in github.pages("/issues")] == ["landed"]
