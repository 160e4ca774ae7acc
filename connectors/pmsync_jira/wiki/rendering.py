"""A whole Markdown text as wiki markup; with the old wiki text at hand, what did not change keeps its bytes. Pure."""

from __future__ import annotations

from bisect import bisect_right

from pmsync.text.align import matches
from pmsync.text.blocks import Block, split
from pmsync_jira.wiki.blocks_out import Context, Part, definitions_of, parts
from pmsync_jira.wiki.losses import Report
from pmsync_jira.wiki.reading import Piece, pieces, sewn

Key = tuple[str, str]


def rendered(markdown: str, report: Report) -> str:
    """The Markdown, all of it rendered anew."""
    text = unix(markdown)
    return _joined(parts(text, Context(report, definitions_of(text))))


def kept(markdown: str, old: str, report: Report) -> str:
    """The Markdown as wiki markup: the blocks that ``read(old)`` has too with their old bytes, the others rendered.

    Line ends are those of the old text.
    """
    text, before = unix(markdown), unix(old)
    known = pieces(before, Report())
    if sewn(known) == text:
        return old
    blocks = [block for block in split(text) if block.source.strip()]
    cut = [[block for block in split(piece.markdown) if block.source.strip()] for piece in known]
    keep = _kept_pieces(cut, blocks)
    places = _Places(old)
    line_end = "\r\n" if "\r\n" in old else "\n"
    context = Context(report, definitions_of(text), known=before, any_number=True)
    made: list[tuple[str, int, str]] = []
    index, line = 0, 1
    while index < len(blocks):
        piece = keep.get(index, -1)
        count = max(1, len(cut[piece])) if piece >= 0 else 1
        if piece >= 0:
            made.append((old[places.at(known[piece].start) : places.at(known[piece].end)], piece, ""))
        else:
            context.base = line
            for part in parts(blocks[index].source.strip("\n"), context):
                made.append((part.wiki.replace("\n", line_end), -1, part.item))
        line += sum(block.source.count("\n") for block in blocks[index : index + count])
        index += count
    return _sewn(made, known, old, places, line_end)


def unix(text: str) -> str:
    """The text with line feeds alone."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _joined(made: list[Part]) -> str:
    out: list[str] = []
    last = ""
    for part in made:
        if out:
            out.append("\n" if part.item and part.item == last else "\n\n")
        out.append(part.wiki)
        last = part.item
    return "".join(out)


def _key(block: Block) -> Key:
    source = block.source.strip("\n")
    if block.kind == "item":
        head, _, rest = source.partition(" ")
        return block.kind, ("1." if head[:1].isdigit() else "-") + " " + rest
    return block.kind, source


def _kept_pieces(cut: list[list[Block]], blocks: list[Block]) -> dict[int, int]:
    """Index of a new block to the old piece that begins there and is there as a whole."""
    left: list[Key] = []
    starts: dict[int, int] = {}
    for number, piece in enumerate(cut):
        if piece:
            starts[len(left)] = number
        left.extend(_key(block) for block in piece)
    pairs = dict(matches(left, [_key(block) for block in blocks]))
    found: dict[int, int] = {}
    for start, number in starts.items():
        at = pairs.get(start)
        if at is not None and all(pairs.get(start + step) == at + step for step in range(len(cut[number]))):
            found[at] = number
    return found


class _Places:
    """Where a character of the text with line feeds alone stands in the text with its own line ends."""

    def __init__(self, old: str) -> None:
        self._gaps: list[int] = []
        if "\r\n" in old:
            place = old.find("\r\n")
            while place >= 0:
                self._gaps.append(place - len(self._gaps))
                place = old.find("\r\n", place + 2)

    def at(self, place: int) -> int:
        """The place in the old text."""
        return place + bisect_right(self._gaps, place - 1)


def _sewn(made: list[tuple[str, int, str]], known: list[Piece], old: str, places: _Places, line_end: str) -> str:
    out: list[str] = []
    before, last_item = -1, ""
    for text, piece, item in made:
        if piece >= 0 and piece == before + 1:
            start = places.at(known[piece - 1].end) if piece else 0
            out.append(old[start : places.at(known[piece].start)])
        elif out:
            listed = (item or _is_item(known, piece)) and (last_item or _is_item(known, before))
            out.append(line_end if listed else line_end * 2)
        out.append(text)
        before, last_item = (piece, "") if piece >= 0 else (-2, item)
    if before == len(known) - 1 and known:
        out.append(old[places.at(known[-1].end) :])
    return "".join(out)


def _is_item(known: list[Piece], piece: int) -> bool:
    return piece >= 0 and bool(known[piece].item)
