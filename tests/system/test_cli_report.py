"""pmsync report: from the store alone, in every form, with what is wrong in the lists told by file and line."""

from __future__ import annotations

import pytest


@pytest.fixture
def told(site):
    site.pair(summary="Refund fails", priority="High")
    site.pmsync("sync")
    return site


@pytest.mark.parametrize("name", ["demand", "closeloop", "changes", "blocked", "releases", "flow", "triage"])
def test_every_report_is_printed_and_is_one_document_as_json(told, name):
    assert told.pmsync("report", name).code == 0
    result = told.pmsync("report", name, "--json")
    assert (result.code, result.json["report"]) == (0, name)


def test_no_system_is_asked(told):
    before = len(told.jira.events), len(told.github.events)
    told.pmsync("report", "flow")
    assert (len(told.jira.events), len(told.github.events)) == before


def test_the_ending_of_the_file_says_what_is_written(told):
    page = told.folder / "flow.html"
    result = told.pmsync("report", "flow", "-o", str(page))
    assert page.read_text().startswith("<!doctype html>")
    assert str(page) in result.err


def test_a_wrong_row_of_customers_is_told_and_the_others_count(told):
    (told.folder / "customers.csv").write_text("key,arr\nacme,-5\nfine,7\n")
    told.add("customers: customers.csv\n")
    result = told.pmsync("report", "demand")
    assert result.code == 0
    assert "customers.csv:2: acme: arr: -5 EUR is no amount that somebody pays" in result.err.replace("\n", "")


def test_an_unknown_product_is_told_with_the_nearest(told):
    result = told.pmsync("report", "flow", "--product", "payment")
    assert result.code == 2
    assert "payments" in result.err


def test_since_is_a_duration(told):
    result = told.pmsync("report", "changes", "--since", "soon")
    assert result.code == 2
    assert "--since 14d" in result.err
