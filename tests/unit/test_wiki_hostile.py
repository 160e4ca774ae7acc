"""Hostile text: it stays text in both directions, nothing runs, nobody is called, and no input costs more than its length."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from pmsync_jira.wiki import read, read_with_losses, render, render_with_losses


@pytest.mark.parametrize(
    ("wiki", "markdown"),
    [
        ("a * b and 5*3*2", "a * b and 5\\*3\\*2"),
        ("**not bold**", "\\*\\*not bold\\*\\*"),
        ("snake_case and _x", "snake_case and \\_x"),
        ("<script>alert(1)</script>", "\\<script>alert(1)\\</script>"),
        ("[x](javascript:alert(1))", "[x\\](javascript:alert(1))"),
        ("[x|javascript:alert(1)]", "[x|javascript:alert(1)]"),
        ("@everyone and @joe", "@<!-- -->everyone and @<!-- -->joe"),
        ("see #12", "see #<!-- -->12"),
        ("`code`", "\\`code\\`"),
        ("1. not a list", "1\\. not a list"),
        ("> not a quote", "\\> not a quote"),
        ("text\n===", "text\n\\==="),
        ("[x]: http://example.org", "\\[x]: http://example.org"),
        ("a | b\n--- | ---", "a | b\n\\--- | ---"),
        ("~~~ and a~b~c", "\\~\\~\\~ and a\\~b\\~c"),
        ("{html}<b>x</b>{html}", "{html}\\<b>x\\</b>{html}"),
        ("{unknown:x=1} {id: 7}", "{unknown:x=1} {id: 7}"),
    ],
)
def test_what_wiki_markup_takes_as_text_github_shows_as_text(wiki: str, markdown: str) -> None:
    """C28: Jira's text never becomes markup, a tag, a link or a call on GitHub."""
    assert read(wiki) == markdown


@pytest.mark.parametrize(
    ("markdown", "wiki"),
    [
        ("{code} and {html} and {{x}}", "\\{code} and \\{html} and \\{\\{x}}"),
        ("[~admin] [^file] [x|http://example.org]", "\\[\\~admin] \\[\\^file] \\[x|http://example.org]"),
        ("!picture.png!", "\\!picture.png!"),
        ("h1. no heading", "h1\\. no heading"),
        ("bq. no quote", "bq\\. no quote"),
        ("|| no table ||", "\\|| no table ||"),
        ("`{code}` and `{{x}}`", "{{\\{code\\}}} and {{\\{\\{x\\}\\}}}"),
        ("-x- +y+ ^z^ ??c??", "\\-x\\- \\+y\\+ \\^z\\^ \\??c\\??"),
        ("back\\\\*slash", "back&#92;\\*slash"),
        ("&amp;lt;", "&amp;lt;"),
    ],
)
def test_what_markdown_takes_as_text_is_no_macro_in_jira(markdown: str, wiki: str) -> None:
    """A text from a public tracker cannot call people, include pages or run macros in Jira."""
    assert render(markdown) == wiki


@pytest.mark.parametrize("inner", ["{html}", "{include:secret}", "{sql-query:x}", "<b>", "plain words"])
def test_an_inline_island_that_is_none_stays_markdown(inner: str) -> None:
    """Only persons, attachments, images and harmless macros come alive again."""
    wiki, losses = render_with_losses(f"<samp>{inner}</samp>")
    assert wiki.startswith("{noformat:title=Markdown}")
    assert losses


def test_a_block_island_that_includes_something_comes_alive_only_where_it_was() -> None:
    """A fence of wiki markup with {html} in it is code, unless the old text had it."""
    fence = "```jira-wiki\n|a {html}x{html}|\n```"
    assert render(fence).startswith("{noformat:title=Markdown}")
    assert render(fence + "\n\nmore", "|a {html}x{html}|\n\nless").startswith("|a {html}x{html}|")


def test_code_cannot_end_its_macro() -> None:
    """A zero-width space keeps {code} inside code from closing it, and goes away on the way back."""
    markdown = "```\n{code}\n{noformat}\n{code:java}\n```"
    wiki = render(markdown)
    assert wiki.count("{code}") == 2
    assert read(wiki) == markdown


def test_markdown_in_an_island_calls_nobody() -> None:
    """An island that somebody in Jira wrote is as inert as other text of theirs."""
    assert read("{noformat:title=Markdown}\n> > @all\n{noformat}") == "> > @<!-- -->all"


HOSTILE: dict[str, Callable[[int], str]] = {
    "braces": lambda n: "{" * n,
    "double braces": lambda n: "{{" * n,
    "asterisks": lambda n: "*" * n,
    "spaced asterisks": lambda n: "*a " * n,
    "mixed marks": lambda n: "*a _b -c +d " * n,
    "unclosed code": lambda n: "{code}" + "x {code:java} " * n,
    "nested quotes": lambda n: "{quote}" * n,
    "nested containers": lambda n: "{panel}{info}{note}{quote}" * n,
    "angles": lambda n: "> " * n + "x",
    "brackets": lambda n: "[" * n + "]" * n,
    "links": lambda n: "[a](b" * n,
    "wiki links": lambda n: "[a|" * n,
    "images": lambda n: "!a|" * n,
    "backticks": lambda n: "".join("`" * (k % 50 + 1) + " " for k in range(n)),
    "comments": lambda n: "<!-- " * n,
    "tags": lambda n: "<a b=" * n,
    "bars": lambda n: "|" * n,
    "rows": lambda n: "|a|b|\n" * n,
    "items": lambda n: "* a\n" * n,
    "deep items": lambda n: "\n".join("*" * (k % 60 + 1) + " a" for k in range(n)),
    "deep lists": lambda n: "\n".join("  " * (k % 60) + "- a" for k in range(n)),
    "colours": lambda n: "{color:red}" * n,
    "one long line": lambda n: "word " * n,
}


def _steps(work: Callable[[str], object], text: str) -> int:
    """How many calls the work makes: Python's and C's."""
    count = 0

    def seen(*_: object) -> None:
        nonlocal count
        count += 1

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        work(text)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("work", [read, render])
def test_steps_grow_no_faster_than_the_text(work: Callable[[str], str], kind: str) -> None:
    """Twice the text takes at most twice the steps (and a constant)."""
    small, large = HOSTILE[kind](400), HOSTILE[kind](800)
    assert _steps(work, large) <= 2.2 * _steps(work, small) + 200


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_text_untouched_keeps_its_bytes(kind: str) -> None:
    """Whatever it is, it is not rendered anew."""
    text = HOSTILE[kind](300)
    assert render(read(text), text) == text


def test_losses_tell_what_where_and_a_sample() -> None:
    """A list that skips a level and a head cell within a row are told, with their lines."""
    _, losses = read_with_losses("text\n\n* a\n*** b\n\n||h||i||\n||j|k|")
    assert [(loss.line, loss.sample) for loss in losses] == [(4, "***"), (7, "j")]
    _, losses = render_with_losses("fine\n\n<details>\nx\n</details>\n\n| a |\n| :-: |\n| b |")
    assert [(loss.line, loss.what) for loss in losses] == [(3, "kept as Markdown: raw HTML"), (7, "the alignment of a table")]
