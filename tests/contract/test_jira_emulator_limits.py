"""The three limits of the stand-in and their headers; a refused request changes nothing."""

from __future__ import annotations

import pytest


def test_a_burst_is_limited_per_endpoint_and_method(jira_site):
    codes = [jira_site.get("/status").status_code for _ in range(101)]
    assert (codes.count(200), codes[-1]) == (100, 429)
    assert jira_site.get("/field").status_code == 200


def test_reading_issues_has_a_larger_bucket(jira_site):
    jira_site.create()
    codes = [jira_site.get("/issue/PAY-1").status_code for _ in range(151)]
    assert codes.count(200) == 150


def test_a_burst_refusal_names_reason_and_rest(jira_site):
    for _ in range(100):
        jira_site.get("/status")
    refused = jira_site.get("/status").headers
    assert (refused["retry-after"], refused["ratelimit-reason"]) == ("1", "jira-burst-based")
    assert (refused["x-ratelimit-limit"], refused["x-ratelimit-remaining"]) == ("100", "0")
    assert refused["x-ratelimit-reset"] == "2026-01-01T00:00:01Z"
    jira_site.clock.sleep(1)
    assert jira_site.get("/status").status_code == 200


def test_a_bucket_fills_again_with_time(jira_site):
    for _ in range(100):
        jira_site.get("/status")
    jira_site.clock.sleep(0.1)
    codes = [jira_site.get("/status").status_code for _ in range(11)]
    assert codes.count(200) == 10


def test_an_answer_warns_when_little_is_left(jira_site):
    assert "x-ratelimit-nearlimit" not in jira_site.get("/status").headers
    for _ in range(80):
        answer = jira_site.get("/status")
    assert (answer.headers["x-ratelimit-nearlimit"], answer.headers["x-ratelimit-remaining"]) == ("true", "19")


def write(desk, key, number=0):
    return desk.put(f"/issue/{key}/properties/p", number)


def test_one_issue_takes_twenty_writes_in_two_seconds_and_others_are_free(jira_site):
    """Trap: a per-issue refusal must not stop the others."""
    busy, other = jira_site.create(), jira_site.create()
    answers = [write(jira_site, busy, number) for number in range(21)]
    assert [answer.status_code for answer in answers].count(429) == 1
    assert answers[-1].headers["ratelimit-reason"] == "jira-per-issue-on-write"
    assert jira_site.site.issue(busy).properties["p"] == 19
    assert write(jira_site, other).status_code == 201
    jira_site.clock.sleep(2)
    assert write(jira_site, busy).status_code == 200


def test_one_issue_takes_a_hundred_writes_in_thirty_seconds(jira_site):
    key = jira_site.create()
    for number in range(100):
        assert write(jira_site, key, number).status_code < 300
        jira_site.clock.sleep(0.2)
    refused = write(jira_site, key)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "10")
    jira_site.clock.sleep(10)
    assert write(jira_site, key).status_code == 200


@pytest.mark.parametrize("reason", ["jira-quota-tenant-based", "jira-quota-global-based"])
def test_an_exhausted_quota_refuses_everything_until_its_reset(jira_site, reason):
    """Trap: Retry-After of half an hour must park the connector, not sleep in a worker."""
    jira_site.site.exhaust_quota(1847, reason)
    refused = jira_site.get("/myself")
    assert (refused.status_code, refused.headers["retry-after"], refused.headers["ratelimit-reason"]) == (429, "1847", reason)
    assert refused.headers["x-ratelimit-reset"] == "2026-01-01T00:30:47Z"
    jira_site.clock.sleep(1847)
    assert jira_site.get("/myself").status_code == 200


def test_a_refused_create_makes_nothing(jira_site):
    jira_site.site.exhaust_quota(60)
    body = {"fields": {"project": {"key": "PAY"}, "issuetype": {"name": "Task"}, "summary": "S"}}
    assert jira_site.post("/issue", body).status_code == 429
    assert jira_site.site.issues() == []


def test_limits_can_be_switched_off(jira_site):
    jira_site.knobs.burst_limits = jira_site.knobs.issue_limits = False
    key = jira_site.create()
    assert {write(jira_site, key, number).status_code for number in range(120)} == {200, 201}
