"""An op whose answer was lost is looked up, never resent blindly; whatever happens, one object is linked and any surplus is told."""

from __future__ import annotations

import pytest

from pmsync.testing.faults import Fault, FaultKind

QUIET = 300.0
KINDS = ("keyed", "listed", "lagging")
LOST = {
    "lost before": Fault(FaultKind.LOSE_BEFORE),
    "lost after": Fault(FaultKind.LOSE_AFTER),
    "late": Fault(FaultKind.LATE, seconds=100),
    "twice": Fault(FaultKind.TWICE),
    "refused": Fault(FaultKind.REFUSE),
}


@pytest.fixture(params=KINDS)
def pair(request, make_world):
    """A record in ``a`` that is to be created in ``b``, which is one kind of system or another."""
    world = make_world({"a": "listed", "b": request.param})
    world.create("a", title="Login fails", status="doing", labels=frozenset({"Bug"}))
    return world


@pytest.mark.parametrize("fault", LOST)
def test_a_create_in_trouble_ends_with_one_linked_object(pair, fault):
    pair.servers["b"].mishaps.append(LOST[fault])
    pair.rest()
    marked = [link for link in pair.links() if link.scope.system == "b"]
    assert len(marked) == 1
    surplus = len(pair.rows("b")) - 1
    assert surplus == (1 if fault == "twice" and pair.servers["b"].personality.idempotency_key is False else 0)
    assert len(pair.notices("surplus")) == surplus
    assert pair.row("b", marked[0].ref.remote_id) == pair.row("a")


@pytest.mark.parametrize("fault", LOST)
def test_an_update_in_trouble_lands_once(linked, fault):
    linked.servers["b"].mishaps.append(LOST[fault])
    linked.edit("a", title="Login fails at night")
    linked.rest()
    assert linked.row("b")["title"] == "Login fails at night"
    edits = [event for event in linked.servers["b"].events if event.actor == "robot" and event.verb == "edit"]
    assert len(edits) == 1
    assert not linked.conflicts()


def test_a_late_create_beyond_the_quiet_period_is_quarantined(make_world):
    """A zombie: it lands after its successor. It is told, left alone, and never linked."""
    world = make_world()
    world.create("a", title="Login fails")
    world.servers["b"].mishaps.append(Fault(FaultKind.LATE, seconds=1000))
    for _ in range(8):
        world.sync()
        world.clock.sleep(200)
    world.rest()
    assert len(world.rows("b")) == 2
    assert [link.scope.system for link in world.links()] == ["a", "b"]
    [notice] = world.notices("surplus")
    assert "close it by hand" in notice.reason
    world.edit("a", title="Login fails at night")
    world.rest()
    assert [row["title"] for row in world.rows("b")].count("Login fails at night") == 1


def test_absence_counts_only_after_the_quiet_period_and_only_twice(make_world):
    world = make_world()
    world.create("a", title="Login fails")
    world.servers["b"].mishaps.append(Fault(FaultKind.LOSE_BEFORE))
    lost_at = world.clock.now()
    report = world.sync()
    assert (report.exit_code, report.tally.of("waiting")) == (1, 1)
    while world.clock.now() < lost_at + QUIET - 60:
        world.clock.sleep(50)
        assert world.sync().exit_code == 1
        assert world.servers["b"].writes == 1
    world.clock.sleep(60)
    assert world.sync().tally.of("waiting") == 1  # absent for the first time
    assert world.servers["b"].writes == 1
    world.clock.sleep(31)
    world.sync()  # absent again
    assert world.servers["b"].writes == 2
    assert len(world.rows("b")) == 1


def test_a_lagging_index_is_given_its_lag_before_absence_counts(make_world):
    world = make_world({"a": "listed", "b": "lagging"})
    world.create("a", title="Login fails")
    world.servers["b"].mishaps.append(Fault(FaultKind.LOSE_BEFORE))
    lost_at = world.clock.now()
    while world.servers["b"].writes < 2:
        world.sync()
        world.clock.sleep(60)
    assert world.clock.now() >= lost_at + QUIET + 600 + 600


def test_what_landed_counts_at_once(make_world):
    """Positive evidence needs no quiet period."""
    world = make_world()
    world.create("a", title="Login fails")
    world.servers["b"].mishaps.append(Fault(FaultKind.LOSE_AFTER))
    world.sync()
    assert world.open_ops()
    assert world.sync().exit_code == 0
    assert not world.open_ops()


def test_a_plan_between_crash_and_sync_adopts_by_the_marker_and_the_sync_settles_the_op(make_world):
    world = make_world()
    world.create("a", title="Login fails", status="done")
    world.servers["b"].mishaps.append(Fault(FaultKind.LOSE_AFTER))
    world.sync()
    assert world.plan().ops == ()
    assert [link.how for link in world.links()] == ["origin", "marker"]
    world.rest()
    assert len(world.rows("b")) == 1


def test_an_edit_made_while_a_create_was_in_doubt_is_not_overwritten(make_world):
    """Somebody touched the record before it was found again: values that differ meet as at first contact, and both are kept."""
    world = make_world()
    world.create("a", title="Login fails", status="doing")
    world.servers["b"].mishaps.append(Fault(FaultKind.LOSE_AFTER))
    world.sync()
    world.edit("b", by="ben", title="Login fails for Ben", status="review", priority="2")
    world.rest()
    assert world.row("a")["title"] == "Login fails for Ben"
    assert world.row("a")["priority"] == "2"
    [conflict] = world.conflicts()
    assert {one.shown for one in conflict.dispute.candidates} == {"doing", "review"}
    assert (world.row("a")["status"], world.row("b")["status"]) == ("doing", "review")


def test_several_lost_creates_do_not_mix(make_world):
    world = make_world()
    for number in range(5):
        world.create("a", title=f"Number {number}")
    kinds = (FaultKind.LOSE_AFTER, FaultKind.LOSE_BEFORE, FaultKind.TWICE, FaultKind.REFUSE)
    world.servers["b"].mishaps.extend(map(Fault, kinds))
    world.rest()
    assert sorted({row["title"] for row in world.rows("b")}) == [f"Number {number}" for number in range(5)]
    assert len(world.links()) == 10
    assert len(world.notices("surplus")) == len(world.rows("b")) - 5 == 1


def test_a_copied_marker_proves_nothing(linked):
    """People copy bodies: a marker counts only on what our own account created."""
    token = next(row.marker for row in linked.servers["b"].rows.values() if row.marker)
    copied = linked.create("b", title="A copy", by="ben")
    linked.servers["b"].rows[copied].marker = token
    linked.rest()
    assert not linked.notices("surplus")
    assert len(linked.items()) == 2
    assert "A copy" in [row["title"] for row in linked.rows("a")]
