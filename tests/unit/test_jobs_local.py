"""The daemon's clockwork: never two rounds at once, missed ticks run once, a failing scope alone, an end that drains."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable

import pytest

from pmsync.jobs.local import Beat, LocalJobs
from pmsync.model.record import ScopeRef

A, B = ScopeRef("a", "A"), ScopeRef("b", "B")
FAST = Beat(every=0.02, jitter=0)


class Rounds:
    """Work that notes when it begins and ends, and stops the jobs after ``most`` rounds."""

    def __init__(self, most: int, work: Callable[[ScopeRef], None] = lambda scope: None) -> None:
        self.begun: list[ScopeRef] = []
        self.ended: list[ScopeRef] = []
        self.at_once = self.most_at_once = 0
        self._most, self._work, self._lock = most, work, threading.Lock()
        self.jobs: LocalJobs

    def __call__(self, scope: ScopeRef) -> None:
        with self._lock:
            self.begun.append(scope)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            self._work(scope)
        finally:
            with self._lock:
                self.at_once -= 1
                self.ended.append(scope)
            if len(self.begun) >= self._most:
                self.jobs.stop()


def run(rounds: Rounds, *scopes: ScopeRef, beat: Beat = FAST) -> Rounds:
    """Run until the rounds stop it; a watchdog ends what would hang."""
    rounds.jobs = LocalJobs(scopes, rounds, beat)
    watchdog = threading.Timer(20, rounds.jobs.stop)
    watchdog.start()
    try:
        rounds.jobs.run()
    finally:
        watchdog.cancel()
    return rounds


def test_every_scope_has_its_turn_at_once_and_again():
    rounds = run(Rounds(6), A, B)
    assert rounds.begun[:2] == [A, B]
    assert rounds.begun.count(A) >= 2
    assert rounds.begun.count(B) >= 2


def test_no_two_rounds_run_at_once():
    """C13."""
    rounds = run(Rounds(6, lambda scope: time.sleep(0.05)), A, B)
    assert rounds.most_at_once == 1


def test_ticks_missed_during_a_long_round_run_once():
    """A round of 0.3 s misses some 15 ticks; what follows keeps the interval."""
    lasted = iter([0.3])
    rounds = Rounds(4, lambda scope: time.sleep(next(lasted, 0)))
    began = time.monotonic()
    run(rounds, A)
    assert len(rounds.begun) == 4
    assert time.monotonic() - began >= 0.3 + 2 * 0.02 * 0.5


def test_a_round_that_fails_is_tried_again_and_the_others_go_on():
    def work(scope: ScopeRef) -> None:
        if scope == A:
            raise RuntimeError("the server is on fire")

    rounds = run(Rounds(8, work), A, B)
    assert rounds.begun.count(A) >= 2
    assert rounds.begun.count(B) >= 2


def test_the_round_under_way_is_finished_and_none_begins_after_a_stop():
    hooked: list[bool] = []
    rounds = Rounds(99)

    def work(scope: ScopeRef) -> None:
        rounds.jobs.stop()
        hooked.append(rounds.jobs.stopping)
        time.sleep(0.05)

    rounds._work = work
    rounds.jobs = LocalJobs([A, B], rounds, FAST)
    rounds.jobs.on_stop(lambda: hooked.append(True))
    rounds.jobs.run()
    assert (len(rounds.begun), len(rounds.ended)) == (1, 1)
    assert hooked == [True, True]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_the_handlers_are_put_back(number):
    before = signal.getsignal(number)
    rounds = run(Rounds(99, lambda scope: os.kill(os.getpid(), number)), A)
    assert len(rounds.ended) == len(rounds.begun) >= 1
    assert signal.getsignal(number) is before
