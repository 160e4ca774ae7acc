"""Ctrl-C while something is written: the first lets what was begun be finished, the second stops at once. Neither loses anything."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pmsync.app import App
    from pmsync.engine.events import Event, Listener

_SAFE = frozenset({"progress", "pulled"})
"""Told between two steps, where nothing is half done."""
_SAID = b"\nstopping after the writes under way; Ctrl-C again stops at once\n"


@contextmanager
def stoppable(app: App, listen: Listener) -> Iterator[Listener]:
    """A listener for a run that ends softly on Ctrl-C.

    Raises:
        KeyboardInterrupt: the run was asked to stop, once it has; or at once when it was asked twice.
    """
    if threading.current_thread() is not threading.main_thread():
        yield listen
        return
    asked = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()
        app.engine.stop()
        os.write(2, _SAID)  # no stream: the signal may have come in the middle of its own writing

    def hear(event: Event) -> None:
        listen(event)
        if asked.is_set() and event.kind in _SAFE:
            raise KeyboardInterrupt

    previous = signal.signal(signal.SIGINT, on_signal)
    try:
        yield hear
    finally:
        signal.signal(signal.SIGINT, previous)
    if asked.is_set():
        raise KeyboardInterrupt
