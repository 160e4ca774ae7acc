"""A text in the spelling of another: whatever both say keeps the bytes that it has there. Pure."""

from __future__ import annotations

from pmsync.text.align import matches
from pmsync.text.blocks import Block, join, split
from pmsync.text.merge import numbered


def spelled_like(text: str, old: str) -> str:
    """``text``, its blocks with the bytes that they have in ``old`` where they stand there too; the empty lines between them with it."""
    blocks, known = split(text), split(old)
    keys, others = numbered((blocks, known))
    pairs = dict(matches(keys, others))
    if not pairs:
        return text
    made = join(_respelled(block, known, pairs.get(index), pairs.get(index + 1)) for index, block in enumerate(blocks))
    return made if numbered((blocks, split(made)))[1] == keys else text


def _respelled(block: Block, known: tuple[Block, ...], place: int | None, following: int | None) -> Block:
    """The block as it stands at ``place``; with the empty lines of there where they are as many, or what follows here follows there too."""
    if place is None:
        return block
    found = known[place]
    words = found.source.rstrip("\r\n")
    end, old_end = block.source[len(block.source.rstrip("\r\n")) :], found.source[len(words) :]
    if following == place + 1 or old_end.replace("\r\n", "\n") == end.replace("\r\n", "\n"):
        return found
    return Block(words + end, found.kind)
