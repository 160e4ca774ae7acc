"""pmsync report roadmap and pmsync score: the picture for each audience, and the priorities that follow from the file."""

from __future__ import annotations

import json

import pytest

ROADMAP = """\
product: payments
vision: Nobody waits for their money
items:
  sso:
    title: Single sign-on
    horizon: now
    when: 2026Q1
    effort: 2pm
    rice: {reach: 500, impact: 2, confidence: 80%}
    public: Log in with your company account
  tokens:
    title: Rotate API tokens
    horizon: next
    effort: 1pm
    rice: {reach: 100, impact: 1, confidence: 50%}
"""


@pytest.fixture
def planned(site):
    (site.folder / "roadmap").mkdir()
    (site.folder / "roadmap" / "payments.yaml").write_text(ROADMAP)
    site.edit("systems:\n", "systems:\n  roadmap: {kind: files, path: roadmap}\n")
    site.edit("    jira: PAY\n", "    roadmap: payments\n    jira: PAY\n")
    site.add("fields: {priority: {owner: score}}\n")
    site.pmsync("sync")
    return site


def test_the_roadmap_is_drawn_as_a_page_that_needs_nothing_else(planned):
    """Requests 35 and 37: one file with board and timeline, for everybody inside."""
    page = planned.folder / "roadmap.html"
    assert planned.pmsync("report", "roadmap", "-o", str(page)).code == 0
    text = page.read_text()
    assert "Single sign-on" in text
    assert "<svg" in text
    assert "<script" not in text


def test_outsiders_see_public_texts_alone(planned):
    """Request 36."""
    result = planned.pmsync("report", "roadmap", "--audience", "public", "--format", "md")
    assert "Log in with your company account" in result.out
    for private in ("Single sign-on", "Rotate API tokens", "Nobody waits", "critical"):
        assert private not in result.out


def test_a_block_in_a_file_is_replaced_and_the_rest_is_kept(planned):
    file = planned.folder / "ROADMAP.md"
    file.write_text("# Ours\n\nHand-written.\n")
    for _ in range(2):
        assert planned.pmsync("report", "roadmap", "-o", str(file)).code == 0
    text = file.read_text()
    assert text.startswith("# Ours\n\nHand-written.\n")
    assert text.count("Rotate API tokens") == 1


@pytest.mark.parametrize("form", ["md", "html", "json", "csv", "mermaid"])
def test_every_form_is_printed(planned, form):
    result = planned.pmsync("report", "roadmap", "--format", form)
    assert (result.code, "Single sign-on" in result.out) == (0, True)


def test_scores_are_listed_the_best_first(planned):
    rows = json.loads(planned.pmsync("score", "--json").out)["items"]
    assert [(row["item"], row["score"]) for row in rows] == [("payments/sso", 400.0), ("payments/tokens", 50.0)]


def test_every_step_of_one_priority_is_told(planned):
    out = planned.pmsync("score", "sso").out
    assert "rice 400" in out
    assert "10. projection" in out


def test_without_a_roadmap_it_is_said_how_to_start_one(site):
    site.pmsync("sync")
    result = site.pmsync("report", "roadmap")
    assert result.code == 2
    assert "docs/roadmap.md" in result.err
