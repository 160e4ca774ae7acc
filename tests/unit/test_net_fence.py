"""The read-only fence and the judgement what a read is."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from pmsync.connect.errors import Park, WriteRefused
from pmsync.net.fence import Fence, FencedTransport, is_read
from pmsync.net.graphql import is_query
from pmsync.net.http import Call, ReadRule

READS = [ReadRule("POST", re.compile(r"/search/jql")), ReadRule("POST", re.compile(r"/graphql"), is_query)]
OK = httpx.Response(200, json={})


def test_a_fence_is_open_unless_told_otherwise() -> None:
    assert not Fence().read_only
    assert Fence(read_only=True).read_only


def test_closed_blocks_nest_and_open_again_after_an_error() -> None:
    fence = Fence()

    def fail() -> None:
        with fence.closed():
            assert fence.read_only
            raise RuntimeError

    with pytest.raises(RuntimeError), fence.closed():
        fail()
    assert not fence.read_only
    with fence.closed():
        with fence.closed():
            pass
        assert fence.read_only


def test_closing_a_fence_that_is_always_down_does_not_open_it() -> None:
    fence = Fence(read_only=True)
    with fence.closed():
        pass
    assert fence.read_only


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reads_pass_the_fence(wire: Callable[..., Any], method: str) -> None:
    server = wire(OK, fence=Fence(read_only=True))
    server.http().send(Call(method, "/x", "x"))
    assert len(server.sent) == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "QUERY", "get!"])
def test_what_is_no_read_is_refused_and_nothing_is_sent(wire: Callable[..., Any], method: str) -> None:
    server = wire(OK, fence=Fence(read_only=True))
    with pytest.raises(WriteRefused):
        server.http(reads=READS).send(Call(method, "/issue/1", "x", json={}))
    assert server.sent == []
    assert server.calls == []


@pytest.mark.parametrize("base", ["https://acme.test", "https://acme.test/jira"])
def test_a_search_by_post_passes_below_any_base_path(wire: Callable[..., Any], base: str) -> None:
    server = wire(OK, fence=Fence(read_only=True), base_url=base)
    server.http(reads=READS).send(Call("POST", "/search/jql?x=1", "x", json={"jql": ""}))
    assert len(server.sent) == 1


@pytest.mark.parametrize("path", ["/search/jql/1", "/xsearch/jql", "/search", "/search%2Fjql", "/search/jql/../jqlx"])
def test_a_rule_must_match_the_whole_path(wire: Callable[..., Any], path: str) -> None:
    server = wire(OK, fence=Fence(read_only=True))
    with pytest.raises(WriteRefused):
        server.http(reads=READS).send(Call("POST", path, "x", json={"jql": ""}))


def test_a_graphql_query_passes_the_fence_and_a_mutation_is_refused(wire: Callable[..., Any]) -> None:
    server = wire(OK, fence=Fence(read_only=True))
    http = server.http(reads=READS)
    http.send(Call("POST", "/graphql", "query:me", json={"query": "query { viewer { login } }"}))
    with pytest.raises(WriteRefused):
        http.send(
            Call(
                "POST",
                "/graphql",
                "mutation:close",
                json={"query": 'mutation { closeIssue(input: {issueId: "1"}) { issue { id } } }'},
            )
        )
    assert len(server.sent) == 1


def test_a_body_that_is_not_json_is_no_read() -> None:
    assert not is_read("POST", "/graphql", b"query { viewer { login } }", READS)
    assert not is_read("POST", "/graphql", b"", READS)


def test_the_fence_stands_below_the_client() -> None:
    """Whoever sends through the transport is held, whatever it believes about its request."""

    def never(_: httpx.Request) -> httpx.Response:
        pytest.fail("it was sent")

    fenced = FencedTransport(httpx.MockTransport(never), Fence(read_only=True), [])
    with httpx.Client(transport=fenced) as client, pytest.raises(WriteRefused):
        client.delete("https://acme.test/issue/1")


def test_a_refused_write_costs_no_pacing_and_is_not_hidden_by_a_rest(wire: Callable[..., Any]) -> None:
    server = wire(httpx.Response(429, headers={"retry-after": "999", "x-reach": "system"}))
    http = server.http(write_gap=5.0)
    with pytest.raises(Park):
        http.send(Call("GET", "/x", "x"))
    with server.fence.closed():
        for _ in range(3):
            with pytest.raises(WriteRefused):
                http.send(Call("PUT", "/x", "x", json={}))
    assert server.waited == 0


def test_the_fence_may_come_down_between_two_calls_of_one_client(wire: Callable[..., Any]) -> None:
    server = wire(OK)
    http = server.http()
    http.send(Call("PUT", "/issue/1", "x", json={}))
    with server.fence.closed(), pytest.raises(WriteRefused):
        http.send(Call("PUT", "/issue/1", "x", json={}))
    http.send(Call("PUT", "/issue/1", "x", json={}))
    assert len(server.sent) == 2


@pytest.mark.parametrize(
    "document",
    [
        "{ viewer { login } }",
        "query Q($a: [Int!] = [1]) @cached { mutation(x: $a) { subscription } }",
        "fragment F on Issue { id } query { node(id: 1) { ...F } }",
        '# mutation {x}\nquery { search(query: "} mutation { x") { id } }',
        'query { search(query: """ } mutation " {x} \\""" { """) { id } }',
    ],
)
def test_queries_are_known_as_queries(document: str) -> None:
    assert is_query({"query": document})


@pytest.mark.parametrize(
    "body",
    [
        {"query": "mutation { x }"},
        {"query": "query { a } mutation { x }"},
        {"query": "# query\nmutation M($a: Int) { x }"},
        {"query": "\ufeffmutation{x}"},
        {"query": 'query { a(b: "\\"") } mutation { x }'},
        {"query": 'query { a(b: """x\\"""y""") } mutation { x }'},
        {"query": "subscription { x }"},
        {"query": "fragment F on Issue { id }\nmutation { x }"},
        {"query": "query { a"},
        {"query": 'query { a(b: "unfinished) } '},
        {"query": ""},
        {"query": None},
        {"id": "persisted-mutation"},
        [],
        [{"query": "{ a }"}],
        "query { a }",
        None,
    ],
)
def test_anything_else_is_no_query(body: object) -> None:
    """A batch, a persisted document or a document that cannot be read through is refused: in doubt it is no read."""
    assert not is_query(body)


def test_a_fragment_named_like_an_operation_is_refused_rather_than_misread() -> None:
    assert not is_query({"query": "query mutation { a }"})
