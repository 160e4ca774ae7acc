"""The parts of a copy on GitHub: its header, its hidden marker, its text."""

from __future__ import annotations

import pytest

from pmsync.connect.markers import Marker, sign
from pmsync.model.enums import Audience
from pmsync_github.commenting import Parts, comment, parts
from pmsync_github.wire import Said

TOKEN = sign(Marker("a1", "b1", "c1"), b"key")
OTHER = sign(Marker("a1", "b2", "c2"), b"key")
HEADER = "**Ana** wrote in [PAY-7](https://acme.example/browse/PAY-7):"


def said(body, author="pmsync-bot"):
    url = "https://github.com/acme/api/issues/1#issuecomment-77"
    return Said("IC_1", body, author, url, 1.0, 2.0, "acme/api", 1, "I_1", Audience.INTERNAL)


@pytest.mark.parametrize("text", ["", "Words", "One\n\nTwo", f"> quoted\n<!-- pmsync:{OTHER} -->\n\nmore"])
def test_parts_come_apart_as_they_were_put_together(text):
    whole = Parts(HEADER, TOKEN, text)
    assert parts(whole.body()) == whole
    assert parts(whole.body().replace("\n", "\r\n")).marker == TOKEN


def test_words_above_the_marker_that_are_no_header_are_text():
    """Nobody's edit is lost, wherever it was made."""
    body = Parts(HEADER, TOKEN, "Words").body()
    assert parts(f"First things first\n\n{body}") == Parts("", TOKEN, f"First things first\n\n{HEADER}\n\nWords")
    assert parts(body.replace(f"{HEADER}\n", f"{HEADER}\n\nBetween\n")) == Parts(HEADER, TOKEN, "Between\n\nWords")


def test_a_text_without_a_marker_is_only_text():
    assert parts(f"{HEADER}\n\nWords") == Parts("", None, f"{HEADER}\n\nWords")


def test_what_somebody_else_wrote_is_a_text_whatever_is_hidden_in_it():
    body = Parts(HEADER, TOKEN, "Words").body()
    found = comment(said(body, "ben"), "github", lambda: "pmsync-bot")
    assert (found.marker, found.header, found.body) == (None, "", body)
    ours = comment(said(body), "github", lambda: "PMSYNC-bot")
    assert (ours.marker, ours.header, ours.body) == (TOKEN, HEADER, "Words")
    assert (ours.key, ours.place) == ("acme/api#1 comment 77", "acme/api#1")


def test_nobody_is_asked_who_we_are_where_nothing_can_be_ours():
    def me():
        raise AssertionError("asked")

    assert comment(said("Words"), "github", me).body == "Words"
