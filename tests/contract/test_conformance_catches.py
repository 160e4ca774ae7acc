"""The suite is only worth as much as it catches: each broken connector below must fail the test that stands for its fault."""

from __future__ import annotations

import inspect
from dataclasses import replace

import pytest

from pmsync.connect.capabilities import Full, Unsupported
from pmsync.connect.contract import Absent, Fetched, Found, Listing, Outcome, Page, Receipt
from pmsync.connect.errors import AuthFailed, ConnectorError, Gone
from pmsync.model.values import EMPTY, Known
from pmsync.reconcile.operation import OpKind
from pmsync.testing.conformance import ConnectorSuite
from pmsync_memory import MemoryConnector

BROKEN = {}


def breaks(test, personality="listed", **arguments):
    """Register a connector class as one that must fail ``test`` in a bench of that personality."""

    def register(connector):
        BROKEN[f"{connector.__name__}"] = (connector, test, personality, arguments)
        return connector

    return register


@breaks("test_pull_delivers_every_record_exactly_once_over_page_edges")
class StopsAfterTheFirstPage(MemoryConnector):
    def pull(self, scope, stream, cursor):
        yield replace(next(iter(super().pull(scope, stream, cursor))), more=False)


@breaks("test_pull_delivers_every_record_exactly_once_over_page_edges")
class RepeatsTheEdgeOfEachPage(MemoryConnector):
    def pull(self, scope, stream, cursor):
        last = ()
        for page in super().pull(scope, stream, cursor):
            yield replace(page, records=last + page.records)
            last = page.records[-1:]


@breaks("test_ragged_and_empty_pages_are_not_the_end")
class TakesAShortPageForTheLast(MemoryConnector):
    def pull(self, scope, stream, cursor):
        for page in super().pull(scope, stream, cursor):
            short = len(page.records) < 100
            yield replace(page, more=page.more and not short)
            if short:
                return


@breaks("test_resuming_after_any_page_misses_nothing")
class PutsTheCursorOfTheEndOnEveryPage(MemoryConnector):
    def pull(self, scope, stream, cursor):
        pages = list(super().pull(scope, stream, cursor))
        for page in pages:
            yield replace(page, cursor=pages[-1].cursor)


@breaks("test_records_edited_during_the_walk_arrive_as_they_are_now", moment=1)
class PullsByIdAndForgetsEdits(MemoryConnector):
    def pull(self, scope, stream, cursor):
        snapshot = sorted(self._server.rows.values(), key=lambda row: int(row.id))
        records = tuple(self._record(row) for row in snapshot if row.changed > int(cursor or 0))
        newest = str(max((row.changed for row in snapshot), default=0))
        for start in range(0, len(records), 100):
            rest = records[start : start + 100]
            yield Page(str(self._server._changes), start + 100 < len(records), rest)
        if not records:
            yield Page(newest, more=False)


@breaks("test_cursor_does_not_come_from_the_local_clock")
class KeepsALocalTimeForACursor(MemoryConnector):
    def pull(self, scope, stream, cursor):
        since = float(cursor or 0)
        for page in super().pull(scope, stream, None):
            fresh = tuple(record for record in page.records if record.updated_at > since)
            yield replace(page, records=fresh, cursor=str(self._environment.clock.now()))


@breaks("test_quiet_poll_costs_one_call_and_delivers_nothing")
class AsksForTheContainerOnEveryPoll(MemoryConnector):
    def pull(self, scope, stream, cursor):
        self.container(scope)
        yield from super().pull(scope, stream, cursor)


@breaks("test_quiet_poll_costs_one_call_and_delivers_nothing")
class DeliversEverythingEveryTime(MemoryConnector):
    def pull(self, scope, stream, cursor):
        yield from super().pull(scope, stream, None)


@breaks("test_first_pull_costs_one_call_per_hundred_records")
class ReadsEachRecordOneByOne(MemoryConnector):
    def pull(self, scope, stream, cursor):
        for page in super().pull(scope, stream, cursor):
            for record in page.records:
                self.fetch(scope, [record.ref])
            yield page


@breaks("test_fetch_sees_a_record_at_once", personality="lagging")
class FetchesThroughTheIndex(MemoryConnector):
    def fetch(self, scope, refs, since=None):
        known = {record.ref: record for page in self.pull(scope, "items", None) for record in page.records}
        return Fetched(tuple(known[ref] for ref in refs if ref in known), tuple(ref for ref in refs if ref not in known))


@breaks("test_fetch_is_batched")
class FetchesOneByOne(MemoryConnector):
    def fetch(self, scope, refs, since=None):
        singles = [super(FetchesOneByOne, self).fetch(scope, [ref], since) for ref in refs]
        return Fetched(
            *(tuple(one for single in singles for one in getattr(single, part)) for part in ("records", "missing", "deleted"))
        )


@breaks("test_fetch_reports_what_it_cannot_read")
class FetchForgetsTheMissing(MemoryConnector):
    def fetch(self, scope, refs, since=None):
        return replace(super().fetch(scope, refs, since), missing=())


@breaks("test_concurrent_label_survives")
class SendsTheWholeLabelSet(MemoryConnector):
    def _update(self, op):
        labels = next(change for change in op.changes if change.surface == "labels")
        row = self._server.rows[op.ref.remote_id]
        self._server._edit(row, {"labels": labels.after.value}, "robot")
        return row


@breaks("test_only_touched_surfaces_are_sent")
class SendsTheWholeRecord(MemoryConnector):
    remembered = None

    def fetch(self, scope, refs, since=None):
        fetched = super().fetch(scope, refs, since)
        self.remembered = self.remembered or fetched.records[0]
        return fetched

    def _update(self, op):
        row = self._server.rows[super()._update(op).id]
        self._server._edit(row, {"body": self.remembered.values["body"].value}, "robot")
        return row


@breaks("test_receipt_never_shows_more_than_the_server_holds")
class ReceiptEchoesWhatWasSent(MemoryConnector):
    def _send(self, scope, op):
        receipt = super()._send(scope, op)
        sent = {change.surface: change.after for change in op.changes}
        return replace(receipt, record=replace(receipt.record, values={**receipt.record.values, **sent}))


@breaks("test_bad_op_does_not_stop_the_others")
class RaisesForABadOp(MemoryConnector):
    def _send(self, scope, op):
        receipt = super()._send(scope, op)
        if receipt.outcome is Outcome.REJECTED:
            raise Gone(receipt.reason, status=404)
        return receipt


@breaks("test_each_op_is_sent_when_its_turn_comes")
class SendsAllBeforeTheFirstReceipt(MemoryConnector):
    def apply(self, scope, ops):
        return iter(list(super().apply(scope, ops)))


@breaks("test_create_plants_a_genuine_marker")
class ForgetsTheMarker(MemoryConnector):
    def _create(self, scope, op):
        return super()._create(scope, replace(op, marker=None))


@breaks("test_created_record_shows_what_was_asked")
class LeavesTheMarkerInTheBody(MemoryConnector):
    def _record(self, row):
        record = super()._record(row)
        body = record.values["body"]
        planted = Known(f"{body.value}\n\n<!-- {row.marker} -->") if row.marker and body != EMPTY else body
        return replace(record, values={**record.values, "body": planted})


@breaks("test_create_lost_after_its_effect_is_found")
class ReportsALostAnswerAsFailure(MemoryConnector):
    def _send(self, scope, op):
        receipt = super()._send(scope, op)
        return replace(receipt, outcome=Outcome.REJECTED) if receipt.outcome is Outcome.AMBIGUOUS else receipt


@breaks("test_create_lost_after_its_effect_is_found")
class ResendsALostCreate(MemoryConnector):
    def _send(self, scope, op):
        receipt = super()._send(scope, op)
        return super()._send(scope, op) if receipt.outcome is Outcome.AMBIGUOUS else receipt


@breaks("test_lost_create_is_found_behind_many_newer_records")
class LooksOnlyAtTheNewestPage(MemoryConnector):
    def find(self, scope, op, floor):
        newest = sorted(self._server.listing(scope.key), key=lambda row: -int(row.id))[:100]
        found = super().find(scope, op, floor)
        return found if any(row.marker == op.marker for row in newest) else Absent(consistent=True)


@breaks("test_look_that_may_come_too_early_proves_nothing", personality="lagging")
class CallsALaggingAbsenceConsistent(MemoryConnector):
    def find(self, scope, op, floor):
        finding = super().find(scope, op, floor)
        return Absent(consistent=True) if isinstance(finding, Absent) else finding


@breaks("test_connector_that_cannot_look_says_so", personality="unmarked")
class CallsWhatItCannotSeeAbsent(MemoryConnector):
    def find(self, scope, op, floor):
        return Absent(consistent=True)


@breaks("test_someone_elses_record_is_not_found")
class FindsByTitle(MemoryConnector):
    def find(self, scope, op, floor):
        for page in self.pull(scope, "items", None):
            for record in page.records:
                if record.values["title"] == op.changes[0].after:
                    return Found(record)
        return Absent(consistent=True)


@breaks("test_deleted_record_is_not_pulled", personality="listed-rich")
class DropsTheDeletionsFeed(MemoryConnector):
    def pull(self, scope, stream, cursor):
        for page in super().pull(scope, stream, cursor):
            yield replace(page, gone=())


@breaks("test_moved_record_is_followed")
class TakesTheScopeOfTheQuestion(MemoryConnector):
    def fetch(self, scope, refs, since=None):
        fetched = super().fetch(scope, refs, since)
        return replace(fetched, records=tuple(replace(record, scope=scope) for record in fetched.records))


@breaks("test_lost_permission_to_read_is_no_empty_scope")
class TakesForbiddenForEmpty(MemoryConnector):
    def pull(self, scope, stream, cursor):
        try:
            yield from super().pull(scope, stream, cursor)
        except Gone:
            yield Page(cursor or "0", more=False)


@breaks("test_fence_stops_an_update")
class WalksThroughTheFence(MemoryConnector):
    def _refuse_if_fenced(self, what):
        return


@breaks("test_lost_permission_to_write_is_a_refusal", permission="edit")
class CallsARefusalAmbiguous(MemoryConnector):
    def _send(self, scope, op):
        try:
            return super()._send(scope, op)
        except AuthFailed as error:
            return Receipt(op.uid, Outcome.AMBIGUOUS, op.ref, reason=error.message)


@breaks("test_check_names_a_missing_permission_and_its_remedy", permission="edit")
class ChecksWithoutARemedy(MemoryConnector):
    def check(self, scopes):
        return [replace(check, remedy="") for check in super().check(scopes)]


@breaks("test_hostile_title_lands_or_is_refused", text="Ship it 🚀 now")
class StripsEmoji(MemoryConnector):
    def _update(self, op):
        plain = [replace(one, after=Known(one.after.value.encode("ascii", "ignore").decode())) for one in op.changes]
        return super()._update(replace(op, changes=tuple(plain)))


@breaks("test_hostile_body_lands_or_is_refused", text="x" * 32_767)
class CutsLongBodies(MemoryConnector):
    def _create(self, scope, op):
        cut = [replace(one, after=Known(one.after.value[:1000])) for one in op.changes]
        return super()._create(scope, replace(op, changes=tuple(cut)))


@breaks("test_forged_hint_is_refused", forgery="wrong signature")
class BelievesEveryWebhook(MemoryConnector):
    def hints(self, headers, body):
        return []


@breaks("test_every_limit_has_a_reason")
class GivesNoReason(MemoryConnector):
    @property
    def capabilities(self):
        return replace(super().capabilities, history=Unsupported(""))


@breaks("test_container_keeps_the_mark_that_was_left_last")
class KeepsTheFirstMark(MemoryConnector):
    def leave_mark(self, scope, mark):
        if self.container(scope).mark is None:
            super().leave_mark(scope, mark)


@breaks("test_fence_stops_a_mark")
class LeavesMarksBehindTheFence(MemoryConnector):
    def leave_mark(self, scope, mark):
        self._server.put_mark(scope.key, mark)


@breaks("test_history_names_the_editor")
class PromisesAHistoryItDoesNotHave(MemoryConnector):
    @property
    def capabilities(self):
        return replace(super().capabilities, history=Full())


@breaks("test_history_tells_what_happened_since_in_its_order", personality="listed-rich")
class TellsTheWholeHistory(MemoryConnector):
    def fetch(self, scope, refs, since=None):
        return super().fetch(scope, refs, None if since is None else 0.0)


@breaks("test_compare_and_set_refuses_a_stale_write")
class PromisesToCompareAndDoesNot(MemoryConnector):
    @property
    def capabilities(self):
        return replace(super().capabilities, compare_and_set=Full())


@breaks("test_idempotency_key_makes_a_resend_harmless")
class PromisesAKeyAndSendsNone(MemoryConnector):
    @property
    def capabilities(self):
        return replace(super().capabilities, idempotency_key=Full())


@breaks("test_ids_lists_the_whole_scope")
class ListsTheFirstHundredIds(MemoryConnector):
    def ids(self, scope):
        return Listing(super().ids(scope).refs[:100], complete=True)


@breaks("test_every_surface_takes_what_it_can_represent")
class WritesTheStatusIntoNothing(MemoryConnector):
    def _update(self, op):
        kept = tuple(one for one in op.changes if one.surface != "status")
        return super()._update(replace(op, changes=kept)) or self._server.rows[op.ref.remote_id]


@breaks("test_created_record_starts_in_the_status_asked_for", status="done")
class CreatesEverythingAsNew(MemoryConnector):
    def _send(self, scope, op):
        if op.kind is OpKind.CREATE:
            op = replace(op, changes=tuple(one for one in op.changes if one.surface != "status"))
        return super()._send(scope, op)


def run(test, bench, arguments):
    """Run one test of the suite by hand, with the fixtures and parameters that it asks for."""
    everything = {"bench": bench, "connector": bench.connector(), **arguments}
    wanted = inspect.signature(getattr(ConnectorSuite, test)).parameters
    getattr(ConnectorSuite(), test)(**{name: value for name, value in everything.items() if name in wanted})


@pytest.mark.parametrize("name", BROKEN)
def test_suite_catches(name, memory_bench):
    connector, test, personality, arguments = BROKEN[name]
    with pytest.raises((AssertionError, pytest.fail.Exception, ConnectorError)):
        run(test, memory_bench(personality, connector), arguments)


@pytest.mark.parametrize("name", BROKEN)
def test_unbroken_connector_is_not_accused(name, memory_bench):
    """Otherwise the faults above would prove nothing. Where only a false promise was the fault, the test is skipped."""
    _connector, test, personality, arguments = BROKEN[name]
    run(test, memory_bench(personality), arguments)
