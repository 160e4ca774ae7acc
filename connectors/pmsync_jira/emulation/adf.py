"""Rich text as the server sees it: is it a document, how long is it, and how does it look as plain or wiki text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pmsync_jira.emulation.records import Document

TEXT_LIMIT = 32_767
"""Most characters of text in one rich text."""

# fmt: off
INLINE = frozenset({
    "text", "hardBreak", "mention", "emoji", "date", "status", "inlineCard", "placeholder", "inlineExtension",
    "mediaInline",
})
BLOCKS = frozenset({
    "paragraph", "heading", "bulletList", "orderedList", "listItem", "taskList", "taskItem", "blockTaskItem",
    "decisionList", "decisionItem", "codeBlock", "blockquote", "panel", "rule", "table", "tableRow", "tableCell",
    "tableHeader", "mediaSingle", "mediaGroup", "media", "caption", "expand", "nestedExpand", "layoutSection",
    "layoutColumn", "blockCard", "embedCard", "extension", "bodiedExtension", "multiBodiedExtension",
    "extensionFrame", "syncBlock", "bodiedSyncBlock",
})
# fmt: on
OF_INLINES = frozenset({"paragraph", "heading", "codeBlock", "caption", "taskItem", "decisionItem"})


def fault(document: object) -> str:
    """What is wrong with a rich text, "" when nothing is.

    Checked is the shape alone: a ``doc`` of version 1, known node types, text nodes that are not empty, inline nodes only where inline
    nodes may stand. ``JiraKnobs.adf_check`` can check the whole of the vendor's schema.
    """
    if not isinstance(document, Mapping) or document.get("type") != "doc":
        return "it is not an Atlassian Document"
    if document.get("version") != 1 or not isinstance(document.get("content"), list):
        return "a document needs version 1 and content"
    return _fault_of_children(document)


def _fault_of_children(node: Mapping[str, Any]) -> str:
    children = node.get("content", [])
    if not isinstance(children, list):
        return "content must be a list"
    inline = node.get("type") in OF_INLINES
    for child in children:
        if not isinstance(child, Mapping) or not isinstance(child.get("type"), str):
            return "a node needs a type"
        kind = child["type"]
        if kind not in (INLINE if inline else BLOCKS):
            return f"a {node.get('type')} cannot hold a {kind}"
        if kind == "text" and not (isinstance(child.get("text"), str) and child["text"]):
            return "a text node needs text"
        deeper = _fault_of_children(child)
        if deeper:
            return deeper
    return ""


def texts(node: Document) -> Iterator[str]:
    """All text in document order."""
    if isinstance(node, str):
        yield node
        return
    if node.get("type") == "text":
        yield node["text"]
    for child in node.get("content", ()):
        yield from texts(child)


def text_length(document: Document) -> int:
    """Characters of text, as the limit counts them."""
    return sum(map(len, texts(document)))


def plain_text(document: Document) -> str:
    """The words: paragraphs apart by an empty line. It stands in for the wiki text of histories and webhooks."""
    if isinstance(document, str):
        return document
    return "\n\n".join(_block(block) for block in document.get("content", ()))


def _block(node: Mapping[str, Any]) -> str:
    kind = node.get("type")
    if kind == "text":
        return str(node["text"])
    if kind == "hardBreak":
        return "\n"
    inline = kind in OF_INLINES
    return ("" if inline else "\n").join(_block(child) for child in node.get("content", ()))


def paragraphs(text: str) -> Document:
    """A document of plain paragraphs; single line breaks become hard breaks."""
    blocks = [part for part in text.replace("\r\n", "\n").replace("\r", "\n").split("\n\n") if part.strip("\n")]
    return {"type": "doc", "version": 1, "content": [_paragraph(block.strip("\n")) for block in blocks]}


def _paragraph(text: str) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    for number, line in enumerate(text.split("\n")):
        if number:
            content.append({"type": "hardBreak"})
        if line:
            content.append({"type": "text", "text": line})
    return {"type": "paragraph", "content": content}
