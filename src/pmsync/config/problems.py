"""Everything that is wrong with a config, told at once, each with its place and remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from pmsync.connect.errors import ConfigError

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where in the document, what, and what to do."""

    path: Path
    message: str
    hint: str = ""


class Problems:
    """A growing list of problems that knows the lines of the document."""

    def __init__(self, file: str, places: Mapping[Path, tuple[int, int]]) -> None:
        self._file = file
        self._places = places
        self._found: list[Problem] = []

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, path: Path, message: str, hint: str = "") -> None:
        """Note one problem."""
        self._found.append(Problem(path, message, hint))

    def take(self, prefix: Path, error: ValidationError, known: Iterable[str] = ()) -> None:
        """Note everything pydantic found below ``prefix``; unknown keys get the nearest of ``known``."""
        for detail in error.errors(include_url=False, include_input=False, include_context=True):
            path = prefix + tuple(part for part in detail["loc"] if not str(part).startswith(("function-", "literal[")))
            self.add(path, *_words(path, dict(detail), known))

    def stop(self) -> None:
        """Raise what was found.

        Raises:
            ConfigError: at least one problem was noted; the message has a line for each.
        """
        if not self._found:
            return
        lines = [self._line(problem) for problem in self._found]
        hints = [problem.hint for problem in self._found if problem.hint]
        raise ConfigError("\n".join(lines), hint="\n".join(dict.fromkeys(hints)))

    def _line(self, problem: Problem) -> str:
        line, column = self._place(problem.path)
        name = ".".join(str(part) for part in problem.path)
        return f"{self._file}:{line}:{column}: {name}: {problem.message}" if name else f"{self._file}: {problem.message}"

    def _place(self, path: Path) -> tuple[int, int]:
        while path and path not in self._places:
            path = path[:-1]
        return self._places.get(path, (1, 1))


def nearest(word: str, known: Iterable[str]) -> str:
    """A remedy that names the nearest valid word, or all of them."""
    options = sorted(set(known))
    close = difflib.get_close_matches(word, options, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return "valid here: " + ", ".join(options) if options else ""


def _words(path: Path, detail: Mapping[str, Any], known: Iterable[str]) -> tuple[str, str]:
    kind, context = detail["type"], detail.get("ctx") or {}
    last = str(path[-1]) if path else ""
    if kind == "extra_forbidden":
        return f"unknown key {last!r}", nearest(last, known)
    if kind == "missing":
        return "is missing", f"add {last}: ..."
    if kind in ("enum", "literal_error"):
        options = [part.strip(" '") for part in str(context.get("expected", "")).replace(" or ", ", ").split(",")]
        return "unknown value", "valid here: " + ", ".join(option for option in options if option)
    if kind == "value_error":
        return str(context.get("error", detail["msg"])), ""
    return str(detail["msg"]), ""
