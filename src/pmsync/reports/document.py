"""What a report says, apart from how it looks: titles, tables, bars and sentences. Everything that shows one starts from here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

Cell = str | int | float | None
"""``None``: not known, which is not zero."""


class Shape(StrEnum):
    """How a column's cells are written: numbers with thousands set apart, money without cents, shares as per cent, days, ratios with one digit."""

    TEXT = "text"
    COUNT = "count"
    MONEY = "money"
    SHARE = "share"
    DAYS = "days"
    RATIO = "ratio"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in JSON and CSV, its title for people, and how its cells are written."""

    name: str
    title: str
    shape: Shape = Shape.TEXT


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns. ``note`` stands below; ``empty`` in place of rows where there are none. ``bars``: the column also drawn as bars."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    empty: str = "nothing"
    bars: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """One report.

    Attributes:
        name: how it is asked for: ``demand``.
        title: its heading.
        at: when it was made, as ``2026-11-24 19:30 UTC``.
        lead: a few sentences that say what it comes to.
        tables: its tables, the main one first.
        remarks: what a reader must know to read the numbers right.
    """

    name: str
    title: str
    at: str
    lead: tuple[str, ...]
    tables: tuple[Table, ...]
    remarks: tuple[str, ...] = ()


_WRITTEN: Mapping[Shape, str] = {
    Shape.TEXT: "{}",
    Shape.COUNT: "{:,}",
    Shape.MONEY: "{:,.0f}",
    Shape.SHARE: "{:.0%}",
    Shape.DAYS: "{:,.0f} d",
    Shape.RATIO: "{:,.1f}",
}


def cell_text(cell: Cell, shape: Shape) -> str:
    """A cell as people read it."""
    if cell is None:
        return "–"
    if isinstance(cell, str):
        return cell
    return _WRITTEN[shape].format(cell)


def plain(document: Document) -> dict[str, object]:
    """The report for machines: each table as a list of objects, cells as they are."""
    tables = {table.name: [dict(zip(_names(table), row, strict=True)) for row in table.rows] for table in document.tables}
    return {"report": document.name, "at": document.at, "lead": list(document.lead), **tables, "remarks": list(document.remarks)}


def _names(table: Table) -> Sequence[str]:
    return [column.name for column in table.columns]
