"""Listening to a run: a progress line on a terminal, plain lines elsewhere, nothing with ``--json``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pmsync.cli.shell import clean, stderr

if TYPE_CHECKING:
    from pmsync.engine.events import Event, Listener

_STYLES = {
    "conflict": "yellow",
    "held": "yellow",
    "waiting": "yellow",
    "quarantined": "yellow",
    "failed": "red",
    "parked": "red",
    "rejected": "red",
}
_SPOKEN = frozenset(
    {
        "conflict",
        "settled",
        "overruled",
        "held",
        "waiting",
        "resting",
        "quarantined",
        "failed",
        "parked",
        "rejected",
        "dropped",
        "moved",
        "gone",
        "unmanaged",
        "resolved",
        "skipped",
    }
)


@contextmanager
def watching(*, quiet: bool) -> Iterator[Listener]:
    """A listener for one run."""
    if quiet:
        yield lambda event: None
        return
    console = stderr()
    with console.status("starting") as status:

        def hear(event: Event) -> None:
            if event.kind in _SPOKEN:
                _say(event)
            elif event.total:
                status.update(f"{clean(event.text)} {event.done:,}/{event.total:,}")
            elif event.kind in ("progress", "pulled", "sent", "confirmed"):
                status.update(clean(event.text) + (f" {event.done:,}" if event.done else ""))

        def _say(event: Event) -> None:
            from rich.text import Text

            line = Text(f"{event.kind:>11}  ", style=_STYLES.get(event.kind, "dim")) + Text(clean(event.text))
            console.print(line)
            if event.hint:
                console.print(Text("              try: ", style="bold") + Text(clean(event.hint)))

        yield hear
