"""Which Markdown texts mean the same, and where a text's blocks and its cut are."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmsync.text.blocks import join, split
from pmsync.text.canon import canon, same
from pmsync.text.cut import Unit, cut, is_cut, measure

# fmt: off
FRAGMENTS = [
    "a", "b c", "\n", "\n\n", "*", "**", "_", "~~", "`", "```", "```py\n", "~~~", "# ", "- ", "* ", "1. ", "2) ", "> ", "    ", "\t", "|",
    "| a | b |\n| --- | :-: |\n", "[x](u)", "[", "]", "(", ")", "![i](p.png)", "<b>", "</b>", "<br>", "<kbd>", "<!-- c -->", "<div>", "\\",
    "&amp;", "&", "!", "http://a.b/c_d", "<http://q.r>", "[r]: /u", "[r]", "[^1]: n", "---", "===", "- [x] ", "é", "😀", "\u00a0", "\r\n",
    "\x0b", "\u2028",
]
# fmt: on
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(FRAGMENTS), max_size=16).map("".join))


@given(TEXTS)
def test_the_canonical_text_is_its_own_canonical_text(text):
    assert canon(canon(text)) == canon(text)


@pytest.mark.parametrize(
    "spellings",
    [
        ("a\r\nb\r\n", "a\nb", "a  \nb\n\n\n", "a\\\nb", "a<br>b"),
        ("- a\n- b", "* a\n* b", "+ a\n\n+ b\n"),
        ("1. a\n2. b", "1) a\n1) b"),
        ("*a* **b**", "_a_ __b__", "<em>a</em> <strong>b</strong>"),
        ("**_a_**", "_**a**_", "***a***"),
        ("**a `c` b**", "**a** `c` **b**"),
        ("# T", "T\n=", "# T ##"),
        ("```\nx\n```", "~~~~\nx\n~~~~", "    x"),
        ("---", "***", "_ _ _"),
        ("| a | b |\n| - | - |\n| c | d |", "|a|b|\n|:---|----|\n|c|d|"),
        ("[a](http://x.y)", "[a][r]\n\n[r]: http://x.y"),
        ("see http://x.y/z_a.", "see <http://x.y/z_a>."),
        ("a \\# b & c", "a # b &amp; c"),
    ],
)
def test_spellings_of_one_meaning_are_one_text(spellings):
    assert len({canon(text) for text in spellings}) == 1


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("*a*", "\\*a\\*"),
        ("# a", "\\# a"),
        ("a\n\nb", "a\nb"),
        ("```py\nx\n```", "```\nx\n```"),
        ("```\nx \n```", "```\nx\n```"),
        ("- a\n- b", "- a\n\n* b"),
        ("- [x] a", "- [ ] a"),
        ("3. a", "1. a"),
        ("<kbd>a</kbd>", "a"),
        ("<!-- a -->", ""),
        ("[^1]: note", ""),
        ("`a`", "a"),
        ("> a", "a"),
        ("| a |\n| :-: |", "| a |\n| --- |"),
        ("![a](u)", "![b](u)"),
        ("&lt;b>", "<b>"),
        ("a<br><br>b", "a\n\nb"),
    ],
)
def test_what_is_said_otherwise_is_another_text(left, right):
    assert not same(left, right)


@given(TEXTS)
def test_the_blocks_joined_are_the_text_byte_for_byte(text):
    assert join(split(text)) == text


def test_each_kind_of_block_is_told_apart():
    text = (
        "# T\n\nwords\nmore\n\n- a\n  - deep\n\n  more\n- b\n1. c\n2. d\n\n> q\n> r\n\n```\n\n# code\n```\n\n| a |\n| - |\n| b |\n\n---\n\n"
        "<div>\nx\n</div>\n\n[r]: /u\n\n    code\n\nOld\n---\n<!-- a\n\nb -->\n"
    )
    kinds = [block.kind for block in split(text)]
    assert kinds == (
        ["heading", "paragraph", *["item"] * 4, "quote", "code", "table", "rule", "html", "definition", "code", "heading", "html"]
    )


@pytest.mark.parametrize(
    "text",
    [">" * 50_000, "".join(" " * i + "- a\n" for i in range(400)), "{" * 50_000, "<!--\n" * 20_000, "[" * 50_000, "a\n" * 20_000],
)
def test_hostile_text_is_split_and_canonised_in_linear_time(text):
    start = time.process_time()
    split(text)
    assert time.process_time() - start < 1
    canon(text[:10_000])
    assert time.process_time() - start < 3


@given(
    st.lists(st.sampled_from([*FRAGMENTS, "word " * 30]), max_size=30).map("".join), st.integers(110, 300), st.sampled_from(Unit)
)
def test_a_cut_text_fits_and_is_known_again(text, limit, unit):
    shown = cut(text, limit, unit)
    assert measure(shown, unit) <= limit
    if measure(text, unit) > limit:
        assert is_cut(shown)
        assert cut(shown, limit, unit) == shown
    else:
        assert shown == text


def test_a_long_text_is_cut_between_blocks_with_a_notice():
    """C24: a body over the limit of 65,536 still arrives, and says that it goes on elsewhere."""
    text = "\n\n".join(f"Paragraph {number} says something." for number in range(3_000))
    shown = cut(text, 65_536)
    assert shown.endswith(" characters are shown, the whole text is kept elsewhere.*")
    assert text.startswith(shown[: shown.rindex("\n\n*Cut")] + "\n\n")
    assert is_cut(shown.replace("*", "_") + "\n")
    assert is_cut(canon(shown))
    assert not is_cut(shown + "\n\nAn answer")


def test_a_code_block_that_is_cut_is_closed_again():
    shown = cut("```py\n" + "x = 1\n" * 100 + "```\n", 300)
    assert [block.kind for block in split(shown)] == ["code", "paragraph"]


def test_a_limit_without_room_for_the_notice_is_refused():
    with pytest.raises(ValueError, match="no room"):
        cut("a" * 100, 50)


def test_a_long_block_behind_a_short_one_is_cut_within():
    """A report that is one sentence and a log of half a million characters shows some of the log."""
    shown = cut("It fails:\n\n```\n" + "a line of the log\n" * 20_000 + "```\n", 65_536)
    assert 60_000 < len(shown) <= 65_536
    assert "\n```\n\n*Cut here: " in shown
