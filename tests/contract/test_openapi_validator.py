"""The validator itself: what OpenAPI 3.0 says is what it checks, and it is strict."""

from __future__ import annotations

import msgspec
import pytest

COMPONENTS = {
    "Part": {"type": "object", "properties": {"a": {"type": "string"}}},
    "More": {"type": "object", "required": ["b"], "properties": {"b": {"type": "integer", "nullable": True}}},
    "Open": {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "integer"}},
}


def ref(name):
    return {"$ref": f"#/components/schemas/{name}"}


@pytest.fixture
def check(openapi_module):
    def build(schema, body, strict=True, rules=None):
        responses = {"200": {"content": {"application/json": {"schema": schema}}}, "204": {}}
        spec = {"paths": {"/x/{id}": {"get": {"responses": responses}}}, "components": {"schemas": COMPONENTS}}
        return openapi_module.Validator(spec, strict=strict, rules=rules).check("GET", "/x/1", 200, body)

    return build


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        (ref("Part"), {"a": "x"}, {"a": "x", "z": 1}),
        (ref("Part"), {}, {"a": 1}),
        (ref("More"), {"b": None}, {}),
        (ref("Open"), {"a": "x", "z": 1}, {"z": "text"}),
        ({"allOf": [ref("Part"), ref("More")]}, {"a": "x", "b": 1}, {"a": "x", "b": 1, "z": 1}),
        ({"oneOf": [ref("Part"), ref("More")]}, {"b": 1}, {"a": "x", "b": 1}),
        ({"anyOf": [{"required": ["c"]}], "properties": {"c": {"type": "string"}}}, {"c": "x"}, {"c": "x", "z": 1}),
        ({"type": "array", "items": ref("Part")}, [{"a": "x"}], [{"z": 1}]),
        ({"type": "string", "nullable": True, "enum": ["on"]}, None, "off"),
        ({"type": "string", "format": "date-time"}, "2026-01-01T00:00:00.000+0000", "yesterday"),
        ({"type": "integer", "minimum": 0, "exclusiveMinimum": True}, 1, 0),
    ],
)
def test_a_fitting_answer_passes_and_another_is_refused(check, schema, good, bad):
    assert check(schema, good) == []
    assert check(schema, bad)


def test_without_strictness_undeclared_properties_pass(check):
    assert check(ref("Part"), {"z": 1}, strict=False) == []


def test_an_amendment_widens_one_place(check, openapi_module):
    rules = openapi_module.Rules([openapi_module.Amendment("Part", "why", {"properties": {"z": {"type": "integer"}}})])
    assert check(ref("Part"), {"z": 1}, rules=rules) == []
    assert check(ref("Part"), {"y": 1}, rules=rules)


def test_an_amendment_may_open_a_component(check, openapi_module):
    rules = openapi_module.Rules([openapi_module.Amendment("Part", "why", opened=True)])
    assert check(ref("Part"), {"y": 1}, rules=rules) == []


def test_a_status_without_a_description_needs_a_reason(openapi_module):
    spec = {"paths": {"/x": {"get": {"responses": {"200": {}}}}}}
    assert openapi_module.Validator(spec).check("GET", "/x", 429, None)
    rules = openapi_module.Rules(statuses={429: "limits"})
    assert openapi_module.Validator(spec, rules=rules).check("GET", "/x", 429, None) == []


def test_a_literal_path_wins_over_one_with_parameters(openapi_module):
    spec = {"paths": {"/x/{id}": {"get": {"responses": {}}}, "/x/all": {"get": {"responses": {}}}}}
    assert openapi_module.Validator(spec).template("GET", "/x/all") == "/x/all"


def test_what_our_client_reads_must_be_there(check, openapi_module):
    rules = openapi_module.Rules(reads={"GET /x/{id}": ["items[].name", "items[].owner.id"]})
    schema = {"type": "object", "additionalProperties": {}}
    assert check(schema, {"items": [{"name": 1, "owner": {"id": 1}}, {"name": 1, "owner": None}]}, rules=rules) == []
    assert len(check(schema, {"items": [{"owner": {}}]}, rules=rules)) == 2


def test_the_reads_of_a_struct_are_its_names_on_the_wire(openapi_module):
    class Inner(msgspec.Struct):
        id: str

    class Outer(msgspec.Struct):
        display: str = msgspec.field(name="displayName", default="")
        parts: list[Inner] = []
        maybe: Inner | None = None

    openapi_module.Inner, openapi_module.Outer = Inner, Outer
    Outer.__annotations__.update(parts=list[Inner], maybe=Inner | None)
    assert openapi_module.reads_of(Outer, optional={"maybe"}) == ["displayName", "parts", "parts[].id"]
