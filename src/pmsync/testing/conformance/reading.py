"""Pulling and fetching: everything once, nothing skipped, at the promised price."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from math import ceil

import pytest

from pmsync.connect.capabilities import Full
from pmsync.connect.clock import Clock
from pmsync.connect.contract import Connector, Page, Stream
from pmsync.connect.errors import ConnectorError
from pmsync.model.fields import FIELDS
from pmsync.model.record import RecordRef
from pmsync.model.values import Known, Value, raw
from pmsync.reconcile.surface import Surface
from pmsync.testing.conformance.bench import Bench
from pmsync.testing.conformance.drafts import Suite, Walk, canons, quiet_cursor, read, settle, value, walk, work_surfaces
from pmsync.testing.faults import Fault, FaultKind

LIST_SIZE = 100
"""Records per listing call that every connector must reach."""
READ_FAULTS = [kind for kind in FaultKind if kind not in (FaultKind.LATE, FaultKind.TWICE)]
FIXED_CALLS = 8
"""Calls that a first pull may cost besides its pages, whatever the number of records."""


class Ahead:
    """A machine whose clock runs a day ahead of the server's."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> float:
        """A day from now."""
        return self._clock.now() + 86_400.0

    def sleep(self, seconds: float) -> None:
        """Pass the same time as everybody else."""
        self._clock.sleep(seconds)


class PullTests(Suite):
    """The change stream."""

    def test_pull_delivers_every_record_exactly_once_over_page_edges(self, bench: Bench, connector: Connector) -> None:
        """250 records: three pages, none twice, none missing (C2)."""
        made = _fill(bench, connector, 250)
        assert sorted(map(str, walk(connector, bench.scope).refs)) == sorted(map(str, made))

    def test_pull_of_an_empty_scope_yields_a_page_with_a_cursor(self, bench: Bench, connector: Connector) -> None:
        """Without a cursor the next pull would be a first load again."""
        pages = walk(connector, bench.scope)
        assert pages.records == []
        assert pages.cursor

    def test_records_are_whole(self, bench: Bench, connector: Connector) -> None:
        """Every surface of the scope is in every record; identity, key, link and times are filled in."""
        ref = _fill(bench, connector, 1)[0]
        [record] = walk(connector, bench.scope).records
        surfaces = work_surfaces(connector, bench.scope)
        assert record.ref == ref
        assert record.scope == bench.scope
        assert record.key
        assert record.url
        assert record.version
        assert set(record.values) >= {surface.id for surface in surfaces}
        assert 0 < record.created_at <= record.updated_at <= bench.clock.now()
        assert connector.in_scope(bench.scope, record)

    def test_surfaces_are_of_known_fields_and_named_once(self, bench: Bench, connector: Connector) -> None:
        """A surface names a hub field, its id is unique, and a read-only one says why."""
        surfaces = connector.surfaces(bench.scope)
        assert {surface.field for surface in surfaces} <= set(FIELDS)
        assert "title" in {surface.field for surface in surfaces}
        assert len({surface.id for surface in surfaces}) == len(surfaces)
        assert all(surface.read_only != "" for surface in surfaces)

    def test_ragged_and_empty_pages_are_not_the_end(self, bench: Bench, connector: Connector) -> None:
        """A short page, and an empty one with more behind it, lose nothing (C2)."""
        made = _fill(bench, connector, 130)
        bench.ragged_pages([7, 0, 50, 0])
        pages = walk(connector, bench.scope)
        assert set(pages.refs) == set(made)
        assert len(pages.refs) == len(made)

    @pytest.mark.parametrize("moment", [1, 2])
    def test_records_edited_during_the_walk_arrive_as_they_are_now(self, bench: Bench, connector: Connector, moment: int) -> None:
        """Someone edits a delivered and an undelivered record between two pages (C5)."""
        made = _fill(bench, connector, 250)

        def edit() -> None:
            for ref in (made[0], made[120], made[-1]):
                bench.person_edits(ref, title=f"Edited {ref.remote_id}")

        latest = _walk_interrupted(bench, connector, moment, edit)
        assert set(latest) == set(made)
        assert {latest[ref] for ref in (made[0], made[120], made[-1])} == {
            f"Edited {ref.remote_id}" for ref in (made[0], made[120], made[-1])
        }

    def test_records_created_during_the_walk_arrive(self, bench: Bench, connector: Connector) -> None:
        """Someone files five records between two pages (C5)."""
        made = _fill(bench, connector, 150)
        late: list[RecordRef] = []

        def file() -> None:
            late.extend(bench.person_creates(f"Late {number}") for number in range(5))

        assert set(_walk_interrupted(bench, connector, 1, file)) == {*made, *late}

    def test_record_deleted_during_the_walk_hides_no_other(self, bench: Bench, connector: Connector) -> None:
        """A deletion moves later records forward by one place; the one on the page edge must not fall through."""
        made = _fill(bench, connector, 230)
        latest = _walk_interrupted(bench, connector, 1, lambda: bench.person_deletes(made[3]))
        assert set(latest) >= set(made) - {made[3]}

    def test_resuming_after_any_page_misses_nothing(self, bench: Bench, connector: Connector) -> None:
        """A crash after any committed page: a new process goes on from that page's cursor."""
        made = _fill(bench, connector, 210)
        pages = walk(connector, bench.scope).pages
        for index, page in enumerate(pages):
            before = {record.ref for done in pages[: index + 1] for record in done.records}
            resumed = walk(bench.connector(), bench.scope, page.cursor)
            assert before | set(resumed.refs) == set(made), f"lost after a crash behind page {index + 1}"

    def test_what_changed_between_crash_and_restart_is_delivered(self, bench: Bench, connector: Connector) -> None:
        """An edit to an already committed record must not be hidden by the cursor."""
        made = _fill(bench, connector, 150)
        pages = list(connector.pull(bench.scope, Stream.ITEMS, None))
        bench.person_edits(pages[0].records[0].ref, title="While it was down")
        settle(bench, connector)
        resumed = walk(bench.connector(), bench.scope, pages[0].cursor)
        assert "While it was down" in _titles(bench, connector, resumed).values()
        assert {record.ref for record in pages[0].records} | set(resumed.refs) == set(made)

    @pytest.mark.parametrize("kind", READ_FAULTS)
    def test_broken_read_during_the_walk_loses_nothing(self, bench: Bench, connector: Connector, kind: FaultKind) -> None:
        """The walk goes on, or ends with an error; in both cases the committed cursor leads to everything else."""
        made = _fill(bench, connector, 150)
        rest = connector.pull(bench.scope, Stream.ITEMS, None)
        pages = [next(rest)]
        bench.befall_read(Fault(kind, seconds=30.0))
        with suppress(ConnectorError):
            pages.extend(rest)
        resumed = walk(bench.connector(), bench.scope, pages[-1].cursor)
        assert {record.ref for page in pages for record in page.records} | set(resumed.refs) == set(made)

    def test_change_that_the_index_shows_late_is_not_skipped(self, bench: Bench, connector: Connector) -> None:
        """A cursor at the newest change seen would pass by an older one that the index still hides."""
        lag = connector.capabilities.index_lag
        if not lag:
            pytest.skip("this connector's listings do not lag")
        made = _fill(bench, connector, 3)
        cursor = quiet_cursor(bench, connector)
        bench.person_edits(made[0], title="Shown late")
        bench.hold_back(made[0], 0.9 * lag)
        bench.clock.sleep(1.0)
        bench.person_edits(made[1], title="Shown at once")
        polls: list[Walk] = []
        for pause in (1.0, 0.5 * lag, 0.6 * lag):
            bench.clock.sleep(pause)
            polls.append(walk(connector, bench.scope, polls[-1].cursor if polls else cursor))
        assert {made[0], made[1]} <= {ref for poll in polls for ref in poll.refs}

    def test_cursor_does_not_come_from_the_local_clock(self, bench: Bench, connector: Connector) -> None:
        """With this machine a day ahead, what is filed after the pull still arrives."""
        _fill(bench, connector, 3)
        fast = bench.connector(clock=Ahead(bench.clock))
        cursor = walk(fast, bench.scope).cursor
        ref = bench.person_creates("Filed after the pull")
        settle(bench, connector)
        assert ref in walk(fast, bench.scope, cursor).refs

    def test_quiet_poll_costs_one_call_and_delivers_nothing(self, bench: Bench, connector: Connector) -> None:
        """Nothing changed for hours: one request, no record (C6)."""
        _fill(bench, connector, 120)
        cursor = quiet_cursor(bench, connector)
        before = len(bench.calls)
        assert walk(connector, bench.scope, cursor).records == []
        assert len(bench.calls) - before == 1, bench.calls[before:]

    def test_first_pull_costs_one_call_per_hundred_records(self, bench: Bench, connector: Connector) -> None:
        """ceil(N/100) listing calls and a number that does not grow with N."""
        costs = []
        for number in (50, 200):
            _fill(bench, connector, number)
            before = len(bench.calls)
            made = len(walk(connector, bench.scope).refs)
            costs.append((len(bench.calls) - before) - ceil(made / LIST_SIZE))
        assert costs[1] <= costs[0]
        assert 0 <= costs[0] <= FIXED_CALLS

    def test_edit_is_delivered_alone(self, bench: Bench, connector: Connector) -> None:
        """One change after a quiet time brings one record."""
        made = _fill(bench, connector, 20)
        cursor = quiet_cursor(bench, connector)
        bench.person_edits(made[7], title="The only change")
        settle(bench, connector)
        assert walk(connector, bench.scope, cursor).refs == [made[7]]


class FetchTests(Suite):
    """Direct reads."""

    def test_fetch_sees_a_record_at_once(self, bench: Bench, connector: Connector) -> None:
        """A direct read does not wait for an index."""
        ref = bench.person_creates("Just filed")
        assert read(connector, bench.scope, ref).ref == ref
        bench.person_edits(ref, title="Just renamed")
        record = read(connector, bench.scope, ref)
        assert value(record, _surface(connector, bench, "title")) == Known("Just renamed")

    def test_fetch_agrees_with_pull(self, bench: Bench, connector: Connector) -> None:
        """The same record, read both ways, is equal in all that sync rests on."""
        bench.person_creates("With all", body="Some text", labels=frozenset({"alpha"}))
        settle(bench, connector)
        [pulled] = walk(connector, bench.scope).records
        fetched = read(connector, bench.scope, pulled.ref)
        surfaces = work_surfaces(connector, bench.scope)
        assert canons(fetched, surfaces) == canons(pulled, surfaces)
        for name in ("ref", "scope", "key", "url", "kind", "audience", "marker", "creator"):
            assert getattr(fetched, name) == getattr(pulled, name), name

    def test_fetch_is_batched(self, bench: Bench, connector: Connector) -> None:
        """Of n records: ceil(n / fetch_batch) calls."""
        size = connector.capabilities.fetch_batch
        made = _fill(bench, connector, size + 1)
        for number in (1, size, size + 1):
            before = len(bench.calls)
            fetched = connector.fetch(bench.scope, made[:number])
            assert {record.ref for record in fetched.records} == set(made[:number])
            assert len(bench.calls) - before == ceil(number / size)

    def test_fetch_of_nothing_costs_nothing(self, bench: Bench, connector: Connector) -> None:
        """No ids, no call."""
        before = len(bench.calls)
        assert connector.fetch(bench.scope, []).records == ()
        assert len(bench.calls) == before

    def test_fetch_reports_what_it_cannot_read(self, bench: Bench, connector: Connector) -> None:
        """Unknown ids are named as missing; the others still arrive."""
        ref = bench.person_creates("Present")
        unknown = RecordRef(bench.scope.system, bench.unknown_id)
        fetched = connector.fetch(bench.scope, [unknown, ref])
        assert [record.ref for record in fetched.records] == [ref]
        assert unknown in fetched.missing

    def test_ids_lists_the_whole_scope(self, bench: Bench, connector: Connector) -> None:
        """The sweep's listing has every id, and says complete only when it is."""
        made = _fill(bench, connector, 130)
        listing = connector.ids(bench.scope)
        if isinstance(connector.capabilities.ids, Full):
            assert listing.complete
        if listing.complete:
            assert set(listing.refs) == set(made)
        else:
            assert set(listing.refs) <= set(made)


def _fill(bench: Bench, connector: Connector, number: int) -> list[RecordRef]:
    made = [bench.person_creates(f"Record {index}") for index in range(number)]
    settle(bench, connector)
    return made


def _surface(connector: Connector, bench: Bench, field: str) -> Surface:
    return next(surface for surface in work_surfaces(connector, bench.scope) if surface.field == field)


def _titles(bench: Bench, connector: Connector, pages: Walk) -> dict[RecordRef, Value | None]:
    surface = _surface(connector, bench, "title")
    covered = {ref: record for ref, record in pages.latest.items() if connector.in_scope(bench.scope, record)}
    return {ref: raw(value(record, surface)) for ref, record in covered.items()}


def _walk_interrupted(bench: Bench, connector: Connector, after: int, event: Callable[[], None]) -> dict[RecordRef, Value | None]:
    """Pull, let ``event`` happen behind page ``after``, pull to the end, and once more when the dust has settled: latest titles."""
    pages: list[Page] = []
    for page in connector.pull(bench.scope, Stream.ITEMS, None):
        pages.append(page)
        if len(pages) == after:
            event()
    settle(bench, connector)
    pages += walk(connector, bench.scope, pages[-1].cursor).pages
    return _titles(bench, connector, Walk(tuple(pages)))
