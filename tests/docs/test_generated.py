"""What is made from code is as fresh as the code: commands, capability tables, schema and example, pictures."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest


def generate(root, *arguments):
    """Run the generator as `make docs` does."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("PMSYNC_")}
    command = [sys.executable, str(root / "docs" / "generate.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environ, cwd=root)


def test_everything_generated_is_fresh(project_root):
    """The pictures too: they are drawn anew, which takes about four seconds, and compared by their words."""
    found = generate(project_root, "--check")
    assert (found.returncode, found.stdout) == (0, ""), found.stderr


@pytest.fixture
def copy(project_root, tmp_path):
    """The documents in a folder of their own, where something may become stale."""
    for folder in ("docs", "config", "connectors", "src/pmsync/config"):
        shutil.copytree(project_root / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(project_root / "README.md", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("docs/cli.md", "## sync", "## synk"),
        ("connectors/pmsync_jira/README.md", "| marker | yes | |", "| marker | no | |"),
        ("config/pmsync.schema.json", '"title": "pmsync.yaml"', '"title": "other"'),
    ],
)
def test_what_is_stale_is_named_and_mended(copy, path, old, new):
    file = copy / path
    fresh = file.read_text(encoding="utf-8")
    assert old in fresh
    file.write_text(fresh.replace(old, new), encoding="utf-8")
    found = generate(copy, "--check", "--no-pictures")
    assert (found.returncode, found.stdout) == (1, f"{path} is stale: make docs\n")
    assert generate(copy, "--no-pictures").returncode == 0
    assert file.read_text(encoding="utf-8") == fresh
