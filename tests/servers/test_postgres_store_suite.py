"""The store's whole suite, the same classes as for SQLite, on a real PostgreSQL."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.postgres

_UNIT = Path(__file__).resolve().parents[1] / "unit" / "store"
_SUITES = sorted(path.stem for path in _UNIT.glob("test_store_suite_*.py"))

# Imported by name, so that pytest rewrites their assertions as it does for SQLite.
sys.path.insert(0, str(_UNIT))
try:
    for _name in _SUITES:
        _module = importlib.import_module(_name)
        globals().update({name: value for name, value in vars(_module).items() if name.startswith("Test")})
        # Fixtures that stand beside the classes.
        globals().update(
            {name: value for name, value in vars(_module).items() if type(value).__name__ == "FixtureFunctionDefinition"}
        )
finally:
    sys.path.remove(str(_UNIT))


def test_no_suite_is_left_out():
    assert len(_SUITES) == 11
    assert {"TestItems", "TestLinks", "TestOps", "TestHostileText", "TestRunLease", "TestMigrating"} <= set(globals())
