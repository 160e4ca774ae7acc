"""Conditional reads: "nothing changed" as a fact (304), never a cached body.

GitHub does not count a 304 against its primary limit, and its ETags belong to one token. An ETag vouches for what was read with it, so it
may be kept only together with that: a connector puts the ``Tag`` into its cursor, which is committed with the page and never without.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace

from pmsync.net.message import Answer, Call

UNCHANGED = 304
"""The status that says: what you have is what there is (RFC 9110, 15.4.5)."""

_ENTITY_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]*"')


@dataclass(frozen=True, slots=True)
class Tag:
    """An ETag as the server gave it, and whom it was given to; see ``fingerprint``."""

    etag: str
    owner: str


def unless(call: Call, tag: Tag | None, owner: str) -> Call:
    """``call``, answered with ``UNCHANGED`` when its answer is still that of ``tag``; as it is without a tag of ``owner``'s."""
    if tag is None or tag.owner != owner or not _ENTITY_TAG.fullmatch(tag.etag):
        return call
    return replace(call, headers={**call.headers, "if-none-match": tag.etag}, expect=call.expect | {UNCHANGED})


def tag_of(answer: Answer, owner: str) -> Tag | None:
    """The tag to keep with what ``answer`` brought; None when it carries none."""
    etag = answer.headers.get("etag", "")
    return Tag(etag, owner) if _ENTITY_TAG.fullmatch(etag) else None


def fingerprint(credential: str, *more: str) -> str:
    """An owner: 16 hex digits that tell one credential (and, say, API version) from another and give neither away."""
    return hashlib.sha256("\0".join((credential, *more)).encode()).hexdigest()[:16]
