"""What is new of milestones: listed on the catalogue's beat, and in between as they come along with the issues in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pmsync.model.record import ScopeRef
from pmsync.net.conditional import UNCHANGED
from pmsync_github.client import Client, next_link
from pmsync_github.cursor import Delivered, Position, digest
from pmsync_github.lookup import MILESTONES, milestones
from pmsync_github.mapping import Issue
from pmsync_github.milestones import Milestone


class News:
    """Tells which milestones differ from what a position says was delivered of them."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._due: set[str] = set()

    def expect(self, scope: ScopeRef) -> None:
        """The next pull of the scope lists its milestones."""
        self._due.add(scope.key)

    def seen(self, scope: ScopeRef) -> None:
        """What the last listing showed is delivered."""
        self._due.discard(scope.key)

    def listed(self, scope: ScopeRef, position: Position) -> tuple[list[Milestone], Position]:
        """The milestones that are new, and the position once they are delivered. No call unless it is due, or nobody ever looked.

        The listing's ETag is kept in the position, so that GitHub can answer "unchanged".
        """
        if position.milestones is not None and scope.key not in self._due:
            return [], position
        answer = self._client.poll(scope, "/milestones", MILESTONES, position.milestones_tag)
        if answer.status == UNCHANGED:
            return [], position
        found = list(milestones(self._client, scope, answer))
        tag = self._client.tag(answer) if next_link(answer) is None else None
        fresh, known = _fresh(found, position)
        return fresh, replace(known, milestones_tag=tag)

    def inline(self, issues: Sequence[Issue], position: Position) -> tuple[list[Milestone], Position]:
        """The same of the milestones that came along with issues."""
        return _fresh((issue.milestone for issue in issues if issue.milestone is not None), position)


def _fresh(found: Iterable[Milestone], position: Position) -> tuple[list[Milestone], Position]:
    """What differs from what was delivered and is not older than that; lists may lag behind each other."""
    known = dict(position.milestones or {})
    fresh: dict[str, Milestone] = {}
    for one in found:
        delivered = Delivered(one.updated_at, digest(one.shown))
        before = known.get(str(one.number))
        if before is None or (before.digest != delivered.digest and before.updated <= delivered.updated):
            known[str(one.number)], fresh[one.id] = delivered, one
    return list(fresh.values()), replace(position, milestones=known)
