"""The reference connector passes the suite in every personality that its server can have."""

from __future__ import annotations

import pytest

from pmsync.testing.conformance import ConnectorSuite
from pmsync_memory import PERSONALITIES


class TestMemory(ConnectorSuite):
    @pytest.fixture(params=PERSONALITIES)
    def bench(self, request, memory_bench):
        return memory_bench(request.param)
