"""Conditional reads: 304 as a fact, and ETags that count only after the sweep they gate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from pmsync.connect.errors import Retry
from pmsync.net.conditional import MemoryETags, StagedETags, conditional, fingerprint
from pmsync.net.http import Call

LIST = Call("GET", "/repos/o/r/issues", "GET /repos/{}/issues", params={"since": "2026-01-01", "state": "all"})


def tagged(request: httpx.Request) -> httpx.Response:
    """A server whose list never changes."""
    if request.headers.get("if-none-match") == 'W/"v1"':
        return httpx.Response(304, headers={"etag": 'W/"v1"'})
    return httpx.Response(200, json=[1], headers={"etag": 'W/"v1"'})


def test_unchanged_is_none_once_a_sweep_was_committed(wire: Callable[..., Any]) -> None:
    http, kept = wire(tagged).http(), StagedETags(MemoryETags())
    first = conditional(http, LIST, kept, "t")
    assert first is not None
    assert first.json() == [1]
    kept.commit()
    assert conditional(http, LIST, kept, "t") is None


@pytest.mark.parametrize("discard", [False, True])
def test_a_sweep_that_did_not_succeed_is_read_again(wire: Callable[..., Any], discard: bool) -> None:
    """A crash between reading and committing must not make the next sweep believe that nothing changed."""
    http, store = wire(tagged).http(), MemoryETags()
    staged = StagedETags(store)
    conditional(http, LIST, staged, "t")
    if discard:
        staged.discard()
        staged.commit()
    assert conditional(http, LIST, StagedETags(store), "t") is not None


def test_another_token_or_query_has_an_etag_of_its_own(wire: Callable[..., Any]) -> None:
    """GitHub's ETags belong to one token."""
    server = wire(tagged)
    http, etags = server.http(), StagedETags(MemoryETags())
    conditional(http, LIST, etags, fingerprint("one"))
    etags.commit()
    assert conditional(http, LIST, etags, fingerprint("two")) is not None
    assert conditional(http, replace(LIST, params={"since": "2026-01-02"}), etags, fingerprint("one")) is not None
    assert not any("if-none-match" in request.headers for request in server.sent)


def test_an_answer_without_etag_is_simply_read(wire: Callable[..., Any]) -> None:
    http, etags = wire(httpx.Response(200, json=[])).http(), StagedETags(MemoryETags())
    for _ in range(2):
        assert conditional(http, LIST, etags, "t") is not None
        etags.commit()


def test_a_failed_read_stages_nothing(wire: Callable[..., Any]) -> None:
    http, store = wire(httpx.Response(503, headers={"etag": '"error"'})).http(), MemoryETags()
    staged = StagedETags(store)
    with pytest.raises(Retry):
        conditional(http, LIST, staged, "t")
    staged.commit()
    assert store.get(http.url(LIST), "t") is None


def test_a_fingerprint_tells_tokens_and_versions_apart_and_gives_neither_away() -> None:
    assert fingerprint("canary", "2022-11-28") == fingerprint("canary", "2022-11-28")
    assert (
        len(
            {
                fingerprint("canary"),
                fingerprint("canary", "2022-11-28"),
                fingerprint("canary", "2026-03-10"),
                fingerprint("other"),
            }
        )
        == 4
    )
    assert "canary" not in fingerprint("canary")
