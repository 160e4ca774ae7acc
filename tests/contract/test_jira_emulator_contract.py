"""Every endpoint's answer fits Jira's own description, strictly; and an answer that is changed in any way does not."""

from __future__ import annotations

import copy

import pytest

pytestmark = pytest.mark.shared

CREATE = {
    "fields": {"project": {"key": "PAY"}, "issuetype": {"name": "Bug"}, "summary": "Made"},
    "properties": [{"key": "mark", "value": {"t": 1}}],
}
TEXT = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Hi"}]}]}
WALK = (
    ("GET", "/serverInfo", None, 200),
    ("GET", "/myself", None, 200),
    ("GET", "/mypermissions?permissions=EDIT_ISSUES,CREATE_ISSUES&projectKey=PAY", None, 200),
    ("GET", "/mypermissions", None, 400),
    ("GET", "/user?accountId={ana}", None, 200),
    ("GET", "/user/bulk?accountId={ana}&accountId=nobody", None, 200),
    ("GET", "/user/search?query=ana", None, 200),
    ("GET", "/status", None, 200),
    ("GET", "/priority", None, 200),
    ("GET", "/priority/search?projectId={project}", None, 200),
    ("GET", "/field", None, 200),
    ("GET", "/project", None, 200),
    ("GET", "/project/search?keys=PAY", None, 200),
    ("GET", "/project/PAY", None, 200),
    ("GET", "/project/NOPE", None, 404),
    ("GET", "/project/PAY/statuses", None, 200),
    ("GET", "/project/PAY/versions", None, 200),
    ("GET", "/project/PAY/version", None, 200),
    ("PUT", "/project/PAY/properties/mark", {"id": "x"}, 201),
    ("PUT", "/project/PAY/properties/mark", {"id": "y"}, 200),
    ("GET", "/project/PAY/properties", None, 200),
    ("GET", "/project/PAY/properties/mark", None, 200),
    ("DELETE", "/project/PAY/properties/mark", None, 204),
    ("POST", "/version", {"name": "2.0", "projectId": "{project}", "releaseDate": "2026-03-01"}, 201),
    ("PUT", "/version/{version}", {"released": True}, 200),
    ("GET", "/version/{version}", None, 200),
    ("GET", "/issue/createmeta/PAY/issuetypes", None, 200),
    ("GET", "/issue/createmeta/PAY/issuetypes/{bug}", None, 200),
    ("POST", "/issue", CREATE, 201),
    ("POST", "/issue", {"fields": {"project": {"key": "PAY"}}}, 400),
    ("POST", "/issue/bulk", {"issueUpdates": [CREATE, {"fields": {}}]}, 201),
    ("POST", "/issue/bulk", {"issueUpdates": [{"fields": {}}]}, 400),
    ("PUT", "/issue/PAY-1?returnIssue=true", {"fields": {"summary": "Renamed"}}, 200),
    ("PUT", "/issue/PAY-1", {"update": {"labels": [{"add": "new"}]}}, 204),
    ("GET", "/issue/PAY-1?expand=names,schema,changelog,transitions,editmeta&properties=mark", None, 200),
    ("GET", "/issue/PAY-9", None, 404),
    ("GET", "/issue/PAY-1/editmeta", None, 200),
    ("GET", "/issue/PAY-1/transitions?expand=transitions.fields", None, 200),
    ("POST", "/issue/PAY-1/transitions", {"transition": {"id": "21"}}, 204),
    ("PUT", "/issue/PAY-1/properties/mark", {"t": 2}, 201),
    ("GET", "/issue/PAY-1/properties", None, 200),
    ("GET", "/issue/PAY-1/properties/mark", None, 200),
    ("DELETE", "/issue/PAY-1/properties/mark", None, 204),
    ("POST", "/issue/PAY-1/comment", {"body": TEXT, "properties": [{"key": "p", "value": 1}]}, 201),
    ("GET", "/issue/PAY-1/comment?expand=properties", None, 200),
    ("GET", "/issue/PAY-1/comment/{comment}", None, 200),
    ("PUT", "/issue/PAY-1/comment/{comment}", {"body": TEXT}, 200),
    ("PUT", "/comment/{comment}/properties/p", 2, 201),
    ("GET", "/comment/{comment}/properties/p", None, 200),
    ("POST", "/issue/PAY-1/remotelink", {"globalId": "g", "object": {"url": "https://x.test/1", "title": "One"}}, 201),
    ("POST", "/issue/PAY-1/remotelink", {"globalId": "g", "object": {"url": "https://x.test/2", "title": "Two"}}, 200),
    ("GET", "/issue/PAY-1/remotelink", None, 200),
    ("GET", "/issue/PAY-1/remotelink?globalId=g", None, 200),
    ("POST", "/issueLink", {"type": {"name": "Blocks"}, "inwardIssue": {"key": "PAY-1"}, "outwardIssue": {"key": "PAY-2"}}, 201),
    ("GET", "/issueLinkType", None, 200),
    ("GET", "/issueLink/{link}", None, 200),
    ("DELETE", "/issueLink/{link}", None, 204),
    ("GET", "/issueLink/{link}", None, 404),
    ("POST", "/version", {"name": "2.0", "projectId": "{project}"}, 400),
    ("PUT", "/version/999", {"released": True}, 404),
    ("GET", "/issue/PAY-1/changelog", None, 200),
    ("POST", "/changelog/bulkfetch", {"issueIdsOrKeys": ["PAY-1"]}, 200),
    ("POST", "/search/jql", {"jql": "project = PAY", "fields": ["*all"], "properties": ["mark"], "expand": "names,schema"}, 200),
    ("POST", "/search/jql", {"jql": "project = PAY", "maxResults": 1}, 200),
    ("GET", "/search/jql?jql=project%20%3D%20PAY&fields=summary", None, 200),
    ("POST", "/search/jql", {"jql": ""}, 400),
    ("GET", "/search?jql=project%20%3D%20PAY", None, 410),
    ("POST", "/search/approximate-count", {"jql": "project = PAY"}, 200),
    ("POST", "/issue/bulkfetch", {"issueIdsOrKeys": ["PAY-1", "PAY-99"], "fields": ["*all"], "properties": ["mark"]}, 200),
    ("DELETE", "/issue/PAY-1/comment/{comment}", None, 204),
    ("DELETE", "/issue/PAY-1/remotelink?globalId=g", None, 204),
    ("DELETE", "/issue/PAY-2", None, 204),
    ("GET", "/dashboard", None, 501),
)


def furnish(desk):
    """A site where every kind of value occurs, and what the walk's paths name of it."""
    site = desk.site
    site.add_component("PAY", "API")
    version = site.add_version("PAY", "1.0", release_date="2026-02-01")
    level = site.add_security_level("Staff")
    points = site.add_custom_field("Points", "number")
    fields = {
        "labels": ["b", "a"],
        "priority": "High",
        "description": "One.\n\nTwo.",
        "components": ["API"],
        "fix_versions": ["1.0"],
    }
    issue = site.add_issue("PAY", "A thing", security=level, assignee=desk.ana, **fields, **{points: 3})
    other = site.add_issue("PAY", "Another", priority=None, parent=issue.id)
    site.edit_issue(other.key, desk.ana, status="Done")
    site.link_issues(other.key, issue.key, desk.ana)
    link = site.issue(issue.key).links[0].id
    bug = next(kind.id for kind in site.state.catalogue.issue_types.values() if kind.name == "Bug")
    comment = site.comment_issue(issue.key, desk.ana, "First")
    return {"ana": desk.ana, "project": desk.project.id, "version": version.id, "bug": bug, "comment": comment, "link": link}


def ask(desk, names, step):
    method, path, body, status = step
    for name, value in names.items():
        path = path.replace(f"{{{name}}}", value)
    if isinstance(body, dict) and "projectId" in body:
        body = {**body, "projectId": names["project"]}
    answer = desk.http.request(method, path, json=body) if body is not None else desk.http.request(method, path)
    assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
    return answer


def test_every_endpoint_answers_as_described(jira_validator, jira_site):
    """The fixture fails the test when an answer is not what Jira's description allows."""
    names = furnish(jira_site)
    for step in WALK:
        ask(jira_site, names, step)
    assert jira_site.wrapped.checked == len(WALK)


@pytest.fixture
def golden(jira_site):
    """(method, path, status, body) of every successful JSON answer of the walk."""
    names = furnish(jira_site)
    answers = [ask(jira_site, names, step) for step in WALK]
    return [
        (answer.request.method, answer.request.url.path, answer.status_code, answer.json())
        for answer in answers
        if answer.content and answer.status_code < 300
    ]


FREE = {
    "fields": "custom fields may be there",
    "properties": "entity properties are anybody's JSON, under anybody's keys",
    "value": "an entity property's value is anybody's JSON",
    "body": "rich text is checked for its shape alone",
    "description": "rich text is checked for its shape alone",
    "permissions": "a map of permissions",
    "names": "a map of fields",
    "schema": "a map of fields",
    "roles": "a map of roles",
    "object": "a remote link shows what was posted",
    "allowedValues": "declared as anything",
}
"""Places where the description allows anything, and why. Below ``fields`` and ``permissions`` only the map itself is free."""
MAPS = frozenset({"fields", "permissions", "roles"})


def places(value, path=(), free=False):
    """Every (path, value, free) of a JSON value; ``free`` below a place where anything goes."""
    yield path, value, free
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in children:
        map_of = name in MAPS or (name == "schema" and len(path) == 0) or (name == "names")
        yield from places(inner, (*path, name), free or (name in FREE and not map_of and not _typed(path, name)))


def _typed(path, name):
    """``description`` is plain text everywhere but in an issue; ``schema`` of one field is typed."""
    return (name == "description" and path[-1:] != ("fields",)) or (name == "schema" and len(path) > 0)


def at(body, path):
    for name in path:
        body = body[name]
    return body


def grown(body):
    """The body with an unknown property somewhere, once for every object that is closed."""
    for path, value, free in places(body):
        if isinstance(value, dict) and not free and not (path and path[-1] in FREE and not _typed(path[:-1], path[-1])):
            mutant = copy.deepcopy(body)
            at(mutant, path)["surprise"] = True
            yield path, mutant


def twisted(body):
    """The body with a value of the wrong type somewhere, once for every scalar whose type is declared."""
    for path, value, free in places(body):
        custom = bool(path) and str(path[-1]).startswith("customfield_")
        if path and not free and not custom and not isinstance(value, dict | list) and value is not None:
            mutant = copy.deepcopy(body)
            at(mutant, path[:-1])[path[-1]] = {"wrong": ["type"]}
            yield path, mutant


@pytest.mark.parametrize("mutate", [grown, twisted])
def test_mutated_answers_are_refused(golden, jira_validator, mutate):
    """A validator that lets mutants through proves nothing."""
    mutants = [
        (f"{method} {path} {place}", jira_validator.check(method, path, status, mutant))
        for method, path, status, body in golden
        for place, mutant in mutate(body)
    ]
    assert not [place for place, faults in mutants if not faults]
    assert len(mutants) > 300


def test_a_missing_field_that_our_client_reads_is_refused(golden, jira_validator, jira_contract, openapi_module):
    reads = jira_contract.rules(openapi_module).reads
    tried = 0
    for method, path, status, body in golden:
        for read in reads.get(f"{method} {jira_validator.template(method, path)}", ()):
            mutant = copy.deepcopy(body)
            if dropped(mutant, read.split(".")):
                tried += 1
                assert jira_validator.check(method, path, status, mutant), f"{method} {path}: {read} was not missed"
    assert tried > 50


def dropped(value, names):
    """Drop a field wherever its parent is; returns whether there was one."""
    name, rest = names[0].removesuffix("[]"), names[1:]
    if not rest:
        return isinstance(value, dict) and value.pop(name, None) is not None
    inner = value if not name else value.get(name) if isinstance(value, dict) else None
    many = names[0].endswith("[]")
    inners = inner.values() if many and isinstance(inner, dict) else inner if many and isinstance(inner, list) else [inner]
    found = [dropped(one, rest) for one in inners]
    return any(found)


def test_an_answer_of_an_undescribed_operation_or_status_is_refused(jira_validator):
    assert jira_validator.check("GET", "/rest/api/3/nothing/here", 200, {})
    assert jira_validator.check("GET", "/rest/api/3/myself", 299, {})


def test_an_answer_without_the_declared_body_is_refused(jira_validator):
    assert jira_validator.check("GET", "/rest/api/3/myself", 200, None)
