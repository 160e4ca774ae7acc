"""Webhooks of the stand-in: signed, at least once, unordered, lossy by choice, and shaped like real deliveries."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest


@pytest.fixture
def inbox(jira_site):
    """What the webhook's receiver got; it answers with ``status``."""
    received = []
    jira_site.status = 200
    jira_site.site.webhooks.sink = lambda delivery: received.append(delivery) or jira_site.status
    jira_site.knobs.webhook_secret = "s3cret"
    return received


def pumped(desk):
    return desk.site.webhooks.pump()


def test_every_change_is_told_once(jira_site, inbox):
    key = jira_site.create()
    jira_site.put(f"/issue/{key}", {"fields": {"summary": "New"}})
    jira_site.site.transition_issue(key, jira_site.ana, "Done")
    jira_site.site.comment_issue(key, jira_site.ana, "Hi")
    jira_site.site.delete_issue(key)
    pumped(jira_site)
    told = [(body["webhookEvent"], body.get("issue_event_type_name")) for body in (json.loads(one.body) for one in inbox)]
    assert told == [
        ("jira:issue_created", "issue_created"),
        ("jira:issue_updated", "issue_updated"),
        ("jira:issue_updated", "issue_generic"),
        ("comment_created", None),
        ("jira:issue_deleted", None),
    ]


def test_nothing_is_told_of_properties(jira_site, inbox):
    key = jira_site.create()
    jira_site.put(f"/issue/{key}/properties/p", 1)
    assert pumped(jira_site) == 1


def test_the_signature_covers_the_raw_body(jira_site, inbox):
    jira_site.create()
    pumped(jira_site)
    expected = hmac.new(b"s3cret", inbox[0].body, hashlib.sha256).hexdigest()
    assert inbox[0].headers["x-hub-signature"] == f"sha256={expected}"


def test_rich_text_comes_as_a_string(jira_site, inbox):
    """Real payloads are in the second API version's shapes even on Cloud: bodies are never to be stored."""
    jira_site.site.add_issue("PAY", "A thing", description="One.\n\nTwo.")
    pumped(jira_site)
    assert json.loads(inbox[0].body)["issue"]["fields"]["description"] == "One.\n\nTwo."


def test_a_failed_delivery_comes_again_with_the_same_identifier(jira_site, inbox):
    jira_site.create()
    jira_site.status = 503
    pumped(jira_site)
    assert pumped(jira_site) == 0
    jira_site.clock.sleep(900)
    jira_site.status = 200
    pumped(jira_site)
    first, second = (one.headers for one in inbox)
    assert first["x-atlassian-webhook-identifier"] == second["x-atlassian-webhook-identifier"]
    assert ("x-atlassian-webhook-retry" in first, second["x-atlassian-webhook-retry"]) == (False, "1")


def test_a_delivery_is_given_up_after_five_retries(jira_site, inbox):
    jira_site.create()
    jira_site.status = 500
    for _ in range(10):
        pumped(jira_site)
        jira_site.clock.sleep(900)
    assert len(inbox) == 6


def test_a_refusal_that_is_no_overload_is_final(jira_site, inbox):
    jira_site.create()
    jira_site.status = 400
    pumped(jira_site)
    jira_site.clock.sleep(900)
    assert pumped(jira_site) == 0


def test_deliveries_may_be_lost_doubled_and_shuffled(jira_site, inbox):
    jira_site.knobs.webhook_loss, jira_site.knobs.webhook_duplicates, jira_site.knobs.webhook_shuffle = 0.3, 0.3, True
    keys = [jira_site.create(f"S{number}") for number in range(60)]
    pumped(jira_site)
    told = [json.loads(one.body)["issue"]["key"] for one in inbox]
    assert len(set(told)) < len(keys)
    assert len(set(told)) < len(told)
    assert told != sorted(told, key=keys.index)


def test_without_a_receiver_nothing_is_kept(jira_site):
    jira_site.create()
    assert pumped(jira_site) == 0


@pytest.mark.parametrize(
    ("sample", "prepare"),
    [
        ("webhook-issue-created.json", lambda desk, key: None),
        ("webhook-issue-updated-labels.json", lambda desk, key: desk.site.edit_issue(key, desk.ana, labels=["sad"])),
        (
            "webhook-issue-updated-started-working.json",
            lambda desk, key: desk.site.transition_issue(key, desk.ana, "In Progress"),
        ),
        ("webhook-cloud-comment-created.json", lambda desk, key: desk.site.comment_issue(key, desk.ana, "Hi")),
        ("webhook-issue-deleted.json", lambda desk, key: desk.site.delete_issue(key, desk.ana)),
    ],
)
def test_payloads_have_the_parts_of_real_ones(jira_site, inbox, shared_dir, sample, prepare):
    real = json.loads((shared_dir / "data" / "jira-webhooks" / sample).read_bytes())
    prepare(jira_site, jira_site.create())
    pumped(jira_site)
    ours = json.loads(inbox[-1].body)
    assert ours.keys() == real.keys()
    assert ours["webhookEvent"] == real["webhookEvent"]
    assert ours.get("issue_event_type_name") == real.get("issue_event_type_name")
    assert ours["issue"].keys() <= real["issue"].keys()
    ours_lines, real_lines = (body.get("changelog", {"items": [{}]})["items"][0] for body in (ours, real))
    assert ours_lines.keys() == real_lines.keys()
