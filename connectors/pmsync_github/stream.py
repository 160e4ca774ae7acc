"""Reading what changed in a repository: listings in the order of change, page by page, each page with the cursor after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pmsync.connect.errors import Fatal
from pmsync.model.record import ScopeRef
from pmsync.net.conditional import UNCHANGED
from pmsync.net.http import Answer
from pmsync_github.client import PAGE, Client, next_link, numbered, server_time
from pmsync_github.cursor import Delivered, Position
from pmsync_github.mapping import stamp

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """One row of a listing. ``content`` None: it is only to be remembered (a pull request among issues)."""

    key: str
    delivered: Delivered
    content: T | None


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """A listing that can be sorted by change: its path below the repository, its own parameters, and how its pages read."""

    scope: ScopeRef
    below: str
    params: Mapping[str, str]
    entries: Callable[[Answer], Sequence[Entry[T]]]


@dataclass(frozen=True, slots=True)
class Batch(Generic[T]):
    """What one page brought that was not delivered before, and the position once it is committed."""

    contents: tuple[T, ...]
    position: Position
    more: bool


def walk(client: Client, listing: Listing[T], position: Position) -> Iterator[Batch[T]]:
    """Everything since ``position``, oldest change first.

    Pages are followed by their own links. A link that counts pages is followed only when nothing else helps: what changes while such
    a listing is read moves to its end and pulls the rest forward, past the page boundary; starting anew from the last moment seen
    loses nothing. The position never passes what was delivered, nor the server's clock at the start.

    Where nothing is new the position stays, and with it the question, so that GitHub can answer "unchanged" to it from then on.
    """
    asked_since = position.since
    answer = client.poll(listing.scope, listing.below, _params(listing, asked_since), position.tag)
    if answer.status == UNCHANGED:
        yield Batch((), position, more=False)
        return
    started, url = server_time(answer), None
    while True:
        entries = listing.entries(answer)
        last, url = url, next_link(answer)
        if url is not None and url == last:
            raise Fatal(f"GitHub's listing of {listing.scope.key} leads to the same page over and over")
        fresh = tuple(entry for entry in entries if not position.knows(entry.key, entry.delivered))
        newest = entries[-1].delivered.updated if entries else started
        if not fresh and last is None and url is None and len(entries) < PAGE:
            # A full page would not do: it stays the same when a change comes to stand on the next one.
            position = position.stay(client.tag(answer))
        else:
            reached = started if url is None else min(started, newest)
            position = position.advance(reached, {entry.key: entry.delivered for entry in entries})
        contents = tuple(entry.content for entry in fresh if entry.content is not None)
        yield Batch(contents, position, more=url is not None)
        if url is None:
            return
        if numbered(url) and newest > (asked_since or 0.0):
            asked_since = newest
            answer = client.read(listing.scope, listing.below, _params(listing, asked_since))
        else:
            answer = client.page(url, listing.below)


def _params(listing: Listing[T], since: float | None) -> dict[str, str]:
    order = {"sort": "updated", "direction": "asc", "per_page": str(PAGE)}
    start = {} if since is None else {"since": stamp(since)}
    return {**listing.params, **order, **start}
