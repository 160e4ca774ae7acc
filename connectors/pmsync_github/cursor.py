"""The position in a repository's change stream: a moment of the server's clock, and what was delivered from there on. Pure.

A listing is asked for everything since the moment, which lies ``OVERLAP`` seconds before the last look so that nothing that shows up
late is missed; what was delivered from within the overlap is remembered by content, so that it is not delivered again. As long as nothing
is new the moment stays where it is and the cursor carries the ETag of the listing: the two are committed together, or neither is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pmsync.net.conditional import Tag

OVERLAP = 150.0
"""Seconds looked back. GitHub's time stamps have one second, and its lists were seen to lag only in incidents."""

LEAST_OVERLAP = 30.0
"""Seconds looked back at least, when more happened within ``OVERLAP`` than one page holds."""

ROOM = 90
"""How many deliveries within the overlap are listed again by a quiet poll: fewer than a page, so that it stays one call."""

KEPT = 500
"""How many deliveries are remembered at most; what is forgotten is delivered again."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """One delivery: when the server says the record changed (Unix seconds), and a short hash of all that was read."""

    updated: float
    digest: str


@dataclass(frozen=True, slots=True)
class Position:
    """Where a stream stands.

    Attributes:
        since: Unix seconds, None for the beginning.
        seen: id to what was delivered since then.
        tag: what the listing from ``since`` on was tagged with when all of it was known; None when it was not.
        milestones: number to what was delivered of each milestone; None where nobody looked yet.
        milestones_tag: what their listing was tagged with, where it is one page.
    """

    since: float | None = None
    seen: Mapping[str, Delivered] = field(default_factory=dict)
    tag: Tag | None = None
    milestones: Mapping[str, Delivered] | None = None
    milestones_tag: Tag | None = None

    @classmethod
    def parse(cls, text: str | None) -> Position:
        """Read a cursor back. One that cannot be read means the beginning: delivering again is allowed, skipping is not."""
        if not text:
            return cls()
        try:
            raw = json.loads(text)
            since = None if raw["since"] is None else float(raw["since"])
            found = raw.get("milestones")
            milestones = None if found is None else _deliveries(found)
            return cls(since, _deliveries(raw["seen"]), _tag(raw.get("tag")), milestones, _tag(raw.get("milestones_tag")))
        except (ValueError, TypeError, KeyError, AttributeError):
            return cls()

    def text(self) -> str:
        """The cursor."""
        shown: dict[str, object] = {"since": self.since, "seen": _plain(self.seen), "tag": _pair(self.tag)}
        if self.milestones is not None:
            shown |= {"milestones": _plain(self.milestones), "milestones_tag": _pair(self.milestones_tag)}
        return json.dumps({name: value for name, value in shown.items() if name != "tag" or value}, separators=(",", ":"))

    def knows(self, key: str, delivered: Delivered) -> bool:
        """Whether exactly this was delivered before."""
        return self.seen.get(key) == delivered

    def stay(self, tag: Tag | None) -> Position:
        """The position after all that the listing from ``since`` on holds was known already; ``tag`` is that listing's."""
        return replace(self, tag=tag)

    def advance(self, to: float, delivered: Mapping[str, Delivered]) -> Position:
        """The position after everything up to ``to`` (server time) was delivered, ``delivered`` among it. Never goes back."""
        everything = {**self.seen, **delivered}
        newest = sorted((one.updated for one in everything.values()), reverse=True)
        since = to - OVERLAP
        if len(newest) > ROOM:
            since = min(max(since, newest[ROOM - 1]), to - LEAST_OVERLAP)
        since = float(int(max(since, self.since or 0.0, 0.0)))
        inside = [(key, one) for key, one in everything.items() if one.updated >= since]
        inside.sort(key=lambda pair: pair[1].updated, reverse=True)
        return replace(self, since=since, seen=dict(inside[:KEPT]), tag=None)


def _deliveries(raw: Mapping[str, tuple[float, str]]) -> dict[str, Delivered]:
    return {key: Delivered(float(updated), str(digest)) for key, (updated, digest) in raw.items()}


def _plain(deliveries: Mapping[str, Delivered]) -> dict[str, list[float | str]]:
    return {key: [one.updated, one.digest] for key, one in sorted(deliveries.items())}


def _pair(tag: Tag | None) -> list[str] | None:
    return None if tag is None else [tag.etag, tag.owner]


def _tag(raw: object) -> Tag | None:
    match raw:
        case [str(etag), str(owner)]:
            return Tag(etag, owner)
    return None


def digest(*parts: object) -> str:
    """A short hash of everything a record shows; two edits within one second differ in it."""
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()[:12]
