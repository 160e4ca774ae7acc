"""What the status and the priority lens of a project have in common: configured maps, assumptions, and how names are compared. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pmsync.connect.errors import ConfigError
from pmsync.model.enums import Priority, Status
from pmsync.reconcile.lenses import EnumLens
from pmsync.reconcile.surface import DefaultTaken

UNSET = "unset"
"""How ``maps.priority`` says that a remote priority means "not decided"."""

_SPACE = re.compile(r"[\s_]+")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A lens over remote ids, the names people know them by, and every assumption made on the way."""

    lens: EnumLens
    display: Mapping[str, str]
    defaults: tuple[DefaultTaken, ...]


def name_key(name: str) -> str:
    """The identity of a status or priority name: case folded, white space and underscores as one space, straight apostrophes."""
    return _SPACE.sub(" ", name.replace("\u2019", "'")).strip().casefold()


def config_line(field: str, system: str, remote: str, hub: str) -> str:
    """The line of the config that decides what ``remote`` means."""
    return f'maps.{field}.{system}: {{"{remote}": {hub}}}'


def check_maps(system: str, maps: Mapping[str, Mapping[str, str]]) -> None:
    """Refuse value maps that name what the hub does not have.

    Raises:
        ConfigError: an unknown hub value; the hint names the nearest one there is.
    """
    for field, values in (("status", [*Status]), ("priority", [*Priority, UNSET])):
        for remote, hub in maps.get(field, {}).items():
            _check(f"maps.{field}.{system}", remote, hub, values)


def _check(where: str, remote: str, hub: str, values: Iterable[str]) -> None:
    words = [str(value) for value in values]
    if hub in words:
        return
    near = difflib.get_close_matches(hub, words, n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    raise ConfigError(
        f"{where}: {remote!r} is mapped to {hub!r}, which pmsync does not know", hint=f"{meant}There are: {', '.join(words)}"
    )
