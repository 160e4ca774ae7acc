"""Atlassian's document format (ADF) to readable Markdown and back. Pure.

Two proofs stand guard. A node is shown in a spelling only if that spelling reads back as the node; else it is an island, named in the text
and kept in the document. Markdown becomes nodes only if these show as the same Markdown; else its source stands in a code block, which
reads back as the Markdown. So nothing is bent unseen, and an untouched text gives back the document it came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pmsync.text.align import matches
from pmsync.text.canon import canon, same
from pmsync_jira.adf.islands import OPEN, Islands, islands_of, words_of
from pmsync_jira.adf.nodes import LIMIT, SOURCE, Loss, Node, children, document, node, size, with_local_ids
from pmsync_jira.adf.read import Reader, Unsayable
from pmsync_jira.adf.sections import sections
from pmsync_jira.adf.show import show

__all__ = ["LIMIT", "Loss", "Rendered", "from_markdown", "read_back", "render", "size", "to_markdown"]

_Nodes = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Rendered:
    """Markdown as a document.

    Attributes:
        document: what to write; None for no text.
        losses: what the document cannot show as the Markdown says it.
        broken: the first words of every island that the Markdown has otherwise than the old document. They are in this document as they
            were, or cannot be found any more; so it is not the Markdown, and should not be written.
    """

    document: dict[str, Any] | None
    losses: tuple[Loss, ...] = ()
    broken: tuple[str, ...] = ()


def to_markdown(document: Node | None) -> str:
    """The document as Markdown; "" for no document. What cannot be said in Markdown is an island: named, and shown as far as possible."""
    return "\n\n".join(_texts(document)) if document else ""


def from_markdown(text: str) -> dict[str, Any] | None:
    """The document that reads back as ``text`` up to the canonical spelling; None for a blank text."""
    return render(text, None).document


def render(text: str, old: Node | None) -> Rendered:
    """``text`` as a document, made of ``old`` as far as it says the same.

    Args:
        text: Markdown, made from ``to_markdown(old)`` by any edit, or new.
        old: the document as it stands. Blocks whose text is untouched are taken from it as they are, islands wherever they are named.
    """
    if not text.strip():
        return Rendered(None)
    shown = _texts(old) if old else []
    if old is not None and same("\n\n".join(shown), text):
        return Rendered(dict(old))
    work = _Work(text, islands_of(old))
    return work.render(children(old) if old else (), shown)


def read_back(text: str, old: Node) -> dict[str, Any]:
    """Every block of ``text`` read anew, with nothing of ``old`` but its islands: the proof that ``to_markdown`` says it all."""
    return document(_read(text, islands_of(old)))


def _source(text: str) -> _Nodes:
    return [node("codeBlock", [{"type": "text", "text": text.strip("\r\n")}], {"language": SOURCE})]


def _texts(document: Node | None) -> list[str]:
    return show(children(document), islands_of(document), _read) if document else []


def _read(text: str, islands: Islands) -> list[dict[str, Any]]:
    """What a text is read as, section by section, as it would be when written."""
    found, definitions = sections(text)
    return [part for section in found for part in _section(section, definitions, Reader(islands))]


def _section(text: str, definitions: str, reader: Reader) -> _Nodes:
    try:
        return reader.read(f"{text}\n\n{definitions}" if definitions else text)
    except Unsayable:
        return _source(text)


def _nameless(text: str) -> str:
    """The text without the names of its islands: words in colour have another name once they are edited."""
    return OPEN.sub(r'<\1 data-adf="x">', text)


class _Work:
    """One text on its way to a document."""

    def __init__(self, text: str, islands: Islands) -> None:
        self._text = text
        self._sections, self._definitions = sections(text)
        self._islands = islands
        self._losses: list[Loss] = []
        self._broken: list[str] = []

    def render(self, old: Sequence[Node], shown: Sequence[str]) -> Rendered:
        """The document: old nodes where their text is untouched, new ones elsewhere; each section proven where the whole is not the text."""
        kept = self._kept(shown)
        for section_by_section in (False, True):
            self._losses, self._broken = [], []
            made = document(self._content(old, kept, section_by_section))
            self._broken.extend(self._lost(made))
            if self._broken or same(_nameless(to_markdown(made)), _nameless(self._text)):
                return Rendered(made, tuple(self._losses), tuple(self._broken))
        whole = Loss("the text has no form in Jira: its Markdown stands in a code block", 1, self._text[:60])
        return Rendered(document(_source(self._text)), (whole,))

    def _content(self, old: Sequence[Node], kept: dict[int, tuple[int, int]], prove: bool) -> list[Node]:
        content: list[Node] = []
        index = 0
        while index < len(self._sections):
            place, count = kept.get(index, (-1, 1))
            content.extend([old[place]] if place >= 0 else with_local_ids(self._nodes(index, prove)))
            index += count
        return content

    def _kept(self, shown: Sequence[str]) -> dict[int, tuple[int, int]]:
        """For a section that begins an untouched old node: the node's place, and how many sections it covers."""
        rows = [[canon(part) for part in sections(text)[0]] for text in shown]
        pairs = dict(matches([key for row in rows for key in row], [canon(text) for text in self._sections]))
        kept: dict[int, tuple[int, int]] = {}
        at = 0
        for place, row in enumerate(rows):
            found = [pairs.get(at + offset) for offset in range(len(row))]
            if row and found[0] is not None and found == list(range(found[0], found[0] + len(row))):
                kept[found[0]] = (place, len(row))
            at += len(row)
        return kept

    def _nodes(self, index: int, prove: bool) -> _Nodes:
        """The nodes of a section; its source where they are none, or do not show as it."""
        text = self._sections[index]
        full = f"{text}\n\n{self._definitions}" if self._definitions else text
        reader = Reader(self._islands)
        try:
            found = reader.read(full)
        except Unsayable as unsayable:
            return self._keep_source(f"{unsayable} has no form in Jira", index)
        self._bent(reader.touched, index)
        if not prove or reader.touched:
            return found
        shown = "\n\n".join(show(found, islands_of(document(found)), _read))
        if same(_nameless(shown), _nameless(full)):
            return found
        if (match := OPEN.match(text)) and self._islands.block(match.group(2)):
            self._bent([text[match.end() :].strip()], index)
            return found
        return self._keep_source("it has no form in Jira that reads back", index)

    def _bent(self, edited: Sequence[str], index: int) -> None:
        for words in edited:
            self._broken.append(words[:60])
            self._losses.append(Loss("an island's words cannot be edited in Markdown: it stays as it was", index + 1, words[:60]))

    def _lost(self, made: Node) -> list[str]:
        """Islands that the text names and the document lacks: somebody edited the tags around them. Words in colour may be edited."""
        named = {match.group(2) for match in OPEN.finditer(self._text)} & set(self._islands.by_name)
        gone = sorted(named - set(islands_of(made).by_name)) if named else []
        return [words_of(self._islands.by_name[name])[:60] for name in gone if self._islands.by_name[name].get("type") != "text"]

    def _keep_source(self, why: str, index: int) -> _Nodes:
        text = self._sections[index]
        self._losses.append(Loss(f"{why}: its Markdown stands in a code block", index + 1, text[:60]))
        return _source(f"{text}\n\n{self._definitions}" if self._definitions and "][" in text else text)
