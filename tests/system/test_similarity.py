"""Similarity on real duplicates: not behind BM25, ahead of fuzzy titles; see ``tests/bench/similarity.py`` for the table."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    sys.path.append(str(Path(__file__).resolve().parents[1] / "bench"))
    import similarity

    return similarity


@pytest.fixture(scope="module")
def measured(bench: ModuleType) -> dict[str, object]:
    if not bench.DATA.exists():
        pytest.skip(f"the measured issues are not here: {bench.DATA.name}")
    found = bench.corpus()
    return {"ours": bench.ours(found)[0], "bm25": bench.bm25(found), "fuzzy": bench.fuzzy(found)}


def test_the_first_right_answer_stands_no_lower_than_with_bm25(bench: ModuleType, measured: dict) -> None:
    """The paired bootstrap interval does not lie below zero."""
    assert bench.ahead(measured["ours"].reciprocals, measured["bm25"].reciprocals)[1] >= 0


def test_ten_answers_hold_a_right_one_as_often_as_with_bm25(bench: ModuleType, measured: dict) -> None:
    assert bench.ahead(measured["ours"].hits, measured["bm25"].hits)[1] >= 0


def test_right_answers_stand_higher_than_with_fuzzy_titles(bench: ModuleType, measured: dict) -> None:
    """The interval lies above zero as a whole."""
    assert bench.ahead(measured["ours"].reciprocals, measured["fuzzy"].reciprocals)[0] > 0
