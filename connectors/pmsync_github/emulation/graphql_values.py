"""Values in GraphQL: whether they fit a type, and what they come to once variables are known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pmsync_github.emulation.graphql_schema import ENUMS, INPUTS
from pmsync_github.emulation.graphql_syntax import Definition, Enum, Variable
from pmsync_github.emulation.stamps import parse

INT_MAX = 2**31


def evaluate(value: Any, variables: Mapping[str, Any]) -> Any:
    """A written value with its variables filled in; enumeration words become strings."""
    match value:
        case Variable(name):
            return variables.get(name)
        case Enum(name):
            return name
        case list():
            return [evaluate(one, variables) for one in value]
        case dict():
            return {key: evaluate(one, variables) for key, one in value.items() if not _absent(one, variables)}
    return value


def arguments(written: Mapping[str, Any], types: Mapping[str, str], variables: Mapping[str, Any]) -> dict[str, Any]:
    """A field's arguments, ready for its resolver. Variables that were not given leave their argument out."""
    found: dict[str, Any] = {}
    for name, value in written.items():
        if _absent(value, variables):
            continue
        known = evaluate(value, variables)
        if types[name].startswith("[") and known is not None and not isinstance(known, list):
            known = [known]
        found[name] = known
    return found


def fits(value: Any, type_: str) -> bool:
    """Whether a plain value (a variable's) may stand for ``type_``."""
    if type_.endswith("!"):
        return value is not None and fits(value, type_[:-1])
    if value is None:
        return True
    if type_.startswith("["):
        items = value if isinstance(value, list) else [value]
        return all(fits(one, type_[1:-1]) for one in items)
    if type_ in INPUTS:
        return isinstance(value, dict) and _object_fits(value, INPUTS[type_], fits)
    if type_ in ENUMS:
        return isinstance(value, str) and value in ENUMS[type_]
    return _scalar_fits(value, type_)


def written_fits(value: Any, type_: str, declared: Mapping[str, Definition]) -> bool:
    """Whether a value as written in the document may stand for ``type_``; its variables must be declared with a fitting type."""
    if isinstance(value, Variable):
        definition = declared.get(value.name)
        return definition is not None and _compatible(definition, type_)
    if type_.endswith("!"):
        return value is not None and written_fits(value, type_[:-1], declared)
    if value is None:
        return True
    if type_.startswith("["):
        items = value if isinstance(value, list) else [value]
        return all(written_fits(one, type_[1:-1], declared) for one in items)
    if type_ in INPUTS:
        return isinstance(value, dict) and _object_fits(value, INPUTS[type_], lambda one, kind: written_fits(one, kind, declared))
    if type_ in ENUMS:
        return isinstance(value, Enum) and value.name in ENUMS[type_]
    return not isinstance(value, Enum) and _scalar_fits(value, type_)


def known_type(type_: str) -> bool:
    """Whether variables of this type can be declared."""
    named = type_.strip("[]!")
    return named in INPUTS or named in ENUMS or named in {"ID", "String", "Int", "Boolean", "DateTime", "Float"}


def _compatible(definition: Definition, type_: str) -> bool:
    own = definition.type
    if type_.endswith("!") and not own.endswith("!") and definition.has_default and definition.default is not None:
        own += "!"
    return _narrower(own, type_)


def _narrower(own: str, wanted: str) -> bool:
    if wanted.endswith("!"):
        return own.endswith("!") and _narrower(own[:-1], wanted[:-1])
    own = own.removesuffix("!")
    if own.startswith("[") and wanted.startswith("["):
        return _narrower(own[1:-1], wanted[1:-1])
    return own == wanted


def _object_fits(value: Mapping[str, Any], types: Mapping[str, str], check: Any) -> bool:
    given = all(name in types and check(one, types[name]) for name, one in value.items())
    return given and all(name in value for name, kind in types.items() if kind.endswith("!"))


def _scalar_fits(value: Any, type_: str) -> bool:
    if type_ == "Boolean":
        return isinstance(value, bool)
    if type_ == "Int":
        return isinstance(value, int) and not isinstance(value, bool) and -INT_MAX <= value < INT_MAX
    if type_ == "ID":
        return isinstance(value, str | int) and not isinstance(value, bool)
    if type_ == "DateTime":
        return isinstance(value, str) and _is_time(value)
    return isinstance(value, str)


def _is_time(text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def _absent(value: Any, variables: Mapping[str, Any]) -> bool:
    return isinstance(value, Variable) and value.name not in variables
