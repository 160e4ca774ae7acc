"""The connector tutorial tells the truth: its code runs, its quotations are what the files say."""

from __future__ import annotations

import re
import runpy

import pytest

BLOCK = re.compile(r"^```python(?: title=\"(?P<file>[^\"]+)\")?\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def blocks(project_root):
    text = (project_root / "docs" / "tutorial-connector.md").read_text(encoding="utf-8")
    return [(found["file"], found["code"]) for found in BLOCK.finditer(text)]


def test_every_block_of_the_tutorial_runs(blocks, tmp_path):
    """In order, in one module, as a reader would type them."""
    script = tmp_path / "tutorial.py"
    script.write_text("\n".join(code for file, code in blocks if file is None), encoding="utf-8")
    assert "TestBoard" in runpy.run_path(str(script), run_name="tutorial")


def test_every_quotation_is_what_the_file_says(blocks, project_root):
    quotations = [(file, code) for file, code in blocks if file is not None]
    assert quotations
    for file, code in quotations:
        assert code in (project_root / file).read_text(encoding="utf-8"), f"{file} no longer says: {code}"


def test_bench_of_the_tutorial_runs_the_suite(blocks, run_suite):
    """The test class a reader ends up with is one that pytest runs green."""
    outcome = run_suite("\n".join(code for file, code in blocks if file is None))
    assert outcome["passed"] > 60
    assert outcome["failed"] == 0


@pytest.fixture
def run_suite(tmp_path):
    """Run a test file in its own pytest session and count the outcomes."""

    def run(code):
        file = tmp_path / "test_board.py"
        file.write_text(code, encoding="utf-8")
        counts = {"passed": 0, "failed": 0, "skipped": 0}

        class Counter:
            def pytest_runtest_logreport(self, report):
                if report.when == "call" or report.skipped or report.failed:
                    counts[report.outcome] += 1

        pytest.main(
            ["-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", str(tmp_path), str(file)], plugins=[Counter()]
        )
        return counts

    return run
