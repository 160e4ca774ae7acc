"""Atlassian's document format (ADF) to readable Markdown and back. Pure.

Reading is for people and for comparison; the untouched ADF stays beside it. Writing is deliberately plain: paragraphs, line breaks, code
blocks and bare links, so that ``to_markdown(from_markdown(text)) == text`` holds for every text with LF line ends and no character is
lost to a converter. Node names: https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

Node = Mapping[str, Any]

LIMIT = 32_767
"""The most characters Jira takes in a rich text field."""

_FENCE = re.compile(r"```([\w+#.-]*)")
_URL = re.compile(r"https?://[^\s<>()\[\]\"'`]*[^\s<>()\[\]\"'`.,;:!?*_~]")
_MARKS = {"strong": "**", "em": "*", "strike": "~~", "code": "`"}


def to_markdown(document: Node | None) -> str:
    """The document as plain Markdown; "" for no document."""
    return _blocks(document) if document else ""


def from_markdown(text: str) -> dict[str, Any] | None:
    """The document that reads back as ``text``; None for the empty text."""
    if not text:
        return None
    return {"type": "doc", "version": 1, "content": [_block(part) for part in _parts(text)]}


def size(document: Node | None) -> int:
    """How many characters Jira counts in the document: its text, one per line break, and one between blocks."""
    if document is None:
        return 0
    own = len(document.get("text", "")) + (document.get("type") == "hardBreak")
    content = document.get("content", ())
    between = max(len(content) - 1, 0) if document.get("type") == "doc" else 0
    return own + between + sum(size(child) for child in content)


# -- writing ----------------------------------------------------------------------------------------------------------------


def _parts(text: str) -> Iterator[str]:
    """Blocks whose join by blank lines is ``text``; a fenced block that stands free is one part, blank lines and all."""
    pieces = text.split("\n\n")
    index = 0
    while index < len(pieces):
        end = _fence_end(pieces, index)
        yield "\n\n".join(pieces[index : end + 1])
        index = end + 1


def _fence_end(pieces: list[str], start: int) -> int:
    """The index of the piece that closes the fence opened by ``pieces[start]``; ``start`` itself when it opens none."""
    first = pieces[start].partition("\n")[0]
    if not _FENCE.fullmatch(first):
        return start
    for end in range(start, len(pieces)):
        if _is_fenced("\n\n".join(pieces[start : end + 1])):
            return end
        if "```" in pieces[end][3 if end == start else 0 :]:
            return start
    return start


def _is_fenced(part: str) -> bool:
    lines = part.split("\n")
    return (
        len(lines) > 2
        and _FENCE.fullmatch(lines[0]) is not None
        and lines[-1] == "```"
        and bool("\n".join(lines[1:-1]))
        and "```" not in "\n".join(lines[1:-1])
    )


def _block(part: str) -> dict[str, Any]:
    if not _is_fenced(part):
        return _paragraph(part)
    lines = part.split("\n")
    node: dict[str, Any] = {"type": "codeBlock", "content": [{"type": "text", "text": "\n".join(lines[1:-1])}]}
    if language := lines[0][3:]:
        node["attrs"] = {"language": language}
    return node


def _paragraph(part: str) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    for index, line in enumerate(part.split("\n")):
        if index:
            content.append({"type": "hardBreak"})
        content.extend(_line(line))
    return {"type": "paragraph", "content": content} if content else {"type": "paragraph"}


def _line(line: str) -> Iterator[dict[str, Any]]:
    done = 0
    for match in _URL.finditer(line):
        if match.start() > done:
            yield {"type": "text", "text": line[done : match.start()]}
        url = match.group()
        yield {"type": "text", "text": url, "marks": [{"type": "link", "attrs": {"href": url}}]}
        done = match.end()
    if done < len(line):
        yield {"type": "text", "text": line[done:]}


# -- reading ----------------------------------------------------------------------------------------------------------------


def _blocks(node: Node) -> str:
    return "\n\n".join(_render(child) for child in node.get("content", ()))


def _inline(node: Node) -> str:
    return "".join(_render(child) for child in node.get("content", ()))


def _render(node: Node) -> str:
    renderer = _RENDERERS.get(node.get("type", ""))
    if renderer is not None:
        return renderer(node)
    if node.get("content"):
        return _blocks(node)
    attrs = node.get("attrs", {})
    return str(attrs.get("text") or attrs.get("url") or f"[{node.get('type', 'unknown')}]")


def _text(node: Node) -> str:
    text = str(node.get("text", ""))
    href = ""
    for mark in node.get("marks", ()):
        if mark.get("type") == "link":
            href = str(mark.get("attrs", {}).get("href", ""))
        elif sign := _MARKS.get(mark.get("type", "")):
            text = _wrap(text, sign)
    return text if href in ("", text) else f"[{text}]({href})"


def _wrap(text: str, sign: str) -> str:
    """Put the sign tight around the words: Markdown does not take ``** word **``."""
    core = text.strip()
    if not core:
        return text
    lead = text[: len(text) - len(text.lstrip())]
    tail = text[len(text.rstrip()) :]
    return f"{lead}{sign}{core}{sign}{tail}"


def _heading(node: Node) -> str:
    return "#" * int(node.get("attrs", {}).get("level", 1)) + " " + _inline(node)


def _code(node: Node) -> str:
    language = node.get("attrs", {}).get("language") or ""
    return f"```{language}\n{_inline(node)}\n```"


def _quote(node: Node) -> str:
    return "\n".join(f"> {line}".rstrip() for line in _blocks(node).split("\n"))


def _bullets(node: Node) -> str:
    return "\n".join(_item("- ", item) for item in node.get("content", ()))


def _numbers(node: Node) -> str:
    first = int(node.get("attrs", {}).get("order", 1))
    return "\n".join(_item(f"{first + index}. ", item) for index, item in enumerate(node.get("content", ())))


def _tasks(node: Node) -> str:
    return "\n".join(_task(item) for item in node.get("content", ()))


def _task(node: Node) -> str:
    if node.get("type") == "taskList":
        return "\n".join("  " + line for line in _tasks(node).split("\n"))
    done = node.get("attrs", {}).get("state") == "DONE"
    return f"- [{'x' if done else ' '}] {_inline(node)}"


def _item(lead: str, node: Node) -> str:
    text = "\n".join(_render(child) for child in node.get("content", ()))
    first, *rest = text.split("\n")
    return "\n".join([lead + first, *(" " * len(lead) + line if line else "" for line in rest)])


def _table(node: Node) -> str:
    rows = [[_cell(cell) for cell in row.get("content", ())] for row in node.get("content", ())]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    if rows:
        lines.insert(1, "|" + " --- |" * len(rows[0]))
    return "\n".join(lines)


def _cell(node: Node) -> str:
    return " ".join(_blocks(node).split()).replace("|", "\\|")


def _expand(node: Node) -> str:
    title = node.get("attrs", {}).get("title") or ""
    return "\n\n".join(part for part in (title, _blocks(node)) if part)


def _media(node: Node) -> str:
    attrs = node.get("attrs", {})
    if url := attrs.get("url"):
        return f"![{attrs.get('alt') or ''}]({url})"
    return f"[attachment: {attrs.get('alt') or attrs.get('id') or 'file'}]"


def _date(node: Node) -> str:
    stamp = str(node.get("attrs", {}).get("timestamp", ""))
    if not stamp.lstrip("-").isdigit():
        return stamp
    return datetime.fromtimestamp(int(stamp) / 1000, UTC).date().isoformat()


def _attr(*names: str) -> Callable[[Node], str]:
    def render(node: Node) -> str:
        attrs = node.get("attrs", {})
        return next((str(attrs[name]) for name in names if attrs.get(name)), "")

    return render


_RENDERERS: Mapping[str, Callable[[Node], str]] = {
    "text": _text,
    "hardBreak": lambda node: "\n",
    "paragraph": _inline,
    "caption": _inline,
    "decisionItem": lambda node: "- " + _inline(node),
    "decisionList": lambda node: "\n".join(_render(item) for item in node.get("content", ())),
    "heading": _heading,
    "codeBlock": _code,
    "blockquote": _quote,
    "panel": _quote,
    "rule": lambda node: "---",
    "bulletList": _bullets,
    "orderedList": _numbers,
    "taskList": _tasks,
    "table": _table,
    "expand": _expand,
    "nestedExpand": _expand,
    "media": _media,
    "mediaInline": _media,
    "mention": _attr("text", "id"),
    "emoji": _attr("text", "shortName"),
    "status": _attr("text"),
    "date": _date,
    "inlineCard": _attr("url"),
    "blockCard": _attr("url"),
    "embedCard": _attr("url"),
}
