"""The instance mark of a repository: the description of a label that no issue bears.

GitHub offers no hidden place that the permission to write issues reaches: variables, custom properties and refs each ask for more. The mark
is opaque, so it may be seen. Source: https://docs.github.com/en/rest/issues/labels
"""

from __future__ import annotations

from pmsync.connect.contract import Container
from pmsync.connect.errors import Rejected
from pmsync.model.record import ScopeRef
from pmsync.net.http import Answer
from pmsync.net.words import own_words
from pmsync_github.client import Client, server_time
from pmsync_github.verdicts import PERMISSION
from pmsync_github.wire import RestMark

LABEL = "pmsync-mark"
COLOUR = "ededed"
_BELOW = f"/labels/{LABEL}"
_NOT_SEEN = frozenset({403, 404, 410, 451})
_REFUSED = frozenset({403, 404, 410, 422})


class Marks:
    """The marks of all repositories; remembers where the label is, so that leaving a mark takes one call."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._there: set[str] = set()

    def look(self, scope: ScopeRef) -> Container:
        """One call while the label is there; where it is not, a second tells whether the repository is."""
        answer = self._client.read(scope, _BELOW, also=_NOT_SEEN)
        if answer.status == 200:
            self._there.add(scope.key)
            found: RestMark = answer.decode(RestMark)
            return Container(True, server_time(answer), found.description)
        self._there.discard(scope.key)
        answer = self._client.read(scope, "", also=_NOT_SEEN)
        return Container(answer.status == 200, server_time(answer))

    def leave(self, scope: ScopeRef, mark: str) -> None:
        """Describe the label anew, or make it; a second call where it is there and that was not known.

        Raises:
            Rejected: GitHub refuses.
        """
        answer = self._describe(scope, mark) if scope.key in self._there else self._make(scope, mark)
        if answer.status == 422 and scope.key not in self._there:
            answer = self._describe(scope, mark)
        if answer.status in _REFUSED:
            said = own_words(answer.content, answer.origin.redact if answer.origin else str)
            raise Rejected(f"{scope}: GitHub keeps no mark, it answered {answer.status} {said}".rstrip(), hint=PERMISSION)
        self._there.add(scope.key)

    def _make(self, scope: ScopeRef, mark: str) -> Answer:
        body = {"name": LABEL, "color": COLOUR, "description": mark}
        path = f"{self._client.address(scope)}/labels"
        return self._client.write("POST", path, "POST /repos/{}/labels", body, frozenset({201}) | _REFUSED)

    def _describe(self, scope: ScopeRef, mark: str) -> Answer:
        path = self._client.address(scope) + _BELOW
        return self._client.write("PATCH", path, "PATCH /repos/{}/labels/{}", {"description": mark}, frozenset({200}) | _REFUSED)
