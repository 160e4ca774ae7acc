"""What pydantic finds, in the words of the config: real paths, the valid names of that very place, and never a value that is secret."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretBytes, SecretStr, ValidationError

from pmsync.config.problems import Path, Problems, kind_of, nearest, quoted

_WANTED = {
    "string": "a text",
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number",
    "bool": "true or false",
    "list": "a list",
    "tuple": "a list",
    "set": "a list",
    "frozen_set": "a list",
    "dict": "a mapping",
    "mapping": "a mapping",
    "model": "a mapping",
    "model_attributes": "a mapping",
}
"""By pydantic's error type without its ending."""

_ENDING = re.compile("_(type|parsing|from_float)$")
_OPTION = re.compile(r"'([^']*)'")


def take(problems: Problems, prefix: Path, error: ValidationError, model: type[BaseModel], given: Any) -> list[Path]:
    """Note everything that pydantic found in ``given``, which stands at ``prefix`` and was read as ``model``; returns where, below ``prefix``.

    Where the very value already has a problem (a reference that leads nowhere), nothing is added: it would be the same in other words.
    """
    found: dict[Path, _Finding] = {}
    for detail in error.errors(include_url=False, include_input=True):
        path, value = _real(detail["loc"], detail["type"], given)
        found.setdefault(path, _Finding(value)).note(detail, known_keys(model, path[:-1]), path)
    for path in [path for path in found if not problems.at(prefix + path)]:
        for message, hint in found[path].words():
            problems.add(prefix + path, message, hint)
    return list(found)


@dataclass(slots=True)
class _Finding:
    """All that was found at one place: pydantic tells of each branch of a union by itself."""

    value: Any
    options: dict[str, None] = field(default_factory=dict)
    wanted: dict[str, None] = field(default_factory=dict)
    others: list[tuple[str, str]] = field(default_factory=list)

    def note(self, detail: Mapping[str, Any], known: Sequence[str], path: Path) -> None:
        """Sort in one finding of pydantic's."""
        kind, context, last = str(detail["type"]), detail.get("ctx") or {}, str(path[-1]) if path else ""
        if kind in ("enum", "literal_error"):
            options = _OPTION.findall(str(context.get("expected", "")))
            if detail["loc"][-1] == "[key]":
                self.others.append((f"unknown key {quoted(last)}", nearest(last, options)))
            else:
                self.options |= dict.fromkeys(options)
        elif kind == "extra_forbidden":
            self.others.append((f"unknown key {quoted(last)}", nearest(last, known)))
        elif kind == "missing":
            self.others.append(("is missing", f"add {last}: ..."))
        elif (wanted := _WANTED.get(_ENDING.sub("", kind))) is not None:
            self.wanted[wanted] = None
        elif kind in ("value_error", "assertion_error"):
            self.others.append((str(context.get("error", detail["msg"])), ""))
        elif kind in ("string_too_short", "too_short") and not self.value:
            self.others.append(("is empty", ""))
        else:
            message = str(detail["msg"])
            self.others.append((message[:1].lower() + message[1:], ""))

    def words(self) -> Iterator[tuple[str, str]]:
        """Message and hint of each thing that is wrong."""
        yield from self.others
        if self.options and isinstance(self.value, str):
            yield f"unknown value {quoted(self.value)}", nearest(self.value, self.options)
        elif self.options and not self.wanted:
            yield f"is {kind_of(self.value)}, which is no value here", "valid here: " + ", ".join(self.options)
        elif self.wanted and not self.others:
            yield _mismatch(self.value, " or ".join(self.wanted))


def _mismatch(value: Any, wanted: str) -> tuple[str, str]:
    unquoted = "a text" in wanted and isinstance(value, int | float)
    hint = "put it in quotes" if unquoted else "remove the key or give it a value" if value is None else ""
    return f"is {kind_of(value)} where {wanted} is wanted", hint


def _real(loc: Sequence[str | int], kind: str, given: Any) -> tuple[Path, Any]:
    """The path in the document, and what stands there: pydantic mixes the names of validators and union branches into its own."""
    path: list[str | int] = []
    value = given
    for index, part in enumerate(loc):
        within = isinstance(value, dict) and part in value
        if within or (isinstance(value, list) and isinstance(part, int) and part < len(value)):
            value = value[part]
            path.append(part)
        elif kind == "missing" and index == len(loc) - 1 and isinstance(value, dict):
            path.append(part)
    return tuple(path), value


def known_keys(model: Any, path: Path) -> list[str]:
    """The keys that are valid at ``path`` within ``model``, as the config spells them."""
    places = [model]
    for part in path:
        places = [below for place in places for below in _below(place, part)]
    models = [branch for place in places for branch in _branches(place) if _is(branch, BaseModel)]
    return [alias for one in models for alias in _aliases(one)]


def secret_texts(annotation: Any, given: Any) -> Iterator[str]:
    """The texts in ``given`` that ``annotation`` declares secret, whether or not the rest of it is valid."""
    for branch in _branches(annotation):
        if isinstance(given, str) and _is(branch, SecretStr, SecretBytes):
            yield given
    pairs = given.items() if isinstance(given, dict) else enumerate(given) if isinstance(given, list) else ()
    for part, value in pairs:
        for below in _below(annotation, part):
            yield from secret_texts(below, value)


def _branches(annotation: Any) -> Iterator[Any]:
    """The types that ``annotation`` allows, unwrapped from unions and annotations."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _branches(arguments[0])
    elif origin is Union or isinstance(annotation, types.UnionType):
        for argument in arguments:
            yield from _branches(argument)
    else:
        yield annotation


def _below(annotation: Any, part: str | int) -> Iterator[Any]:
    """What ``annotation`` allows one step further down."""
    for branch in _branches(annotation):
        origin, arguments = get_origin(branch), get_args(branch)
        if _is(branch, BaseModel):
            aliases = _aliases(branch)
            if part in aliases:
                yield list(branch.model_fields.values())[aliases.index(str(part))].annotation
        elif _is(origin, Mapping) and len(arguments) == 2:
            yield arguments[1]
        elif _is(origin, Sequence, AbstractSet) and arguments and isinstance(part, int):
            yield arguments[0]


def _aliases(model: type[BaseModel]) -> list[str]:
    return [info.alias or name for name, info in model.model_fields.items()]


def _is(thing: Any, *classes: type) -> bool:
    return isinstance(thing, type) and get_origin(thing) is None and issubclass(thing, classes)
