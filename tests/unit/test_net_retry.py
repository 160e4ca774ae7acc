"""The retry decision, over all outcomes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pmsync.connect.errors import Ambiguous, Fatal, NotSent, Park, Retry
from pmsync.net.manners import Limited, Reach
from pmsync.net.retry import BACKOFF, CAP, RETRIES, Again, Answered, Body, Deliver, Lost, Outcome, Raise, Trial, Unreached, decide

NOW = 1_767_225_600.0
PATIENCE = 60.0

moments = st.none() | st.floats(NOW - 100, NOW + 5000)
limits = st.none() | st.builds(Limited, st.sampled_from(Reach), st.floats(NOW - 100, NOW + 5000), st.just("burst"))
statuses = st.sampled_from(
    [200, 201, 204, 207, 301, 307, 400, 401, 403, 404, 408, 409, 410, 412, 422, 425, 429, 500, 501, 502, 503, 504]
)
answers = st.builds(Answered, statuses, st.booleans(), limits, moments, st.sampled_from(Body), st.booleans())
outcomes = st.one_of(answers, st.builds(Unreached, st.booleans()), st.just(Lost()))
jitters = st.floats(0.7, 1.3)


def may_have_landed(outcome: Outcome) -> bool:
    """Whether a write with this outcome may have been carried out."""
    if isinstance(outcome, Lost):
        return True
    if isinstance(outcome, Unreached):
        return False
    if outcome.status >= 500:
        return True
    return outcome.limited is None and (outcome.status < 300 or outcome.status == 408)


@given(st.lists(st.tuples(outcomes, jitters), min_size=1, max_size=8))
def test_no_write_is_ever_repeated_after_an_outcome_that_may_have_landed(history: list[tuple[Outcome, float]]) -> None:
    """C1, C2: over all sequences of outcomes, a write goes on only past provable refusals, and at most four times."""
    for attempt, (outcome, jitter) in enumerate(history, start=1):
        decision = decide(Trial(False, outcome, attempt, NOW, jitter), PATIENCE)
        if may_have_landed(outcome):
            assert isinstance(decision, Deliver) or decision == Raise(Ambiguous)
        if not isinstance(decision, Again):
            return
        assert isinstance(outcome, Answered)
        assert outcome.limited is not None
        assert outcome.status < 500
        assert attempt <= RETRIES


@given(st.booleans(), outcomes, st.integers(1, 9), jitters, st.floats(0, 4000))
def test_no_wait_is_longer_than_patience_or_the_cap_and_none_is_in_the_past(
    read: bool, outcome: Outcome, attempt: int, jitter: float, patience: float
) -> None:
    decision = decide(Trial(read, outcome, attempt, NOW, jitter), patience)
    if isinstance(decision, Again):
        assert attempt <= RETRIES
        assert NOW < decision.at <= NOW + max(patience, CAP)
    if isinstance(decision, Raise) and decision.error in (Park, Retry):
        assert decision.at > NOW


@given(outcomes, st.integers(1, 9), jitters)
def test_a_read_is_never_ambiguous_and_never_not_sent(outcome: Outcome, attempt: int, jitter: float) -> None:
    decision = decide(Trial(True, outcome, attempt, NOW, jitter), PATIENCE)
    assert not isinstance(decision, Raise) or decision.error not in (Ambiguous, NotSent)


@given(st.integers(1, 4), jitters)
def test_reads_wait_2_4_8_16_seconds_with_jitter_when_the_server_names_no_time(attempt: int, jitter: float) -> None:
    decision = decide(Trial(True, Answered(503, False), attempt, NOW, jitter), PATIENCE)
    assert decision == Again(NOW + BACKOFF[attempt - 1] * jitter)


def test_a_read_gives_up_after_four_repeats() -> None:
    assert decide(Trial(True, Lost(), 5, NOW), PATIENCE) == Raise(Retry, NOW + CAP)


def test_the_servers_own_time_outranks_the_backoff() -> None:
    assert decide(Trial(True, Answered(503, False, rest_until=NOW + 41), 1, NOW), PATIENCE) == Again(NOW + 41)


def test_a_server_that_asks_for_more_than_patience_parks_the_system() -> None:
    assert decide(Trial(True, Answered(503, False, rest_until=NOW + 1847), 1, NOW), PATIENCE) == Raise(Park, NOW + 1847)


def test_a_limit_within_patience_repeats_a_write_at_the_moment_it_ends() -> None:
    refused = Answered(429, False, Limited(Reach.ENDPOINT, NOW + 3, "jira-burst-based"))
    assert decide(Trial(False, refused, 1, NOW), PATIENCE) == Again(NOW + 3)


def test_a_limit_that_never_ends_parks_in_the_end() -> None:
    refused = Answered(429, False, Limited(Reach.ENDPOINT, NOW + 3, "jira-burst-based"))
    assert decide(Trial(False, refused, 5, NOW), PATIENCE) == Raise(Park, NOW + 3)


def test_a_5xx_that_also_names_a_limit_is_ambiguous_for_a_write() -> None:
    """A 503 with Retry-After does not prove that nothing was carried out."""
    refused = Answered(503, False, Limited(Reach.SYSTEM, NOW + 3, "maintenance"))
    assert decide(Trial(False, refused, 1, NOW), PATIENCE) == Raise(Ambiguous)
    assert decide(Trial(True, refused, 1, NOW), PATIENCE) == Again(NOW + 3)


def test_an_untrusted_certificate_is_final_for_a_read_and_not_sent_for_a_write() -> None:
    assert decide(Trial(True, Unreached(certificate=True), 1, NOW), PATIENCE) == Raise(Fatal)
    assert decide(Trial(False, Unreached(certificate=True), 1, NOW), PATIENCE) == Raise(NotSent)
