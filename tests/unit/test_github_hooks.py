"""GitHub's webhooks: the signature, and which issues a payload points at."""

from __future__ import annotations

import hashlib
import hmac
import json
from urllib.parse import urlencode

import pytest

from pmsync.connect.errors import AuthFailed, Rejected
from pmsync_github import hooks

BODY = b'{"issue": {"node_id": "I_1"}}'


def signature(body, secret="s3cret"):
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def test_genuine_signature_passes_whatever_the_case_of_the_header():
    hooks.verify({"X-Hub-Signature-256": signature(BODY)}, BODY, "s3cret")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-hub-signature-256": ""},
        {"x-hub-signature-256": signature(BODY, "other")},
        {"x-hub-signature-256": signature(BODY + b" ")},
        {"x-hub-signature": "sha1=" + hmac.new(b"s3cret", BODY, hashlib.sha1).hexdigest()},
        {"x-hub-signature-256": "sha256=é"},
    ],
)
def test_anything_else_is_refused(headers):
    with pytest.raises(AuthFailed):
        hooks.verify(headers, BODY, "s3cret")


@pytest.mark.parametrize("secret", [None, ""])
def test_without_a_secret_nothing_is_believed(secret):
    with pytest.raises(AuthFailed, match="webhook_secret"):
        hooks.verify({"x-hub-signature-256": signature(BODY, "")}, BODY, secret)


def test_payload_in_a_form_is_read_too():
    assert hooks.node_ids(urlencode({"payload": BODY.decode()}).encode()) == ["I_1"]


@pytest.mark.parametrize("body", [b"", b"[]", b"nonsense", b'{"issue": 7}', b'{"zen": "Keep it logically awesome."}'])
def test_payload_without_an_issue_is_refused_with_the_reason(body):
    with pytest.raises(Rejected, match=r"no JSON|points at no issue"):
        hooks.node_ids(body)


def test_pull_request_is_refused_by_name():
    with pytest.raises(Rejected, match="a pull request"):
        hooks.node_ids(json.dumps({"issue": {"node_id": "PR_1", "pull_request": {"url": "x"}}}).encode())


def test_recorded_webhooks_point_at_their_issue(shared_dir):
    """Real payloads: every one about an issue names it."""
    recorded = json.loads((shared_dir / "data" / "github-webhooks.json").read_text())
    about = [one for entry in recorded if entry["name"] in ("issues", "issue_comment") for one in entry["examples"]]
    assert len(about) > 20
    for payload in about:
        wanted = payload["issue"]["node_id"]
        assert (wanted in hooks.node_ids(json.dumps(payload).encode())) == ("pull_request" not in payload["issue"])
