"""Releases, and what refers to them: a version or milestone is a record of its own, and issues point at it by its id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from pmsync.connect.contract import Connector, Outcome
from pmsync.model.enums import Kind, Nature
from pmsync.model.record import Record, RecordRef
from pmsync.model.values import EMPTY, Known, Settled, Value, known, members
from pmsync.reconcile.lens import Unmapped, Unrepresentable
from pmsync.reconcile.lenses import ReferencesLens
from pmsync.reconcile.operation import Operation
from pmsync.reconcile.surface import Surface
from pmsync.testing.conformance.bench import Bench
from pmsync.testing.conformance.drafts import Suite, change, create, read, send, settle, update, value, walk


class _Same:
    """A directory in which every record's item has the record's own id for its uid."""

    def item(self, remote_id: str) -> str | None:
        return remote_id

    def record(self, item: str) -> str | None:
        return item

    def rank(self, item: str) -> tuple[bool, str, str]:
        return (False, "", item)

    def title(self, item: str) -> str:
        return item


def bound(surface: Surface) -> Surface:
    """The surface, referring to everything by its own id."""
    lens = surface.lens
    return replace(surface, lens=replace(lens, directory=_Same())) if isinstance(lens, ReferencesLens) else surface


def _release_surfaces(connector: Connector, bench: Bench) -> dict[str, Surface]:
    """Of a release: hub field to where it shows. The test is skipped where there are no releases that may be written."""
    found = [surface for surface in connector.surfaces(bench.scope) if Nature.RELEASE in surface.natures]
    writable = {surface.field: surface for surface in found if surface.read_only is None}
    if "title" not in writable:
        pytest.skip("; ".join(str(surface.read_only) for surface in found) or "this system knows no releases")
    return writable


def _reference(connector: Connector, bench: Bench, field: str) -> Surface:
    found = [surface for surface in connector.surfaces(bench.scope) if surface.field == field]
    if not found or found[0].read_only is not None:
        pytest.skip(str(found[0].read_only) if found else f"this scope has no surface for {field}")
    return bound(found[0])


def _release(connector: Connector, bench: Bench, **hub: Value) -> Operation:
    changes = []
    for field, surface in _release_surfaces(connector, bench).items():
        after = surface.lens.put(known(hub[field]), EMPTY) if field in hub else EMPTY
        assert not isinstance(after, Unrepresentable), after
        if after != EMPTY:
            changes.append(change(surface, EMPTY, after, known(hub[field])))
    return replace(create(connector, bench.scope), item_kind=Kind.RELEASE, changes=tuple(changes))


def _made(connector: Connector, bench: Bench, op: Operation) -> RecordRef:
    """Send a create; the record that came of it."""
    connector.prepare(bench.scope, [op])
    [receipt] = send(connector, bench.scope, op)
    assert receipt.outcome is Outcome.DONE, receipt.reason
    assert receipt.ref is not None
    settle(bench, connector)
    return receipt.ref


def _shows(connector: Connector, bench: Bench, ref: RecordRef, surfaces: Mapping[str, Surface]) -> dict[str, Settled]:
    record = read(connector, bench.scope, ref)
    return {field: surface.lens.canon(value(record, surface)) for field, surface in surfaces.items()}


def _meanings(record: Record, surfaces: Sequence[Surface]) -> dict[str, Settled | Unmapped]:
    return {surface.field: surface.lens.ingest(value(record, surface), EMPTY) for surface in surfaces}


class PlanningTests(Suite):
    """What a connector must do that has releases; skipped where it has none."""

    def test_a_release_is_created_read_and_listed(self, bench: Bench, connector: Connector) -> None:
        """It is a record like any other: of its own kind, in the same scope."""
        surfaces = _release_surfaces(connector, bench)
        ref = _made(connector, bench, _release(connector, bench, title="2026.1", due="2026-03-31"))
        record = read(connector, bench.scope, ref)
        assert record.kind is Kind.RELEASE
        assert record.scope == bench.scope
        assert _meanings(record, [surfaces["title"]]) == {"title": Known("2026.1")}
        assert ref in walk(connector, bench.scope).refs

    def test_a_release_shows_its_dates(self, bench: Bench, connector: Connector) -> None:
        """A date comes back as the same day, whatever the system makes of it."""
        surfaces = _release_surfaces(connector, bench)
        dates = {name: "2026-03-31" for name in ("start", "due") if name in surfaces}
        ref = _made(connector, bench, _release(connector, bench, title="2026.1", **dates))
        meanings = _meanings(read(connector, bench.scope, ref), [surfaces[name] for name in dates])
        assert meanings == {name: Known(day) for name, day in dates.items()}

    def test_an_issue_goes_into_a_release_and_out_of_it(self, bench: Bench, connector: Connector) -> None:
        """By its id, so that no renaming matters."""
        place = _reference(connector, bench, "release")
        release = _made(connector, bench, _release(connector, bench, title="2026.1"))
        issue = _made(connector, bench, create(connector, bench.scope, title="Login"))
        for wanted in (known(frozenset({release.remote_id})), EMPTY):
            record = read(connector, bench.scope, issue)
            before = value(record, place)
            after = place.lens.put(wanted, before)
            assert not isinstance(after, Unrepresentable)
            [receipt] = send(connector, bench.scope, update(record, change(place, before, after, wanted)))
            assert receipt.outcome is Outcome.DONE, receipt.reason
            assert members(value(read(connector, bench.scope, issue), place)) == members(wanted)

    def test_an_issue_is_created_into_its_release(self, bench: Bench, connector: Connector) -> None:
        """One request does both."""
        place = _reference(connector, bench, "release")
        release = _made(connector, bench, _release(connector, bench, title="2026.1"))
        target = place.lens.put(known(frozenset({release.remote_id})), EMPTY)
        assert not isinstance(target, Unrepresentable)
        op = create(connector, bench.scope, title="Login")
        op = replace(op, changes=(*op.changes, change(place, EMPTY, target, target)))
        issue = _made(connector, bench, op)
        assert members(value(read(connector, bench.scope, issue), place)) == {release.remote_id}

    def test_a_child_names_its_parent(self, bench: Bench, connector: Connector) -> None:
        """Where a parent can be set at all."""
        place = _reference(connector, bench, "parent")
        parent = _made(connector, bench, replace(create(connector, bench.scope, title="Epic"), item_kind=Kind.EPIC))
        child = _made(connector, bench, create(connector, bench.scope, title="Story"))
        record = read(connector, bench.scope, child)
        wanted = Known(parent.remote_id)
        [receipt] = send(connector, bench.scope, update(record, change(place, value(record, place), wanted, wanted)))
        assert receipt.outcome is Outcome.DONE, receipt.reason
        assert value(read(connector, bench.scope, child), place) == wanted
