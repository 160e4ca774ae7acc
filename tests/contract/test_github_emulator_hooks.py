"""The GitHub emulator: webhooks are signed, told once, and may be lost, doubled or late."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest


@pytest.fixture
def inbox(github):
    """What was delivered: (headers, payload)."""
    found = []
    github.server.add_hook("acme/api", lambda headers, body: found.append((headers, json.loads(body), body)), secret="s3cret")
    return found


def told(inbox):
    return [(headers["x-github-event"], payload["action"]) for headers, payload, _ in inbox]


def test_a_delivery_is_signed_over_its_raw_body(github, inbox):
    github.open(1)
    headers, _, body = inbox[0]
    assert headers["x-hub-signature-256"] == "sha256=" + hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()
    assert {"x-github-event", "x-github-delivery", "x-github-hook-id", "content-type"} <= set(headers)


def test_each_change_is_told_by_its_own_event(github, inbox):
    github.open(1, labels=["a"])
    github.ask("PATCH", "/issues/1", {"title": "new", "labels": ["b"], "state": "closed"})
    github.server.comment("acme/api", 1, "done")
    github.server.delete_issue("acme/api", 1)
    assert told(inbox) == [
        ("label", "created"),
        ("issues", "opened"),
        ("issues", "labeled"),
        ("issues", "edited"),
        ("issues", "closed"),
        ("label", "created"),
        ("issues", "unlabeled"),
        ("issues", "labeled"),
        ("issue_comment", "created"),
        ("issues", "deleted"),
    ]
    assert inbox[3][1]["changes"] == {"title": {"from": "issue 0"}}
    assert inbox[3][1]["sender"]["login"] == "pmsync-bot"
    assert inbox[6][1]["label"]["name"] == "a"


def test_a_transfer_names_the_new_issue_and_opens_it_there(github, inbox):
    github.server.add_repo("acme/web")
    there = []
    github.server.add_hook("acme/web", lambda headers, body: there.append((headers, json.loads(body), body)))
    github.open(1)
    new = github.server.transfer_issue("acme/api", 1, "acme/web")
    payload = inbox[-1][1]
    assert payload["action"] == "transferred"
    assert payload["changes"]["new_issue"]["node_id"] == new.node_id
    assert payload["changes"]["new_repository"]["full_name"] == "acme/web"
    assert told(there) == [("issues", "opened")]


def test_payloads_have_the_shape_of_the_recorded_examples(github, inbox, shared_dir):
    """Top-level keys and those of issue and comment are ones that a recorded or described payload has."""
    examples = {one["name"]: one["examples"] for one in json.loads((shared_dir / "data/github-webhooks.json").read_text())}
    github.open(1, labels=["a"])
    github.server.edit_issue("acme/api", 1, body="x")
    github.server.comment("acme/api", 1, "c")
    for headers, payload, _ in inbox:
        kinds = [one for one in examples[headers["x-github-event"]] if one["action"] == payload["action"]]
        known = set().union(*kinds) | {"organization"}
        assert set(payload) <= known
        assert set.intersection(*(set(one) for one in kinds)) - {"installation"} <= set(payload)


def test_a_lost_delivery_never_comes(github, inbox):
    github.server.knobs.webhook_loss = 1.0
    github.open(1)
    github.server.deliver()
    assert inbox == []
    assert "hook.lost" in github.verbs()


def test_a_doubled_delivery_comes_twice_under_one_id(github, inbox):
    github.server.knobs.webhook_duplicate = 1.0
    github.open(1)
    assert told(inbox) == [("issues", "opened")] * 2
    assert inbox[0][0]["x-github-delivery"] == inbox[1][0]["x-github-delivery"]


def test_a_delivery_held_back_comes_after_later_ones(github, inbox):
    github.server.knobs.webhook_reorder = 1.0
    github.server.add_issue("acme/api", "first")
    github.server.knobs.webhook_reorder = 0.0
    github.server.add_issue("acme/api", "second")
    assert [payload["issue"]["title"] for _, payload, _ in inbox] == ["second"]
    github.clock.sleep(120)
    assert github.server.deliver() == 1
    assert [payload["issue"]["title"] for _, payload, _ in inbox] == ["second", "first"]


def test_a_sink_may_call_back(github):
    """A receiver that reads the issue at once is answered."""
    seen = []
    github.server.add_hook("acme/api", lambda headers, body: seen.append(github.ask("GET", "/issues/1").status))
    github.open(1)
    assert seen == [200]


def test_a_hook_hears_only_the_events_it_asked_for(github):
    heard = []
    github.server.add_hook("acme/api", lambda headers, body: heard.append(headers["x-github-event"]), events=["issue_comment"])
    github.open(1)
    github.server.comment("acme/api", 1, "hi")
    assert heard == ["issue_comment"]
