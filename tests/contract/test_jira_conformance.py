"""The Jira connector passes the conformance suite on every kind of stand-in site."""

from __future__ import annotations

import pytest

from pmsync.testing.conformance import ConnectorSuite

SITES = ("plain", "lagging index, far west", "strict workflow", "in German, silent bulk reads")


class TestJira(ConnectorSuite):
    @pytest.fixture(params=SITES)
    def bench(self, request, jira_bench):
        return jira_bench(request.param)
