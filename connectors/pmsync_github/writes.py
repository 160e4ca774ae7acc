"""Sending planned writes, each once, and saying what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pmsync.connect.contract import Outcome, Receipt
from pmsync.connect.errors import Ambiguous, AuthFailed, Conflict, ConnectorError, Gone, NotSent, Park, Rejected, Retry
from pmsync.model.enums import Nature
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.reconcile.operation import Operation, OpKind
from pmsync_github import intent, mapping, queries
from pmsync_github.accounts import Accounts
from pmsync_github.catalogue import Catalogue, LabelBook
from pmsync_github.client import Client, GraphAnswer
from pmsync_github.commenting import CommentWriter
from pmsync_github.control import Control
from pmsync_github.graph import GraphReads
from pmsync_github.intent import Intent
from pmsync_github.mapping import Issue, LabelEntry
from pmsync_github.places import Places
from pmsync_github.priority import PriorityNames, token
from pmsync_github.releases import ReleaseWriter
from pmsync_github.verdicts import PERMISSION, failed_steps, issue_in, receipt_of, refuse, state_fields
from pmsync_github.wire import RestIssue

_MOVED = frozenset({301, 302, 307, 308})
_ANSWERED = frozenset({200, 201, 403, 404, 410, 422}) | _MOVED
_NOBODY = "GitHub knows no account of the login {who}: correct it under people in the config"
_READ_AGAIN = "it is read again before the next plan"


@dataclass(frozen=True, slots=True)
class Tools:
    """What writing needs of the connector."""

    client: Client
    graph: GraphReads
    control: Control
    catalogue: Catalogue
    places: Places
    priorities: Callable[[ScopeRef], PriorityNames]
    record: Callable[[ScopeRef, Issue], Record]
    scope_labels: Callable[[ScopeRef], tuple[str, ...]]
    releases: ReleaseWriter
    accounts: Accounts
    comments: CommentWriter


class Writer:
    """Creates and updates issues, and hands milestones over to those who do."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._unmakeable: dict[tuple[str, str], str] = {}

    # -- labels first --------------------------------------------------------------------------------------------------------

    def prepare(self, scope: ScopeRef, ops: Sequence[Operation]) -> None:
        """Create the labels that ``ops`` add and the repository lacks. One that cannot be created is remembered, and refused in ``apply``."""
        ops = [op for op in ops if op.item_kind.nature not in (Nature.RELEASE, Nature.COMMENT)]
        wanted = {name for op in ops for name in intent.read(op).added}
        if any(op.kind is OpKind.CREATE for op in ops):
            wanted |= set(self._tools.scope_labels(scope))
        if not wanted:
            return
        book = self._tools.catalogue.labels(scope)
        if all(book.find(name) for name in wanted):
            return
        book = self._tools.catalogue.reread_labels(scope)
        for name in intent.spelled(sorted(wanted), self._spellings(scope)):
            if book.find(name) is None:
                self._make(scope, name)

    def _make(self, scope: ScopeRef, name: str) -> None:
        key = (scope.key, token(name))
        self._unmakeable.pop(key, None)
        try:
            self._tools.catalogue.noticed(scope, [self._tools.control.create_label(scope, name)])
        except (Rejected, Retry) as refused:
            if self._tools.catalogue.reread_labels(scope).find(name) is not None:
                return  # somebody else made it, or we did and the answer was lost
            if isinstance(refused, Retry):
                raise
            self._unmakeable[key] = refused.message
        except (AuthFailed, Gone) as refused:
            self._unmakeable[key] = f"{refused.message} (creating labels needs push access to {scope.key})"

    def _spellings(self, scope: ScopeRef) -> Mapping[str, str]:
        return {token(label): label for label in self._tools.priorities(scope).configured}

    # -- one op after the other ----------------------------------------------------------------------------------------------

    def apply(self, scope: ScopeRef, ops: Sequence[Operation]) -> Iterator[Receipt]:
        """Yield the receipt of each op before the next is sent.

        Raises:
            AuthFailed: the credentials were refused; the receipt of the op that met it (not carried out) was yielded before.
        """
        for op in ops:
            try:
                receipt = self._send(scope, op)
            except AuthFailed as refused:
                yield Receipt(op.uid, Outcome.NOT_SENT, op.ref, reason=refused.message, hint=refused.hint)
                raise
            except (Rejected, Conflict, Ambiguous, NotSent, Park, Retry, Gone) as error:
                receipt = receipt_of(op, error)
            yield receipt

    def _send(self, scope: ScopeRef, op: Operation) -> Receipt:
        others: Mapping[Nature, ReleaseWriter | CommentWriter] = {
            Nature.RELEASE: self._tools.releases,
            Nature.COMMENT: self._tools.comments,
        }
        one = others.get(op.item_kind.nature)
        if op.kind is OpKind.CREATE:
            return self._create(scope, op) if one is None else one.create(scope, op)
        return self._update(scope, op) if one is None else one.update(scope, op)

    # -- create --------------------------------------------------------------------------------------------------------------

    def _create(self, scope: ScopeRef, op: Operation) -> Receipt:
        self._tools.catalogue.repository(
            scope
        )  # whatever the answer's record needs is read before, so that nothing fails after the create
        wanted = intent.read(op)
        entries, refused = self._usable(scope, wanted)
        if strangers := self._tools.accounts.unknown(wanted.assign):
            refused[mapping.ASSIGNEES] = _NOBODY.format(who=", ".join(strangers))
            wanted = replace(wanted, assign=tuple(login for login in wanted.assign if login not in strangers))
        body = self._new_body(scope, op, wanted, [entry.name for entry in entries])
        if wanted.release and "milestone" not in body:
            refused[mapping.RELEASE] = f"the milestone is not in {scope.key} any more"
        path = self._tools.client.address(scope) + "/issues"
        answer = self._tools.client.write("POST", path, "POST /repos/{}/issues", body, _ANSWERED)
        if answer.status in _MOVED:
            self._tools.client.read(scope, "")
            raise NotSent(f"{scope.key} was renamed; nothing was created yet", hint="it is tried again under the new name")
        refuse(answer, f"creating an issue in {scope.key}")
        issue = answer.decode(RestIssue).issue()
        carried = {token(entry.name) for entry in issue.labels or ()}
        if lost := [name for name in self._tools.scope_labels(scope) if token(name) not in carried]:
            refused[mapping.LABELS] = (
                f"without the label {lost[0]!r} the issue does not belong to the scope; "
                + intent.DROPPED.format(repository=scope.key)
            )
        doubts: list[str] = []
        if wanted.status is not None and wanted.status != mapping.OPEN:
            try:
                issue = self._close_new(scope, issue, wanted.status, refused)
            except Ambiguous as lost:
                doubts.append(f"whether it was closed is in doubt: {lost.message}")
        if wanted.parent:
            try:
                issue = self._put_new_under(issue, wanted.parent, refused)
            except Ambiguous as lost:
                doubts.append(f"whether it was put under its parent is in doubt: {lost.message}")
        made = self._done(scope, op, issue, refused)
        return replace(made, outcome=Outcome.AMBIGUOUS, reason=f"created; {'; '.join(doubts)}") if doubts else made

    def _new_body(self, scope: ScopeRef, op: Operation, wanted: Intent, names: Sequence[str]) -> dict[str, Any]:
        """What the request for a new issue holds."""
        text = mapping.with_marker(wanted.body or "", op.marker)
        if len(text) > mapping.BODY_LIMIT:
            raise Rejected(
                "the text leaves no room for the marker", surfaces={mapping.BODY: f"longer than {mapping.BODY_LIMIT:,}"}
            )
        body: dict[str, Any] = {"title": wanted.title or "", "body": text}
        if labels := [*names, *self._tools.scope_labels(scope)]:
            body["labels"] = list({token(name): name for name in labels}.values())
        if wanted.release and (number := self._tools.releases.number(scope, wanted.release)) is not None:
            body["milestone"] = number
        if wanted.assign:
            body["assignees"] = list(wanted.assign)
        return body

    def _put_new_under(self, issue: Issue, parent: str, refused: dict[str, str]) -> Issue:
        """Make an issue just created a sub-issue, which the create itself cannot. Whatever happens here, the create stays done.

        Raises:
            Ambiguous: the answer was lost, or does not tell.
        """
        steps = ["parent"]
        try:
            answer = self._tools.client.graph(queries.update(steps), {"id": issue.id, "parent": parent}, "Update")
        except Ambiguous:
            raise
        except ConnectorError as error:
            refused[mapping.PARENT] = f"created, but not put under its parent: {error.message}"
            return issue
        if reason := failed_steps(answer, steps).get("parent"):
            refused[mapping.PARENT] = f"created, but not put under its parent: {reason}"
            return issue
        found = issue_in(answer.data.get("parent"))
        if found is None:
            raise Ambiguous("GitHub's answer does not show the issue")
        return replace(issue, parent=found.parent, updated_at=found.updated_at)

    def _close_new(self, scope: ScopeRef, issue: Issue, status: str, refused: dict[str, str]) -> Issue:
        """Close an issue just created, for GitHub opens every one. Whatever happens here, the create itself stays done.

        What the second answer shows beside the status may be somebody's edit since the first one: it is not what we made.

        Raises:
            Ambiguous: the answer was lost; the closing may still arrive.
        """
        path = f"{self._tools.client.address(scope)}/issues/{issue.number}"
        try:
            answer = self._tools.client.write("PATCH", path, "PATCH /repos/{}/issues/{}", state_fields(status), _ANSWERED)
            refuse(answer, "closing the new issue")
            closed: RestIssue = answer.decode(RestIssue)
            return _as_made(issue, closed.issue())
        except Ambiguous:
            raise
        except ConnectorError as error:
            refused[mapping.STATUS] = f"created, but not closed: {error.message}"
            return issue

    # -- update --------------------------------------------------------------------------------------------------------------

    def _update(self, scope: ScopeRef, op: Operation) -> Receipt:
        assert op.ref is not None
        wanted = intent.read(op)
        unknown = dict.fromkeys(intent.foreign(op), "a GitHub issue has no such place")
        if unknown:
            raise Rejected("the operation writes what a GitHub issue does not have", surfaces=unknown)
        if not wanted.asks:
            return self._nothing_left(op, {})
        number = self._number(scope, op)
        if number is not None and not wanted.reaches_beyond:
            return self._patch(scope, op, wanted, number)
        return self._mutate(scope, op, wanted)

    def _number(self, scope: ScopeRef, op: Operation) -> int | None:
        """The issue's number, where it is certain that it is one of this repository's; its node id serves otherwise."""
        assert op.ref is not None
        place = self._tools.places.of(op.ref.remote_id)
        repository, number = (place.repository, place.number) if place else (mapping.parse_key(op.key) or ("", 0))
        ours = {scope.key.casefold(), self._tools.catalogue.repository(scope).name.casefold()}
        return number if repository.casefold() in ours else None

    def _patch(self, scope: ScopeRef, op: Operation, wanted: Intent, number: int) -> Receipt:
        """Title and state in one REST call."""
        assert op.ref is not None
        body: dict[str, Any] = {}
        if wanted.title is not None:
            body["title"] = wanted.title
        if wanted.body is not None:
            body["body"] = self._kept_marker(scope, op, wanted.body)
        if wanted.status is not None:
            body |= state_fields(wanted.status)
        path = f"{self._tools.client.address(scope)}/issues/{number}"
        answer = self._tools.client.write("PATCH", path, "PATCH /repos/{}/issues/{}", body, _ANSWERED)
        if answer.status in _MOVED:
            self._tools.client.read(scope, "")  # if it is the repository that was renamed, its new address is learned
            raise Conflict(f"{op.key} lives at another address now", hint=_READ_AGAIN)
        refuse(answer, f"changing {op.key}")
        return self._done(scope, op, answer.decode(RestIssue).issue(), {})

    def _mutate(self, scope: ScopeRef, op: Operation, wanted: Intent) -> Receipt:
        """Everything in one GraphQL call, a step per alias."""
        assert op.ref is not None
        entries, refused = self._usable(scope, wanted)
        wanted = intent.read(_refused_changes(op, refused))
        variables: dict[str, Any] = {"id": op.ref.remote_id}
        if wanted.title is not None:
            variables["title"] = wanted.title
        if wanted.body is not None:
            variables["body"] = self._kept_marker(scope, op, wanted.body)
        if entries:
            variables["add"] = [entry.id for entry in entries]
        if gone := self._present(scope, wanted):
            variables["remove"] = [entry.id for entry in gone]
        if wanted.release is not None:
            variables["milestone"] = wanted.release or None
        if wanted.parent:
            variables["parent"] = wanted.parent
        elif wanted.orphaned:
            variables["orphan"] = wanted.orphaned
        variables |= self._people(wanted, refused)
        steps = [step for step in variables if step != "id"]
        if wanted.status is not None:
            state, reason = intent.state_of(wanted.status)
            steps.append("reopen" if state == mapping.OPEN else "close")
            if reason:
                variables["reason"] = reason.upper()
        if not steps:
            return self._nothing_left(op, refused)
        answer = self._tools.client.graph(queries.update(steps), variables, "Update")
        return self._mutated(scope, op, answer, steps, refused)

    def _mutated(self, scope: ScopeRef, op: Operation, answer: GraphAnswer, steps: list[str], refused: dict[str, str]) -> Receipt:
        failed = failed_steps(answer, steps)
        if unsure := [step for step in steps if step not in failed and not answer.data.get(step)]:
            raise Ambiguous(f"GitHub did not say what became of {', '.join(unsure)} on {op.key}")
        for surface in (change.surface for change in op.changes):
            reasons = [failed[step] for step in intent.STEPS_OF[surface] if step in failed]
            if reasons:
                refused.setdefault(surface, reasons[0])
        landed = [step for step in queries.STEPS if step in steps and step not in failed]
        if not landed:
            reason = next(iter(failed.values()))
            raise Rejected(f"{op.key}: {reason}", surfaces=refused)
        issue = issue_in(answer.data[landed[-1]])
        if issue is None:
            raise Ambiguous(f"GitHub's answer does not show {op.key} after the change")
        return self._done(scope, op, issue, refused)

    # -- shared --------------------------------------------------------------------------------------------------------------

    def _usable(self, scope: ScopeRef, wanted: Intent) -> tuple[list[LabelEntry], dict[str, str]]:
        """The labels to add that exist, and the surfaces refused because others do not."""
        if not wanted.added:
            return [], {}
        book = self._complete_book(scope, wanted.added)
        refused: dict[str, str] = {}
        for surface, names in wanted.add.items():
            for name in names:
                if book.find(name) is None:
                    why = self._unmakeable.get((scope.key, token(name)), "it was deleted meanwhile")
                    refused[surface] = f"the label {name!r} does not exist in {scope.key}: {why}"
        entries = {entry.id: entry for name in wanted.added if (entry := book.find(name))}
        return list(entries.values()), refused

    def _people(self, wanted: Intent, refused: dict[str, str]) -> dict[str, list[str]]:
        """The node ids of those to be assigned, and of those to be taken back."""
        ids = self._tools.accounts.ids([*wanted.assign, *wanted.unassign])
        if strangers := [login for login in wanted.assign if login not in ids]:
            refused[mapping.ASSIGNEES] = _NOBODY.format(who=", ".join(strangers))
        steps = {"assign": wanted.assign, "unassign": wanted.unassign}
        found = {step: [ids[login] for login in logins if login in ids] for step, logins in steps.items()}
        return {step: nodes for step, nodes in found.items() if nodes}

    def _present(self, scope: ScopeRef, wanted: Intent) -> list[LabelEntry]:
        """The labels to remove; one that the repository does not have is on no issue either."""
        if not wanted.removed:
            return []
        book = self._complete_book(scope, wanted.removed)
        return [entry for name in wanted.removed if (entry := book.find(name))]

    def _complete_book(self, scope: ScopeRef, names: Sequence[str]) -> LabelBook:
        book = self._tools.catalogue.labels(scope)
        if all(book.find(name) or (scope.key, token(name)) in self._unmakeable for name in names):
            return book
        return self._tools.catalogue.reread_labels(scope)

    def _kept_marker(self, scope: ScopeRef, op: Operation, text: str) -> str:
        """The new text with the marker that the old one carries, so that the issue can still be found by it."""
        assert op.ref is not None
        place = self._tools.places.of(op.ref.remote_id)
        if place is None:
            [issue] = self._tools.graph.look([op.ref.remote_id]).found
            if not isinstance(issue, Issue):
                raise Conflict(f"{op.key} cannot be read", hint=_READ_AGAIN)
            self._tools.places.saw(issue)
            place = self._tools.places.of(issue.id)
        return mapping.with_marker(text, place.marker if place else None)

    def _done(self, scope: ScopeRef, op: Operation, issue: Issue, refused: dict[str, str]) -> Receipt:
        self._tools.places.saw(issue)
        self._tools.catalogue.noticed(scope, issue.labels or ())
        left_out = intent.dropped(op, issue, self._tools.priorities(scope))
        reasons = {**left_out, **refused}
        ref = RecordRef(scope.system, issue.id)
        record = self._tools.record(scope, issue)
        reason = "; ".join(f"{surface}: {why}" for surface, why in sorted(reasons.items()))
        return Receipt(op.uid, Outcome.DONE, ref, record, reason=reason, refused=reasons, hint=PERMISSION if left_out else "")

    def _nothing_left(self, op: Operation, refused: dict[str, str]) -> Receipt:
        if refused:
            reasons = "; ".join(dict.fromkeys(refused.values()))
            raise Rejected(f"{op.key}: nothing of it can be written: {reasons}", surfaces=refused)
        return Receipt(op.uid, Outcome.DONE, op.ref, reason="nothing had to be sent")


def _as_made(opened: Issue, closed: Issue) -> Issue:
    """What our two requests made of a new issue."""
    return replace(opened, state=closed.state, reason=closed.reason, updated_at=closed.updated_at)


def _refused_changes(op: Operation, refused: Mapping[str, str]) -> Operation:
    """The op without the exchange of a label that cannot be made: of two priorities the old one stays."""
    left = tuple(change for change in op.changes if change.surface != mapping.PRIORITY or change.surface not in refused)
    return replace(op, changes=left)
