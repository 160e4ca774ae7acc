"""The GitHub connector passes the conformance suite against the stand-in server."""

from __future__ import annotations

import pytest

from pmsync.testing.conformance import ConnectorSuite


class TestGitHub(ConnectorSuite):
    @pytest.fixture
    def bench(self, github_bench):
        return github_bench()
