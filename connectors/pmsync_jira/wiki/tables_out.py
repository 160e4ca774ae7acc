"""A Markdown table as a wiki table. Pure."""

from __future__ import annotations

import re

from pmsync_jira.wiki.inline_out import Definitions, Unsayable, inline
from pmsync_jira.wiki.losses import Report

_DELIMITERS = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_BAR = re.compile(r"(?<!\\)\|")


def is_table(head: str, below: str) -> bool:
    """The two lines are the head of a table."""
    if "-" not in below or ("|" not in head and "|" not in below) or _DELIMITERS.match(below) is None:
        return False
    return len(_cells(head)) == len(_cells(below))


def table(lines: list[str], definitions: Definitions, report: Report) -> str:
    """The lines of a table; its alignments are lost."""
    head, delimiters = _cells(lines[0]), _cells(lines[1])
    if any(":" in cell for cell in delimiters):
        report.add("the alignment of a table", lines[1])
    rows: list[str] = []
    if any(head):
        rows.append("||" + "||".join(_cell(cell, definitions) for cell in head) + "||")
    for line in lines[2:]:
        cells = [*_cells(line)[: len(head)]]
        cells += [""] * (len(head) - len(cells))
        rows.append("|" + "|".join(_cell(cell, definitions) for cell in cells) + "|")
    if not rows or (not any(head) and len(rows) < 1):
        raise Unsayable("an empty table")
    return "\n".join(rows)


def _cell(text: str, definitions: Definitions) -> str:
    return inline(text.replace("\\|", "|"), definitions, line=" \\\\ ", cell=True) or " "


def _cells(line: str) -> list[str]:
    text = line.strip()
    text = text.removeprefix("|")
    if text.endswith("|") and not text.endswith("\\|"):
        text = text[:-1]
    return [cell.strip() for cell in _BAR.split(text)]
