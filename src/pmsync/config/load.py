"""From ``pmsync.yaml`` to a ``Config``, or to one error that names every problem with file, line, column and remedy."""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path as File
from typing import Any
from urllib.parse import unquote

from pydantic import ValidationError

from pmsync.config.checks import check_fields, check_maps, check_names, check_people, check_protect, check_store
from pmsync.config.document import read
from pmsync.config.model import Config, Root, SystemConfig
from pmsync.config.problems import Path, Problems, nearest, quoted
from pmsync.config.products import Scene, read_products
from pmsync.config.secrets import Surroundings, resolve
from pmsync.config.words import secret_texts, take
from pmsync.connect.plugin import Plugin

_PASSWORD = re.compile(r"[^:/]+://[^:/@]*:([^/]+)@")


def load(file: File, plugins: Mapping[str, Plugin], environ: Mapping[str, str] | None = None) -> Config:
    """Read, resolve and validate the config at ``file``. Relative secret files start from its folder.

    Raises:
        ConfigError: everything that is wrong, a line each, in the order of the file.
    """
    written, problems = read(file)
    document, filled = resolve(written, problems, Surroundings(os.environ if environ is None else environ, file.parent))
    speakers = _speakers(document, plugins)
    secrets = dict.fromkeys([*filled, *_written_secrets(document, speakers)])
    for secret in secrets:
        problems.hide(secret)
    root = _root(document, problems)
    names = tuple(document["systems"]) if isinstance(document.get("systems"), dict) else ()
    check_names(root, document, problems)
    check_store(root, problems)
    if not names:
        problems.stop()
    systems = _systems(root, plugins, problems)
    products = read_products(root.products, Scene(names, speakers, problems))
    check_fields(root, names, problems)
    check_maps(root, names, problems)
    check_people(root, names, problems)
    check_protect(root, names, problems)
    problems.stop()
    return Config(str(file), _bare(root), systems, products, tuple(secrets))


def _speakers(document: Mapping[str, Any], plugins: Mapping[str, Plugin]) -> dict[str, Plugin]:
    """System name to the plugin of its kind, also where the system's settings are wrong."""
    kinds = {name: body.get("kind") for name, body in _pairs(document.get("systems")) if isinstance(body, dict)}
    return {name: plugins[kind] for name, kind in kinds.items() if isinstance(kind, str) and kind in plugins}


def _written_secrets(document: Mapping[str, Any], speakers: Mapping[str, Plugin]) -> list[str]:
    """Secrets by the place where they stand, whether a reference or the bare text led to them."""
    found = [*secret_texts(Root, document)]
    for name, plugin in speakers.items():
        found += secret_texts(plugin.settings, document["systems"][name])
    for _, product in _pairs(document.get("products")):
        for name, scopes in _pairs(product):
            for scope in (scopes if isinstance(scopes, list) else [scopes]) if name in speakers else ():
                found += secret_texts(speakers[name].scope_settings, scope)
    password = _PASSWORD.match(str(document.get("store", "")))
    return [*found, password[1], unquote(password[1])] if password else found


def _pairs(part: Any) -> list[tuple[str, Any]]:
    return list(part.items()) if isinstance(part, dict) else []


def _root(document: Mapping[str, Any], problems: Problems) -> Root:
    """The config's own parts. What is wrong with them is noted and left out, so that the rest can be checked too."""
    try:
        return Root.model_validate(document)
    except ValidationError as error:
        wrong = take(problems, (), error, Root, document)
    try:
        return Root.model_validate(_without(document, wrong))
    except ValidationError:
        problems.stop()
        raise


def _bare(root: Root) -> Root:
    """The root with the names of systems and products only: their bodies hold secrets, and live on as validated settings."""
    return root.model_copy(update={part: {name: {} for name in getattr(root, part)} for part in ("systems", "products")})


def _without(document: Mapping[str, Any], paths: Sequence[Path]) -> dict[str, Any]:
    """The document without the values at ``paths``; where a key is missing, without what misses it."""
    rest: dict[str, Any] = copy.deepcopy(dict(document))
    for path in sorted(paths, key=len, reverse=True):
        *above, last = path or ("",)
        parent: Any = rest
        for part in above:
            parent = parent.get(part) if isinstance(parent, dict) else None
        if isinstance(parent, dict) and last in parent:
            del parent[last]
        elif above:
            rest.pop(str(above[0]), None)
    return {"systems": {}, "products": {}, **rest}


def _systems(root: Root, plugins: Mapping[str, Plugin], problems: Problems) -> dict[str, SystemConfig]:
    found: dict[str, SystemConfig] = {}
    for name, body in root.systems.items():
        path: Path = ("systems", name)
        kind = body.get("kind")
        if not isinstance(kind, str) or kind not in plugins:
            _refuse_kind(path, kind, plugins, problems)
            continue
        settings = {key: value for key, value in body.items() if key != "kind"}
        model = plugins[kind].settings
        try:
            found[name] = SystemConfig(name, kind, model.model_validate(settings))
        except ValidationError as error:
            take(problems, path, error, model, settings)
    return found


def _refuse_kind(path: Path, kind: object, plugins: Mapping[str, Plugin], problems: Problems) -> None:
    where = path if kind is None else (*path, "kind")
    if problems.at((*path, "kind")):
        return
    said = "has no kind" if kind is None else "kind must be a text"
    if isinstance(kind, str):
        said = f"there is no connector of kind {quoted(kind)}"
    hint = nearest(kind if isinstance(kind, str) else "", plugins)
    problems.add(where, said, "; ".join(filter(None, (hint, "pmsync connector list shows the installed ones"))))
