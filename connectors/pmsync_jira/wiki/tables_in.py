"""A wiki table as a Markdown table. Pure."""

from __future__ import annotations

import re

from pmsync_jira.wiki.inline_in import inline
from pmsync_jira.wiki.losses import Report

_PART = re.compile(
    r"(?P<bar>\|\|?)|\\[^\n]|\[(?:\\[^\n]|[^\[\]\n\\])*+\]|\{\{[^{}\n]*+\}\}|(?<![\w!])![^\s!|][^!|\n]*+\|[^!|\n]*+!|[^\\\[{!|]+|[\s\S]"
)


def table(rows: list[str], report: Report) -> str | None:
    """The rows (each beginning with a bar) as a table whose first row is its head; None where Markdown cannot show them."""
    cells = [_cells(row) for row in rows]
    width = max(map(len, cells))
    if width == 0 or width > 200:
        return None
    lines: list[str] = []
    head = [True] * len(cells[0]) == [header for header, _ in cells[0]]
    if not head:
        lines += ["|" + "  |" * width, "|" + " --- |" * width]
    for index, row in enumerate(cells):
        written = [_cell(text, header and (index > 0 or not head), report) for header, text in row]
        written += [""] * (width - len(row))
        lines.append("| " + " | ".join(written) + " |")
        if index == 0 and head:
            lines.append("|" + " --- |" * width)
        report.line += 1 + rows[index].count("\n")
    return "\n".join(lines)


def _cell(text: str, bold: bool, report: Report) -> str:
    words = inline(text.strip(), report).replace("\n", "<br>").replace("|", "\\|")
    if bold and words:
        report.add("a head cell beside plain cells is only bold", text.strip())
        return words if words.startswith("**") else f"**{words}**"
    return words


def _cells(row: str) -> list[tuple[bool, str]]:
    """(is a head cell, text) of each cell."""
    done: list[tuple[bool, str]] = []
    header = False
    parts: list[str] | None = None
    for match in _PART.finditer(row):
        if match["bar"] is None:
            if parts is not None:
                parts.append(match[0])
            continue
        if parts is not None:
            done.append((header, "".join(parts)))
        header, parts = match["bar"] == "||", []
    if parts and "".join(parts).strip():
        done.append((header, "".join(parts)))
    return done
