"""Rich text: what people wrote reads as Markdown, what we write reads back as it was."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from pmsync_jira import adf

FRAGMENTS = ["a", "\n", "```", "```py", "x `y`", " ", "https://a.b/c.", "# h", "\n\n", "- i", "| a |", "```\ncode\n```"]
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(FRAGMENTS), max_size=14).map("".join))


def doc(*content):
    return {"type": "doc", "version": 1, "content": list(content)}


def text(words, *marks):
    return {"type": "text", "text": words, **({"marks": list(marks)} if marks else {})}


def paragraph(*content):
    return {"type": "paragraph", "content": list(content)}


def item(*content):
    return {"type": "listItem", "content": list(content)}


@given(TEXTS)
def test_every_text_reads_back_as_it_was_written(words):
    """Not one character is lost to conversion (C27)."""
    assert adf.to_markdown(adf.from_markdown(words)) == words


@given(TEXTS)
def test_no_empty_text_node_is_written(words):
    """Jira refuses documents with empty text nodes."""
    assert '"text": ""' not in json.dumps(adf.from_markdown(words))


def test_written_documents_are_valid_by_the_vendors_schema(shared_dir):
    import jsonschema_rs

    schema = json.loads((shared_dir / "specs" / "adf-schema.json").read_text())
    validator = jsonschema_rs.validator_for(schema)
    for words in ("Title\n\nline\nbreak", "```py\nx\n\ny\n```", "see https://example.org/x.", "a\n\n\n\nb", "\n"):
        document = adf.from_markdown(words)
        assert validator.is_valid(document), list(validator.iter_errors(document))


def test_free_standing_fence_becomes_a_code_block():
    document = adf.from_markdown("Before\n\n```py\nx = 1\n\ny = 2\n```\n\nAfter")
    assert [block["type"] for block in document["content"]] == ["paragraph", "codeBlock", "paragraph"]
    assert document["content"][1] == {
        "type": "codeBlock",
        "attrs": {"language": "py"},
        "content": [text("x = 1\n\ny = 2")],
    }


def test_fence_in_the_middle_of_a_paragraph_stays_text():
    """Making a block of it would move a line break."""
    assert [block["type"] for block in adf.from_markdown("text\n```\nx\n```")["content"]] == ["paragraph"]


def test_bare_address_becomes_a_link_without_its_full_stop():
    [block] = adf.from_markdown("see https://example.org/a.")["content"]
    assert [node["text"] for node in block["content"]] == ["see ", "https://example.org/a", "."]
    assert block["content"][1]["marks"] == [{"type": "link", "attrs": {"href": "https://example.org/a"}}]


def test_empty_text_is_no_document():
    assert adf.from_markdown("") is None
    assert adf.to_markdown(None) == ""


def test_headings_lists_links_and_marks_read_as_markdown():
    document = doc(
        {"type": "heading", "attrs": {"level": 2}, "content": [text("Steps")]},
        {
            "type": "orderedList",
            "attrs": {"order": 3},
            "content": [
                item(paragraph(text("open "), text("it", {"type": "strong"}))),
                item(paragraph(text("look")), {"type": "bulletList", "content": [item(paragraph(text("inside")))]}),
            ],
        },
        paragraph(text("docs", {"type": "link", "attrs": {"href": "https://d.example"}}), {"type": "hardBreak"}, text("end")),
    )
    assert adf.to_markdown(document) == ("## Steps\n\n3. open **it**\n4. look\n   - inside\n\n[docs](https://d.example)\nend")


def test_marks_sit_tight_around_their_words():
    assert adf.to_markdown(doc(paragraph(text(" bold ", {"type": "strong"})))) == " **bold** "


def test_tables_tasks_and_panels_are_readable():
    row = {"type": "tableRow", "content": [{"type": "tableCell", "content": [paragraph(text("a|b"))]}]}
    task = {"type": "taskItem", "attrs": {"state": "DONE"}, "content": [text("ship")]}
    panel = {"type": "panel", "attrs": {"panelType": "info"}, "content": [paragraph(text("note"))]}
    shown = adf.to_markdown(doc({"type": "table", "content": [row]}, {"type": "taskList", "content": [task]}, panel))
    assert shown == "| a\\|b |\n| --- |\n\n- [x] ship\n\n> note"


def test_mentions_emoji_dates_and_cards_keep_their_words():
    nodes = [
        {"type": "mention", "attrs": {"id": "1", "text": "@Ana"}},
        {"type": "emoji", "attrs": {"shortName": ":tada:"}},
        {"type": "date", "attrs": {"timestamp": "1767225600000"}},
        {"type": "inlineCard", "attrs": {"url": "https://x.example"}},
    ]
    assert adf.to_markdown(doc(paragraph(*nodes))) == "@Ana:tada:2026-01-01https://x.example"


def test_unknown_nodes_are_named_and_their_content_is_kept():
    """A node that nobody has heard of yet must not vanish without a word (trap 14)."""
    strange = {"type": "hologram", "content": [paragraph(text("inside"))]}
    assert adf.to_markdown(doc(strange, {"type": "widget", "attrs": {}})) == "inside\n\n[widget]"


def test_size_counts_text_breaks_and_gaps():
    assert adf.size(adf.from_markdown("ab\nc\n\nd")) == 6
