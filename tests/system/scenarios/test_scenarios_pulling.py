"""Scenarios about reading: nothing that changed is missed, nothing is read for ever, whatever the zone, the page and the moment."""

from __future__ import annotations

import dataclasses

import pytest

MANY = 2_501
FAR_AHEAD = 4_070_908_800_000
"""The first of January 2099, in milliseconds."""


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Asia/Tokyo"])
def test_c1_a_change_of_a_minute_ago_is_pulled_in_the_next_run_whatever_the_accounts_zone(make_bench, zone):
    """C1: the account stands at UTC-8, or at UTC+9; bare dates in JQL would be read in that zone."""
    bench = make_bench(jira={"account_time_zone": zone})
    key = bench.file_jira("Login fails")
    bench.rest()
    bench.clock.sleep(3600)
    bench.sync()
    bench.edit_jira(key, summary="Login fails at night")
    bench.clock.sleep(60)
    report = bench.sync()
    assert report.tally.of("pulled") == 1
    assert bench.github_titles() == ["Login fails at night"]


def test_c1_no_search_holds_a_date_that_a_zone_could_bend(make_bench):
    """C1: every moment in a query is epoch milliseconds."""
    bench = make_bench(jira={"account_time_zone": "Asia/Tokyo"})
    bench.file_jira()
    bench.rest()
    queries = [one.body["jql"] for one in bench.calls("jira") if one.name.endswith("search/jql")]
    assert any("updated >= " in one for one in queries)
    assert not [one for one in queries if "-" in one.split("updated >= ")[-1].split(" ")[0]]


def test_c2_all_2501_issues_arrive_over_ragged_pages_and_an_empty_page_with_a_token(make_bench):
    """C2: a short page is not the last one, and neither is an empty one that carries a token."""
    bench = make_bench(strict=False, jira={"ragged": True, "seed": 3, "page_sizes": [100, 7, 0, 100, 1, 0]})
    bench.configure("    mirror: []")
    for number in range(MANY):
        bench.jira.add_issue("PAY", f"Issue {number}", actor=bench.ana)
    report = bench.pull()
    assert report.tally.of("pulled") == MANY
    bench.forget()
    assert bench.pull().tally.of("pulled") == 0


def test_c3_a_lost_create_is_found_far_beyond_the_first_page_of_a_search(bench):
    """C3: hundreds of issues came between the create whose answer was lost and the look for it; still one issue."""
    bench.file_github("Lost on the way")
    bench.lose_answer("jira", "POST /issue")
    bench.sync()
    assert bench.jira_titles() == ["Lost on the way"]
    for number in range(260):
        bench.jira.add_issue("PAY", f"Somebody else's {number}", actor=bench.ana)
    bench.configure("    mirror:\n      - {from: github, to: 'jira:PAY', create: auto}")
    bench.clock.sleep(60)
    bench.sync()
    assert bench.jira_titles().count("Lost on the way") == 1
    assert bench.replicas("acme/api#1") == {"PAY-1", "acme/api#1"}


def test_c3_a_lost_create_on_github_is_found_beyond_the_first_page(bench):
    """C3: the same with GitHub's list, which is paged by hundreds."""
    key = bench.file_jira("Lost on the way")
    bench.lose_answer("github", "POST /repos/acme/api/issues")
    bench.sync()
    for number in range(130):
        bench.file_github(f"Somebody else's {number}")
    bench.configure("    mirror:\n      - {from: jira, to: 'github:acme/api', create: auto}")
    bench.clock.sleep(60)
    bench.sync()
    assert bench.github_titles().count("Lost on the way") == 1
    assert bench.replicas(key) == {key, "acme/api#1"}


def test_c5_an_issue_touched_between_two_pages_is_pulled_exactly_once_and_none_is_missed(make_bench):
    """C5: while page after page is read, somebody edits an issue of a page still to come, and one of a page read already."""
    bench = make_bench(jira={"page_cap": 10})
    bench.configure("    mirror: []")
    for number in range(40):
        bench.jira.add_issue("PAY", f"Issue {number}", actor=bench.ana)
        bench.clock.sleep(60)
    touched = []

    def somebody_edits(request, response):
        if request.path.endswith("search/jql") and len(touched) < 2:
            key = ("PAY-35", "PAY-2")[len(touched)]
            touched.append(key)
            bench.clock.sleep(30)
            bench.edit_jira(key, summary=f"{key} was touched")

    bench.wires["jira"].after = somebody_edits
    first = bench.pull().tally.of("pulled")
    bench.clock.sleep(60)
    second = bench.pull().tally.of("pulled")
    titles = sorted(
        bench.read(lambda tx: [one.values["title"].value for one in tx.observations.many(bench.jira_refs()).values()])
    )
    assert titles == sorted(
        [f"Issue {one}" for one in range(40) if one not in (1, 34)] + [f"{key} was touched" for key in touched]
    )
    assert first + second <= 42
    bench.clock.sleep(700)
    assert bench.pull().tally.of("pulled") == 0


def test_c5_an_issue_that_changes_all_the_time_is_collected(make_bench):
    """C5: a window with an upper bound would never see an issue that is updated more often than the window is wide."""
    bench = make_bench()
    key = bench.file_jira("Changes all the time")
    bench.rest()
    for number in range(8):
        bench.edit_jira(key, summary=f"Change {number}")
        bench.clock.sleep(100)
        bench.sync()
        assert bench.github_titles() == [f"Change {number}"]


def test_c6_the_second_run_makes_no_write_and_reads_one_listing_per_scope(bench):
    """C6: no edits, no writes, by the systems' own logs."""
    for number in range(5):
        bench.file_jira(f"From Jira {number}", labels=["Bug"], priority="High")
        bench.file_github(f"From GitHub {number}", labels=["night shift"])
    bench.sync()
    written = bench.written()
    bench.forget()
    for _ in range(3):
        assert bench.sync().exit_code == 0
        bench.clock.sleep(120)
    assert (bench.written(), bench.writes()) == (written, [])


def test_c6_a_run_after_a_weekend_sees_exactly_what_changed(bench):
    """C6, C8: three days without a run; the next one brings one edit over and nothing else."""
    keys = [bench.file_jira(f"Issue {number}") for number in range(4)]
    bench.rest()
    bench.clock.sleep(3 * 86_400)
    bench.edit_jira(keys[2], summary="Changed on Saturday")
    bench.forget()
    bench.sync()
    assert bench.writes("jira") == []
    assert bench.writes("github") == ["PATCH /repos/acme/api/issues/{}", "PATCH /repos/acme/api/labels/pmsync-mark"]
    assert "Changed on Saturday" in bench.github_titles()


def test_c7_an_issue_dated_2099_hides_nothing_that_changes_after_it_was_read(bench):
    """C7: a cursor that followed the newest stamp would wait for seventy years; its own edits arrive, too."""
    odd, plain = bench.file_jira("From the future"), bench.file_jira("Login fails")
    bench.jira._entry(odd).current = dataclasses.replace(bench.jira.issue(odd), updated=FAR_AHEAD)
    bench.rest()
    assert sorted(bench.github_titles()) == ["From the future", "Login fails"]
    bench.clock.sleep(3600)
    bench.edit_jira(plain, summary="Login fails at night")
    bench.edit_jira(odd, summary="Still from the future")
    later = bench.file_jira("Filed afterwards")
    bench.rest()
    assert sorted(bench.github_titles()) == ["Filed afterwards", "Login fails at night", "Still from the future"]
    bench.clock.sleep(3600)
    bench.edit_jira(later, summary="Edited afterwards")
    bench.edit_github(bench.number(plain), title="Login works")
    bench.rest()
    assert sorted(bench.github_titles()) == ["Edited afterwards", "Login works", "Still from the future"]
    assert sorted(bench.jira_titles()) == sorted(bench.github_titles())
    assert not bench.conflicts()
