"""Names and numbers that act where GitHub finds them, made inert, and a text in another's spelling."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmsync.text.canon import canon, same
from pmsync.text.inert import calls, inert, revived
from pmsync.text.spelling import spelled_like

CALM = "<!-- -->"
PIECES = [
    *(
        "@ana",
        "#12",
        "acme/api#7",
        "GH-3",
        "@acme/team",
        "`@code`",
        "``",
        "`",
        "a@b.de",
        "[@x](http://e.x/#1)",
        "<@y>",
        "https://e.x/@z#4",
    ),
    *("\n", "\n\n", "- ", "> ", "```\n", "    ", "# ", " ", "_", "**", "<div>", "</div>", "|", "&#12;", "\\", CALM, "words"),
]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("Ask @ana.", f"Ask @{CALM}ana."),
        ("_@ana_ and (@acme/team)", f"_@{CALM}ana_ and (@{CALM}acme/team)"),
        ("see #12, acme/api#7 and gh-3", f"see #{CALM}12, acme/api#{CALM}7 and gh-{CALM}3"),
        ("# Heading #5", f"# Heading #{CALM}5"),
        ("| @a |\n|---|\n| #1 |", f"| @{CALM}a |\n|---|\n| #{CALM}1 |"),
        ("- a\n  ```\n  @b\n  ```\n  @c", f"- a\n  ```\n  @b\n  ```\n  @{CALM}c"),
        ("<div>@ana</div>", f"<div>@{CALM}ana</div>"),
    ],
)
def test_names_and_numbers_are_made_inert(text, made):
    assert inert(text) == made
    assert revived(made) == text


@pytest.mark.parametrize(
    "text",
    [
        "`@ana #1`",
        "```\n@ana\n```",
        "a@b.de",
        "[x](http://e.x/#12)",
        "<https://e.x/@a>",
        "https://e.x/y#12",
        "&#12;",
        "C# and @",
        "#tag",
    ],
)
def test_what_calls_nobody_is_left_alone(text):
    assert inert(text) == text


def test_whom_somebody_called_there_stays_called():
    assert inert("@Ana @ben #1 #2", calls("@ana sees #1")) == f"@Ana @{CALM}ben #1 #{CALM}2"


@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
def test_an_inert_text_says_the_same(text):
    assert same(inert(text), text)
    assert same(revived(text), text)
    assert inert(inert(text)) == inert(text)


def test_an_empty_comment_elsewhere_is_a_difference():
    assert not same(f"a {CALM}b", "a b")
    assert not same(f"`@{CALM}b`", "`@b`")
    assert canon(f"@{CALM}b") == "@b"


@pytest.mark.parametrize(
    "bad", ["@a " * 20_000, "`" * 3 + "a`" * 20_000, "](" * 20_000 + "@a", "<" * 40_000 + "@a", "[@x" * 10_000]
)
def test_hostile_text_takes_no_longer_than_its_length(bad):
    start = time.process_time()
    inert(bad)
    assert time.process_time() - start < 5


def test_what_both_say_keeps_the_bytes_that_it_has():
    old = "* _one_\r\n* two\r\n\r\n\r\nHead\r\n====\r\n\r\nlast"
    assert spelled_like("- *one*\n- two\n\n# Head\n\nchanged", old) == "* _one_\r\n* two\r\n\r\n\r\nHead\r\n====\r\n\r\nchanged"


@given(*[st.lists(st.sampled_from(PIECES), max_size=12).map("".join)] * 2)
def test_another_spelling_is_the_same_text(text, old):
    assert same(spelled_like(text, old), text)
    assert spelled_like(text, text) == text
