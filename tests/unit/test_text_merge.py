"""Two edits of one text meet: the laws of the merge, and what it means for people (C33)."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from pmsync.text.blocks import split
from pmsync.text.merge import Clash, Merge, merge

WORDS = [
    "alpha",
    "beta",
    "*gamma*",
    "_gamma_",
    "# Head",
    "- one",
    "* one",
    "- two",
    "1. first",
    "2. second",
    "```\ncode\n```",
    "> said",
]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=7).flatmap(
    lambda parts: st.sampled_from(["\n\n", "\n"]).map(lambda gap: gap.join(parts))
)
ANY = st.one_of(TEXTS, st.text(alphabet="ab\n-*#>` \r1.<|", max_size=40))


def said(text):
    return Counter(block.key for block in split(text) if block.kind != "blank")


@given(ANY, ANY)
def test_an_edit_alone_is_taken_byte_for_byte(base, edit):
    assert merge(base, base, edit) == merge(base, edit, base) == Merge(edit)


@given(ANY, ANY)
def test_two_equal_edits_are_one(base, edit):
    assert merge(base, edit, edit) == Merge(edit)


@given(ANY, ANY, ANY)
def test_it_does_not_matter_which_side_is_which(base, ours, theirs):
    left, right = merge(base, ours, theirs), merge(base, theirs, ours)
    assert left.text == right.text
    assert [(c.base, c.ours, c.theirs) for c in left.clashes] == [(c.base, c.theirs, c.ours) for c in right.clashes]


@given(ANY, ANY, ANY)
def test_nothing_is_invented_and_nothing_is_lost(base, ours, theirs):
    """Of each block there are as many as the base had, and what each side added or removed; two alike edits may be one."""
    merged = merge(base, ours, theirs)
    if merged.text is None:
        assert merged.clashes
        return
    b, o, t, m = said(base), said(ours), said(theirs), said(merged.text)
    for key in b | o | t | m:
        mine, other = o[key] - b[key], t[key] - b[key]
        low, high = sorted((b[key] + mine + other, b[key] + (mine if abs(mine) > abs(other) else other)))
        assert low <= m[key] <= high, (key, b[key], o[key], t[key], m[key])


@given(ANY, ANY, ANY)
def test_a_preferred_side_always_makes_a_text(base, ours, theirs):
    assert merge(base, ours, theirs, prefer="ours").text is not None
    assert merge(base, ours, theirs, prefer="ours").text == merge(base, theirs, ours, prefer="theirs").text


def test_edits_of_neighbouring_paragraphs_meet():
    assert merge("a\n\nb\n\nc\n", "A\n\nb\n\nc\n", "a\n\nB\n\nc\n") == Merge("A\n\nB\n\nc\n")


def test_edits_of_two_items_of_one_list_meet():
    assert merge("- a\n- b\n- c", "- a!\n- b\n- c", "- a\n- b\n- c\n- d") == Merge("- a!\n- b\n- c\n- d")


def test_an_item_put_before_renumbered_items_is_one_edit():
    base = "1. a\n2. b"
    assert merge(base, "1. new\n2. a\n3. b", "1. a\n2. b!").text == "1. new\n2. a\n2. b!"


def test_two_edits_of_one_paragraph_clash_and_are_both_kept():
    merged = merge("x\n\na\n", "x\n\nb\n", "x\n\nc\n")
    assert merged == Merge(None, (Clash("a\n", "b\n", "c\n"),))


def test_two_paragraphs_added_at_one_place_clash():
    """Which of them comes first is nobody's to guess."""
    assert merge("a", "a\n\nb", "a\n\nc").text is None


def test_a_paragraph_removed_here_and_edited_there_clashes():
    assert merge("a\n\nb\n\nc", "a\n\nc", "a\n\nB\n\nc").text is None


def test_another_spelling_is_no_edit():
    """A system that spells Markdown its own way does not stand in the way of a person's edit."""
    assert merge("# T\n\n- *a*\n- b", "T\n=\n\n* _a_\n* b", "# T\n\n- *a*\n- B").text == "T\n=\n\n* _a_\n- B"


def test_the_owner_of_a_field_decides_only_where_both_wrote():
    merged = merge("a\n\nb\n\nc", "a\n\nb1\n\nc", "A\n\nb2\n\nc", prefer="ours")
    assert merged.text == "A\n\nb1\n\nc"
    assert merged.clashes == (Clash("b\n\n", "b1\n\n", "b2\n\n"),)


def test_ten_thousand_equal_blocks_are_merged_in_no_time():
    base = "- a\n" * 10_000
    assert merge(base, base + "- b\n", "# new\n\n" + base).text == "# new\n\n" + base + "- b\n"
