"""Webhooks: is this GitHub's word, and which issues does it point at? Pure. State is never taken from them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from pmsync.connect.errors import AuthFailed
from pmsync.connect.webhooks import genuine

SIGNATURE = "x-hub-signature-256"
_METHOD = "sha256="


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
    """Node ids of what a payload points at: an issue, and its new self after a transfer, or a milestone. Pull requests are left out.

    Both content types are read: JSON, and the form that GitHub offers too.
    """
    form = parse_qs(body.decode("utf-8", "replace")).get("payload") if body.startswith(b"payload=") else None
    try:
        payload = json.loads(form[0] if form else body)
    except ValueError:
        return []
    found = [_issue_id(payload, "issue")]
    changes = payload.get("changes") if isinstance(payload, Mapping) else None
    found += ["" if found[0] else _node_id(payload, "milestone")]
    found += [_issue_id(changes, "new_issue"), _issue_id(changes, "old_issue")]
    return list(dict.fromkeys(node for node in found if node))


def _issue_id(holder: Any, name: str) -> str:
    issue = holder.get(name) if isinstance(holder, Mapping) else None
    return "" if isinstance(issue, Mapping) and issue.get("pull_request") else _node_id(holder, name)


def _node_id(holder: Any, name: str) -> str:
    thing = holder.get(name) if isinstance(holder, Mapping) else None
    node = thing.get("node_id") if isinstance(thing, Mapping) else None
    return node if isinstance(node, str) else ""
