"""Every archived webhook body is parsed to the right ids, or refused with a reason: real ones of Jira, and GitHub's published examples."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pmsync.connect.errors import Rejected
from pmsync_github import hooks as github
from pmsync_jira import hooks as jira

pytestmark = pytest.mark.shared

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
JIRA = sorted(path.name for path in (DATA / "jira-webhooks").glob("*.json"))
GITHUB = json.loads((DATA / "github-webhooks.json").read_text()) if (DATA / "github-webhooks.json").exists() else []
BODIES = [
    pytest.param(event["name"], body, id=f"{event['name']}-{number}")
    for event in GITHUB
    for number, body in enumerate(event["examples"])
]

WITHOUT_ISSUE = {"webhook-server-comment-deleted.json": "10013", "webhook-server-comment-updated.json": "10013"}
"""Bodies of Data Center that name an issue by the address of a comment alone."""

REASONS = {
    "discussion": "a discussion",
    "discussion_comment": "a discussion",
    "label": "a label",
    "ping": "the webhook itself",
    "release": "a release",
    "repository": "the repository",
}
"""What else GitHub tells of, and how that is refused."""


def test_the_archive_has_as_many_bodies_as_it_should(shared_dir):
    assert (len(JIRA), len(BODIES)) == (37, 105)


@pytest.mark.parametrize("name", JIRA)
def test_jira_s_webhook_points_at_its_issue(shared_dir, name):
    body = (shared_dir / "data" / "jira-webhooks" / name).read_bytes()
    shown = json.loads(body).get("issue")
    assert jira.remote_id(body) == (shown["id"] if shown else WITHOUT_ISSUE[name])


@pytest.mark.parametrize(("event", "body"), BODIES)
def test_github_s_webhook_points_at_its_issue_or_is_refused_with_a_reason(event, body):
    sent = json.dumps(body).encode()
    wanted = wanted_nodes(event, body)
    if wanted:
        assert github.node_ids(sent) == wanted
        return
    with pytest.raises(Rejected) as refused:
        github.node_ids(sent)
    assert REASONS.get(event, why(body)) in str(refused.value)


def wanted_nodes(event, body):
    """The ids that the event's own documentation says it is about."""
    if event in {"issues", "issue_comment"}:
        moved = body.get("changes", {}).get("new_issue", {}).get("node_id")
        old = body.get("changes", {}).get("old_issue") or {}
        pull = "pull_request" in body["issue"]
        first = body.get("milestone", {}).get("node_id") if pull else body["issue"]["node_id"]
        return [one for one in (first, moved, old.get("node_id")) if one]
    if event == "milestone":
        return [body["milestone"]["node_id"]]
    card = body.get("projects_v2_item", {})
    return [card["content_node_id"]] if card.get("content_type") == "Issue" else []


def why(body):
    """How a body is refused that might have been about an issue."""
    if "projects_v2_item" in body:
        return f"shows a {body['projects_v2_item']['content_type']}"
    return "a pull request"


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'{"webhookEvent": "sprint_started"}', b'{"issue": {"id": "x"}}', b"\xff"])
def test_jira_s_webhook_about_something_else_is_refused_with_a_reason(body):
    with pytest.raises(Rejected, match="this webhook"):
        jira.remote_id(body)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b'{"issue": {}}', b"payload=%7B%7D", b"\xff"])
def test_github_s_webhook_about_something_else_is_refused_with_a_reason(body):
    with pytest.raises(Rejected, match="this webhook"):
        github.node_ids(body)
