"""``pmsync fmt``: lays files out, lists what is wrong, and says by its exit code which."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from pmsync.cli.main import app

UNTIDY = "items:\n    a:\n        horizon: now   # soon\n        title: A\n"
TIDY = "items:\n  a:\n    title: A\n    horizon: now   # soon\n"


@pytest.fixture
def fmt(tmp_path, monkeypatch):
    """Runs it in a folder with roadmap/payments.yaml of the given text; returns the result and what the file holds then."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "roadmap" / "payments.yaml"
    file.parent.mkdir()

    def run(text, *arguments):
        file.write_text(text, encoding="utf-8")
        result = CliRunner().invoke(app, ["fmt", *arguments])
        assert [one.name for one in file.parent.iterdir()] == ["payments.yaml"]
        return result, file.read_text(encoding="utf-8")

    return run


def test_a_file_is_laid_out(fmt):
    result, text = fmt(UNTIDY)
    assert (result.exit_code, result.stdout, text) == (0, "roadmap/payments.yaml: laid out\n", TIDY)


def test_check_changes_nothing_and_says_so_by_its_exit_code(fmt):
    result, text = fmt(UNTIDY, "--check")
    assert (result.exit_code, text) == (4, UNTIDY)
    result, text = fmt(TIDY, "--check")
    assert (result.exit_code, result.stdout, text) == (0, "", TIDY)


def test_what_is_wrong_is_listed_with_its_place_and_the_layout_is_mended_all_the_same(fmt):
    result, text = fmt(UNTIDY.replace("now", "nwo"))
    assert result.exit_code == 2
    assert "roadmap/payments.yaml:3:18: horizon: there is no horizon 'nwo' (did you mean 'now'?)" in result.stderr
    assert text == TIDY.replace("now", "nwo")


def test_a_file_that_cannot_be_read_is_left_alone(fmt):
    spoilt = "<<<<<<< ours\n" + UNTIDY
    result, text = fmt(spoilt)
    assert (result.exit_code, text) == (2, spoilt)
    assert "roadmap/payments.yaml:1:1: a merge of this file was not finished here" in result.stderr


def test_json_tells_files_and_problems(fmt):
    result, _ = fmt(UNTIDY.replace("now", "nwo"), "--check", "--json")
    told = json.loads(result.stdout)
    assert told["changed"] == ["roadmap/payments.yaml"]
    assert told["problems"][0]["place"] == "roadmap/payments.yaml:3:18"


def test_a_folder_that_is_not_there_is_named(fmt):
    result, _ = fmt(TIDY, "nowhere")
    assert result.exit_code == 2
    assert "there is no file or folder nowhere" in result.stderr
