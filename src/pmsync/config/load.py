"""From ``pmsync.yaml`` to a ``Config``, or to one error that names every problem with file, line, column and remedy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as File
from typing import Any

from pydantic import BaseModel, ValidationError

from pmsync.config.document import read
from pmsync.config.model import Config, MirrorRule, PlaceConfig, ProductConfig, Root, SystemConfig
from pmsync.config.problems import Path, Problems, nearest
from pmsync.config.secrets import resolve
from pmsync.connect.errors import ConfigError
from pmsync.connect.plugin import Plugin
from pmsync.model.enums import Direction


def load(file: File, plugins: Mapping[str, Plugin], environ: Mapping[str, str] | None = None) -> Config:
    """Read, resolve and validate the config at ``file``.

    Raises:
        ConfigError: everything that is wrong, a line each.
    """
    document, places = read(file)
    problems = Problems(str(file), places)
    document, secrets = resolve(document, problems, environ)
    try:
        root = Root.model_validate(document)
    except ValidationError as error:
        problems.take((), error, _known_keys(document, error))
        problems.stop()
        raise ConfigError("unreachable") from error
    systems = _systems(root, plugins, problems)
    products = _products(root, systems, plugins, problems)
    _check_fields(root, problems)
    _check_maps(root, problems)
    _check_people(root, problems)
    problems.stop()
    return Config(str(file), root, systems, products, secrets)


def _known_keys(document: Any, error: ValidationError) -> list[str]:
    """The keys that are valid where the first unknown key stands."""
    for detail in error.errors(include_url=False, include_input=False, include_context=False):
        if detail["type"] == "extra_forbidden":
            model: Any = Root
            for part in detail["loc"][:-1]:
                annotation = model.model_fields.get(str(part)) if hasattr(model, "model_fields") else None
                model = annotation.annotation if annotation else model
            return [field.alias or name for name, field in getattr(model, "model_fields", {}).items()]
    return []


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _systems(root: Root, plugins: Mapping[str, Plugin], problems: Problems) -> dict[str, SystemConfig]:
    found: dict[str, SystemConfig] = {}
    for name, body in root.systems.items():
        path: Path = ("systems", name)
        kind = body.get("kind")
        if not isinstance(kind, str) or kind not in plugins:
            said = "has no kind" if kind is None else f"there is no connector of kind {kind!r}"
            hint = nearest(str(kind or ""), plugins) + "; pmsync connector list shows the installed ones"
            problems.add((*path, "kind") if kind else path, said, hint)
            continue
        settings = {key: value for key, value in body.items() if key != "kind"}
        model = plugins[kind].settings
        try:
            found[name] = SystemConfig(name, kind, model.model_validate(settings))
        except ValidationError as error:
            problems.take(path, error, _keys(model))
    return found


def _products(
    root: Root, systems: Mapping[str, SystemConfig], plugins: Mapping[str, Plugin], problems: Problems
) -> tuple[ProductConfig, ...]:
    found = []
    owners: dict[tuple[str, str], str] = {}
    for key, body in root.products.items():
        path: Path = ("products", key)
        places: list[PlaceConfig] = []
        for system, scopes in body.items():
            if system == "mirror":
                continue
            if system not in root.systems:
                problems.add((*path, system), f"there is no system {system!r}", nearest(system, [*root.systems, "mirror"]))
                continue
            if system in systems:
                places += _places((*path, system), scopes, systems[system], plugins, problems)
        _refuse_shared(path, places, owners, key, problems)
        rules = _rules(path, body.get("mirror", []), root, places, problems)
        found.append(ProductConfig(key, tuple(places), rules))
    return tuple(found)


def _places(
    path: Path, scopes: Any, system: SystemConfig, plugins: Mapping[str, Plugin], problems: Problems
) -> list[PlaceConfig]:
    plugin = plugins[system.kind]
    several = isinstance(scopes, list)
    found = []
    for index, scope in enumerate(scopes if several else [scopes]):
        where = (*path, index) if several else path
        try:
            settings = plugin.scope_settings.model_validate(scope)
        except ValidationError as error:
            problems.take(where, error, _keys(plugin.scope_settings))
            continue
        found.append(PlaceConfig(system.name, plugin.scope_key(settings), settings))
    return found


def _refuse_shared(
    path: Path, places: list[PlaceConfig], owners: dict[tuple[str, str], str], product: str, problems: Problems
) -> None:
    """One container belongs to one product and stands there once: two rounds over it would see every record twice."""
    for place in places:
        holder = owners.setdefault((place.system, place.key.casefold()), product)
        if (
            holder != product
            or sum(other.key.casefold() == place.key.casefold() for other in places if other.system == place.system) > 1
        ):
            message = f"{place.system}:{place.key} is named already by product {holder!r}"
            problems.add((*path, place.system), message, "name each container once")


def _rules(path: Path, rules: Any, root: Root, places: list[PlaceConfig], problems: Problems) -> tuple[MirrorRule, ...]:
    found = []
    scopes = [f"{place.system}:{place.key}" for place in places]
    for index, body in enumerate(rules if isinstance(rules, list) else [rules]):
        where = (*path, "mirror", index)
        try:
            rule = MirrorRule.model_validate(body)
        except ValidationError as error:
            problems.take(where, error, _keys(MirrorRule))
            continue
        if rule.from_ not in root.systems:
            problems.add((*where, "from"), f"there is no system {rule.from_!r}", nearest(rule.from_, root.systems))
        if rule.to in root.systems:
            candidates = [scope for scope in scopes if scope.startswith(f"{rule.to}:")]
            if len(candidates) == 1:
                rule = rule.model_copy(update={"to": candidates[0]})
        if rule.to not in scopes:
            problems.add((*where, "to"), f"{rule.to!r} is not among this product's scopes", nearest(rule.to, scopes))
        found.append(rule)
    return tuple(found)


def _check_fields(root: Root, problems: Problems) -> None:
    for name, rule in root.fields.items():
        path: Path = ("fields", name)
        if rule.owner is not None and rule.owner not in root.systems:
            problems.add((*path, "owner"), f"there is no system {rule.owner!r}", nearest(rule.owner, root.systems))
        if rule.namespace and name != "labels":
            problems.add((*path, "namespace"), "only labels have a namespace", "remove it here")
        for system, direction in (rule.model_extra or {}).items():
            if system not in root.systems:
                known = ["owner", "all", "respect_human", "namespace", *root.systems]
                problems.add((*path, system), f"unknown key {system!r}", nearest(system, known))
            elif direction not in list(Direction):
                problems.add((*path, system), f"unknown direction {direction!r}", nearest(str(direction), list(Direction)))


def _check_maps(root: Root, problems: Problems) -> None:
    for name in ("status", "priority"):
        for system in getattr(root.maps, name):
            if system not in root.systems:
                problems.add(("maps", name, system), f"there is no system {system!r}", nearest(system, root.systems))


def _check_people(root: Root, problems: Problems) -> None:
    for name, accounts in root.people.items():
        for system in accounts:
            if system != "email" and system not in root.systems:
                problems.add(
                    ("people", name, system), f"there is no system {system!r}", nearest(system, [*root.systems, "email"])
                )
