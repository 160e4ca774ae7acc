"""Webhooks: is this GitHub's word, and which issues does it point at? Pure. State is never taken from them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from pmsync.connect.errors import AuthFailed, Rejected
from pmsync.connect.webhooks import genuine

SIGNATURE = "x-hub-signature-256"
_METHOD = "sha256="
_OTHERS = {
    "pull_request": "a pull request",
    "discussion": "a discussion",
    "release": "a release, which is read with the milestones",
    "label": "a label, which is read with the repository's fields",
    "hook": "the webhook itself",
    "repository": "the repository, which is looked at once an hour",
}


def verify(headers: Mapping[str, str], body: bytes, secret: str | None) -> None:
    """Check the signature over the raw body, in constant time.

    Raises:
        AuthFailed: no secret is configured, or the signature is missing or wrong.
    """
    if not secret:
        raise AuthFailed(
            "a webhook came, but no webhook_secret is configured", hint="set webhook_secret to the secret of the webhook"
        )
    sent = next((value for key, value in headers.items() if key.lower() == SIGNATURE), "")
    if not sent.startswith(_METHOD) or not genuine(body, secret, sent.removeprefix(_METHOD)):
        raise AuthFailed(
            "a webhook's signature is missing or wrong", hint="does the webhook in GitHub have the same secret as webhook_secret?"
        )


def node_ids(body: bytes) -> list[str]:
    """Node ids of what a payload points at: an issue, and its new self after a transfer, a milestone, or the issue on a project's card.

    Both content types are read: JSON, and the form that GitHub offers too.

    Raises:
        Rejected: it points at nothing that is synced. Pull requests, discussions and drafts are not.
    """
    form = parse_qs(body.decode("utf-8", "replace")).get("payload") if body.startswith(b"payload=") else None
    try:
        payload = json.loads(form[0] if form else body)
    except ValueError:
        raise Rejected("this webhook is no JSON") from None
    found = [_issue_id(payload, "issue")]
    changes = payload.get("changes") if isinstance(payload, Mapping) else None
    found += ["" if found[0] else _node_id(payload, "milestone")]
    found += [_issue_id(changes, "new_issue"), _issue_id(changes, "old_issue")]
    found += [_on_card(payload)]
    nodes = list(dict.fromkeys(node for node in found if node))
    if not nodes:
        raise Rejected(f"this webhook points at no issue and no milestone: {_about(payload)}")
    return nodes


def _on_card(payload: Any) -> str:
    card = payload.get("projects_v2_item") if isinstance(payload, Mapping) else None
    if not isinstance(card, Mapping) or card.get("content_type") != "Issue":
        return ""
    return str(card.get("content_node_id") or "")


def _about(payload: Any) -> str:
    """What it is about instead, as far as its members tell."""
    if not isinstance(payload, Mapping):
        return "it is not an object"
    card = payload.get("projects_v2_item")
    if isinstance(card, Mapping):
        return f"the card of a project, which shows a {card.get('content_type', 'thing')}"
    if isinstance(payload.get("issue"), Mapping):
        return "a pull request"
    return next((words for member, words in _OTHERS.items() if member in payload), "something else")


def _issue_id(holder: Any, name: str) -> str:
    issue = holder.get(name) if isinstance(holder, Mapping) else None
    return "" if isinstance(issue, Mapping) and issue.get("pull_request") else _node_id(holder, name)


def _node_id(holder: Any, name: str) -> str:
    thing = holder.get(name) if isinstance(holder, Mapping) else None
    node = thing.get("node_id") if isinstance(thing, Mapping) else None
    return node if isinstance(node, str) else ""
