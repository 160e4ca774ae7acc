"""Rich text goes through Markdown and back unharmed, both ways (C27); the figures are those of the section on text in the docs."""

from __future__ import annotations

import json
import os
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmsync.text.canon import canon, same
from pmsync_jira import adf
from pmsync_jira.adf import read_back
from pmsync_jira.adf.nodes import SOURCE, bare, name_of, walk


def doc(*content):
    return {"type": "doc", "version": 1, "content": list(content)}


def text(words, *marks):
    return {"type": "text", "text": words, **({"marks": list(marks)} if marks else {})}


def p(*content):
    return {"type": "paragraph", "content": [text(part) if isinstance(part, str) else part for part in content]}


def li(*content):
    return {"type": "listItem", "content": list(content)}


def cell(kind, *content, **attrs):
    return {"type": kind, "attrs": attrs, "content": list(content)}


def row(*cells):
    return {"type": "tableRow", "content": list(cells)}


def panel(kind, *content):
    return {"type": "panel", "attrs": {"panelType": kind}, "content": list(content)}


STRONG, EM, CODE = {"type": "strong"}, {"type": "em"}, {"type": "code"}
MENTION = {"type": "mention", "attrs": {"id": "557058:abc", "text": "@Ana Lima", "accessLevel": ""}}
EMOJI = {"type": "emoji", "attrs": {"shortName": ":tada:", "id": "1f389", "text": "🎉"}}
STATUS = {"type": "status", "attrs": {"text": "IN REVIEW", "color": "yellow", "localId": "s1", "style": ""}}
DATE = {"type": "date", "attrs": {"timestamp": "1767225600000"}}
MEDIA = {"type": "media", "attrs": {"id": "f-1", "type": "file", "collection": "c", "width": 10, "height": 20, "alt": "shot.png"}}

KINDS = {
    "words that look like Markdown": doc(
        p("# no heading"), p("1. no list"), p("- no bullet"), p("> a *b* _c_ [d](e) `f` <b> & &amp; |")
    ),
    "blanks": doc(p("trailing "), p("  leading"), p("a  b", text(" bold ", STRONG), "c"), p("tab\there")),
    "line feeds within a text": doc(p("one\ntwo"), p("a", {"type": "hardBreak"}, "b"), p("end", {"type": "hardBreak"})),
    "marks": doc(
        p(
            text("strong", STRONG),
            text("both", STRONG, EM),
            text("under", {"type": "underline"}),
            text("2", {"type": "subsup", "attrs": {"type": "sub"}}),
            text("red", {"type": "textColor", "attrs": {"color": "#ff5630"}}),
            text("gone", {"type": "strike"}),
            text("x = `1`", CODE),
            text("docs", {"type": "link", "attrs": {"href": "https://d.example/a_(b)"}}, EM),
        )
    ),
    "panels": doc(*(panel(kind, p("note"), p("more")) for kind in ("info", "note", "success", "warning", "error"))),
    "a custom panel": doc({"type": "panel", "attrs": {"panelType": "custom", "panelColor": "#fff"}, "content": [p("own")]}),
    "people, emoji, status, date": doc(p("hi ", MENTION, " ", EMOJI, " is ", STATUS, " by ", DATE)),
    "media": doc(
        {"type": "mediaSingle", "attrs": {"layout": "center"}, "content": [MEDIA]}, {"type": "mediaGroup", "content": [MEDIA]}
    ),
    "expand": doc({"type": "expand", "attrs": {"title": "More"}, "content": [p("inside"), {"type": "rule"}]}),
    "a table with spans and lists": doc(
        {
            "type": "table",
            "attrs": {"isNumberColumnEnabled": False, "layout": "default"},
            "content": [
                row(cell("tableHeader", p("a"), colspan=2)),
                row(cell("tableCell", p("b")), cell("tableCell", {"type": "bulletList", "content": [li(p("i"))]})),
            ],
        }
    ),
    "a plain table": doc(
        {
            "type": "table",
            "content": [
                row(cell("tableHeader", p("a|b")), cell("tableHeader", p(text("n", STRONG)))),
                row(cell("tableCell", p("1", {"type": "hardBreak"}, "2")), cell("tableCell", p(text("x|y", CODE)))),
            ],
        }
    ),
    "a table without a head": doc(
        {"type": "table", "content": [row(cell("tableCell", p("a")), cell("tableCell", {"type": "paragraph"}))]}
    ),
    "nested lists": doc(
        {
            "type": "orderedList",
            "attrs": {"order": 3},
            "content": [
                li(p("one"), {"type": "bulletList", "content": [li(p("deep"), p("second")), li(p("deep too"))]}),
                li(p("two"), {"type": "codeBlock", "attrs": {"language": "py"}, "content": [text("x\n\ny")]}),
            ],
        },
        {"type": "orderedList", "content": [li(p("another list"))]},
    ),
    "tasks and decisions": doc(
        {
            "type": "taskList",
            "attrs": {"localId": "t"},
            "content": [{"type": "taskItem", "attrs": {"localId": "t1", "state": "DONE"}, "content": [text("ship")]}],
        },
        {
            "type": "decisionList",
            "attrs": {"localId": "d"},
            "content": [{"type": "decisionItem", "attrs": {"localId": "d1", "state": "DECIDED"}, "content": [text("go")]}],
        },
    ),
    "macros and what nobody knows": doc(
        {"type": "extension", "attrs": {"extensionType": "com.x", "extensionKey": "toc", "parameters": {"secret": "no"}}},
        p({"type": "inlineExtension", "attrs": {"extensionType": "com.x", "extensionKey": "k", "text": "shown"}}),
        {"type": "hologram", "attrs": {"deep": {"er": 1}}, "content": [p("inside")]},
    ),
    "cards, code, quotes, rules, empty lines": doc(
        p("see ", {"type": "inlineCard", "attrs": {"url": "https://x.example/PAY-1"}}, " and https://plain.example/a_b"),
        {"type": "blockCard", "attrs": {"url": "https://x.example/PAY-2"}},
        {"type": "codeBlock", "content": [text("```\nfenced\n```\n")]},
        {"type": "blockquote", "content": [p("said"), {"type": "bulletList", "content": [li(p("so"))]}]},
        {"type": "rule"},
        {"type": "paragraph"},
        {"type": "heading", "attrs": {"level": 2}, "content": [text("Head #")]},
    ),
}


@pytest.fixture(scope="session")
def valid(shared_dir):
    """Whether a document is one by the vendor's schema."""
    import jsonschema_rs

    return jsonschema_rs.validator_for(json.loads((shared_dir / "specs" / "adf-schema.json").read_text())).is_valid


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_document_comes_back_from_its_markdown_as_it_was(kind):
    """Every block is read anew, none taken from the old document but the islands: 16 of 16."""
    document = KINDS[kind]
    assert bare(read_back(adf.to_markdown(document), document)) == bare(document)


@pytest.mark.parametrize("kind", KINDS)
def test_an_untouched_document_is_byte_for_byte_what_it_was(kind):
    document = KINDS[kind]
    again = adf.render(adf.to_markdown(document), document).document
    assert json.dumps(again) == json.dumps(document)


@pytest.mark.parametrize("kind", KINDS)
def test_an_edit_elsewhere_leaves_every_block_as_it_was(kind):
    """C27: mention, panel, media and table survive a paragraph that a person adds."""
    document = KINDS[kind]
    again = adf.render(adf.to_markdown(document) + "\n\nAdded **here**.\n", document)
    assert again.document["content"][:-1] == document["content"]
    assert again.document["content"][-1] == p("Added ", text("here", STRONG), ".")
    assert again.losses == ()


def test_the_documents_of_the_vendors_description_come_back(shared_dir):
    found = []

    def look(value):
        if isinstance(value, dict):
            if value.get("type") == "doc" and isinstance(value.get("content"), list):
                found.append(value)
            for child in value.values():
                look(child)
        elif isinstance(value, list):
            for child in value:
                look(child)
        elif isinstance(value, str) and '"type":"doc"' in value.replace(" ", ""):
            try:
                look(json.loads(value))
            except ValueError:
                return

    look(json.loads((shared_dir / "specs" / "jira-cloud-v3.openapi.json").read_text()))
    unique = {json.dumps(document, sort_keys=True): document for document in found}
    assert len(unique) >= 2
    for document in unique.values():
        assert bare(read_back(adf.to_markdown(document), document)) == bare(document)
        assert adf.render(adf.to_markdown(document), document).document == document


# -- Markdown to Jira and back ------------------------------------------------------------------------------------------------

WORDS = [
    "ship",
    "the",
    "release",
    "naïve",
    "日本",
    "a_b_c",
    "2 * 3",
    "#12",
    "@ana",
    "x<y",
    "R&D",
    "50%",
    "C++",
    "http://a.example/b_c",
    "\\*",
    "!",
]


class Author:
    """Writes Markdown as people do, the same for the same seed."""

    def __init__(self, seed):
        self.dice = random.Random(seed)

    def words(self):
        return " ".join(self.dice.choice(WORDS) for _ in range(self.dice.randint(1, 6)))

    def inline(self):
        return self.dice.choice(
            [
                *[self.words] * 6,
                lambda: f"**{self.words()}**",
                lambda: f"_{self.words()}_",
                lambda: f"~~{self.words()}~~",
                lambda: f"**bold _{self.words()}_**",
                lambda: "`code`",
                lambda: "`` a`b ``",
                lambda: f"[{self.words()}](https://l.example/x)",
                lambda: '[t](https://l.example "Title")',
                lambda: "![shot](https://i.example/s.png)",
                lambda: "<kbd>Ctrl</kbd>",
                lambda: "H<sub>2</sub>O",
                lambda: "<!-- note -->",
                lambda: "<https://auto.example>",
                lambda: "a[^1]",
                lambda: "[ref][r]",
                lambda: "&copy; &lt;",
                lambda: "line\nbreak",
                lambda: "hard  \nbreak",
                lambda: "x<br>y",
            ]
        )()

    def line(self):
        return " ".join(self.inline() for _ in range(self.dice.randint(1, 4)))

    def flat(self):
        return self.line().replace("\n", " ").replace("|", "")

    def items(self, bullet, depth):
        out = []
        for number in range(self.dice.randint(1, 3)):
            lead = f"{number + 1}. " if bullet == "1" else f"{bullet} "
            out.append(lead + self.flat())
            if depth and self.dice.random() < 0.4:
                inner = self.items(self.dice.choice("-*1"), depth - 1)
                out.extend(" " * len(lead) + line for line in inner.split("\n"))
        return "\n".join(out)

    def block(self):
        dice = self.dice
        return dice.choice(
            [
                *[self.line] * 6,
                lambda: f"{'#' * dice.randint(1, 6)} {self.flat()}",
                lambda: f"{self.flat()}\n---",
                lambda: self.items("-", 2),
                lambda: self.items("*", 1),
                lambda: self.items("1", 2),
                lambda: f"- [ ] {self.flat()}\n- [x] {self.flat()}",
                lambda: f"- [x] {self.flat()}\n- {self.flat()}",
                lambda: "```py\nx = 1\n\n# y\n```",
                lambda: "~~~\n```\n~~~",
                lambda: "    indented",
                lambda: f"> {self.flat()}\n> {self.flat()}",
                lambda: f"> {self.flat()}\n>\n> > {self.flat()}",
                lambda: f"> [!WARNING]\n> {self.flat()}",
                lambda: f"| a | b |\n| :-- | :-: |\n| {self.flat()} | {self.flat()} |",
                lambda: "***",
                lambda: "<!-- template: fill in -->",
                lambda: "<details>\n<summary>More</summary>\n\n" + self.line() + "\n\n</details>",
                lambda: '<div align="center">\n\n' + self.line() + "\n\n</div>",
                lambda: "[^1]: " + self.words(),
                lambda: "![alone](https://i.example/a.png)",
                lambda: "".join(dice.choice("*_`[]()<>#-+|~\\!& \nab1.") for _ in range(dice.randint(1, 25))).strip() or "x",
            ]
        )()

    def text(self):
        blocks = [self.block() for _ in range(self.dice.randint(1, 6))]
        return "\n\n".join([*blocks, "[r]: https://r.example"] if self.dice.random() < 0.2 else blocks)


def check(seed, valid=None):
    """How many top blocks a generated text has, and how many of them stand as source."""
    words = Author(seed).text()
    document = adf.from_markdown(words)
    back = adf.to_markdown(document)
    assert same(back, words), (seed, words, back)
    assert valid is None or document is None or valid(document), (seed, words, document)
    content = document["content"] if document else []
    return len(content), sum(block.get("attrs", {}).get("language") == SOURCE for block in content)


def test_generated_markdown_comes_back_with_its_meaning(valid, record_property):
    """As many texts as a suite has time for; ``PMSYNC_ADF_TEXTS=10000`` has them all."""
    many = int(os.environ.get("PMSYNC_ADF_TEXTS", "1000"))
    start = time.process_time()
    counts = [check(seed, valid) for seed in range(many)]
    blocks, source = (sum(column) for column in zip(*counts, strict=True))
    record_property("texts", f"{many}: {blocks} blocks, {source} of them kept as source, {time.process_time() - start:.1f} s CPU")
    assert source < blocks / 20


FRAGMENTS = [
    "a",
    "\n",
    "\n\n",
    "```",
    "*",
    "_",
    "`",
    " ",
    "# ",
    "- ",
    "> ",
    "1. ",
    "|",
    "<b>",
    "<",
    "[",
    "](u)",
    "\\",
    "&amp;",
    "\t",
    "é",
    "~~",
]


@given(st.one_of(st.text(max_size=40), st.lists(st.sampled_from(FRAGMENTS), max_size=14).map("".join)))
def test_any_text_comes_back_with_its_meaning(words):
    assert same(adf.to_markdown(adf.from_markdown(words)), words)


@given(st.lists(st.text(alphabet=" a*_`<>[]#\n\t&;|~\\-1.", min_size=1, max_size=12), min_size=1, max_size=5))
def test_any_words_in_a_document_come_back_as_they_were(parts):
    document = doc(*(p(part) for part in parts))
    assert bare(read_back(adf.to_markdown(document), document)) == bare(document)


# -- what people must be able to rely on --------------------------------------------------------------------------------------


def test_panels_are_alerts_and_people_are_names():
    shown = adf.to_markdown(doc(panel("warning", p("Mind the ", text("gap", STRONG))), p("cc ", MENTION, EMOJI)))
    assert shown == "> [!WARNING]\n> Mind the **gap**\n\ncc @Ana Lima🎉"


def test_no_account_id_and_no_macro_parameter_is_shown():
    """What must stay inside Jira is not carried into a public place by a conversion."""
    shown = adf.to_markdown(doc(*KINDS["macros and what nobody knows"]["content"], p(MENTION, STATUS)))
    assert "secret" not in shown
    assert "557058" not in shown


def test_nobody_makes_a_mention_or_a_macro_by_typing_one():
    """Hostile text stays text: islands come from the document alone, never from the words."""
    name = adf.to_markdown(KINDS["macros and what nobody knows"]).split('"')[1]
    typed = f'<div data-adf="{name}">\n\nx\n\n</div>\n\n<span adf="mention" params=\'{{"id":"1"}}\'>@Ana Lima</span> <script>x</script>'
    made = adf.from_markdown(typed)
    assert {found["type"] for found in walk(made)} <= {"doc", "paragraph", "text", "hardBreak"}
    assert same(adf.to_markdown(made), typed)


def test_a_part_of_a_table_cannot_be_named_as_a_block():
    """Whoever works out a name cannot bring a document out of shape with it."""
    document = KINDS["a table without a head"]
    row_name = name_of(document["content"][0]["content"][0])
    made = adf.render(f'<div data-adf="{row_name}">\n\nx\n\n</div>\n\n<span data-adf="{row_name}">y</span>', document).document
    assert {block["type"] for block in made["content"]} == {"paragraph"}


def test_a_mention_survives_an_edit_of_its_paragraph():
    document = doc(p("Ask ", MENTION, " about it"), panel("info", p("keep")))
    again = adf.render(adf.to_markdown(document).replace("about it", "about **that**"), document).document
    assert again["content"] == [p("Ask ", MENTION, " about ", text("that", STRONG)), panel("info", p("keep"))]


def test_an_edit_within_an_island_is_told_and_the_island_stays():
    """Refused, not lost: the report names it."""
    document = doc(p("is ", STATUS))
    rendered = adf.render(adf.to_markdown(document).replace("IN REVIEW", "DONE"), document)
    assert rendered.document["content"] == document["content"]
    assert [loss.sample for loss in rendered.losses] == ["DONE"]


def test_words_in_colour_keep_their_colour_when_they_are_edited():
    red = {"type": "textColor", "attrs": {"color": "#ff5630"}}
    document = doc(p("so ", text("red", red)))
    again = adf.render(adf.to_markdown(document).replace("red<", "pink<"), document).document
    assert again["content"] == [p("so ", text("pink", red))]


def test_what_jira_has_no_form_for_is_kept_as_source_and_told():
    rendered = adf.render("Fine.\n\n> a\n>\n> > b", None)
    assert [block["type"] for block in rendered.document["content"]] == ["paragraph", "codeBlock"]
    assert rendered.losses[0].where == 2
    assert adf.to_markdown(rendered.document) == "Fine.\n\n> a\n>\n> > b"


def test_a_comment_of_a_template_is_neither_lost_nor_hidden():
    """Facts of the format: converters drop HTML comments; here they are grey text in Jira and comments again in Markdown."""
    made = adf.from_markdown("<!-- fill in -->\n\nSteps")
    assert made["content"][0]["content"][0]["text"] == "<!-- fill in -->"
    assert adf.to_markdown(made) == "<!-- fill in -->\n\nSteps"


def test_pictures_in_a_line_keep_pointing_to_where_they_are():
    """C28: Jira shows no picture within a line; there is a link to it instead, and it is a picture again in Markdown."""
    made = adf.from_markdown("see ![shot](https://i.example/s.png) here")
    assert made["content"][0]["content"][1]["marks"] == [{"type": "link", "attrs": {"href": "https://i.example/s.png"}}]
    assert adf.to_markdown(made) == "see ![shot](https://i.example/s.png) here"


def test_the_size_is_that_of_the_written_document():
    """C24: the limit is measured after conversion."""
    assert adf.size(adf.from_markdown("ab\nc\n\nd")) == 6
    assert adf.size(adf.from_markdown("**ab**")) == 2


def test_hostile_markdown_is_read_in_linear_time():
    start = time.process_time()
    for words in (">" * 3_000 + " a", "[" * 3_000, "*a " * 1_500, "- " * 1_500, "<" * 3_000, "{" * 10_000):
        assert same(adf.to_markdown(adf.from_markdown(words)), words)
    assert time.process_time() - start < 5


def test_a_document_nested_beyond_reason_is_an_island():
    inner = p("deep")
    for _ in range(300):
        inner = {"type": "bulletList", "content": [li(inner)]}
    document = doc(p("top"), inner)
    shown = adf.to_markdown(document)
    assert "deep" in shown
    assert [name_of(block) for block in adf.render(f"more\n\n{shown}", document).document["content"]][2] == name_of(inner)


def leaf(dice):
    words = dice.choice(
        ["plain words", "a_b *c*", "# x", " lead", "trail ", "1. one", "x|y", "<b>", "https://u.example/a_b", "é\n"]
    )
    marks = dice.sample(
        [STRONG, EM, {"type": "strike"}, {"type": "underline"}, {"type": "textColor", "attrs": {"color": "#ff5630"}}], k=2
    )
    return dice.choice(
        [
            text(words),
            text(words, *marks[: dice.randint(0, 2)]),
            text("code`", CODE),
            MENTION,
            EMOJI,
            STATUS,
            DATE,
            {"type": "hardBreak"},
        ]
    )


def branch(dice, depth):
    words = [leaf(dice) for _ in range(dice.randint(0, 4))]
    made = [{"type": "paragraph", "content": words} if words else {"type": "paragraph"}]
    if depth:
        inner = [branch(dice, depth - 1) for _ in range(dice.randint(1, 2))]
        made += [
            {"type": "bulletList", "content": [li(p("item"), *inner)]},
            {"type": "orderedList", "content": [li(inner[0])], "attrs": {"order": dice.randint(1, 9)}},
            {"type": "blockquote", "content": inner},
            panel(dice.choice(["info", "custom"]), *inner),
            {"type": "table", "content": [row(cell("tableHeader", *inner)), row(cell("tableCell", p(*words)))]},
            {"type": "expand", "attrs": {"title": "T"}, "content": inner},
        ]
    made += [{"type": "heading", "attrs": {"level": 3}, "content": words}, {"type": "codeBlock", "content": [text("x\n```")]}]
    return dice.choice(made)


@pytest.mark.parametrize("seed", range(8))
def test_whatever_stands_in_a_document_comes_back(seed):
    """Documents as no editor would make them, valid or not: nothing is lost, and an edit elsewhere touches nothing."""
    dice = random.Random(seed)
    for _ in range(10):
        document = doc(*(branch(dice, 3) for _ in range(dice.randint(1, 5))))
        shown = adf.to_markdown(document)
        assert bare(read_back(shown, document)) == bare(document)
        assert adf.render(f"{shown}\n\nnew words", document).document["content"][:-1] == document["content"]


def test_canonical_markdown_is_stable_through_jira():
    words = Author(7).text()
    once = adf.to_markdown(adf.from_markdown(words))
    assert canon(adf.to_markdown(adf.from_markdown(once))) == canon(words)
