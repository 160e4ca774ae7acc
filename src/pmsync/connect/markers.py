"""Markers: what pmsync plants in a record it creates, so that it can find it again after a lost answer.

A token is ``pm1.<instance>.<item uid>.<op uid>.<origin>.<mac>``; the mac is HMAC-SHA256 over the part before it, cut to 32 hex digits. The
origin stands for the record that the item was first seen in and tells nothing about it; it is left out where there is none. People copy
bodies and properties, so a token counts only if the mac is ours *and* the record's creator is our account.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, replace

from pmsync.model.record import RecordRef

TOKEN = re.compile(r"pm1(?:\.[0-9a-f-]{1,64}){3}(?:\.[0-9a-f]{16})?\.[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Marker:
    """What a genuine token says: who made the record, for which item, by which op, and the ``origin_of`` the item's first record, or ""."""

    instance: str
    item: str
    op: str
    origin: str = ""


def sign(marker: Marker, key: bytes) -> str:
    """The token of ``marker``."""
    text = f"pm1.{marker.instance}.{marker.item}.{marker.op}"
    if marker.origin:
        text += f".{marker.origin}"
    return f"{text}.{_mac(text, key)}"


def verify(token: str, key: bytes) -> Marker | None:
    """What ``token`` says, or None when it is malformed or not signed with ``key``."""
    if not TOKEN.fullmatch(token):
        return None
    text, _, mac = token.rpartition(".")
    if not hmac.compare_digest(mac, _mac(text, key)):
        return None
    return Marker(*text.split(".")[1:])


def renewed(token: str, op: str, key: bytes) -> str | None:
    """A genuine token as it reads for another op of the same item; None when it is not genuine."""
    marker = verify(token, key)
    return sign(replace(marker, op=op), key) if marker else None


def origin_of(ref: RecordRef, key: bytes) -> str:
    """What stands for a record in public: 16 hex digits from which nobody without the key can tell which record it is."""
    return _mac(f"origin:{ref}", key)[:16]


def _mac(text: str, key: bytes) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32]
