"""The picture: what each audience sees, that nothing else leaks, that hostile text stays text, and that what is written can be read."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from collections.abc import Callable
from datetime import date
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from pmsync.model.enums import Audience, Kind, Priority, Status
from pmsync.model.periods import Period
from pmsync.model.roadmap import Decision, Entry, Horizon, KeyResult, Objective, PlannedRelease, Roadmap, Verdict
from pmsync.product.evidence import Unusable
from pmsync.product.picture.as_markdown import BEGIN, END, as_block, as_markdown, put_block
from pmsync.product.picture.as_mermaid import as_gantt, as_graph
from pmsync.product.picture.audience import Known, view_of
from pmsync.product.picture.board import columns_of
from pmsync.product.picture.page import as_page
from pmsync.product.picture.plain import as_csv, as_json
from pmsync.product.picture.style import DARK, LIGHT
from pmsync.product.picture.timeline import timeline_of
from pmsync.product.picture.view import Column, Detail, View
from pmsync.product.picture.words import cell, clean, width, wrap
from pmsync.product.rollup import Block, Rolled

TODAY = date(2026, 2, 10)
DRAW: dict[str, Callable[[View], str]] = {
    "page": as_page,
    "markdown": as_markdown,
    "block": as_block,
    "json": as_json,
    "csv": as_csv,
    "gantt": as_gantt,
    "graph": as_graph,
}


def period(text: str) -> Period:
    return Period.parse(text)


def entry(key: str, **settings: object) -> Entry:
    given = {
        "title": f"SECRET-title-{key}",
        "owner": "SECRET-owner",
        "description": "SECRET-body",
        "horizon": Horizon.NOW,
    } | settings
    return Entry(key, **given)  # type: ignore[arg-type]  # keywords of a test


def roadmap(*entries: Entry) -> Roadmap:
    return Roadmap(
        "SECRET-line",
        "SECRET-product",
        vision="SECRET-vision",
        segments=("SECRET-segment",),
        pricing="SECRET-pricing",
        objectives={"o": Objective("o", "SECRET-objective", results=(KeyResult("k", "SECRET-result", target=5.0, current=2.0),))},
        releases={
            "r": PlannedRelease("r", "SECRET-release", ship=period("2026-03-20"), notes="SECRET-notes", public="Spring release"),
            "q": PlannedRelease("q", "SECRET-quiet", ship=period("2026-06-30"), notes="SECRET-notes"),
        },
        items={one.key: one for one in entries},
    )


def full() -> tuple[Roadmap, Known]:
    """A roadmap in which everything that is not public text says SECRET."""
    declined = Decision(Verdict.DECLINED, "SECRET-reason", "SECRET-by", public="Not now")
    line = roadmap(
        entry(
            "SECRET-a",
            public="Sign in with your company account",
            when=period("2026-02-17"),
            release="r",
            objective="o",
            needs=("SECRET-b",),
        ),
        entry("SECRET-b", public="", when=period("2026Q1"), release="q", links=("jira:SECRET-1",)),
        entry("SECRET-c", public="Apple Pay", kind=Kind.FEATURE, when=period("2025Q4"), links=("jira:SECRET-2",)),
        entry("SECRET-d", public="Dark mode", horizon=Horizon.NOT_PLANNED, decision=declined),
        entry("SECRET-e", public="Hushed", horizon=Horizon.NOT_PLANNED, decision=Decision(Verdict.DECLINED, "SECRET-reason")),
    )
    rolled = {
        "SECRET-line/SECRET-a": Rolled(Status.IN_REVIEW, 0.5, 1, 2, True, (Block("SECRET-a", "SECRET-b"),), False),
        "SECRET-line/SECRET-b": Rolled(Status.IN_PROGRESS, 0.0, 0, 1, False, (), False),
        "SECRET-line/SECRET-c": Rolled(Status.RELEASED, 1.0, 1, 1, False, (), False),
    }
    return line, Known(rolled, {"SECRET-line/SECRET-a": Priority.HIGH}, {"SECRET-line/SECRET-a": 777.125})


def view(audience: Audience, **settings: object) -> View:
    line, known = full()
    return view_of([line], known, audience, TODAY, title="What comes", **settings)  # type: ignore[arg-type]  # keywords of a test


def drawn_as(form: str, shown: View) -> str:
    """What is drawn, without the style sheet, which is the same for everybody."""
    return re.sub(r"<style>.*</style>", "", DRAW[form](shown), flags=re.DOTALL)


@pytest.mark.parametrize("form", DRAW)
def test_a_public_picture_shows_public_text_and_nothing_private(form: str) -> None:
    """Requests 35 and 38: a page for outsiders that may be published without reading it first."""
    drawn = drawn_as(form, view(Audience.PUBLIC))
    assert "SECRET" not in drawn.replace("secret", "SECRET")
    for private in ("777", "high", "Hushed", "50%", "0.50", "in review", "2026-02-17", "2026-03-20", "1 of 2"):
        assert private not in drawn, private
    if form != "graph":
        assert "Sign in with your company account" in drawn


def test_everything_an_outsider_may_see_is_in_the_public_view() -> None:
    cards = view(Audience.PUBLIC).lines[0].cards
    assert [(c.title, c.column, c.status, c.when and c.when.text, c.release) for c in cards] == [
        ("Sign in with your company account", Column.NOW, "in progress", "2026Q1", "Spring release"),
        ("Apple Pay", Column.SHIPPED, "available", "2025Q4", ""),
        ("Dark mode", Column.NOT_PLANNED, "", None, ""),
    ]
    assert cards[2].decision == "Not now"


@pytest.mark.parametrize("detail", list(Detail))
def test_a_detail_that_is_not_whitelisted_is_nowhere(detail: Detail) -> None:
    """Each detail of the internal view goes away with its word in the whitelist, in every form."""
    marks = {
        Detail.LINE: "SECRET-product",
        Detail.VISION: "SECRET-vision",
        Detail.SEGMENTS: "SECRET-segment",
        Detail.PRICING: "SECRET-pricing",
        Detail.OBJECTIVES: "SECRET-objective",
        Detail.RELEASES: "SECRET-release",
        Detail.TITLE: "SECRET-title",
        Detail.KEY: "SECRET-line/",
        Detail.PRIORITY: "high",
        Detail.SCORE: "777",
        Detail.OWNER: "SECRET-owner",
        Detail.LINKS: "jira:SECRET",
        Detail.DECISION: "SECRET-reason",
        Detail.DESCRIPTION: "SECRET-body",
    }
    everything = frozenset(Detail)
    with_it, without = (as_json(view(Audience.PRIVATE, details=details)) for details in (everything, everything - {detail}))
    assert with_it != without
    if detail in marks:
        assert marks[detail] in with_it
        assert all(marks[detail] not in drawn_as(form, view(Audience.PRIVATE, details=everything - {detail})) for form in DRAW)


def test_a_public_view_never_has_an_item_without_public_text_whatever_is_whitelisted() -> None:
    titles = [card.title for card in view(Audience.PUBLIC, details=frozenset(Detail)).lines[0].cards]
    assert "SECRET-title-SECRET-b" not in titles
    assert "SECRET-title-SECRET-a" in titles


def test_a_column_is_in_the_order_of_priority_and_then_of_time() -> None:
    """Request 37: what is near, the most important first, tells people what comes next."""
    keys = ("a", "b", "c", "d")
    times = ("2026Q4", "2026Q3", "2026Q1", "2026Q2")
    line = Roadmap(
        "pay", items={key: Entry(key, horizon=Horizon.NEXT, when=period(time)) for key, time in zip(keys, times, strict=True)}
    )
    known = Known(priorities={"pay/a": Priority.HIGH, "pay/b": Priority.HIGH, "pay/c": Priority.LOW})
    assert [card.title for card in view_of([line], known, Audience.INTERNAL, TODAY).lines[0].cards] == ["b", "a", "c", "d"]


def test_an_internal_picture_has_everything_but_descriptions() -> None:
    drawn = as_json(view(Audience.INTERNAL))
    assert "SECRET-vision" in drawn
    assert "SECRET-body" not in drawn
    assert "SECRET-body" in as_json(view(Audience.PRIVATE))


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</svg></style><b>x",
    "&lt;b&gt; &#60;",
    "[x](javascript:alert(1))",
    "![x](https://evil.example/x.png)",
    "@acme/team #1 https://evil.example",
    f"{END} <!-- {BEGIN}",
    '=HYPERLINK("https://evil.example")',
    "a | b\n\n# head\n- item",
    "end :done, 2026-01-01; click x",
    'x"]; i0-->i1',
    "\u202egnp.exe\u2066 \x00\x07\x1b[31mred",
    "1. one",
    "    code",
    "'; DROP TABLE items; --",
)


def hostile_view() -> View:
    """A roadmap in which every text is hostile."""
    texts = itertools.cycle(HOSTILE)
    items = [
        Entry(
            f"k{n}",
            t,
            owner=next(texts),
            when=period("2026Q1"),
            horizon=Horizon.NOW,
            release="r",
            objective="o",
            links=(next(texts),),
            public=t,
        )
        for n, t in enumerate(HOSTILE)
    ]
    declined = Entry("d", next(texts), horizon=Horizon.NOT_PLANNED, decision=Decision(Verdict.DECLINED, HOSTILE[0]))
    waits = Entry("w", "waits", horizon=Horizon.NEXT, needs=tuple(one.key for one in items))
    line = Roadmap(
        HOSTILE[0],
        HOSTILE[1],
        vision=HOSTILE[2],
        segments=HOSTILE,
        pricing=HOSTILE[0],
        objectives={"o": Objective("o", HOSTILE[0], results=(KeyResult("k", HOSTILE[1]),))},
        releases={"r": PlannedRelease("r", HOSTILE[0], ship=period("2026-03-31"), notes=HOSTILE[1])},
        items={one.key: one for one in (*items, declined, waits)},
    )
    return view_of([line], Known(), Audience.PRIVATE, TODAY, title=HOSTILE[0])


class Tags(HTMLParser):
    """Collects the tags and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_hostile_text_stays_text_on_the_page() -> None:
    page = as_page(hostile_view())
    tags = Tags()
    tags.feed(page)
    assert not tags.tags & {"script", "img", "b1", "iframe", "a", "link", "object"}
    assert not any(name.startswith("on") or name in ("href", "src") for name in tags.attributes)
    assert any("<script>alert(1)</script>" in words for words in tags.words)


def test_the_page_is_whole_and_fetches_nothing() -> None:
    page = as_page(view(Audience.INTERNAL))
    assert "http" not in re.sub(r'http-equiv|xmlns="http://www.w3.org/2000/svg"', "", page)
    assert "url(" not in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert page.count("<svg") == page.count("</svg>") == 3


def test_hostile_text_stays_text_in_markdown() -> None:
    """No tag, no link, no picture, no mention, no heading or table cell of its own."""
    drawn = as_markdown(hostile_view())
    bare = re.sub(r"\\.", "", drawn)
    assert not re.search(r"<\w|\]\(|@\w|https?://|javascript:alert\(", bare)
    assert all(line.startswith(("# SEC", "#", "*As", ">", "**", "- ", "  - ", "|", "")) for line in drawn.splitlines())
    assert not any(line.startswith("# head") for line in drawn.splitlines())


def test_a_spreadsheet_finds_no_formula() -> None:
    rows = list(csv.reader(io.StringIO(as_csv(hostile_view()))))
    assert all(not value.startswith(("=", "+", "@", "-")) for row in rows for value in row)
    assert {len(row) for row in rows} == {len(rows[0])}
    assert cell("-1") == "'-1"


def test_a_diagram_keeps_its_lines() -> None:
    gantt, graph = as_gantt(hostile_view()), as_graph(hostile_view())
    for line in gantt.splitlines()[1:]:
        assert re.fullmatch(r"    (title|dateFormat|axisFormat|section) .*|    [^:\n]+ :[^:\"<>]+", line), line
    for line in graph.splitlines()[1:]:
        assert re.fullmatch(r'    i\d+\["[^"\]\[]*"\]|    i\d+ --> i\d+', line), line


@pytest.mark.parametrize("text", HOSTILE)
def test_cleaned_text_is_one_line_without_control_or_turning_characters(text: str) -> None:
    cleaned = clean(text)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", cleaned)


@pytest.mark.parametrize("make", [hostile_view, lambda: view(Audience.INTERNAL), lambda: view(Audience.PUBLIC)])
def test_the_drawings_are_well_formed_and_every_colour_is_in_both_palettes(make: Callable[[], View]) -> None:
    made = make()
    drawings = [drawing for line in made.lines for drawing in (*columns_of(line), timeline_of(line, TODAY))]
    for drawing in filter(None, drawings):
        root = ET.fromstring(drawing)
        assert root.attrib["aria-label"]
        used = set(re.findall(r"var\(--([\w-]+)\)", drawing))
        assert used <= LIGHT.keys() & DARK.keys()


def test_nothing_is_drawn_outside_of_its_column() -> None:
    line, known = full()
    long = entry("x", title="Donaudampfschifffahrtsgesellschaftskapitänskajütentürschloss " * 4, owner="o" * 90)
    made = view_of([roadmap(*line.items.values(), long)], known, Audience.INTERNAL, TODAY)
    for drawing in columns_of(made.lines[0]):
        for words in ET.fromstring(drawing).iter("{http://www.w3.org/2000/svg}text"):
            start, wide = float(words.attrib["x"]), width(words.text or "", float(words.attrib["font-size"]))
            if words.attrib["text-anchor"] == "start":
                assert start + wide <= 300, words.text


def contrast(one: str, other: str) -> float:
    """The ratio of the W3C's guidelines."""

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read_in_light_and_dark(palette: dict[str, str]) -> None:
    for name in ("ink", "soft", "alert", "p-critical", "p-high", "p-medium", "p-low", "p-minor"):
        assert contrast(palette[name], palette["card"]) >= 4.5, name


def test_wrapping_cuts_long_text_with_an_ellipsis_and_long_words_in_pieces() -> None:
    assert wrap("one two three four five six", 60, 12, 2)[-1].endswith("…")
    assert all(width(line, 12) <= 60 for line in wrap("x" * 100, 60, 12, 5))


def test_the_managed_block_replaces_itself_and_nothing_else() -> None:
    """Request 35: ROADMAP.md is generated, and what people wrote around it stays byte for byte."""
    before, after = "# Our plan\r\n\r\nHello\r\n", "\r\nBye \t\r\n"
    first = put_block(before + after, as_block(view(Audience.PUBLIC)))
    text = first.replace(after, "", 1)
    assert first.startswith(before + after)
    again = put_block(first, as_block(view(Audience.INTERNAL)))
    assert again.startswith(before + after)
    assert again.count(BEGIN) == again.count(END) == 1
    assert put_block(again, as_block(view(Audience.PUBLIC))) == first
    assert "\n" not in text.replace("\r\n", "")


@pytest.mark.parametrize("text", [BEGIN, f"{END}\n{BEGIN}", f"{BEGIN}\n{BEGIN}\n{END}", END])
def test_broken_markers_are_refused(text: str) -> None:
    with pytest.raises(Unusable) as refused:
        put_block(text, "x")
    assert BEGIN in refused.value.remedy


def test_hostile_text_cannot_end_the_managed_block() -> None:
    block = as_block(hostile_view())
    assert put_block(put_block("", block), block) == put_block("", block)


def test_json_is_data_without_empty_values() -> None:
    data = json.loads(as_json(view(Audience.INTERNAL)))
    item = data["lines"][0]["items"][0]
    assert item["when"] == {"text": "2026-02-17", "first": "2026-02-17", "last": "2026-02-17"}
    assert item["progress"] == 0.5
    assert item["waits"] == ["SECRET-title-SECRET-b"]
    assert "decision" not in item


def test_nothing_at_all_is_drawn_too() -> None:
    nothing = view_of([], Known(), Audience.PUBLIC, TODAY)
    assert "Nothing to show yet" in as_page(nothing)
    assert all(draw(nothing) for draw in DRAW.values())
