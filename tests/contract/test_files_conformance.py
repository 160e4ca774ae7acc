"""Roadmap files through the conformance suite, where pmsync may write into them."""

import pytest

from pmsync.testing.conformance import ConnectorSuite


class TestFiles(ConnectorSuite):
    @pytest.fixture
    def bench(self, files_bench):
        return files_bench()
