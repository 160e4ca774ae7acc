"""The conformance suite: what a connector must do, as tests that its author runs against a server or an emulator.

Subclass ``ConnectorSuite`` in a test file and give it one fixture, ``bench``, which returns a ``Bench``::

    class TestMine(ConnectorSuite):
        @pytest.fixture
        def bench(self):
            return MyBench()

Tests that the connector's declared capabilities make pointless are skipped with the reason that the capability states.
"""

from __future__ import annotations

import pytest

for _module in ("assigning", "commenting", "courtesy", "drafts", "guarding", "losing", "moving", "reading", "texts", "writing"):
    pytest.register_assert_rewrite(f"{__name__}.{_module}")

from pmsync.testing.conformance.bench import Bench, CountedCall, EmulatorBench  # noqa: E402 - after the rewriting is asked for
from pmsync.testing.conformance.suite import ConnectorSuite  # noqa: E402 - the same

__all__ = ["Bench", "ConnectorSuite", "CountedCall", "EmulatorBench"]
