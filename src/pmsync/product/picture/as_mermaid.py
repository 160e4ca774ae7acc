"""A view as mermaid diagrams: a chart of what has a time, and a graph of what waits for what."""

from __future__ import annotations

from datetime import timedelta

from pmsync.model.enums import StatusCategory
from pmsync.product.picture.view import Card, Column, View
from pmsync.product.picture.words import diagram

_TAGS = {StatusCategory.DONE: "done, ", StatusCategory.DOING: "active, ", StatusCategory.TODO: ""}


def as_gantt(view: View) -> str:
    """Everything with a time, by product line and column."""
    lines = ["gantt", f"    title {diagram(view.title)}", "    dateFormat YYYY-MM-DD", "    axisFormat %b %Y"]
    for line in view.lines:
        for column in Column:
            timed = [card for card in line.cards if card.column is column and card.when is not None]
            if timed:
                name = f"{line.name}: {column}" if line.name and len(view.lines) > 1 else column.value
                lines.append(f"    section {diagram(name)}")
                lines.extend(_bar(card) for card in timed)
        due = [release for release in line.releases if release.ship is not None]
        if due:
            lines.append(f"    section {diagram(f'{line.name}: Releases' if line.name and len(view.lines) > 1 else 'Releases')}")
            lines.extend(
                f"    {diagram(one.name)} :milestone, {one.ship.last.isoformat()}, 0d" for one in due if one.ship is not None
            )
    return "\n".join(lines) + "\n"


def as_graph(view: View) -> str:
    """What waits for what; items without a tie are left out."""
    cards = [card for line in view.lines for card in line.cards]
    ids = {card.title: f"i{number}" for number, card in enumerate(cards)}
    ties = [(need, card.title) for card in cards for need in card.waits if need in ids]
    named = {title for tie in ties for title in tie}
    nodes = [f'    {name}["{diagram(title)}"]' for title, name in ids.items() if title in named]
    return "\n".join(["flowchart LR", *nodes, *(f"    {ids[need]} --> {ids[title]}" for need, title in ties)]) + "\n"


def _bar(card: Card) -> str:
    if card.when is None:
        raise ValueError("a bar has a time")
    last = card.when.last + timedelta(days=1)
    return f"    {diagram(card.title)} :{_TAGS[card.category]}{card.when.first.isoformat()}, {last.isoformat()}"
