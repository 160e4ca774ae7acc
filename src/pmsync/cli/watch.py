"""Listening to a run: a progress line on a terminal, plain lines elsewhere, nothing with ``--json``."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pmsync.cli.shell import clean, stderr

if TYPE_CHECKING:
    from rich.text import Text

    from pmsync.engine.events import Event, Listener

_STYLES = {
    "conflict": "yellow",
    "held": "yellow",
    "waiting": "yellow",
    "later": "yellow",
    "quarantined": "yellow",
    "failed": "red",
    "parked": "red",
    "rejected": "red",
}
_WORDS = {"skipped": "left alone"}
_SPOKEN = frozenset(
    {
        "conflict",
        "settled",
        "overruled",
        "overwritten",
        "held",
        "waiting",
        "later",
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
_WIDTH = 11
"""Characters of the longest word for what happened."""


class Digest:
    """What a run said, each sentence once with the number of times it was said; only events of the kinds in ``spoken`` count."""

    def __init__(self, spoken: frozenset[str] = _SPOKEN) -> None:
        self._spoken = spoken
        self._said: Counter[tuple[str, str]] = Counter()

    def take(self, event: Event) -> bool:
        """Take note of ``event``; whether it says something new that a person would want to know."""
        if event.kind not in self._spoken:
            return False
        self._said[event.kind, event.text] += 1
        return self._said[event.kind, event.text] == 1

    def repeated(self) -> Iterator[Text]:
        """A line for each sentence that was said more than once. The digest forgets everything."""
        yield from (_line(kind, f"{count:,} times: {text}") for (kind, text), count in self._said.items() if count > 1)
        self._said.clear()

    def lines(self) -> Iterator[Text]:
        """A line for each sentence. The digest forgets everything."""
        yield from (
            _line(kind, text + (f" ({count:,} times)" if count > 1 else "")) for (kind, text), count in self._said.items()
        )
        self._said.clear()


def _line(kind: str, text: str) -> Text:
    from rich.text import Text

    return Text.assemble((f"{_WORDS.get(kind, kind):>{_WIDTH}}  ", _STYLES.get(kind, "dim")), clean(text))


class Pace:
    """How long what is under way will still take, from how it went so far."""

    def __init__(self) -> None:
        self._began: dict[str, tuple[int, float]] = {}

    def left(self, what: str, done: int, total: int, now: float) -> str:
        """A phrase for a person; "" while nothing can be told. ``now``: seconds of any clock that only goes forward."""
        first, began = self._began.setdefault(what, (done, now))
        if done <= first or now <= began or done >= total:
            return ""
        seconds = (total - done) * (now - began) / (done - first)
        minutes = round(seconds / 60)
        return f", about {minutes:,} min left" if minutes else f", about {max(1, round(seconds))} s left"


@contextmanager
def watching(*, quiet: bool) -> Iterator[Listener]:
    """A listener for one run."""
    if quiet:
        yield lambda event: None
        return
    from rich.text import Text

    console, digest, pace = stderr(), Digest(), Pace()
    with console.status("starting") as status:

        def hear(event: Event) -> None:
            if digest.take(event):
                console.print(_line(event.kind, event.text))
                if event.hint:
                    console.print(_line("try", event.hint))
            elif event.total:
                left = pace.left(event.text, event.done, event.total, time.monotonic())
                status.update(Text(f"{clean(event.text)} {event.done:,}/{event.total:,}{left}"))
            elif event.kind in ("progress", "pulled", "sent", "confirmed"):
                status.update(Text(clean(event.text) + (f" {event.done:,}" if event.done else "")))

        yield hear
        for line in digest.repeated():
            console.print(line)
