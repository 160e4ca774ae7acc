"""A report's main table as CSV. A cell that a spreadsheet would run as a formula gets a quote in front, as such programs ask for."""

from __future__ import annotations

import csv
import io

from pmsync.reports.document import Cell, Document

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def csv_text(document: Document) -> str:
    """The main table; unknown cells are empty."""
    table, stream = document.tables[0], io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow([column.name for column in table.columns])
    writer.writerows([_cell(cell) for cell in row] for row in table.rows)
    return stream.getvalue()


def _cell(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULAS) else cell
