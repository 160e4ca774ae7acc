"""Rich texts on their way to Jira: held against what stands there, so that only what was edited is rendered anew."""

from __future__ import annotations

from collections.abc import Sequence

from pmsync.model.values import Known, Settled
from pmsync.reconcile.operation import Change
from pmsync.text.canon import same
from pmsync_jira import wire
from pmsync_jira.bodies import LIMIT, Bodies, Written
from pmsync_jira.client import Client

KEPT = 200
"""Issues whose text is remembered from the direct reads before a write."""


class Moved(Exception):
    """The text is not the one that the plan saw: somebody edited it since."""


class Texts:
    """Knows the texts that were read last and directly."""

    def __init__(self, client: Client, bodies: Bodies) -> None:
        self._client = client
        self._bodies = bodies
        self._raw: dict[str, str] = {}

    def saw(self, issues: Sequence[wire.Issue]) -> None:
        """Remember the texts of issues as they were just read."""
        for issue in issues:
            self._raw.pop(issue.id, None)
            self._raw[issue.id] = bytes(issue.fields.description).decode()
        while len(self._raw) > KEPT:
            del self._raw[next(iter(self._raw))]

    def first(self, change: Change) -> Written:
        """The text of a new issue."""
        return self._fitting(self._bodies.write(_text(change.after)))

    def next(self, issue: str, change: Change) -> Written:
        """A text in place of the one that the issue shows; a call where that was not read yet, or is not the one that the plan saw.

        Raises:
            ConnectorError: it cannot be read.
            Moved: see there.
        """
        if issue not in self._raw or not self._shows(issue, change):
            self.saw(self._client.bulk_fetch([issue]).issues)
        if not self._shows(issue, change):
            raise Moved
        return self._fitting(self._bodies.write(_text(change.after), self._raw[issue]))

    def _shows(self, issue: str, change: Change) -> bool:
        return same(self._bodies.read(self._raw.get(issue, "")), _text(change.before))

    def _fitting(self, made: Written) -> Written:
        length = self._bodies.size(made.value)
        if made.refused or length <= LIMIT:
            return made
        return Written(None, refused=f"the text has {length:,} characters in Jira's format, the limit is {LIMIT:,}")


def _text(value: Settled) -> str:
    return str(value.value) if isinstance(value, Known) else ""
