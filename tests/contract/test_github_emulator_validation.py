"""The net itself: answers mutated in any way are refused, so that a passing answer means something."""

from __future__ import annotations

import copy
import json

import pytest

READ = "GET /repos/{owner}/{repo}/issues/{issue_number}"


@pytest.fixture
def answers(github):
    """Real answers of many kinds: (method, path, status, body)."""
    github.server.add_issue("acme/api", "one", labels=["bug"], body="b")
    github.server.add_pull_request("acme/api", "two")
    github.ask("POST", "/milestones", {"title": "v1"})
    github.ask("PATCH", "/issues/1", {"milestone": 1, "assignees": ["octocat"], "state": "closed"})
    github.ask("POST", "/issues/1/comments", {"body": "c"})
    for path in (
        "/repos/acme/api",
        "/user",
        "/rate_limit",
        "/issues",
        "/issues/1",
        "/issues/2",
        "/labels",
        "/milestones",
        "/issues/comments",
    ):
        github.ask("GET", path)
    github.ask("GET", "/issues/99")
    github.ask("POST", "/issues", {"title": ""})
    return github.checked.checked


def objects(value, path=()):
    """Every object inside a value, with the way to it."""
    if isinstance(value, dict):
        yield path
        for key, inner in value.items():
            yield from objects(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from objects(inner, (*path, index))


def at(value, path):
    for part in path:
        value = value[part]
    return value


def test_an_undeclared_property_is_refused_at_every_depth(answers, github_openapi):
    validator = github_openapi()
    refused = 0
    for method, path, status, body in answers:
        for place in objects(body):
            mutated = copy.deepcopy(body)
            at(mutated, place)["undeclared"] = 1
            assert validator.check(method, path, status, mutated), (method, path, place)
            refused += 1
    assert refused > 50


def test_a_value_of_another_kind_is_refused(answers, github_openapi):
    validator = github_openapi()
    for method, path, status, body in answers:
        for place in objects(body):
            for key, value in at(body, place).items():
                if isinstance(value, str | bool | int):
                    mutated = copy.deepcopy(body)
                    at(mutated, place)[key] = [value]
                    assert validator.check(method, path, status, mutated), (method, path, place, key)


def test_a_missing_field_that_the_connector_reads_is_refused(github_validated, github, answers):
    reads = github.checked._validator._rules.reads[READ]
    assert {"node_id", "labels", "state_reason", "updated_at"} <= set(reads)
    body = next(body for method, path, status, body in answers if path == "/repos/acme/api/issues/1" and method == "GET")
    for name in reads:
        if "." in name or "[" in name:
            continue
        mutated = copy.deepcopy(body)
        del mutated[name]
        assert github.checked._validator.check("GET", "/repos/acme/api/issues/1", 200, mutated), name


def test_a_status_that_is_not_described_is_refused(github_openapi):
    assert github_openapi().check("GET", "/user", 418, {"message": "teapot"})
    assert github_openapi().check("GET", "/nowhere", 200, {})


def test_a_faulty_answer_fails_the_test_that_provoked_it(github):
    honest = github.server.handle

    def lying(request):
        answer = honest(request)
        content = json.loads(answer.body) | {"novelty": True}
        return type(answer).of(answer.status, content, answer.headers)

    github.server.handle = lying
    with pytest.raises(AssertionError, match="GET /user 200"):
        github.ask("GET", "/user")
