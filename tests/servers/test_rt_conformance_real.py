"""The conformance suite on a real Request Tracker 5: all of it that needs neither volumes nor a broken line."""

from __future__ import annotations

import sys

import pytest

from pmsync.testing.conformance.courtesy import CourtesyTests
from pmsync.testing.conformance.guarding import GuardingTests
from pmsync.testing.conformance.moving import MovingTests
from pmsync.testing.conformance.reading import FetchTests, PullTests
from pmsync.testing.conformance.texts import TextTests
from pmsync.testing.conformance.writing import CreateTests, LensTests, UpdateTests

pytestmark = pytest.mark.rt

VOLUMES = (
    "test_pull_delivers_every_record_exactly_once_over_page_edges",
    "test_ragged_and_empty_pages_are_not_the_end",
    "test_records_edited_during_the_walk_arrive_as_they_are_now",
    "test_records_created_during_the_walk_arrive",
    "test_record_deleted_during_the_walk_hides_no_other",
    "test_resuming_after_any_page_misses_nothing",
    "test_what_changed_between_crash_and_restart_is_delivered",
    "test_broken_read_during_the_walk_loses_nothing",
    "test_quiet_poll_costs_one_call_and_delivers_nothing",
    "test_first_pull_costs_one_call_per_hundred_records",
    "test_edit_is_delivered_alone",
    "test_fetch_is_batched",
    "test_ids_lists_the_whole_scope",
    "test_comments_are_pulled_once_and_whole",
    "test_hostile_body_lands_or_is_refused",
    "test_change_that_the_index_shows_late_is_not_skipped",
    "test_write_may_be_applied_twice",
)
"""Tests that file dozens of tickets, at a sixth of a second each, or would skip themselves after having filed some."""


class TestRealRt(
    PullTests, FetchTests, LensTests, UpdateTests, CreateTests, MovingTests, GuardingTests, TextTests, CourtesyTests
):
    @pytest.fixture
    def bench(self, rt_desk):
        return sys.modules["servers_rt_desk"].RealBench(rt_desk, tracker=True)

    def test_quiet_poll_costs_one_call(self, bench):
        """After some tickets were filed, edited, moved and deleted."""
        first, second, third = (bench.person_creates(f"Ticket {number}") for number in range(3))
        connector = bench.connector()
        cursor = [page.cursor for page in connector.pull(bench.scope, "items", None)][-1]
        bench.person_edits(first, title="Changed")
        bench.person_deletes(second)
        bench.person_moves(third, bench.elsewhere)
        before = len(bench.calls)
        [page] = connector.pull(bench.scope, "items", cursor)
        assert len(bench.calls) - before == 2
        assert [(one.ref, one.scope.key) for one in page.records] == [(first, "Support"), (third, "Billing")]
        assert page.gone == (second,)
        before = len(bench.calls)
        [quiet] = connector.pull(bench.scope, "items", page.cursor)
        assert (quiet.records, quiet.gone) == ((), ())
        assert len(bench.calls) - before == 1


for _name in VOLUMES:
    setattr(TestRealRt, _name, None)
