"""Deletes, moves, comments and history: what happens to records beside edits."""

from __future__ import annotations

import pytest

from pmsync.connect.capabilities import Full
from pmsync.connect.contract import Connector, Outcome, Stream
from pmsync.model.record import Record
from pmsync.model.values import Known
from pmsync.testing.conformance.bench import Bench
from pmsync.testing.conformance.drafts import Suite, edit, need, quiet_cursor, read, send, settle, walk


class MovingTests(Suite):
    """Records leave, and people talk."""

    def test_deleted_record_is_reported_by_a_direct_read(self, bench: Bench, connector: Connector) -> None:
        """Missing or deleted, but named; the others still arrive."""
        gone, there = bench.person_creates("Gone"), bench.person_creates("There")
        bench.person_deletes(gone)
        fetched = connector.fetch(bench.scope, [gone, there])
        assert [record.ref for record in fetched.records] == [there]
        assert gone in (*fetched.missing, *fetched.deleted)

    def test_deleted_record_is_not_pulled(self, bench: Bench, connector: Connector) -> None:
        """A first load does not bring back the dead; a deletions feed names them."""
        gone, there = bench.person_creates("Gone"), bench.person_creates("There")
        settle(bench, connector)
        cursor = walk(connector, bench.scope).cursor
        bench.person_deletes(gone)
        settle(bench, connector)
        assert walk(connector, bench.scope).refs == [there]
        later = walk(connector, bench.scope, cursor)
        assert gone not in [record.ref for record in later.records if connector.in_scope(bench.scope, record)]
        if isinstance(connector.capabilities.deletions, Full):
            assert gone in later.gone

    def test_deleted_record_leaves_the_listing(self, bench: Bench, connector: Connector) -> None:
        """A complete listing of ids is the sweep's ground."""
        need(connector.capabilities.ids)
        gone, there = bench.person_creates("Gone"), bench.person_creates("There")
        bench.person_deletes(gone)
        settle(bench, connector)
        assert connector.ids(bench.scope).refs == (there,)

    def test_moved_record_is_followed(self, bench: Bench, connector: Connector) -> None:
        """Its new scope and key are read from the old place, by id or by its last key (C43)."""
        before, after = _moved(bench, connector)
        assert after.scope == bench.elsewhere
        assert after.key != before.key
        assert not connector.in_scope(bench.scope, after)

    def test_moved_record_leaves_its_old_scope(self, bench: Bench, connector: Connector) -> None:
        """The old scope's stream no longer carries it; the new one's does (C43)."""
        _before, after = _moved(bench, connector)
        settle(bench, connector)
        assert walk(connector, bench.scope).refs == []
        assert walk(connector, after.scope).refs == [after.ref]

    def test_comments_are_pulled_once_and_whole(self, bench: Bench, connector: Connector) -> None:
        """Their own stream, with author, parent and text."""
        need(connector.capabilities.comments)
        ref = bench.person_creates("Discussed")
        texts = [f"Comment {number}" for number in range(120)]
        for text in texts:
            bench.person_comments(ref, text)
        settle(bench, connector)
        comments = walk(connector, bench.scope, None, Stream.COMMENTS).comments
        assert sorted(comment.body for comment in comments) == sorted(texts)
        assert {comment.parent for comment in comments} == {ref}
        assert len({comment.ref for comment in comments}) == len(texts)
        assert all(comment.author for comment in comments)

    def test_later_comment_arrives_alone_after_a_quiet_time(self, bench: Bench, connector: Connector) -> None:
        """The comments' cursor is as safe as the items'."""
        need(connector.capabilities.comments)
        ref = bench.person_creates("Discussed")
        bench.person_comments(ref, "First")
        cursor = quiet_cursor(bench, connector, Stream.COMMENTS)
        assert walk(connector, bench.scope, cursor, Stream.COMMENTS).comments == []
        bench.person_comments(ref, "Second")
        settle(bench, connector)
        bodies = {comment.body for comment in walk(connector, bench.scope, cursor, Stream.COMMENTS).comments}
        assert "Second" in bodies

    def test_history_names_the_editor(self, bench: Bench, connector: Connector) -> None:
        """Where history can be read, a person's edit comes along with the record, with before and after."""
        need(connector.capabilities.history)
        ref = bench.person_creates("Old title")
        bench.clock.sleep(60.0)
        since = bench.clock.now()
        bench.clock.sleep(60.0)
        bench.person_edits(ref, title="New title")
        fetched = connector.fetch(bench.scope, [ref], since)
        edits = [one for one in fetched.edits if one.after == Known("New title")]
        assert [(one.ref, one.before) for one in edits] == [(ref, Known("Old title"))]
        assert edits[0].at >= since
        if bench.person:
            assert edits[0].actor == bench.person
        assert [record.ref for record in fetched.records] == [ref]

    def test_history_tells_what_happened_since_in_its_order(self, bench: Bench, connector: Connector) -> None:
        """Our own edits are in it under the name of ``me``; what was before is left out; without a moment nothing is told."""
        need(connector.capabilities.history)
        ref = bench.person_creates("First")
        bench.person_edits(ref, title="Second")
        bench.clock.sleep(60.0)
        since = bench.clock.now()
        bench.clock.sleep(60.0)
        bench.person_edits(ref, title="Third")
        op = edit(connector, read(connector, bench.scope, ref), title="Fourth")
        assert [receipt.outcome for receipt in send(connector, bench.scope, op)] == [Outcome.DONE]
        bench.person_edits(ref, title="Fifth")
        edits = connector.fetch(bench.scope, [ref], since).edits
        assert [(one.before, one.after) for one in edits] == [
            (Known("Second"), Known("Third")),
            (Known("Third"), Known("Fourth")),
            (Known("Fourth"), Known("Fifth")),
        ]
        me = connector.me()
        assert [one.actor == me for one in edits] == [False, True, False]
        assert connector.fetch(bench.scope, [ref]).edits == ()


def _moved(bench: Bench, connector: Connector) -> tuple[Record, Record]:
    """A record before and after its move, found again by id or, where a move makes a new id, by its last key."""
    if bench.elsewhere is None:
        pytest.skip("this bench has no second scope to move to")
    ref = bench.person_creates("Moving")
    before = read(connector, bench.scope, ref)
    bench.person_moves(ref, bench.elsewhere)
    fetched = connector.fetch(bench.scope, [ref])
    if fetched.records:
        return before, fetched.records[0]
    assert ref in (*fetched.missing, *fetched.deleted), "a record that left is named, never silently absent"
    after = connector.relocate(bench.scope, ref, before.key)
    assert after is not None, f"{before.key} moved and could not be followed"
    return before, after
