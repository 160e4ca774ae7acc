"""Lenses and writes: what is asked for is what lands, and nothing else moves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pmsync.connect.contract import Connector, Outcome, Receipt
from pmsync.connect.markers import Marker, verify
from pmsync.model.record import Record, RecordRef
from pmsync.model.values import EMPTY, Known, Settled, Value, known
from pmsync.reconcile.laws import check_enum, check_finite
from pmsync.reconcile.lens import Unmapped, Unrepresentable
from pmsync.reconcile.lenses import EnumLens
from pmsync.reconcile.operation import Operation
from pmsync.reconcile.surface import Surface
from pmsync.testing.conformance.bench import Bench
from pmsync.testing.conformance.drafts import (
    INSTANCE,
    MARKER_KEY,
    OPTIONS,
    Suite,
    canons,
    change,
    create,
    edit,
    is_open,
    need,
    read,
    send,
    settle,
    update,
    value,
    walk,
    work_surfaces,
    writable,
)
from pmsync.testing.faults import Fault, FaultKind

WHOLE: dict[str, Value] = {
    "title": "A whole record",
    "body": "First line\n\nSecond *line*, with `code` and a [link](https://example.org/).",
    "priority": "high",
    "labels": frozenset({"alpha", "beta"}),
}


class LensTests(Suite):
    """The laws, over every surface of the scope."""

    def test_every_lens_keeps_the_laws(self, bench: Bench, connector: Connector) -> None:
        """GetPut, PutGet up to the fibre, and Canon: exhaustive for closed vocabularies, over samples for texts and sets."""
        for surface in work_surfaces(connector, bench.scope):
            hubs = [*OPTIONS[surface.field], EMPTY]
            if isinstance(surface.lens, EnumLens):
                words = [str(hub.value) for hub in OPTIONS[surface.field] if isinstance(hub, Known)]
                assert check_enum(surface.lens, words) == [], surface.id
            else:
                assert check_finite(surface.lens, [*_images(surface, hubs), EMPTY], hubs) == [], surface.id

    def test_a_record_as_it_stands_asks_for_no_write(self, bench: Bench, connector: Connector) -> None:
        """Reading a value and putting it back changes nothing, on every surface of a real record (C22)."""
        ref = bench.person_creates("As it stands", body="Text\r\nwith CRLF  ", labels=frozenset({"Alpha"}))
        record = read(connector, bench.scope, ref)
        for surface in work_surfaces(connector, bench.scope):
            if is_open(record, surface):
                continue
            remote = value(record, surface)
            meaning = surface.lens.ingest(remote, EMPTY)
            if isinstance(meaning, Unmapped):
                assert meaning.reason
            else:
                assert surface.lens.put(meaning, remote) == remote, surface.id

    def test_what_has_no_image_says_why(self, bench: Bench, connector: Connector) -> None:
        """An unrepresentable hub value is a visible state with a reason, never a rounding."""
        for surface in work_surfaces(connector, bench.scope):
            for hub in OPTIONS[surface.field]:
                image = surface.lens.put(hub, EMPTY)
                if isinstance(image, Unrepresentable):
                    assert image.reason, f"{hub} on {surface.id}"

    def test_every_default_says_what_was_assumed(self, bench: Bench, connector: Connector) -> None:
        """A mapping nobody wrote down is declared: what it takes the value for, why, and the line that changes it."""
        for surface in work_surfaces(connector, bench.scope):
            tokens = {name: token for token, name in surface.display.items()}
            for default in surface.defaults:
                assert default.why
                assert default.change
                remote = known(tokens.get(default.remote, default.remote))
                assert surface.lens.consistent(remote, known(default.hub)), f"{default} on {surface.id}"


class UpdateTests(Suite):
    """Writes to records that are there."""

    def test_every_surface_takes_what_it_can_represent(self, bench: Bench, connector: Connector) -> None:
        """Each hub value of each writable surface lands as its image, or is refused with a reason; all other surfaces keep still."""
        ref = bench.person_creates("Round trip", body="Stays", labels=frozenset({"stays"}))
        surfaces = work_surfaces(connector, bench.scope)
        for surface in surfaces:
            if surface.read_only is None:
                landed = [_lands(bench, connector, ref, surface, hub) for hub in OPTIONS[surface.field]]
                assert any(landed), f"nothing could be written to {surface.id}"

    def test_receipt_never_shows_more_than_the_server_holds(self, bench: Bench, connector: Connector) -> None:
        """A success code is no proof: where the server drops labels silently, neither the receipt nor a read shows them."""
        op = create(connector, bench.scope, title="Dropped", labels=frozenset({"alpha"}))
        surface = writable(work_surfaces(connector, bench.scope), "labels")
        connector.prepare(bench.scope, [op])
        bench.ignore_writes_of("labels")
        [receipt] = connector.apply(bench.scope, [op])
        assert receipt.ref is not None, receipt
        assert value(read(connector, bench.scope, receipt.ref), surface) == EMPTY, "this bench does not drop labels as it says"
        assert receipt.record is None or value(receipt.record, surface) == EMPTY

    def test_concurrent_label_survives(self, bench: Bench, connector: Connector) -> None:
        """Labels travel as deltas: one that someone adds after our read is kept, one that they remove stays away."""
        ref = bench.person_creates("Labelled", labels=frozenset({"alpha", "old"}))
        record = read(connector, bench.scope, ref)
        op = edit(connector, record, labels=frozenset({"beta", "old"}))
        connector.prepare(bench.scope, [op])
        bench.person_edits(ref, labels=frozenset({"alpha", "theirs"}))
        [receipt] = connector.apply(bench.scope, [op])
        assert receipt.outcome is Outcome.DONE, receipt
        surface = writable(work_surfaces(connector, bench.scope), "labels")
        seen = surface.lens.canon(value(read(connector, bench.scope, ref), surface))
        assert seen == Known(frozenset({"beta", "theirs"}))

    def test_only_touched_surfaces_are_sent(self, bench: Bench, connector: Connector) -> None:
        """Someone edits the body after our read; our write of the title leaves it alone."""
        ref = bench.person_creates("Title", body="Old body")
        op = edit(connector, read(connector, bench.scope, ref), title="New title")
        bench.person_edits(ref, body="New body")
        [receipt] = send(connector, bench.scope, op)
        assert receipt.outcome is Outcome.DONE, receipt
        shown = canons(read(connector, bench.scope, ref), work_surfaces(connector, bench.scope))
        assert {Known("New title"), Known("New body")} <= set(shown.values())

    def test_op_without_changes_writes_nothing(self, bench: Bench, connector: Connector) -> None:
        """No change, no request that is not a read (C22)."""
        ref = bench.person_creates("Untouched")
        record = read(connector, bench.scope, ref)
        before = bench.writes()
        [receipt] = send(connector, bench.scope, update(record))
        assert receipt.outcome is Outcome.DONE
        assert bench.writes() == before

    def test_label_that_is_there_already_writes_nothing(self, bench: Bench, connector: Connector) -> None:
        """An empty delta is no write (C22)."""
        ref = bench.person_creates("Labelled", labels=frozenset({"alpha"}))
        record = read(connector, bench.scope, ref)
        surface = writable(work_surfaces(connector, bench.scope), "labels")
        seen = value(record, surface)
        before = bench.writes()
        [receipt] = send(connector, bench.scope, update(record, change(surface, seen, seen, known(frozenset({"alpha"})))))
        assert receipt.outcome is Outcome.DONE
        assert bench.writes() == before

    def test_write_may_be_applied_twice(self, bench: Bench, connector: Connector) -> None:
        """Absolute values and deltas land the same however often a line repeats them."""
        ref = bench.person_creates("Once", labels=frozenset({"alpha"}))
        record = read(connector, bench.scope, ref)
        op = edit(connector, record, title="Twice", labels=frozenset({"beta"}))
        connector.prepare(bench.scope, [op])
        bench.befall(Fault(FaultKind.TWICE))
        list(connector.apply(bench.scope, [op]))
        shown = canons(read(connector, bench.scope, ref), work_surfaces(connector, bench.scope))
        assert {Known("Twice"), Known(frozenset({"beta"}))} <= set(shown.values())

    def test_each_op_is_sent_when_its_turn_comes(self, bench: Bench, connector: Connector) -> None:
        """The first receipt is there before the second op leaves."""
        refs = [bench.person_creates(f"Number {number}") for number in range(2)]
        ops = [edit(connector, read(connector, bench.scope, ref), title="Renamed") for ref in refs]
        connector.prepare(bench.scope, ops)
        receipts = iter(connector.apply(bench.scope, ops))
        assert next(receipts).op == ops[0].uid
        titles = writable(work_surfaces(connector, bench.scope), "title")
        assert value(read(connector, bench.scope, refs[1]), titles) == Known("Number 1")
        assert [receipt.op for receipt in receipts] == [ops[1].uid]

    def test_bad_op_does_not_stop_the_others(self, bench: Bench, connector: Connector) -> None:
        """A write to a record that is gone is refused in its receipt; the next one lands."""
        gone, there = bench.person_creates("Gone"), bench.person_creates("There")
        ops = [edit(connector, read(connector, bench.scope, ref), title="Renamed") for ref in (gone, there)]
        bench.person_deletes(gone)
        receipts = send(connector, bench.scope, *ops)
        assert [receipt.outcome for receipt in receipts] == [Outcome.REJECTED, Outcome.DONE]
        assert receipts[0].reason

    def test_compare_and_set_refuses_a_stale_write(self, bench: Bench, connector: Connector) -> None:
        """Where the server can compare, a write planned on an older value is a conflict and changes nothing."""
        need(connector.capabilities.compare_and_set)
        ref = bench.person_creates("Old")
        op = edit(connector, read(connector, bench.scope, ref), title="Ours")
        bench.person_edits(ref, title="Theirs")
        [receipt] = send(connector, bench.scope, op)
        assert receipt.outcome is Outcome.CONFLICT
        titles = writable(work_surfaces(connector, bench.scope), "title")
        assert value(read(connector, bench.scope, ref), titles) == Known("Theirs")


class CreateTests(Suite):
    """New records."""

    def test_created_record_shows_what_was_asked(self, bench: Bench, connector: Connector) -> None:
        """Every seeded surface shows its value or is named as refused; the body is byte for byte ours, the marker apart from it."""
        op = create(connector, bench.scope, **WHOLE)
        record = _created(bench, connector, op)
        for surface in work_surfaces(connector, bench.scope):
            asked = next((one.after for one in op.changes if one.surface == surface.id), None)
            if asked is not None:
                assert surface.lens.canon(value(record, surface)) == surface.lens.canon(asked), surface.id

    @pytest.mark.parametrize("status", [hub.value for hub in OPTIONS["status"] if isinstance(hub, Known)])
    def test_created_record_starts_in_the_status_asked_for(self, bench: Bench, connector: Connector, status: str) -> None:
        """Also where the server files everything as new first; what it cannot do is refused, not forgotten."""
        op = create(connector, bench.scope, title="With a status", status=status)
        if not any(one.field == "status" for one in op.changes):
            pytest.skip(f"{status} has no image in this scope")
        [receipt] = send(connector, bench.scope, op)
        assert receipt.ref is not None, receipt
        record = read(connector, bench.scope, receipt.ref)
        for one in op.changes:
            if one.surface not in receipt.refused:
                surface = next(s for s in work_surfaces(connector, bench.scope) if s.id == one.surface)
                assert surface.lens.canon(value(record, surface)) == surface.lens.canon(one.after)

    def test_create_plants_a_genuine_marker(self, bench: Bench, connector: Connector) -> None:
        """Both ways of reading show the token, it verifies, and the record's creator is our account."""
        need(connector.capabilities.marker)
        op = create(connector, bench.scope, **WHOLE)
        record = _created(bench, connector, op)
        settle(bench, connector)
        [pulled] = walk(connector, bench.scope).records
        assert record.marker == pulled.marker == op.marker
        assert op.marker is not None
        assert verify(op.marker, MARKER_KEY) == Marker(INSTANCE, op.item, op.uid)
        assert record.creator == pulled.creator == connector.me()

    def test_record_of_a_person_carries_no_marker(self, bench: Bench, connector: Connector) -> None:
        """What we did not create is not marked, and its creator is not us."""
        record = read(connector, bench.scope, bench.person_creates("Theirs", body="Text"))
        assert record.marker is None
        assert record.creator != connector.me()

    def test_marker_survives_an_edit(self, bench: Bench, connector: Connector) -> None:
        """Writing title and labels of a marked record keeps the marker, and someone else's edit of the title does too."""
        need(connector.capabilities.marker)
        op = create(connector, bench.scope, **WHOLE)
        record = _created(bench, connector, op)
        send(connector, bench.scope, edit(connector, record, title="Renamed", labels=frozenset({"gamma"})))
        bench.person_edits(record.ref, title="Renamed again")
        assert read(connector, bench.scope, record.ref).marker == op.marker

    def test_creates_are_separate_records(self, bench: Bench, connector: Connector) -> None:
        """Equal content is no identity: two ops make two records."""
        receipts = send(connector, bench.scope, *(create(connector, bench.scope, title="The same") for _ in range(2)))
        assert len({receipt.ref for receipt in receipts}) == 2

    def test_idempotency_key_makes_a_resend_harmless(self, bench: Bench, connector: Connector) -> None:
        """The same op sent again answers with the same record."""
        need(connector.capabilities.idempotency_key)
        op = create(connector, bench.scope, **WHOLE)
        refs = {send(connector, bench.scope, op)[0].ref for _ in range(2)}
        settle(bench, connector)
        assert len(refs) == 1
        assert set(walk(connector, bench.scope).refs) == refs


def _created(bench: Bench, connector: Connector, op: Operation) -> Record:
    [receipt] = send(connector, bench.scope, op)
    assert receipt.outcome is Outcome.DONE, receipt
    assert receipt.ref is not None
    return read(connector, bench.scope, receipt.ref)


def _images(surface: Surface, hubs: list[Settled]) -> Iterator[Settled]:
    for hub in hubs:
        image = surface.lens.put(hub, EMPTY)
        if not isinstance(image, Unrepresentable):
            yield image


def _lands(bench: Bench, connector: Connector, ref: RecordRef, surface: Surface, hub: Settled) -> bool:
    """Write one hub value and look: did it land? A refusal must say why and leave the old value."""
    others = [other for other in work_surfaces(connector, bench.scope) if other.id != surface.id]
    record = read(connector, bench.scope, ref)
    before = value(record, surface)
    after = surface.lens.put(hub, before)
    if isinstance(after, Unrepresentable) or after == before:
        return False
    [receipt] = send(connector, bench.scope, update(record, change(surface, before, after, hub)))
    seen = read(connector, bench.scope, ref)
    assert canons(seen, others) == canons(record, others), f"writing {surface.id} moved another surface"
    if _refused(receipt, surface):
        assert surface.lens.canon(value(seen, surface)) == surface.lens.canon(before)
        return False
    assert receipt.outcome is Outcome.DONE, receipt
    assert surface.lens.canon(value(seen, surface)) == surface.lens.canon(after), f"{hub} on {surface.id}"
    assert surface.lens.consistent(value(seen, surface), hub)
    return True


def _refused(receipt: Receipt, surface: Surface) -> bool:
    if surface.id in receipt.refused:
        return bool(receipt.refused[surface.id])
    return receipt.outcome is Outcome.REJECTED and bool(receipt.reason)
