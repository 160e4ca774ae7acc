"""What may not happen: private things crossing, loops, runs over their limits, writes in a plan, two runs at once."""

from __future__ import annotations

import pytest

from pmsync.connect.errors import WriteRefused
from pmsync.engine.person import NotFoundError
from pmsync.engine.setup import Policy
from pmsync.model.enums import Audience, Direction
from pmsync.model.record import ScopeRef
from pmsync.reconcile.plan import Plan
from pmsync.reconcile.rails import Limits
from pmsync.store.errors import Held

HOUR = 3600.0
B = ScopeRef("b", "B")


# -- plan and config --------------------------------------------------------------------------------------------------------------


def test_a_plan_sends_nothing_and_lists_every_overwrite(linked):
    """C51: with the fence down."""
    linked.edit("a", title="Changed", priority="2")
    linked.create("a", title="New")
    linked.calls.reset()
    plan = linked.plan()
    assert linked.calls.writes == 0
    listed = [(op.kind.value, one.field, one.before, one.after) for op in plan.ops for one in op.changes if op.kind == "update"]
    assert {(field, before.value, after.value) for _, field, before, after in listed} == {
        ("title", "Login fails", "Changed"),
        ("priority", "1", "2"),
    }
    assert all(change.why for op in plan.ops for change in op.changes)
    assert len([op for op in plan.ops if op.kind == "create"]) == 1


def test_a_plan_is_done_exactly_and_once(linked):
    linked.edit("a", title="Changed")
    plan = linked.plan()
    linked.edit("a", priority="3")
    assert linked.apply(plan).exit_code == 0
    assert (linked.row("b")["title"], linked.row("b")["priority"]) == ("Changed", "1")
    assert Plan.decode(plan.encode()).digest == plan.digest


def test_with_the_fence_down_a_sync_cannot_write(linked):
    linked.edit("a", title="Changed")
    before = linked.writes
    with linked.fence.closed(), pytest.raises(WriteRefused):
        linked.sync()
    assert linked.writes == before
    linked.rest()
    assert linked.row("b")["title"] == "Changed"


def test_a_changed_config_only_plans_until_a_person_applies(linked):
    linked.fingerprints = dict.fromkeys(linked.scopes(), "old")
    linked.restart()
    linked.rest()
    linked.fingerprints = dict.fromkeys(linked.scopes(), "new")
    linked.restart()
    linked.edit("a", title="Changed")
    for _ in range(2):
        report = linked.sync()
        assert (report.exit_code, linked.row("b")["title"]) == (3, "Login fails")
    assert [held.reason for held in report.held.held] == ["the config changed: look at the plan first"]
    linked.apply(report.held)
    assert linked.row("b")["title"] == "Changed"
    linked.edit("a", title="Changed again")
    linked.rest()
    assert linked.row("b")["title"] == "Changed again"


def test_a_changed_config_that_changes_nothing_needs_nobody(linked):
    linked.fingerprints = dict.fromkeys(linked.scopes(), "old")
    linked.restart()
    linked.rest()
    linked.fingerprints = dict.fromkeys(linked.scopes(), "new")
    linked.restart()
    assert linked.sync().exit_code == 0
    linked.edit("a", title="Changed")
    linked.rest()
    assert linked.row("b")["title"] == "Changed"


def test_closing_is_held_where_the_config_says_never(make_world):
    world = make_world(policy=Policy(limits=Limits(close="never")))
    world.create("a", title="Login fails")
    world.rest()
    world.edit("a", status="done", title="Login works")
    report = world.sync()
    assert (report.exit_code, world.row("b")["status"]) == (3, "todo")
    world.apply(report.held)
    assert world.row("b")["status"] == "done"


# -- audiences --------------------------------------------------------------------------------------------------------------------


def private_world(make_world, source=Audience.INTERNAL, destination=Audience.INTERNAL, **policy):
    world = make_world(policy=Policy(**policy))
    world.servers["a"].containers["A"] = source
    world.servers["b"].containers["B"] = destination
    return world


def test_a_private_record_never_crosses(make_world):
    """C54."""
    world = private_world(make_world, source=Audience.PRIVATE, named_public=frozenset({B}))
    world.create("a", title="Customer X leaks")
    world.sync()
    assert world.rows("b") == []
    assert len(world.events("skipped", "audience")) == 1
    world.sync()
    assert not world.events("skipped", "audience")


def test_a_public_destination_is_refused_unless_it_is_named(make_world):
    world = private_world(make_world, destination=Audience.PUBLIC)
    world.create("a", title="Internal")
    world.rest()
    assert world.rows("b") == []
    [notice] = world.notices("audience")
    assert "audience: public" in notice.reason


def test_naming_the_destination_public_lets_what_was_refused_cross(make_world):
    """The other scopes' items are looked at anew, though only the destination's settings changed."""
    world = private_world(make_world, destination=Audience.PUBLIC)
    world.fingerprints = dict.fromkeys(world.scopes(), "as it was")
    world.restart()
    world.create("a", title="Internal")
    world.rest()
    world.policy = Policy(named_public=frozenset({B}))
    world.fingerprints = {**world.fingerprints, B: "public named"}
    world.restart()
    report = world.sync()
    assert report.exit_code == 3
    world.apply(report.held)
    assert len(world.rows("b")) == 1


def test_a_private_record_is_not_tied_to_a_public_one_of_the_same_title(make_world):
    world = make_world(rules=())
    world.servers["a"].containers["A"] = Audience.PRIVATE
    world.create("a", title="Login fails", labels=frozenset({"customer-x"}), priority="1")
    world.create("b", title="Login fails")
    world.rest()
    assert world.row("b") == {"title": "Login fails", "status": "todo"}
    with pytest.raises(NotFoundError, match="some people only"):
        world.engine.link("A-1", "B-1")


def test_nothing_of_a_record_that_became_private_crosses_any_more(linked):
    linked.servers["a"].containers["A"] = Audience.PRIVATE
    linked.edit("a", title="Customer X leaks", labels=frozenset({"customer-x"}))
    linked.edit("b", by="ben", status="review")
    linked.rest()
    assert linked.row("b") == {"title": "Login fails", "status": "review", "priority": "1", "labels": frozenset({"Bug"})}
    assert linked.row("a")["status"] == "doing"


def test_a_create_planned_before_its_source_became_private_is_dropped(world):
    """C54: a plan may be days old when it is applied."""
    world.create("a", title="Customer X leaks")
    plan = world.plan()
    world.servers["a"].containers["A"] = Audience.PRIVATE
    world.apply(plan)
    assert world.rows("b") == []
    assert "never cross" in world.events("dropped")[0].text


# -- loops ------------------------------------------------------------------------------------------------------------------------


def test_two_automations_that_answer_each_other_are_stopped(linked):
    """C15: each renames what the other side made of it. The writes are bounded, and a person is told."""
    linked.edit("a", title="Loud 0")
    before, told = linked.writes, 0
    for number in range(1, 41):
        told += linked.sync().exit_code == 3
        for name in "ab":
            if linked.servers[name].rows["1"].actor == "robot":
                linked.edit(name, by="automation", title=f"Loud {number}")
        linked.clock.sleep(60)
    assert linked.writes - before <= 22
    assert told
    assert linked.notices("loop")


def undone(make_world):
    """A world in which something undoes every push to b within a minute, for half an hour."""
    world = make_world(policy=Policy(directions={("priority", "b"): Direction.PUSH}))
    world.create("a", title="Login fails", priority="1")
    world.rest()
    world.edit("b", by="automation", priority="4")
    for _ in range(30):
        world.sync()
        world.edit("b", by="automation", priority="4")
        world.clock.sleep(60)
    return world


def test_an_automation_that_undoes_every_push_is_stopped(make_world):
    """The same value written again and again, with nobody's edit in the hub between."""
    world = undone(make_world)
    assert 2 < len(world.journal("write")) - 2 <= 6
    [notice] = world.notices("loop")
    assert "no person's edit" in notice.reason


def test_the_breaker_is_lifted_when_the_loop_is_over(make_world):
    world = undone(make_world)
    world.clock.sleep(2 * HOUR)
    world.rest()
    assert world.row("b")["priority"] == "1"
    assert not world.notices("loop")


def test_a_write_undone_at_once_counts_as_dropped_and_rests(linked):
    edit = linked.servers["b"]._edit
    linked.servers["b"]._edit = lambda row, values, by: edit(row, {} if by == "robot" else values, by)
    linked.edit("a", title="Changed")
    before = linked.writes
    for _ in range(5):
        linked.sync()
    assert linked.writes == before + 1


# -- one at a time ----------------------------------------------------------------------------------------------------------------


def test_of_two_runs_at_once_the_second_is_told_who_holds_the_store(linked):
    """C13."""
    told = []

    def second():
        other = type(linked.engine)(linked.setup, type(linked.store).open(f"sqlite:///{linked.file}", linked.clock), linked.clock)
        with pytest.raises(Held) as refused:
            other.sync(lambda event: None)
        told.append(refused.value.message)

    linked.once("GET", "list", second)
    linked.sync()
    assert "held by pmsync sync" in told[0]
