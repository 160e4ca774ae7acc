"""Finding connectors: every package that declares an entry point of the group ``pmsync.connectors``, built-in or foreign, by the same door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from pmsync.connect.errors import ConfigError
from pmsync.connect.plugin import Plugin

GROUP = "pmsync.connectors"


@dataclass(frozen=True, slots=True)
class Broken:
    """An installed connector that cannot be imported: its own fault, not that of the config that names it."""

    name: str
    package: str
    reason: str


def installed() -> list[EntryPoint]:
    """The declared connectors, by name; nothing is imported."""
    return sorted(entry_points(group=GROUP), key=lambda entry: entry.name)


def load_plugins(names: frozenset[str] | None = None) -> tuple[Mapping[str, Plugin], list[Broken]]:
    """Import the connectors of those names (None: all) and tell the broken ones apart from the missing ones."""
    found: dict[str, Plugin] = {}
    broken: list[Broken] = []
    for entry in installed():
        if names is not None and entry.name not in names:
            continue
        try:
            found[entry.name] = entry.load()
        except Exception as error:  # noqa: BLE001 - a foreign package may fail in any way; it is told, and the others go on
            broken.append(Broken(entry.name, entry.value, f"{type(error).__name__}: {error}"))
    return found, broken


def plugin(name: str) -> Plugin:
    """The connector of kind ``name``.

    Raises:
        ConfigError: none is installed, or its package cannot be imported.
    """
    found, broken = load_plugins(frozenset({name}))
    if broken:
        raise ConfigError(f"the connector {name!r} ({broken[0].package}) cannot be imported: {broken[0].reason}")
    if name not in found:
        known = ", ".join(entry.name for entry in installed())
        hint = f"installed: {known}; after installing a connector, reinstall an editable checkout once"
        raise ConfigError(f"there is no connector of kind {name!r}", hint=hint)
    return found[name]
