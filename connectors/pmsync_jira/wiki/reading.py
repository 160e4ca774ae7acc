"""Wiki markup to Markdown, block by block. Pure; every line is looked at once per macro around it, and those are six at most."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pmsync_jira.wiki import islands
from pmsync_jira.wiki.inline_in import inline
from pmsync_jira.wiki.listing import Listing
from pmsync_jira.wiki.losses import Report
from pmsync_jira.wiki.macros import Macro, outermost
from pmsync_jira.wiki.quoting import container, fence
from pmsync_jira.wiki.tables_in import table

_LINE = re.compile(
    r"[ \t]*"
    r"(?:(?P<rule>-{4,})[ \t]*$|(?P<list>[*#-]+)(?:[ \t]+|$)|h(?P<head>[1-6])\.[ \t]+|(?P<bq>bq\.)[ \t]+|(?P<table>\|)|(?P<blank>)[ \t\xa0]*$)"
)
_MEANING = re.compile(
    r"^(?:(?P<number>\d{1,9})(?=[.)](?:[ \t]|$))"
    r"|(?=#{1,6}(?:[ \t]|$)|>|[+*_-](?:[ \t]|$)|=+[ \t]*$|~~~|\[[^\]\n]*\]:|\|?[ \t]*:?-+:?[ \t]*(?:\||$)))",
    re.MULTILINE,
)
"""What GitHub would read as a block at the beginning of a line of words."""
_MAY_MEAN = re.compile(r"(?:^|\n)[\d#>+*_=~\[|:-]").search


@dataclass(frozen=True, slots=True)
class Piece:
    """One block.

    Attributes:
        markdown: what it says.
        start: where it begins in the wiki text (with line feeds alone).
        end: where it ends there.
        item: which list it is an item of, counted from 1; 0 for none.
    """

    markdown: str
    start: int
    end: int
    item: int = 0


def sewn(row: list[Piece]) -> str:
    """The Markdown of all pieces: an empty line between them, none between items of one list."""
    out: list[str] = []
    last = 0
    for piece in row:
        if out:
            out.append("\n" if piece.item and piece.item == last else "\n\n")
        out.append(piece.markdown)
        last = piece.item
    return "".join(out)


def words(text: str, report: Report) -> str:
    """One paragraph's text as Markdown that stays a paragraph."""
    done = inline(text, report)
    if _MAY_MEAN(done) is None:
        return done
    return _MEANING.sub(lambda match: match[1] + "\\" if match[1] else "\\", done)


def pieces(text: str, report: Report) -> list[Piece]:
    """The blocks of ``text``, whose lines end in line feeds alone."""
    walk = _Walk(text, report)
    position = 0
    for macro in outermost(text):
        walk.lines(position, macro.start, before_macro=True)
        walk.macro(macro)
        position = macro.end
    walk.lines(position, len(text), before_macro=False)
    walk.flush()
    return walk.done


class _Walk:
    """Goes through the lines and gathers the block that is open: a paragraph, a list or a table."""

    __slots__ = (
        "_broken",
        "_count",
        "_end",
        "_first",
        "_kind",
        "_line",
        "_list",
        "_lists",
        "_rows",
        "_start",
        "done",
        "report",
        "text",
    )

    def __init__(self, text: str, report: Report) -> None:
        self.text = text
        self.report = report
        self.done: list[Piece] = []
        self._line = report.line
        self._kind = ""
        self._start = self._end = 0
        self._first = 1
        self._rows: list[str] = []
        self._list: Listing | None = None
        self._broken = False
        self._lists = ("", False)
        self._count = 0

    def lines(self, start: int, end: int, *, before_macro: bool) -> None:
        """Take the lines from ``start`` to ``end``, where a macro or the end of the text stands."""
        if start >= end:
            return
        match_line = _LINE.match
        position = start
        for index, line in enumerate(self.text[start:end].split("\n")):
            if index:
                self._line += 1
            match = match_line(line)
            after_macro = index == 0 and start > 0 and self.text[start - 1] != "\n"
            if match is None:
                self._plain(line, position)
            elif after_macro and match["blank"] is not None:
                pass
            elif after_macro and (match["list"] or match["head"]):
                self._plain(line, position)
            elif match["blank"] is not None:
                if not (before_macro and position + len(line) == end):
                    self.flush()
            else:
                self._special(match, line, position)
            position += len(line) + 1

    def macro(self, macro: Macro) -> None:
        """Take one block macro: into the open item, or as a block of its own; in a table's row, the table becomes an island."""
        if self._kind == "table" and self.text[macro.start - 1 : macro.start] != "\n":
            self._broken = True
            self._rows.append(self.text[macro.start : macro.end])
            self._end = macro.end
            self._line += self.text.count("\n", macro.start, macro.end)
            return
        if self._kind != "list":
            self.flush()
        self.report.line = self._line
        body = self.text[macro.inside : macro.close]
        made = fence(macro, body) if macro.name in ("code", "noformat") else self._contained(macro, body)
        self._line += self.text.count("\n", macro.start, macro.end)
        if self._list is not None:
            self._list.block(made)
            self._list.reach(macro.end)
            return
        self._emit(made, macro.start, macro.end)

    def flush(self) -> None:
        """Close the open block."""
        kind, self._kind = self._kind, ""
        if not kind:
            return
        self.report.line = self._first
        if kind == "paragraph":
            self._emit(words("\n".join(self._rows), self.report), self._start, self._end)
        elif kind == "table":
            made = None if self._broken else table(self._rows, self.report)
            self._emit(made or self._island(), self._start, self._end)
        elif self._list is not None:
            listing, self._list = self._list, None
            other = self._lists == (listing.sort, False)
            self._count += 1
            for markdown, start, end in listing.markdown(self.report, words, other=other):
                self.done.append(Piece(markdown, start, end, self._count))
            self._lists = (listing.sort, other)
        self._rows = []

    def _emit(self, markdown: str, start: int, end: int) -> None:
        self._lists = ("", False)
        self.done.append(Piece(markdown, start, end))

    def _open(self, kind: str, start: int) -> None:
        self.flush()
        self._kind, self._start, self._first, self._broken = kind, start, self._line, False

    def _plain(self, line: str, position: int) -> None:
        if not line or line.isspace():
            return
        if self._kind == "list" and self._list is not None:
            self._list.line(line.strip(" \t"))
            self._list.reach(position + len(line))
        elif self._kind == "table" and (self._broken or not self._rows[-1].rstrip().endswith("|")):
            self._rows[-1] += "\n" + line.strip(" \t")
        else:
            if self._kind != "paragraph":
                self._open("paragraph", position)
            self._rows.append(line.strip(" \t"))
        self._end = position + len(line)

    def _special(self, match: re.Match[str], line: str, position: int) -> None:
        sort = match.lastgroup
        if sort == "list":
            marker = match["list"]
            if self._is_item(marker, line, match.end()):
                self._item(marker, line[match.end() :].rstrip(), position)
                if self._list is not None:
                    self._list.reach(position + len(line))
            else:
                self._plain(line, position)
            return
        if sort == "table":
            if self._kind != "table":
                self._open("table", position)
            self._rows.append(line.strip(" \t"))
            self._end = position + len(line)
            return
        self.flush()
        self.report.line = self._line
        self._emit(_single(match, line, self.report), position, position + len(line))

    def _is_item(self, marker: str, line: str, end: int) -> bool:
        if end == len(line) and line[-1:] not in " \t":
            return False
        if marker.strip("-") or marker == "-":
            return True
        return self._list is not None and self._list.dashed and len(marker) <= self._list.depth + 1

    def _item(self, marker: str, text: str, position: int) -> None:
        if self._list is not None and len(marker) == 1 and self._list.sort != Listing.sort_of(marker):
            self.flush()
        if self._list is None:
            self._open("list", position)
            self._list = Listing(marker)
        self._list.item(marker, text, self._line, position)

    def _contained(self, macro: Macro, body: str) -> str:
        inner = pieces(body, self.report)
        return container(macro, sewn(inner))

    def _island(self) -> str:
        source = self.text[self._start : self._end]
        self.report.add("a table that Markdown cannot show is kept as it was written", source)
        return islands.block(source)


def _single(match: re.Match[str], line: str, report: Report) -> str:
    rest = line[match.end() :].strip()
    if match["rule"]:
        return "---"
    text = inline(rest, report)
    if match["head"]:
        if text.endswith("#") and (len(text) - 1 - len(text[:-1].rstrip("\\"))) % 2 == 0:
            text = text[:-1] + "\\#"
        return f"{'#' * int(match['head'])} {text}".rstrip()
    return f"> {words(rest, report)}" if rest else ">"
