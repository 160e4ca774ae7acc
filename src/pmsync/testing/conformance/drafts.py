"""What the tests are written with: ops as the engine would plan them, and reads as the engine would make them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from uuid import UUID

import pytest

from pmsync.connect.capabilities import Support, Unsupported
from pmsync.connect.contract import Connector, Page, Receipt, Stream
from pmsync.connect.markers import Marker, sign
from pmsync.model.enums import Kind, Nature, Priority, Status
from pmsync.model.fields import FIELDS, FieldSpec
from pmsync.model.record import Comment, Record, RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Known, Settled, Unobserved, Value, known
from pmsync.reconcile.lens import Unrepresentable
from pmsync.reconcile.operation import Change, Operation, OpKind
from pmsync.reconcile.surface import Surface
from pmsync.testing.conformance.bench import Bench

MARKER_KEY = b"conformance"
INSTANCE = str(UUID(int=1))
_numbers = count(2)

OPTIONS: Mapping[str, tuple[Settled, ...]] = {
    "title": (Known("A first title"), Known("Another title")),
    "body": (Known("One paragraph.\n\nAnd *another* one.\n\n* a\n* b"), Known("Short")),
    "status": tuple(Known(status) for status in Status),
    "roadmap": (*(Known(status) for status in Status), EMPTY),
    "priority": (*(Known(priority) for priority in Priority), EMPTY),
    "labels": (Known(frozenset({"alpha"})), Known(frozenset({"alpha", "beta"})), Known(frozenset({"beta"})), EMPTY),
    **{name: (Known("2026-02-15"), Known("2026Q1"), Known("2026-03"), EMPTY) for name in ("start", "due")},
}
"""Hub values to try on each field; complete where the field's values are finite."""


class Suite:
    """What every concern shares: the bench, a connector on it, and its scope."""

    @pytest.fixture
    def bench(self) -> Bench:
        """The author's own bench."""
        raise NotImplementedError("give the test class a fixture `bench` that returns a Bench")

    @pytest.fixture
    def connector(self, bench: Bench) -> Iterator[Connector]:
        """A fresh connector whose catalogue is read already, so that what a test counts is its own."""
        connector = bench.connector()
        connector.surfaces(bench.scope)
        yield connector
        connector.close()


def need(support: Support) -> None:
    """Skip the running test with the capability's own reason when there is no support."""
    if isinstance(support, Unsupported):
        pytest.skip(support.reason)


def settle(bench: Bench, connector: Connector) -> None:
    """Let so much time pass that every index has caught up and no lost write can land any more."""
    bench.clock.sleep(connector.capabilities.quiet_period + 120.0)


# -- reading ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Walk:
    """Everything one pull yielded."""

    pages: tuple[Page, ...]

    @property
    def records(self) -> list[Record]:
        """In the order of arrival."""
        return [record for page in self.pages for record in page.records]

    @property
    def refs(self) -> list[RecordRef]:
        """Of the records, in the order of arrival."""
        return [record.ref for record in self.records]

    @property
    def latest(self) -> dict[RecordRef, Record]:
        """The last delivered state of each record."""
        return {record.ref: record for record in self.records}

    @property
    def comments(self) -> list[Comment]:
        """In the order of arrival."""
        return [comment for page in self.pages for comment in page.comments]

    @property
    def gone(self) -> list[RecordRef]:
        """What the remote reported as deleted."""
        return [ref for page in self.pages for ref in page.gone]

    @property
    def cursor(self) -> str:
        """Where to go on from."""
        return self.pages[-1].cursor


def walk(connector: Connector, scope: ScopeRef, cursor: str | None = None, stream: Stream = Stream.ITEMS) -> Walk:
    """Pull to the end."""
    pages = tuple(connector.pull(scope, stream, cursor))
    assert pages, "a pull yields at least one page: without one there is no cursor to keep"
    assert not pages[-1].more, "the last page says that another one is ready"
    return Walk(pages)


def quiet_cursor(bench: Bench, connector: Connector, stream: Stream = Stream.ITEMS) -> str:
    """A cursor from which nothing is left to deliver: pulled long after the last change, and past every overlap."""
    cursor = walk(connector, bench.scope, None, stream).cursor
    for _ in range(2):
        bench.clock.sleep(3600.0)
        cursor = walk(connector, bench.scope, cursor, stream).cursor
    bench.clock.sleep(3600.0)
    return cursor


def read(connector: Connector, scope: ScopeRef, ref: RecordRef) -> Record:
    """One record by direct read."""
    fetched = connector.fetch(scope, [ref])
    assert [record.ref for record in fetched.records] == [ref], f"{ref} could not be read directly: {fetched}"
    return fetched.records[0]


def value(record: Record, surface: Surface) -> Settled:
    """What the record shows on the surface."""
    seen = record.values[surface.id]
    assert not isinstance(seen, Unobserved), f"{surface.id} of {record.key} is unobserved: {seen.reason}"
    return seen


def canons(record: Record, surfaces: Iterable[Surface]) -> dict[str, Settled]:
    """Surface id to what it shows, in canonical spelling; what the record leaves open is left out."""
    return {one.id: one.lens.canon(value(record, one)) for one in surfaces if not is_open(record, one)}


def is_open(record: Record, surface: Surface) -> bool:
    """Whether the record does not speak of it: unobserved, and without a reason, for nothing failed."""
    seen = record.values[surface.id]
    return isinstance(seen, Unobserved) and not seen.reason


def work_surfaces(connector: Connector, scope: ScopeRef) -> list[Surface]:
    """What an issue shows by itself, or a ticket where there are only tickets: neither what or whom it refers to, nor what a release shows."""
    plain = [surface for surface in connector.surfaces(scope) if _plain(FIELDS[surface.field])]
    work = [surface for surface in plain if Nature.WORK in surface.natures]
    return work or [surface for surface in plain if Nature.FEEDBACK in surface.natures]


def _plain(field: FieldSpec) -> bool:
    """Whether its values stand for themselves: neither for records nor for people, here or elsewhere."""
    return field.refers is None and not field.people and field.name != "elsewhere"


# -- writing ------------------------------------------------------------------------------------------------------------------


def change(surface: Surface, before: Settled, after: Settled, hub: Settled) -> Change:
    """One surface of an op."""
    return Change(surface.id, surface.field, before, after, hub, "the conformance suite asks for it")


def update(record: Record, *changes: Change) -> Operation:
    """An update of ``record``."""
    uid = _uid()
    return Operation(uid, OpKind.UPDATE, _uid(), record.scope, record.ref, record.key, record.kind, changes, None, "conformance")


def edit(connector: Connector, record: Record, **hub: Value) -> Operation:
    """An update that brings hub values to the first writable surface of each field."""
    surfaces = work_surfaces(connector, record.scope)
    changes = []
    for field, wanted in hub.items():
        surface = writable(surfaces, field)
        before = value(record, surface)
        after = surface.lens.put(known(wanted), before)
        assert not isinstance(after, Unrepresentable), after
        changes.append(change(surface, before, after, known(wanted)))
    return update(record, *changes)


def create(connector: Connector, scope: ScopeRef, **hub: Value) -> Operation:
    """A create that seeds every surface of the given fields that can represent its value."""
    changes = []
    for surface in work_surfaces(connector, scope):
        if surface.field in hub and surface.read_only is None:
            after = surface.lens.put(known(hub[surface.field]), EMPTY)
            if not isinstance(after, Unrepresentable) and after != EMPTY:
                changes.append(change(surface, EMPTY, after, known(hub[surface.field])))
    uid, item = _uid(), _uid()
    token = sign(Marker(INSTANCE, item, uid), MARKER_KEY)
    return Operation(uid, OpKind.CREATE, item, scope, None, "", Kind.TASK, tuple(changes), token, "conformance")


def writable(surfaces: Sequence[Surface], field: str) -> Surface:
    """The first surface of the field that may be written; the test is skipped, with the surface's reason, where there is none."""
    mine = [surface for surface in surfaces if surface.field == field]
    for surface in mine:
        if surface.read_only is None:
            return surface
    pytest.skip("; ".join(str(surface.read_only) for surface in mine) or f"this scope has no surface for {field}")


def send(connector: Connector, scope: ScopeRef, *ops: Operation) -> list[Receipt]:
    """Prepare and apply, as the engine does; one receipt per op, in order."""
    connector.prepare(scope, ops)
    receipts = list(connector.apply(scope, ops))
    assert [receipt.op for receipt in receipts] == [op.uid for op in ops], "receipts come one per op, in the order of the ops"
    return receipts


def _uid() -> str:
    return str(UUID(int=next(_numbers)))
