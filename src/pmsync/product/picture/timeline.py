"""The timeline: what is planned for when, as exactly as somebody said it, with releases and today."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date, timedelta

from pmsync.model.periods import Granularity
from pmsync.product.picture.svg import HUES, box, drawing, hue, text
from pmsync.product.picture.view import Card, Column, LineView
from pmsync.product.picture.words import html, width, wrap

WIDE, EDGE, ROW, BAR = 960, 12, 34, 24
_AXIS, _RAIL = 30, 24
_ROUGH = frozenset({Granularity.QUARTER, Granularity.HALF, Granularity.YEAR})
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class _Axis:
    """The stretch of time that is drawn, in steps of so many months."""

    first: date
    last: date
    step: int

    def x(self, day: date) -> float:
        """Where a day begins."""
        part = (day - self.first).days / max((self.last - self.first).days, 1)
        return round(EDGE + (WIDE - 2 * EDGE) * min(1.0, max(0.0, part)), 1)

    def ticks(self) -> list[date]:
        """The first day of each step."""
        found = [self.first]
        while (following := _months_on(found[-1], self.step)) < self.last:
            found.append(following)
        return found

    def label(self, day: date) -> str:
        """What a step is called."""
        if self.step == 1:
            return f"{_MONTHS[day.month - 1]} {day.year}" if day.month == 1 or day == self.first else _MONTHS[day.month - 1]
        return f"Q{(day.month + 2) // 3} {day.year}" if self.step == 3 else str(day.year)


def timeline_of(line: LineView, today: date) -> str:
    """The drawing; "" where nothing has a time."""
    cards = [card for card in line.cards if card.when is not None and card.column is not Column.NOT_PLANNED]
    due = [(one.ship.last, one.name, one.shipped) for one in line.releases if one.ship is not None]
    if not cards:
        return ""
    days = [day for card in cards if card.when is not None for day in (card.when.first, card.when.last)] + [
        day for day, _, _ in due
    ]
    axis = _axis([*days, today])
    rails = _rails(due, axis)
    top = _AXIS + _RAIL * (max((level for *_, level in rails), default=-1) + 1) + 8
    ordered = sorted(
        cards, key=lambda card: (card.when.first if card.when else today, card.when.last if card.when else today, card.title)
    )
    rows = [_row(card, axis, top + ROW * index) for index, card in enumerate(ordered)]
    high = top + ROW * len(rows) + 6
    parts = [*_grid(axis, high), *_today(axis, today, high), *_marks(rails, axis, high), *rows]
    said = "; ".join(f"{card.title}: {card.when.text}" for card in ordered if card.when is not None)
    return drawing(WIDE, high, parts, f"Timeline. {said}", kind="timeline")


def _axis(days: list[date]) -> _Axis:
    span = (max(days) - min(days)).days
    step = 1 if span <= 300 else 3 if span <= 1200 else 12
    first = min(days)
    first = date(first.year, (first.month - 1) // step * step + 1, 1)
    last = first
    while last <= max(days):
        last = _months_on(last, step)
    return _Axis(first, last, step)


def _months_on(day: date, months: int) -> date:
    index = day.month - 1 + months
    return date(day.year + index // 12, index % 12 + 1, 1)


def _grid(axis: _Axis, high: float) -> list[str]:
    parts = []
    ticks = [*axis.ticks(), axis.last]
    for number, (day, following) in enumerate(itertools.pairwise(ticks)):
        x, wide = axis.x(day), axis.x(following) - axis.x(day)
        if number % 2 == 0:
            parts.append(box(x, _AXIS - 4, wide, high - _AXIS + 4, fill="band"))
        label = axis.label(day)
        if wide >= width(label, 11.5) + 8:
            parts.append(text(x + 6, 17, label, 11.5, fill="soft", weight=600))
    parts.append(f'<line x1="{EDGE}" x2="{WIDE - EDGE}" y1="{_AXIS - 4}" y2="{_AXIS - 4}" stroke="{hue("line")}"/>')
    return parts


def _rails(due: list[tuple[date, str, bool]], axis: _Axis) -> list[tuple[date, str, bool, int]]:
    """Releases on as many levels as keep their names apart."""
    ends: list[float] = []
    placed = []
    for day, name, shipped in sorted(due):
        shown = wrap(name, 200, 11.5, 1, bold=True)[0]
        x, wide = axis.x(day + timedelta(days=1)), width(shown, 11.5, bold=True) + 22
        start = x - wide if x + wide > WIDE else x - 8
        level = next((number for number, end in enumerate(ends) if start >= end), len(ends))
        ends[level : level + 1] = [max(start, x - 8) + wide]
        placed.append((day, shown, shipped, level))
    return placed


def _marks(rails: list[tuple[date, str, bool, int]], axis: _Axis, high: float) -> list[str]:
    parts = []
    for day, name, shipped, level in rails:
        x, y = axis.x(day + timedelta(days=1)), _AXIS + 10 + _RAIL * level
        colour = "shipped" if shipped else "ink"
        left = x + width(name, 11.5, bold=True) + 22 > WIDE
        parts.append(
            f'<line x1="{x:g}" x2="{x:g}" y1="{y:g}" y2="{high - 4:g}" stroke="{hue(colour)}" stroke-opacity=".25" stroke-dasharray="2 4"/>'
        )
        parts.append(
            f'<path d="M{x:g} {y - 6:g}l6 6l-6 6l-6-6z" fill="{hue(colour)}"><title>{html(f"{name}, due {day.isoformat()}")}</title></path>'
        )
        parts.append(
            text(x - 11 if left else x + 11, y + 4, name, 11.5, weight=600, fill=colour, anchor="end" if left else "start")
        )
    return parts


def _row(card: Card, axis: _Axis, y: float) -> str:
    if card.when is None:
        return ""
    colour = HUES[card.column]
    x = axis.x(card.when.first)
    wide = max(6.0, axis.x(card.when.last + timedelta(days=1)) - x - 2)
    dash = ' stroke-dasharray="5 4"' if card.when.granularity in _ROUGH else ""
    edge = f' stroke="{hue(colour)}" stroke-opacity=".75"{dash}'
    parts = [
        f"<g><title>{html(_said(card))}</title>",
        box(x + 0.5, y + 4.5, wide - 1, BAR - 1, fill=colour, radius=6, opacity=0.16, extra=edge),
    ]
    if card.progress:
        parts.append(box(x + 1, y + 5, (wide - 2) * card.progress, BAR - 2, fill=colour, radius=5.5, opacity=0.4))
    parts.append(_label(card, x, wide, y))
    return "".join([*parts, "</g>"])


def _label(card: Card, x: float, wide: float, y: float) -> str:
    """In its bar where it fits, else beside it on the side with more room, cut to what is there."""
    blocked = f'<tspan dx="7" font-size="11" font-weight="700" fill="{hue("alert")}">blocked</tspan>' if card.blocked else ""
    extra = 64 if blocked else 0
    need = width(card.title, 12.5) + extra
    right, left = WIDE - EDGE - (x + wide), x - EDGE
    at, room, anchor = x + 9, wide - 16, "start"
    if need > room and (need + 8 <= right or right >= max(left, wide)):
        at, room = x + wide + 7, right - 10
    elif need > room and left > wide:
        at, room, anchor = x - 7, left - 10, "end"
    shown = wrap(card.title, max(room - extra, 40), 12.5, 1)[0]
    return text(at, y + 20.5, shown, 12.5, weight=500, anchor=anchor).replace("</text>", f"{blocked}</text>")


def _said(card: Card) -> str:
    done = f"{card.progress:.0%} done" if card.progress is not None else ""
    when = card.when.text if card.when is not None else ""
    return ", ".join(part for part in (card.title, when, card.status, done, card.release) if part)


def _today(axis: _Axis, today: date, high: float) -> list[str]:
    x = axis.x(today)
    line = f'<line x1="{x:g}" x2="{x:g}" y1="{_AXIS - 4}" y2="{high - 2:g}" stroke="{hue("alert")}" stroke-width="1.5"/>'
    wide = width("today", 10.5) + 12
    at = min(max(x - wide / 2, 0), WIDE - wide)
    return [
        line,
        box(at, 4, wide, 17, fill="alert", radius=8.5),
        text(at + wide / 2, 16, "today", 10.5, fill="card", weight=700, anchor="middle"),
    ]
