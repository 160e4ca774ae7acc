"""Rich texts on their way to Jira: what is edited is rendered, what is not stays, and what would be bent is refused."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmsync.model.values import EMPTY, Known
from pmsync.reconcile.operation import Change
from pmsync_jira import client, wire
from pmsync_jira.bodies import ADF, LIMIT, WIKI
from pmsync_jira.texts import KEPT, Moved, Texts


def paragraph(*content):
    return {"type": "paragraph", "content": [{"type": "text", "text": one} if isinstance(one, str) else one for one in content]}


FILE = {"type": "media", "attrs": {"type": "file", "id": "8f0c", "collection": "", "alt": "shot.png"}}
MEDIA = {"type": "mediaSingle", "attrs": {"layout": "center"}, "content": [FILE]}
PANEL = {"type": "panel", "attrs": {"panelType": "custom", "panelColor": "#fedcba"}, "content": [paragraph("Mind the gap")]}
MENTION = {"type": "mention", "attrs": {"id": "5b10a2844c20165700ede21g", "text": "@Ana Smith", "accessLevel": ""}}
DATE = {"type": "date", "attrs": {"timestamp": "1700000000000"}}
OLD = {
    "type": "doc",
    "version": 1,
    "content": [paragraph("First"), MEDIA, PANEL, paragraph("ask ", MENTION, " until ", DATE), paragraph("Last")],
}
RAW = json.dumps(OLD)


class Site:
    """A Jira that shows one text."""

    def __init__(self, raw):
        self.raw, self.calls = raw, 0

    def bulk_fetch(self, ids):
        self.calls += 1
        return client.Read([issue(one, self.raw) for one in ids], 0.0)


def issue(id_, raw):
    return wire.Issue(id_, fields=wire.Fields(description=msgspec.Raw(raw.encode())))


def change(before, after):
    return Change("body", "body", before, after, after, "because")


def texts(raw, bodies=ADF):
    return Texts(Site(raw), bodies), change


def test_of_an_edited_document_only_the_edited_block_is_new():
    """C27: mention, panel and file survive an edit beside them."""
    made = ADF.write(ADF.read(RAW).replace("Last", "Changed"), RAW)
    assert made.value["content"][:4] == OLD["content"][:4]
    assert made.value["content"][4] == paragraph("Changed")
    assert (made.losses, made.refused) == ((), "")


def test_a_mention_survives_an_edit_of_its_own_paragraph():
    made = ADF.write(ADF.read(RAW).replace("ask @Ana", "please ask @Ana"), RAW)
    assert made.value["content"][3] == paragraph("please ask ", MENTION, " until ", DATE)


@pytest.mark.parametrize(
    ("before", "after"), [("Mind the gap", "Never mind"), ("2023-11-14", "2024-01-01"), ("</div>", ""), ("</span>", "")]
)
def test_words_that_only_jira_can_hold_are_not_edited_from_outside(before, after):
    made = ADF.write(ADF.read(RAW).replace(before, after), RAW)
    assert "can be edited in Jira alone" in made.refused


def test_an_island_can_be_taken_out_as_a_whole():
    text = ADF.read(RAW)
    island = text[text.index('<div data-adf="panel') : text.index("ask @Ana")]
    made = ADF.write(text.replace(island, ""), RAW)
    assert [one["type"] for one in made.value["content"]] == ["paragraph", "mediaSingle", "paragraph", "paragraph"]
    assert made.refused == ""


def test_what_jira_has_no_form_for_is_kept_as_markdown_and_told():
    made = ADF.write("> a\n>\n> > b")
    assert made.value["content"][0]["attrs"] == {"language": "gfm-source"}
    assert [one.split(":")[0] for one in made.losses] == ["block 1"]


def test_a_wiki_text_keeps_the_bytes_of_what_was_not_edited():
    raw = json.dumps("h1.  Title\r\n\r\n* one\r\n* two [~ana]\r\n\r\nlast")
    made = WIKI.write(WIKI.read(raw).replace("last", "changed"), raw)
    assert made.value == "h1.  Title\r\n\r\n* one\r\n* two [~ana]\r\n\r\nchanged"


@pytest.mark.parametrize("bodies", [ADF, WIKI])
def test_no_text_is_nothing_in_either_edition(bodies):
    assert [bodies.read(raw) for raw in ("", "null")] == ["", ""]
    assert bodies.write("").value is None


def test_the_text_read_before_the_write_costs_no_call():
    written, change = texts(RAW)
    written.saw([issue("7", RAW)])
    made = written.next("7", change(Known(ADF.read(RAW)), Known(ADF.read(RAW) + "\n\nMore")))
    assert made.value["content"] == [*OLD["content"], paragraph("More")]
    assert written._client.calls == 0


def test_a_text_that_was_not_read_is_read_once():
    written, change = texts(RAW)
    written.saw([issue(str(number), "null") for number in range(KEPT + 1)])
    made = written.next("0", change(Known(ADF.read(RAW)), Known("New")))
    assert (made.value["content"], written._client.calls) == ([paragraph("New")], 1)


def test_a_text_that_was_edited_since_the_plan_is_left_alone():
    written, change = texts(json.dumps({"type": "doc", "version": 1, "content": [paragraph("Theirs")]}))
    with pytest.raises(Moved):
        written.next("7", change(Known("Old"), Known("Ours")))


@pytest.mark.parametrize("bodies", [ADF, WIKI])
def test_the_limit_is_judged_after_conversion(bodies):
    """C26."""
    written, change = texts("null", bodies)
    assert written.first(change(EMPTY, Known("x" * LIMIT))).refused == ""
    assert f"{LIMIT + 1:,}" in written.first(change(EMPTY, Known("x" * (LIMIT + 1)))).refused


def test_marks_do_not_count_against_the_limit_of_a_document():
    """C26: the text is shorter than its Markdown."""
    written, change = texts("null")
    marked = " ".join(["**bold**"] * 4_000)
    assert len(marked) > LIMIT
    assert written.first(change(EMPTY, Known(marked))).refused == ""


BLOCKS = [
    *(
        MEDIA,
        PANEL,
        paragraph("ask ", MENTION, " until ", DATE),
        {"type": "rule"},
        {"type": "codeBlock", "content": [{"type": "text", "text": "x"}]},
    ),
    {"type": "panel", "attrs": {"panelType": "info"}, "content": [paragraph("Known")]},
    {"type": "bulletList", "content": [{"type": "listItem", "content": [paragraph(word)]} for word in ("a", "b")]},
    {"type": "extension", "attrs": {"extensionType": "com.example", "extensionKey": "chart", "parameters": {"id": "9"}}},
    {"type": "heading", "attrs": {"level": 2}, "content": [{"type": "text", "text": "Head"}]},
]


@given(
    st.lists(st.sampled_from(BLOCKS), max_size=8),
    st.integers(0, 8),
    st.sampled_from(["changed", "**new** words", "1. x\n2. y", "> @ana #1"]),
)
def test_whatever_stands_around_an_edited_paragraph_stays_byte_for_byte(blocks, place, words):
    """C27: any document, the edit anywhere in it."""
    content = [*blocks[:place], paragraph("edit me"), *blocks[place:]]
    raw = json.dumps({"type": "doc", "version": 1, "content": content})
    text = ADF.read(raw)
    made = ADF.write(text.replace("edit me", words), raw)
    at = min(place, len(blocks))
    assert (made.refused, made.losses) == ("", ())
    new = made.value["content"]
    assert json.dumps(new[:at]) == json.dumps(content[:at])
    assert json.dumps(new[len(new) - len(blocks) + at :]) == json.dumps(content[at + 1 :])
    assert ADF.write(text, raw).value == json.loads(raw)
