"""A view as Markdown, and the managed block that keeps it fresh inside a file that people write."""

from __future__ import annotations

from collections.abc import Iterator

from pmsync.product.evidence import Unusable
from pmsync.product.picture.view import Card, Column, LineView, View
from pmsync.product.picture.words import markdown

BEGIN, END = "<!-- pmsync:roadmap begin -->", "<!-- pmsync:roadmap end -->"
_NOTE = "<!-- written by pmsync; what stands between these two lines is replaced -->"
_FILLED, _OPEN, _CELLS = "█", "░", 10


def as_markdown(view: View) -> str:
    """A whole document."""
    return (
        "\n".join([f"# {markdown(view.title)}", "", f"*As of {view.today.isoformat()}.*", "", *_lines(view, 2)]).rstrip() + "\n"
    )


def as_block(view: View) -> str:
    """What goes between the markers of a managed block, markers included."""
    body = "\n".join([_NOTE, f"*As of {view.today.isoformat()}.*", "", *_lines(view, 3)]).rstrip()
    return f"{BEGIN}\n{body}\n{END}"


def put_block(text: str, block: str) -> str:
    """The file with the block in its place: between the markers, or at the end where it has none. Everything else stays as it is.

    Args:
        text: the file; its line ends are kept.
        block: of ``as_block``.

    Raises:
        Unusable: the markers are not one pair in order.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    block = block.replace("\n", newline)
    begins, ends = text.count(BEGIN), text.count(END)
    if begins == ends == 0:
        gap = "" if not text else newline if text.endswith("\n") else newline * 2
        return f"{text}{gap}{block}{newline}"
    start, end = text.find(BEGIN), text.find(END)
    if begins != 1 or ends != 1 or end < start:
        raise Unusable(
            "the markers of the managed block are not one pair in order", f"keep one line {BEGIN} and one line {END} below it"
        )
    return f"{text[:start]}{block}{text[end + len(END) :]}"


def _lines(view: View, level: int) -> Iterator[str]:
    for line in view.lines:
        named = line.name and (len(view.lines) > 1 or line.name != view.title)
        if named:
            yield from (f"{'#' * level} {markdown(line.name)}", "")
        yield from _head(line)
        for column in Column:
            cards = [card for card in line.cards if card.column is column]
            if cards:
                yield from (f"{'#' * (level + 1 if named else level)} {column}", "")
                yield from (row for card in cards for row in _card(card))
                yield ""


def _head(line: LineView) -> Iterator[str]:
    if line.vision:
        yield from (f"> {markdown(line.vision)}", "")
    if line.segments:
        yield from (f"**For** {markdown(', '.join(line.segments))}", "")
    if line.pricing:
        yield from (f"**Pricing** {markdown(line.pricing)}", "")
    for aim in line.aims:
        yield f"- **{markdown(aim.title)}**" + (f" by {aim.by}" if aim.by else "")
        yield from (f"  - {markdown(text)}{'' if way is None else ' ' + bar(way)}" for text, way in aim.results)
    if line.aims:
        yield ""
    if line.releases:
        yield from ("| Release | Due | |", "|---|---|---|")
        for release in line.releases:
            state = "shipped" if release.shipped else markdown(release.text)
            yield f"| {markdown(release.name)} | {release.ship.text if release.ship else ''} | {state} |"
        yield ""


def _card(card: Card) -> Iterator[str]:
    facts = [
        card.status,
        card.priority.value if card.priority else "",
        card.when.text if card.when else "",
        card.release,
        card.objective,
        card.owner,
    ]
    told = " · ".join(markdown(fact) for fact in facts if fact)
    if card.column is not Column.SHIPPED and card.progress is not None and (card.progress or card.counted):
        told = " · ".join(part for part in (told, bar(card.progress), card.counted) if part)
    yield f"- **{markdown(card.title)}**" + (f" — {told}" if told else "")
    if card.waits:
        yield f"  - waits for {markdown(', '.join(card.waits))}"
    if card.decision:
        yield f"  - {markdown(card.decision)}"


def bar(part: float) -> str:
    """A share as ten cells and a number."""
    filled = int(part * _CELLS + 1e-9)
    return f"{_FILLED * filled}{_OPEN * (_CELLS - filled)} {part:.0%}"
