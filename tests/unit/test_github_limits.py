"""GitHub's refusals for limits, and what counts as a read."""

from __future__ import annotations

import json

import pytest

from pmsync.net.fence import is_read
from pmsync.net.http import Answer, Reach
from pmsync_github import queries
from pmsync_github.client import next_link, numbered
from pmsync_github.limits import MANNERS, READS, limited

NOW = 1_767_225_600.0


def answer(status, body=None, **headers):
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, json.dumps(body or {}).encode())


@pytest.mark.parametrize("status", [403, 429])
def test_spent_primary_limit_holds_the_system_until_the_reset(status):
    seen = limited(
        answer(status, x_ratelimit_remaining="0", x_ratelimit_reset=str(int(NOW) + 900), x_ratelimit_resource="core"), NOW
    )
    assert seen is not None
    assert (seen.reach, seen.reason) == (Reach.SYSTEM, "github-primary-limit-core")
    assert NOW + 900 <= seen.until <= NOW + 902


def test_retry_after_names_a_secondary_limit():
    seen = limited(answer(403, retry_after="37", x_ratelimit_remaining="4000"), NOW)
    assert seen is not None
    assert (seen.until, seen.reason) == (NOW + 37, "github-secondary-limit")


@pytest.mark.parametrize(
    "words", ["You have exceeded a secondary rate limit.", "You have triggered an abuse detection mechanism."]
)
def test_secondary_limit_without_a_time_rests_a_minute(words):
    seen = limited(answer(403, {"message": words}), NOW)
    assert seen is not None
    assert seen.until == NOW + 60


def test_missing_permission_is_no_limit():
    assert limited(answer(403, {"message": "Resource not accessible by integration"}, x_ratelimit_remaining="4999"), NOW) is None


def test_graphql_limit_comes_with_status_200():
    body = {"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}
    seen = limited(answer(200, body, x_ratelimit_remaining="0", x_ratelimit_reset=str(int(NOW) + 60)), NOW)
    assert seen is not None


def test_graphql_answer_that_did_something_is_no_refusal():
    """Sent again, the part that was carried out would be carried out twice."""
    body = {"data": {"title": {"issue": {}}, "add": None}, "errors": [{"type": "RATE_LIMITED", "path": ["add"]}]}
    assert limited(answer(200, body), NOW) is None


def test_issue_that_speaks_of_rate_limited_is_no_limit():
    assert limited(answer(200, [{"body": "RATE_LIMITED"}]), NOW) is None
    assert limited(answer(200, {"data": {"nodes": []}, "note": "RATE_LIMITED"}), NOW) is None


def test_pace_is_githubs_own():
    assert (MANNERS.write_gap, MANNERS.writes_per_minute, MANNERS.writes_per_hour, MANNERS.reads_per_minute) == (
        1.0,
        80,
        500,
        900,
    )


@pytest.mark.parametrize("query", [queries.NODES, queries.IDS, queries.users(2), queries.issue_ids([1, 2])])
def test_queries_are_reads(query):
    assert is_read("POST", "/graphql", json.dumps({"query": query}).encode(), READS)


@pytest.mark.parametrize("step", queries.STEPS)
def test_mutations_are_writes(step):
    assert not is_read("POST", "/graphql", json.dumps({"query": queries.update([step])}).encode(), READS)


def test_token_of_an_app_is_a_read_and_nothing_else_posted_is():
    assert is_read("POST", "/app/installations/12/access_tokens", b"", READS)
    assert is_read("POST", "/v3/app/installations/12/access_tokens", b"", READS)
    assert not is_read("POST", "/repos/acme/api/issues", b"{}", READS)


def test_next_link_is_taken_as_it_is():
    header = '<https://api.github.com/repositories/1/issues?a=1&after=Y%3D&page=2>; rel="next", <https://x/?page=9>; rel="last"'
    assert next_link(Answer(200, {"link": header}, b"")) == "https://api.github.com/repositories/1/issues?a=1&after=Y%3D&page=2"


def test_last_page_has_no_next():
    assert next_link(Answer(200, {"link": '<https://x/?page=1>; rel="prev", <https://x/?page=1>; rel="first"'}, b"")) is None
    assert next_link(Answer(200, {}, b"")) is None


def test_link_with_a_cursor_does_not_count_pages():
    assert not numbered("https://x/issues?after=abc&page=2")
    assert numbered("https://x/issues?per_page=100&page=2")
