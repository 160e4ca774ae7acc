"""Pages: cursors for issue lists, numbers for the rest. The next page is told by the ``Link`` header alone."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any

from pmsync_github.emulation.calls import Call
from pmsync_github.emulation.errors import ApiError, invalid
from pmsync_github.emulation.state import Issue

TOO_LARGE = (
    "Pagination with the page parameter is not supported for large datasets, please use cursor based pagination (after/before)"
)
KEYS: dict[str, Callable[[Issue], int]] = {
    "created": lambda issue: issue.created_at,
    "updated": lambda issue: issue.updated_at,
    "comments": lambda issue: len(issue.comments),
}


def encode(*values: Any) -> str:
    """An opaque cursor."""
    return base64.urlsafe_b64encode(b"cursor:v2:" + json.dumps(values).encode()).decode()


def decode(cursor: str) -> list[Any]:
    """What a cursor of ours says.

    Raises:
        ValueError: it is none.
    """
    text = base64.urlsafe_b64decode(cursor)
    if not text.startswith(b"cursor:v2:"):
        raise ValueError("not a cursor")
    content = json.loads(text[10:])
    if not isinstance(content, list):
        raise ValueError("not a cursor")
    return content


def whole(call: Call, name: str, default: int) -> int:
    """A query parameter as a number; nonsense and zero count as the default, as GitHub does."""
    text = call.request.param(name)
    return int(text) if text.isascii() and text.isdigit() and int(text) > 0 else default


def per_page(call: Call) -> int:
    """The size of a page: 30 unless asked, at most 100."""
    return min(whole(call, "per_page", 30), 100)


def by_number(call: Call, items: Sequence[Any]) -> tuple[Sequence[Any], dict[str, str]]:
    """The page asked for by number, and its ``Link`` header."""
    size, page = per_page(call), whole(call, "page", 1)
    last = max(1, -(-len(items) // size))
    links: dict[str, int] = {}
    if page > 1:
        links |= {"prev": page - 1, "first": 1}
    if page < last:
        links |= {"next": page + 1, "last": last}
    header = ", ".join(f'<{call.link(page=str(number))}>; rel="{rel}"' for rel, number in links.items())
    return items[(page - 1) * size : page * size], {"link": header} if header else {}


def issues(call: Call, found: Sequence[Issue], sort: str, direction: str) -> tuple[Sequence[Issue], dict[str, str]]:
    """One page of an issue list, and its ``Link`` header.

    Raises:
        ApiError: 422 for a page number beyond the window, or a foreign cursor.
    """
    key, backwards = KEYS[sort], direction == "desc"
    ordered = sorted(found, key=lambda issue: (key(issue), issue.id), reverse=backwards)
    after, size, page = call.request.param("after"), per_page(call), whole(call, "page", 1)
    knobs = call.world.knobs
    if call.request.param("before"):
        raise ApiError(501, "this emulator does not implement the cursor 'before'")
    if not after and page * size > knobs.page_window:
        raise ApiError(422, TOO_LARGE)
    if not after and (len(ordered) < knobs.page_links_below or page > 1):
        return by_number(call, ordered)
    rest = ordered
    if after:
        start = _place(after)
        rest = [one for one in ordered if ((key(one), one.id) < start if backwards else (key(one), one.id) > start)]
    shown = rest[:size]
    if len(rest) <= size:
        return shown, {}
    cursor = encode(key(shown[-1]), shown[-1].id)
    return shown, {"link": f'<{call.link(after=cursor, page=str(page + 1))}>; rel="next"'}


def _place(cursor: str) -> tuple[int, int]:
    try:
        first, second = decode(cursor)
    except ValueError as foreign:
        raise invalid("Issue", "after", "invalid") from foreign
    return first, second
