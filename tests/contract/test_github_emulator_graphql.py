"""The GitHub emulator: GraphQL queries and mutations, each held to GitHub's published schema, question and answer."""

from __future__ import annotations

import pytest

from pmsync_github.emulation.graphql_schema import ENUMS, INPUTS, POSSIBLE, TYPES
from pmsync_github.emulation.graphql_syntax import SyntaxFault, read

NODES = """
query($ids: [ID!]!) {
  nodes(ids: $ids) { __typename id ... on Issue { number title state stateReason(enableDuplicate: true) ...Labels } }
}
fragment Labels on Issue { labels(first: 10) { nodes { name } } }
"""
PAGE = """
query($after: String, $since: DateTime) {
  repository(owner: "acme", name: "api") {
    issues(first: 2, after: $after, orderBy: {field: UPDATED_AT, direction: ASC}, filterBy: {since: $since, states: [OPEN]}) {
      totalCount
      edges { cursor node { number } }
      nodes { number updatedAt }
      pageInfo { hasNextPage endCursor startCursor hasPreviousPage }
    }
  }
}
"""


@pytest.fixture
def ids(github):
    """Node ids of three issues, the second one labelled."""
    github.server.add_issue("acme/api", "zero")
    github.server.add_issue("acme/api", "one", labels=["bug"], body="text", actor="ana")
    github.server.add_issue("acme/api", "two")
    return [github.server.issue("acme/api", number).node_id for number in (1, 2, 3)]


def issue(github, number):
    return github.server.issue("acme/api", number)


def test_nodes_come_in_order_and_missing_ones_are_null_with_an_error(github, ids):
    answer = github.graph(NODES, ids=[ids[1], "I_gone", ids[0]])
    first, gone, last = answer["data"]["nodes"]
    assert (first["title"], first["labels"]["nodes"], gone, last["number"]) == ("one", [{"name": "bug"}], None, 1)
    assert [(error["type"], error["path"]) for error in answer["errors"]] == [("NOT_FOUND", ["nodes", 1])]


def test_nodes_of_hidden_repositories_do_not_resolve(github):
    github.server.add_repo("acme/secret", private=True)
    hidden = github.server.add_issue("acme/secret", "hush").node_id
    github.server.set_role("acme/secret", "pmsync-bot", "none")
    assert github.graph(NODES, ids=[hidden])["data"]["nodes"] == [None]
    answer = github.graph('{ repository(owner: "acme", name: "secret") { id } }')
    assert (answer["data"]["repository"], answer["errors"][0]["type"]) == (None, "NOT_FOUND")


def test_more_than_a_hundred_nodes_are_refused(github):
    answer = github.graph(NODES, ids=["x"] * 101)
    assert answer["errors"][0]["type"] == "ARGUMENT_LIMIT"


def test_issues_are_paged_and_filtered_without_pull_requests(github):
    github.open(2)
    github.server.add_pull_request("acme/api", "pr")
    github.open(3)
    github.server.close("acme/api", 5)
    seen, after = [], None
    while True:
        page = github.graph(PAGE, after=after)["data"]["repository"]["issues"]
        seen += [node["number"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert (seen, page["totalCount"]) == ([1, 2, 4, 6], 4)
    since = page["nodes"][-1]["updatedAt"]
    assert [node["number"] for node in github.graph(PAGE, since=since)["data"]["repository"]["issues"]["nodes"]] == [6]


def test_the_total_drops_when_an_issue_is_deleted_or_transferred(github):
    text = '{ repository(owner: "acme", name: "api") { issues(first: 1) { totalCount } } }'
    github.open(3)
    github.server.add_repo("acme/web")
    github.server.delete_issue("acme/api", 1)
    github.server.transfer_issue("acme/api", 2, "acme/web")
    assert github.graph(text)["data"]["repository"]["issues"]["totalCount"] == 1


def test_one_question_about_many_repositories(github):
    github.server.add_repo("acme/web")
    text = """fragment R on Repository { id isPrivate viewerPermission owner { __typename login } }
    { a: repository(owner: "acme", name: "api") { ...R } b: repository(owner: "acme", name: "web") { ...R } viewer { login } }"""
    data = github.graph(text)["data"]
    assert data["a"]["owner"] == {"__typename": "Organization", "login": "acme"}
    assert (data["a"]["viewerPermission"], data["a"]["id"] != data["b"]["id"], data["viewer"]) == (
        "WRITE",
        True,
        {"login": "pmsync-bot"},
    )


def test_a_renamed_repository_is_found_under_its_old_name(github):
    github.server.rename_repo("acme/api", "core")
    assert github.graph('{ repository(owner: "acme", name: "api") { nameWithOwner } }')["data"]["repository"] == {
        "nameWithOwner": "acme/core"
    }
    answer = github.graph('{ repository(owner: "acme", name: "api", followRenames: false) { id } }')
    assert answer["data"]["repository"] is None


def test_labels_and_milestones(github):
    github.server.add_label("acme/api", "bug")
    github.ask("POST", "/milestones", {"title": "v1", "due_on": "2026-02-01T12:00:00Z"})
    text = """{ repository(owner: "acme", name: "api") {
      labels(first: 100, orderBy: {field: NAME, direction: DESC}) { nodes { id name color description isDefault url } }
      label(name: "BUG") { id }
      milestones(first: 10, states: [OPEN]) { nodes { id number title dueOn state creator { login } } }
      defaultBranchRef { name }
    } }"""
    found = github.graph(text)["data"]["repository"]
    assert found["labels"]["nodes"][0]["id"] == found["label"]["id"]
    assert found["milestones"]["nodes"][0]["dueOn"] == "2026-02-01T08:00:00Z"


def test_the_edit_history_of_a_body_shows_the_whole_texts_newest_first(github, ids):
    github.clock.sleep(10)
    github.server.edit_issue("acme/api", 2, actor="eve", body="changed")
    text = """query($id: ID!) { node(id: $id) { __typename ... on Issue {
      lastEditedAt editor { login } userContentEdits(first: 5) { nodes { editedAt diff editor { login } } }
    } } }"""
    found = github.graph(text, id=ids[1])["data"]["node"]
    assert [(one["diff"], one["editor"]["login"]) for one in found["userContentEdits"]["nodes"]] == [
        ("changed", "eve"),
        ("text", "ana"),
    ]
    assert (found["lastEditedAt"], found["editor"]) == ("2026-01-01T00:00:10Z", {"login": "eve"})


def test_the_timeline_tells_who_changed_what(github, ids):
    github.clock.sleep(60)
    github.server.edit_issue(
        "acme/api", 2, actor="eve", title="new", labels=["other"], state="closed", state_reason="not_planned"
    )
    github.server.comment("acme/api", 2, "why?", actor="ana")
    text = """query($id: ID!, $since: DateTime) { node(id: $id) { __typename ... on Issue {
      timelineItems(first: 50, since: $since, itemTypes: [RENAMED_TITLE_EVENT, LABELED_EVENT, UNLABELED_EVENT, CLOSED_EVENT, ISSUE_COMMENT]) { nodes {
        __typename
        ... on RenamedTitleEvent { actor { login } createdAt previousTitle currentTitle }
        ... on LabeledEvent { label { name } }
        ... on UnlabeledEvent { label { name } }
        ... on ClosedEvent { stateReason }
        ... on IssueComment { body }
      } } } } }"""
    nodes = github.graph(text, id=ids[1], since="2026-01-01T00:00:30Z")["data"]["node"]["timelineItems"]["nodes"]
    assert [node["__typename"] for node in nodes] == [
        "RenamedTitleEvent",
        "ClosedEvent",
        "UnlabeledEvent",
        "LabeledEvent",
        "IssueComment",
    ]
    assert nodes[0] | {"createdAt": ""} == {
        "__typename": "RenamedTitleEvent",
        "actor": {"login": "eve"},
        "createdAt": "",
        "previousTitle": "one",
        "currentTitle": "new",
    }


# -- mutations -----------------------------------------------------------------------------------------------------------------


def test_an_update_changes_what_it_names(github, ids):
    text = """mutation($id: ID!) {
      updateIssue(input: {id: $id, title: "new", clientMutationId: "m1"}) { clientMutationId issue { title body updatedAt } }
    }"""
    done = github.graph(text, id=ids[1])["data"]["updateIssue"]
    assert (done["clientMutationId"], done["issue"]["title"], done["issue"]["body"]) == ("m1", "new", "text")


def test_closing_and_reopening(github, ids):
    close = """mutation($id: ID!, $reason: IssueClosedStateReason) {
      closeIssue(input: {issueId: $id, stateReason: $reason}) { issue { state stateReason(enableDuplicate: true) } }
    }"""
    shown = github.graph(close, id=ids[0], reason="DUPLICATE")["data"]["closeIssue"]["issue"]
    assert shown == {"state": "CLOSED", "stateReason": "DUPLICATE"}
    assert github.ask("GET", "/issues/1").json["state_reason"] == "duplicate"
    shown = github.graph(close, id=ids[0], reason="NOT_PLANNED")["data"]["closeIssue"]["issue"]
    assert shown["stateReason"] == "NOT_PLANNED"
    reopen = "mutation($id: ID!) { reopenIssue(input: {issueId: $id}) { issue { state stateReason } } }"
    assert github.graph(reopen, id=ids[0])["data"]["reopenIssue"]["issue"] == {"state": "OPEN", "stateReason": "REOPENED"}


def test_labels_are_added_and_removed_as_deltas(github, ids):
    add = github.server.add_label("acme/api", "p1").node_id
    bug = github.server.add_label("acme/api", "bug").node_id
    text = """mutation($id: ID!, $add: [ID!]!, $remove: [ID!]!) {
      addLabelsToLabelable(input: {labelableId: $id, labelIds: $add}) {
        labelable { __typename ... on Issue { labels(first: 9) { nodes { name } } } }
      }
      removeLabelsFromLabelable(input: {labelableId: $id, labelIds: $remove}) { labelable { __typename labels(first: 9) { nodes { name } } } }
    }"""
    data = github.graph(text, id=ids[1], add=[add], remove=[bug])["data"]
    assert [one["name"] for one in data["addLabelsToLabelable"]["labelable"]["labels"]["nodes"]] == ["bug", "p1"]
    assert data["removeLabelsFromLabelable"]["labelable"]["labels"]["nodes"] == [{"name": "p1"}]


def test_creating_and_commenting(github):
    repo = github.graph('{ repository(owner: "acme", name: "api") { id } }')["data"]["repository"]["id"]
    text = 'mutation($r: ID!) { createIssue(input: {repositoryId: $r, title: "t", body: "b"}) { issue { id number author { login } } } }'
    made = github.graph(text, r=repo)["data"]["createIssue"]["issue"]
    comment = """mutation($id: ID!) { addComment(input: {subjectId: $id, body: "hi"}) {
      commentEdge { node { body issue { number } } } subject { __typename id }
    } }"""
    done = github.graph(comment, id=made["id"])["data"]["addComment"]
    assert done["commentEdge"]["node"] == {"body": "hi", "issue": {"number": made["number"]}}
    assert github.ask("GET", "/issues/1").json["comments"] == 1


def test_one_failing_alias_does_not_stop_the_others(github, ids):
    text = """mutation($a: ID!, $b: ID!) {
      first: updateIssue(input: {id: $a, title: "A"}) { issue { title } }
      gone: updateIssue(input: {id: "I_gone", title: "B"}) { issue { title } }
      long: updateIssue(input: {id: $b, title: "%s"}) { issue { title } }
      last: updateIssue(input: {id: $b, title: "C"}) { issue { title } }
    }""" % ("x" * 257)
    answer = github.graph(text, a=ids[0], b=ids[1])
    assert [key for key, value in answer["data"].items() if value] == ["first", "last"]
    assert [(error["path"], error["type"]) for error in answer["errors"]] == [
        (["gone"], "NOT_FOUND"),
        (["long"], "UNPROCESSABLE"),
    ]
    assert [issue(github, number).title for number in (1, 2)] == ["A", "C"]


def test_mutations_without_the_right_are_refused_by_name(github, ids):
    github.server.knobs.default_role = "read"
    bug = github.server.add_label("acme/api", "bug").node_id
    text = "mutation($id: ID!, $l: [ID!]!) { addLabelsToLabelable(input: {labelableId: $id, labelIds: $l}) { labelable { __typename } } }"
    error = github.graph(text, id=ids[0], l=[bug])["errors"][0]
    assert error["type"] == "FORBIDDEN"
    assert error["message"] == "pmsync-bot does not have the correct permissions to execute `AddLabelsToLabelable`"
    github.server.knobs.token_read_only = True
    error = github.graph('mutation($id: ID!) { updateIssue(input: {id: $id, title: "x"}) { issue { id } } }', id=ids[0])[
        "errors"
    ][0]
    assert (error["type"], error["message"]) == ("FORBIDDEN", "Resource not accessible by personal access token")


def test_both_faces_write_the_same_ground_truth(github, ids):
    start = len(github.server.events)
    github.graph('mutation($id: ID!) { updateIssue(input: {id: $id, title: "x", state: CLOSED}) { issue { id } } }', id=ids[0])
    github.ask("PATCH", "/issues/3", {"title": "x", "state": "closed"})
    graph, rest = github.server.events[start : start + 2], github.server.events[start + 2 :]
    assert [event.verb for event in graph] == [event.verb for event in rest] == ["issue.renamed", "issue.closed"]


# -- refusals ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('{ repository(owner: "acme", name: "api") { stars } }', "doesn't exist on type 'Repository'"),
        (
            '{ repository(owner: "acme", name: "api") { issues(first: 1, color: "red") { totalCount } } }',
            "doesn't accept argument",
        ),
        ('{ repository(owner: "acme") { id } }', "missing required arguments: name"),
        ('{ repository(owner: "acme", name: "api") }', "must have selections"),
        ('{ repository(owner: "acme", name: "api") { id { x } } }', "must have selections"),
        ('{ repository(owner: "acme", name: "api") { issues { totalCount } } }', "`first` or `last`"),
        ('{ repository(owner: "acme", name: "api") { issues(first: 101) { totalCount } } }', "limit of 100 records"),
        ("query($id: ID!) { node(id: $id) { id } }", "invalid value"),
        ("query($id: ID) { node(id: $id) { id } }", "invalid value"),
        ("{ node(id: $id) { id } }", "invalid value"),
        ("{ node(id: 1.5) { id } }", "invalid value"),
        ('{ repository(owner: "a", name: "b") { issues(first: 1, states: [DONE]) { totalCount } } }', "invalid value"),
        ('mutation { updateIssue(input: {title: "x"}) { issue { id } } }', "invalid value"),
        ("{ viewer { ...Nothing } }", "not defined"),
        ("{ viewer { ... on Nothing { id } } }", "No such type"),
        ("{ viewer { login ", "Expected"),
        ("{ viewer @include(if: true) { login } }", "directives"),
        ("subscription { x }", "Unknown operation"),
    ],
)
def test_documents_that_do_not_fit_are_refused_as_a_whole(github, text, word):
    answer = github.ask("POST", "/graphql", {"query": text})
    assert answer.status == 200
    assert "data" not in answer.json
    assert word in answer.json["errors"][0]["message"]


def test_what_the_published_schema_refuses_fails_a_validated_test(github, github_schema):
    assert github_schema.faults_of_query("{ viewer { shoeSize } }")
    assert github_schema.faults_of_query("query($id: ID) { node(id: $id) { id } }")
    assert not github_schema.faults_of_query("{ viewer { login } }")


@pytest.mark.parametrize(
    "answer",
    [
        {"viewer": {}},
        {"viewer": {"login": None}},
        {"viewer": {"login": 7}},
        {"viewer": {"login": "x", "id": "y"}},
        {"viewer": None},
    ],
)
def test_mutated_answers_are_refused(github_schema, answer):
    text = "{ viewer { login } }"
    assert not github_schema.faults_of_answer(text, {"data": {"viewer": {"login": "x"}}})
    assert github_schema.faults_of_answer(text, {"data": answer})


def test_nobody_in_particular_may_ask(github):
    refused = github.ask("POST", "/graphql", {"query": "{ viewer { login } }"}, token="")
    assert refused.status == 401


@pytest.mark.parametrize("body", [{}, {"query": 7}, [], b"{", {"query": "{ viewer { login } }", "variables": [1]}])
def test_malformed_requests(github, body):
    assert github.ask("POST", "/graphql", body).status == 400


def test_the_types_are_a_true_subset_of_the_published_schema(github_schema):
    assert github_schema.faults_of_subset(TYPES, INPUTS, ENUMS, POSSIBLE) == []


def test_one_operation_of_several_is_chosen_by_name(github):
    text = "query A { viewer { login } } query B { viewer { id } }"
    answer = github.ask("POST", "/graphql", {"query": text, "operationName": "B"})
    assert list(answer.json["data"]["viewer"]) == ["id"]
    assert "errors" in github.ask("POST", "/graphql", {"query": text}).json


def test_strings_of_every_form_are_read():
    text = (
        r'{ a(x: "q\"\\\u00e9\ud83d\ude00", y: """'
        + '\n    block "one"\n      two\n'
        + '""", n: -1, f: 1.5e3, l: [1, 2], o: {k: E}, t: true, z: null) }'
    )
    arguments = read(text).selection[0].arguments
    assert arguments["x"] == 'q"\\\u00e9\U0001f600'
    assert arguments["y"] == 'block "one"\n  two'
    assert (arguments["n"], arguments["f"], arguments["l"], arguments["t"], arguments["z"]) == (-1, 1500.0, [1, 2], True, None)


def test_a_syntax_fault_says_where():
    with pytest.raises(SyntaxFault) as fault:
        read("{\n  viewer(: }")
    assert (fault.value.line, fault.value.column) == (2, 10)


def test_every_document_of_the_connector_is_accepted_and_valid(github, ids, github_schema):
    from pmsync_github import queries

    texts = [
        queries.NODES,
        queries.IDS,
        queries.issue_ids([1, 2]),
        *(queries.update([step]) for step in queries.STEPS),
        queries.update(queries.STEPS),
    ]
    variables = {
        "id": ids[0],
        "ids": ids,
        "owner": "acme",
        "name": "api",
        "title": "t",
        "body": "b",
        "add": [],
        "remove": [],
        "assign": [],
        "unassign": [],
        "reason": "COMPLETED",
        "parent": ids[1],
        "orphan": ids[1],
    }
    for text in texts:
        assert github_schema.faults_of_query(text) == []
        assert "errors" not in github.graph(text, **variables), text
