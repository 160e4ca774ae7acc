"""Comments: how they are read, written and found again.

The marker of a copy of ours is a property of the comment, so that nothing of it shows in the text; its header is the first paragraph.
Properties come only with an issue's own list of comments: it is read wherever our account commented. What we write is an internal note in a
service desk: through this API a comment would otherwise be shown to the customer.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-comments/; that comments are public unless the property
``sd.public.comment`` says otherwise: https://developer.atlassian.com/cloud/jira/service-desk/jira-service-desk-add-on-integration-guide/
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pmsync.connect import comments
from pmsync.connect.contract import Absent, Fetched, Finding, Found, Outcome, Receipt, Unreadable
from pmsync.connect.errors import Ambiguous, Conflict, Gone, NotSent, Rejected
from pmsync.model.enums import Audience
from pmsync.model.record import Comment, Record, RecordRef, ScopeRef
from pmsync.reconcile.operation import Operation, OpKind
from pmsync_jira import mapping, receipts, wire
from pmsync_jira.bodies import LIMIT
from pmsync_jira.client import Client, Refused

PREFIX = "comment/"
"""Stands before the ids of the issue and of the comment: issues have ids of the same sort."""
TEXT_LIMIT = LIMIT - comments.HEADER_ROOM
INTERNAL = {"key": "sd.public.comment", "value": {"internal": True}}


def remote_id(issue: str, comment: str) -> str:
    """The id of a comment as records carry it."""
    return f"{PREFIX}{issue}/{comment}"


def is_comment(ref: RecordRef) -> bool:
    """Whether it is a comment's."""
    return ref.remote_id.startswith(PREFIX)


def ids_of(ref: RecordRef) -> tuple[str, str]:
    """The ids of the issue and of the comment."""
    issue, _, comment = ref.remote_id.removeprefix(PREFIX).partition("/")
    return issue, comment


@dataclass(frozen=True, slots=True)
class Spoken:
    """An issue, as far as its comments need to know it; ``restricted``: it has a security level."""

    id: str
    key: str
    restricted: bool

    @classmethod
    def of(cls, issue: wire.Issue) -> Spoken:
        """The issue that was read; its security level counts where it was asked for."""
        return cls(issue.id, issue.key, mapping.is_set(issue.fields.security))


def comment(one: wire.Comment, issue: Spoken, site: mapping.Site, me: str) -> Comment:
    """A comment, its body as Markdown beside Jira's own form of it. ``me``: our account, "" where nothing here can be ours.

    Restricted ones and internal notes of a service desk are private; our own notes are as open as the project.
    """
    raw = bytes(one.body).decode() if mapping.is_set(one.body) else ""
    author = one.author.id if one.author else ""
    marker = mapping.marker_in({entry.key: entry.value for entry in one.properties}) if me and author == me else None
    text = site.bodies.read(raw) if raw else ""
    header, body = comments.split_header(text) if marker is not None else ("", text)
    restricted = issue.restricted or one.visibility is not None or not (one.public or marker is not None)
    return Comment(
        ref=RecordRef(site.system, remote_id(issue.id, one.id)),
        parent=RecordRef(site.system, issue.id),
        author=author,
        body=body,
        created_at=mapping.moment(one.created),
        updated_at=mapping.moment(one.updated),
        audience=Audience.PRIVATE if restricted else Audience.INTERNAL,
        raw=raw,
        place=issue.key,
        key=f"{issue.key} comment {one.id}",
        url=f"{site.url}/browse/{issue.key}?focusedCommentId={one.id}",
        name=one.author.name if one.author else "",
        marker=marker,
        header=header,
    )


class Comments:
    """Reads and writes the comments of one site. ``read`` reads issues directly."""

    def __init__(
        self, client: Client, site: mapping.Site, me: Callable[[], str], read: Callable[[Sequence[str]], Sequence[wire.Issue]]
    ) -> None:
        self._client = client
        self._site = site
        self._me = me
        self._read = read

    # -- reading --------------------------------------------------------------------------------------------------------------

    def whole(self, issue: Spoken, embedded: wire.Comments) -> list[Comment]:
        """All comments of an issue: the embedded ones where they are all and none is our account's, else read page by page."""
        listed: Sequence[wire.Comment] = embedded.comments
        me = self._me() if listed or embedded.total else ""
        if embedded.total > len(listed) or any(one.author is not None and one.author.id == me for one in listed):
            listed = self._listed(issue.id)
        return [comment(one, issue, self._site, me) for one in listed]

    def fetch(self, refs: Sequence[RecordRef]) -> Fetched:
        """Comments by id: the issues that they are on, then each issue's list. What such a list lacks was deleted, or is hidden from us."""
        wanted: dict[str, set[str]] = {}
        for ref in refs:
            issue, _ = ids_of(ref)
            wanted.setdefault(issue, set()).add(ref.remote_id)
        found: list[Record] = []
        gone: list[RecordRef] = []
        for row in self._read(list(wanted)):
            there = {one.ref.remote_id: one for one in self._of(row)}
            scope = self._site.scope_of(row.fields.project or wire.Project("", row.key.rpartition("-")[0]))
            found += [comments.record(one, scope) for name, one in there.items() if name in wanted[row.id]]
            gone += [RecordRef(self._site.system, name) for name in sorted(wanted[row.id] - there.keys())]
        known = {record.ref for record in found}
        return Fetched(tuple(found), tuple(ref for ref in refs if ref not in known), deleted=tuple(gone))

    def find(self, scope: ScopeRef, op: Operation) -> Finding:
        """Look through all comments of the one issue that it was for; that list does not lag."""
        try:
            rows = self._read([comments.written(op).on])
            ours = [one for row in rows for one in self._of(row) if one.marker is not None and one.marker == op.marker]
        except Gone as gone:
            return Unreadable(gone.message)
        if not rows:
            return Unreadable("the issue that the comment was for cannot be read")
        return Found(comments.record(ours[0], scope)) if ours else Absent(consistent=True)

    def _of(self, row: wire.Issue) -> list[Comment]:
        me, issue = self._me(), Spoken.of(row)
        return [comment(one, issue, self._site, me) for one in self._listed(row.id)]

    def _listed(self, issue: str) -> list[wire.Comment]:
        found: dict[str, wire.Comment] = {}
        start = 0
        while True:
            page = self._client.comments(issue, start)
            found |= {one.id: one for one in page.comments}
            start += len(page.comments)
            if not page.comments or start >= page.total:
                return list(found.values())

    # -- writing --------------------------------------------------------------------------------------------------------------

    def send(self, op: Operation) -> Receipt:
        """Send one op: one request for a new comment, two for a changed one, the first of which reads it."""
        try:
            return self._create(op) if op.kind is OpKind.CREATE else self._update(op)
        except (Rejected, Gone) as error:
            return Receipt(op.uid, Outcome.REJECTED, op.ref, reason=error.message, hint=error.hint)
        except Conflict as error:
            return Receipt(op.uid, Outcome.CONFLICT, op.ref, reason=error.message, hint=error.hint)
        except Ambiguous as error:
            return Receipt(op.uid, Outcome.AMBIGUOUS, op.ref, reason=error.message, hint=error.hint)
        except NotSent as error:
            return Receipt(op.uid, Outcome.NOT_SENT, op.ref, reason=error.message, hint=error.hint)

    def _create(self, op: Operation) -> Receipt:
        wanted = comments.written(op)
        body: dict[str, Any] = {"body": self._converted(comments.with_header(wanted.header, wanted.text or ""), "")}
        body["properties"] = [{"key": mapping.PROPERTY, "value": {"marker": op.marker}}, INTERNAL]
        made = self._client.add_comment(wanted.on, body)
        if isinstance(made, Refused):
            return receipts.rejected(op, made)
        return Receipt(op.uid, Outcome.DONE, RecordRef(self._site.system, remote_id(wanted.on, made.id)))

    def _update(self, op: Operation) -> Receipt:
        assert op.ref is not None
        wanted = comments.written(op)
        if wanted.text is None:
            return Receipt(op.uid, Outcome.DONE, op.ref, reason="nothing had to be sent")
        issue, name = ids_of(op.ref)
        there = self._client.comment(issue, name)
        if there.visibility is not None:
            raise Conflict(f"{op.key} is restricted now", hint="it is read again before the next plan")
        now = comment(there, Spoken(issue, "", restricted=False), self._site, self._me())
        body = {"body": self._converted(comments.with_header(now.header, wanted.text), now.raw)}
        refused = self._client.edit_comment(issue, name, body)
        return receipts.rejected(op, refused) if refused else Receipt(op.uid, Outcome.DONE, op.ref)

    def _converted(self, text: str, old: str) -> Any:
        made = self._site.bodies.write(text, old)
        length = self._site.bodies.size(made.value)
        if made.refused:
            raise Rejected(made.refused, surfaces={comments.TEXT: made.refused})
        if length > LIMIT:
            raise Rejected(f"the comment has {length:,} characters in Jira's format, the limit is {LIMIT:,}")
        return made.value


def refs_apart(refs: Iterable[RecordRef]) -> tuple[list[RecordRef], list[RecordRef]]:
    """The comments among ``refs``, and the others."""
    every = list(refs)
    return [ref for ref in every if is_comment(ref)], [ref for ref in every if not is_comment(ref)]
