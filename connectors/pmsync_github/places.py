"""Where issues were last seen in this run: their repository, number and marker, by node id. A cache; nothing depends on it being full."""

from __future__ import annotations

from dataclasses import dataclass

from pmsync_github.mapping import Issue, split_marker
from pmsync_github.milestones import Milestone

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
        self._milestones: dict[str, tuple[str, int]] = {}
        self._titles: dict[tuple[str, str], str] = {}

    def saw(self, issue: Issue) -> None:
        """Take note of an issue."""
        if len(self._by_id) >= _ROOM:
            self._by_id.clear()
            self._by_number.clear()
        if issue.milestone is not None:
            self.saw_milestone(issue.milestone)
        self._by_id[issue.id] = Place(issue.repository, issue.number, split_marker(issue.body)[1])
        self.saw_id(issue.repository, issue.number, issue.id)

    def saw_id(self, repository: str, number: int, node: str) -> None:
        """Take note of an issue's id alone."""
        self._by_number[repository.casefold(), number] = node

    def saw_milestone(self, one: Milestone) -> None:
        """Take note of a milestone."""
        if len(self._milestones) >= _ROOM:
            self._milestones.clear()
            self._titles.clear()
        self._milestones[one.id] = (one.repository, one.number)
        self._titles[one.repository.casefold(), one.title] = one.id

    def milestone(self, node: str) -> tuple[str, int] | None:
        """The repository of a milestone, and its number there."""
        return self._milestones.get(node)

    def titled(self, repository: str, title: str) -> str | None:
        """The node id of a milestone by title."""
        return self._titles.get((repository.casefold(), title))

    def of(self, node: str) -> Place | None:
        """Where the issue was seen."""
        return self._by_id.get(node)

    def at(self, repository: str, number: int) -> str | None:
        """The node id of an issue by number."""
        return self._by_number.get((repository.casefold(), number))
