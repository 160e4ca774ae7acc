"""Retry-After in its forms, and foreign words made fit for a message."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmsync.net.words import excerpt, own_words, retry_after

NOW = 1_767_225_600.0  # Thu, 01 Jan 2026 00:00:00 GMT


@pytest.mark.parametrize(
    ("headers", "until"),
    [
        ({"retry-after": "1847"}, NOW + 1847),
        ({"retry-after": "0.5"}, NOW + 0.5),
        ({"retry-after": " 3 "}, NOW + 3),
        ({"retry-after": "0"}, NOW),
        ({"retry-after": "Thu, 01 Jan 2026 00:02:00 GMT"}, NOW + 120),
        ({"retry-after": "Thu, 01 Jan 2026 05:02:00 GMT", "date": "Thu, 01 Jan 2026 05:00:00 GMT"}, NOW + 120),
        ({"retry-after": "Thu, 01 Jan 2026 04:00:00 GMT", "date": "Thu, 01 Jan 2026 05:00:00 GMT"}, NOW),
        ({}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "1e999"}, None),
        ({"retry-after": "Thu, 99 Jan 2026 00:02:00 GMT"}, None),
    ],
)
def test_retry_after_is_read_in_all_its_forms(headers: dict[str, str], until: float | None) -> None:
    """Whole and half seconds and dates; a date counts from the server's own clock."""
    assert retry_after(headers, NOW) == until


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_retry_after_breaks_the_reader_or_asks_for_the_impossible(value: str, date: str) -> None:
    until = retry_after({"retry-after": value, "date": date}, NOW)
    assert until is None or until < float("inf")


@given(st.binary(max_size=300))
def test_an_excerpt_is_one_short_printable_line(content: bytes) -> None:
    shown = excerpt(content, str)
    assert shown.isprintable()
    assert len(shown) <= 83


@given(
    st.recursive(
        st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
    )
)
def test_any_json_has_words_or_an_excerpt(body: object) -> None:
    shown = own_words(json.dumps({"message": body}).encode(), str)
    assert shown
    assert shown.isprintable()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"errorMessages": ["no such issue"], "errors": {}}', "no such issue"),
        (b'{"errorMessages": [], "errors": {"priority": "not on the screen"}}', "priority: not on the screen"),
        (
            b'{"message": "Validation Failed", "errors": [{"field": "title", "code": "missing"}]}',
            "Validation Failed; field: title; code: missing",
        ),
        (b'{"data": null, "errors": [{"message": "Could not resolve"}]}', "message: Could not resolve"),
        (b"<h1>Forbidden</h1>", "<h1>Forbidden</h1>"),
        (b"", ""),
        (b"[" * 100_000, "[" * 80 + "..."),
    ],
)
def test_the_remotes_own_words_are_found(body: bytes, said: str) -> None:
    assert own_words(body, str) == said
