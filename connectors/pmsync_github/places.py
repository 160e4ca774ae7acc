"""Where issues were last seen in this run: their repository, number and marker, by node id. A cache; nothing depends on it being full."""

from __future__ import annotations

from dataclasses import dataclass

from pmsync_github.mapping import Issue, split_marker

_ROOM = 50_000


@dataclass(frozen=True, slots=True)
class Place:
    """Repository (``owner/name``), number, and the marker in the body, if any."""

    repository: str
    number: int
    marker: str | None


class Places:
    """Remembers issues as they pass."""

    def __init__(self) -> None:
        self._by_id: dict[str, Place] = {}
        self._by_number: dict[tuple[str, int], str] = {}

    def saw(self, issue: Issue) -> None:
        """Take note of an issue."""
        if len(self._by_id) >= _ROOM:
            self._by_id.clear()
            self._by_number.clear()
        self._by_id[issue.id] = Place(issue.repository, issue.number, split_marker(issue.body)[1])
        self.saw_id(issue.repository, issue.number, issue.id)

    def saw_id(self, repository: str, number: int, node: str) -> None:
        """Take note of an issue's id alone."""
        self._by_number[repository.casefold(), number] = node

    def of(self, node: str) -> Place | None:
        """Where the issue was seen."""
        return self._by_id.get(node)

    def at(self, repository: str, number: int) -> str | None:
        """The node id of an issue by number."""
        return self._by_number.get((repository.casefold(), number))
