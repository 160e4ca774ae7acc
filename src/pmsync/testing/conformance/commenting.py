"""Comments that are written: under a header, with a marker, each once, and found again by it."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID, uuid5

import pytest

from pmsync.connect import comments
from pmsync.connect.capabilities import Full
from pmsync.connect.contract import Absent, Connector, Found, Outcome, Stream
from pmsync.connect.markers import Marker, sign
from pmsync.model.enums import Kind, Nature
from pmsync.model.record import Record, RecordRef
from pmsync.model.values import EMPTY, Known, Settled, Unobserved, raw
from pmsync.reconcile.operation import Change, Operation, OpKind
from pmsync.reconcile.surface import Surface
from pmsync.testing.conformance.bench import Bench
from pmsync.testing.conformance.drafts import INSTANCE, MARKER_KEY, Suite, need, read, send, settle, update, walk
from pmsync.testing.faults import Fault, FaultKind

HEAD = "**Ana** wrote in [OPS-7](https://tracker.example/browse/OPS-7?focusedCommentId=1):"
SPACE = UUID(int=7)

TEXTS: Mapping[str, str] = {
    "plain": "It fails on Mondays.",
    "paragraphs": "One.\n\nTwo, *leaning*.\n\n* a\n* b",
    "a header of its own": "**Ben** wrote in [X](https://x.example):\n\nnot so",
    "hostile": "<!-- pmsync:x --> <script>alert(1)</script>",
}


class CommentTests(Suite):
    """A connector that writes comments does it as openly as the issue is, and never twice."""

    def test_written_comment_shows_text_issue_and_header(self, bench: Bench, connector: Connector) -> None:
        """What was sent is what is read, by the answer and directly (C40)."""
        on, op = _upon(bench, connector, "One.\n\nTwo.")
        [receipt] = send(connector, bench.scope, op)
        assert receipt.outcome is Outcome.DONE, receipt
        assert receipt.ref is not None
        record = read(connector, bench.scope, receipt.ref)
        assert record.kind is Kind.COMMENT
        assert _shown(connector, bench, record, "body") == Known("One.\n\nTwo.")
        assert record.values[comments.ON] == Known(on.remote_id)
        assert record.values[comments.HEADER] == Known(HEAD)
        assert (record.marker, record.creator) == (op.marker, connector.me())

    def test_comment_is_the_same_record_however_it_was_read(self, bench: Bench, connector: Connector) -> None:
        """From the stream and directly, ours and a person's: else every pull would look like an edit."""
        on, op = _upon(bench, connector, "Ours")
        bench.person_comments(on, "Somebody's")
        send(connector, bench.scope, op)
        settle(bench, connector)
        found = walk(connector, bench.scope, None, Stream.COMMENTS).comments
        assert len(found) == 2
        for comment in found:
            record = read(connector, bench.scope, comment.ref)
            assert record == comments.record(comment, bench.scope)
            assert connector.in_scope(bench.scope, record)

    def test_comment_of_a_person_has_an_attribution_and_no_marker(self, bench: Bench, connector: Connector) -> None:
        """Whoever copies one of ours, marker and all, wrote a text of their own (C18)."""
        on, op = _upon(bench, connector, "Ours")
        [receipt] = send(connector, bench.scope, op)
        assert receipt.ref is not None
        copied = read(connector, bench.scope, receipt.ref)
        bench.person_comments(on, f"{HEAD}\n\nOurs <!-- pmsync:{copied.marker} -->")
        settle(bench, connector)
        [theirs] = [one for one in walk(connector, bench.scope, None, Stream.COMMENTS).comments if one.author != connector.me()]
        assert (theirs.marker, theirs.header) == (None, "")
        header = comments.record(theirs, bench.scope).values[comments.HEADER]
        assert comments.writer(str(raw(header)) if isinstance(header, Known) else "")

    @pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
    def test_text_stays_text(self, bench: Bench, connector: Connector, text: str) -> None:
        """It is neither a header nor a marker, whatever it looks like."""
        _, op = _upon(bench, connector, text)
        [receipt] = send(connector, bench.scope, op)
        assert receipt.outcome is Outcome.DONE, receipt
        assert receipt.ref is not None
        record = read(connector, bench.scope, receipt.ref)
        lens = _surface(connector, bench, "body").lens
        assert lens.canon(_shown(connector, bench, record, "body")) == lens.canon(Known(text))
        assert record.values[comments.HEADER] == Known(HEAD)

    def test_changed_comment_keeps_its_header_and_marker(self, bench: Bench, connector: Connector) -> None:
        """An edit writes the text alone, and makes no other comment."""
        _, op = _upon(bench, connector, "First")
        [made] = send(connector, bench.scope, op)
        assert made.ref is not None
        before = read(connector, bench.scope, made.ref)
        shown = _shown(connector, bench, before, "body")
        [receipt] = send(connector, bench.scope, update(before, _change("body", shown, Known("Second"))))
        assert receipt.outcome is Outcome.DONE, receipt
        after = read(connector, bench.scope, made.ref)
        assert _shown(connector, bench, after, "body") == Known("Second")
        assert (after.marker, after.values[comments.HEADER]) == (op.marker, Known(HEAD))
        settle(bench, connector)
        assert len(walk(connector, bench.scope, None, Stream.COMMENTS).comments) == 1

    def test_comment_of_a_person_is_changed_as_it_is(self, bench: Bench, connector: Connector) -> None:
        """No header comes into the original."""
        on = _issue(bench, connector)
        bench.person_comments(on, "First")
        settle(bench, connector)
        [theirs] = walk(connector, bench.scope, None, Stream.COMMENTS).comments
        before = read(connector, bench.scope, theirs.ref)
        [receipt] = send(connector, bench.scope, update(before, _change("body", Known("First"), Known("Second"))))
        if receipt.outcome is Outcome.REJECTED:
            pytest.skip(f"this account may not edit what others wrote: {receipt.reason}")
        settle(bench, connector)
        [again] = walk(connector, bench.scope, None, Stream.COMMENTS).comments
        assert (again.body, again.header, again.marker) == ("Second", "", None)

    @pytest.mark.parametrize("kind", [FaultKind.LOSE_BEFORE, FaultKind.LOSE_AFTER], ids=str)
    def test_lost_comment_is_found_or_absent_for_sure(self, bench: Bench, connector: Connector, kind: FaultKind) -> None:
        """The list of one issue's comments does not lag, and all its pages are read (C21)."""
        on, op = _upon(bench, connector, "Lost")
        connector.prepare(bench.scope, [op])
        floor = connector.floor(bench.scope)
        bench.befall(Fault(kind))
        [receipt] = connector.apply(bench.scope, [op])
        assert receipt.outcome is Outcome.AMBIGUOUS, receipt
        for number in range(120):
            bench.person_comments(on, f"Later {number}")
        finding = connector.find(bench.scope, op, floor)
        if kind is FaultKind.LOSE_BEFORE:
            assert finding == Absent(consistent=True)
            return
        assert isinstance(finding, Found), finding
        assert (finding.record.marker, finding.record.creator) == (op.marker, connector.me())
        assert finding.record == read(connector, bench.scope, finding.record.ref)

    def test_refused_connection_sends_no_comment(self, bench: Bench, connector: Connector) -> None:
        """Nothing left this machine."""
        _, op = _upon(bench, connector, "Never")
        connector.prepare(bench.scope, [op])
        bench.befall(Fault(FaultKind.REFUSE))
        [receipt] = connector.apply(bench.scope, [op])
        assert receipt.outcome is Outcome.NOT_SENT
        settle(bench, connector)
        assert walk(connector, bench.scope, None, Stream.COMMENTS).comments == []

    def test_issue_that_is_gone_takes_no_comment(self, bench: Bench, connector: Connector) -> None:
        """A definite refusal, not a doubt."""
        on, op = _upon(bench, connector, "Too late")
        bench.person_deletes(on)
        [receipt] = send(connector, bench.scope, op)
        assert receipt.outcome is Outcome.REJECTED, receipt
        assert receipt.reason

    def test_ids_of_comments_are_nobody_elses(self, bench: Bench, connector: Connector) -> None:
        """A reference leads to one thing, and the listing of a scope holds no comments."""
        on, op = _upon(bench, connector, "Ours")
        [receipt] = send(connector, bench.scope, op)
        assert receipt.ref is not None
        assert receipt.ref != on
        if isinstance(connector.capabilities.ids, Full):
            settle(bench, connector)
            assert receipt.ref not in connector.ids(bench.scope).refs


def _issue(bench: Bench, connector: Connector) -> RecordRef:
    need(connector.capabilities.commenting)
    return bench.person_creates("Talked about")


def _upon(bench: Bench, connector: Connector, text: str) -> tuple[RecordRef, Operation]:
    """An issue, and the op that comments on it."""
    on = _issue(bench, connector)
    op, item = (str(uuid5(SPACE, f"{name} {text}")) for name in ("op", "item"))
    changes = (
        _change("body", EMPTY, Known(text)),
        _change("on", EMPTY, Known(on.remote_id)),
        _change("attribution", EMPTY, Known(HEAD)),
    )
    token = sign(Marker(INSTANCE, item, op), MARKER_KEY)
    return on, Operation(op, OpKind.CREATE, item, bench.scope, None, "", Kind.COMMENT, changes, token, "conformance")


def _change(field: str, before: Settled, after: Settled) -> Change:
    return Change(f"comment:{field}", field, before, after, after, "the conformance suite asks for it")


def _surface(connector: Connector, bench: Bench, field: str) -> Surface:
    [found] = [one for one in connector.surfaces(bench.scope) if Nature.COMMENT in one.natures and one.field == field]
    return found


def _shown(connector: Connector, bench: Bench, record: Record, field: str) -> Settled:
    seen = record.values[_surface(connector, bench, field).id]
    assert not isinstance(seen, Unobserved)
    return seen
