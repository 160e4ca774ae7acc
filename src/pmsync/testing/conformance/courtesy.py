"""Honest capabilities, people, webhooks, and the container."""

from __future__ import annotations

import dataclasses
from contextlib import suppress

import pytest

from pmsync.connect.capabilities import Full, Partial, Unsupported
from pmsync.connect.contract import Connector
from pmsync.connect.errors import AuthFailed, Rejected, WriteRefused
from pmsync.testing.conformance.bench import Bench
from pmsync.testing.conformance.drafts import Suite, need, settle, walk


class CourtesyTests(Suite):
    """What a connector says about itself, and the verbs that make it excellent."""

    def test_every_limit_has_a_reason(self, connector: Connector) -> None:
        """Partial and Unsupported explain themselves to a person."""
        for field in dataclasses.fields(connector.capabilities):
            support = getattr(connector.capabilities, field.name)
            if isinstance(support, (Partial, Unsupported)):
                assert support.reason.strip(), field.name

    def test_capabilities_are_constant_and_make_no_call(self, bench: Bench) -> None:
        """They are data: known before the first request, the same afterwards."""
        fresh = bench.connector()
        before = len(bench.calls)
        capabilities = fresh.capabilities
        assert len(bench.calls) == before
        walk(fresh, bench.scope)
        assert fresh.capabilities == capabilities

    def test_numbers_are_sane(self, connector: Connector) -> None:
        """A batch holds something, and only a consistent listing may call itself Full."""
        capabilities = connector.capabilities
        assert capabilities.fetch_batch >= 1
        assert capabilities.server_max > 0
        assert capabilities.index_lag >= 0
        if isinstance(capabilities.marker, Unsupported):
            assert not isinstance(capabilities.find, Full), "what could a find go by without a marker?"

    def test_building_a_connector_makes_no_call(self, bench: Bench) -> None:
        """The first request is made by the first verb."""
        before = len(bench.calls)
        bench.connector().close()
        assert len(bench.calls) == before

    def test_refresh_reads_the_catalogue_again(self, bench: Bench, connector: Connector) -> None:
        """The surfaces are the same afterwards: nothing but the cache was dropped."""
        before = [surface.id for surface in connector.surfaces(bench.scope)]
        connector.refresh()
        assert [surface.id for surface in connector.surfaces(bench.scope)] == before

    def test_container_is_readable_and_tells_the_servers_time(self, bench: Bench, connector: Connector) -> None:
        """To the minute, by the server's clock."""
        need(connector.capabilities.container)
        container = connector.container(bench.scope)
        assert container.readable
        assert abs(container.server_time - bench.clock.now()) < 60.0

    def test_container_that_may_not_be_read_says_so(self, bench: Bench, connector: Connector) -> None:
        """Not readable: absence from its listings proves nothing."""
        need(connector.capabilities.container)
        if "read" not in bench.permissions:
            pytest.skip("this bench has no way to deny 'read'")
        bench.deny("read")
        with suppress(AuthFailed):
            assert not connector.container(bench.scope).readable

    def test_container_keeps_the_mark_that_was_left_last(self, bench: Bench, connector: Connector) -> None:
        """A hundred characters, read back as they were left, by anybody who asks; and no record shows for it."""
        _keeps_marks(connector)
        assert not connector.container(bench.scope).mark
        for mark in ("m" * 100, "pmm1.second"):
            connector.leave_mark(bench.scope, mark)
            assert bench.connector().container(bench.scope).mark == mark
        assert walk(bench.connector(), bench.scope).refs == []

    def test_mark_is_looked_at_with_one_call(self, bench: Bench, connector: Connector) -> None:
        """It is looked at every hour in every scope."""
        _keeps_marks(connector)
        connector.leave_mark(bench.scope, "pmm1.cheap")
        before = len(bench.calls)
        connector.container(bench.scope)
        assert len(bench.calls) - before == 1

    def test_fence_stops_a_mark(self, bench: Bench) -> None:
        """A mark is a write like any other."""
        fenced = bench.connector(read_only=True)
        _keeps_marks(fenced)
        before = bench.writes()
        with pytest.raises(WriteRefused):
            fenced.leave_mark(bench.scope, "pmm1.fenced")
        assert bench.writes() == before

    def test_mark_that_cannot_be_kept_is_refused(self, bench: Bench, connector: Connector) -> None:
        """Where the capability is not full, and nothing is written."""
        if isinstance(connector.capabilities.container, Full):
            pytest.skip("this container keeps marks")
        with pytest.raises(Rejected):
            connector.leave_mark(bench.scope, "pmm1.nowhere")

    def test_people_are_found_by_id(self, bench: Bench, connector: Connector) -> None:
        """Known accounts come back named; unknown ids are left out."""
        if not bench.person:
            pytest.skip("this bench knows no people")
        accounts = connector.people(bench.scope, [bench.person, "nobody-at-all"])
        assert [account.id for account in accounts] == [bench.person]
        assert accounts[0].name

    def test_records_name_who_made_them(self, bench: Bench, connector: Connector) -> None:
        """The creator is the account that ``people`` knows."""
        if not bench.person:
            pytest.skip("this bench knows no people")
        bench.person_creates("Signed")
        settle(bench, connector)
        [record] = walk(connector, bench.scope).records
        assert record.creator == bench.person

    def test_genuine_hint_names_its_record(self, bench: Bench, connector: Connector) -> None:
        """A webhook adds ids to fetch, nothing more."""
        need(connector.capabilities.hints)
        ref = bench.person_creates("Hinted")
        headers, body = bench.hint(ref)
        assert connector.hints(headers, body) == [ref]

    @pytest.mark.parametrize("forgery", ["no signature", "wrong signature", "changed body"])
    def test_forged_hint_is_refused(self, bench: Bench, connector: Connector, forgery: str) -> None:
        """AuthFailed for a missing signature, a wrong one, and a body that the signature does not cover."""
        need(connector.capabilities.hints)
        headers, body = bench.hint(bench.person_creates("Hinted"))
        if forgery == "no signature":
            headers = {name: text for name, text in headers.items() if "signature" not in name}
        elif forgery == "wrong signature":
            headers = {name: _flipped(text) if "signature" in name else text for name, text in headers.items()}
        else:
            body += b" "
        with pytest.raises(AuthFailed):
            connector.hints(headers, body)


def _keeps_marks(connector: Connector) -> None:
    container = connector.capabilities.container
    if not isinstance(container, Full):
        pytest.skip(container.reason)


def _flipped(signature: str) -> str:
    return signature[:-1] + ("0" if signature[-1] != "0" else "1")
