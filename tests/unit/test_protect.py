"""Selectors: what is read and never written."""

from __future__ import annotations

import pytest

from pmsync.model.record import ScopeRef
from pmsync.reconcile.protect import Facet, Target, protecting, selector

SYSTEMS = ("jira", "github")
PAY, API = ScopeRef("jira", "PAY"), ScopeRef("github", "acme/api")
RECORD = Target(PAY, ("PAY-12", "10012"), "bug", frozenset({"Hands Off", "q3"}), "done", "low")


def read(text: str):
    return selector(text, SYSTEMS, (PAY, API))


@pytest.mark.parametrize(
    ("text", "facet"),
    [
        ("label:x", Facet.LABEL),
        ("status:done", Facet.STATUS),
        ("priority:low", Facet.PRIORITY),
        ("kind:epic", Facet.KIND),
        ("jira", Facet.SYSTEM),
        ("github:acme/api", Facet.SCOPE),
        ("GitHub:Acme/API", Facet.SCOPE),
        ("github:acme/api#7", Facet.RECORD),
        ("jira:PAY-12", Facet.RECORD),
    ],
)
def test_a_selector_says_what_it_looks_at(text, facet):
    assert read(text).facet is facet


@pytest.mark.parametrize(
    "text",
    [
        "label:hands-off",
        "label:HANDS OFF",
        "status:done",
        "priority:low",
        "kind:bug",
        "jira",
        "jira:PAY",
        "jira:pay-12",
        "jira:10012",
    ],
)
def test_what_fits_protects(text):
    assert protecting([read("github"), read(text)], RECORD) == read(text)


@pytest.mark.parametrize(
    "text", ["label:hands", "status:released", "kind:epic", "github", "github:acme/api", "jira:PAY-1", "github:PAY-12"]
)
def test_what_does_not_fit_does_not(text):
    assert protecting([read(text)], RECORD) is None


@pytest.mark.parametrize("text", ["status:done", "priority:low", "jira:PAY-12"])
def test_a_record_that_is_yet_to_be_made_shows_nothing_and_has_no_name(text):
    assert protecting([read(text)], Target(PAY, (), "bug", frozenset())) is None
