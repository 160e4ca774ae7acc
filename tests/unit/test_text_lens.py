"""The lens over Markdown: another spelling is no edit, what is too long is cut for one side alone, and nothing acts that others wrote."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmsync.model.values import EMPTY, Known
from pmsync.reconcile.lens import Unmapped
from pmsync.reconcile.lenses.text import Markdown, TextLens, Verdict
from pmsync.text.cut import is_cut

LENS = TextLens(markdown=True)
SHORT = TextLens(limit=300, markdown=True)
PUBLIC = TextLens(markdown=True, inert=True)
LONG = "\n\n".join(f"Paragraph {number} says something." for number in range(40))


def shown(lens=SHORT, text=LONG):
    return lens.put(Known(text), EMPTY)


def test_another_spelling_of_the_same_markdown_is_no_edit():
    assert LENS.consistent(Known("* a\n* _b_\n"), Known("- a\n- *b*"))
    assert LENS.put(Known("- a\n- *b*"), Known("* a\n* _b_\n")) == Known("* a\n* _b_\n")
    assert LENS.ingest(Known("* a\n* _b_\n"), Known("- a\n- *b*")) == Known("- a\n- *b*")


def test_an_edit_is_taken_over_as_it_was_written():
    assert LENS.ingest(Known("* a\r\n* _c_\r\n"), Known("- a\n- *b*")) == Known("* a\n* _c_")


def test_blank_markdown_is_empty():
    assert LENS.consistent(Known(" \n\t\n"), EMPTY)
    assert LENS.canon(Known("\n\n")) == EMPTY


def test_a_long_text_is_cut_and_says_so():
    """C24."""
    assert len(shown().value) <= 300
    assert is_cut(shown().value)


def test_a_cut_text_is_consistent_with_the_whole_alone():
    assert SHORT.consistent(shown(), Known(LONG))
    assert SHORT.put(Known(LONG), shown()) == shown()
    assert not SHORT.consistent(shown(), Known(LONG.replace("Paragraph 1 ", "Paragraph one ")))
    assert not SHORT.consistent(shown(), Known("Paragraph 0 says something."))


def test_the_length_of_the_whole_may_change_behind_the_cut():
    assert SHORT.consistent(shown(), Known(LONG + "\n\nMore."))


def test_a_cut_text_is_never_taken_over():
    """C24: whoever shows it, and whatever was made of it."""
    edited = Known(shown().value.replace("Paragraph 0", "Paragraph zero"))
    assert SHORT.ingest(shown(), Known(LONG)) == Known(LONG)
    assert isinstance(SHORT.ingest(shown(), EMPTY), Unmapped)
    assert isinstance(SHORT.ingest(edited, Known(LONG)), Unmapped)


class Doubling(Markdown):
    """A system in which every sign counts twice."""

    def length(self, text):
        return 2 * len(text)

    def judge(self, text, old):
        return Verdict(("it is bent",), "no" if old else "")


def test_the_limit_counts_what_the_system_counts():
    """C26."""
    lens = TextLens(limit=400, markdown=True, form=Doubling())
    assert 100 < len(shown(lens).value) <= 200


def test_a_verdict_tells_the_cut_and_what_the_form_loses():
    lens = TextLens(limit=400, markdown=True, form=Doubling())
    cut, bent = lens.judge(Known(LONG), shown(lens), "").losses
    assert cut == f"the text is cut: 85 of {len(LONG):,} characters are shown, for the limit is 400"
    assert bent == "it is bent"
    assert lens.judge(Known("a"), Known("a"), "raw") == Verdict(("it is bent",), "no")


@pytest.mark.parametrize("lens", [TextLens(), TextLens(single_line=True), LENS, PUBLIC])
def test_markdown_kept_as_it_is_loses_nothing(lens):
    assert lens.judge(Known("> a\n>> b"), Known("> a\n>> b"), "") == Verdict()


def test_what_others_wrote_is_made_inert_where_names_act():
    assert PUBLIC.put(Known("Ask @ana about #12"), EMPTY) == Known("Ask @<!-- -->ana about #<!-- -->12")
    assert PUBLIC.ingest(Known("Ask @<!-- -->ana now"), EMPTY) == Known("Ask @ana now")


def test_whom_people_called_there_stays_called_and_what_they_wrote_keeps_its_bytes():
    remote = Known("* @ben, look\r\n* at #3\r\n\r\nOld")
    assert PUBLIC.put(Known("- @ben, look\n- at #3\n\nAsk @ben and @ana"), remote) == Known(
        "* @ben, look\r\n* at #3\r\n\r\nAsk @ben and @<!-- -->ana"
    )


TEXTS = st.lists(
    st.sampled_from(["@ana ", "#1 ", "word ", "\n\n", "- a\n", "> b\n", "```\nc\n```\n", "**d** " * 9]), max_size=30
).map("".join)
LENSES = st.sampled_from(
    [LENS, SHORT, PUBLIC, dataclasses.replace(SHORT, inert=True), TextLens(limit=400, markdown=True, form=Doubling())]
)


@given(LENSES, TEXTS, TEXTS)
def test_what_is_written_is_consistent_with_the_hub(lens, hub, old):
    """PutGet up to the fibre, with texts that are cut too."""
    before, wanted = (Known(text) if text else EMPTY for text in (old, hub))
    written = lens.put(wanted, before)
    assert lens.consistent(written, wanted)
    assert lens.put(wanted, written) == written
    assert lens.ingest(written, wanted) == wanted
