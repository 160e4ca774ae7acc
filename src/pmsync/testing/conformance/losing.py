"""Lost answers: what became of a write is found out, never guessed."""

from __future__ import annotations

import pytest

from pmsync.connect.capabilities import Full, Unsupported
from pmsync.connect.contract import Absent, Connector, Found, Outcome, Unreadable
from pmsync.model.record import RecordRef
from pmsync.model.values import Known, Settled
from pmsync.reconcile.operation import Operation
from pmsync.testing.conformance.bench import Bench
from pmsync.testing.conformance.drafts import Suite, create, edit, need, read, send, settle, value, walk, work_surfaces, writable
from pmsync.testing.faults import Fault, FaultKind

BEFORE, AFTER = Fault(FaultKind.LOSE_BEFORE), Fault(FaultKind.LOSE_AFTER)
ZOMBIE = 200.0
"""Seconds after which a late write lands; less than any server's own limit."""

SPOILT = {
    FaultKind.FAIL_BEFORE: False,
    FaultKind.FAIL_AFTER: True,
    FaultKind.TRUNCATE: True,
    FaultKind.GARBLE: True,
    FaultKind.HTML: False,
}
"""Answers that tell nothing, and whether the server acted all the same."""


class LosingTests(Suite):
    """Creates and updates whose answer never came."""

    def test_refused_connection_is_not_sent(self, bench: Bench, connector: Connector) -> None:
        """Nothing left this machine: safe to send again, and the receipt says so."""
        op = _prepared(bench, connector)
        bench.befall(Fault(FaultKind.REFUSE))
        [receipt] = connector.apply(bench.scope, [op])
        assert receipt.outcome is Outcome.NOT_SENT
        assert receipt.reason
        settle(bench, connector)
        assert walk(connector, bench.scope).refs == []

    def test_create_lost_before_its_effect_is_absent(self, bench: Bench, connector: Connector) -> None:
        """A complete look finds nothing; only a path that cannot lag may call that consistent."""
        op, floor = _lost(bench, connector, BEFORE)
        settle(bench, connector)
        need(connector.capabilities.find)
        finding = connector.find(bench.scope, op, floor)
        assert isinstance(finding, Absent), finding
        assert finding.consistent == isinstance(connector.capabilities.find, Full)

    def test_create_lost_after_its_effect_is_found(self, bench: Bench, connector: Connector) -> None:
        """The record is found by its marker, and there is one of it (C12)."""
        op, floor = _lost(bench, connector, AFTER)
        settle(bench, connector)
        need(connector.capabilities.find)
        finding = connector.find(bench.scope, op, floor)
        assert isinstance(finding, Found), finding
        assert finding.record.marker == op.marker
        assert finding.record.creator == connector.me()
        assert walk(connector, bench.scope).refs == [finding.record.ref]

    def test_lost_create_is_found_behind_many_newer_records(self, bench: Bench, connector: Connector) -> None:
        """A look that stops at the first page would create a second record (C3)."""
        op, floor = _lost(bench, connector, AFTER)
        for number in range(130):
            bench.person_creates(f"Newer {number}")
        settle(bench, connector)
        need(connector.capabilities.find)
        finding = connector.find(bench.scope, op, floor)
        assert isinstance(finding, Found), finding

    def test_look_that_may_come_too_early_proves_nothing(self, bench: Bench, connector: Connector) -> None:
        """Right after the loss a lagging path may miss the record, but must not call its absence consistent (C12)."""
        op, floor = _lost(bench, connector, AFTER)
        need(connector.capabilities.find)
        finding = connector.find(bench.scope, op, floor)
        assert not (isinstance(finding, Absent) and finding.consistent), "the record is there, and was called absent for sure"

    @pytest.mark.parametrize("kind", SPOILT)
    def test_answer_that_cannot_be_read_is_ambiguous(self, bench: Bench, connector: Connector, kind: FaultKind) -> None:
        """A server error, half an answer, or a proxy's page: whether the server acted is found out, never assumed."""
        op, floor = _lost(bench, connector, Fault(kind))
        settle(bench, connector)
        need(connector.capabilities.find)
        finding = connector.find(bench.scope, op, floor)
        assert isinstance(finding, Found if SPOILT[kind] else Absent), finding
        assert len(walk(connector, bench.scope).refs) == SPOILT[kind]

    def test_refusal_for_limits_creates_nothing_twice(self, bench: Bench, connector: Connector) -> None:
        """A limit says that nothing was carried out: the op waits and lands once, or comes back as not sent with a time."""
        op = _prepared(bench, connector)
        bench.befall(Fault(FaultKind.LIMIT, headers={"retry-after": "7"}))
        [receipt] = connector.apply(bench.scope, [op])
        settle(bench, connector)
        landed = len(walk(connector, bench.scope).refs)
        if receipt.outcome is Outcome.NOT_SENT:
            assert landed == 0
            assert receipt.retry_at is not None
        else:
            assert receipt.outcome is Outcome.DONE, receipt
            assert landed == 1

    def test_someone_elses_record_is_not_found(self, bench: Bench, connector: Connector) -> None:
        """Equal title and body are no marker (C18)."""
        op, floor = _lost(bench, connector, BEFORE)
        bench.person_creates("Lost", body="Its body")
        settle(bench, connector)
        assert not isinstance(connector.find(bench.scope, op, floor), Found)

    def test_late_create_is_found_once_it_landed(self, bench: Bench, connector: Connector) -> None:
        """The server acts long after the answer was given up: a first look may miss it, a later one finds it."""
        op = _prepared(bench, connector)
        floor = connector.floor(bench.scope)
        bench.befall(Fault(FaultKind.LATE, seconds=ZOMBIE))
        assert [receipt.outcome for receipt in connector.apply(bench.scope, [op])] == [Outcome.AMBIGUOUS]
        need(connector.capabilities.find)
        assert not isinstance(connector.find(bench.scope, op, floor), Found)
        bench.clock.sleep(ZOMBIE)
        settle(bench, connector)
        connector.find(bench.scope, op, floor)
        settle(bench, connector)
        assert isinstance(connector.find(bench.scope, op, floor), Found)

    def test_connector_that_cannot_look_says_so(self, bench: Bench, connector: Connector) -> None:
        """Unsupported is evidence of nothing: Unreadable, with a reason."""
        op, floor = _lost(bench, connector, AFTER)
        finding = connector.find(bench.scope, op, floor)
        if isinstance(connector.capabilities.find, Unsupported):
            assert isinstance(finding, Unreadable)
            assert finding.reason
        else:
            assert not isinstance(finding, Unreadable), finding

    def test_lost_create_may_be_resent_under_its_key(self, bench: Bench, connector: Connector) -> None:
        """Where there is an idempotency key, the second sending answers with the first one's record."""
        need(connector.capabilities.idempotency_key)
        op, _floor = _lost(bench, connector, AFTER)
        [receipt] = send(connector, bench.scope, op)
        assert receipt.outcome is Outcome.DONE
        settle(bench, connector)
        assert walk(connector, bench.scope).refs == [receipt.ref]

    def test_update_lost_before_its_effect_shows_the_old_value(self, bench: Bench, connector: Connector) -> None:
        """A direct read tells what became of it."""
        assert _title_after_loss(bench, connector, BEFORE) == Known("Old")

    def test_update_lost_after_its_effect_shows_the_new_value(self, bench: Bench, connector: Connector) -> None:
        """A direct read tells what became of it."""
        assert _title_after_loss(bench, connector, AFTER) == Known("New")

    def test_late_update_is_refused_where_the_server_compares(self, bench: Bench, connector: Connector) -> None:
        """A zombie that arrives after someone's newer edit does not overwrite it, given compare-and-set."""
        need(connector.capabilities.compare_and_set)
        ref = bench.person_creates("Old")
        op = edit(connector, read(connector, bench.scope, ref), title="Zombie")
        bench.befall(Fault(FaultKind.LATE, seconds=ZOMBIE))
        assert [receipt.outcome for receipt in send(connector, bench.scope, op)] == [Outcome.AMBIGUOUS]
        bench.person_edits(ref, title="Newer")
        bench.clock.sleep(ZOMBIE + 1)
        assert _title(bench, connector, ref) == Known("Newer")


def _prepared(bench: Bench, connector: Connector) -> Operation:
    op = create(connector, bench.scope, title="Lost", body="Its body")
    connector.prepare(bench.scope, [op])
    return op


def _lost(bench: Bench, connector: Connector, fault: Fault) -> tuple[Operation, str]:
    """A create whose answer was lost, and the floor taken before it."""
    op = _prepared(bench, connector)
    floor = connector.floor(bench.scope)
    bench.befall(fault)
    [receipt] = connector.apply(bench.scope, [op])
    assert receipt.outcome is Outcome.AMBIGUOUS, receipt
    assert receipt.reason
    assert receipt.record is None
    return op, floor


def _title_after_loss(bench: Bench, connector: Connector, fault: Fault) -> Settled:
    ref = bench.person_creates("Old")
    op = edit(connector, read(connector, bench.scope, ref), title="New")
    bench.befall(fault)
    [receipt] = connector.apply(bench.scope, [op])
    assert receipt.outcome is Outcome.AMBIGUOUS, receipt
    return _title(bench, connector, ref)


def _title(bench: Bench, connector: Connector, ref: RecordRef) -> Settled:
    surface = writable(work_surfaces(connector, bench.scope), "title")
    return value(read(connector, bench.scope, ref), surface)
