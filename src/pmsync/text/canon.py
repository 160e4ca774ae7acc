"""When two Markdown texts mean the same: ``canon`` gives all of them one spelling. Pure.

Spelling, and so no difference: line ends; blanks at line ends and runs of blanks between words; runs of empty lines; the bullet
character, the number's dot or bracket and the numbers after a list's first; empty lines between the items of a list; ``_`` or ``*`` or
the tag for the same emphasis, the order of marks and a mark on blanks, line breaks or code; the fence's character and length, and
whether code is fenced or indented; ``#`` or underlines for a heading; the character of a rule; the padding of tables and
the mark of the left, where columns stand anyway; a backslash or an
entity where the character itself says the same; a link's address beside it or in a definition; bare or bracketed addresses; the three
spellings of a line break within a paragraph (a line feed, two blanks before it, a backslash before it, or ``<br>``), which GitHub shows
alike in issues and comments; an empty comment behind the sign of a name or a number (``@<!-- -->ana``), which keeps it from acting.

Meaning, and so a difference: everything else, every word and every line of code.

The canonical text is for comparing. It reads as the same Markdown, but it is not pretty: keep and send what people wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from pmsync.text.inline import CALM, plain, runs, spell
from pmsync.text.parse import Token, parse

_LINE_ENDS = re.compile("\r\n?|\x0b|\x0c")
_CALMED = re.compile(rf"(?:(?<=[@#])|(?<=[Gg][Hh]-)){CALM}(?=[^\W_])")
_ROUNDS = 6
_SHORT = 4_000
"""Characters of a text that is worth remembering."""


def canon(text: str) -> str:
    """The one spelling of all texts that mean what ``text`` means; it is its own, and "" for blank text."""
    return _remembered(text) if len(text) <= _SHORT else _spelled(text)


@lru_cache(1_000)
def _remembered(text: str) -> str:
    """The same text is compared with several others, and in every round again."""
    return _spelled(text)


def _spelled(text: str) -> str:
    if not text.strip():
        return ""
    now = _LINE_ENDS.sub("\n", text)
    for _ in range(_ROUNDS):
        before, now = now, _once(now)
        if now == before:
            break
    return now


def same(left: str, right: str) -> bool:
    """The two texts differ in spelling alone."""
    return left == right or canon(left) == canon(right)


def _once(text: str) -> str:
    try:
        return canon_blocks(parse(text))
    except RecursionError:  # nested deeper than anybody reads: then only blanks and line ends are spelling
        return "\n".join(line.rstrip() for line in text.strip().split("\n"))


def canon_blocks(tokens: Iterable[Token]) -> str:
    """The canonical spelling of blocks that have been read already."""
    done: list[str] = []
    last: tuple[str, bool] = ("", False)
    for token in tokens:
        kind = token["type"]
        if kind == "blank_line":
            continue
        if kind == "list":
            ordered = bool(token["attrs"]["ordered"])
            other = last == (f"list {ordered}", False)
            done.append(_list(token, other))
            last = (f"list {ordered}", other)
            continue
        if text := _block(token):
            done.append(text)
            last = (kind, False)
    return "\n\n".join(done)


def _block(token: Token) -> str:
    kind = token["type"]
    if kind in ("paragraph", "block_text"):
        return spell(runs(token["children"]))
    if kind == "heading":
        text = spell(runs(token["children"]), "<br>")
        return f"{'#' * token['attrs']['level']} {text}".rstrip(" ")
    if kind == "thematic_break":
        return "___"
    if kind == "block_code":
        return _code(token)
    if kind == "block_quote":
        return "\n".join(f"> {line}".rstrip(" ") for line in canon_blocks(token["children"]).split("\n"))
    if kind == "block_html":
        return "\n".join(line.rstrip() for line in _CALMED.sub("", str(token["raw"])).strip("\n").split("\n"))
    if kind == "table":
        return _table(token)
    return plain([token]) if "raw" in token else canon_blocks(token.get("children", ()))


def _code(token: Token) -> str:
    code = str(token["raw"]).removesuffix("\n")
    info = " ".join(str(token.get("attrs", {}).get("info") or "").split())
    sign = "~" if "`" in info else "`"
    longest = max((len(run) for run in re.findall(f"{sign}+", code)), default=0)
    fence = sign * max(3, longest + 1)
    return "\n".join([fence + info, *([code] if code else []), fence])


def _list(token: Token, other: bool) -> str:
    ordered = token["attrs"]["ordered"]
    number = int(token["attrs"].get("start", 1))
    items: list[str] = []
    for index, item in enumerate(token["children"]):
        lead = f"{number + index}{')' if other else '.'} " if ordered else ("* " if other else "- ")
        task = item["type"] == "task_list_item"
        box = ("[x] " if item["attrs"]["checked"] else "[ ] ") if task else ""
        items.append(_item(lead, box + canon_blocks(item["children"])))
    return "\n".join(items)


def _item(lead: str, text: str) -> str:
    pad = " " * len(lead)
    first, *rest = text.split("\n")
    return "\n".join([(lead + first).rstrip(" "), *(pad + line if line else "" for line in rest)])


def _table(token: Token) -> str:
    head, *body = token["children"]
    rows = [head["children"], *(row["children"] for part in body for row in part["children"])]
    lines = ["| " + " | ".join(spell(runs(cell["children"]), "<br>", cell=True) for cell in row) + " |" for row in rows]
    aligns = (cell["attrs"].get("align") for cell in head["children"])
    signs = {None: "---", "left": "---", "right": "--:", "center": ":-:"}
    lines.insert(1, "| " + " | ".join(signs[align] for align in aligns) + " |")
    return "\n".join(lines)
