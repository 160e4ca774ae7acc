"""Scenarios about scores: what the roadmap's numbers come to becomes the priority everywhere, engineers' own edits stand, and every step is told."""

from __future__ import annotations

import pytest

from pmsync.engine.reading import explain
from pmsync.engine.scores import preview

ITEM = """\
  i{number}:
    title: Item {number}
    links: [jira:PAY-{number}]
    effort: 1pm
    rice: {{reach: {reach}, impact: 1, confidence: 100%}}
"""
RULES = """\
fields:
  priority: {owner: score, all: both}
safety: {start: at_once, max_creates: 100, max_updates: 100}
score: {max_changes: 100}
"""
DAY = 86_400.0


def roadmap(**reach: int) -> str:
    """Ten items, the first of them asked for most, unless ``reach`` says otherwise."""
    numbers = {f"i{number}": 100 * (11 - number) for number in range(1, 11)} | reach
    items = "".join(ITEM.format(number=key[1:], reach=value) for key, value in numbers.items())
    return f"product: payments\nitems:\n{items}"


@pytest.fixture
def scored(make_bench):
    """Ten issues of medium priority, and a roadmap that scores them."""
    bench = make_bench(strict=False)
    folder = bench.folder / "roadmap"
    folder.mkdir()
    bench.roadmap = folder / "payments.yaml"
    bench.roadmap.write_text(roadmap())
    bench.configure("    roadmap: payments", rest=RULES)
    text = bench.file.read_text().replace("systems:\n", "systems:\n  roadmap: {kind: files, path: roadmap}\n")
    bench.file.write_text(text)
    for number in range(1, 11):
        bench.file_jira(f"Item {number}", priority="Medium")
    return bench


def priorities(bench):
    return [bench.jira_priority(f"PAY-{number}") for number in range(1, 11)]


def save(bench, text):
    bench.clock.sleep(600)
    bench.roadmap.write_text(text)


def test_request_35_the_score_decides_the_priority_in_the_tracker(scored):
    """The best of ten is critical by rank, the worst is minor, and most lie between."""
    scored.rest()
    found = priorities(scored)
    assert found[0] == "Highest"
    assert found[-1] in ("Low", "Lowest")
    assert found == sorted(found, key=["Highest", "High", "Medium", "Low", "Lowest"].index)


def test_a_second_round_moves_nothing(scored):
    scored.rest()
    scored.forget()
    scored.rest()
    assert scored.writes() == []


def test_a_changed_estimate_moves_the_priority_at_once(scored):
    scored.rest()
    save(scored, roadmap(i10=5000))
    scored.rest()
    assert scored.jira_priority("PAY-10") == "Highest"


def test_an_engineers_edit_stands_and_is_told_as_an_override(scored):
    """Request 36: the score does not stomp on what somebody set by hand."""
    scored.rest()
    scored.clock.sleep(600)
    scored.jira.edit_issue("PAY-1", "mei", priority="Low")
    scored.rest()
    save(scored, roadmap(i9=210))
    scored.rest()
    assert scored.jira_priority("PAY-1") == "Low"
    assert preview(scored.app.setup, scored.app.store).decided.ruling("payments/i1").override


def test_an_engineers_edit_gives_way_after_a_fortnight(scored):
    scored.rest()
    scored.clock.sleep(600)
    scored.jira.edit_issue("PAY-1", "mei", priority="Low")
    scored.rest()
    scored.clock.sleep(15 * DAY)
    scored.rest()
    assert scored.jira_priority("PAY-1") == "Highest"


def test_an_edit_in_the_very_round_in_which_the_score_moves_stands(scored):
    """Nobody knew of the other: the person's word counts, and there is no conflict."""
    scored.rest()
    save(scored, roadmap(i10=5000))
    scored.jira.edit_issue("PAY-10", "mei", priority="Medium")
    scored.rest()
    assert scored.jira_priority("PAY-10") == "Medium"
    assert scored.conflicts() == []


def test_explain_says_how_the_score_came_to_it(scored):
    scored.rest()
    [field] = explain(scored.app.store, "PAY-1", "priority").fields
    assert field.source == "score"
    assert "rice 1000" in field.why
    assert "rank 1 of 10" in field.why


def test_too_many_moves_at_once_wait_for_a_person(scored):
    """What would move more priorities than the config allows moves none, until a person approves it."""
    scored.file.write_text(scored.file.read_text().replace("max_changes: 100", "max_changes: 2"))
    scored.rest()
    assert set(priorities(scored)) == {"Medium"}
    scored.app.engine.score(lambda event: None, approved=True)
    scored.rest()
    assert scored.jira_priority("PAY-1") == "Highest"
