"""People: who is assigned is an account of the system, and whom it takes can be assigned and taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pmsync.connect.contract import Connector, Outcome
from pmsync.model.values import EMPTY, known, members
from pmsync.reconcile.lens import Unrepresentable
from pmsync.reconcile.surface import Surface
from pmsync.testing.conformance.bench import Bench
from pmsync.testing.conformance.drafts import Suite, change, create, read, send, settle, update, value
from pmsync.testing.conformance.planning import bound


def _place(connector: Connector, bench: Bench) -> Surface:
    found = [surface for surface in connector.surfaces(bench.scope) if surface.field == "assignees"]
    if not found or found[0].read_only is not None:
        pytest.skip(str(found[0].read_only) if found else "this scope does not show who is assigned")
    return bound(found[0])


class AssigningTests(Suite):
    """What a connector must do that shows who is assigned; skipped where it does not."""

    def test_somebody_is_assigned_and_taken_back(self, bench: Bench, connector: Connector) -> None:
        """Our own account, for it can be assigned wherever it may write."""
        place = _place(connector, bench)
        [made] = send(connector, bench.scope, create(connector, bench.scope, title="Login"))
        assert made.ref is not None
        settle(bench, connector)
        for wanted in (known(frozenset({connector.me()})), EMPTY):
            record = read(connector, bench.scope, made.ref)
            before = value(record, place)
            after = place.lens.put(wanted, before)
            assert not isinstance(after, Unrepresentable)
            [receipt] = send(connector, bench.scope, update(record, change(place, before, after, wanted)))
            assert receipt.outcome is Outcome.DONE, receipt.reason
            shown = read(connector, bench.scope, made.ref)
            assert members(value(shown, place)) == members(wanted)
            assert (connector.me() in shown.people.values()) or not members(wanted)

    def test_an_issue_is_created_with_somebody_assigned(self, bench: Bench, connector: Connector) -> None:
        """One request does both."""
        place = _place(connector, bench)
        wanted = known(frozenset({connector.me()}))
        target = place.lens.put(wanted, EMPTY)
        assert not isinstance(target, Unrepresentable)
        op = create(connector, bench.scope, title="Login")
        [made] = send(connector, bench.scope, replace(op, changes=(*op.changes, change(place, EMPTY, target, wanted))))
        assert made.outcome is Outcome.DONE, made.reason
        assert made.ref is not None
        settle(bench, connector)
        assert members(value(read(connector, bench.scope, made.ref), place)) == members(wanted)
