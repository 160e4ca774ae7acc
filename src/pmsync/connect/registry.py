"""Finding connectors: every package that declares an entry point of the group ``pmsync.connectors``, built-in or foreign, by the same door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from pmsync.connect.errors import ConfigError
from pmsync.connect.plugin import Plugin

GROUP = "pmsync.connectors"
_MEMBERS = ("name", "settings", "scope_settings", "scope_key", "connector")
"""What every plugin has."""


@dataclass(frozen=True, slots=True)
class Broken:
    """An installed connector that cannot be used: its own fault, not that of the config that names it."""

    name: str
    package: str
    reason: str


def installed() -> list[EntryPoint]:
    """The declared connectors, by name; nothing is imported."""
    return sorted(set(entry_points(group=GROUP)), key=lambda entry: (entry.name, entry.value))


def load_plugins(names: frozenset[str] | None = None) -> tuple[Mapping[str, Plugin], list[Broken]]:
    """Import the connectors of those names (None: all) and tell the broken ones apart from the missing ones.

    A name that two packages claim belongs to neither: which of them would speak to a system must not depend on the order of installation.
    """
    found: dict[str, Plugin] = {}
    broken: list[Broken] = []
    entries = [entry for entry in installed() if names is None or entry.name in names]
    for entry in entries:
        rivals = sorted({other.value for other in entries if other.name == entry.name} - {entry.value})
        if rivals:
            broken.append(Broken(entry.name, entry.value, f"{', '.join(rivals)} claims the same name"))
            continue
        try:
            found[entry.name] = _plugin(entry)
        except Exception as error:  # noqa: BLE001 - a foreign package may fail in any way; it is told, and the others go on
            broken.append(Broken(entry.name, entry.value, f"{type(error).__name__}: {error}"))
    return found, broken


def _plugin(entry: EntryPoint) -> Plugin:
    loaded: Plugin = entry.load()
    lacking = [member for member in _MEMBERS if not hasattr(loaded, member)]
    if lacking:
        raise TypeError(f"{entry.value} is no plugin: it has no {', '.join(lacking)}")
    if loaded.name != entry.name:
        raise TypeError(f"{entry.value} calls itself {loaded.name!r}")
    return loaded


def plugin(name: str) -> Plugin:
    """The connector of kind ``name``.

    Raises:
        ConfigError: none is installed, or its package cannot be used.
    """
    found, broken = load_plugins(frozenset({name}))
    if broken:
        raise ConfigError(f"the connector {name!r} ({broken[0].package}) cannot be used: {broken[0].reason}")
    if name not in found:
        known = ", ".join(entry.name for entry in installed())
        hint = f"installed: {known}; after installing a connector, reinstall an editable checkout once"
        raise ConfigError(f"there is no connector of kind {name!r}", hint=hint)
    return found[name]
