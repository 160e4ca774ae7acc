"""The fence, permissions, and the checks that explain them."""

from __future__ import annotations

from contextlib import suppress

import pytest

from pmsync.connect.contract import Connector, Level, Outcome
from pmsync.connect.errors import AuthFailed, ConnectorError, Gone, WriteRefused
from pmsync.model.record import RecordRef, ScopeRef
from pmsync.testing.conformance.bench import Bench
from pmsync.testing.conformance.drafts import Suite, create, edit, read, send, settle, walk


class GuardingTests(Suite):
    """Nothing is written where nothing may be, and nothing is empty that merely cannot be read."""

    def test_fence_lets_reads_pass(self, bench: Bench) -> None:
        """Everything a plan needs works with the fence down, and the server sees no write (C51)."""
        ref = bench.person_creates("Readable")
        fenced = bench.connector(read_only=True)
        settle(bench, fenced)
        before = bench.writes()
        fenced.check([bench.scope])
        fenced.scopes([bench.scope])
        fenced.surfaces(bench.scope)
        assert walk(fenced, bench.scope).refs == [ref]
        assert read(fenced, bench.scope, ref).ref == ref
        fenced.ids(bench.scope)
        fenced.floor(bench.scope)
        assert bench.writes() == before

    def test_fence_stops_an_update(self, bench: Bench) -> None:
        """The error is ours, raised before anything leaves (C51)."""
        ref = bench.person_creates("Fenced")
        fenced = bench.connector(read_only=True)
        op = edit(fenced, read(fenced, bench.scope, ref), title="Escaped")
        before = bench.writes()
        with pytest.raises(WriteRefused):
            list(fenced.apply(bench.scope, [op]))
        assert bench.writes() == before

    def test_fence_stops_a_create(self, bench: Bench) -> None:
        """Preparing and creating alike (C51)."""
        fenced = bench.connector(read_only=True)
        op = create(fenced, bench.scope, title="Fenced", labels=frozenset({"never-seen-before"}))
        before = bench.writes()
        with pytest.raises(WriteRefused):
            fenced.prepare(bench.scope, [op])
        with pytest.raises(WriteRefused):
            list(fenced.apply(bench.scope, [op]))
        assert bench.writes() == before

    def test_lost_permission_to_read_is_no_empty_scope(self, bench: Bench, connector: Connector) -> None:
        """A pull that may not read raises; an empty page would look like a mass deletion."""
        _needs(bench, "read")
        ref = bench.person_creates("Hidden soon")
        settle(bench, connector)
        cursor = walk(connector, bench.scope).cursor
        bench.deny("read")
        for start in (None, cursor):
            with pytest.raises((Gone, AuthFailed)):
                walk(connector, bench.scope, start)
        assert _unread(connector, bench.scope, ref)

    def test_refused_credentials_are_named(self, bench: Bench, connector: Connector) -> None:
        """AuthFailed, not an empty page and not a retry."""
        _needs(bench, "sign-in")
        bench.person_creates("Out of reach")
        settle(bench, connector)
        bench.deny("sign-in")
        with pytest.raises(AuthFailed):
            walk(bench.connector(), bench.scope)

    @pytest.mark.parametrize("permission", ["create", "edit"])
    def test_lost_permission_to_write_is_a_refusal(self, bench: Bench, connector: Connector, permission: str) -> None:
        """Refused in the receipt or raised as AuthFailed, with a reason; nothing lands and nothing is ambiguous."""
        _needs(bench, permission)
        ref = bench.person_creates("Read only now")
        record = read(connector, bench.scope, ref)
        new, changed = create(connector, bench.scope, title="Refused"), edit(connector, record, title="Refused")
        bench.deny(permission)
        with suppress(AuthFailed):
            [receipt] = send(connector, bench.scope, new if permission == "create" else changed)
            assert receipt.outcome is Outcome.REJECTED
            assert receipt.reason
        assert read(connector, bench.scope, ref).values == record.values
        settle(bench, connector)
        assert walk(connector, bench.scope).refs == [ref]

    def test_check_of_a_working_system_finds_no_error(self, bench: Bench, connector: Connector) -> None:
        """And says something, so that silence is never mistaken for health."""
        checks = connector.check([bench.scope])
        assert checks
        assert [check for check in checks if check.level is Level.ERROR] == []

    @pytest.mark.parametrize("permission", ["sign-in", "read", "create", "edit"])
    def test_check_names_a_missing_permission_and_its_remedy(self, bench: Bench, permission: str) -> None:
        """``doctor`` says which permission is missing and what to do about it (C52)."""
        _needs(bench, permission)
        bench.deny(permission)
        checks = bench.connector().check([bench.scope])
        troubled = [check for check in checks if check.level in (Level.ERROR, Level.WARNING)]
        word = bench.permissions[permission].casefold()
        assert any(word in f"{check.subject} {check.finding} {check.remedy}".casefold() for check in troubled), checks
        assert all(check.remedy for check in troubled), "every finding comes with a remedy"

    def test_scopes_are_known_to_the_server(self, bench: Bench, connector: Connector) -> None:
        """Name, audience and the server's own id."""
        [scope] = connector.scopes([bench.scope])
        assert scope.ref == bench.scope
        assert scope.name
        assert scope.remote_id

    def test_scope_that_does_not_exist_is_named(self, bench: Bench, connector: Connector) -> None:
        """Gone, with the scope in the message."""
        nowhere = ScopeRef(bench.scope.system, _twisted(bench.scope.key))
        with pytest.raises(Gone) as caught:
            connector.scopes([nowhere])
        assert nowhere.key in caught.value.message


def _needs(bench: Bench, permission: str) -> None:
    if permission not in bench.permissions:
        pytest.skip(f"this bench has no way to deny {permission!r}")


def _twisted(key: str) -> str:
    """A key of the same form that names nothing."""
    return f"{key}NOWHERE"


def _unread(connector: Connector, scope: ScopeRef, ref: RecordRef) -> bool:
    """Whether a direct read admits that it could not read."""
    try:
        return ref in connector.fetch(scope, [ref]).missing
    except ConnectorError as error:
        return isinstance(error, (Gone, AuthFailed))
