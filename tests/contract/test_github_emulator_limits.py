"""The GitHub emulator: hourly quotas, secondary limits, conditional reads, versions, headers."""

from __future__ import annotations

import json

import pytest

from pmsync.testing.emulator import Request
from pmsync_github.emulator import TOKEN

OTHER = "ghp_other"
QUERY = "{ viewer { login } }"


def remaining(answer):
    return int(answer.headers["x-ratelimit-remaining"])


def test_every_answer_tells_the_quota_and_the_servers_time(github):
    for answer in (
        github.ask("GET", "/issues"),
        github.ask("GET", "/issues/9"),
        github.ask("POST", "/graphql", {"query": QUERY}),
    ):
        assert {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-used", "x-ratelimit-reset", "date"} <= set(
            answer.headers
        )
    assert answer.headers["date"] == "Thu, 01 Jan 2026 00:00:00 GMT"


def test_the_hourly_quota_runs_out_and_comes_back_on_the_hour(github):
    github.server.knobs.rest_per_hour = 3
    assert [remaining(github.ask("GET", "/issues")) for _ in range(3)] == [2, 1, 0]
    refused = github.ask("GET", "/issues")
    assert (refused.status, remaining(refused)) == (403, 0)
    assert refused.json["message"].startswith("API rate limit exceeded for user ID ")
    assert int(refused.headers["x-ratelimit-reset"]) == github.clock.now() + 3600
    github.clock.sleep(3600)
    assert github.ask("GET", "/issues").status == 200


def test_quotas_are_counted_per_account_not_per_token(github):
    github.server.add_token("pmsync-bot", OTHER)
    github.server.add_user("ana", token="ghp_ana")
    github.ask("GET", "/issues")
    assert remaining(github.ask("GET", "/issues", token=OTHER)) == 4998
    assert remaining(github.ask("GET", "/issues", token="ghp_ana")) == 4999
    assert github.ask("GET", "/issues", token="").headers["x-ratelimit-limit"] == "60"


def test_asking_for_the_limits_costs_nothing(github):
    github.ask("GET", "/issues")
    for _ in range(3):
        shown = github.ask("GET", "/rate_limit").json
    assert shown["resources"]["core"]["remaining"] == shown["rate"]["remaining"] == 4999


def test_the_minutes_points_are_one_for_a_read_and_five_for_a_write(github):
    github.server.knobs.rest_points_per_minute = 7
    github.open(1)
    assert github.ask("PATCH", "/issues/1", {"title": "x"}).status == 200
    assert [github.ask("GET", "/issues/1").status for _ in range(3)] == [200, 200, 403]
    refused = github.ask("PATCH", "/issues/1", {"title": "y"})
    assert refused.json["message"].startswith("You have exceeded a secondary rate limit")
    assert refused.headers["retry-after"] == "60"
    assert remaining(refused) > 0
    github.clock.sleep(60)
    assert github.ask("PATCH", "/issues/1", {"title": "y"}).status == 200


def test_eighty_creates_a_minute(github):
    statuses = [github.ask("POST", "/issues", {"title": "x"}).status for _ in range(81)]
    assert statuses == [201] * 80 + [403]
    github.clock.sleep(60)
    assert github.ask("POST", "/issues", {"title": "x"}).status == 201
    assert github.ask("PATCH", "/issues/1", {"title": "edits are no content"}).status == 200


def test_five_hundred_creates_an_hour(github):
    made = 0
    for _ in range(520):
        github.clock.sleep(1)
        made += github.ask("POST", "/issues", {"title": "x"}).status == 201
    assert made == 500
    refused = github.ask("POST", "/issues/1/comments", {"body": "x"})
    assert refused.status == 403
    github.clock.sleep(float(refused.headers["retry-after"]))
    assert github.ask("POST", "/issues/1/comments", {"body": "x"}).status == 201


@pytest.mark.parametrize(
    ("knob", "value", "status", "retry_after"), [("limit_status", 429, 429, True), ("retry_after", False, 403, False)]
)
def test_refusals_come_in_githubs_other_forms_too(github, knob, value, status, retry_after):
    github.server.knobs.rest_points_per_minute = 0
    setattr(github.server.knobs, knob, value)
    refused = github.ask("GET", "/issues")
    assert (refused.status, "retry-after" in refused.headers) == (status, retry_after)


def test_a_refusal_carries_nothing_out(github):
    github.server.knobs.content_per_minute = 0
    github.ask("POST", "/issues", {"title": "x"})
    assert github.pages("/issues") == []


# -- conditional reads --------------------------------------------------------------------------------------------------------


def test_an_unchanged_read_answers_304_and_leaves_the_quota_alone(github):
    github.open(1)
    first = github.ask("GET", "/issues")
    again = github.ask("GET", "/issues", headers={"if-none-match": first.headers["etag"]})
    assert (again.status, again.json, remaining(again)) == (304, None, remaining(first))
    github.server.edit_issue("acme/api", 1, title="new")
    assert github.ask("GET", "/issues", headers={"if-none-match": first.headers["etag"]}).status == 200


def test_a_304_still_costs_a_point_of_the_minute(github):
    first = github.ask("GET", "/issues")
    github.server.knobs.rest_points_per_minute = 1
    assert github.ask("GET", "/issues", headers={"if-none-match": first.headers["etag"]}).status == 403


def test_etags_differ_from_token_to_token(github):
    github.server.add_token("pmsync-bot", OTHER)
    first = github.ask("GET", "/issues")
    assert github.ask("GET", "/issues", token=OTHER, headers={"if-none-match": first.headers["etag"]}).status == 200


# -- versions and manners -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [410, 400])
def test_an_unknown_api_version_is_refused(github, status):
    github.server.knobs.unsupported_version_status = status
    assert github.ask("GET", "/issues", headers={"x-github-api-version": "2021-01-01"}).status == status


def test_the_newer_version_leaves_out_what_it_dropped(github):
    """The description is that of the older version; these answers are therefore not held to it."""
    github.open(1)
    newer = {"user-agent": "t", "x-github-api-version": "2026-03-10"}
    limits, issue, repo = (
        github.server.handle(Request("GET", path, (), newer))
        for path in ("/rate_limit", "/repos/acme/api/issues/1", "/repos/acme/api")
    )
    assert b'"rate"' not in limits.body
    assert b'"assignee"' not in issue.body
    assert b'"has_downloads"' not in repo.body
    assert repo.headers["x-github-api-version-selected"] == "2026-03-10"


def test_a_request_without_a_user_agent_is_refused(github):
    assert github.ask("GET", "/issues", headers={"user-agent": ""}).status == 403


def test_a_path_prefix_is_part_of_the_address(github):
    github.server.base_url = "http://ghe.test/api/v3"
    github.open(1)
    headers = {"user-agent": "t", "authorization": f"Bearer {TOKEN}"}
    shown = github.checked.handle(Request("GET", "/api/v3/repos/acme/api/issues/1", (), headers))
    assert b"http://ghe.test/api/v3/repos/acme/api/issues/1" in shown.body
    answer = github.checked.handle(Request("POST", "/api/graphql", (), headers, b'{"query": "{viewer{login}}"}'))
    assert json.loads(answer.body) == {"data": {"viewer": {"login": "pmsync-bot"}}}


# -- GraphQL -------------------------------------------------------------------------------------------------------------------


def test_the_graphql_quota_is_its_own_and_its_refusal_comes_with_status_200(github):
    github.server.knobs.graphql_per_hour = 1
    assert "data" in github.graph(QUERY)
    refused = github.ask("POST", "/graphql", {"query": QUERY})
    assert (refused.status, remaining(refused)) == (200, 0)
    assert refused.json["errors"][0]["type"] == "RATE_LIMITED"
    assert github.ask("GET", "/issues").headers["x-ratelimit-remaining"] == "4999"


def test_a_mutation_costs_five_points_of_the_minute(github):
    github.server.knobs.graphql_points_per_minute = 6
    mutation = 'mutation { reopenIssue(input: {issueId: "nope"}) { clientMutationId } }'
    assert github.ask("POST", "/graphql", {"query": mutation}).status == 200
    assert github.ask("POST", "/graphql", {"query": QUERY}).status == 200
    refused = github.ask("POST", "/graphql", {"query": QUERY})
    assert (refused.status, "retry-after" in refused.headers) == (403, True)


def test_aliases_that_create_count_as_content_each(github):
    github.server.knobs.content_per_minute = 1
    repo = github.graph('{ repository(owner: "acme", name: "api") { id } }')["data"]["repository"]["id"]
    aliases = " ".join(f'{name}: createIssue(input: {{repositoryId: $r, title: "x"}}) {{ issue {{ id }} }}' for name in "ab")
    two = f"mutation($r: ID!) {{ {aliases} }}"
    assert github.ask("POST", "/graphql", {"query": two, "variables": {"r": repo}}).status == 403
    assert github.pages("/issues") == []


@pytest.mark.parametrize(
    ("inner", "cost"),
    [
        ("nodes { id updatedAt }", 1),
        ("nodes { id labels(first: 20) { nodes { name } } assignees(first: 10) { nodes { login } } }", 2),
    ],
)
def test_queries_are_priced_by_the_documented_formula(github, inner, cost):
    """facts/github.md, "Computed with the documented formula": per page of 100 issues."""
    text = f'{{ rateLimit {{ cost nodeCount remaining }} repository(owner: "acme", name: "api") {{ issues(first: 100) {{ {inner} }} }} }}'
    limit = github.graph(text)["data"]["rateLimit"]
    assert (limit["cost"], limit["remaining"]) == (cost, 5000 - cost)
