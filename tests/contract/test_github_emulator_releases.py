"""The GitHub emulator: milestones as people use them, and sub-issues."""

from __future__ import annotations

from itertools import pairwise

import pytest
from github import Auth, Github, GithubException

from pmsync.net.clock import SystemClock
from pmsync.testing.emulator import serve
from pmsync_github.emulator import TOKEN, GitHubEmulator


@pytest.fixture
def sdk(github_validated):
    """PyGithub on a served emulator with acme/api, every answer validated."""
    emulator = GitHubEmulator(SystemClock())
    emulator.add_repo("acme/api")
    checked = github_validated(emulator)
    quiet = {"retry": None, "seconds_between_requests": None, "seconds_between_writes": None}
    with serve(checked), Github(auth=Auth.Token(TOKEN), base_url=checked.base_url, per_page=100, **quiet) as client:
        yield client


def test_a_deleted_milestone_takes_its_issues_out_of_it_and_its_number_is_not_given_again(github):
    github.server.add_milestone("acme/api", "v1")
    github.server.add_issue("acme/api", "x", milestone=1)
    assert github.ask("DELETE", "/milestones/1").status == 204
    assert github.ask("GET", "/milestones/1").status == 404
    assert github.ask("GET", "/issues/1").json["milestone"] is None
    assert github.ask("POST", "/milestones", {"title": "v2"}).json["number"] == 2


def test_a_refused_milestone_leaves_nothing_behind(github):
    github.server.add_milestone("acme/api", "v1")
    refused = github.ask("POST", "/milestones", {"title": "v1"})
    assert (refused.status, refused.json["errors"][0]["code"]) == (422, "already_exists")
    assert github.ask("PATCH", "/milestones/1", {"due_on": "soon"}).status == 422
    assert [one["title"] for one in github.pages("/milestones", state="all")] == ["v1"]


def test_milestones_are_for_those_who_may_push(github):
    github.server.add_milestone("acme/api", "v1")
    github.server.set_role("acme/api", "pmsync-bot", "read")
    assert github.ask("POST", "/milestones", {"title": "v2"}).status == 404
    assert github.ask("PATCH", "/milestones/1", {"title": "v2"}).status == 404
    assert github.ask("DELETE", "/milestones/1").status == 404


def test_a_null_milestone_takes_an_issue_out_of_it_over_graphql(github):
    github.server.add_milestone("acme/api", "v1")
    issue = github.server.add_issue("acme/api", "x", milestone=1)
    text = "mutation($id: ID!, $to: ID) { updateIssue(input: {id: $id, milestoneId: $to}) { issue { milestone { id } } } }"
    assert github.graph(text, id=issue.node_id, to=None)["data"]["updateIssue"]["issue"]["milestone"] is None


def test_sub_issues_under_pygithub(sdk):
    repo = sdk.get_repo("acme/api")
    parent, first, second = (repo.create_issue(title) for title in ("Epic", "Story", "Other story"))
    for child in (first, second):
        parent.add_sub_issue(child.id)
    assert [issue.number for issue in parent.get_sub_issues()] == [2, 3]
    first.edit(state="closed")
    summary = repo.get_issue(1).sub_issues_summary
    assert (summary.total, summary.completed, summary.percent_completed) == (2, 1, 50)
    assert repo.get_issue(2).raw_data["parent_issue_url"].endswith("/repos/acme/api/issues/1")
    assert "parent_issue_url" not in repo.get_issue(1).raw_data
    parent.remove_sub_issue(first.id)
    assert [issue.number for issue in parent.get_sub_issues()] == [3]


def test_an_issue_has_one_parent_and_no_circles(sdk):
    repo = sdk.get_repo("acme/api")
    first, second, child = (repo.create_issue(title) for title in ("a", "b", "c"))
    first.add_sub_issue(child.id)
    with pytest.raises(GithubException) as refused:
        second.add_sub_issue(child.id)
    assert refused.value.status == 422
    with pytest.raises(GithubException) as refused:
        child.add_sub_issue(first.id)
    assert refused.value.status == 422


def test_a_parent_holds_a_hundred_sub_issues_and_eight_levels(github):
    parent, *children = github.open(102)
    for child in children[:100]:
        github.server.put_under("acme/api", child.number, parent)
    add = {"sub_issue_id": children[100].id}
    assert github.ask("POST", "/issues/1/sub_issues", add).status == 422
    chain = [parent, *children[:8]]
    for above, below in pairwise(chain[:8]):
        github.ask("POST", f"/issues/{above.number}/sub_issues", {"sub_issue_id": below.id, "replace_parent": True})
    deepest = {"sub_issue_id": children[7].id, "replace_parent": True}
    assert github.ask("POST", f"/issues/{chain[7].number}/sub_issues", deepest).status == 422


def test_the_parent_answers_for_its_sub_issue(github):
    parent, child = github.open(2)
    assert github.ask("GET", "/issues/2/parent").status == 404
    github.server.put_under("acme/api", child.number, parent)
    assert github.ask("GET", "/issues/2/parent").json["number"] == 1
    assert [one["number"] for one in github.ask("GET", "/issues/1/sub_issues").json] == [2]


def test_parents_and_their_events_over_graphql(github):
    parent, child = github.open(2)
    add = "mutation($a: ID!, $b: ID!) { addSubIssue(input: {issueId: $a, subIssueId: $b}) { subIssue { parent { number } } } }"
    assert github.graph(add, a=parent.node_id, b=child.node_id)["data"]["addSubIssue"]["subIssue"] == {"parent": {"number": 1}}
    drop = "mutation($a: ID!, $b: ID!) { removeSubIssue(input: {issueId: $a, subIssueId: $b}) { issue { subIssues(first: 9) { totalCount } } } }"
    github.graph(drop, a=parent.node_id, b=child.node_id)
    told = github.graph(
        """query($id: ID!) { node(id: $id) { ... on Issue {
      timelineItems(first: 9, itemTypes: [PARENT_ISSUE_ADDED_EVENT, PARENT_ISSUE_REMOVED_EVENT]) {
        nodes { __typename ... on ParentIssueAddedEvent { parent { number } } ... on ParentIssueRemovedEvent { parent { number } } }
      } } } }""",
        id=child.node_id,
    )
    nodes = told["data"]["node"]["timelineItems"]["nodes"]
    assert [(one["__typename"], one["parent"]["number"]) for one in nodes] == [
        ("ParentIssueAddedEvent", 1),
        ("ParentIssueRemovedEvent", 1),
    ]


def test_a_family_survives_a_transfer_and_a_deletion(github):
    github.server.add_repo("acme/web")
    parent, middle, child = github.open(3)
    github.server.put_under("acme/api", middle.number, parent)
    github.server.put_under("acme/api", child.number, middle)
    moved = github.server.transfer_issue("acme/api", middle.number, "acme/web")
    assert (moved.parent, child.parent, parent.below) == (parent, moved, [moved])
    github.server.delete_issue("acme/web", moved.number)
    assert (child.parent, parent.below) == (None, [])
