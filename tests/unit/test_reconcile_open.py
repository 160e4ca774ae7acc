"""What a record leaves open goes along with the hub, erases nothing, and counts as an edit once it is said."""

from __future__ import annotations

from pmsync.model.enums import Audience, Direction, Kind, Role
from pmsync.model.item import HubValue, Item, Link, LinkState, Provenance
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Known, Unobserved
from pmsync.reconcile.lenses import TextLens
from pmsync.reconcile.reconcile import reconcile
from pmsync.reconcile.surface import Surface
from pmsync.reconcile.view import Base, ItemView, Replica, SurfaceView

OPEN = Unobserved("")
PRIORITY = Surface("priority", "priority", TextLens())


def replica(system, observed, base=None, direction=Direction.BOTH):
    ref, scope = RecordRef(system, "1"), ScopeRef(system, "S")
    link = Link(f"link-{system}", "item", ref, scope, Role.MIRROR, LinkState.LINKED, system, "", "origin")
    record = Record(ref, scope, system, "", Kind.TASK, {"priority": observed}, "", 0.0, 0.0, audience=Audience.INTERNAL)
    return Replica(link, record, (SurfaceView(PRIORITY, direction, observed, base),))


def decide(hub, *replicas):
    item = Item("item", "p", Kind.TASK, {"priority": HubValue(hub, 1, Provenance("jira"))})
    return reconcile(ItemView(item, replicas))


AGREED = replica("jira", Known("medium"), Base(Known("medium"), Known("medium")))


def test_what_is_left_open_erases_nothing_and_nobody_is_told():
    decision = decide(Known("medium"), AGREED, replica("file", OPEN))
    assert (decision.hub, decision.wanted, decision.skips) == ((), (), ())


def test_what_is_left_open_goes_along_with_the_hub():
    [base] = decide(Known("medium"), AGREED, replica("file", OPEN)).bases
    assert (base.link, base.base) == ("link-file", Base(EMPTY, Known("medium")))


def test_what_is_said_later_is_an_edit_and_no_conflict():
    said = replica("file", Known("high"), Base(EMPTY, Known("medium")))
    decision = decide(Known("medium"), AGREED, said)
    assert decision.disputes == ()
    assert [(write.field, write.value) for write in decision.hub] == [("priority", Known("high"))]
    assert [(one.link, one.change.after) for one in decision.wanted] == [("link-jira", Known("high"))]


def test_what_is_said_while_the_other_side_moves_is_a_conflict():
    moved = replica("jira", Known("low"), Base(Known("medium"), Known("medium")))
    decision = decide(Known("medium"), moved, replica("file", Known("high"), Base(EMPTY, Known("medium"))))
    assert [dispute.field for dispute in decision.disputes] == ["priority"]


def test_what_is_no_longer_said_leaves_everything_as_it_is():
    decision = decide(Known("high"), replica("jira", Known("high"), Base(Known("high"), Known("high"))), replica("file", OPEN))
    assert (decision.hub, decision.wanted) == ((), ())


def test_what_cannot_be_read_does_not_go_along():
    """Something failed there, so nothing is agreed."""
    decision = decide(Known("medium"), AGREED, replica("file", Unobserved("a bad value stands there")))
    assert decision.bases == ()
    assert [skip.code for skip in decision.skips] == ["unobserved"]
