"""The GitHub emulator under PyGithub, over real loopback sockets: another reading of GitHub than our own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from github import Auth, Github, GithubException, GithubIntegration, RateLimitExceededException, UnknownObjectException

from pmsync.net.clock import SystemClock
from pmsync.testing.emulator import serve
from pmsync_github.emulator import TOKEN, GitHubEmulator

QUIET = {"retry": None, "seconds_between_requests": None, "seconds_between_writes": None}


@pytest.fixture
def server():
    """A served emulator with acme/api. Real time: PyGithub stamps an App's tokens by it."""
    emulator = GitHubEmulator(SystemClock())
    emulator.add_repo("acme/api", description="payments")
    with serve(emulator):
        yield emulator


@pytest.fixture
def checked(server, github_validated):
    """The same server, every answer validated as it leaves."""
    wrapped = github_validated(server)
    with serve(wrapped):
        yield wrapped


@pytest.fixture
def sdk(checked):
    with Github(auth=Auth.Token(TOKEN), base_url=checked.base_url, per_page=100, **QUIET) as client:
        yield client


def test_the_account_and_the_repository(sdk):
    assert sdk.get_user().login == "pmsync-bot"
    repo = sdk.get_repo("acme/api")
    assert (repo.full_name, repo.private, repo.description, repo.permissions.push) == ("acme/api", False, "payments", True)
    assert repo.organization.login == "acme"
    assert repo.created_at.tzinfo is not None


def test_issues_are_paged_through_links(sdk, server):
    for number in range(205):
        server.add_issue("acme/api", f"issue {number}")
    issues = sdk.get_repo("acme/api").get_issues(state="all", sort="created", direction="asc")
    assert [issue.number for issue in issues] == list(range(1, 206))


def test_issues_since(sdk, server):
    server.add_issue("acme/api", "x")
    repo = sdk.get_repo("acme/api")
    assert len(list(repo.get_issues(since=datetime(2020, 1, 1, tzinfo=UTC)))) == 1
    assert list(repo.get_issues(since=datetime(2100, 1, 1, tzinfo=UTC))) == []


def test_creating_and_editing_an_issue(sdk, server):
    repo = sdk.get_repo("acme/api")
    milestone = repo.create_milestone("v1", due_on=datetime(2026, 3, 2, 12, tzinfo=UTC).date())
    issue = repo.create_issue("title", body="text", labels=["bug"], assignees=["pmsync-bot"], milestone=milestone)
    assert (issue.number, issue.title, issue.user.login, issue.milestone.title) == (1, "title", "pmsync-bot", "v1")
    issue.edit(title="new", state="closed", state_reason="not_planned")
    again = repo.get_issue(1)
    assert (again.title, again.state, again.state_reason, again.closed_by.login) == ("new", "closed", "not_planned", "pmsync-bot")
    assert again.pull_request is None


def test_labels(sdk):
    repo = sdk.get_repo("acme/api")
    repo.create_label("priority/high", "ff0000", "soon")
    issue = repo.create_issue("x")
    issue.add_to_labels("priority/high", "other")
    assert [label.name for label in issue.get_labels()] == ["priority/high", "other"]
    issue.remove_from_labels("priority/high")
    issue.set_labels("third")
    assert [label.name for label in repo.get_issue(1).labels] == ["third"]
    assert sorted(label.name for label in repo.get_labels()) == ["other", "priority/high", "third"]
    assert repo.get_label("priority/high").color == "ff0000"
    with pytest.raises(GithubException) as refused:
        repo.create_label("OTHER", "000000")
    assert (refused.value.status, refused.value.data["errors"][0]["code"]) == (422, "already_exists")
    issue.delete_labels()
    repo.get_label("third").delete()


def test_comments_events_and_timeline(sdk):
    repo = sdk.get_repo("acme/api")
    issue = repo.create_issue("x", labels=["a"])
    comment = issue.create_comment("hello")
    comment.edit("hello again")
    assert [one.body for one in issue.get_comments()] == ["hello again"]
    assert [one.body for one in repo.get_issues_comments(sort="updated", direction="asc")] == ["hello again"]
    issue.edit(state="closed")
    assert [one.event for one in issue.get_events()] == ["labeled", "closed"]
    assert [one.event for one in issue.get_timeline()] == ["labeled", "commented", "closed"]
    assert [one.event for one in repo.get_issues_events()] == ["closed", "labeled"]


def test_milestones(sdk):
    repo = sdk.get_repo("acme/api")
    milestone = repo.create_milestone("v1", description="first", due_on=datetime(2026, 7, 1, tzinfo=UTC).date())
    assert [one.title for one in repo.get_milestones()] == ["v1"]
    milestone.edit("v1.0", state="closed")
    assert repo.get_milestone(1).state == "closed"


def test_the_rate_limit(sdk):
    limits = sdk.get_rate_limit()
    assert (limits.resources.core.limit, limits.resources.graphql.limit) == (5000, 5000)
    assert sdk.rate_limiting[1] == 5000


def test_a_limit_is_recognised(sdk, server):
    repo = sdk.get_repo("acme/api")
    server.knobs.rest_points_per_minute = 1
    with pytest.raises(RateLimitExceededException):
        repo.create_issue("x")
    server.knobs.rest_points_per_minute, server.knobs.rest_per_hour = 900, 0
    with pytest.raises(RateLimitExceededException):
        sdk.get_repo("acme/api")


def test_conditional_reads(sdk, server):
    server.add_issue("acme/api", "x")
    status, headers, _ = sdk.requester.requestJson("GET", "/repos/acme/api/issues", parameters={"state": "all"})
    assert status == 200
    again = {"If-None-Match": headers["etag"]}
    status, _, text = sdk.requester.requestJson("GET", "/repos/acme/api/issues", parameters={"state": "all"}, headers=again)
    assert (status, text) == (304, "")
    issue = sdk.get_repo("acme/api").get_issue(1)
    assert issue.update() is False
    server.edit_issue("acme/api", 1, title="y")
    assert issue.update() is True


def test_graphql(sdk, server):
    node_id = server.add_issue("acme/api", "x").node_id
    _, data = sdk.requester.graphql_query(
        "query($id: ID!) { node(id: $id) { __typename ... on Issue { number } } }", {"id": node_id}
    )
    assert data["data"]["node"] == {"__typename": "Issue", "number": 1}
    with pytest.raises(UnknownObjectException):
        sdk.requester.graphql_query("query($id: ID!) { node(id: $id) { id } }", {"id": "I_gone"})
    _, data = sdk.requester.graphql_named_mutation(
        "closeIssue", {"issueId": node_id, "stateReason": "NOT_PLANNED"}, "issue { state }"
    )
    assert data["issue"]["state"] == "CLOSED"


def test_the_redirect_trap_drops_the_query(sdk, server):
    """PyGithub follows a rename by path alone; the connector must not rely on it."""
    server.add_issue("acme/api", "x")
    server.close("acme/api", 1)
    server.rename_repo("acme/api", "core")
    _, shown = sdk.requester.requestJsonAndCheck("GET", "/repos/acme/api/issues?state=all")
    assert shown == []


def test_a_transferred_issue_is_followed_without_a_word(sdk, server):
    server.add_repo("acme/web")
    server.add_issue("acme/web", "there")
    server.add_issue("acme/api", "moves")
    server.transfer_issue("acme/api", 1, "acme/web")
    assert sdk.get_repo("acme/api").get_issue(1).number == 2


def test_a_deleted_issue_and_a_wrong_token(sdk, server, checked):
    server.add_issue("acme/api", "x")
    server.delete_issue("acme/api", 1)
    with pytest.raises(GithubException) as gone:
        sdk.get_repo("acme/api").get_issue(1)
    assert gone.value.status == 410
    with (
        Github(auth=Auth.Token("nonsense"), base_url=checked.base_url, **QUIET) as stranger,
        pytest.raises(GithubException) as refused,
    ):
        stranger.get_user().login  # noqa: B018 - the attribute is read lazily
    assert refused.value.status == 401


def test_an_app_signs_in_and_writes_as_its_bot(server, checked):
    installation = server.add_app(77, "pmsync", "acme")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    app = Auth.AppAuth(77, pem)
    with GithubIntegration(auth=app, base_url=checked.base_url, **QUIET) as integration:
        assert integration.get_app().slug == "pmsync"
        found = integration.get_repo_installation("acme", "api")
        assert found.id == installation.id
        assert [one.id for one in integration.get_installations()] == [installation.id]
        with integration.get_github_for_installation(found.id) as client:
            issue = client.get_repo("acme/api").create_issue("from the app", labels=["x"])
            assert issue.user.login == "pmsync[bot]"
            assert client.requester.graphql_query("{ viewer { login } }", {})[1]["data"]["viewer"]["login"] == "pmsync[bot]"
