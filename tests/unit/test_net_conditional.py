"""Conditional reads: 304 as a fact, with an ETag that is sent only for the credential it was given to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from pmsync.net.conditional import UNCHANGED, Tag, fingerprint, tag_of, unless
from pmsync.net.http import Call

LIST = Call("GET", "/repos/o/r/issues", "GET /repos/{}/issues", params={"since": "2026-01-01"}, headers={"x-version": "1"})
ETAG = 'W/"v1"'


def tagged(request: httpx.Request) -> httpx.Response:
    """A server whose list never changes."""
    if request.headers.get("if-none-match") == ETAG:
        return httpx.Response(304, headers={"etag": ETAG})
    return httpx.Response(200, json=[1], headers={"etag": ETAG})


def test_list_that_was_read_before_answers_unchanged(wire: Callable[..., Any]) -> None:
    http = wire(tagged).http()
    first = http.send(unless(LIST, None, "me"))
    assert first.json() == [1]
    assert http.send(unless(LIST, tag_of(first, "me"), "me")).status == UNCHANGED


def test_the_call_keeps_all_that_it_had() -> None:
    call = unless(LIST, Tag(ETAG, "me"), "me")
    assert call.headers == {"x-version": "1", "if-none-match": ETAG}
    assert call.expect == LIST.expect | {UNCHANGED}
    assert (call.path, call.params) == (LIST.path, LIST.params)


def test_tag_of_another_owner_is_not_sent() -> None:
    """GitHub's ETags belong to one token."""
    assert unless(LIST, Tag(ETAG, "me"), "somebody else") == LIST


@pytest.mark.parametrize("etag", ["", "bare", '"a\r\nx: y"', '"ü"', '"a"b"', 'w/"v1"', "*"])
def test_what_is_no_entity_tag_is_neither_kept_nor_sent(wire: Callable[..., Any], etag: str) -> None:
    """RFC 9110, 8.8.3; a damaged cursor must not make a poll fail for ever."""
    assert unless(LIST, Tag(etag, "me"), "me") == LIST
    if etag.isascii() and etag.isprintable():
        assert tag_of(wire(httpx.Response(200, json=[], headers={"etag": etag})).http().send(LIST), "me") is None


def test_an_answer_without_etag_leaves_nothing_to_keep(wire: Callable[..., Any]) -> None:
    assert tag_of(wire(httpx.Response(200, json=[])).http().send(LIST), "me") is None


def test_a_fingerprint_tells_tokens_and_versions_apart_and_gives_neither_away() -> None:
    assert fingerprint("canary", "2022-11-28") == fingerprint("canary", "2022-11-28")
    others = {
        fingerprint("canary", "2022-11-28"),
        fingerprint("canary", "2026-03-10"),
        fingerprint("canary"),
        fingerprint("other"),
    }
    assert len(others) == 4
    assert "canary" not in fingerprint("canary")
