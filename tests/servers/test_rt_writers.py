"""What our writes do to a real Request Tracker: they mail no customer, claim nothing that did not land, and lose no race unnoticed."""

from __future__ import annotations

import sys
import threading

import pytest

from pmsync.connect.contract import Outcome, Stream
from pmsync.connect.markers import Marker, sign
from pmsync.model.enums import Kind
from pmsync.model.record import RecordRef, Requester
from pmsync.model.values import EMPTY, Known
from pmsync.reconcile.operation import Change, Operation, OpKind

pytestmark = pytest.mark.rt

RACES = 8


@pytest.fixture
def bench(rt_desk):
    return sys.modules["servers_rt_desk"].RealBench(rt_desk)


def update(bench, ref, *changes, uid="op-1"):
    return Operation(uid, OpKind.UPDATE, "item-1", bench.scope, ref, "", Kind.PROBLEM, changes, None, "a test")


def change(surface, before, after, field="status"):
    return Change(surface, field, before, after, after, "a test")


def tags(*names):
    return Known(frozenset(names))


def test_our_writes_mail_no_customer(bench, rt_desk):
    """RT keeps a line EmailRecord for every mail: one for the customer's own request, none for anything we do."""
    ref = bench.person_creates("Asked for")
    asked = rt_desk.file("Support", "Please export to PDF", Requestor="bob@corp.test", Content="PAY-7 would do")
    ref = RecordRef(ref.system, asked)
    before = rt_desk.lines(asked, "EmailRecord")
    assert len(before) == 1
    connector = bench.connector()
    ops = [
        update(bench, ref, change("field:roadmap-status", EMPTY, Known("planned"))),
        update(bench, ref, change("labels", EMPTY, tags("export", "pdf"), "labels")),
        update(bench, ref, change("field:roadmap-status", Known("planned"), Known("shipped"))),
    ]
    assert [receipt.outcome for receipt in connector.apply(bench.scope, ops)] == [Outcome.DONE] * 3
    token = sign(Marker("instance", "item-2", "op-2"), b"key")
    new = Operation("op-2", OpKind.CREATE, "item-2", bench.scope, None, "", Kind.PROBLEM, (), token, "a test")
    [made] = connector.apply(bench.scope, [new])
    assert rt_desk.lines(asked, "EmailRecord") == before
    assert rt_desk.lines(made.ref.remote_id, "EmailRecord") == []
    assert [line["NewValue"] for line in rt_desk.lines(asked, "CustomField")] == ["planned", "export", "pdf", "shipped"]


def test_dropped_value_is_a_refusal_with_rts_words(bench, rt_desk):
    """RT answers 200; what was good of the op lands, what was not is named."""
    ref = bench.person_creates("Odd")
    connector = bench.connector()
    both = update(
        bench, ref, change("field:roadmap-status", EMPTY, Known("no such value")), change("labels", EMPTY, tags("good"), "labels")
    )
    [receipt] = connector.apply(bench.scope, [both])
    assert receipt.outcome is Outcome.DONE
    assert receipt.refused == {"field:roadmap-status": "Invalid value for custom field"}
    [alone] = connector.apply(bench.scope, [update(bench, ref, change("field:roadmap-status", EMPTY, Known("no such value")))])
    assert alone.outcome is Outcome.REJECTED
    [record] = connector.fetch(bench.scope, [ref]).records
    assert (record.values["field:roadmap-status"], record.values["labels"]) == (EMPTY, tags("good"))


def test_account_without_rights_is_refused(bench, rt_desk, monkeypatch):
    """Although RT answers 200."""
    ref = bench.person_creates("Not ours to change")
    mine = rt_desk.server.token
    monkeypatch.setattr(rt_desk.server, "token", lambda account: mine("reader" if account == "pmsync-robot" else account))
    [receipt] = bench.connector().apply(bench.scope, [update(bench, ref, change("labels", EMPTY, tags("x"), "labels"))])
    assert receipt.outcome is Outcome.REJECTED
    assert "Permission Denied" in receipt.reason


def test_of_two_writers_none_is_lost_unnoticed(bench):
    """Each race ends with one value, and whoever else was told done can see that it was overwritten: history has both writes in their order.

    RT compares etags before it writes, not while: both writers of a race may be told 200 (seen in 9 of 20 races).
    """
    ref = bench.person_creates("Raced for")
    ours, theirs = bench.connector(), bench.connector()
    for connector in (ours, theirs):
        connector.surfaces(bench.scope)
    held = EMPTY
    for number in range(RACES):
        values = [Known(choice) for choice in ("planned", "in progress", "shipped", "declined") if Known(choice) != held][:2]
        receipts = {}

        def write(connector, value, held=held, number=number, receipts=receipts):
            op = update(bench, ref, change("field:roadmap-status", held, value), uid=f"{number}-{value.value}")
            [receipts[value]] = connector.apply(bench.scope, [op])

        threads = [threading.Thread(target=write, args=pair) for pair in zip((ours, theirs), values, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        fetched = ours.fetch(bench.scope, [ref], 1.0)
        now = fetched.records[0].values["field:roadmap-status"]
        done = {value for value, receipt in receipts.items() if receipt.outcome is Outcome.DONE}
        assert {receipt.outcome for receipt in receipts.values()} <= {Outcome.DONE, Outcome.CONFLICT}
        assert now in done
        written = [edit.after for edit in fetched.edits if edit.surface == "field:roadmap-status"]
        assert done <= set(written[-len(done) :])
        held = now


def test_concurrent_tags_of_two_writers_both_stay(bench):
    """RT takes a multiple field whole, so each writer reads it for its delta; the one that came too late reads it again."""
    ref = bench.person_creates("Tagged")
    ours, theirs = bench.connector(), bench.connector()
    for number in range(3):
        [record] = ours.fetch(bench.scope, [ref]).records
        held = record.values["labels"]
        mine = held.value if held != EMPTY else frozenset()
        ops = [update(bench, ref, change("labels", held, Known(mine | {f"{who}-{number}"}), "labels")) for who in ("a", "b")]
        for connector, op in zip((ours, theirs), ops, strict=True):
            [receipt] = connector.apply(bench.scope, [op])
            assert receipt.outcome is Outcome.DONE
    [record] = ours.fetch(bench.scope, [ref]).records
    assert record.values["labels"] == tags(*(f"{who}-{number}" for number in range(3) for who in ("a", "b")))


def test_ticket_that_names_its_item_says_so(bench, rt_desk):
    """By links, by the roadmap key, in the subject, and in the first message where that is read; with who asks, and for which organization."""
    rt_desk.people(
        "POST", "/user", {"Name": "eve@corp.test", "EmailAddress": "eve@corp.test", "Organization": "Corp"}
    ) if rt_desk.ask("ana", "GET", "/user/eve@corp.test").status_code == 404 else None
    number = rt_desk.file(
        "Support",
        "Waiting for PAY-12",
        Requestor="eve@corp.test",
        Content="See https://github.com/acme/api/issues/3, please.",
        CustomFields={"Roadmap Key": "PAY-13"},
    )
    rt_desk.edit(number, AddRefersTo=["https://acme.atlassian.net/browse/PAY-14"])
    bench.settings = {"messages": True}
    [record] = [one for page in bench.connector().pull(bench.scope, Stream.ITEMS, None) for one in page.records]
    assert record.references == (
        "https://acme.atlassian.net/browse/PAY-14",
        "PAY-13",
        "PAY-12",
        "https://github.com/acme/api/issues/3",
    )
    assert record.requester == Requester("eve@corp.test", "corp.test", "Corp")
    assert record.values["body"] == Known("See https://github.com/acme/api/issues/3, please.")
