"""The Jira connector passes the conformance suite on stand-in sites of Data Center, too."""

from __future__ import annotations

import pytest

from pmsync.testing.conformance import ConnectorSuite

SITES = ("data center", "data center, strict workflow, far east")


class TestJiraDataCenter(ConnectorSuite):
    @pytest.fixture(params=SITES)
    def bench(self, request, jira_bench):
        return jira_bench(request.param)
