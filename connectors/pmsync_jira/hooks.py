"""Webhooks: is this Jira's word, and what does it point at? Pure. State is never taken from them.

Source: https://developer.atlassian.com/cloud/jira/platform/webhooks/ (Cloud), and for Data Center
https://confluence.atlassian.com/adminjiraserver/managing-webhooks-938846912.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from pmsync.connect.errors import AuthFailed, Rejected
from pmsync.connect.webhooks import genuine
from pmsync_jira import versions

_DIGESTS = frozenset({"sha256", "sha384", "sha512"})
_ADDRESS = re.compile(r"/rest/api/[^/]+/issue/(\d+)(?:/|$)")


def verify(headers: Mapping[str, str], body: bytes, secret: str | None) -> None:
    """Check ``X-Hub-Signature: method=hex`` over the raw body.

    Raises:
        AuthFailed: no secret is configured, or the signature is missing or wrong.
    """
    if not secret:
        raise AuthFailed("a webhook came, but no webhook_secret is configured", hint="set webhook_secret of this system")
    method, _, given = next((text for name, text in headers.items() if name.lower() == "x-hub-signature"), "").partition("=")
    if method not in _DIGESTS:
        raise AuthFailed("a webhook came without a usable signature", hint="give the webhook in Jira a secret")
    if not genuine(body, secret, given.strip(), method):
        raise AuthFailed("a webhook came with a wrong signature", hint="does its secret in Jira equal webhook_secret?")


def remote_id(body: bytes) -> str:
    """The remote id of what a webhook points at: an issue, or a version.

    Of comments Data Center sends no issue along: its id stands in the comment's address.

    Raises:
        Rejected: it points at neither.
    """
    try:
        event = msgspec.json.decode(body)
    except msgspec.DecodeError:
        raise Rejected("this webhook is no JSON") from None
    issue, version = (_id_in(event, name) for name in ("issue", "version"))
    found = issue or (versions.remote_id(version) if version else "") or _issue_of(event)
    if not found:
        kind = event.get("webhookEvent", "something else") if isinstance(event, dict) else "something else"
        raise Rejected(f"this webhook points at no issue and no version: it tells of {kind}")
    return found


def _id_in(event: object, name: str) -> str:
    """The id of what a body holds under ``name``; "" where that is nothing with an id."""
    part = event.get(name) if isinstance(event, dict) else None
    found = str(part.get("id", "")) if isinstance(part, dict) else ""
    return found if found.isdecimal() else ""


def _issue_of(event: object) -> str:
    comment = event.get("comment") if isinstance(event, dict) else None
    address = str(comment.get("self", "")) if isinstance(comment, dict) else ""
    found = _ADDRESS.search(address)
    return found[1] if found else ""
