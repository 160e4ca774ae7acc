"""Checks a query before it runs: fields, arguments, page sizes; and prices it by the documented formula.

GitHub's formula: the requests needed to fulfil every connection, taking pages as full, divided by 100 and rounded, at least 1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pmsync_github.emulation import graphql_values as values
from pmsync_github.emulation.graphql_schema import TYPES
from pmsync_github.emulation.graphql_syntax import Definition, Document, Field, Fragment, Spread
from pmsync_github.emulation.graphql_types import FieldType

PAGE_MAX = 100
NODES_MAX = 500_000


@dataclass(slots=True)
class Report:
    """What the check found: faults that stop the query, and its price."""

    errors: list[dict[str, Any]] = field(default_factory=list)
    requests: int = 0
    nodes: int = 0

    @property
    def cost(self) -> int:
        """Points it takes from the hourly quota."""
        return max(1, math.floor(self.requests / 100 + 0.5))


def check(document: Document, variables: Mapping[str, Any]) -> Report:
    """Check a document with its variables."""
    return _Checker(document, variables).run()


class _Checker:
    def __init__(self, document: Document, variables: Mapping[str, Any]) -> None:
        self._document = document
        self._variables = variables
        self._declared: dict[str, Definition] = {one.name: one for one in document.variables}
        self._report = Report()

    def run(self) -> Report:
        for one in self._document.variables:
            self._variable(one)
        if not self._report.errors:
            root = "Mutation" if self._document.kind == "mutation" else "Query"
            self._selection(self._document.selection, root, 1, [self._document.kind])
        if self._report.nodes > NODES_MAX:
            self._fault(
                "MAX_NODE_LIMIT_EXCEEDED",
                f"This query requests up to {self._report.nodes} possible nodes, over {NODES_MAX}.",
                None,
                [],
            )
        return self._report

    def _variable(self, one: Definition) -> None:
        given = self._variables.get(one.name)
        missing = one.name not in self._variables and one.type.endswith("!")
        if not values.known_type(one.type) or missing or (one.name in self._variables and not values.fits(given, one.type)):
            self._report.errors.append({"message": f"Variable ${one.name} of type {one.type} was provided invalid value"})

    def _selection(self, selection: tuple[Field | Fragment | Spread, ...], type_: str, times: int, path: list[str]) -> None:
        for part in selection:
            if isinstance(part, Spread):
                body = self._document.fragments.get(part.name)
                if body is None:
                    self._fault("useAndDefineFragment", f"Fragment {part.name} was used, but not defined", None, path)
                else:
                    self._selection((body,), type_, times, path)
            elif isinstance(part, Fragment):
                if part.on and part.on not in TYPES:
                    self._fault("undefinedType", f"No such type {part.on}, so it can't be a fragment condition", None, path)
                else:
                    self._selection(part.selection, part.on or type_, times, path)
            elif part.name != "__typename":
                self._field(part, type_, times, [*path, part.key])

    def _field(self, part: Field, type_: str, times: int, path: list[str]) -> None:
        known = TYPES[type_].get(part.name)
        if known is None:
            extensions = {"code": "undefinedField", "typeName": type_, "fieldName": part.name}
            message = f"Field '{part.name}' doesn't exist on type '{type_}' (as far as this emulator implements it)"
            self._fault("undefinedField", message, part, path, extensions)
            return
        if not self._arguments(part, known, path):
            return
        if (known.named in TYPES) != bool(part.selection):
            message = (
                f"Field must have selections (field '{part.name}' returns {known.named} but {len(part.selection)} are selected)"
            )
            self._fault("selectionMismatch", message, part, path)
            return
        if part.selection:
            self._selection(part.selection, known.named, self._price(part, known, times, path), path)

    def _arguments(self, part: Field, known: FieldType, path: list[str]) -> bool:
        before = len(self._report.errors)
        for name, value in part.arguments.items():
            if name not in known.arguments:
                message = f"Field '{part.name}' doesn't accept argument '{name}'"
                self._fault("argumentNotAccepted", message, part, path)
            elif not values.written_fits(value, known.arguments[name], self._declared):
                message = (
                    f"Argument '{name}' on Field '{part.name}' has an invalid value. Expected type '{known.arguments[name]}'."
                )
                self._fault("argumentLiteralsIncompatible", message, part, path)
        for name, kind in known.arguments.items():
            if kind.endswith("!") and name not in part.arguments:
                self._fault("missingRequiredArguments", f"Field '{part.name}' is missing required arguments: {name}", part, path)
        return len(self._report.errors) == before

    def _price(self, part: Field, known: FieldType, times: int, path: list[str]) -> int:
        """How often what is below this field is asked for."""
        if known.type.startswith("[") and "ids" in part.arguments:
            count = len(values.arguments(part.arguments, known.arguments, self._variables).get("ids") or ())
            if count > PAGE_MAX:
                message = f"You may not provide more than {PAGE_MAX} node ids; you provided {count}."
                self._report.errors.append({"type": "ARGUMENT_LIMIT", "path": path[1:], "message": message})
            return times * max(1, count)
        if not known.pages:
            return times
        given = values.arguments(part.arguments, known.arguments, self._variables)
        name = "first" if given.get("first") is not None else "last"
        size = given.get(name)
        if size is None:
            message = f"You must provide a `first` or `last` value to properly paginate the `{part.name}` connection."
            self._report.errors.append({"type": "MISSING_PAGINATION_BOUNDARIES", "path": path[1:], "message": message})
            return times
        if not 0 <= size <= PAGE_MAX:
            message = (
                f"Requesting {size} records on the `{part.name}` connection exceeds the `{name}` limit of {PAGE_MAX} records."
            )
            self._report.errors.append({"type": "EXCESSIVE_PAGINATION", "path": path[1:], "message": message})
            return times
        self._report.requests += times
        self._report.nodes += times * int(size)
        return times * max(1, int(size))

    def _fault(
        self, code: str, message: str, part: Field | None, path: list[str], extensions: dict[str, str] | None = None
    ) -> None:
        fault: dict[str, Any] = {"path": path, "extensions": extensions or {"code": code}, "message": message}
        if part is not None:
            fault["locations"] = [{"line": part.line, "column": part.column}]
        self._report.errors.append(fault)
