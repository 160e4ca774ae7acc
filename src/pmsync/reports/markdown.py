"""A report as Markdown, fit to be pasted into an issue, a chat or a wiki. What people wrote stays text."""

from __future__ import annotations

import re

from pmsync.reports.document import Document, Shape, Table, cell_text

_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~&])")


def markdown(document: Document) -> str:
    """The report as one Markdown text."""
    parts = [f"# {document.title}", *document.lead]
    for table in document.tables:
        parts += [f"## {table.title}", _table(table) if table.rows else table.empty]
        if table.note:
            parts.append(table.note)
    parts += [f"- {remark}" for remark in document.remarks]
    parts.append(f"_{document.at}_")
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """A text as Markdown that shows just that text, in one line; mentions ping nobody."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split())).replace("@", "@\u2060")


def _table(table: Table) -> str:
    lines = [
        "| " + " | ".join(column.title for column in table.columns) + " |",
        "|" + "|".join("---" if column.shape is Shape.TEXT else "--:" for column in table.columns) + "|",
    ]
    for row in table.rows:
        cells = [escaped(cell_text(cell, column.shape)) for cell, column in zip(row, table.columns, strict=True)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
