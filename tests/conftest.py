"""What every test may ask for."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import settings

# Where a change is judged, the same examples are tried every time; where it is made, new ones.
settings.register_profile("judged", derandomize=True, deadline=None)
if os.environ.get("CI"):
    settings.load_profile("judged")

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
