"""Islands: what one markup says and the other cannot, carried verbatim so that it comes back byte for byte. Pure.

In Markdown an inline island is ``<samp>[~user]</samp>`` and a block island is a fence with the word ``jira-wiki``: GitHub shows both as
text in a fixed-width face, runs nothing and calls nobody. In wiki markup an island is ``{noformat:title=Markdown}``.
"""

from __future__ import annotations

import html
import re

FENCE = "jira-wiki"
"""The info word of a fence that holds wiki markup."""

TITLE = "Markdown"
"""The title of a {noformat} that holds Markdown."""

MACROS = frozenset(
    [
        "anchor",
        "attachments",
        "chart",
        "children",
        "color",
        "column",
        "dynamictasklist",
        "excerpt",
        "expand",
        "gallery",
        "jira",
        "loremipsum",
        "profile",
        "recently-updated",
        "section",
        "status",
        "tasklist",
        "toc",
        "toc-zone",
        "version",
    ]
)
"""Macros that are carried as islands. Whatever includes other pages, runs code or shows raw HTML is not among them: that stays text."""

_SAFE = re.compile(
    r"""
    \[ [^\[\]\n|]* \|? [~^] [^\[\]\n|]+ (?: \| [^\[\]\n|]* )? \]   # a person or an attachment
  | ! [^\s!|] [^!\n]* !                                            # an image
  | \{ (?P<name>[a-z][a-z-]*) (?: : [^{}\n]* )? \}                 # a macro
    """,
    re.VERBOSE,
)
_PLAIN = re.compile(r"[\\`*\[\]<>!|@#$&~]|(?<![^\W_])_|_(?![^\W_])")
_TICKS = re.compile("`{3,}")
_FENCE_LINE = re.compile(r"[ >]*(`{3,}|~{3,})")
_CALLING = re.compile(r"(?<![\w.`/])@(?=[A-Za-z0-9])|(?<![&\w/])#(?=\d)|(?<![^\W_])GH-(?=\d)")
_SPANS = re.compile(r"(`+[^`]+`+|<[^<>]*>|https?://\S+)")
_ACTIVE = re.compile(r"[\\`*_\[\]<>~|&]")
_MENTION = re.compile(r"\[~(?:accountid:)?(?:[^\W_]|[.:+-])+\]")
"""A person whose name needs no references: the common case, which stays readable in the Markdown source too."""
_DANGEROUS = re.compile(
    r"\{/?(?:html|include|excerpt-include|iframe|widget|gadget|run|sql|rss|javascript|jiraissues|script)[\w-]*[:}]", re.IGNORECASE
)


def spell(source: str) -> str:
    """The inline island that holds one wiki construct; readable, and inert whatever the construct says."""
    if _MENTION.fullmatch(source):
        return f"<samp>{source}</samp>"
    return f"<samp>{source[0]}{_PLAIN.sub(_reference, source[1:-1])}{source[-1]}</samp>"


def block(wiki: str) -> str:
    """The block island that holds wiki blocks."""
    sign = "```"
    if sign in wiki:
        sign = "`" * (max(map(len, _TICKS.findall(wiki))) + 1)
    return f"{sign}{FENCE}\n{wiki}\n{sign}"


def neutral(markdown: str) -> str:
    """Markdown out of Jira that calls nobody and refers to no issue: outside code, a comment follows each sign that would."""
    done: list[str] = []
    fence = ""
    for line in markdown.split("\n"):
        sign = _FENCE_LINE.match(line)
        if sign and (not fence or sign[1].startswith(fence)):
            fence = "" if fence else sign[1]
        if not fence and _CALLING.search(line):
            parts = _SPANS.split(line)
            parts[::2] = [_CALLING.sub(r"\g<0><!-- -->", part) for part in parts[::2]]
            line = "".join(parts)
        done.append(line)
    return "\n".join(done)


def plain(text: str) -> str:
    """Text that Markdown takes for nothing but text, within a line."""
    return _ACTIVE.sub(r"\\\g<0>", text)


def source(inner: str) -> str | None:
    """The wiki construct an inline island holds; None when it is not one that may be live again."""
    text = html.unescape(inner)
    match = _SAFE.fullmatch(text)
    if match is None or (match["name"] and match["name"] not in MACROS):
        return None
    return text


def harmless(wiki: str) -> bool:
    """Whether a block island may be live again: it neither includes other pages nor shows raw HTML."""
    return _DANGEROUS.search(wiki) is None


def _reference(match: re.Match[str]) -> str:
    return f"&#{ord(match[0])};"
