"""What every test may ask for."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def pytest_report_header() -> str:
    names = ("httpx", "SQLAlchemy", "pydantic", "msgspec", "jira", "PyGithub", "hypothesis")
    return "with " + ", ".join(f"{name} {version(name)}" for name in names)


@pytest.fixture(scope="session")
def project_root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The measured data and vendor descriptions, which stand beside the project where it is developed."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the shared folder with vendor descriptions and data is not beside this checkout")
    return folder
