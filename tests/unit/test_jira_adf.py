"""Rich text: what people wrote reads as Markdown, what we write reads back as it was."""

from __future__ import annotations

import json

from pmsync_jira import adf


def doc(*content):
    return {"type": "doc", "version": 1, "content": list(content)}


def text(words, *marks):
    return {"type": "text", "text": words, **({"marks": list(marks)} if marks else {})}


def paragraph(*content):
    return {"type": "paragraph", "content": list(content)}


def item(*content):
    return {"type": "listItem", "content": list(content)}


def test_no_empty_text_node_is_written():
    """Jira refuses documents with empty text nodes."""
    for words in ("a ** ** b", "\n\n", "[](u) x", "- \n- b", "| a |\n| - |\n|  |", "``` \n```", "# "):
        assert '"text": ""' not in json.dumps(adf.from_markdown(words))


def test_written_documents_are_valid_by_the_vendors_schema(shared_dir):
    import jsonschema_rs

    schema = json.loads((shared_dir / "specs" / "adf-schema.json").read_text())
    validator = jsonschema_rs.validator_for(schema)
    for words in (
        "Title\n\nline\nbreak",
        "```py\nx\n\ny\n```",
        "see https://example.org/x.",
        "a\n\n\n\nb",
        "> [!TIP]\n> # a",
        "- [ ] a",
    ):
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


def test_fence_right_under_a_paragraph_is_a_code_block():
    assert [block["type"] for block in adf.from_markdown("text\n```\nx\n```")["content"]] == ["paragraph", "codeBlock"]


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


def test_marks_around_blanks_come_back_as_they_were():
    document = doc(paragraph(text("a"), text(" bold ", {"type": "strong"}), text("b")))
    assert adf.to_markdown(document) == "a<strong> bold </strong>b"
    assert adf.read_back(adf.to_markdown(document), document) == document


def test_tables_tasks_and_panels_are_readable():
    rows = [
        {"type": "tableRow", "content": [{"type": kind, "content": [paragraph(text("a|b"))]}]}
        for kind in ("tableHeader", "tableCell")
    ]
    task = {"type": "taskItem", "attrs": {"state": "DONE", "localId": "1"}, "content": [text("ship")]}
    tasks = {"type": "taskList", "attrs": {"localId": "2"}, "content": [task]}
    panel = {"type": "panel", "attrs": {"panelType": "info"}, "content": [paragraph(text("note"))]}
    shown = adf.to_markdown(doc({"type": "table", "content": rows}, tasks, panel))
    assert shown == "| a\\|b |\n| --- |\n| a\\|b |\n\n- [x] ship\n\n> [!NOTE]\n> note"


def test_mentions_emoji_and_cards_are_their_words():
    nodes = [
        {"type": "mention", "attrs": {"id": "1", "text": "@Ana"}},
        {"type": "emoji", "attrs": {"shortName": ":tada:"}},
        {"type": "inlineCard", "attrs": {"url": "https://x.example"}},
    ]
    assert adf.to_markdown(doc(paragraph(*nodes))) == "@Ana:tada:<https://x.example>"


def test_a_table_without_a_head_is_an_island_with_its_words():
    row = {"type": "tableRow", "content": [{"type": "tableCell", "content": [paragraph(text("only"))]}]}
    shown = adf.to_markdown(doc({"type": "table", "content": [row]}))
    assert shown.startswith('<div data-adf="table-')
    assert "only" in shown


def test_unknown_nodes_are_named_and_their_content_is_shown():
    """A node that nobody has heard of yet must not vanish without a word (trap 14)."""
    shown = adf.to_markdown(doc({"type": "hologram", "content": [paragraph(text("inside"))]}, {"type": "widget", "attrs": {}}))
    assert '<div data-adf="hologram-' in shown
    assert "\n\ninside\n\n" in shown
    assert "\n\n\\[widget\\]\n\n" in shown


def test_size_counts_text_breaks_and_gaps():
    assert adf.size(adf.from_markdown("ab\nc\n\nd")) == 6
