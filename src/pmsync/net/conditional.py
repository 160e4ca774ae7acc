"""Conditional reads: "nothing changed" as a fact (304), never a cached body.

GitHub does not count a 304 against its primary limit, and its ETags belong to one token; so they are kept per (URL, tag scope), and a
new one is kept for good only once the sweep it gates has succeeded: ``StagedETags.commit()``.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Protocol

from pmsync.net.http import Answer, Call, Http


class ETags(Protocol):
    """Where ETags are kept. ``tag_scope`` separates tokens and API versions; see ``fingerprint``."""

    def get(self, url: str, tag_scope: str) -> str | None:
        """The ETag of the last successful sweep; None when there is none."""
        ...

    def put(self, url: str, tag_scope: str, etag: str) -> None:
        """Keep ``etag``."""
        ...


class MemoryETags:
    """ETags kept as long as the process lives."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], str] = {}

    def get(self, url: str, tag_scope: str) -> str | None:
        """The ETag kept; None when there is none."""
        return self._kept.get((url, tag_scope))

    def put(self, url: str, tag_scope: str, etag: str) -> None:
        """Keep ``etag``."""
        self._kept[url, tag_scope] = etag


class StagedETags:
    """The ETags seen by one sweep, held back from ``kept`` until ``commit``. Reads see what was committed only."""

    def __init__(self, kept: ETags) -> None:
        self._kept = kept
        self._seen: dict[tuple[str, str], str] = {}

    def get(self, url: str, tag_scope: str) -> str | None:
        """The committed ETag; None when there is none."""
        return self._kept.get(url, tag_scope)

    def put(self, url: str, tag_scope: str, etag: str) -> None:
        """Hold ``etag`` back until ``commit``."""
        self._seen[url, tag_scope] = etag

    def commit(self) -> None:
        """The sweep succeeded: keep what it saw."""
        for (url, tag_scope), etag in self._seen.items():
            self._kept.put(url, tag_scope, etag)
        self._seen.clear()

    def discard(self) -> None:
        """The sweep failed: forget what it saw, so that the next one reads again."""
        self._seen.clear()


def conditional(http: Http, call: Call, etags: StagedETags, tag_scope: str) -> Answer | None:
    """Read ``call`` unless it is unchanged since the last committed sweep.

    Returns:
        the answer, or None when the remote says 304. Raises what ``Http.send`` raises.
    """
    url = http.url(call)
    known = etags.get(url, tag_scope)
    asked = call
    if known is not None:
        asked = replace(call, headers={**call.headers, "if-none-match": known}, expect=call.expect | {304})
    answer = http.send(asked)
    if answer.status == 304:
        return None
    if etag := answer.headers.get("etag"):
        etags.put(url, tag_scope, etag)
    return answer


def fingerprint(token: str, *more: str) -> str:
    """A tag scope: 16 hex digits that tell one token (and, say, API version) from another and give neither away."""
    return hashlib.sha256("\0".join((token, *more)).encode()).hexdigest()[:16]
