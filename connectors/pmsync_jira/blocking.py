"""Who waits for whom: links of the sort Blocks. Each is made and taken away by itself, by its own id."""

from __future__ import annotations

from pmsync.reconcile.operation import Change
from pmsync_jira import mapping
from pmsync_jira.client import Client


class Blocking:
    """The blocking links of a site's issues."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._type: str | None = None

    def refresh(self) -> None:
        """Forget the site's sort of link."""
        self._type = None

    def write(self, issue: str, change: Change) -> str | None:
        """Add and take away what the change says; None when all of it went, else why some of it did not, for a person."""
        refusals = [*self._remove(issue, change.removed), *self._add(issue, change.added)]
        return "; ".join(dict.fromkeys(refusals)) or None

    def _add(self, issue: str, blockers: frozenset[str]) -> list[str]:
        if not blockers:
            return []
        kind = self._link_type()
        if kind is None:
            return ["the site has no issue links of the sort Blocks"]
        answers = [self._client.link(kind, blocker, issue) for blocker in sorted(blockers)]
        return [f"Jira refuses the link: {refusal}" for refusal in answers if refusal is not None]

    def _remove(self, issue: str, blockers: frozenset[str]) -> list[str]:
        if not blockers:
            return []
        links = [one for one in self._client.links_of(issue) if {other.id for other in mapping.blockers([one])} & blockers]
        answers = [self._client.unlink(link.id) for link in links]
        return [f"Jira refuses to take the link away: {refusal}" for refusal in answers if refusal is not None]

    def _link_type(self) -> str | None:
        if self._type is None:
            self._type = next((one.id for one in self._client.link_types() if mapping.is_blocking(one)), None)
        return self._type
