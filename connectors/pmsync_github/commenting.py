"""Comments on issues: how they are read, written and found again.

A copy of ours has a header, then the marker as a hidden line, then the text. Whatever stands above the marker is no part of the text, if it
still reads like a header. What somebody else wrote is text and nothing else, whatever is hidden in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from pmsync.connect import comments
from pmsync.connect.contract import Absent, Finding, Found, Outcome, Receipt, Unreadable
from pmsync.connect.errors import Ambiguous, Conflict, ConnectorError, Rejected
from pmsync.model.record import Comment, Record, RecordRef, ScopeRef
from pmsync.reconcile.lenses import TextLens
from pmsync.reconcile.operation import Operation
from pmsync_github import mapping, queries
from pmsync_github.client import Client, GraphAnswer
from pmsync_github.graph import GraphReads
from pmsync_github.verdicts import failed_steps
from pmsync_github.wire import GraphComment, Said, graph_comment

LIMIT = mapping.BODY_LIMIT - mapping.MARKER_ROOM
"""Characters of a copy, header included; the marker has a place of its own."""


TEXT = TextLens(LIMIT - comments.HEADER_ROOM, markdown=True, inert=True)


@dataclass(frozen=True, slots=True)
class Parts:
    """A comment's header, its marker, and its text."""

    header: str
    marker: str | None
    text: str

    def body(self) -> str:
        """As GitHub keeps it."""
        if self.marker is None:
            return comments.with_header(self.header, self.text)
        hidden = f"<!-- pmsync:{self.marker} -->"
        above = f"{self.header}\n{hidden}" if self.header else hidden
        return f"{above}\n\n{self.text}" if self.text else above


def parts(body: str) -> Parts:
    """The parts of what our account wrote. Of several markers the first counts: the others are quoted."""
    found = mapping.first_marker(body)
    if found is None:
        return Parts("", None, body)
    marker, above, below = found
    header, rest = comments.split_header(above)
    below = below.lstrip("\r\n")
    text = f"{rest.rstrip()}\n\n{below}" if rest.strip() and below else rest.rstrip() or below
    return Parts(header, marker, text)


def comment(said: Said, system: str, me: Callable[[], str]) -> Comment:
    """The comment that was read. ``me`` is asked only where a marker could be ours."""
    own = mapping.first_marker(said.body) is not None and said.author.casefold() == me().casefold()
    found = parts(said.body) if own else Parts("", None, said.body)
    place = mapping.display_key(said.repository, said.number)
    return Comment(
        ref=RecordRef(system, said.id),
        parent=RecordRef(system, said.issue),
        author=said.author,
        body=found.text,
        created_at=said.created_at,
        updated_at=said.updated_at,
        audience=said.audience,
        place=place,
        key=f"{place} comment {said.url.rpartition('-')[2]}",
        url=said.url,
        marker=found.marker,
        header=found.header,
    )


@dataclass(frozen=True, slots=True)
class CommentTools:
    """What writing comments needs of the connector. ``me``: the account that we act as."""

    client: Client
    graph: GraphReads
    me: Callable[[], str]


class CommentWriter:
    """Creates, changes and finds comments, one GraphQL call each; a change reads the comment first, for its header and marker."""

    def __init__(self, tools: CommentTools) -> None:
        self._tools = tools

    def create(self, scope: ScopeRef, op: Operation) -> Receipt:
        """Comment on an issue.

        Raises:
            Rejected: GitHub refuses it: the issue is gone or locked, or the account may not. Ambiguous: the answer does not tell.
        """
        self._tools.me()  # the answer's record needs it; nothing may fail after the create
        wanted = comments.written(op)
        body = Parts(wanted.header, op.marker, wanted.text or "").body()
        answer = self._tools.client.graph(queries.ADD_COMMENT, {"id": wanted.on, "body": body}, "AddComment")
        edge = self._payload(answer, queries.COMMENT_STEP, f"commenting in {scope.key}").get("commentEdge")
        return self._done(scope, op, edge.get("node") if isinstance(edge, Mapping) else None)

    def update(self, scope: ScopeRef, op: Operation) -> Receipt:
        """Write the text of a comment anew.

        Raises:
            Rejected: GitHub refuses it. Conflict: it is not there any more. Ambiguous: the answer does not tell.
        """
        assert op.ref is not None
        wanted = comments.written(op)
        if wanted.text is None:
            return Receipt(op.uid, Outcome.DONE, op.ref, reason="nothing had to be sent")
        [said] = self._tools.graph.look([op.ref.remote_id]).found
        if not isinstance(said, Said):
            raise Conflict(f"{op.key} cannot be read", hint="it is read again before the next plan")
        one = comment(said, scope.system, self._tools.me)
        body = Parts(one.header, one.marker, wanted.text).body()
        answer = self._tools.client.graph(queries.EDIT_COMMENT, {"id": said.id, "body": body}, "EditComment")
        payload = self._payload(answer, queries.COMMENT_STEP, f"changing {op.key}")
        return self._done(scope, op, payload.get("issueComment"))

    def find(self, scope: ScopeRef, op: Operation) -> Finding:
        """Look through all comments of the one issue that it was for; that listing does not lag."""
        try:
            for said in self._of_issue(comments.written(op).on):
                one = comment(said, scope.system, self._tools.me)
                if one.marker is not None and one.marker == op.marker:
                    return Found(comments.record(one, scope))
        except ConnectorError as error:
            return Unreadable(error.message)
        return Absent(consistent=True)

    def _of_issue(self, issue: str) -> list[Said]:
        found: list[Said] = []
        after: str | None = None
        while True:
            answer = self._tools.client.ask(queries.COMMENTS_OF, {"id": issue, "after": after}, "CommentsOf")
            page = (answer.data.get("node") or {}).get("comments")
            if page is None:
                raise Rejected("the issue that the comment was for cannot be read")
            found += [said for node in page["nodes"] if (said := graph_comment(node)) is not None]
            if not page["pageInfo"]["hasNextPage"]:
                return found
            after = page["pageInfo"]["endCursor"]

    def _payload(self, answer: GraphAnswer, step: str, doing: str) -> Mapping[str, Any]:
        if refused := failed_steps(answer, [step]):
            raise Rejected(f"{doing}: {refused[step]}")
        payload = answer.data.get(step)
        if not isinstance(payload, Mapping):
            raise Ambiguous(f"{doing}: GitHub did not say what became of it")
        return payload

    def _done(self, scope: ScopeRef, op: Operation, node: object) -> Receipt:
        try:
            said = msgspec.convert(node, GraphComment).said()
        except msgspec.ValidationError as misfit:
            raise Ambiguous(f"GitHub's answer does not show the comment: {misfit}") from misfit
        return Receipt(op.uid, Outcome.DONE, RecordRef(scope.system, said.id), self.record(scope, said))

    def record(self, scope: ScopeRef, said: Said) -> Record:
        """The record that a comment is in ``scope``."""
        return comments.record(comment(said, scope.system, self._tools.me), scope)
