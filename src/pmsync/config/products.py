"""The products of a config: where each lives, and its mirror rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from pmsync.config.model import MirrorRule, PlaceConfig, ProductConfig
from pmsync.config.problems import Path, Problems, dotted, kind_of, nearest, quoted
from pmsync.config.words import take
from pmsync.connect.plugin import Plugin

MIRROR = "mirror"


@dataclass(frozen=True, slots=True)
class Scene:
    """What the products are read against.

    Attributes:
        names: every system's name, also of those that are wrong themselves: what names them is not wrong as well.
        speakers: system name to its plugin, where its kind is known.
        problems: where to note what is wrong.
    """

    names: tuple[str, ...]
    speakers: Mapping[str, Plugin]
    problems: Problems


@dataclass(slots=True)
class _Draft:
    """A product while it is read: its places with their paths, and the systems whose places could not all be read.

    A name that is no system may be meant for any system that has no place here: nothing is said of those as well.
    """

    path: Path
    places: list[tuple[Path, PlaceConfig]] = field(default_factory=list)
    doubtful: set[str] = field(default_factory=set)

    def scopes(self, system: str = "") -> list[str]:
        """The scopes as ``system:container``, of one system or of all."""
        return [f"{place.system}:{place.key}" for _, place in self.places if system in ("", place.system)]


def read_products(products: Mapping[str, Mapping[str, Any]], scene: Scene) -> tuple[ProductConfig, ...]:
    """All products; what is wrong with them is noted in the scene's problems."""
    owners: dict[tuple[str, str], Path] = {}
    found = []
    for key, body in products.items():
        draft = _Draft(("products", key))
        for system, scopes in body.items():
            if system != MIRROR:
                _read_places(draft, system, scopes, scene)
        if not draft.doubtful.issubset(scene.names):
            draft.doubtful.update(name for name in scene.names if not draft.scopes(name))
        if not draft.places and not draft.doubtful:
            scene.problems.add(draft.path, "names no scope", f"say where it lives, e.g. {scene.names[0]}: CONTAINER")
        _refuse_shared(draft, owners, scene.problems)
        rules = _rules(draft, body[MIRROR], scene) if MIRROR in body else ()
        found.append(ProductConfig(key, tuple(place for _, place in draft.places), rules))
    return tuple(found)


def _read_places(draft: _Draft, system: str, scopes: Any, scene: Scene) -> None:
    path = (*draft.path, system)
    if system not in scene.names:
        hint = nearest(system, [*scene.names, MIRROR])
        scene.problems.add(path, f"there is no system {quoted(system)}", hint)
        draft.doubtful.add(system)
        return
    if system not in scene.speakers:
        draft.doubtful.add(system)
        return
    if scopes == []:
        scene.problems.add(path, "names no scope", "name one, or remove the line")
        draft.doubtful.add(system)
    several = isinstance(scopes, list)
    for index, scope in enumerate(scopes if several else [scopes]):
        where = (*path, index) if several else path
        place = _place(where, system, scope, scene)
        if place is None:
            draft.doubtful.add(system)
        else:
            draft.places.append((where, place))


def _place(path: Path, system: str, scope: Any, scene: Scene) -> PlaceConfig | None:
    plugin = scene.speakers[system]
    if not isinstance(scope, str | dict):
        if not scene.problems.at(path):
            message = f"is {kind_of(scope)} where a container's name or a mapping is wanted"
            scene.problems.add(path, message, "put it in quotes" if isinstance(scope, int | float) else "")
        return None
    try:
        settings = plugin.scope_settings.model_validate(scope)
    except ValidationError as error:
        take(scene.problems, path, error, plugin.scope_settings, scope)
        return None
    return PlaceConfig(system, plugin.scope_key(settings), settings)


def _refuse_shared(draft: _Draft, owners: dict[tuple[str, str], Path], problems: Problems) -> None:
    """One container belongs to one product and stands there once: two rounds over it would see every record twice."""
    for path, place in draft.places:
        first = owners.setdefault((place.system, place.key.casefold()), path)
        if first != path:
            problems.add(path, f"{place.system}:{place.key} is named already in {dotted(first)}", "name each container once")


def _rules(draft: _Draft, rules: Any, scene: Scene) -> tuple[MirrorRule, ...]:
    path = (*draft.path, MIRROR)
    if not isinstance(rules, list):
        if not scene.problems.at(path):
            scene.problems.add(path, f"is {kind_of(rules)} where a list of rules is wanted", "begin each rule with a dash")
        return ()
    found = []
    for index, body in enumerate(rules):
        where = (*path, index)
        try:
            rule = MirrorRule.model_validate(body)
        except ValidationError as error:
            take(scene.problems, where, error, MirrorRule, body)
            continue
        _check_source((*where, "from"), rule, draft, scene)
        found.append(_aimed((*where, "to"), rule, draft, scene))
    return tuple(found)


def _check_source(path: Path, rule: MirrorRule, draft: _Draft, scene: Scene) -> None:
    problems, name = scene.problems, rule.from_
    if problems.at(path) or name in draft.doubtful:
        return
    if name not in scene.names:
        problems.add(path, f"there is no system {quoted(name)}", nearest(name, scene.names))
    elif not draft.scopes(name):
        problems.add(path, f"{name} has no scope in this product, so nothing comes from there", f"name one: {name}: CONTAINER")


def _aimed(path: Path, rule: MirrorRule, draft: _Draft, scene: Scene) -> MirrorRule:
    """The rule with its target as ``system:container``, also where the config names the system alone."""
    problems, system = scene.problems, rule.to.partition(":")[0]
    if problems.at(path) or system in draft.doubtful:
        return rule
    own = draft.scopes(system) if rule.to in scene.names else [rule.to] if rule.to in draft.scopes() else []
    if len(own) > 1:
        problems.add(path, f"{system} has {len(own)} scopes in this product: say which", "valid here: " + ", ".join(own))
    elif not own:
        problems.add(path, f"{quoted(rule.to)} is not among this product's scopes", nearest(rule.to, draft.scopes()))
    elif system == rule.from_:
        problems.add(path, f"leads back into {system}, where the item is already", "name a scope of another system")
    else:
        return rule.model_copy(update={"to": own[0]})
    return rule
