"""Scopes with a condition: only Jira can say what it covers, and it is asked of the database, not of the index."""

from __future__ import annotations

import pytest

from pmsync.connect.contract import Stream
from pmsync.model.record import ScopeRef

PAY = ScopeRef("jira", "PAY")
LABELLED = {"project": "PAY", "where": "labels = payments OR labels = billing"}


@pytest.fixture
def kit(jira_kit):
    return jira_kit()


def fetched(connector, *refs):
    return {record.ref: record for record in connector.fetch(PAY, list(refs)).records}


def test_a_fetched_issue_that_the_condition_does_not_cover_is_out_of_scope(kit):
    inside, outside = kit.file("In", labels=["billing"]), kit.file("Out", labels=["other"])
    connector = kit.connector(LABELLED)
    records = fetched(connector, inside, outside)
    assert [connector.in_scope(PAY, records[ref]) for ref in (inside, outside)] == [True, False]
    assert [records[ref].excluded for ref in (inside, outside)] == [False, True]


def test_the_condition_is_judged_by_the_database_however_far_the_index_is_behind(jira_kit):
    """C18: the issue left the condition a moment ago; search will know in 15 minutes."""
    kit = jira_kit(index_lag=900.0)
    ref = kit.file("Login fails", labels=["payments"])
    kit.clock.sleep(1000)
    connector = kit.connector(LABELLED)
    kit.edit(ref, labels=[])
    assert fetched(connector, ref)[ref].excluded
    kit.edit(ref, labels=["billing"])
    assert not fetched(connector, ref)[ref].excluded


def test_a_pulled_issue_that_left_meanwhile_is_out_of_scope(jira_kit):
    """What the index still lists and the database no longer covers."""
    kit = jira_kit(index_lag=900.0)
    ref = kit.file("Login fails", labels=["payments"])
    kit.clock.sleep(1000)
    connector = kit.connector(LABELLED)
    *_, page = connector.pull(PAY, Stream.ITEMS, None)
    kit.edit(ref, summary="Login fails at night")
    kit.clock.sleep(890)
    kit.edit(ref, labels=[])
    kit.clock.sleep(20)
    [record] = [record for one in connector.pull(PAY, Stream.ITEMS, page.cursor) for record in one.records]
    assert record.excluded


@pytest.mark.parametrize(("number", "searches"), [(1, 1), (50, 1), (51, 2), (101, 3)])
def test_fifty_issues_are_judged_in_one_search(kit, number, searches):
    refs = [kit.file(f"Issue {one}", labels=["payments"]) for one in range(number)]
    connector = kit.connector(LABELLED)
    kit.called()
    assert not any(record.excluded for record in fetched(connector, *refs).values())
    called = kit.called()
    assert called["POST /search/jql"] == searches
    assert called["POST /issue/bulkfetch"] == (number + 99) // 100


def test_ragged_pages_exclude_nobody(jira_kit):
    """C2: a short page is not the end."""
    kit = jira_kit(ragged=True, seed=5)
    refs = [kit.file(f"Issue {one}", labels=["payments"]) for one in range(60)]
    assert not any(record.excluded for record in fetched(kit.connector(LABELLED), *refs).values())


def test_a_scope_without_a_condition_costs_no_search(kit):
    ref = kit.file("Login fails")
    connector = kit.connector("PAY")
    kit.called()
    assert not fetched(connector, ref)[ref].excluded
    assert dict(kit.called()) == {"POST /issue/bulkfetch": 1}


def test_a_moved_issue_is_judged_by_the_scope_it_lives_in_now(kit):
    kit.site.add_project("OPS", "Operations")
    ref = kit.file("Login fails", labels=["payments"])
    connector = kit.connector(LABELLED, {"project": "OPS", "where": "labels = ops"})
    kit.site.move_issue("PAY-1", "OPS", kit.ana)
    record = fetched(connector, ref)[ref]
    assert record.scope == ScopeRef("jira", "OPS")
    assert record.excluded


def test_a_renamed_project_is_found_by_its_old_key_and_its_issues_by_theirs(kit):
    """C43: the key changes, ids stay, nothing counts as updated."""
    ref = kit.file("Login fails")
    connector = kit.connector("PAY")
    before = fetched(connector, ref)[ref]
    kit.site.rename_project("PAY", "MONEY")
    connector.refresh()
    after = fetched(connector, ref)[ref]
    assert (after.key, after.scope, after.updated_at) == ("MONEY-1", PAY, before.updated_at)
    assert kit.site.issue("PAY-1").id == kit.site.issue("MONEY-1").id
    pulled = [record.key for page in connector.pull(PAY, Stream.ITEMS, None) for record in page.records]
    assert pulled == ["MONEY-1"]
