"""Pacing and holds, on virtual time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmsync.connect.errors import Park
from pmsync.net.clock import VirtualClock
from pmsync.net.limiter import Limiter, Ticket
from pmsync.net.manners import Limited, Manners, Reach

WRITE = Ticket("PUT", "/issue/1", "PUT /issue/{}", write=True)
READ = Ticket("GET", "/issue/1", "GET /issue/{}", write=False)


def limiter(**manners: object) -> tuple[Limiter, VirtualClock]:
    clock = VirtualClock()
    return Limiter(clock, Manners(limited=lambda answer, now: None, **{"patience": 7200.0, **manners}), "jira"), clock  # type: ignore[arg-type]


def worst(arrivals: list[float], seconds: float) -> int:
    """The most arrivals in any closed window of that length."""
    return max(sum(start <= at <= start + seconds for at in arrivals) for start in arrivals)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.floats(0, 20), st.floats(0, 15), st.floats(0, 1)), min_size=1, max_size=60), st.integers(1, 9))
def test_no_60_second_window_at_the_server_ever_holds_too_many(requests: list[tuple[float, float, float]], limit: int) -> None:
    """Wherever in its flight each request arrives, and however long it takes, the server never counts too many (closed windows)."""
    pace, clock = limiter(writes_per_minute=limit)
    arrivals = []
    for pause, flight, share in requests:
        clock.sleep(pause)
        with pace.slot(WRITE):
            arrivals.append(clock.now() + flight * share)
            clock.sleep(flight)
    assert worst(arrivals, 60) <= limit


@settings(max_examples=20)
@given(st.integers(1, 5), st.integers(6, 30))
def test_several_windows_hold_at_once(per_minute: int, per_hour: int) -> None:
    """GitHub: about 80 content-creating requests a minute and 500 an hour."""
    pace, clock = limiter(writes_per_minute=per_minute, writes_per_hour=per_hour, write_gap=1.0)
    arrivals = []
    for _ in range(2 * per_hour + 1):
        with pace.slot(WRITE):
            arrivals.append(clock.now())
    assert worst(arrivals, 60) <= per_minute
    assert worst(arrivals, 3600) <= per_hour
    assert all(later - sooner > 1.0 for sooner, later in pairwise(arrivals))


def test_pacing_wastes_no_time() -> None:
    """A full window is waited out once, not request by request."""
    pace, clock = limiter(reads_per_minute=10)
    start = clock.now()
    for _ in range(30):
        with pace.slot(READ):
            pass
    assert clock.now() - start == pytest.approx(120, abs=0.1)


def test_reads_and_writes_have_windows_of_their_own() -> None:
    pace, clock = limiter(writes_per_minute=1, reads_per_minute=1)
    start = clock.now()
    for ticket in (READ, WRITE):
        with pace.slot(ticket):
            pass
    assert clock.now() == start


def test_a_full_minutes_window_is_waited_out_with_a_minutes_patience() -> None:
    """The default patience must not turn ordinary pacing into rests of the whole system."""
    pace, clock = limiter(writes_per_minute=1, patience=60.0)
    start = clock.now()
    for _ in range(3):
        with pace.slot(WRITE):
            pass
    assert clock.now() - start == pytest.approx(120, abs=0.1)


def test_a_wait_beyond_patience_parks_and_counts_nothing() -> None:
    pace, clock = limiter(writes_per_hour=1, patience=60.0)
    with pace.slot(WRITE):
        pass
    start = clock.now()
    with pytest.raises(Park) as parked, pace.slot(WRITE):
        pytest.fail("it was let out")
    assert parked.value.until == pytest.approx(start + 3600, abs=0.1)
    assert (parked.value.reason, parked.value.system) == ("writes_per_hour", "jira")
    assert clock.now() == start
    clock.advance_to(parked.value.until)
    with pace.slot(WRITE):
        pass


@pytest.mark.parametrize(
    ("reach", "held"),
    [
        (Reach.TARGET, {"same"}),
        (Reach.ENDPOINT, {"same", "endpoint"}),
        (Reach.SYSTEM, {"same", "endpoint", "other"}),
    ],
)
def test_a_limit_holds_up_what_it_reaches_and_nothing_else(reach: Reach, held: set[str]) -> None:
    """A per-issue 429 must not stop the other issues; a quota stops everything."""
    asked = {
        "same": WRITE,
        "endpoint": Ticket("PUT", "/issue/2", "PUT /issue/{}", write=True),
        "other": Ticket("GET", "/search", "GET /search", write=False),
    }
    waiting = set()
    for name, ticket in asked.items():
        pace, clock = limiter()
        pace.hold(WRITE, Limited(reach, clock.now() + 30, "why"))
        start = clock.now()
        with pace.slot(ticket):
            if clock.now() >= start + 30:
                waiting.add(name)
    assert waiting == held


def test_a_shorter_hold_does_not_shorten_a_longer_one() -> None:
    pace, clock = limiter()
    start = clock.now()
    pace.hold(WRITE, Limited(Reach.SYSTEM, start + 30, "long"))
    pace.hold(WRITE, Limited(Reach.SYSTEM, start + 5, "short"))
    with pace.slot(READ):
        assert clock.now() == start + 30


def test_threads_share_one_pace() -> None:
    pace, clock = limiter(writes_per_minute=5)
    arrivals: list[float] = []

    def work(_: int) -> None:
        with pace.slot(WRITE):
            arrivals.append(clock.now())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    assert len(arrivals) == 40
    assert worst(arrivals, 60) <= 5
