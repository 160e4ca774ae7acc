"""The board: one drawing per column, so that a phone stacks them and a wide screen lays them side by side."""

from __future__ import annotations

from dataclasses import dataclass

from pmsync.model.enums import StatusCategory
from pmsync.product.picture.svg import HUES, box, drawing, hue, pill, text
from pmsync.product.picture.view import Card, Column, LineView
from pmsync.product.picture.words import html, width, wrap

WIDE, PAD, GAP, HEAD = 300, 16, 12, 40
_INNER = WIDE - 2 * PAD


@dataclass(slots=True)
class _Pen:
    """Where on a card the next thing goes, and what was drawn."""

    y: float
    parts: list[str]


def columns_of(line: LineView) -> list[str]:
    """The drawings of all columns that hold something, in order; what was decided against has its own list on the page."""
    found = []
    for column in Column:
        cards = [card for card in line.cards if card.column is column]
        if cards and column is not Column.NOT_PLANNED:
            found.append(_column(column, cards))
    return found


def _column(column: Column, cards: list[Card]) -> str:
    colour = HUES[column]
    parts = [f'<circle cx="7" cy="17" r="5" fill="{hue(colour)}"/>', text(20, 22, column.value, 16, weight=700)]
    parts.append(text(WIDE, 22, str(len(cards)), 13, fill="soft", anchor="end"))
    y: float = HEAD
    for card in cards:
        drawn, high = _card(card, colour)
        parts.append(f'<g transform="translate(0 {y:g})">{drawn}</g>')
        y += high + GAP
    said = f"{column.value}: {', '.join(card.title for card in cards)}"
    return drawing(WIDE, y - GAP + 4, parts, said, kind="column")


def _card(card: Card, colour: str) -> tuple[str, float]:
    pen = _Pen(PAD - 2, [])
    _eyebrow(card, pen)
    for words in wrap(card.title, _INNER, 14.5, 3, bold=True):
        pen.y += 18.5
        pen.parts.append(text(PAD, pen.y - 3, words, 14.5, weight=600))
    _facts(card, pen)
    _pills(card, pen)
    _progress(card, colour, pen)
    high = pen.y + PAD - 1
    edge = f' stroke="{hue("line")}" stroke-width="1"'
    paper = box(0.5, 0.5, WIDE - 1, high - 1, fill="card", radius=10, extra=edge)
    stripe = box(0, 12, 3.5, high - 24, fill=colour, radius=1.75)
    full = f"{card.title}{f' ({card.key})' if card.key else ''}"
    return f"<title>{html(full)}</title>{paper}{stripe}{''.join(pen.parts)}", high


def _eyebrow(card: Card, pen: _Pen) -> None:
    words = " · ".join(part for part in (card.kind, card.objective) if part)
    if words:
        pen.y += 12
        line = wrap(words.upper(), _INNER - 14, 10, 1, bold=True)[0]
        pen.parts.append(text(PAD, pen.y - 2, line, 10, fill="soft", weight=600, extra=' letter-spacing=".5"'))
        pen.y += 3


def _facts(card: Card, pen: _Pen) -> None:
    when = card.when.text if card.when is not None else ""
    rows = [" · ".join(part for part in (when, card.release, card.owner) if part)]
    rows.append(f"waits for {', '.join(card.waits)}" if card.waits else "")
    rows.append(card.decision)
    for words in filter(None, rows):
        for line in wrap(words, _INNER, 12, 2):
            pen.y += 16.5
            pen.parts.append(text(PAD, pen.y, line, 12, fill="soft"))


def _pills(card: Card, pen: _Pen) -> None:
    words = [(card.priority.value, f"p-{card.priority.value}")] if card.priority is not None else []
    if card.status and card.column is not Column.SHIPPED:
        words.append((card.status, "next" if card.category is StatusCategory.DOING else "soft"))
    if card.blocked:
        words.append(("blocked", "alert"))
    if card.score is not None:
        words.append((f"score {card.score:,.4g}" if card.score < 10_000 else f"score {card.score:,.0f}", "soft"))
    x: float = PAD
    pen.y += 9 if words else 0
    for word, colour in words:
        if x > PAD and x + width(word, 11, bold=True) + 16 > WIDE - PAD:
            x = PAD
            pen.y += 24
        drawn, wide = pill(x, pen.y, word, colour)
        pen.parts.append(drawn)
        x += wide + 6
    if words:
        pen.y += 19


def _progress(card: Card, colour: str, pen: _Pen) -> None:
    if card.progress is None or card.column is Column.SHIPPED or not (card.counted or card.progress):
        return
    said = " · ".join(part for part in (f"{card.progress:.0%}", card.counted) if part)
    pen.y += 14
    room = _INNER - width(said, 11) - 10
    pen.parts.append(box(PAD, pen.y - 4, room, 5, fill="track", radius=2.5))
    if card.progress:
        pen.parts.append(box(PAD, pen.y - 4, max(5.0, room * card.progress), 5, fill=colour, radius=2.5))
    pen.parts.append(text(WIDE - PAD, pen.y + 2.5, said, 11, fill="soft", anchor="end"))
    pen.y += 1
