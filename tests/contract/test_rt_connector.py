"""What the RT connector makes of a desk, at what price, and what it notices although RT says nothing."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

import pytest

from pmsync.connect.contract import Outcome, Stream
from pmsync.connect.errors import Gone
from pmsync.connect.markers import Marker, sign
from pmsync.model.enums import Kind
from pmsync.model.record import RecordRef, Requester, ScopeRef
from pmsync.model.values import EMPTY, Known, Unobserved
from pmsync.reconcile.operation import Change, Operation, OpKind

SUPPORT, BILLING = ScopeRef("desk", "Support"), ScopeRef("desk", "Billing")
ROADMAP = "field:roadmap-status"


@pytest.fixture
def bench(rt_bench):
    return rt_bench("help desk")


@pytest.fixture
def connector(bench):
    connector = bench.connector()
    connector.surfaces(SUPPORT)
    return connector


def pull(connector, cursor=None, stream=Stream.ITEMS):
    return list(connector.pull(SUPPORT, stream, cursor))


def quiet(bench, connector):
    """A cursor behind everything."""
    cursor = pull(connector)[-1].cursor
    bench.clock.sleep(3600)
    return pull(connector, cursor)[-1].cursor


def update(ref, *changes):
    return Operation("op-1", OpKind.UPDATE, "item-1", SUPPORT, ref, "", Kind.PROBLEM, changes, None, "a test")


def set_roadmap(before, after):
    return Change(ROADMAP, "status", before, after, after, "a test")


class TestPrice:
    @pytest.mark.parametrize("changed", [1, 99, 100, 101, 250])
    def test_poll_costs_one_call_and_one_per_hundred_changed_tickets(self, bench, connector, changed):
        """Each changed ticket has one line in the log here, and 100 lines fit on a page: k changed tickets take k/100 pages of the log, too."""
        made = [bench.person_creates(f"Ticket {number}") for number in range(changed)]
        cursor = quiet(bench, connector)
        for ref in made:
            bench.desk.put(ref.remote_id, "ana", "Roadmap Status", ["planned"])
        bench.clock.sleep(3600)
        before = len(bench.calls)
        pages = pull(connector, cursor)
        names = [call.name for call in bench.calls[before:]]
        assert {record.ref for page in pages for record in page.records} == set(made)
        assert names.count("GET /REST/2.0/tickets") == ceil(changed / 99 if changed > 99 else 1)
        assert names.count("GET /REST/2.0/transactions") <= changed // 99 + 1

    def test_many_edits_of_one_ticket_bring_it_once_a_page(self, bench, connector):
        """A ticket's twenty lines are one ticket."""
        ref = bench.person_creates("Busy")
        cursor = quiet(bench, connector)
        for number in range(20):
            bench.person_edits(ref, title=f"Title {number}")
        before = len(bench.calls)
        [page] = pull(connector, cursor)
        assert [record.values["title"] for record in page.records] == [Known("Title 19")]
        assert len(bench.calls) - before == 2

    def test_comments_and_mails_change_no_ticket(self, bench, connector):
        """They are no reason to read it again."""
        ticket = bench.desk.file("Support", "ana", "Talkative", requestor="bob@corp.test")
        cursor = quiet(bench, connector)
        bench.desk.say(str(ticket.number), "ana", "internal")
        before = len(bench.calls)
        [page] = pull(connector, cursor)
        assert page.records == ()
        assert len(bench.calls) - before == 1


class TestFeed:
    def test_deleted_and_merged_tickets_are_gone(self, bench, connector):
        """A merge stands in the logs of both tickets; only one of them went."""
        deleted, merged, target = (bench.person_creates(name) for name in ("Deleted", "Merged", "Target"))
        cursor = quiet(bench, connector)
        bench.person_deletes(deleted)
        bench.desk.merge(merged.remote_id, "ana", target.remote_id)
        [page] = pull(connector, cursor)
        assert set(page.gone) == {deleted, merged}
        assert [record.ref for record in page.records] == [target]
        fetched = connector.fetch(SUPPORT, [deleted, merged, target])
        assert set(fetched.deleted) == {deleted, merged}

    def test_ticket_that_moved_to_another_queue_is_told_where_it_went(self, bench, connector):
        """Under its new key, out of scope; tickets that were never here are not told at all."""
        ref = bench.person_creates("Moving")
        cursor = quiet(bench, connector)
        bench.person_moves(ref, BILLING)
        bench.desk.file("Billing", "ana", "Always there")
        [page] = pull(connector, cursor)
        [record] = page.records
        assert (record.ref, record.scope, record.key) == (ref, BILLING, f"Billing#{ref.remote_id}")
        assert not connector.in_scope(SUPPORT, record)

    def test_line_that_was_committed_late_is_not_skipped(self, bench, connector):
        """Its number is lower than what was delivered already; it comes once."""
        late, early = bench.person_creates("Late"), bench.person_creates("Early")
        cursor = quiet(bench, connector)
        bench.person_edits(late, title="Committed late")
        bench.hold_back(late, 50.0)
        bench.person_edits(early, title="Committed at once")
        told = []
        for pause in (1.0, 51.0, 1.0, 3600.0):
            bench.clock.sleep(pause)
            pages = pull(connector, cursor)
            cursor = pages[-1].cursor
            told.append([record.ref for page in pages for record in page.records])
        assert told == [[early], [late], [], []]

    def test_hidden_tickets_are_no_quiet_time(self, bench, connector):
        """Without ShowTicket RT answers the log with nothing, and 200: the line that was seen before is missing."""
        bench.person_creates("Seen before")
        cursor = quiet(bench, connector)
        bench.desk.deny("Support", "ShowTicket")
        with pytest.raises(Gone) as caught:
            pull(connector, cursor)
        assert "ShowTicket" in caught.value.hint

    def test_anchor_that_moved_away_is_replaced(self, bench, connector):
        """Its ticket went where the account sees nothing; the queue itself is fine."""
        bench.person_creates("Stays")
        leaving = bench.person_creates("Leaving")
        cursor = quiet(bench, connector)
        bench.desk.deny("Billing", "SeeQueue", "ShowTicket")
        bench.person_moves(leaving, BILLING)
        [page] = pull(connector, cursor)
        assert (page.records, page.gone) == ((), ())
        before = len(bench.calls)
        pull(connector, page.cursor)
        assert len(bench.calls) - before == 1

    def test_ticket_that_left_the_condition_is_told(self, rt_bench):
        """Excluded, so that nothing is written to it any more."""
        bench = rt_bench("with a condition")
        connector = bench.connector()
        ref = bench.person_creates("Stalling")
        cursor = quiet(bench, connector)
        bench.person_edits(ref, status="stalled")
        [page] = pull(connector, cursor)
        assert [(record.ref, record.excluded) for record in page.records] == [(ref, True)]


class TestReading:
    def test_cleared_value_is_empty(self, bench, connector):
        """RT keeps a null where a choice was taken away."""
        ref = bench.person_creates("Cleared")
        bench.desk.put(ref.remote_id, "ana", "Roadmap Status", ["planned"])
        bench.desk.put(ref.remote_id, "ana", "Roadmap Status", [])
        assert bench.desk.ticket(ref.remote_id).values[2] == [None]
        [record] = connector.fetch(SUPPORT, [ref]).records
        assert record.values[ROADMAP] == EMPTY

    def test_hidden_field_is_unobserved_and_read_only(self, bench):
        """Unknown is not empty."""
        ref = bench.person_creates("Hidden", labels=frozenset({"seen"}))
        bench.desk.deny("Support", "SeeCustomField")
        connector = bench.connector()
        [record] = connector.fetch(SUPPORT, [ref]).records
        assert isinstance(record.values["labels"], Unobserved)
        assert [surface.id for surface in connector.surfaces(SUPPORT) if surface.read_only is None] == []

    def test_references_come_from_links_fields_and_subject(self, bench, connector):
        """Each once; keys within addresses are not told apart from them."""
        ref = bench.person_creates("PAY-7 and acme/api#12 block us, see https://acme.atlassian.net/browse/PAY-8.")
        bench.desk.state.link(bench.desk.ticket(ref.remote_id), "ana", "https://github.com/acme/api/issues/9")
        bench.desk.put(ref.remote_id, "ana", "Roadmap Key", ["PAY-7, PAY-9"])
        [record] = connector.fetch(SUPPORT, [ref]).records
        assert record.references == (
            "https://github.com/acme/api/issues/9",
            "PAY-7",
            "PAY-9",
            "https://acme.atlassian.net/browse/PAY-8",
            "acme/api#12",
        )

    def test_who_asks_comes_along_with_the_organization(self, bench, connector):
        """In the same call."""
        bench.desk.add_user("eve", organization="Corp")
        ticket = bench.desk.file("Support", "eve", "Asking", requestor="eve")
        [record] = connector.fetch(SUPPORT, [RecordRef("desk", str(ticket.number))]).records
        assert record.requester == Requester("eve@example.com", "example.com", "Corp")

    def test_first_message_is_a_comment_where_it_is_no_body(self, bench, rt_bench, connector):
        """So that its text is not lost; staff's comments are private."""
        ref = bench.person_creates("Spoken", body="First")
        bench.person_comments(ref, "Second")
        told = [(one.body, one.audience.name) for page in pull(connector, stream=Stream.COMMENTS) for one in page.comments]
        assert told == [("First", "INTERNAL"), ("Second", "PRIVATE")]
        reading = rt_bench("with messages")
        ref = reading.person_creates("Spoken", body="First")
        [record] = reading.connector().fetch(SUPPORT, [ref]).records
        assert record.values["body"] == Known("First")

    def test_tags_are_told_whole_in_history(self, bench, connector):
        """RT's log tells which tag came or went."""
        ref = bench.person_creates("Tagged", labels=frozenset({"a", "b"}))
        bench.clock.sleep(60)
        since = bench.clock.now()
        bench.person_edits(ref, labels=frozenset({"b", "c"}))
        edits = connector.fetch(SUPPORT, [ref], since).edits
        sets = [(one.before, one.after) for one in edits]
        a, b, c = "a", "b", "c"
        assert sets == [
            (Known(frozenset({a, b})), Known(frozenset({a, b, c}))),
            (Known(frozenset({a, b, c})), Known(frozenset({b, c}))),
        ]


class TestWriting:
    def test_dropped_value_is_refused_with_rts_words(self, bench, connector):
        """RT says 200."""
        ref = bench.person_creates("Odd")
        [receipt] = connector.apply(SUPPORT, [update(ref, set_roadmap(EMPTY, Known("no such value")))])
        assert receipt.outcome is Outcome.REJECTED
        assert receipt.reason == f"{ROADMAP}: Invalid value for custom field"

    def test_silence_is_no_success(self, bench, connector):
        """RT says 200 and nothing."""
        ref = bench.person_creates("Silent")
        bench.desk.ignore("Roadmap Status")
        [receipt] = connector.apply(SUPPORT, [update(ref, set_roadmap(EMPTY, Known("planned")))])
        assert receipt.outcome is Outcome.REJECTED
        assert "did nothing" in receipt.reason

    def test_merged_and_deleted_tickets_are_not_written_to(self, bench, connector):
        """RT would write to the ticket that the merged one went into."""
        merged, target, deleted = (bench.person_creates(name) for name in ("Merged", "Target", "Deleted"))
        bench.desk.merge(merged.remote_id, "ana", target.remote_id)
        bench.person_deletes(deleted)
        before = bench.writes()
        ops = [update(ref, set_roadmap(EMPTY, Known("planned"))) for ref in (merged, deleted)]
        receipts = list(connector.apply(SUPPORT, ops))
        assert [receipt.outcome for receipt in receipts] == [Outcome.REJECTED] * 2
        assert [receipt.reason for receipt in receipts] == [
            f"the ticket was merged into ticket {target.remote_id}",
            "the ticket was deleted",
        ]
        assert bench.writes() == before

    def test_subject_that_rt_would_cut_is_refused(self, rt_bench):
        """150 letters of two bytes each."""
        bench = rt_bench("tracker of our own")
        ref = bench.person_creates("Short")
        long = Known("é" * 150)
        op = update(ref, Change("title", "title", Known("Short"), long, long, "a test"))
        [receipt] = bench.connector().apply(SUPPORT, [op])
        assert receipt.outcome is Outcome.REJECTED
        assert "300 bytes" in receipt.reason

    def test_no_ticket_is_made_that_could_not_be_found_again(self, bench, connector):
        """Without the marker's field."""
        del bench.desk.state.fields[5]
        connector.refresh()
        token = sign(Marker("instance", "item-1", "op-1"), b"key")
        op = replace(update(None), kind=OpKind.CREATE, marker=token)
        [receipt] = connector.apply(SUPPORT, [op])
        assert receipt.outcome is Outcome.REJECTED
        assert bench.writes() == 0

    def test_mark_that_rt_drops_is_refused(self, bench, connector):
        """RT says 200 where queues have no such field."""
        from pmsync.connect.errors import Rejected

        del bench.desk.state.fields[6]
        with pytest.raises(Rejected):
            connector.leave_mark(SUPPORT, "pmm1.mark")

    def test_our_writes_mail_nobody(self, bench, connector):
        """The stand-in keeps count as RT does."""
        ticket = bench.desk.file("Support", "ana", "Asking", requestor="bob@corp.test")
        before = dict(bench.desk.mails())
        ref = RecordRef("desk", str(ticket.number))
        [receipt] = connector.apply(SUPPORT, [update(ref, set_roadmap(EMPTY, Known("shipped")))])
        assert receipt.outcome is Outcome.DONE
        assert bench.desk.mails() == before == {ticket.number: 1}


class TestTag:
    """The roadmap as a tag, for desks without a custom field for it; tags of others are labels, and stay."""

    TAG = "tag:roadmap"

    @pytest.fixture
    def tagged(self, rt_bench):
        return rt_bench("with a tag")

    def write(self, connector, ref, before, after):
        change = Change(self.TAG, "roadmap", before, after, after, "a test")
        [receipt] = connector.apply(SUPPORT, [update(ref, change)])
        return receipt

    def tags(self, bench, ref):
        return sorted(tag for values in bench.desk.state.tickets[int(ref.remote_id)].values.values() for tag in values if tag)

    def test_it_is_set_and_replaced_among_the_tags_of_others(self, tagged):
        ref = tagged.person_creates("Refund", labels=["vip"])
        connector = tagged.connector()
        assert self.write(connector, ref, EMPTY, Known("roadmap/planned")).outcome is Outcome.DONE
        assert self.tags(tagged, ref) == ["roadmap/planned", "vip"]
        assert self.write(connector, ref, Known("roadmap/planned"), Known("roadmap/done")).outcome is Outcome.DONE
        assert self.tags(tagged, ref) == ["roadmap/done", "vip"]
        assert self.write(connector, ref, Known("roadmap/done"), EMPTY).outcome is Outcome.DONE
        assert self.tags(tagged, ref) == ["vip"]

    def test_it_is_no_label(self, tagged):
        ref = tagged.person_creates("Refund", labels=["vip", "Roadmap/Planned"])
        connector = tagged.connector()
        [record] = connector.fetch(SUPPORT, [ref]).records
        [labels] = [one for one in connector.surfaces(SUPPORT) if one.field == "labels"]
        assert record.values[self.TAG] == Known("roadmap/planned")
        assert labels.lens.ingest(record.values["labels"], EMPTY) == Known(frozenset({"vip"}))

    def test_two_of_them_are_told_and_left_alone(self, tagged):
        ref = tagged.person_creates("Refund", labels=["roadmap/done", "roadmap/planned"])
        [record] = tagged.connector().fetch(SUPPORT, [ref]).records
        assert isinstance(record.values[self.TAG], Unobserved)

    def test_without_the_setting_there_is_none(self, connector):
        assert self.TAG not in {surface.id for surface in connector.surfaces(SUPPORT)}
