"""The GraphQL face: reads, checks, prices and runs a document. Refusals for the hourly quota come with status 200, as documented."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pmsync.testing.emulator import Request, Response
from pmsync_github.emulation import graphql_values as values
from pmsync_github.emulation.auth import Caller
from pmsync_github.emulation.calls import Site
from pmsync_github.emulation.errors import ApiError, not_implemented
from pmsync_github.emulation.graphql_check import check
from pmsync_github.emulation.graphql_mutations import CONTENT
from pmsync_github.emulation.graphql_schema import POSSIBLE, TYPES, type_name
from pmsync_github.emulation.graphql_syntax import Document, Field, Fragment, Spread, SyntaxFault, read
from pmsync_github.emulation.graphql_types import Context, FieldFault
from pmsync_github.emulation.rest import caller_name, refusal

RESOURCE = "graphql"
Selection = tuple[Field | Fragment | Spread, ...]


class GraphQL:
    """Answers ``POST /graphql``."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def answer(self, request: Request, caller: Caller) -> Response:
        """Answer one request of a known caller."""
        try:
            response = Response.of(200, self._run(request, caller))
        except ApiError as refused:
            response = refusal(refused)
        quota = self._site.limits.quota(caller.key, RESOURCE)
        headers = {"x-github-media-type": "github.v4; format=json", **quota.headers(), **response.headers}
        return replace(response, headers=headers)

    def _run(self, request: Request, caller: Caller) -> dict[str, Any]:
        if request.method != "POST" or caller.kind == "app":
            raise not_implemented(f"{request.method} /graphql by {caller.kind}")
        if caller.kind == "anonymous":
            raise ApiError(401, "This endpoint requires you to be authenticated.")
        query, variables, operation = _posted(request)
        try:
            document = read(query, operation)
        except SyntaxFault as fault:
            return {"errors": [{"message": str(fault), "locations": [{"line": fault.line, "column": fault.column}]}]}
        limits = self._site.limits
        limits.secondary(caller.key, RESOURCE, 5 if document.kind == "mutation" else 1)
        variables = {one.name: one.default for one in document.variables if one.has_default} | variables
        report = check(document, variables)
        quota = limits.quota(caller.key, RESOURCE)
        if quota.remaining <= 0:
            message = f"API rate limit exceeded for {caller_name(caller, self._site)}."
            return {"errors": [{"type": "RATE_LIMITED", "message": message}]}
        if report.errors:
            return {"errors": report.errors}
        if created := _contents(document):
            limits.content(caller.key, created)
        limits.spend(caller.key, RESOURCE, report.cost)
        context = Context(self._site.world, caller, quota, report.cost, report.nodes)
        return _Runner(document, variables, context).run()


class _Runner:
    """Runs one checked document."""

    def __init__(self, document: Document, variables: Mapping[str, Any], context: Context) -> None:
        self._document = document
        self._variables = variables
        self._context = context
        self._errors: list[dict[str, Any]] = []

    def run(self) -> dict[str, Any]:
        """``data``, and ``errors`` where single fields failed."""
        root = "Mutation" if self._document.kind == "mutation" else "Query"
        answer: dict[str, Any] = {"data": self._object(self._document.selection, None, root, [])}
        if self._errors:
            answer["errors"] = self._errors
        return answer

    def _object(self, selection: Selection, thing: Any, declared: str, path: list[str | int]) -> dict[str, Any]:
        concrete = type_name(thing, declared)
        shown: dict[str, Any] = {}
        for part in self._fields(selection, concrete):
            value = self._field(part, thing, concrete, [*path, part.key])
            if isinstance(value, dict) and isinstance(shown.get(part.key), dict):
                value = shown[part.key] | value
            shown[part.key] = value
        return shown

    def _fields(self, selection: Selection, concrete: str) -> Iterator[Field]:
        for part in selection:
            if isinstance(part, Field):
                yield part
            elif isinstance(part, Spread):
                yield from self._fields((self._document.fragments[part.name],), concrete)
            elif part.on in ("", concrete) or concrete in POSSIBLE.get(part.on, ()):
                yield from self._fields(part.selection, concrete)

    def _field(self, part: Field, thing: Any, concrete: str, path: list[str | int]) -> Any:
        if part.name == "__typename":
            return concrete
        known = TYPES[concrete][part.name]
        try:
            value = known.resolve(self._context, thing, values.arguments(part.arguments, known.arguments, self._variables))
        except FieldFault as fault:
            return self._failed(fault, part, path)
        if known.type.startswith("["):
            return [self._value(one, part, known.named, [*path, index]) for index, one in enumerate(value)]
        return self._value(value, part, known.named, path)

    def _value(self, value: Any, part: Field, declared: str, path: list[str | int]) -> Any:
        if isinstance(value, FieldFault):
            return self._failed(value, part, path)
        if value is None or declared not in TYPES:
            return value
        return self._object(part.selection, value, declared, path)

    def _failed(self, fault: FieldFault, part: Field, path: list[str | int]) -> None:
        self._errors.append(
            {
                "type": fault.kind,
                "path": path,
                "locations": [{"line": part.line, "column": part.column}],
                "message": fault.message,
            }
        )


def _posted(request: Request) -> tuple[str, dict[str, Any], str | None]:
    try:
        content = request.json()
    except ValueError as broken:
        raise ApiError(400, "Problems parsing JSON") from broken
    if not isinstance(content, dict) or not isinstance(content.get("query"), str):
        raise ApiError(400, "A query attribute must be specified and must be a string.")
    variables = content.get("variables") or {}
    if not isinstance(variables, dict):
        raise ApiError(400, "Variables must be an object.")
    return content["query"], variables, content.get("operationName")


def _contents(document: Document) -> int:
    return sum(isinstance(part, Field) and part.name in CONTENT for part in document.selection)
