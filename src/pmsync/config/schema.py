"""The JSON schema of ``pmsync.yaml`` for editors, from the models of pmsync and of the installed connectors.

``python -m pmsync.config.schema`` prints it. The schema says what an editor can say; names that must exist are checked when the config loads.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from pmsync.config.model import FieldName, MirrorRule, Root
from pmsync.connect.plugin import Plugin
from pmsync.connect.registry import load_plugins
from pmsync.model.enums import Direction

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REFERENCE: Schema = {"type": "string", "pattern": r"\$\{", "description": "A reference: ${NAME}, ${file:...} or ${keyring:...}"}
_SHORT: Schema = {"type": "string", "minLength": 1, "description": "The container's name"}


def document(plugins: Mapping[str, Plugin]) -> Schema:
    """The schema of a config that may name these connectors. Equal for equal connectors, whatever their order."""
    kinds = sorted(plugins)
    models: list[type[BaseModel]] = [Root, MirrorRule]
    models += [model for kind in kinds for model in (plugins[kind].settings, plugins[kind].scope_settings)]
    refs, joined = models_json_schema([(model, "validation") for model in dict.fromkeys(models)])
    found: Schema = {name: _tidy(part) for name, part in joined["$defs"].items()}
    names = {model: str(ref["$ref"]).rpartition("/")[2] for (model, _), ref in refs.items()}
    for kind in kinds:
        found[f"system-{kind}"] = _with_kind(found[names[plugins[kind].settings]], kind)
    for model in {plugins[kind].settings for kind in kinds}:
        del found[names[model]]
    root = found.pop(names[Root])
    root["properties"]["systems"]["additionalProperties"] = {"oneOf": [_ref(f"system-{kind}") for kind in kinds]}
    scopes = [_ref(names[plugins[kind].scope_settings]) for kind in kinds]
    root["properties"]["products"]["additionalProperties"] = _product(scopes, _ref(names[MirrorRule]))
    _spell_fields(root, found)
    head = {"$schema": DIALECT, "title": "pmsync.yaml", "description": "What pmsync syncs, and how."}
    return {**head, **{key: value for key, value in root.items() if key not in head}, "$defs": dict(sorted(found.items()))}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _tidy(part: Any) -> Any:
    """The same schema in an editor's terms.

    References are allowed wherever a number, true or false, or a word is wanted, for their text is read later; of the docstrings
    the first paragraph is kept.
    """
    if isinstance(part, list):
        return [_tidy(one) for one in part]
    if not isinstance(part, dict):
        return part
    kept = {key: part[key] for key in ("title", "description", "default") if key in part}
    if isinstance(kept.get("description"), str):
        kept["description"] = kept["description"].partition("\n\n")[0].replace("``", "`")
    rest = {key: value for key, value in part.items() if key not in kept}
    if part.get("type") in ("integer", "number", "boolean") or "enum" in part:
        return {**kept, "anyOf": [rest, _REFERENCE]}
    return {**kept, **{key: _tidy(value) for key, value in rest.items()}}


def _with_kind(settings: Schema, kind: str) -> Schema:
    own = {"const": kind, "description": "Which connector speaks to it."}
    required = ["kind", *settings.get("required", [])]
    return {**settings, "properties": {"kind": own, **settings.get("properties", {})}, "required": required}


def _product(scopes: list[Schema], rule: Schema) -> Schema:
    scope = {"anyOf": [_SHORT, *scopes]}
    mirror = {"type": "array", "items": rule, "description": "Which items live where as well; the first rule that fits decides."}
    return {
        "type": "object",
        "minProperties": 1,
        "properties": {"mirror": mirror},
        "additionalProperties": {"anyOf": [*scope["anyOf"], {"type": "array", "minItems": 1, "items": scope}]},
        "description": "By system name: the scope or scopes in which the product lives.",
    }


def _spell_fields(root: Schema, definitions: Schema) -> None:
    """List the fields by name, so that editors complete them, and say what systems' keys hold there."""
    rule = definitions["FieldRule"]
    rule["additionalProperties"] = _ref("Direction")
    comments = _tidy({"enum": [way.value for way in Direction if way is not Direction.INIT]})
    definitions["CommentsRule"] = {
        "type": "object",
        "description": "Which way comments go.",
        "properties": {"all": comments, "since": rule["properties"].pop("since")},
        "additionalProperties": comments,
    }
    fields = root["properties"]["fields"]
    fields.pop("propertyNames", None)
    rules = {name: "CommentsRule" if name == "comments" else "FieldRule" for name in get_args(FieldName)}
    fields["properties"] = {name: _ref(kind) for name, kind in rules.items()}
    fields["additionalProperties"] = False


def text(plugins: Mapping[str, Plugin]) -> str:
    """The schema as JSON text, as it stands in ``config/pmsync.schema.json``."""
    return json.dumps(document(plugins), indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Print the schema; 1 when an installed connector cannot be imported, for then the schema would refuse good configs."""
    plugins, broken = load_plugins()
    for one in broken:
        sys.stderr.write(f"connector {one.name} cannot be imported: {one.reason}\n")
    sys.stdout.write("" if broken else text(plugins))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
