"""The daemon's clockwork on one machine: a job per scope, on an interval with jitter.

APScheduler 3 gives the ticks. Jobs live in memory and are rebuilt from the config at start; ticks that were missed run once, not many times;
no scope ever runs twice at a time; a round that fails is told and tried again at its next tick, and the other scopes go on.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import FrameType

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler

from pmsync.model.record import ScopeRef


@dataclass(frozen=True, slots=True)
class Beat:
    """The interval between two rounds of a scope and its jitter, in seconds."""

    every: float
    jitter: float


class LocalJobs:
    """Runs ``work`` for every scope until it is stopped.

    Rounds share one worker: a store has one writer, and a system that waits for its limits parks itself instead of holding the others up.
    """

    def __init__(self, scopes: Sequence[ScopeRef], work: Callable[[ScopeRef], None], beat: Beat) -> None:
        self._work = work
        self._stop = threading.Event()
        self._hook: Callable[[], None] = lambda: None
        self._scheduler = BackgroundScheduler(
            jobstores={"default": MemoryJobStore()},
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone=UTC,
        )
        for index, scope in enumerate(scopes):
            self._scheduler.add_job(
                self._round,
                "interval",
                args=[scope],
                id=str(scope),
                seconds=beat.every,
                jitter=beat.jitter or None,
                next_run_time=datetime.now(UTC) + timedelta(milliseconds=index),  # the scheduler ticks in real time
            )

    def run(self, begun: Callable[[], None] = lambda: None) -> None:
        """Block until SIGTERM, SIGINT or ``stop``; the round under way is finished first. ``begun`` is called once signals are heard."""
        previous = {number: signal.signal(number, self._on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            begun()
            self._scheduler.start()
            self._stop.wait()
        finally:
            self._scheduler.shutdown(wait=True)
            for number, handler in previous.items():
                signal.signal(number, handler)

    def on_stop(self, hook: Callable[[], None]) -> None:
        """Call ``hook`` when an end is asked for, so that the round under way sends nothing new."""
        self._hook = hook

    def stop(self) -> None:
        """Let no new round begin and end ``run`` when the current one is finished."""
        self._stop.set()
        self._hook()

    @property
    def stopping(self) -> bool:
        """Whether an end was asked for."""
        return self._stop.is_set()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stop()

    def _round(self, scope: ScopeRef) -> None:
        if not self.stopping:
            self._work(scope)
