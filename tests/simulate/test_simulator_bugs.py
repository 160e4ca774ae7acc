"""Bugs planted in the engine on purpose: the judge must notice each of them, and by the rule that is about it."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from unittest.mock import patch

import pytest

from pmsync.connect import webhooks
from pmsync.engine import apply, observe
from pmsync.engine.engine import Engine, Report
from pmsync.engine.events import Tally
from pmsync.engine.setup import Policy
from pmsync.model.enums import Direction
from pmsync.net.fence import Fence
from pmsync.reconcile.operation import Change, OpKind
from pmsync.reconcile.plan import Plan
from pmsync.store.conflicts import Conflicts
from pmsync.store.leases import Leases
from pmsync.store.store import Store
from pmsync.testing.simulate.ablations import everywhere
from pmsync.testing.simulate.outcome import run


def creates_are_sent_twice():
    send = apply._send

    def twice(context, scope, ops):
        if any(op.kind is OpKind.CREATE for op in ops):
            list(context.connector(scope).apply(scope, ops))
        return send(context, scope, ops)

    return patch.object(apply, "_send", twice)


def bodies_are_written_over():
    direction = Policy.direction
    return patch.object(
        Policy, "direction", lambda policy, name, system: Direction.BOTH if name == "body" else direction(policy, name, system)
    )


def some_records_are_never_looked_at():
    look = observe.observe

    def shortsighted(context, tx, scope, records, **named):
        return look(context, tx, scope, [record for record in records if not record.ref.remote_id.endswith("3")], **named)

    return everywhere(look, shortsighted)


def edits_are_read_once_only():
    """The cursor goes on, and what was seen for the second time is dropped."""
    look = observe.observe

    def jaded(context, tx, scope, records, **named):
        known = tx.observations.many([record.ref for record in records])
        return look(context, tx, scope, [record for record in records if record.ref not in known], **named)

    return everywhere(look, jaded)


def conflicts_end_by_themselves():
    put = Conflicts.put

    def forget(conflicts, item, dispute, run):
        uid = put(conflicts, item, dispute, run)
        conflicts.close(item, dispute.field, dispute.base, "")
        return uid

    return patch.object(Conflicts, "put", forget)


def writes_go_before_their_intent():
    update = apply._update_all

    def hasty(context, scope, ops):
        list(context.connector(scope).apply(scope, ops))
        update(context, scope, ops)

    return patch.object(apply, "_update_all", hasty)


def nothing_is_ever_written():
    return everywhere(apply.apply, lambda context, scope, ops: None)


@contextmanager
def a_plan_is_carried_out_at_once():
    def plan(engine, listen, scopes=()):
        report = engine.sync(listen, scopes)
        return Plan("00000000-0000-4000-8000-000000000000", 0.0, (), (), ()), Report(report.run, Tally(), None)

    with patch.object(Engine, "plan", plan), patch.object(Fence, "closed", lambda fence: nullcontext()):
        yield


@contextmanager
def the_store_is_shared_by_everybody():
    with (
        patch.object(Leases, "is_held", lambda leases, lease: False),
        patch.object(Store, "_check_fence", lambda store, tx: None),
    ):
        yield


def labels_are_never_taken_off():
    return patch.object(Change, "removed", property(lambda change: frozenset()))


def forged_webhooks_are_believed():
    return everywhere(webhooks.genuine, lambda *given: True)


BUGS = {
    creates_are_sent_twice: ("duplicated", "orphaned"),
    bodies_are_written_over: ("lost",),
    some_records_are_never_looked_at: ("unobserved",),
    edits_are_read_once_only: ("unobserved",),
    conflicts_end_by_themselves: ("unaccounted",),
    writes_go_before_their_intent: ("no_intent",),
    nothing_is_ever_written: ("unconverged",),
    a_plan_is_carried_out_at_once: ("unplanned",),
    the_store_is_shared_by_everybody: ("fencing",),
    labels_are_never_taken_off: ("lost", "unconverged", "restless"),  # it is tried for ever
    forged_webhooks_are_believed: ("forged",),
}


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_a_planted_bug_is_noticed(bug):
    for seed in range(1, 21):
        with bug():
            found = {one.invariant for one in run(seed).findings}
        if found & set(BUGS[bug]):
            return
    pytest.fail("nothing was noticed in 20 worlds")
