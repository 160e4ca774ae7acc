"""Comments as records: headers that are no text, names that mean nothing but themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmsync.connect import comments
from pmsync.model.enums import Audience, Kind, Nature
from pmsync.model.record import Comment, RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Known

PAY = ScopeRef("jira", "PAY")
LINES = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def comment(**given):
    facts = {"name": "Ana", "place": "PAY-7", "url": "https://acme.example/browse/PAY-7?focusedCommentId=5", "body": "Words"}
    shown = {**facts, **given}
    return Comment(RecordRef("jira", "c"), RecordRef("jira", "7"), "ana", shown.pop("body"), 1.0, 2.0, Audience.INTERNAL, **shown)


def test_a_comment_is_a_record_with_three_surfaces():
    found = comments.record(comment(key="PAY-7 comment 5"), PAY)
    assert found.kind is Kind.COMMENT
    assert found.kind.nature is Nature.COMMENT
    assert found.values == {
        comments.TEXT: Known("Words"),
        comments.ON: Known("7"),
        comments.HEADER: Known("**Ana** wrote in [PAY-7](https://acme.example/browse/PAY-7?focusedCommentId=5):"),
    }
    assert (found.key, found.creator, found.audience) == ("PAY-7 comment 5", "ana", Audience.INTERNAL)
    assert found.values.keys() == {one.id for one in comments.surfaces(1000)}


def test_a_copy_keeps_the_header_that_it_has():
    found = comments.record(comment(header="**Ben** wrote in [X-1](https://x.example):", marker="pm1"), PAY)
    assert found.values[comments.HEADER] == Known("**Ben** wrote in [X-1](https://x.example):")
    assert found.marker == "pm1"


def test_a_comment_without_words_shows_nothing():
    """454 comments of a real tracker have none."""
    assert comments.record(comment(body=""), PAY).values[comments.TEXT] == EMPTY


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ana", "Ana"),
        ("@octocat", "octocat"),
        ("ana@corp.example", "ana at corp.example"),
        ("**evil** [x](javascript:1)", r"\*\*evil\*\* \[x\](javascript:1)"),
        ("two\nlines", "two lines"),
        ("", "ana"),
        ("   ", "somebody"),
        ("@", "somebody"),
    ],
)
def test_a_name_means_nothing_but_itself(name, shown):
    """Nobody is called by it, and it ends neither its emphasis nor the line."""
    header = comments.attribution(comment(name=name))
    assert header.startswith(f"**{shown}** wrote in [PAY-7](")
    assert comments.writer(header) == shown.replace("\\", "")


def test_an_address_cannot_end_its_link():
    header = comments.attribution(comment(url="https://x.example/a)b (c) <d> é\n"))
    assert "(https://x.example/a%29b%20%28c%29%20%3Cd%3E%20%C3%A9%0A):" in header


@given(name=LINES, place=LINES, url=LINES, text=st.text(st.characters(exclude_categories=["Cs"])))
def test_a_header_comes_off_its_text_again(name, place, url, text):
    header = comments.attribution(comment(name=name, place=place, url=url))
    assert len(header) <= comments.HEADER_ROOM + 64
    assert "\n" not in header
    kept = text.lstrip("\r\n")
    assert comments.split_header(comments.with_header(header, kept)) == (header, kept)


@pytest.mark.parametrize("text", ["Words", "", "**Ana** says:\n\nhi", "wrote in x:", "a\n\n**Ana** wrote in [X](y):"])
def test_what_is_no_header_is_text(text):
    assert comments.split_header(text) == ("", text)
