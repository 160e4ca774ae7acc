"""Strict validation of an emulator's answers against a vendor's OpenAPI 3.0 description.

What the description declares must hold, and what it does not declare must not be there: objects with declared properties take no others.
Where a description is known to be too narrow, an ``Amendment`` says so with its reason; there is no other way to be let off.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args, get_type_hints

import jsonschema_rs
import msgspec

Schema = dict[str, Any]
DATE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})")
FORMATS: Mapping[str, Callable[[str], bool]] = {
    "date-time": lambda text: DATE_TIME.fullmatch(text) is not None,
    "date": lambda text: re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) is not None,
    "uri": lambda text: re.match(r"[a-z][a-z0-9+.-]*:", text) is not None,
}
IGNORED = frozenset(
    {
        "description",
        "example",
        "examples",
        "xml",
        "title",
        "deprecated",
        "readOnly",
        "writeOnly",
        "discriminator",
        "default",
        "externalDocs",
    }
)
COMPOSITIONS = ("allOf", "oneOf", "anyOf")


@dataclass(frozen=True, slots=True)
class Amendment:
    """A place where the description is narrower (or vaguer) than the vendor's well-known behaviour.

    ``schema`` names a component, or an answer as ``GET /path 200``. ``merge`` is merged into it, deeply; lists are
    replaced, and None takes a keyword away. ``opened``:
    the component takes properties that it does not declare.
    """

    schema: str
    reason: str
    merge: Mapping[str, Any] = field(default_factory=dict)
    opened: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """What is known beside the description.

    ``statuses``: answers that any operation may give though none declares them, each with its reason. ``reads``: ``GET /path`` to the
    fields that our client reads of its successful answer, as ``issues[].fields.status``; such a field must be there wherever its parent is.
    """

    amendments: Sequence[Amendment] = ()
    statuses: Mapping[int, str] = field(default_factory=dict)
    reads: Mapping[str, Sequence[str]] = field(default_factory=dict)


class Validator:
    """Checks answers. With ``strict`` off, undeclared properties are let through."""

    def __init__(self, spec: Mapping[str, Any], strict: bool = True, rules: Rules | None = None) -> None:
        self._rules = rules or Rules()
        self._paths: Mapping[str, Any] = spec["paths"]
        self._templates: list[tuple[str, re.Pattern[str]]] = [(template, _pattern(template)) for template in self._paths]
        self._templates.sort(key=lambda pair: (pair[0].count("{"), -len(pair[0])))
        self._converter = _Converter(spec, self._rules.amendments, strict=strict)
        self._cache: dict[tuple[str, str, int], Any] = {}

    def check(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """What is wrong with an answer; empty when nothing is. ``body`` is the parsed JSON, None for an empty body."""
        template = self.template(method, path)
        if template is None:
            return [] if status in self._rules.statuses else [f"{method} {path} is not described"]
        declared = self._paths[template][method.lower()]["responses"]
        if str(status) not in declared:
            return [] if status in self._rules.statuses else [f"{method} {template} declares no status {status}"]
        key = (method, template, status)
        if key not in self._cache:
            self._cache[key] = self._compiled(declared[str(status)], f"{method} {template} {status}")
        faults = self._faults(self._cache[key], body)
        reads = self._rules.reads.get(f"{method} {template}", ()) if status < 300 else ()
        missing = [f"{read}: our client reads it, and it is missing" for read in reads if _lacks(body, read)]
        return [f"{method} {template} {status}: {fault}" for fault in (*faults, *missing)]

    def template(self, method: str, path: str) -> str | None:
        """The described path that a request's path is an instance of; literal paths win over those with parameters."""
        for template, pattern in self._templates:
            if method.lower() in self._paths[template] and pattern.fullmatch(path):
                return template
        return None

    def _compiled(self, response: Mapping[str, Any], name: str) -> Any:
        response = self._converter.resolved(response)
        contents = [content for kind, content in response.get("content", {}).items() if "json" in kind]
        schema = contents[0].get("schema") if contents else None
        amended = self._converter.amended(name, schema or {})
        if not amended:
            return "any" if schema is not None else None
        whole = self._converter.closure(amended)
        return jsonschema_rs.Draft202012Validator(whole, validate_formats=True, formats=dict(FORMATS))

    def _faults(self, compiled: Any, body: Any) -> list[str]:
        if compiled is None or compiled == "any":
            return []
        if body is None and not compiled.is_valid(None):
            return ["a body is declared, and there is none"]
        return [_shown(error) for error in compiled.iter_errors(body)]


def _shown(error: Any) -> str:
    place = "/".join(str(part) for part in error.instance_path)
    return f"/{place}: {error.message[:300]}"


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"(\{[^}]+\})", template)
    return re.compile("".join("[^/]+" if part.startswith("{") else re.escape(part) for part in parts))


def _lacks(body: Any, read: str) -> bool:
    """Whether the field is missing somewhere where its parent is present."""
    *parents, last = read.split(".")
    return any(isinstance(parent, Mapping) and last.removesuffix("[]") not in parent for parent in _walk(body, parents))


def _walk(value: Any, names: Sequence[str]) -> Iterator[Any]:
    if not names:
        yield value
        return
    name, rest = names[0], names[1:]
    inner = value if name == "[]" else value.get(name.removesuffix("[]")) if isinstance(value, Mapping) else None
    if not name.endswith("[]"):
        yield from _walk(inner, rest) if inner is not None else ()
    elif isinstance(inner, Mapping):  # a map of things: ``permissions[]``
        for one in inner.values():
            yield from _walk(one, rest)
    else:
        for one in inner or ():
            yield from _walk(one, rest)


class _Converter:
    """OpenAPI 3.0 schemas to JSON Schema 2020-12, closed where ``strict``."""

    def __init__(self, spec: Mapping[str, Any], amendments: Iterable[Amendment], *, strict: bool) -> None:
        self._spec = spec
        self._components: dict[str, Schema] = dict(spec.get("components", {}).get("schemas", {}))
        self._strict = strict
        self._amendments = {amendment.schema: amendment for amendment in amendments}
        for name, schema in list(self._components.items()):
            self._components[name] = self.amended(name, schema)

    def resolved(self, thing: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow a reference to a shared response."""
        if "$ref" not in thing:
            return thing
        found: Any = self._spec
        for part in thing["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return self.resolved(found)

    def amended(self, name: str, schema: Schema) -> Schema:
        """A schema with what is known beside the description."""
        amendment = self._amendments.get(name)
        if amendment is None:
            return schema
        merged = _merged(schema, amendment.merge)
        return {**merged, "additionalProperties": {}} if amendment.opened else merged

    def closure(self, schema: Schema) -> Schema:
        """A whole JSON Schema with the definitions it needs."""
        whole = self._convert(schema, closed=True)
        definitions: dict[str, Schema] = {}
        waiting = list(_references(whole))
        while waiting:
            name = waiting.pop()
            if name in definitions:
                continue
            component, is_open = name.removesuffix("~open"), name.endswith("~open")
            definitions[name] = self._convert(self._components[component], closed=not is_open)
            waiting.extend(_references(definitions[name]))
        return {**whole, "$defs": definitions}

    def _convert(self, schema: Schema, *, closed: bool) -> Schema:
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return {"$ref": f"#/$defs/{name}" if closed else f"#/$defs/{name}~open"}
        made = {name: value for name, value in schema.items() if name not in IGNORED and name not in {*COMPOSITIONS, "nullable"}}
        parts = [(kind, schema[kind]) for kind in COMPOSITIONS if kind in schema]
        composed = bool(parts) and (bool(schema.get("properties")) or schema.get("additionalProperties") is False)
        composed = composed or any(kind == "allOf" and len(inner) > 1 for kind, inner in parts)
        for kind, inner in parts:
            # alternatives overlap in real descriptions: one that fits is enough
            made["anyOf" if kind == "oneOf" else kind] = [self._convert(one, closed=closed and not composed) for one in inner]
        self._properties(made, schema)
        self._close(made, schema, closed=closed, composed=composed)
        self._exclusive(made)
        return {"anyOf": [made, {"type": "null"}]} if schema.get("nullable") else made

    def _properties(self, made: Schema, schema: Schema) -> None:
        if "properties" in schema:
            made["properties"] = {name: self._convert(one, closed=True) for name, one in schema["properties"].items()}
        if isinstance(schema.get("items"), dict):
            made["items"] = self._convert(schema["items"], closed=True)
        if isinstance(schema.get("additionalProperties"), dict):
            made["additionalProperties"] = self._convert(schema["additionalProperties"], closed=True)
        if isinstance(schema.get("not"), dict):
            made["not"] = self._convert(schema["not"], closed=False)

    def _close(self, made: Schema, schema: Schema, *, closed: bool, composed: bool) -> None:
        declared = schema.get("additionalProperties")
        if declared in (True, False):
            made.pop("additionalProperties")
        if isinstance(declared, dict):
            return
        shut = declared is False or (self._strict and (bool(schema.get("properties")) or composed))
        if shut and closed:
            made["unevaluatedProperties" if composed else "additionalProperties"] = False

    def _exclusive(self, made: Schema) -> None:
        for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
            if isinstance(made.get(exclusive), bool) and made.pop(exclusive):
                made[exclusive] = made.pop(bound)


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"].removeprefix("#/$defs/")
        for inner in schema.values():
            yield from _references(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _references(inner)


def _merged(schema: Mapping[str, Any], patch: Mapping[str, Any]) -> Schema:
    made = dict(schema)
    for name, value in patch.items():
        known = made.get(name)
        made[name] = _merged(known, value) if isinstance(known, Mapping) and isinstance(value, Mapping) else value
    return {name: value for name, value in made.items() if value is not None}


def reads_of(type_: Any, *, optional: Iterable[str] = (), prefix: str = "") -> list[str]:
    """Every field that a msgspec struct decodes, by its name on the wire, as ``Rules.reads`` wants them.

    ``optional`` names (as full paths) what the vendor leaves out when it does not apply; it and all below it are skipped.
    """
    found: list[str] = []
    hints = get_type_hints(type_)
    for one in msgspec.structs.fields(type_):
        path = f"{prefix}.{one.encode_name}".lstrip(".")
        if path in optional:
            continue
        found.append(path)
        inner, many = _struct_in(hints[one.name])
        if inner is not None:
            found += reads_of(inner, optional=optional, prefix=f"{path}[]" if many else path)
    return found


def _struct_in(hint: Any) -> tuple[Any, bool]:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return hint, False
    many = getattr(hint, "__origin__", None) in (list, dict, tuple)
    for argument in get_args(hint):
        inner, deeper = _struct_in(argument)
        if inner is not None:
            return inner, many or deeper
    return None, False


class Validated:
    """An emulator whose every answer is checked as it passes; ``faults`` gathers what was wrong.

    ``also`` looks at the request too: (request, parsed answer) to complaints.
    """

    def __init__(self, emulator: Any, validator: Validator, also: Callable[[Any, Any], list[str]] | None = None) -> None:
        self._emulator = emulator
        self._validator = validator
        self._also = also
        self.faults: list[str] = []
        self.checked = 0

    def __getattr__(self, name: str) -> Any:
        """Everything else is the emulator's own."""
        return getattr(self._emulator, name)

    @property
    def base_url(self) -> str:
        """Where it is reached."""
        url: str = self._emulator.base_url
        return url

    @base_url.setter
    def base_url(self, url: str) -> None:
        self._emulator.base_url = url

    def handle(self, request: Any) -> Any:
        """Answer a request, and check the answer."""
        response = self._emulator.handle(request)
        body, fault = _parsed(response)
        self.faults += [fault] if fault else self._validator.check(request.method, request.path, response.status, body)
        if self._also is not None and response.status < 300:
            self.faults += self._also(request, body)
        self.checked += 1
        return response


def _parsed(response: Any) -> tuple[Any, str]:
    if not response.body:
        return None, ""
    kind = next((value for name, value in response.headers.items() if name.lower() == "content-type"), "")
    if "json" not in kind:
        return None, "" if response.status >= 500 else f"an answer with status {response.status} is not JSON"
    return msgspec.json.decode(response.body), ""
