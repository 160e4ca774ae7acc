"""The whole suite: one class per concern, put together."""

from __future__ import annotations

from pmsync.testing.conformance.assigning import AssigningTests
from pmsync.testing.conformance.commenting import CommentTests
from pmsync.testing.conformance.courtesy import CourtesyTests
from pmsync.testing.conformance.guarding import GuardingTests
from pmsync.testing.conformance.losing import LosingTests
from pmsync.testing.conformance.moving import MovingTests
from pmsync.testing.conformance.planning import PlanningTests
from pmsync.testing.conformance.reading import FetchTests, PullTests
from pmsync.testing.conformance.texts import TextTests
from pmsync.testing.conformance.writing import CreateTests, LensTests, UpdateTests


class ConnectorSuite(
    PullTests,
    FetchTests,
    LensTests,
    UpdateTests,
    CreateTests,
    LosingTests,
    MovingTests,
    GuardingTests,
    TextTests,
    CourtesyTests,
    PlanningTests,
    AssigningTests,
    CommentTests,
):
    """Everything a connector must pass. A subclass in a test file overrides the fixture ``bench``."""
