"""The lens over Markdown: another spelling is no edit, and nobody's spelling is touched."""

from __future__ import annotations

from pmsync.model.values import EMPTY, Known
from pmsync.reconcile.lenses.text import TextLens

LENS = TextLens(markdown=True)


def test_another_spelling_of_the_same_markdown_is_no_edit():
    assert LENS.consistent(Known("* a\n* _b_\n"), Known("- a\n- *b*"))
    assert LENS.put(Known("- a\n- *b*"), Known("* a\n* _b_\n")) == Known("* a\n* _b_\n")
    assert LENS.ingest(Known("* a\n* _b_\n"), Known("- a\n- *b*")) == Known("- a\n- *b*")


def test_an_edit_is_taken_over_as_it_was_written():
    assert LENS.ingest(Known("* a\r\n* _c_\r\n"), Known("- a\n- *b*")) == Known("* a\n* _c_")


def test_blank_markdown_is_empty():
    assert LENS.consistent(Known(" \n\t\n"), EMPTY)
    assert LENS.canon(Known("\n\n")) == EMPTY
