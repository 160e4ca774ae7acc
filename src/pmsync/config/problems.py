"""Everything that is wrong with a config, told at once, each with its place and remedy, and never with a secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pmsync.connect.errors import ConfigError
from pmsync.text.wording import kind_of as kind_of
from pmsync.text.wording import nearest as nearest
from pmsync.text.wording import printable
from pmsync.text.wording import quoted as quoted

Path = tuple[str | int, ...]
"""The keys and list positions that lead to a value."""

Places = dict[Path, tuple[int, int]]
"""(line, column) of every key and list item, counted from 1."""

MOST = 50
"""Problems told at once; what comes after them is mostly their echo."""

LONGEST = 400
"""Characters of one message."""

_SHORTEST_SECRET = 4
_USERINFO = re.compile(r"(?<=://)[^\s/@'\"]+(?=@)")
_WORD = re.compile(r"[\w.-]+")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where in the document, what, and what to do. ``place`` overrules the line and column of ``path``."""

    path: Path
    message: str
    hint: str = ""
    place: tuple[int, int] | None = None


class Problems:
    """A growing list of problems that knows the lines of the document and what must not be shown."""

    def __init__(self, file: str, places: Mapping[Path, tuple[int, int]]) -> None:
        self._file = file
        self._places = places
        self._found: dict[Problem, None] = {}
        self._paths: set[Path] = set()
        self._hidden: dict[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, path: Path, message: str, hint: str = "", place: tuple[int, int] | None = None) -> None:
        """Note one problem."""
        self._found[Problem(path, message, hint, place)] = None
        self._paths.add(path)

    def hide(self, secret: str, shown: str = "***") -> None:
        """Have ``secret`` replaced by ``shown`` in everything that is told, whoever words it."""
        if len(secret) >= _SHORTEST_SECRET:
            for spelling in (secret, repr(secret)[1:-1], printable(secret)):
                self._hidden.setdefault(spelling, shown)

    def at(self, path: Path) -> bool:
        """Whether something is wrong with the very value at ``path``."""
        return path in self._paths

    def where(self, path: Path) -> str:
        """``file:line:column`` of the value at ``path``, or of the nearest place around it that stands in the document."""
        line, column = self._place(Problem(path, ""))
        return f"{self._file}:{line}:{column}"

    def stop(self) -> None:
        """Raise what was found, in the order of the document.

        Raises:
            ConfigError: at least one problem was noted; the message has a line for each.
        """
        if not self._found:
            return
        ordered = sorted(self._found, key=self._place)
        lines = [self._line(problem) for problem in ordered[:MOST]]
        if len(ordered) > MOST:
            lines.append(f"{self._file}: and {len(ordered) - MOST} more")
        hints = [self._hint(problem, alone=len(ordered) == 1) for problem in ordered[:MOST] if problem.hint]
        raise ConfigError("\n".join(lines), hint="\n".join(dict.fromkeys(hints)))

    def _line(self, problem: Problem) -> str:
        line, column = self._place(problem)
        name = dotted(problem.path)
        return (
            f"{self._file}:{line}:{column}: " + (f"{name}: " if name else "") + self._clean(_USERINFO.sub("***", problem.message))
        )

    def _hint(self, problem: Problem, *, alone: bool) -> str:
        hint = self._clean(problem.hint)
        return hint if alone else f"line {self._place(problem)[0]}: {hint}"

    def _place(self, problem: Problem) -> tuple[int, int]:
        path = problem.path
        while path and path not in self._places:
            path = path[:-1]
        return problem.place or self._places.get(path, (1, 1))

    def _clean(self, text: str) -> str:
        """Secrets masked first, in any case of letters, and only then cut: half a secret is a secret."""
        if self._hidden:
            longest_first = sorted(self._hidden, key=len, reverse=True)
            known = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)
            shown = {secret.casefold(): name for secret, name in self._hidden.items()}
            text = known.sub(lambda match: shown.get(match[0].casefold(), "***"), text)
        text = printable(text)
        return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def dotted(path: Path) -> str:
    """The path in words: ``maps.status.jira."Ready for QA"``."""
    return ".".join(
        str(part) if isinstance(part, int) or _WORD.fullmatch(part) else f'"{printable(part)[:LONGEST]}"' for part in path
    )
