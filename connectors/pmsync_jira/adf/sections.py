"""A Markdown text as sections: what becomes whole nodes of a document. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pmsync.text.blocks import Block, split

_OPENING = (("</div>", re.compile(r'<div data-adf="[\w-]+">')), ("</details>", re.compile(r"<details>.*", re.DOTALL | re.I)))


def sections(text: str) -> tuple[list[str], str]:
    """The sections, each without the empty lines around it, and the definitions of links, which belong to all of them."""
    blocks = split(text)
    definitions = "\n".join(block.source.strip("\r\n") for block in blocks if block.kind == "definition" and not _is_note(block))
    found = [part for part in _parts([b for b in blocks if b.kind != "definition" or _is_note(b)]) if part.strip()]
    return found, definitions


def _is_note(block: Block) -> bool:
    """The text of a footnote, which is shown, unlike a link's definition."""
    return block.source.lstrip().startswith("[^")


def _parts(blocks: list[Block]) -> Iterator[str]:
    index = 0
    while index < len(blocks):
        end = _end(blocks, index)
        yield "".join(block.source for block in blocks[index:end]).strip("\r\n")
        index = end


def _end(blocks: list[Block], start: int) -> int:
    """The index after the section that begins with ``blocks[start]``: all items of a list, an island or a fold up to its end."""
    end = start + 1
    if blocks[start].kind == "item":
        while end < len(blocks) and blocks[end].kind == "item" and _bullet(blocks[end]) == _bullet(blocks[start]):
            end += 1
        return end
    words = blocks[start].source.strip()
    for tag, opening in _OPENING:
        if blocks[start].kind == "html" and opening.fullmatch(words):
            return _closed(blocks, end, tag, opening) or end
    return end


def _bullet(item: Block) -> str:
    """The sign that tells one list from the next: the bullet, or what stands after a number."""
    return item.source.lstrip().lstrip("0123456789")[:1]


def _closed(blocks: list[Block], index: int, tag: str, opening: re.Pattern[str]) -> int | None:
    depth = 1
    for place in range(index, len(blocks)):
        if blocks[place].kind != "html":
            continue
        words = blocks[place].source.strip()
        depth += 1 if opening.fullmatch(words) else -1 if words.lower() == tag else 0
        if not depth:
            return place + 1
    return None
