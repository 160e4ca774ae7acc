"""A view as data: JSON for programs, a table for spreadsheets."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from enum import Enum

from pmsync.product.picture.view import Card, LineView, View
from pmsync.product.picture.words import cell

COLUMNS = (
    "line",
    "key",
    "title",
    "column",
    "kind",
    "objective",
    "release",
    "when",
    "starts",
    "ends",
    "status",
    "progress",
    "priority",
    "score",
    "owner",
    "blocked",
    "waits for",
    "links",
    "decision",
)


def as_json(view: View) -> str:
    """The view as JSON; what the audience may not see is not in it. Times have ``text``, ``first`` and ``last`` (both within)."""
    whole = {
        "title": view.title,
        "audience": view.audience.name.lower(),
        "as_of": view.today.isoformat(),
        "lines": [_line(x) for x in view.lines],
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def as_csv(view: View) -> str:
    """One row per item. Text that a spreadsheet would take for a formula gets an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for line in view.lines:
        for card in line.cards:
            writer.writerow([cell(str(value)) for value in _row(line, card)])
    return out.getvalue()


def _row(line: LineView, card: Card) -> tuple[object, ...]:
    when = card.when
    return (
        line.name,
        card.key,
        card.title,
        card.column.value,
        card.kind,
        card.objective,
        card.release,
        when.text if when else "",
        when.first if when else "",
        when.last if when else "",
        card.status,
        "" if card.progress is None else f"{card.progress:.2f}",
        card.priority or "",
        "" if card.score is None else f"{card.score:g}",
        card.owner,
        "yes" if card.blocked else "",
        "; ".join(card.waits),
        " ".join(card.links),
        card.decision,
    )


def _line(line: LineView) -> dict[str, object]:
    aims = [{"title": a.title, "by": a.by, "results": [{"text": t, "progress": way} for t, way in a.results]} for a in line.aims]
    releases = [
        _said({"name": r.name, "ship": r.ship.text if r.ship else "", "shipped": r.shipped, "text": r.text})
        for r in line.releases
    ]
    head = {
        "name": line.name,
        "vision": line.vision,
        "segments": list(line.segments),
        "pricing": line.pricing,
        "objectives": aims,
    }
    return _said({**head, "releases": releases, "items": [_card(card) for card in line.cards]})


def _card(card: Card) -> dict[str, object]:
    plain = {name: getattr(card, name) for name in Card.__slots__ if name not in ("when", "category")}
    when = card.when
    plain["when"] = {"text": when.text, "first": when.first.isoformat(), "last": when.last.isoformat()} if when else None
    return _said(
        {
            name: list(value) if isinstance(value, tuple) else value.value if isinstance(value, Enum) else value
            for name, value in plain.items()
        }
    )


def _said(values: Mapping[str, object]) -> dict[str, object]:
    """Without what is empty; a number or a "no" is not empty."""
    return {name: value for name, value in values.items() if value is False or value == 0 or value}
