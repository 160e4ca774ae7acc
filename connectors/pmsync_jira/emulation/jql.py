"""The meaning of the JQL subset: a tree to a predicate over issues and an order.

Bare dates are read in the zone of the calling account, to the minute; numbers are epoch milliseconds. ``!=`` and ``not in`` leave out
issues where the field is empty, as Jira does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import partial
from typing import Any

from pmsync_jira.emulation.errors import bad_request
from pmsync_jira.emulation.jql_parse import Both, Clause, Either, Negation, Node, Operand, Order, parse
from pmsync_jira.emulation.records import CATEGORIES, Issue, Person
from pmsync_jira.emulation.render import Renderer, zone
from pmsync_jira.emulation.state import State

Predicate = Callable[[Issue], bool]
SortKey = Callable[[Issue], Any]

RELATIVE = re.compile(r"([+-]?\d+)([wdhm])")
UNITS = {"w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000}
MINUTE = 60_000
FORMATS = ("%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M", "%Y/%m/%d", "%Y-%m-%d")
COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
}
ALIASES = {"issuekey": "key", "issue": "key", "type": "issuetype", "createddate": "created", "updateddate": "updated"}


@dataclass(frozen=True, slots=True)
class Query:
    """A query ready to run."""

    matches: Predicate
    order: tuple[tuple[SortKey, bool], ...]
    """Sort keys, each with whether it descends; the id decides last, so that the order is total."""


def compile_query(text: str, state: State, reader: Person) -> Query:
    """Prepare a query for one reader, at this moment.

    Raises:
        Refusal: 400 for syntax, unknown values, and queries that nothing restricts.
    """
    parsed = parse(text)
    if parsed.where is None:
        raise bad_request("Unbounded JQL queries are not allowed here. Please add a search restriction to your query.")
    compiler = _Compiler(state, reader)
    keys = [(_sort_key(state, order), order.descending) for order in parsed.order]
    last_descends = keys[-1][1] if keys else True
    return Query(compiler.node(parsed.where), (*keys, (lambda issue: issue.id, last_descends)))


def _sort_key(state: State, order: Order) -> SortKey:
    name = ALIASES.get(order.field, order.field)
    keys: Mapping[str, SortKey] = {
        "updated": lambda issue: issue.updated,
        "created": lambda issue: issue.created,
        "id": lambda issue: issue.id,
        "key": lambda issue: _key_order(issue.key),
    }
    if name not in keys:
        raise bad_request(f"This stand-in does not sort by '{order.field}'.")
    return keys[name]


def _key_order(key: str) -> tuple[str, int]:
    project, _, number = key.rpartition("-")
    return project, int(number)


def _unknown(clause: Clause, value: str) -> Exception:
    return bad_request(f"The value '{value}' does not exist for the field '{clause.field}'.")


class _Compiler:
    def __init__(self, state: State, reader: Person) -> None:
        self._state = state
        self._reader = reader
        self._renderer: Renderer = state.edition.renderer(state, reader)

    def node(self, node: Node) -> Predicate:
        match node:
            case Both(parts):
                every = [self.node(part) for part in parts]
                return lambda issue: all(part(issue) for part in every)
            case Either(parts):
                some = [self.node(part) for part in parts]
                return lambda issue: any(part(issue) for part in some)
            case Negation(part):
                inner = self.node(part)
                return lambda issue: not inner(issue)
            case Clause():
                return self._clause(node)

    def _clause(self, clause: Clause) -> Predicate:
        name = ALIASES.get(clause.field, clause.field)
        if name in {"updated", "created"}:
            return self._moment(clause, name)
        if name == "key" and clause.operator in COMPARE:
            return self._key_range(clause)
        lookups: Mapping[str, tuple[Callable[[Issue], tuple[Any, ...]], Callable[[Clause, Operand], Any]]] = {
            "project": (lambda issue: (issue.project,), self._project),
            "key": (lambda issue: (issue.id,), self._issue),
            "id": (lambda issue: (issue.id,), self._issue),
            "labels": (lambda issue: tuple(map(str.lower, issue.labels)), self._label),
            "component": (lambda issue: issue.components, self._component),
            "fixversion": (lambda issue: issue.fix_versions, self._version),
            "issuetype": (lambda issue: (issue.issue_type,), partial(self._named, self._state.catalogue.issue_types)),
            "status": (lambda issue: (issue.status,), partial(self._named, self._state.catalogue.statuses)),
            "statuscategory": (lambda issue: (self._state.catalogue.statuses[issue.status].category,), self._category),
            "priority": (lambda issue: _one(issue.priority), partial(self._named, self._state.catalogue.priorities)),
            "resolution": (lambda issue: _one(issue.resolution), self._resolution),
            "creator": (lambda issue: (issue.creator,), self._person),
            "assignee": (lambda issue: _one(issue.assignee), self._person),
            "reporter": (lambda issue: _one(issue.reporter), self._person),
        }
        if name not in lookups:
            raise bad_request(f"Field '{clause.field}' does not exist or you do not have permission to view it.")
        values, resolve = lookups[name]
        return self._membership(clause, values, resolve)

    def _membership(
        self,
        clause: Clause,
        values: Callable[[Issue], tuple[Any, ...]],
        resolve: Callable[[Clause, Operand], frozenset[Any]],
    ) -> Predicate:
        if clause.operator == "empty":
            return lambda issue: not values(issue)
        if clause.operator == "not empty":
            return lambda issue: bool(values(issue))
        if clause.operator not in {"=", "in", "!=", "not in"}:
            raise bad_request(f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.")
        wanted = frozenset[Any]().union(*(resolve(clause, operand) for operand in clause.operands))
        if clause.operator in {"=", "in"}:
            return lambda issue: not wanted.isdisjoint(values(issue))
        return lambda issue: bool(values(issue)) and wanted.isdisjoint(values(issue))

    def _moment(self, clause: Clause, name: str) -> Predicate:
        if clause.operator not in COMPARE:
            raise bad_request(f"This stand-in does not support the operator '{clause.operator}' for '{clause.field}'.")
        compare = COMPARE[clause.operator]
        bound = self._instant(clause, clause.operands[0])
        if name == "updated":
            return lambda issue: compare(issue.updated, bound)
        return lambda issue: compare(issue.created, bound)

    def _instant(self, clause: Clause, operand: Operand) -> int:
        text = operand.text.strip()
        if operand.kind == "function":
            raise bad_request(f"This stand-in does not know the function '{operand.text}' here.")
        if operand.kind == "word" and text.isdecimal():
            return int(text)
        relative = RELATIVE.fullmatch(text)
        if relative:
            moment = self._state.now_ms() + int(relative[1]) * UNITS[relative[2]]
            return moment // MINUTE * MINUTE
        where: tzinfo = zone(self._renderer.time_zone)
        if text.endswith(" UTC"):
            text, where = text.removesuffix(" UTC"), UTC
        for shape in FORMATS:
            try:
                return int(datetime.strptime(text, shape).replace(tzinfo=where).timestamp()) * 1000
            except ValueError:
                continue
        raise bad_request(
            f"Date value '{operand.text}' for field '{clause.field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
            "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
        )

    def _key_range(self, clause: Clause) -> Predicate:
        entry = self._state.entry(clause.operands[0].text)
        if entry is None:
            raise bad_request(f"An issue with key '{clause.operands[0].text}' does not exist for field '{clause.field}'.")
        compare, bound, project = COMPARE[clause.operator], _key_order(entry.current.key), entry.current.project
        return lambda issue: issue.project == project and compare(_key_order(issue.key), bound)

    def _project(self, clause: Clause, operand: Operand) -> frozenset[str]:
        found = self._state.project(operand.text)
        if found is None:
            name = operand.text.lower()
            found = next((project for project in self._state.projects.values() if project.name.lower() == name), None)
        if found is None or not self._state.may("BROWSE_PROJECTS", found):
            raise _unknown(clause, operand.text)
        return frozenset({found.id})

    def _issue(self, clause: Clause, operand: Operand) -> frozenset[int]:
        entry = self._state.entry(operand.text)
        if entry is None or not self._state.visible(entry):
            raise bad_request(f"An issue with key '{operand.text}' does not exist for field '{clause.field}'.")
        return frozenset({entry.current.id})

    def _label(self, clause: Clause, operand: Operand) -> frozenset[str]:
        return frozenset({operand.text.lower()})

    def _component(self, clause: Clause, operand: Operand) -> frozenset[str]:
        return self._by_name(clause, operand, self._state.catalogue.components)

    def _version(self, clause: Clause, operand: Operand) -> frozenset[str]:
        versions = self._state.catalogue.versions
        return self._by_name(clause, operand, {id_: version.name for id_, version in versions.items()})

    def _resolution(self, clause: Clause, operand: Operand) -> frozenset[str]:
        return self._by_name(clause, operand, self._state.catalogue.resolutions)

    def _category(self, clause: Clause, operand: Operand) -> frozenset[str]:
        names = {key: name for key, (_, _, name) in CATEGORIES.items()}
        by_id = next((key for key, (number, _, _) in CATEGORIES.items() if str(number) == operand.text), None)
        return frozenset({by_id}) if by_id else self._by_name(clause, operand, names)

    def _named(self, table: Mapping[str, Any], clause: Clause, operand: Operand) -> frozenset[str]:
        return self._by_name(clause, operand, {id_: thing.name for id_, thing in table.items()})

    def _by_name(self, clause: Clause, operand: Operand, names: Mapping[str, str]) -> frozenset[str]:
        if operand.kind == "function":
            raise bad_request(f"This stand-in does not know the function '{operand.text}' here.")
        wanted = operand.text.lower()
        found = {id_ for id_, name in names.items() if wanted in {name.lower(), self._renderer.local(name).lower()}}
        if operand.text in names:
            found.add(operand.text)
        if not found:
            raise _unknown(clause, operand.text)
        return frozenset(found)

    def _person(self, clause: Clause, operand: Operand) -> frozenset[str]:
        if operand.kind == "function":
            if operand.text != "currentuser":
                raise bad_request(f"This stand-in does not know the function '{operand.text}' here.")
            return frozenset({self._reader.account_id})
        if operand.text not in self._state.people:
            raise _unknown(clause, operand.text)
        return frozenset({operand.text})


def _one(value: str | None) -> tuple[str, ...]:
    return () if value is None else (value,)
