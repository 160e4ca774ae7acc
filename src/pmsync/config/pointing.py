"""From what a connector says of the config to the line that it concerns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pmsync.config.document import read
from pmsync.config.model import Config
from pmsync.config.problems import Path as Place

_LINE = re.compile(r"\b(?:maps|fields|systems|products)(?:\.[\w-]+)+")
"""How connectors name a line of the config: ``maps.status.jira``."""


class Pointer:
    """Knows where everything stands in the file that ``config`` was read from."""

    def __init__(self, config: Config) -> None:
        self._document, self._problems = read(Path(config.path))
        places = list(_places(self._document))
        scopes = [(place.system, place.key) for product in config.products for place in product.places]
        self._scopes = dict(zip(scopes, places, strict=True))

    def where(self, system: str, *said: str) -> str:
        """``file:line:column`` of the line that the texts name, else of the scope they name, else of the system."""
        text = " ".join(said)
        return self._problems.where(self._named(text) or self._scope(system, text) or ("systems", system))

    def _named(self, text: str) -> Place | None:
        match = _LINE.search(text)
        if match is None:
            return None
        path = tuple(match[0].split("."))
        while len(path) > 1 and not _stands(self._document, path):
            path = path[:-1]
        return path if len(path) > 1 else None

    def _scope(self, system: str, text: str) -> Place | None:
        named = [key for known, key in self._scopes if known == system and key in text]
        return self._scopes[system, max(named, key=len)] if named else None


def _places(document: dict[str, Any]) -> Iterator[Place]:
    """The paths of all scopes, in the order in which the config is read."""
    for product, body in document["products"].items():
        for system, scopes in body.items():
            if system != "mirror":
                path: Place = ("products", product, system)
                yield from [(*path, index) for index in range(len(scopes))] if isinstance(scopes, list) else [path]


def _stands(document: Any, path: Place) -> bool:
    for part in path:
        if not isinstance(document, dict) or part not in document:
            return False
        document = document[part]
    return True
