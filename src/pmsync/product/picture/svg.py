"""The pieces of a drawing: text, boxes, pills. Colours are the page's (``var(--name)``), so that a picture follows light and dark."""

from __future__ import annotations

from pmsync.product.picture.view import Column
from pmsync.product.picture.words import html, width

HUES = {
    Column.NOW: "now",
    Column.NEXT: "next",
    Column.LATER: "later",
    Column.EXPLORING: "exploring",
    Column.SHIPPED: "shipped",
    Column.NOT_PLANNED: "none",
    Column.UNSORTED: "none",
}
"""The colour of each column."""


def hue(name: str) -> str:
    """One of the page's colours."""
    return f"var(--{name})"


def text(
    x: float, y: float, words: str, size: float, *, fill: str = "ink", weight: int = 400, anchor: str = "start", extra: str = ""
) -> str:
    """A line of text whose baseline starts (or is centred, or ends) at ``x``, ``y``."""
    return (
        f'<text x="{x:.6g}" y="{y:g}" font-size="{size:g}" font-weight="{weight}" text-anchor="{anchor}" fill="{hue(fill)}"{extra}>'
        f"{html(words)}</text>"
    )


def box(
    x: float, y: float, wide: float, high: float, *, fill: str, radius: float = 0, opacity: float = 1, extra: str = ""
) -> str:
    """A filled rectangle."""
    clear = f' fill-opacity="{opacity:g}"' if opacity < 1 else ""
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{max(wide, 0):g}" height="{high:g}" rx="{radius:g}" fill="{hue(fill)}"{clear}{extra}/>'
    )


def pill(x: float, y: float, words: str, colour: str) -> tuple[str, float]:
    """A word on a tinted capsule whose top left is at ``x``, ``y``; gives the drawing and its width."""
    wide = width(words, 11, bold=True) + 16
    capsule = box(x, y, wide, 19, fill=colour, radius=9.5, opacity=0.15)
    return capsule + text(x + wide / 2, y + 13.4, words, 11, fill=colour, weight=600, anchor="middle"), wide


def drawing(wide: float, high: float, parts: list[str], label: str, *, kind: str) -> str:
    """The whole drawing; ``label`` is read to those who cannot see it."""
    head = f'<svg class="{kind}" viewBox="0 0 {wide:g} {high:g}" role="img" aria-label="{html(label)}" xmlns="http://www.w3.org/2000/svg">'
    return f"{head}{''.join(parts)}</svg>"
