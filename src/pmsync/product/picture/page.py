"""A view as one self-contained page: no script, nothing fetched, light and dark, for screens, phones and paper."""

from __future__ import annotations

from collections.abc import Iterator

from pmsync.model.enums import Audience
from pmsync.product.picture.board import columns_of
from pmsync.product.picture.style import sheet
from pmsync.product.picture.svg import HUES
from pmsync.product.picture.timeline import timeline_of
from pmsync.product.picture.view import Aim, Card, Column, LineView, View
from pmsync.product.picture.words import html

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_WORDS = {Audience.PUBLIC: "", Audience.INTERNAL: "internal", Audience.PRIVATE: "confidential"}
_HEADS = ("Item", "Where", "When", "Release", "State", "Priority", "Progress", "Owner", "Records")


def as_page(view: View) -> str:
    """The whole page."""
    body = "".join(part for line in view.lines for part in _line(line, view))
    title, said = html(view.title), _WORDS[view.audience]
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{title}</title><style>{sheet()}</style></head>"
    )
    as_of = f"As of {view.today.isoformat()}{f' · {said}' if said else ''}"
    empty = "" if view.lines else '<p class="soft">Nothing to show yet.</p>'
    return f'{head}<body><main><header><h1>{title}</h1><p class="soft">{as_of}</p></header>{body}{empty}{_foot()}</main></body></html>\n'


def _foot() -> str:
    return '<footer class="soft">Drawn by pmsync from the roadmap files and the trackers.</footer>'


def _line(line: LineView, view: View) -> Iterator[str]:
    yield "<section>"
    if line.name and (len(view.lines) > 1 or line.name != view.title):
        yield f"<h2>{html(line.name)}</h2>"
    if line.vision:
        yield f'<p class="vision">{html(line.vision)}</p>'
    if line.segments:
        yield f'<ul class="chips">{"".join(f"<li>{html(segment)}</li>" for segment in line.segments)}</ul>'
    if line.pricing:
        yield f'<p class="soft">{html(line.pricing)}</p>'
    if line.aims:
        yield f'<h3>Objectives</h3><div class="aims">{"".join(_aim(aim) for aim in line.aims)}</div>'
    if columns := columns_of(line):
        yield f'<h3>Board</h3><div class="board">{"".join(columns)}</div>'
    if timeline := timeline_of(line, view.today):
        yield f'<h3>Timeline</h3><div class="scroll">{timeline}</div>{_key(line)}'
    yield from _decided([card for card in line.cards if card.column is Column.NOT_PLANNED])
    if line.cards:
        rows = "".join(_row(card) for card in line.cards)
        heads = "".join(f"<th>{name}</th>" for name in _HEADS)
        yield f'<details><summary>Everything as a table</summary><div class="wide"><table><tr>{heads}</tr>{rows}</table></div></details>'
    yield "</section>"


def _aim(aim: Aim) -> str:
    results = "".join(f"<li>{html(words)}{_way(way)}</li>" for words, way in aim.results)
    by = f' <span class="soft">by {html(aim.by)}</span>' if aim.by else ""
    return f'<div class="aim"><b>{html(aim.title)}{by}</b>{f"<ul>{results}</ul>" if results else ""}</div>'


def _way(way: float | None) -> str:
    return "" if way is None else f'<span class="way"><i style="width:{way:.0%}"></i></span>'


def _key(line: LineView) -> str:
    """What the colours of the timeline mean."""
    shown = [column for column in Column if any(card.column is column and card.when is not None for card in line.cards)]
    names = "".join(
        f'<li style="--c:var(--{HUES[column]})">{column}</li>' for column in shown if column is not Column.NOT_PLANNED
    )
    return f'<ul class="key">{names}<li class="rough">dashed: meant roughly</li></ul>'


def _decided(cards: list[Card]) -> Iterator[str]:
    if cards:
        items = "".join(
            f"<li>{html(card.title)}{f' <span class=soft>{html(card.decision)}</span>' if card.decision else ''}</li>"
            for card in cards
        )
        yield f'<h3>Not planned</h3><ul class="decided">{items}</ul>'


def _row(card: Card) -> str:
    progress = "" if card.progress is None else " · ".join(part for part in (f"{card.progress:.0%}", card.counted) if part)
    cells = (
        card.title,
        card.column.value,
        card.when.text if card.when is not None else "",
        card.release,
        f"{card.status}{', blocked' if card.blocked else ''}",
        card.priority.value if card.priority is not None else "",
        progress,
        card.owner,
        " ".join(card.links),
    )
    return f"<tr>{''.join(f'<td>{html(words)}</td>' for words in cells)}</tr>"
