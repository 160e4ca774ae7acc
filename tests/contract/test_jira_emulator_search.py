"""Search of the stand-in: tokens, caps, ragged pages, an index that lags, and issues that it silently leaves out."""

from __future__ import annotations

from itertools import chain

import pytest


def fill(desk, count):
    return [desk.site.add_issue("PAY", f"Issue {number}").key for number in range(count)]


def test_pages_with_fields_hold_a_hundred_at_most(jira_site):
    keys = fill(jira_site, 230)
    pages = jira_site.walk(maxResults=5000)
    assert [len(page) for page in pages] == [100, 100, 30]
    assert list(chain(*pages)) == keys


def test_id_only_pages_hold_five_thousand(jira_site):
    fill(jira_site, 230)
    page = jira_site.post("/search/jql", {"jql": "project = PAY", "maxResults": 5000}).json()
    assert (len(page["issues"]), page["isLast"], page["issues"][0].keys()) == (230, True, {"id"})


def test_there_is_no_total_and_no_offset(jira_site):
    fill(jira_site, 3)
    assert jira_site.search(maxResults=1).keys() == {"issues", "isLast", "nextPageToken"}


def test_ragged_pages_end_only_where_the_token_does(jira_site):
    """Trap: a page shorter than asked for, even an empty one, with more to follow."""
    keys = fill(jira_site, 20)
    jira_site.knobs.page_sizes[:] = [3, 0, 1]
    pages = jira_site.walk()
    assert [len(page) for page in pages] == [3, 0, 1, 16]
    assert list(chain(*pages)) == keys


def test_random_ragged_pages_lose_nothing(jira_site):
    keys = fill(jira_site, 50)
    jira_site.knobs.ragged = True
    pages = jira_site.walk(maxResults=7)
    assert list(chain(*pages)) == keys
    assert len({len(page) for page in pages}) > 2


def test_a_token_expires_after_seven_days(jira_site):
    fill(jira_site, 3)
    token = jira_site.search(maxResults=1)["nextPageToken"]
    jira_site.clock.sleep(7 * 86_400 + 1)
    answer = jira_site.post("/search/jql", {"jql": "project = PAY", "nextPageToken": token})
    assert (answer.status_code, "expired" in answer.text) == (400, True)


@pytest.mark.parametrize("token", ["nonsense", "bm9uc2Vuc2U="])
def test_a_foreign_token_is_refused(jira_site, token):
    assert jira_site.post("/search/jql", {"jql": "project = PAY", "nextPageToken": token}).status_code == 400


def test_a_token_belongs_to_its_query(jira_site):
    fill(jira_site, 3)
    token = jira_site.search(maxResults=1)["nextPageToken"]
    assert jira_site.post("/search/jql", {"jql": "key = PAY-1", "nextPageToken": token}).status_code == 400


def test_the_repeated_token_fault_hands_out_the_same_token_for_ever(jira_site):
    fill(jira_site, 5)
    jira_site.knobs.repeat_token = True
    token = jira_site.search(maxResults=2)["nextPageToken"]
    again = jira_site.search(maxResults=2, nextPageToken=token)
    assert (again["nextPageToken"], again["isLast"]) == (token, False)


def test_an_issue_that_changes_during_the_walk_comes_again(jira_site):
    """The token walk is no snapshot: ordered by updated, a changed issue moves behind the reader and is read twice, never missed."""
    keys = fill(jira_site, 4)
    jql = "project = PAY ORDER BY updated ASC"
    first = jira_site.search(jql, maxResults=2)
    jira_site.clock.sleep(1)
    jira_site.site.edit_issue(keys[0], jira_site.ana, summary="Changed")
    rest = jira_site.keys(jql, nextPageToken=first["nextPageToken"])
    assert rest == [keys[2], keys[3], keys[0]]


def test_the_index_lags_behind_the_database(jira_site):
    """Trap: read-after-write holds for a direct read and for reconciled ids, not for search."""
    jira_site.knobs.index_lag = 30
    key = jira_site.create("Late")
    id_ = jira_site.site.issue(key).id
    assert jira_site.keys() == []
    assert jira_site.get(f"/issue/{key}").status_code == 200
    assert jira_site.keys(reconcileIssues=[id_]) == [key]
    jira_site.clock.sleep(30)
    assert jira_site.keys() == [key]


def test_an_edit_shows_late_in_search_while_the_old_state_still_does(jira_site):
    key = jira_site.create("Old")
    jira_site.knobs.index_lag = 30
    jira_site.put(f"/issue/{key}", {"fields": {"summary": "New"}})
    assert jira_site.search()["issues"][0]["fields"]["summary"] == "Old"
    jira_site.clock.sleep(30)
    assert jira_site.search()["issues"][0]["fields"]["summary"] == "New"


def test_one_issue_can_be_indexed_later_than_newer_ones(jira_site):
    """Trap: an issue indexed late is older than the watermark that has gone past it (C12)."""
    first, second = fill(jira_site, 2)
    jira_site.site.hold_index(first, 3600)
    assert jira_site.keys() == [second]
    jira_site.clock.sleep(3600)
    assert set(jira_site.keys()) == {first, second}


def test_a_deleted_issue_lingers_in_search(jira_site):
    key = jira_site.create()
    jira_site.knobs.index_lag = 30
    jira_site.delete(f"/issue/{key}")
    assert jira_site.keys() == [key]
    jira_site.clock.sleep(30)
    assert jira_site.keys() == []


def test_what_may_not_be_browsed_is_left_out_without_a_word(jira_site):
    """Trap: an empty result is no proof of absence."""
    shown, hidden = fill(jira_site, 2)
    jira_site.site.hide(hidden)
    assert jira_site.keys() == [shown]
    assert jira_site.get(f"/issue/{hidden}").status_code == 404
    fetched = jira_site.post("/issue/bulkfetch", {"issueIdsOrKeys": [shown, hidden]}).json()
    assert ([issue["key"] for issue in fetched["issues"]], len(fetched["issueErrors"])) == ([shown], 1)


def test_bulk_fetch_can_drop_unreadable_ids_silently(jira_site):
    jira_site.knobs.bulk_errors = False
    assert jira_site.post("/issue/bulkfetch", {"issueIdsOrKeys": ["PAY-9"]}).json() == {"issues": [], "issueErrors": []}


def test_bulk_fetch_reads_ascending_by_id_and_finds_moved_issues(jira_site):
    first, second = fill(jira_site, 2)
    jira_site.site.add_project("WEB", "Web")
    jira_site.site.move_issue(first, "WEB")
    body = {"issueIdsOrKeys": [second, first, str(jira_site.site.issue(second).id)], "fields": ["summary"]}
    assert [issue["key"] for issue in jira_site.post("/issue/bulkfetch", body).json()["issues"]] == ["WEB-1", second]


def test_bulk_fetch_takes_a_hundred_at_most(jira_site):
    names = [str(number) for number in range(101)]
    assert jira_site.post("/issue/bulkfetch", {"issueIdsOrKeys": names}).status_code == 400


def test_properties_come_with_search_five_at_most(jira_site):
    key = jira_site.create()
    jira_site.put(f"/issue/{key}/properties/mark", {"uid": 1})
    page = jira_site.post("/search/jql", {"jql": "project = PAY", "fields": ["summary"], "properties": ["mark", "none"]}).json()
    assert page["issues"][0]["properties"] == {"mark": {"uid": 1}}
    assert jira_site.post("/search/jql", {"jql": "project = PAY", "properties": list("abcdef")}).status_code == 400


def test_embedded_comments_are_cut_while_the_total_tells(jira_site):
    """Trap: when total is more than what is embedded, the rest has to be read from the comment endpoint."""
    key = jira_site.create()
    for number in range(5):
        jira_site.site.comment_issue(key, jira_site.ana, f"Comment {number}")
    jira_site.knobs.comment_cap = 2
    page = jira_site.search(fields=["comment"])["issues"][0]["fields"]["comment"]
    assert (len(page["comments"]), page["total"]) == (2, 5)
    rest = jira_site.get(f"/issue/{key}/comment", startAt=2).json()
    assert (len(rest["comments"]), rest["total"]) == (3, 5)


def test_the_old_search_is_gone(jira_site):
    assert jira_site.post("/search", {"jql": "project = PAY"}).status_code == 410


def test_more_than_fifty_reconciled_ids_are_refused(jira_site):
    answer = jira_site.post("/search/jql", {"jql": "project = PAY", "reconcileIssues": list(range(51))})
    assert answer.status_code == 400


def test_an_unknown_expansion_is_not_guessed(jira_site):
    assert jira_site.post("/search/jql", {"jql": "project = PAY", "expand": "renderedFields"}).status_code == 501
