"""Markers: what pmsync plants in a record it creates, so that it can find it again after a lost answer.

A token is ``pm1.<instance>.<item uid>.<op uid>.<mac>``; the mac is HMAC-SHA256 over the part before it, cut to 32 hex digits. People copy
bodies and properties, so a token counts only if the mac is ours *and* the record's creator is our account.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

TOKEN = re.compile(r"pm1\.[0-9a-f-]{1,64}\.[0-9a-f-]{1,64}\.[0-9a-f-]{1,64}\.[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Marker:
    """What a genuine token says."""

    instance: str
    item: str
    op: str


def sign(marker: Marker, key: bytes) -> str:
    """The token of ``marker``."""
    text = f"pm1.{marker.instance}.{marker.item}.{marker.op}"
    return f"{text}.{_mac(text, key)}"


def verify(token: str, key: bytes) -> Marker | None:
    """What ``token`` says, or None when it is malformed or not signed with ``key``."""
    if not TOKEN.fullmatch(token):
        return None
    text, _, mac = token.rpartition(".")
    if not hmac.compare_digest(mac, _mac(text, key)):
        return None
    _, instance, item, op = text.split(".")
    return Marker(instance, item, op)


def _mac(text: str, key: bytes) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32]
