"""Holds the GitHub emulator to GitHub's own descriptions: REST answers to the OpenAPI description, GraphQL documents and answers to the SDL."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import graphql

from pmsync.net.clock import VirtualClock
from pmsync.testing.emulator import Emulator, Event, Request, Response
from pmsync_github.emulator import TOKEN, GitHubEmulator, GitHubKnobs

STATUSES = {
    301: "a renamed repository redirects every read below it",
    304: "GitHub answers conditional reads of any resource",
    307: "a renamed repository redirects other methods with 307 (octokit fixtures, rename-repository)",
    400: "unreadable JSON",
    401: "wrong, expired or missing credentials",
    403: "limits and missing permissions",
    404: "what is not there, or not to be seen or changed by the caller",
    410: "issues switched off; an API version no longer supported",
    422: "what a write asks for is not valid",
    429: "limits",
    501: "the emulator's own: not implemented",
    502: "a gateway's",
    503: "a gateway's",
}
UNDESCRIBED = re.compile(
    r"/app|/app/installations|/app/installations/\d+/access_tokens|/repos/[^/]+/[^/]+/(installation|collaborators/[^/]+/permission)"
)
"""Paths that GitHub has and the slimmed description has not; their shapes are checked by PyGithub's objects alone."""


class Schema:
    """GitHub's GraphQL schema."""

    def __init__(self, path: Path) -> None:
        sdl = gzip.decompress(path.read_bytes()).decode()
        self._schema = graphql.build_schema(sdl, assume_valid=True, assume_valid_sdl=True)

    def faults_of_query(self, text: str) -> list[str]:
        """What GitHub would refuse in a document."""
        try:
            document = graphql.parse(text)
        except graphql.GraphQLSyntaxError as fault:
            return [fault.message]
        return [fault.message for fault in graphql.validate(self._schema, document)]

    def faults_of_answer(self, text: str, answer: Mapping[str, Any], operation: str | None = None) -> list[str]:
        """What the schema does not allow in an answer: missing and extra keys, nulls where none may be, values of the wrong kind."""
        if answer.get("data") is None:
            return [] if answer.get("errors") else ["an answer without data and without errors"]
        document = graphql.parse(text)
        chosen = graphql.get_operation_ast(document, operation)
        assert chosen is not None
        fragments = {one.name.value: one for one in document.definitions if isinstance(one, graphql.FragmentDefinitionNode)}
        root = self._schema.mutation_type if chosen.operation is graphql.OperationType.MUTATION else self._schema.query_type
        failed = {tuple(error["path"]) for error in answer.get("errors", ()) if "path" in error}
        return list(_Walk(self._schema, fragments, failed).object(root, [chosen.selection_set], answer["data"], ()))

    def faults_of_subset(
        self, types: Mapping[str, Any], inputs: Mapping[str, Any], enums: Mapping[str, Any], possible: Mapping[str, Any]
    ) -> list[str]:
        """Where the emulator's types are not GitHub's: other names, kinds of answers, arguments, inputs, enumerations."""
        known, faults = self._schema.type_map, []
        for name, fields in types.items():
            for key, ours in fields.items():
                theirs = known[name].fields.get(key)
                if theirs is None:
                    faults.append(f"{name}.{key} does not exist")
                    continue
                shape = str(theirs.type).replace("!", "")
                faults += [f"{name}.{key} is {shape}, not {ours.type}"] if shape != ours.type else []
                taken = {argument: str(one.type) for argument, one in theirs.args.items()}
                for argument, kind in ours.arguments.items():
                    faults += [f"{name}.{key}({argument}) is {taken.get(argument)}"] if taken.get(argument) != kind else []
        for name, fields in inputs.items():
            theirs = {key: str(one.type) for key, one in known[name].fields.items()}
            faults += [f"{name} is {theirs}"] if theirs != fields else []
        faults += [f"{name} has other words" for name, words in enums.items() if not words <= set(known[name].values)]
        for name, objects in possible.items():
            theirs = {one.name for one in self._schema.get_possible_types(known[name])}
            faults += [f"{name} is not {objects - theirs}"] if not objects <= theirs else []
        return faults


class _Walk:
    def __init__(self, schema: graphql.GraphQLSchema, fragments: Mapping[str, Any], failed: set[tuple[Any, ...]]) -> None:
        self._schema = schema
        self._fragments = fragments
        self._failed = failed

    def object(self, type_: Any, sets: Sequence[Any], value: Mapping[str, Any], path: tuple[Any, ...]) -> Iterator[str]:
        if graphql.is_abstract_type(type_):
            named = value.get("__typename")
            type_ = self._schema.type_map[named] if named else type_
        fields: dict[str, list[Any]] = {}
        for one in sets:
            self._collect(type_, one, fields)
        # without __typename nobody can tell which fragments of an abstract type apply
        extra = set() if graphql.is_abstract_type(type_) else set(value) - set(fields)
        yield from (f"{[*path, key]}: nobody asked for it" for key in extra)
        for key, nodes in fields.items():
            if key not in value:
                if not graphql.is_abstract_type(type_):
                    yield f"{[*path, key]}: missing"
            elif nodes[0].name.value != "__typename":
                kind = type_.fields[nodes[0].name.value].type
                inner = [node.selection_set for node in nodes if node.selection_set]
                yield from self._value(kind, inner, value[key], (*path, key))

    def _value(self, kind: Any, sets: Sequence[Any], value: Any, path: tuple[Any, ...]) -> Iterator[str]:
        if graphql.is_non_null_type(kind):
            if value is None:
                yield f"{list(path)}: null, which the schema does not allow"
                return
            kind = kind.of_type
        if value is None:
            return
        if graphql.is_list_type(kind):
            for index, one in enumerate(value):
                yield from self._value(kind.of_type, sets, one, (*path, index))
        elif graphql.is_enum_type(kind):
            if value not in kind.values:
                yield f"{list(path)}: {value!r} is no {kind.name}"
        elif graphql.is_scalar_type(kind):
            if not _scalar(kind.name, value):
                yield f"{list(path)}: {value!r} is no {kind.name}"
        else:
            yield from self.object(kind, sets, value, path)

    def _collect(self, type_: Any, selection: Any, fields: dict[str, list[Any]]) -> None:
        for node in selection.selections:
            if isinstance(node, graphql.FieldNode):
                if node.name.value == "__typename" or node.name.value in getattr(type_, "fields", {}):
                    fields.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
                continue
            body = self._fragments[node.name.value] if isinstance(node, graphql.FragmentSpreadNode) else node
            wanted = self._schema.type_map[body.type_condition.name.value] if body.type_condition else type_
            if wanted is type_ or (graphql.is_abstract_type(wanted) and self._schema.is_sub_type(wanted, type_)):
                self._collect(type_, body.selection_set, fields)


def _scalar(name: str, value: Any) -> bool:
    if name == "Boolean":
        return isinstance(value, bool)
    if name == "Int":
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31
    if name == "Float":
        return isinstance(value, int | float)
    if name == "DateTime":
        return isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value) is not None
    return isinstance(value, str)


class Validated:
    """An emulator whose every answer is checked; the first fault fails the test that provoked it."""

    def __init__(self, emulator: Emulator, validator: Any, schema: Schema) -> None:
        self.inner = emulator
        self.checked: list[tuple[str, str, int, Any]] = []
        self.documents: list[str] = []
        self._validator = validator
        self._schema = schema

    @property
    def base_url(self) -> str:
        return self.inner.base_url

    @base_url.setter
    def base_url(self, value: str) -> None:
        self.inner.base_url = value

    @property
    def events(self) -> list[Event]:
        return self.inner.events

    def handle(self, request: Request) -> Response:
        """Answer, and check the answer."""
        response = self.inner.handle(request)
        faults = self._graphql(request, response) if request.path.endswith("/graphql") else self._rest(request, response)
        assert not faults, "\n".join(faults)
        return response

    def _rest(self, request: Request, response: Response) -> list[str]:
        path = re.sub(r"^(/api/v3)?/repositories/\d+", "/repos/owner/name", request.path).removeprefix("/api/v3")
        path = re.sub(r"(?<=/labels/)(.+)", lambda name: name[1].replace("/", "%2F"), path)
        broken = bool(response.body) and "json" not in response.headers.get("content-type", "")
        if UNDESCRIBED.fullmatch(path) or response.status >= 500 or broken:
            return []
        body = json.loads(response.body) if response.body else None
        self.checked.append((request.method, path, response.status, body))
        return list(self._validator.check(request.method, path, response.status, body))

    def _graphql(self, request: Request, response: Response) -> list[str]:
        if response.status != 200:
            return []
        sent = request.json()
        text, answer = sent["query"], json.loads(response.body)
        self.documents.append(text)
        refused = "data" not in answer and any("extensions" in error or "locations" in error for error in answer["errors"])
        faults = [] if refused else self._schema.faults_of_query(text)
        return faults or ([] if refused else self._schema.faults_of_answer(text, answer, sent.get("operationName")))


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    json: Any


class Desk:
    """A place to send requests from, and the side doors of the emulator (``server``)."""

    def __init__(self, validated: Callable[[Emulator], Validated]) -> None:
        self.clock = VirtualClock()
        self.server = GitHubEmulator(self.clock, GitHubKnobs())
        self.checked = validated(self.server)
        self.server.add_repo("acme/api")

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str = TOKEN,
        headers: Mapping[str, str] | None = None,
        **query: str,
    ) -> Answer:
        """Send one request; a path below acme/api may be given without it (``/issues``)."""
        whole = (
            path
            if path.startswith(("/repos/", "/repositories/", "/user", "/rate_limit", "/app", "/graphql"))
            else f"/repos/acme/api{path}"
        )
        sent = {"user-agent": "tests"} | ({"authorization": f"token {token}"} if token else {}) | dict(headers or {})
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        response = self.checked.handle(Request(method, whole, tuple(query.items()), sent, raw))
        text = response.body if "json" in response.headers.get("content-type", "") else b""
        return Answer(response.status, response.headers, json.loads(text) if text else None)

    def follow(self, url: str) -> Answer:
        """GET an address from a Link header."""
        from urllib.parse import parse_qsl, urlsplit

        parts = urlsplit(url)
        assert url.startswith(self.server.base_url)
        return self.ask("GET", parts.path, **dict(parse_qsl(parts.query)))

    def pages(self, path: str, **query: str) -> list[Any]:
        """Every item of a list, by its Link headers."""
        answer = self.ask("GET", path, **query)
        found = list(answer.json)
        while match := re.search(r'<([^>]+)>; rel="next"', answer.headers.get("link", "")):
            answer = self.follow(match[1])
            found += answer.json
        return found

    def graph(self, text: str, *, token: str = TOKEN, **variables: Any) -> Any:
        """Send a GraphQL document; the parsed answer."""
        answer = self.ask("POST", "/graphql", {"query": text, "variables": variables}, token=token)
        assert answer.status == 200, answer
        return answer.json

    def open(self, count: int, **fields: Any) -> list[Any]:
        """Issues opened by octocat, one second apart."""
        found = []
        for number in range(count):
            found.append(self.server.add_issue("acme/api", f"issue {number}", **fields))
            self.clock.sleep(1)
        return found

    def verbs(self) -> list[str]:
        """The ground truth so far, verbs alone."""
        return [event.verb for event in self.server.events]
